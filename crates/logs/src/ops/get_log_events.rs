//! `GetLogEvents` (logs.md §2.1).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use base::Timestamp;
use lang::needle::Needle;
use store::log_event::{Direction, LogEvent, LogRead, Place};

use crate::change::store_failure;
use crate::data_protection::{Masking, clear_or_masked};
use crate::list_page::invalid_token;
use crate::read_token::{Gap, ReadToken, ReadTokens};
use crate::{Logs, groups, streams};

/// Events of a page (logs.md R-4).
pub(super) const EVENTS_MAX: usize = 10_000;

/// Bytes of a page's events (logs.md R-4).
pub(super) const BYTES_MAX: usize = 1_048_576;

pub(super) async fn get_log_events(
    logs: &Logs,
    cx: &CallContext,
    input: types::GetLogEventsRequest,
) -> Result<types::GetLogEventsResponse, ServiceError> {
    let catalog = &logs.parts.catalog;
    let (name, identifier) = (input.log_group_name.as_deref(), input.log_group_identifier.as_deref());
    let group = groups::named(catalog, cx, name, identifier)?;
    let stream = streams::find(catalog, &group, &input.log_stream_name)?;
    group.require_standard("GetLogEvents", errors::invalid_parameter_exception)?;
    let masking = clear_or_masked(logs, cx, &group, input.unmask)?;
    let scope = cx.scope();
    let tokens = ReadTokens { scope: &scope, stream: stream.id(), now: cx.now };
    let token = match input.next_token.as_deref() {
        Some(text) => Some(tokens.decode(text).ok_or_else(invalid_token)?),
        None => None,
    };
    let direction = match (token, input.start_from_head) {
        // The token's, whatever else is said (logs.md R-7).
        (Some(token), _) => token.direction,
        (None, Some(true)) => Direction::Forward,
        (None, _) => Direction::Backward,
    };
    let from = Timestamp::from_millis(input.start_time.unwrap_or(0)).max(group.kept_from(cx.now));
    let read = LogRead {
        group: group.id(),
        streams: Some([stream.id()].into()),
        from,
        to: input.end_time.map_or(Timestamp::MAX, Timestamp::from_millis),
        direction,
        after: token.and_then(|token| token.gap.read_after(direction)),
        needle: Needle::Anything,
        limit: limit(input.limit),
        bytes_max: BYTES_MAX,
    };
    let mut events = page(logs, read).await?;
    if direction == Direction::Backward {
        events.reverse();
    }
    let (next_backward_token, next_forward_token) = next_tokens(&tokens, token, input.next_token, &events);
    Ok(types::GetLogEventsResponse {
        events: Some(events.into_iter().map(|event| output(&masking, event)).collect()),
        next_forward_token: Some(next_forward_token),
        next_backward_token: Some(next_backward_token),
    })
}

/// Events of a page, where the caller does not say.
pub(super) fn limit(given: Option<i32>) -> usize {
    given.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(EVENTS_MAX)
}

/// A page with events in it, as long as there are any: an empty one means that there are no more (logs.md R-6).
async fn page(logs: &Logs, mut read: LogRead) -> Result<Vec<LogEvent>, ServiceError> {
    loop {
        let page = logs.parts.events.read(read.clone(), |_| true).await.map_err(|error| store_failure(&error))?;
        match page.next {
            Some(next) if page.events.is_empty() => read.after = Some(next),
            _ => return Ok(page.events),
        }
    }
}

/// The tokens for what is before the page and what is after it (logs.md ).
fn next_tokens(
    tokens: &ReadTokens<'_>,
    used: Option<ReadToken>,
    used_text: Option<String>,
    events: &[LogEvent],
) -> (String, String) {
    let place = |event: &LogEvent| Place { time: event.time, position: event.position };
    let encode = |direction, gap| tokens.encode(direction, gap);
    match (events, used, used_text) {
        ([first, ..], ..) => {
            let last = events.last().unwrap_or(first);
            (
                encode(Direction::Backward, Gap::before(place(first))),
                encode(Direction::Forward, Gap::after(place(last))),
            )
        }
        // Nothing more that way: the same token again. The other way goes on from the same place.
        ([], Some(ReadToken { direction: Direction::Forward, gap }), Some(text)) => {
            (encode(Direction::Backward, gap), text)
        }
        ([], Some(ReadToken { direction: Direction::Backward, gap }), Some(text)) => {
            (text, encode(Direction::Forward, gap))
        }
        // Nothing yet: what comes later comes forward.
        ([], ..) => (encode(Direction::Backward, Gap::START), encode(Direction::Forward, Gap::START)),
    }
}

/// logs.md R-2.
fn output(masking: &Masking, event: LogEvent) -> types::OutputLogEvent {
    types::OutputLogEvent {
        timestamp: Some(event.time.millis()),
        message: Some(masking.message(event.ingested, &event.message).into_owned()),
        ingestion_time: Some(event.ingested.millis()),
    }
}
