//! `ListInsightsData`

use api::cloudtrail::errors;
use api::cloudtrail::types::{ListInsightsDataRequest, ListInsightsDataResponse};
use api::{CallContext, ServiceError};
use base::TimeRange;
use base::time::DAY_MS;
use store::trail_event::{Attribute, Cursor, Lookup};
use wire::page_token;

use super::lookup_events::{HISTORY_DAYS, failure, insight_event};
use crate::insights;
use crate::service::CloudTrail;
use crate::trails::{NotFoundAs, found_visible};

const PAGE_EVENTS_MAX: i32 = 50;

/// Gives the Insights events of a trail, newest first: those of its data events, and those of management events that it
/// has watched (cloudtrail.md §7.9). Of event data stores they are queried.
pub async fn list_insights_data(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: ListInsightsDataRequest,
) -> Result<ListInsightsDataResponse, ServiceError> {
    let source = &input.insight_source;
    if !source.starts_with("arn:") || source.contains(":eventdatastore/") {
        return Err(invalid("InsightSource must be the ARN of a trail."));
    }
    let trail = found_visible(&cloudtrail.parts.catalog, cx, source, NotFoundAs::Arn)?;
    let oldest = cx.now.plus_millis(-HISTORY_DAYS * DAY_MS);
    let (start, end) = (input.start_time.unwrap_or(oldest), input.end_time.unwrap_or(cx.now));
    if input.start_time.is_some_and(|start| start > end) {
        return Err(invalid("The start time is after the end time."));
    }
    let scope = cx.scope();
    let parameters = format!("{scope:?} {source} {:?} {:?} {:?}", input.dimensions, input.start_time, input.end_time);
    let after: Option<Cursor> = match &input.next_token {
        Some(token) => Some(
            page_token::decode(token, &parameters, cx.now)
                .ok_or_else(|| invalid("The next token is invalid, has expired, or belongs to other parameters."))?,
        ),
        None => None,
    };
    let lookup = Lookup {
        account: cx.account().clone(),
        region: cx.region.clone(),
        range: TimeRange { start: start.truncate_to_secs().max(oldest), end: end.truncate_to_secs().plus_millis(999) },
        attribute: attribute(input.dimensions.unwrap_or_default())?,
        after,
        limit: usize::try_from(input.max_results.unwrap_or(PAGE_EVENTS_MAX)).unwrap_or(0),
    };
    let page = insights::of_trail(&cloudtrail.parts, lookup, &trail).await.map_err(|error| failure(&error))?;
    Ok(ListInsightsDataResponse {
        events: Some(page.events.into_iter().map(insight_event).collect()),
        next_token: page.next.map(|next| page_token::encode(&parameters, next, cx.now)),
    })
}

/// The one dimension that there may be.
fn attribute(dimensions: Vec<(String, String)>) -> Result<Option<Attribute>, ServiceError> {
    let Some((key, value)) = dimensions.into_iter().next() else { return Ok(None) };
    match key.as_str() {
        "EventId" => Ok(Some(Attribute::EventId(value))),
        "EventName" => Ok(Some(Attribute::EventName(value))),
        "EventSource" => Ok(Some(Attribute::EventSource(value))),
        _ => Err(invalid("Dimensions are EventId, EventName or EventSource.")),
    }
}

fn invalid(message: &str) -> ServiceError {
    errors::invalid_parameter_exception(message)
}
