//! `FilterLogEvents` (logs.md §2.2).

use std::collections::HashMap;
use std::sync::Arc;

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use base::Timestamp;
use base::time::DAY_MS;
use lang::filter_pattern::FilterPattern;
use store::log_event::{Direction, LogEvent, LogRead, Place, StreamId};
use wire::page_token;

use super::get_log_events::{BYTES_MAX, limit};
use crate::change::store_failure;
use crate::data_protection::{Masking, clear_or_masked};
use crate::event_id::event_id;
use crate::groups::{self, Group};
use crate::list_page::invalid_token;
use crate::{Logs, streams};

/// How long a token can be used (logs.md F-4).
const TOKEN_LIFETIME_MS: i64 = DAY_MS;

pub(super) async fn filter_log_events(
    logs: &Logs,
    cx: &CallContext,
    input: types::FilterLogEventsRequest,
) -> Result<types::FilterLogEventsResponse, ServiceError> {
    let (name, identifier) = (input.log_group_name.as_deref(), input.log_group_identifier.as_deref());
    let group = groups::named(&logs.parts.catalog, cx, name, identifier)?;
    group.require_standard("FilterLogEvents", errors::invalid_parameter_exception)?;
    let masking = clear_or_masked(logs, cx, &group, input.unmask)?;
    let pattern = pattern(input.filter_pattern.as_deref())?;
    let streams = wanted_streams(logs, &group, &input)?;
    let parameters = format!(
        "{:?}",
        (
            "FilterLogEvents",
            group.id(),
            &input.log_stream_names,
            &input.log_stream_name_prefix,
            input.start_time,
            input.end_time,
            pattern.text(),
            input.unmask,
        )
    );
    let after: Option<Place> = match input.next_token.as_deref() {
        Some(token) => {
            let place = page_token::decode_within(token, &parameters, cx.now, TOKEN_LIFETIME_MS);
            Some(place.ok_or_else(invalid_token)?)
        }
        None => None,
    };
    let read = LogRead {
        group: group.id(),
        streams,
        from: Timestamp::from_millis(input.start_time.unwrap_or(0)).max(group.kept_from(cx.now)),
        // Inclusive here (logs.md F-2).
        to: input.end_time.map_or(Timestamp::MAX, |end| Timestamp::from_millis(end).plus_millis(1)),
        direction: Direction::Forward,
        after,
        needle: masking.needle(pattern.needle()),
        limit: limit(input.limit),
        bytes_max: BYTES_MAX,
    };
    let directory = logs.directory.clone();
    // Streams that were deleted may still have events in the store.
    let shown = masking.clone();
    let wanted = move |event: &LogEvent| {
        pattern.matches(&shown.message(event.ingested, &event.message)) && directory.stream(event.stream).is_some()
    };
    let page = logs.parts.events.read(read, wanted).await.map_err(|error| store_failure(&error))?;
    let next_token = page.next.map(|place| page_token::encode(&parameters, place, cx.now));
    Ok(types::FilterLogEventsResponse {
        events: Some(found(logs, &masking, page.events)),
        // Always empty since 2020 (logs.md F-5).
        searched_log_streams: Some(Vec::new()),
        next_token,
    })
}

/// The pattern of a call; none is the one that matches everything (logs.md F-6).
///
/// # Errors
/// The pattern's, in AWS's words.
pub(super) fn pattern(text: Option<&str>) -> Result<FilterPattern, ServiceError> {
    FilterPattern::parse(text.unwrap_or_default()).map_err(|error| errors::invalid_parameter_exception(error.message))
}

/// The streams that are asked for, ascending; all when `None` (logs.md F-3).
fn wanted_streams(
    logs: &Logs,
    group: &Group,
    input: &types::FilterLogEventsRequest,
) -> Result<Option<Arc<[StreamId]>>, ServiceError> {
    let catalog = &logs.parts.catalog;
    let mut found: Vec<StreamId> = match (&input.log_stream_names, input.log_stream_name_prefix.as_deref()) {
        (Some(_), Some(_)) => {
            let message = "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.";
            return Err(errors::invalid_parameter_exception(message));
        }
        (None, None) => return Ok(None),
        (Some(names), None) => {
            let ids = names.iter().map(|name| Ok(streams::find(catalog, group, name)?.id()));
            ids.collect::<Result<_, ServiceError>>()?
        }
        (None, Some(prefix)) => streams::list(catalog, group, prefix).iter().map(streams::Stream::id).collect(),
    };
    found.sort_unstable();
    found.dedup();
    Ok(Some(found.into()))
}

fn found(logs: &Logs, masking: &Masking, events: Vec<LogEvent>) -> Vec<types::FilteredLogEvent> {
    let mut names: HashMap<StreamId, Option<Arc<str>>> = HashMap::new();
    let mut name = |stream: StreamId| {
        let known = names.entry(stream).or_insert_with(|| logs.directory.stream(stream).map(|(_, name)| name));
        known.as_deref().map(str::to_owned)
    };
    let filtered = |event: LogEvent| {
        // A stream that went since the read takes its events along.
        let log_stream_name = Some(name(event.stream)?);
        Some(types::FilteredLogEvent {
            log_stream_name,
            timestamp: Some(event.time.millis()),
            message: Some(masking.message(event.ingested, &event.message).into_owned()),
            ingestion_time: Some(event.ingested.millis()),
            event_id: Some(event_id(&event)),
        })
    };
    events.into_iter().filter_map(filtered).collect()
}
