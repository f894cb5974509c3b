//! Alarms that repeat themselves: those with the tag `trailwatch:renotify` tell their topics and
//! functions again and again, as long as they are in ALARM.
//!
//! A repetition that is due while actions are disabled, muted or suppressed is left out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{Entropy, Timestamp, id};
use store::Catalog;
use store::catalog::{CatalogError, Expect, Key, Transaction, Versioned};

use super::outbox::is_topic;
use crate::alarms::{mute, points, scope_of};
use crate::record::{
    AlarmActionRecord, AlarmKind, AlarmRecord, AlarmState, AlarmStateRecord, AlarmTask, StateValue, TagsRecord,
};

/// The tag that makes an alarm repeat itself. Its value is the interval, such as `30m`.
pub const TAG: &str = "trailwatch:renotify";

/// The shortest interval.
const INTERVAL_MIN: Duration = Duration::from_secs(60);

/// How tags of alarms are keyed: by the resource part of the ARN.
const TAGS_OF_ALARMS: &str = "alarm:";

/// The interval that a value of [`TAG`] stands for.
///
/// # Errors
/// What is wrong with it, for whoever set it.
pub fn parse(value: &str) -> Result<Duration, String> {
    let interval = base::time::parse_duration(value);
    interval.filter(|interval| *interval >= INTERVAL_MIN).ok_or_else(|| {
        format!("The value {value} of the tag {TAG} is no interval. It must be a duration of at least 1m, such as 30m or 4h.")
    })
}

/// Which alarms repeat themselves, and when the next one does.
#[derive(Default)]
pub(super) struct Renotify {
    known: Mutex<Known>,
}

/// Alarms with the tag, and their intervals.
type Tagged = Arc<Vec<(Key, Duration)>>;

/// What was read of the records, with the counts of their changes at that time.
#[derive(Default)]
struct Known {
    tagged: Option<(u64, Tagged)>,
    next: Option<([u64; 3], Option<Timestamp>)>,
}

/// An alarm in ALARM that repeats itself.
struct Repeating {
    key: Key,
    alarm: Versioned<AlarmRecord>,
    state: Versioned<AlarmStateRecord>,
    due: Timestamp,
}

impl Renotify {
    /// When the next repetition is due.
    pub(super) fn next_due(&self, catalog: &Catalog) -> Option<Timestamp> {
        // Counted before reading: a change in between makes the next call read again.
        let changes =
            [catalog.changes::<TagsRecord>(), catalog.changes::<AlarmRecord>(), catalog.changes::<AlarmStateRecord>()];
        let mut known = self.known.lock().expect("no holder of this lock can panic");
        if let Some((of, next)) = known.next
            && of == changes
        {
            return next;
        }
        let tagged = known.tagged(catalog);
        let next = tagged.iter().filter_map(|(key, interval)| Some(repeating(catalog, key, *interval)?.due)).min();
        known.next = Some((changes, next));
        next
    }

    /// Makes tasks of all repetitions that are due.
    ///
    /// # Errors
    /// The catalog's; a repetition whose alarm has changed meanwhile is left for the next time.
    pub(super) async fn ask(
        &self,
        catalog: &Catalog,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        let tagged = self.known.lock().expect("no holder of this lock can panic").tagged(catalog);
        for (key, interval) in tagged.iter() {
            let Some(found) = repeating(catalog, key, *interval).filter(|found| found.due <= now) else { continue };
            match catalog.commit(repetition(catalog, entropy, &found, now)).await {
                Ok(()) | Err(CatalogError::Conflict { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }
}

impl Known {
    fn tagged(&mut self, catalog: &Catalog) -> Tagged {
        let changes = catalog.changes::<TagsRecord>();
        match &self.tagged {
            Some((of, tagged)) if *of == changes => tagged.clone(),
            _ => {
                let tagged = Arc::new(tagged_alarms(catalog));
                self.tagged = Some((changes, tagged.clone()));
                tagged
            }
        }
    }
}

/// The alarms with the tag.
fn tagged_alarms(catalog: &Catalog) -> Vec<(Key, Duration)> {
    let tags = catalog.list_all::<TagsRecord>().into_iter();
    let tagged = tags.filter_map(|(key, found)| {
        let name = key.region.as_ref().and_then(|_| key.name.strip_prefix(TAGS_OF_ALARMS))?.to_owned();
        let tag = found.value.tags.iter().find(|tag| tag.key == TAG)?;
        Some((Key { name, ..key }, parse(&tag.value).ok()?))
    });
    tagged.collect()
}

/// The alarm of this key, if it is in ALARM and has something to repeat.
fn repeating(catalog: &Catalog, key: &Key, interval: Duration) -> Option<Repeating> {
    let state = catalog.get::<AlarmStateRecord>(key).filter(|found| found.value.state.value == StateValue::Alarm)?;
    let alarm = catalog.get::<AlarmRecord>(key).filter(|found| repeated_actions(&found.value).next().is_some())?;
    let last = state.value.notified.unwrap_or(Timestamp::MIN).max(state.value.transitioned);
    Some(Repeating { key: key.clone(), alarm, state, due: last.plus(interval) })
}

/// The actions that are repeated: those that tell, not those that do.
fn repeated_actions(alarm: &AlarmRecord) -> impl Iterator<Item = &String> {
    alarm.alarm_actions.iter().filter(|arn| is_topic(arn) || arn.split(':').nth(2) == Some("lambda"))
}

/// Marks a repetition as made and adds its tasks, unless the alarm must be quiet.
fn repetition(catalog: &Catalog, entropy: &dyn Entropy, found: &Repeating, now: Timestamp) -> Transaction {
    let mut transaction = Transaction::default();
    let notified = AlarmStateRecord { notified: Some(now), ..AlarmStateRecord::clone(&found.state.value) };
    transaction.check::<AlarmRecord>(found.key.clone(), Expect::Version(found.alarm.version));
    transaction.update(found.key.clone(), found.state.version, &notified);
    if is_held_back(catalog, &found.key, &found.alarm.value, &found.state.value, now) {
        return transaction;
    }
    let states = present_states(&found.alarm.value, &found.state.value);
    let tasks =
        states.into_iter().flat_map(|state| repeated_actions(&found.alarm.value).map(move |arn| (state.clone(), arn)));
    for (count, ((state, contributor), arn)) in tasks.enumerate() {
        let task = AlarmActionRecord {
            task: AlarmTask::Repeat(arn.clone()),
            alarm: AlarmRecord::clone(&found.alarm.value),
            old: state.clone(),
            new: state,
            contributor,
            after_mute_window: false,
            due: now,
            attempts: 0,
        };
        let random = id::uuid(entropy).simple();
        let name = format!("{}\n{:014}-{count:04}-{random}", found.key.name, now.millis().max(0));
        transaction.create(Key { name, ..found.key.clone() }, &task);
    }
    transaction
}

/// Whether an alarm's actions are disabled, muted or suppressed.
pub(super) fn is_held_back(
    catalog: &Catalog,
    key: &Key,
    alarm: &AlarmRecord,
    state: &AlarmStateRecord,
    now: Timestamp,
) -> bool {
    let muted = || scope_of(key).is_some_and(|scope| mute::active(catalog, &scope, &key.name, now).is_some());
    !alarm.actions_enabled || state.suppression.is_some() || state.muted.is_some() || muted()
}

type Told = (AlarmState, Option<(String, BTreeMap<String, String>)>);

/// What is repeated: the state of the alarm, or of those of its series that are in ALARM.
fn present_states(alarm: &AlarmRecord, state: &AlarmStateRecord) -> Vec<Told> {
    match &alarm.kind {
        AlarmKind::Metric(metric) if points::is_multi_series(metric) => {
            let series = state.contributors.iter().filter(|(_, series)| series.state.value == StateValue::Alarm);
            series.map(|(id, series)| (series.state.clone(), Some((id.clone(), series.attributes.clone())))).collect()
        }
        _ => vec![(state.state.clone(), None)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_durations_of_a_minute_and_more() {
        assert_eq!(parse("30m"), Ok(Duration::from_secs(1800)));
        assert_eq!(parse("1h30m"), Ok(Duration::from_secs(5400)));
        for wrong in ["", "30", "59s", "0m", "often"] {
            assert!(parse(wrong).unwrap_err().contains(TAG), "{wrong}");
        }
    }
}
