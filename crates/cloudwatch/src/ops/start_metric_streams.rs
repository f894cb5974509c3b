//! `StartMetricStreams` and, the other way round, `StopMetricStreams`.

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::CloudWatch;
use crate::metric_streams::{key, minute_of};
use crate::record::{Busy, MetricStreamCursor, MetricStreamRecord, StreamState, change};

pub(super) async fn start_metric_streams(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::StartMetricStreamsInput,
) -> Result<types::StartMetricStreamsOutput, ServiceError> {
    turn(cloudwatch, cx, input.names, StreamState::Running).await?;
    Ok(types::StartMetricStreamsOutput {})
}

/// Brings streams into a state, all of them or, where one does not exist, none. One that is
/// started delivers from the present minute on: what was measured while it stood still is not
/// delivered. One that is in the state already is left as it is.
pub(super) async fn turn(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    mut names: Vec<String>,
    state: StreamState,
) -> Result<(), ServiceError> {
    if names.is_empty() {
        return Err(errors::missing_required_parameter_exception("The parameter Names is required."));
    }
    names.sort_unstable();
    names.dedup();
    let catalog = &cloudwatch.parts.catalog;
    change(catalog, Busy::ConcurrentModification, || {
        let mut transaction = Transaction::default();
        for name in &names {
            let key = key(cx, name);
            let Some(found) = catalog.get::<MetricStreamRecord>(&key) else {
                let message =
                    format!("The value {name} for parameter Names is invalid: there is no such metric stream.");
                return Err(errors::invalid_parameter_value_exception(message));
            };
            if found.value.state == state {
                continue;
            }
            let stream = MetricStreamRecord { state, updated: cx.now, ..found.value.as_ref().clone() };
            transaction.update(key.clone(), found.version, &stream);
            if state == StreamState::Running {
                transaction.put(key, &MetricStreamCursor { next_minute_secs: minute_of(cx.now) });
            }
        }
        Ok((transaction, ()))
    })
    .await
}
