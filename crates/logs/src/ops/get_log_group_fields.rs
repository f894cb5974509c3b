//! `GetLogGroupFields` (logs.md FD-1).

use std::collections::{HashMap, HashSet};

use api::logs::types;
use api::{CallContext, ServiceError};
use base::Timestamp;
use lang::insights::discover::discover_all;
use lang::needle::Needle;
use store::log_event::{Direction, LogEvent, LogRead};

use crate::change::store_failure;
use crate::data_protection::masked;
use crate::transformers::transforms;
use crate::{Logs, groups};

/// What every event has.
const SYSTEM: [&str; 5] = ["@ingestionTime", "@log", "@logStream", "@message", "@timestamp"];

/// Events that are looked at: the newest of the window.
const EVENTS_MAX: usize = 10_000;

/// Bytes of them.
const BYTES_MAX: usize = 16 << 20;

/// Fields that are told.
const FIELDS_MAX: usize = 1_000;

/// From here on a number is milliseconds, not seconds (logs.md Q-4).
const MILLISECONDS_FROM: i64 = 100_000_000_000;

pub(super) async fn get_log_group_fields(
    logs: &Logs,
    cx: &CallContext,
    input: types::GetLogGroupFieldsRequest,
) -> Result<types::GetLogGroupFieldsResponse, ServiceError> {
    let (name, identifier) = (input.log_group_name.as_deref(), input.log_group_identifier.as_deref());
    let group = groups::named(&logs.parts.catalog, cx, name, identifier)?;
    let (from, to) = window(input.time, cx.now);
    let read = LogRead {
        group: group.id(),
        streams: None,
        from: from.max(group.kept_from(cx.now)),
        to,
        direction: Direction::Backward,
        after: None,
        needle: Needle::Anything,
        limit: EVENTS_MAX,
        bytes_max: BYTES_MAX,
    };
    let directory = logs.directory.clone();
    let exists = move |event: &LogEvent| directory.stream(event.stream).is_some();
    let page = logs.parts.events.read(read, exists).await.map_err(|error| store_failure(&error))?;
    let masking = masked(logs, &group.scope, &group.record);
    let transforms = transforms(logs, &group);
    let mut counts: HashMap<String, usize> = HashMap::new();
    for event in &page.events {
        let message = masking.message(event.ingested, &event.message);
        let stream = logs.directory.stream(event.stream).map(|(_, name)| name);
        let transformed = transforms.message(event.ingested, stream.as_deref().unwrap_or_default(), &message);
        let fields = match &transformed {
            Some(Ok(transformed)) => discover_all(transformed),
            Some(Err(_)) | None => discover_all(&message),
        };
        let names: HashSet<String> = fields.into_iter().map(|(name, _)| name).collect();
        for name in names {
            *counts.entry(name).or_default() += 1;
        }
    }
    Ok(types::GetLogGroupFieldsResponse { log_group_fields: Some(told(counts, page.events.len())) })
}

/// Eight minutes to either side of a time, or the last fifteen minutes.
fn window(time: Option<i64>, now: Timestamp) -> (Timestamp, Timestamp) {
    const MINUTE_MS: i64 = 60_000;
    match time {
        None => (now.plus_millis(-15 * MINUTE_MS), now.plus_millis(1)),
        Some(time) => {
            let at = match time >= MILLISECONDS_FROM {
                true => Timestamp::from_millis(time),
                false => Timestamp::from_secs(time),
            };
            (at.plus_millis(-8 * MINUTE_MS), at.plus_millis(8 * MINUTE_MS + 1))
        }
    }
}

/// The fields with the share of events that have them, the highest first, ties by name.
fn told(counts: HashMap<String, usize>, events: usize) -> Vec<types::LogGroupField> {
    if events == 0 {
        return Vec::new();
    }
    let system = SYSTEM.into_iter().map(|name| (name.to_owned(), events));
    let others = counts.into_iter().filter(|(name, _)| !SYSTEM.contains(&name.as_str()));
    let percent = |count: usize| i32::try_from((count * 200 + events) / (events * 2)).unwrap_or(100);
    let mut fields: Vec<(i32, String)> = system.chain(others).map(|(name, count)| (percent(count), name)).collect();
    fields.sort_by(|(one, a), (other, b)| other.cmp(one).then_with(|| a.cmp(b)));
    fields.truncate(FIELDS_MAX);
    fields
        .into_iter()
        .map(|(percent, name)| types::LogGroupField { name: Some(name), percent: Some(percent) })
        .collect()
}
