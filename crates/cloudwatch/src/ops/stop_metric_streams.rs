//! `StopMetricStreams`: streams deliver nothing more until they are started again.

use api::cloudwatch::types;
use api::{CallContext, ServiceError};

use super::start_metric_streams::turn;
use crate::CloudWatch;
use crate::record::StreamState;

pub(super) async fn stop_metric_streams(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::StopMetricStreamsInput,
) -> Result<types::StopMetricStreamsOutput, ServiceError> {
    turn(cloudwatch, cx, input.names, StreamState::Stopped).await?;
    Ok(types::StopMetricStreamsOutput {})
}
