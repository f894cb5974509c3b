//! The first and the last event that have a field: looked for in the store, from either end.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use api::ServiceError;
use base::Timestamp;
use base::time::DAY_MS;
use lang::insights::discover::{Wanted, discover};
use lang::needle::Needle;
use store::log_event::{Direction, LogEvent, LogRead};

use super::IndexCoverage;
use crate::Logs;
use crate::change::store_failure;
use crate::data_protection::{self, Masking};
use crate::directory::Directory;
use crate::groups::Group;
use crate::transformers::{self, Transforms};

/// How long before an index the events may have happened that are looked for among those that came after.
const LATE_MS: i64 = DAY_MS;

/// A field, and the events that its index is for.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// The field's name.
    pub(crate) field: String,
    /// When the events came.
    pub(crate) coverage: IndexCoverage,
}

/// When a field was first and last in an event. The last may not turn up within what a call may look through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The earliest event's time.
    pub(crate) first: Timestamp,
    /// The latest event's time.
    pub(crate) last: Option<Timestamp>,
}

/// When each field was first and last in an event of a group; fields that do not turn up are left out.
///
/// # Errors
/// The store's.
pub(crate) async fn seen(
    logs: &Logs,
    group: &Group,
    wishes: &[Wish],
    now: Timestamp,
) -> Result<HashMap<String, Seen>, ServiceError> {
    let mut seen = HashMap::new();
    // Fields that were indexed from different times on are looked for apart: none waits for another's events.
    let mut by_start: BTreeMap<Timestamp, Vec<Wish>> = BTreeMap::new();
    for wish in wishes.iter().filter(|wish| !is_never(&wish.field)) {
        if let Some(start) = wish.coverage.start() {
            by_start.entry(start).or_default().push(wish.clone());
        }
    }
    for (start, wishes) in by_start {
        let kept_from = group.kept_from(now);
        let window = |from: Timestamp, to: Timestamp| (from.max(kept_from), to);
        let (since, late) = (window(start, Timestamp::MAX), window(start.plus_millis(-LATE_MS), start));
        let after = look(logs, group, wishes.clone(), since, Direction::Forward).await?;
        // What came late: its time is before the index, and it came after.
        let before = look(logs, group, wishes.clone(), late, Direction::Forward).await?;
        let found = |wish: &Wish| before.get(&wish.field).or_else(|| after.get(&wish.field)).copied();
        let wishes: Vec<(Wish, Timestamp)> =
            wishes.iter().filter_map(|wish| Some((wish.clone(), found(wish)?))).collect();
        let (of_late, of_others): (Vec<_>, Vec<_>) =
            wishes.iter().partition(|(wish, _)| !after.contains_key(&wish.field));
        let only = |some: Vec<&(Wish, Timestamp)>| some.into_iter().map(|(wish, _)| wish.clone()).collect::<Vec<_>>();
        let mut last = look(logs, group, only(of_others), since, Direction::Backward).await?;
        last.extend(look(logs, group, only(of_late), late, Direction::Backward).await?);
        seen.extend(wishes.into_iter().map(|(wish, first)| {
            let last = last.get(&wish.field).copied();
            (wish.field, Seen { first, last })
        }));
    }
    Ok(seen)
}

/// The time of the first event in a window and direction that has each field.
async fn look(
    logs: &Logs,
    group: &Group,
    mut missing: Vec<Wish>,
    (from, to): (Timestamp, Timestamp),
    direction: Direction,
) -> Result<HashMap<String, Timestamp>, ServiceError> {
    let mut found = HashMap::new();
    let mut after = None;
    // Each read ends at an event with a field that was missing, so there are no more reads than fields.
    while !missing.is_empty() && from < to {
        let looking = Arc::new(Looking::new(logs, group, std::mem::take(&mut missing)));
        let read = LogRead {
            group: group.id(),
            streams: None,
            from,
            to,
            direction,
            after,
            needle: looking.needle(),
            limit: 1,
            bytes_max: usize::MAX,
        };
        let wanted = looking.clone();
        let page = logs.parts.events.read(read, move |event| wanted.fields_of(event).next().is_some()).await;
        let page = page.map_err(|error| store_failure(&error))?;
        // A page that found nothing has looked through as much as a call may, or through everything.
        let Some(event) = page.events.first() else { break };
        found.extend(looking.fields_of(event).map(|field| (field.to_owned(), event.time)));
        missing = looking.wishes.iter().filter(|wish| !found.contains_key(&wish.field)).cloned().collect();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(found)
}

/// Fields that nothing has: nothing here is ingested from data sources.
fn is_never(field: &str) -> bool {
    matches!(field, "@data_format" | "@data_source_name" | "@data_source_type")
}

/// Fields that every event has.
fn is_always(field: &str) -> bool {
    matches!(field, "@aws.account" | "@aws.region" | "@ingestionTime" | "@logStream" | "@source.log")
}

/// Looks for fields in events as queries see them.
struct Looking {
    wishes: Vec<Wish>,
    names: Wanted,
    directory: Arc<Directory>,
    masking: Masking,
    transforms: Transforms,
}

impl Looking {
    fn new(logs: &Logs, group: &Group, wishes: Vec<Wish>) -> Self {
        Self {
            names: Wanted::new(wishes.iter().map(|wish| wish.field.as_str())),
            wishes,
            directory: logs.directory.clone(),
            masking: data_protection::masked(logs, &group.scope, &group.record),
            transforms: transformers::transforms(logs, group),
        }
    }

    /// What messages must contain for an event to have one of the fields.
    fn needle(&self) -> Needle {
        let in_messages = self.transforms.are_none() && self.wishes.iter().all(|wish| !is_always(&wish.field));
        match in_messages {
            true => self.masking.needle(self.names.needle()),
            false => Needle::Anything,
        }
    }

    /// The fields that an event has and that are indexed for it.
    fn fields_of(&self, event: &LogEvent) -> impl Iterator<Item = &str> {
        let covered = self.wishes.iter().any(|wish| wish.coverage.takes(event.ingested));
        // Streams that were deleted may still have events in the store.
        let stream = covered.then(|| self.directory.stream(event.stream)).flatten();
        let values = stream.map(|(_, stream)| {
            let transformed = self.transforms.message(event.ingested, &stream, &event.message);
            let message = transformed.and_then(Result::ok);
            let message = message.as_deref().unwrap_or(&event.message);
            discover(&self.masking.message(event.ingested, message), &self.names)
        });
        let wishes = self.wishes.iter().zip(values.into_iter().flatten());
        wishes.filter_map(move |(wish, value)| {
            let has = is_always(&wish.field) || value != lang::insights::Value::Null;
            (has && wish.coverage.takes(event.ingested)).then_some(wish.field.as_str())
        })
    }
}
