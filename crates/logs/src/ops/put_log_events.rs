//! `PutLogEvents` (logs.md §1.4).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use base::Timestamp;
use base::time::DAY_MS;
use store::log_event::NewEvent;

use crate::groups::Group;
use crate::ingest::Batch;
use crate::sequence_token::sequence_token;
use crate::{Logs, entity, groups, streams};

/// Bytes that an event counts beside its message (logs.md PE-1).
const OVERHEAD: usize = 26;

/// Bytes of an event, and of all events of a call (logs.md PE-2, PE-3).
const BYTES_MAX: usize = 1_048_576;

/// Events further ahead than this are too new (logs.md PE-6).
const AHEAD_MS_MAX: i64 = 2 * 3_600_000;

/// Events further back than this are too old (logs.md PE-6).
const BEHIND_MS_MAX: i64 = 14 * DAY_MS;

pub(super) async fn put_log_events(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutLogEventsRequest,
) -> Result<types::PutLogEventsResponse, ServiceError> {
    let catalog = &logs.parts.catalog;
    let group = groups::find(catalog, &cx.scope(), &input.log_group_name)?;
    let stream = streams::find(catalog, &group, &input.log_stream_name)?;
    check(&input.log_events)?;
    let windows = Windows::of(&input.log_events, &group, cx.now);
    let accepted = windows.accepted();
    if let [first, .., last] = &input.log_events[accepted.clone()]
        && last.timestamp - first.timestamp > DAY_MS
    {
        // logs.md PE-5.
        let message = "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.";
        return Err(errors::invalid_parameter_exception(message));
    }
    let mut number = stream.id().0;
    if !accepted.is_empty() {
        let new =
            |types::InputLogEvent { timestamp, message }| NewEvent { time: Timestamp::from_millis(timestamp), message };
        let events = input.log_events.into_iter().skip(accepted.start).take(accepted.len()).map(new).collect();
        number = logs.ingest(Batch { group: &group, stream: &stream, events, taken: cx.now }).await?.0;
    }
    let rejected = input.entity.as_ref().and_then(|given| entity::rejection(given, group.record.class));
    Ok(types::PutLogEventsResponse {
        next_sequence_token: Some(sequence_token(cx.now, number)),
        rejected_log_events_info: windows.told(),
        rejected_entity_info: rejected.map(|error_type| types::RejectedEntityInfo { error_type }),
    })
}

/// What holds for all events of a call, in the order of logs.md PE-9.
///
/// # Errors
/// logs.md PE-4, PE-3, PE-2.
fn check(events: &[types::InputLogEvent]) -> Result<(), ServiceError> {
    let refused = |message: String| Err(errors::invalid_parameter_exception(message));
    if !events.is_sorted_by_key(|event| event.timestamp) {
        let message = "Log events in a single PutLogEvents request must be in chronological order.";
        return refused(message.to_owned());
    }
    let size = |event: &types::InputLogEvent| event.message.len() + OVERHEAD;
    if let Some(bytes) = events.iter().map(size).find(|bytes| *bytes > BYTES_MAX) {
        return refused(format!("Log event too large: {bytes} bytes exceeds limit of {BYTES_MAX}"));
    }
    let bytes: usize = events.iter().map(size).sum();
    match bytes > BYTES_MAX {
        true => refused(format!("Upload too large: {bytes} bytes exceeds limit of {BYTES_MAX}")),
        false => Ok(()),
    }
}

/// Which of a call's events, which are in the order of time, are outside the windows of time (logs.md PE-6).
#[derive(Debug, PartialEq, Eq)]
struct Windows {
    /// Those before this index are too old.
    too_old_end: usize,
    /// Those before this index are past the group's retention.
    expired_end: usize,
    /// Those from this index on are too new.
    too_new_start: usize,
    count: usize,
}

impl Windows {
    fn of(events: &[types::InputLogEvent], group: &Group, now: Timestamp) -> Self {
        let before = |time: i64| events.partition_point(|event| event.timestamp < time);
        Self {
            too_old_end: before(now.millis() - BEHIND_MS_MAX),
            expired_end: before(group.kept_from(now).millis()),
            too_new_start: events.partition_point(|event| event.timestamp <= now.millis() + AHEAD_MS_MAX),
            count: events.len(),
        }
    }

    fn accepted(&self) -> std::ops::Range<usize> {
        let start = self.too_old_end.max(self.expired_end);
        start..self.too_new_start.max(start)
    }

    /// What the answer says of them: only what applies.
    fn told(&self) -> Option<types::RejectedLogEventsInfo> {
        let index = |at: usize, applies: bool| i32::try_from(at).ok().filter(|_| applies);
        let told = types::RejectedLogEventsInfo {
            too_new_log_event_start_index: index(self.too_new_start, self.too_new_start < self.count),
            too_old_log_event_end_index: index(self.too_old_end, self.too_old_end > 0),
            expired_log_event_end_index: index(self.expired_end, self.expired_end > self.too_old_end),
        };
        let any = told.too_new_log_event_start_index.is_some()
            || told.too_old_log_event_end_index.is_some()
            || told.expired_log_event_end_index.is_some();
        any.then_some(told)
    }
}
