//! `DescribeConfigurationRecorders`

use api::config::types::{DescribeConfigurationRecordersRequest, DescribeConfigurationRecordersResponse};
use api::{CallContext, ServiceError};

use crate::recorder;
use crate::service::Config;

/// The recorder, whole (REC-4).
pub async fn describe_configuration_recorders(
    config: &Config,
    cx: &CallContext,
    input: DescribeConfigurationRecordersRequest,
) -> Result<DescribeConfigurationRecordersResponse, ServiceError> {
    let found = recorder::selected(
        &config.parts.catalog,
        &cx.scope(),
        input.configuration_recorder_names.as_deref(),
        input.service_principal.as_deref(),
        input.arn.as_deref(),
    )?;
    let recorders = found.iter().map(|record| record.to_api(&cx.scope())).collect();
    Ok(DescribeConfigurationRecordersResponse { configuration_recorders: Some(recorders) })
}
