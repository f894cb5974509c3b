//! What happened to alarms (cloudwatch.md §6.8): keys, texts, reading, expiry.

mod configuration;
mod expire;

use std::collections::BTreeMap;
use std::time::Duration;

use base::{Scope, Timestamp};
use serde_json::{Value as Json, json};
use store::Catalog;
use store::catalog::{Key, Transaction, Versioned};

pub use configuration::configuration_update;
pub use expire::ExpireAlarmHistory;

use crate::record::{AlarmHistoryRecord, AlarmKind, AlarmRecord, HistoryKind};

/// How long an entry is kept (cloudwatch.md §6.8).
pub const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// Bytes of HistoryData (cloudwatch.md §6.8).
pub const DATA_BYTES_MAX: usize = 4095;

/// What is added to the history of one alarm at one time, in order.
pub(crate) struct Entries {
    prefix: Key,
    next: usize,
}

impl Entries {
    /// Entries after those that the alarm has at `now`. A transaction that was decided on the
    /// same ones fails when another was faster: no entry takes the place of one.
    pub(crate) fn at(catalog: &Catalog, alarm: &Key, now: Timestamp) -> Self {
        let name = format!("{}\n{:014}\n", alarm.name, now.millis().max(0));
        let prefix = Key { name, ..alarm.clone() };
        let known = catalog.list_prefix::<AlarmHistoryRecord>(&prefix.account, prefix.region.as_ref(), &prefix.name);
        let last = known.last().and_then(|(name, _)| name.rsplit('\n').next()?.parse::<usize>().ok());
        Self { prefix, next: last.map_or(0, |last| last + 1) }
    }

    /// Adds an entry.
    pub(crate) fn add(&mut self, transaction: &mut Transaction, entry: &AlarmHistoryRecord) {
        let name = format!("{}{:06}", self.prefix.name, self.next);
        self.next += 1;
        transaction.create(Key { name, ..self.prefix.clone() }, entry);
    }
}

/// How an action went.
#[derive(Clone, Copy, Debug)]
pub struct ActionOutcome<'a> {
    /// The ARN of the action.
    pub arn: &'a str,
    /// When the state that asked for it came to be.
    pub state_since: Timestamp,
    /// What was published or sent; none when nothing was.
    pub message: Option<&'a str>,
    /// Why it failed.
    pub error: Option<&'a str>,
}

/// The entry for an action that was run. A message too long for an entry is cut.
pub fn action(
    alarm: &AlarmRecord,
    outcome: &ActionOutcome<'_>,
    contributor: Option<(String, BTreeMap<String, String>)>,
) -> AlarmHistoryRecord {
    let ActionOutcome { arn, state_since, message, error } = *outcome;
    let summary = match error {
        None => format!("Successfully executed action {arn}"),
        Some(error) => format!("Failed to execute action {arn}. Received error: \"{error}\""),
    };
    let data = |message: Option<&str>, error: Option<&str>| {
        json!({
            "actionState": if error.is_none() { "Succeeded" } else { "Failed" },
            "stateUpdateTimestamp": state_since.millis(),
            "notificationResource": arn,
            "publishedMessage": message,
            "error": error,
        })
        .to_string()
    };
    let kind = match contributor {
        None => HistoryKind::Action,
        Some(_) => HistoryKind::AlarmContributorAction,
    };
    // Escapes make a text longer than it is: it is halved until the entry fits.
    let (mut message, mut error) = (message, error);
    let text = loop {
        let text = data(message, error);
        match (message, error) {
            _ if text.len() <= DATA_BYTES_MAX => break text,
            (Some(long), _) if !long.is_empty() => message = Some(cut(long, long.len() / 2)),
            (_, Some(long)) if !long.is_empty() => error = Some(cut(long, long.len() / 2)),
            _ => break text,
        }
    };
    AlarmHistoryRecord { composite: is_composite(alarm), kind, summary, data: text, contributor }
}

/// At most so many bytes of a text, of whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn is_composite(alarm: &AlarmRecord) -> bool {
    matches!(alarm.kind, AlarmKind::Composite(_))
}

/// One entry as it is read.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The alarm's name; it may be gone.
    pub alarm: String,
    /// When it happened.
    pub at: Timestamp,
    /// Its place among the entries of the alarm at that time.
    pub sequence: u32,
    /// What happened.
    pub record: Versioned<AlarmHistoryRecord>,
}

/// The entries of one alarm, or of all, that are not too old at `now`; in no particular order.
pub fn read(catalog: &Catalog, scope: &Scope, alarm: Option<&str>, now: Timestamp) -> Vec<Entry> {
    let prefix = alarm.map(|alarm| format!("{alarm}\n")).unwrap_or_default();
    let found = catalog.list_prefix::<AlarmHistoryRecord>(&scope.account, Some(&scope.region), &prefix);
    let oldest = now.minus(KEPT);
    let entries = found.into_iter().filter_map(|(key, record)| {
        let (name, at, sequence) = parse_key(&key)?;
        let wanted = at >= oldest && alarm.is_none_or(|alarm| alarm == name);
        wanted.then(|| Entry { alarm: name.to_owned(), at, sequence, record })
    });
    entries.collect()
}

/// Name, time and sequence of a key that [`Entries`] made.
fn parse_key(key: &str) -> Option<(&str, Timestamp, u32)> {
    let mut parts = key.rsplitn(3, '\n');
    let (sequence, millis, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some((name, Timestamp::from_millis(millis.parse().ok()?), sequence.parse().ok()?))
}

/// An object without the members that are null.
fn without_nulls(mut object: Json) -> Json {
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    object
}

#[cfg(test)]
mod tests;
