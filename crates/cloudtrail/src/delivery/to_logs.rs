//! The job that puts events into the log groups of trails (cloudtrail.md §5.5).
//!
//! It has a place of its own in the order of arrival, which moves when events were put: a crash repeats at most what
//! was under way.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use async_trait::async_trait;
use base::{Region, Timestamp};
use store::catalog::{CatalogError, ChangeError, Key, Transaction, Versioned};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::arrivals::with_insights;
use super::job::put_expected;
use super::{LogsPlace, SessionRecord, remove_finished, settled_position, trail_of_session};
use crate::ports::LogRefusal;
use crate::service::Parts;
use crate::trails::{Selection, StatusRecord, Trail, logs_stream};
use crate::waits::Waits;

/// Bytes of records that are looked at in one step.
const STEP_BYTES: usize = 1 << 20;
/// What a log event may hold: larger records are passed over.
const MESSAGE_BYTES_MAX: usize = 262_144 - 26;
/// What one put may hold.
const PUT_EVENTS_MAX: usize = 10_000;
const PUT_BYTES_MAX: usize = 1_048_576;
const EVENT_BYTES: usize = 26;
/// How far a place may be behind in the catalog when nothing was selected.
const UNWRITTEN_MAX: u64 = 1 << 16;

/// Puts what trails select into their log groups.
pub struct DeliverToLogGroups {
    parts: Parts,
    waits: Waits,
}

impl DeliverToLogGroups {
    /// The job over all trails.
    pub fn new(parts: Parts) -> Self {
        parts.signals.logs.notify_one();
        Self { parts, waits: Waits::default() }
    }
}

#[async_trait]
impl Job for DeliverToLogGroups {
    fn name(&self) -> &str {
        "cloudtrail.deliver_to_log_groups"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(5)
    }

    /// Every event wakes the job; what it was not woken for is what waits after a failure.
    fn next_due(&self, _: Timestamp) -> Option<Timestamp> {
        self.waits.first()
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.logs
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let mut failed = None;
        for (key, _) in self.parts.catalog.list_all::<LogsPlace>() {
            if self.waits.holds(&key, now) {
                continue;
            }
            match catch_up(&self.parts, &key, now).await {
                Ok(refusal) => {
                    if let Some(refusal) = &refusal {
                        tracing::warn!(session = key.name, %refusal, "a trail's log group does not take its events");
                    }
                    self.waits.note(&key, refusal.as_ref(), now);
                }
                // It holds up no other trail.
                Err(error) => {
                    self.waits.note(&key, Some(&error), now);
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Puts all that waits; or tells what it stopped at.
async fn catch_up(parts: &Parts, key: &Key, now: Timestamp) -> Result<Option<LogRefusal>, JobError> {
    let settled = settled_position(parts).await?;
    loop {
        let Some(place) = parts.catalog.get::<LogsPlace>(key) else { return Ok(None) };
        let Some(session) = parts.catalog.get::<SessionRecord>(key) else { return Ok(None) };
        let until = session.value.until.unwrap_or(settled);
        if place.value.after >= until {
            if session.value.until.is_some() {
                end_place(parts, key, &place).await?;
            }
            return Ok(None);
        }
        let Some(trail) = trail_of_session(&parts.catalog, key, &session.value) else { return Ok(None) };
        let (events, to) = with_insights(parts, place.value.after, until, STEP_BYTES).await?;
        let selection = Selection::of(&trail);
        let mut regions: BTreeMap<Region, Vec<String>> = BTreeMap::new();
        for event in events.iter().filter(|arrival| arrival.is_taken(&selection)).map(|arrival| &arrival.event) {
            if event.record.len() <= MESSAGE_BYTES_MAX {
                regions.entry(event.region.clone()).or_default().push(event.record.clone());
            }
        }
        let mut statuses = Vec::new();
        for (region, messages) in regions {
            let outcome = put(parts, &trail, &region, messages, now).await;
            statuses.push(region.clone());
            if let Err(refusal) = outcome {
                note(parts, &trail, &[region], Some(&refusal), now, None).await?;
                return Ok(Some(refusal));
            }
        }
        let written = !statuses.is_empty() || session.value.until.is_some() || to - place.value.after >= UNWRITTEN_MAX;
        if !written && to == until {
            return Ok(None);
        }
        let step = Step { key, after: place.value.after, to };
        note(parts, &trail, &statuses, None, now, Some(step)).await?;
    }
}

/// Puts messages of a region, as many at a time as a put takes.
async fn put(
    parts: &Parts,
    trail: &Trail,
    region: &Region,
    messages: Vec<String>,
    now: Timestamp,
) -> Result<(), LogRefusal> {
    let Some(destination) = &trail.record.logs else { return Ok(()) };
    let stream = logs_stream(&trail.scope.account, region);
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for message in messages {
        let more = message.len() + EVENT_BYTES;
        if bytes + more > PUT_BYTES_MAX || batch.len() == PUT_EVENTS_MAX {
            parts.log_groups.put(&trail.sender(), destination, &stream, std::mem::take(&mut batch), now).await?;
            bytes = 0;
        }
        bytes += more;
        batch.push(message);
    }
    match batch.is_empty() {
        true => Ok(()),
        false => parts.log_groups.put(&trail.sender(), destination, &stream, batch, now).await,
    }
}

/// A move of a session's place.
#[derive(Clone, Copy)]
struct Step<'a> {
    key: &'a Key,
    after: u64,
    to: u64,
}

/// Writes down what became of regions, together with the place's move. Others write into the same statuses; what was
/// put must not be put again because of them.
async fn note(
    parts: &Parts,
    trail: &Trail,
    regions: &[Region],
    refusal: Option<&LogRefusal>,
    now: Timestamp,
    step: Option<Step<'_>>,
) -> Result<(), JobError> {
    let noted = parts.catalog.change(|| {
        let mut transaction = Transaction::default();
        if let Some(Step { key, after, to }) = step {
            // Without a log group any more, the trail has no place.
            let place = parts.catalog.get::<LogsPlace>(key).filter(|place| place.value.after == after);
            if let Some(place) = place {
                transaction.update(key.clone(), place.version, &LogsPlace { after: to });
            }
        }
        for region in regions {
            let key = StatusRecord::key(trail, region);
            let found = parts.catalog.get::<StatusRecord>(&key);
            let mut status = found.as_ref().map(|found| (*found.value).clone()).unwrap_or_default();
            match refusal {
                None => status.logs.succeed(now),
                Some(refusal) => status.logs.fail(refusal.code(), now),
            }
            put_expected(&mut transaction, key, found.as_ref(), &status);
        }
        Ok::<_, Infallible>((transaction, ()))
    });
    match noted.await {
        Ok(()) => Ok(()),
        Err(ChangeError::Refused(never)) => match never {},
        Err(ChangeError::Failed(error)) => Err(error.into()),
        Err(ChangeError::Contended) => Err("the status of a trail changes all the time".into()),
    }
}

/// The session's events are all in the group.
async fn end_place(parts: &Parts, key: &Key, place: &Versioned<LogsPlace>) -> Result<(), JobError> {
    let mut transaction = Transaction::default();
    transaction.delete::<LogsPlace>(key.clone(), place.version);
    match parts.catalog.commit(transaction).await {
        Ok(()) => Ok(remove_finished(&parts.catalog, key).await?),
        Err(CatalogError::Conflict { .. }) => Ok(()),
        Err(other) => Err(other.into()),
    }
}
