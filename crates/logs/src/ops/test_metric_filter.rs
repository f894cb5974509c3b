//! `TestMetricFilter` (logs.md §3.5).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use lang::filter_pattern::FilterPattern;

use crate::Logs;

pub(super) async fn test_metric_filter(
    _logs: &Logs,
    _cx: &CallContext,
    input: types::TestMetricFilterRequest,
) -> Result<types::TestMetricFilterResponse, ServiceError> {
    let pattern = FilterPattern::parse(&input.filter_pattern)
        .map_err(|error| errors::invalid_parameter_exception(error.message))?;
    let matched = |(number, message): (i64, String)| {
        let extracted = pattern.extract(&message)?;
        Some(types::MetricFilterMatchRecord {
            event_number: Some(number),
            event_message: Some(message),
            extracted_values: Some(extracted),
        })
    };
    let matches = (0..).zip(input.log_event_messages).filter_map(matched).collect();
    Ok(types::TestMetricFilterResponse { matches: Some(matches) })
}
