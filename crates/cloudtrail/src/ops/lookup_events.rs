//! `LookupEvents`: the event history of an account in a region (cloudtrail.md §3).

use std::time::Instant;

use api::cloudtrail::errors;
use api::cloudtrail::types::{Event, EventCategory, LookupAttribute, LookupAttributeKey, Resource};
use api::cloudtrail::types::{LookupEventsRequest, LookupEventsResponse};
use api::{CallContext, ServiceError};
use base::time::DAY_MS;
use base::{TimeRange, Timestamp};
use store::StoreError;
use store::trail_event::{Attribute, Cursor, Lookup, TrailEvent};
use wire::page_token;

use crate::insights;
use crate::service::CloudTrail;

/// How far back the history goes.
pub const HISTORY_DAYS: i64 = 90;
const PAGE_EVENTS_MAX: i32 = 50;

/// Answers one page of the history, newest first.
pub async fn lookup_events(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: LookupEventsRequest,
) -> Result<LookupEventsResponse, ServiceError> {
    if !cloudtrail.lookups.admit(&cx.scope(), Instant::now()) {
        return Err(ServiceError::common("ThrottlingException", "Throttling", 400, "Rate exceeded"));
    }
    let limit = page_size(input.max_results)?;
    let range = time_range(&input, cx.now)?;
    let attribute = attribute(input.lookup_attributes.as_deref().unwrap_or_default())?;
    let parameters = parameters(cx, &input);
    let after = match &input.next_token {
        Some(token) => Some(page_token::decode(token, &parameters, cx.now).ok_or_else(invalid_token)?),
        None => None,
    };
    let is_insight = input.event_category == Some(EventCategory::Insight);
    if is_insight {
        insight_attribute(attribute.as_ref())?;
    }
    let lookup = Lookup { account: cx.account().clone(), region: cx.region.clone(), range, attribute, after, limit };
    let page = match is_insight {
        false => cloudtrail.parts.events.lookup(lookup).await,
        true => insights::of_management(&cloudtrail.parts, lookup).await,
    };
    let page = page.map_err(|error| failure(&error))?;
    let token = |after: Cursor| page_token::encode(&parameters, after, cx.now);
    let described = if is_insight { insight_event } else { event };
    Ok(LookupEventsResponse {
        events: Some(page.events.into_iter().map(described).collect()),
        next_token: page.next.map(token),
    })
}

/// A failed look-up as the client sees it; the cause is logged here.
pub(super) fn failure(error: &StoreError) -> ServiceError {
    tracing::error!(error = error as &dyn std::error::Error, "looking up events failed");
    ServiceError::internal()
}

/// The error for a broken constraint of the model at this member.
pub fn validation_error(path: &str, message: String) -> ServiceError {
    match path.split('.').next().unwrap_or_default() {
        "lookupAttributes" => errors::invalid_lookup_attributes_exception(message),
        "maxResults" => errors::invalid_max_results_exception(message),
        "eventCategory" => errors::invalid_event_category_exception(message),
        "nextToken" => errors::invalid_next_token_exception(message),
        _ => errors::invalid_time_range_exception(message),
    }
}

fn page_size(asked: Option<i32>) -> Result<usize, ServiceError> {
    match asked.unwrap_or(PAGE_EVENTS_MAX) {
        size @ 1..=PAGE_EVENTS_MAX => Ok(size as usize),
        size => Err(errors::invalid_max_results_exception(format!(
            "A max results value of {size} is invalid. Specify max results between 1 and {PAGE_EVENTS_MAX}."
        ))),
    }
}

/// Both ends are included, in whole seconds as event times are.
fn time_range(input: &LookupEventsRequest, now: Timestamp) -> Result<TimeRange, ServiceError> {
    let oldest = now.plus_millis(-HISTORY_DAYS * DAY_MS);
    let start = input.start_time.map_or(Timestamp::MIN, Timestamp::truncate_to_secs);
    let end = input.end_time.unwrap_or(now).truncate_to_secs().plus_millis(999);
    if input.start_time.is_some_and(|start| start > now) {
        return Err(errors::invalid_time_range_exception("The start time is in the future."));
    }
    if start > end {
        return Err(errors::invalid_time_range_exception("The start time is after the end time."));
    }
    Ok(TimeRange { start: start.max(oldest), end })
}

fn attribute(asked: &[LookupAttribute]) -> Result<Option<Attribute>, ServiceError> {
    let [asked] = asked else {
        return match asked.len() {
            0 => Ok(None),
            _ => Err(errors::invalid_lookup_attributes_exception("Specify at most one lookup attribute.")),
        };
    };
    let value = asked.attribute_value.clone();
    let attribute = match asked.attribute_key {
        LookupAttributeKey::EventId => Attribute::EventId(value),
        LookupAttributeKey::EventName => Attribute::EventName(value),
        LookupAttributeKey::ReadOnly => Attribute::ReadOnly(read_only(&value)?),
        LookupAttributeKey::Username => Attribute::Username(value),
        LookupAttributeKey::ResourceType => Attribute::ResourceType(value),
        LookupAttributeKey::ResourceName => Attribute::ResourceName(value),
        LookupAttributeKey::EventSource => Attribute::EventSource(value),
        LookupAttributeKey::AccessKeyId => Attribute::AccessKeyId(value),
    };
    Ok(Some(attribute))
}

/// Lower case alone is accepted (cloudtrail.md §3.3).
fn read_only(value: &str) -> Result<bool, ServiceError> {
    value.parse().map_err(|_| {
        errors::invalid_lookup_attributes_exception("The ReadOnly attribute must have the value true or false.")
    })
}

/// Insight events are found by id, name and source only (cloudtrail.md §3.2).
fn insight_attribute(attribute: Option<&Attribute>) -> Result<(), ServiceError> {
    match attribute {
        None | Some(Attribute::EventId(_) | Attribute::EventName(_) | Attribute::EventSource(_)) => Ok(()),
        Some(_) => Err(errors::invalid_lookup_attributes_exception(
            "Insight events are looked up by EventId, EventName or EventSource.",
        )),
    }
}

/// Everything a token is bound to. The page size may change between pages.
fn parameters(cx: &CallContext, input: &LookupEventsRequest) -> String {
    let attributes = &input.lookup_attributes;
    let (start, end, category) = (input.start_time, input.end_time, &input.event_category);
    format!("{}/{} {attributes:?} {start:?} {end:?} {category:?}", cx.account(), cx.region)
}

fn invalid_token() -> ServiceError {
    errors::invalid_next_token_exception("The next token is invalid, has expired, or belongs to other parameters.")
}

fn event(event: TrailEvent) -> Event {
    let resource = |(resource_type, name)| Resource { resource_type, resource_name: Some(name) };
    Event {
        event_id: Some(event.event_id),
        event_name: Some(event.event_name),
        read_only: Some(event.read_only.to_string()),
        access_key_id: event.access_key_id,
        event_time: Some(event.time.truncate_to_secs()),
        event_source: Some(event.event_source),
        username: event.username,
        resources: Some(event.resources.into_iter().map(resource).collect()),
        cloud_trail_event: Some(event.record),
    }
}

/// An Insights event: nobody's call, so neither reading nor anyone's (cloudtrail.md §8.3).
pub(super) fn insight_event(insight: TrailEvent) -> Event {
    Event { read_only: None, username: None, resources: Some(Vec::new()), ..event(insight) }
}
