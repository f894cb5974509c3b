//! The job that delivers log files.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use serde_json::json;
use store::catalog::{CatalogError, Expect, Key, Transaction, Versioned};
use store::job::{Job, JobError};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::arrivals::{Arrival, STEP_BYTES, with_insights};
use super::{BatchRecord, FileRecord, GIVE_UP_MS, SessionRecord, decide, file};
use super::{remove_finished, settled_position, trail_of_session};
use crate::digests::{ChainRecord, DeliveredFile, chain_key};
use crate::ports::{NewObject, Notification, ObjectContent, PortError};
use crate::service::Parts;
use crate::trails::{Selection, StatusRecord, Trail};
use crate::waits::Waits;

/// Sessions that are worked on at the same time.
const PARALLEL: usize = 16;
/// How often what follows a put is decided anew when records have changed meanwhile.
const ATTEMPTS: usize = 16;
/// How far a place may be behind in the catalog when nothing was selected.
const UNWRITTEN_MAX: u64 = 1 << 16;

/// Delivers what trails select to their buckets.
pub struct DeliverTrails {
    parts: Parts,
    waits: Waits,
}

/// A session and its trail, as far as they are needed to work on it.
struct Work {
    key: Key,
    trail: Trail,
}

impl DeliverTrails {
    /// The job over all trails.
    pub fn new(parts: Parts) -> Self {
        // What was under way when the server stopped does not wait for a period more.
        parts.signals.files.notify_one();
        Self { parts, waits: Waits::default() }
    }

    /// The sessions that may be worked on now.
    fn due(&self, now: Timestamp) -> Vec<Work> {
        let catalog = &self.parts.catalog;
        let all = catalog.list_all::<SessionRecord>().into_iter();
        all.filter(|(key, _)| !self.waits.holds(key, now))
            .filter_map(|(key, session)| {
                let trail = trail_of_session(catalog, &key, &session.value)?;
                Some(Work { key, trail })
            })
            .collect()
    }
}

#[async_trait]
impl Job for DeliverTrails {
    fn name(&self) -> &str {
        "cloudtrail.deliver"
    }

    fn period(&self) -> Duration {
        self.parts.delivery_interval
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let interval = self.parts.delivery_interval;
        // A run that was woken for another session does not put off those that were not due then.
        let due = |(key, session): (Key, Versioned<SessionRecord>)| match self.waits.until(&key) {
            Some(until) => until,
            None => Some(session.value.decided.plus(interval))
                .filter(|due| *due > last_run)
                .unwrap_or(last_run.plus(interval)),
        };
        self.parts.catalog.list_all::<SessionRecord>().into_iter().map(due).min()
    }

    /// Files are delivered at their times, whatever the clock makes of the time between them.
    fn catches_up(&self) -> bool {
        false
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.files
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let places = Arc::new(Semaphore::new(PARALLEL));
        let mut working = JoinSet::new();
        for work in self.due(now) {
            let (parts, places) = (self.parts.clone(), places.clone());
            working.spawn(async move {
                let _place = places.acquire_owned().await;
                let outcome = catch_up(&parts, &work, now).await;
                (work, outcome)
            });
        }
        let mut first = Ok(());
        while let Some(joined) = working.join_next().await {
            match joined? {
                (work, Ok(failure)) => {
                    if let Some(error) = &failure {
                        tracing::warn!(trail = work.trail.arn(), %error, "a log file could not be delivered");
                    }
                    self.waits.note(&work.key, failure.as_ref(), now);
                }
                (_, Err(error)) => first = first.and(Err(error)),
            }
        }
        first
    }

    /// Puts what was recorded until now: the next start may be far away (cloudtrail.md §5.3).
    async fn drain(&self) {
        let now = self.parts.clock.now();
        let flush = async {
            for work in self.due(now) {
                if let Err(error) = flush_session(&self.parts, &work, now).await {
                    tracing::warn!(trail = work.trail.arn(), error, "log files wait for the next start");
                }
            }
        };
        drop(tokio::time::timeout(Duration::from_secs(10), flush).await);
    }
}

/// Delivers all that is due of a session; or tells what it stopped at.
async fn catch_up(parts: &Parts, work: &Work, now: Timestamp) -> Result<Option<PortError>, JobError> {
    let Some(session) = parts.catalog.get::<SessionRecord>(&work.key) else { return Ok(None) };
    // Others may have woken the job: a session that goes on makes no more files for that.
    let is_due = session.value.until.is_some() || session.value.decided.plus(parts.delivery_interval) <= now;
    match is_due {
        true => whole(parts, work, now).await,
        false => put_batches(parts, work, now).await,
    }
}

async fn flush_session(parts: &Parts, work: &Work, now: Timestamp) -> Result<(), JobError> {
    match whole(parts, work, now).await? {
        None => Ok(()),
        Some(error) => Err(error.into()),
    }
}

/// Puts what was decided on, then decides on all that has arrived and puts that.
async fn whole(parts: &Parts, work: &Work, now: Timestamp) -> Result<Option<PortError>, JobError> {
    let settled = settled_position(parts).await?;
    loop {
        if let Some(failure) = put_batches(parts, work, now).await? {
            return Ok(Some(failure));
        }
        let Some(session) = parts.catalog.get::<SessionRecord>(&work.key) else { return Ok(None) };
        let until = session.value.until.unwrap_or(settled);
        if session.value.after < until && step(parts, work, &session, until, now).await? {
            continue;
        }
        if session.value.until.is_some_and(|until| session.value.after >= until) {
            finish(parts, &work.key, &session).await?;
        }
        return Ok(None);
    }
}

/// Decides on the files of the events that come next, and tells whether there may be more to do.
async fn step(
    parts: &Parts,
    work: &Work,
    session: &Versioned<SessionRecord>,
    until: u64,
    now: Timestamp,
) -> Result<bool, JobError> {
    let after = session.value.after;
    let (events, to) = with_insights(parts, after, until, STEP_BYTES).await?;
    let selection = Selection::of(&work.trail);
    let files = decide::files(&work.trail, &selection, &events, &*parts.entropy);
    // What no trail wants need not be looked at again after a restart, but that is not worth a write each time.
    if files.is_empty() && to == until && session.value.until.is_none() && to - after < UNWRITTEN_MAX {
        return Ok(false);
    }
    let mut transaction = Transaction::default();
    let moved = SessionRecord { after: to, decided: now, ..(*session.value).clone() };
    transaction.update(work.key.clone(), session.version, &moved);
    if !files.is_empty() {
        let batch = BatchRecord { after, to, selection, decided: now, files };
        let key = Key { name: format!("{}/{to:020}", work.key.name), ..work.key.clone() };
        transaction.create(key, &batch);
    }
    match parts.catalog.commit(transaction).await {
        // Logging was stopped meanwhile: the loop looks again.
        Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(true),
        Err(other) => Err(other.into()),
    }
}

/// Puts the files of a session's batches, oldest first.
async fn put_batches(parts: &Parts, work: &Work, now: Timestamp) -> Result<Option<PortError>, JobError> {
    let below = format!("{}/", work.key.name);
    let batches = parts.catalog.list_prefix::<BatchRecord>(&work.key.account, work.key.region.as_ref(), &below);
    for (name, batch) in batches {
        let BatchRecord { after, to, selection, .. } = &*batch.value;
        let (events, _) = with_insights(parts, *after, *to, usize::MAX).await?;
        let key = Key { name, ..work.key.clone() };
        for planned in &batch.value.files {
            let of_file =
                |arrival: &&Arrival| (&arrival.event.region, arrival.folder) == (&planned.region, planned.folder);
            let taken = events.iter().filter(of_file).filter(|arrival| arrival.is_taken(selection));
            let taken: Vec<_> = taken.map(|arrival| &*arrival.event).collect();
            let content = file::content(taken.iter().copied());
            let times = taken.iter().map(|event| event.time);
            let told = DeliveredFile {
                bucket: planned.bucket.clone(),
                key: planned.key.clone(),
                hash: file::sha256_hex(&content),
                oldest: times.clone().min().unwrap_or(now),
                newest: times.max().unwrap_or(now),
                delivered: now,
            };
            let object = NewObject {
                key: planned.key.clone(),
                body: file::gzipped(&content),
                metadata: Vec::new(),
                content: ObjectContent::PackedJson,
            };
            let put = parts.buckets.put(&work.trail.sender(), &planned.bucket, &object).await;
            match put {
                Ok(()) => settle(parts, work, &key, planned, Some(&told), now).await?,
                Err(error) if now.millis() - batch.value.decided.millis() >= GIVE_UP_MS => {
                    let (trail, object) = (work.trail.arn(), &planned.key);
                    tracing::error!(trail, object, %error, "a log file was given up after 30 days");
                    settle(parts, work, &key, planned, None, now).await?;
                }
                Err(error) => {
                    note_failure(parts, work, planned, &error, now).await?;
                    return Ok(Some(error));
                }
            }
        }
    }
    Ok(None)
}

/// Takes a file out of its batch, and adds what follows from its delivery, in one transaction.
async fn settle(
    parts: &Parts,
    work: &Work,
    batch_key: &Key,
    planned: &FileRecord,
    delivered: Option<&DeliveredFile>,
    now: Timestamp,
) -> Result<(), JobError> {
    for _ in 0..ATTEMPTS {
        let Some(batch) = parts.catalog.get::<BatchRecord>(batch_key) else { return Ok(()) };
        let mut left = (*batch.value).clone();
        left.files.retain(|file| file != planned);
        let mut transaction = Transaction::default();
        match left.files.is_empty() {
            true => transaction.delete::<BatchRecord>(batch_key.clone(), batch.version),
            false => transaction.update(batch_key.clone(), batch.version, &left),
        };
        if let Some(delivered) = delivered {
            let trail = latest(parts, work);
            add_to_digest(parts, &work.key, &trail, planned, delivered, &mut transaction);
            let key = StatusRecord::key(&trail, &planned.region);
            let found = parts.catalog.get::<StatusRecord>(&key);
            let mut status = found.as_ref().map(|found| (*found.value).clone()).unwrap_or_default();
            status.delivery.succeed(now);
            notify(parts, &trail, planned, &mut status, now, &mut transaction).await;
            put_expected(&mut transaction, key, found.as_ref(), &status);
        }
        match parts.catalog.commit(transaction).await {
            Ok(()) => {
                parts.topics.published();
                return Ok(());
            }
            Err(CatalogError::Conflict { .. }) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err("the records of a delivered file are changing all the time".into())
}

/// The trail as it is set up now; as it was before when it is gone altogether.
fn latest(parts: &Parts, work: &Work) -> Trail {
    let session = parts.catalog.get::<SessionRecord>(&work.key);
    let trail = session.and_then(|session| trail_of_session(&parts.catalog, &work.key, &session.value));
    trail.unwrap_or_else(|| work.trail.clone())
}

/// Lists the file for the next digest of its region, and begins the chain of a region that has none yet.
fn add_to_digest(
    parts: &Parts,
    session: &Key,
    trail: &Trail,
    planned: &FileRecord,
    delivered: &DeliveredFile,
    transaction: &mut Transaction,
) {
    let chain = chain_key(session, &planned.region);
    match parts.catalog.get::<ChainRecord>(&chain) {
        // A chain that ends meanwhile lists the file in its last digest, or the next attempt sees that it is gone.
        Some(found) => drop(transaction.check::<ChainRecord>(chain.clone(), Expect::Version(found.version))),
        None if trail.record.validation && trail.is_in(&planned.region) => {
            let begun = ChainRecord::begun(planned.region.clone(), delivered.delivered);
            transaction.create(chain.clone(), &begun);
            parts.signals.digests.notify_one();
        }
        None => return,
    }
    let name = planned.key.rsplit('/').next().unwrap_or_default();
    let key = Key { name: format!("{}/{name}", chain.name), ..chain };
    transaction.put(key, delivered);
}

/// Tells the topic of the file. A refusal is noted and not tried again (cloudtrail.md §5.4).
async fn notify(
    parts: &Parts,
    trail: &Trail,
    planned: &FileRecord,
    status: &mut StatusRecord,
    now: Timestamp,
    transaction: &mut Transaction,
) {
    let Some(topic) = &trail.record.topic else { return };
    let message = json!({ "s3Bucket": planned.bucket, "s3ObjectKey": [planned.key] }).to_string();
    let notification = Notification { topic_arn: topic.arn.clone(), message };
    match parts.topics.publish(&trail.sender(), &notification, now, transaction).await {
        Ok(()) => status.notification.succeed(now),
        Err(error) => status.notification.fail(&error.code, now),
    }
}

/// Writes down why a file could not be put.
async fn note_failure(
    parts: &Parts,
    work: &Work,
    planned: &FileRecord,
    error: &PortError,
    now: Timestamp,
) -> Result<(), JobError> {
    let key = StatusRecord::key(&work.trail, &planned.region);
    let found = parts.catalog.get::<StatusRecord>(&key);
    let mut status = found.as_ref().map(|found| (*found.value).clone()).unwrap_or_default();
    status.delivery.fail(&error.code, now);
    let mut transaction = Transaction::default();
    put_expected(&mut transaction, key, found.as_ref(), &status);
    match parts.catalog.commit(transaction).await {
        // The next attempt writes it down.
        Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// Writes a status in place of the one that was read.
pub(crate) fn put_expected(
    transaction: &mut Transaction,
    key: Key,
    found: Option<&Versioned<StatusRecord>>,
    status: &StatusRecord,
) {
    match found {
        Some(found) => drop(transaction.update(key, found.version, status)),
        None => drop(transaction.create(key, status)),
    }
}

/// Ends a session of which every file is delivered: its chains get their last digests.
async fn finish(parts: &Parts, key: &Key, session: &Versioned<SessionRecord>) -> Result<(), JobError> {
    if !session.value.finished {
        let mut transaction = Transaction::default();
        let finished = SessionRecord { finished: true, ..(*session.value).clone() };
        transaction.update(key.clone(), session.version, &finished);
        crate::digests::end_chains(&parts.catalog, key, None, &mut transaction);
        match parts.catalog.commit(transaction).await {
            Ok(()) => parts.signals.digests.notify_one(),
            Err(CatalogError::Conflict { .. }) => return Ok(()),
            Err(other) => return Err(other.into()),
        }
    }
    Ok(remove_finished(&parts.catalog, key).await?)
}
