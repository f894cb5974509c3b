//! `GetMetricData`: many metrics and expressions over one time range (cloudwatch.md §3.5).

mod page;

use api::cloudwatch::types::{GetMetricDataInput, GetMetricDataOutput, MessageData};
use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use base::Timestamp;
use wire::page_token;

use crate::CloudWatch;
use crate::label;
use crate::query::{self, Message, Plan, RunError};
use crate::time_window::{Rounding, TimeWindow};
use crate::validation::store_error;

use page::{Direction, Page, Position};

/// Points of one page.
const DATAPOINTS_MAX: i32 = 100_800;

pub(super) async fn get_metric_data(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: GetMetricDataInput,
) -> Result<GetMetricDataOutput, ServiceError> {
    let points_max = points_max(input.max_datapoints)?;
    let utc_offset_secs = utc_offset_secs(&input)?;
    check_range(&input)?;
    let direction = match input.scan_by {
        Some(types::ScanBy::TimestampAscending) => Direction::OldestFirst,
        Some(types::ScanBy::TimestampDescending) | None => Direction::NewestFirst,
    };
    let plan = query::parse(&input.metric_data_queries).and_then(Plan::new).map_err(invalid)?;
    let parameters = parameters(cx, &input);
    let position: Option<Position> = match &input.next_token {
        None => None,
        Some(token) => Some(page_token::decode(token, &parameters, cx.now).ok_or_else(invalid_token)?),
    };
    // Buckets lie the same on every page, however long the reader takes.
    let now = position.as_ref().map_or(cx.now, |position| position.now);
    let window = TimeWindow { start: input.start_time, end: input.end_time, now, rounding: Rounding::ByAge };
    let outcome =
        query::run(&cloudwatch.parts.metrics, &cloudwatch.parts.catalog, &cx.scope(), &plan, &window, utc_offset_secs)
            .await
            .map_err(|error| failed(cx, error))?;
    let Page { results, next } = page::cut(outcome.results, direction, position, points_max, now);
    Ok(GetMetricDataOutput {
        metric_data_results: Some(results),
        next_token: next.map(|position| page_token::encode(&parameters, position, cx.now)),
        messages: Some(outcome.messages.into_iter().map(message).collect()),
    })
}

fn points_max(asked: Option<i32>) -> Result<usize, ServiceError> {
    let bound = |value: i32, bound: &str| {
        ServiceError::validation(format!(
            "1 validation error detected: Value '{value}' at 'maxDatapoints' failed to satisfy constraint: \
             Member must have value {bound}"
        ))
    };
    match asked.unwrap_or(DATAPOINTS_MAX) {
        few if few < 1 => Err(bound(few, "greater than or equal to 1")),
        many if many > DATAPOINTS_MAX => Err(bound(many, &format!("less than or equal to {DATAPOINTS_MAX}"))),
        points => Ok(usize::try_from(points).unwrap_or(1)),
    }
}

fn utc_offset_secs(input: &GetMetricDataInput) -> Result<i64, ServiceError> {
    let Some(timezone) = input.label_options.as_ref().and_then(|options| options.timezone.as_deref()) else {
        return Ok(0);
    };
    label::parse_timezone(timezone).ok_or_else(|| {
        ServiceError::validation(format!("The value {timezone} for parameter LabelOptions.Timezone is invalid."))
    })
}

fn check_range(input: &GetMetricDataInput) -> Result<(), ServiceError> {
    let (start, end) = (input.start_time, input.end_time);
    if start == end {
        return Err(ServiceError::validation("The parameter StartTime must not equal parameter EndTime."));
    }
    if start > end {
        return Err(ServiceError::validation("The parameter EndTime must be greater than StartTime."));
    }
    Ok(())
}

/// Everything a token is bound to. The size of a page may change between pages.
fn parameters(cx: &CallContext, input: &GetMetricDataInput) -> String {
    let asked = GetMetricDataInput { next_token: None, max_datapoints: None, ..input.clone() };
    format!("GetMetricData {}/{} {asked:?}", cx.account(), cx.region)
}

fn invalid_token() -> ServiceError {
    errors::invalid_next_token("The next token is invalid, has expired, or belongs to other parameters.")
}

fn invalid(error: query::Invalid) -> ServiceError {
    ServiceError::validation(error.0)
}

fn failed(cx: &CallContext, error: RunError) -> ServiceError {
    match error {
        RunError::Invalid(error) => invalid(error),
        RunError::Store(error) => store_error(cx, "reading metric data", &error),
    }
}

fn message(message: Message) -> MessageData {
    MessageData { code: Some(message.code.to_owned()), value: Some(message.value) }
}

fn timestamps(points: &[(i64, f64)]) -> Vec<Timestamp> {
    points.iter().map(|(secs, _)| Timestamp::from_secs(*secs)).collect()
}
