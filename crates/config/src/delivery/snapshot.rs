//! Snapshots: all live, recorded resources in one object (config.md §4.3), when asked for and by the channel's frequency.
//!
//! A snapshot that was asked for is a record. It is told that it begins, written, and told how it ended, each in the
//! transaction that moves the record on: after a crash it goes on where it was, and writes the same key once more.

use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp, id};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use store::catalog::{CatalogError, Key, Record, Transaction, Versioned};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::day_folder;
use crate::channel::{self, Attempt, ChannelRecord, ChannelStatusRecord, Failure};
use crate::custom::{self, DeliveredSnapshot};
use crate::messages::{self, Message};
use crate::ports::{NewObject, Notification, ObjectContent, PortError};
use crate::present::{self, LiveRecord};
use crate::recorder;
use crate::retention::scope_of;
use crate::service::Parts;

/// How long a snapshot that is under way answers for others that are asked for (config.md §4.2).
const RECENT: Duration = Duration::from_secs(60);
/// Records that are read at a time.
const PAGE: usize = 1000;

/// A snapshot that was asked for and has not ended. The key's name is its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SnapshotRecord {
    pub(crate) asked: Timestamp,
    /// Once it was told that it began: when, which is in its key.
    pub(crate) begun: Option<Timestamp>,
}

impl Record for SnapshotRecord {
    const KIND: &'static str = "config.snapshot";
    const FORMAT: u32 = 1;
}

/// The id of a snapshot that was asked for just before and has not ended.
pub(crate) fn recent_snapshot(parts: &Parts, scope: &Scope, now: Timestamp) -> Option<String> {
    let found = parts.catalog.list::<SnapshotRecord>(&scope.account, Some(&scope.region));
    let recent = found.into_iter().filter(|(_, found)| now.since(found.value.asked) < RECENT);
    recent.max_by_key(|(_, found)| found.value.asked).map(|(id, _)| id)
}

/// When the next snapshot is due by the channel's frequency.
pub(crate) fn next_snapshot(channel: &ChannelRecord, status: &ChannelStatusRecord) -> Option<Timestamp> {
    let last = status.snapshot.as_ref().map_or(channel.put, |attempt| attempt.attempted.max(channel.put));
    channel.snapshot_hours.map(|hours| last.plus_millis(hours * 3_600_000))
}

/// Delivers snapshots.
pub struct DeliverSnapshots {
    parts: Parts,
}

impl DeliverSnapshots {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// The accounts and regions where snapshots are made by themselves, and when the next is due.
    fn scheduled(&self) -> Vec<(Scope, Timestamp)> {
        let mut all = Vec::new();
        for (key, channel) in self.parts.catalog.list_all::<ChannelRecord>() {
            let Some(scope) = scope_of(&key) else { continue };
            let runs = recorder::find(&self.parts.catalog, &scope).is_some_and(|found| found.value.is_recording);
            let status = self.status(&scope).map(|found| ChannelStatusRecord::clone(&found.value)).unwrap_or_default();
            if let Some(due) = next_snapshot(&channel.value, &status).filter(|_| runs) {
                all.push((scope, due));
            }
        }
        all
    }

    fn status(&self, scope: &Scope) -> Option<Versioned<ChannelStatusRecord>> {
        self.parts.catalog.get(&channel::key(scope))
    }

    async fn deliver(&self, key: &Key, now: Timestamp) -> Result<(), JobError> {
        let Some(scope) = scope_of(key) else { return Ok(()) };
        let Some(found) = self.parts.catalog.get::<SnapshotRecord>(key) else { return Ok(()) };
        let Some(channel) = channel::find(&self.parts.catalog, &scope) else {
            // The channel is gone, and with it whoever would be told.
            let mut transaction = Transaction::default();
            transaction.delete::<SnapshotRecord>(key.clone(), found.version);
            return self.commit(transaction).await.map(drop);
        };
        let begun = match found.value.begun {
            Some(begun) => begun,
            None => {
                let mut transaction = Transaction::default();
                let record = SnapshotRecord { begun: Some(now), ..SnapshotRecord::clone(&found.value) };
                transaction.update(key.clone(), found.version, &record);
                let message = messages::snapshot_started(&scope, &key.name, now);
                if !self.tell(&scope, &channel.value, message, now, transaction).await? {
                    return Ok(());
                }
                now
            }
        };
        let Some(found) = self.parts.catalog.get::<SnapshotRecord>(key) else { return Ok(()) };
        let object = self.object(&scope, &channel.value, &key.name, begun).await?;
        let sent = self.put(&scope, &channel.value, &object).await;
        let message = match &sent {
            Ok(()) => messages::snapshot_delivered(&scope, &key.name, &channel.value.bucket, &object.key, now),
            Err(error) => {
                tracing::warn!(%error, bucket = channel.value.bucket, "a configuration snapshot was not delivered");
                messages::snapshot_failed(&scope, &key.name, &error.code, &error.message, now)
            }
        };
        let mut transaction = Transaction::default();
        transaction.delete::<SnapshotRecord>(key.clone(), found.version);
        if sent.is_ok() {
            let (id, bucket, key) = (&*key.name, &*channel.value.bucket, &*object.key);
            let snapshot = DeliveredSnapshot { id, bucket, key, begun };
            let (catalog, entropy) = (&self.parts.catalog, &*self.parts.entropy);
            custom::snapshot_delivered(catalog, &mut transaction, entropy, &scope, &snapshot, now);
        }
        self.note(&scope, begun, sent.err(), now, &mut transaction);
        self.tell(&scope, &channel.value, message, now, transaction).await?;
        self.parts.signals.invocations.notify_one();
        Ok(())
    }

    async fn put(&self, scope: &Scope, channel: &ChannelRecord, object: &NewObject) -> Result<(), PortError> {
        let gone = || PortError {
            code: "NoAvailableConfigurationRecorder".to_owned(),
            message: "There is no configuration recorder any more, as whose role it is delivered.".to_owned(),
        };
        let recorder = recorder::find(&self.parts.catalog, scope).ok_or_else(gone)?;
        self.parts.outlets.buckets.put(&recorder.value.sender(scope), &channel.bucket, object).await
    }

    /// Publishes a message in a transaction, where the channel has a topic, and as an event; whether nobody was faster.
    async fn tell(
        &self,
        scope: &Scope,
        channel: &ChannelRecord,
        message: Message,
        now: Timestamp,
        mut transaction: Transaction,
    ) -> Result<bool, JobError> {
        self.parts.add_event(&mut transaction, scope, &message, now);
        let recorder = recorder::find(&self.parts.catalog, scope);
        if let (Some(topic_arn), Some(recorder)) = (channel.topic_arn.clone(), recorder) {
            let notification = Notification { topic_arn, subject: message.subject, message: message.body.to_string() };
            let sender = recorder.value.sender(scope);
            let published = self.parts.outlets.topics.publish(&sender, &notification, now, &mut transaction).await;
            if let Err(error) = published {
                tracing::warn!(%error, topic = notification.topic_arn, "a delivery could not be announced");
            }
        }
        let committed = self.commit(transaction).await?;
        self.parts.outlets.topics.published();
        self.parts.signals.events.notify_one();
        Ok(committed)
    }

    /// Whether nobody was faster.
    async fn commit(&self, transaction: Transaction) -> Result<bool, JobError> {
        match self.parts.catalog.commit(transaction).await {
            Ok(()) => Ok(true),
            Err(CatalogError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn note(
        &self,
        scope: &Scope,
        begun: Timestamp,
        failure: Option<PortError>,
        now: Timestamp,
        transaction: &mut Transaction,
    ) {
        let found = self.status(scope);
        let status = found.as_ref().map(|found| ChannelStatusRecord::clone(&found.value)).unwrap_or_default();
        let succeeded = match &failure {
            None => Some(now),
            Some(_) => status.snapshot.as_ref().and_then(|last| last.succeeded),
        };
        let attempt = Attempt { attempted: begun, succeeded, failure: failure.map(Failure::from) };
        let status = ChannelStatusRecord { snapshot: Some(attempt), ..status };
        match found {
            Some(found) => drop(transaction.update(channel::key(scope), found.version, &status)),
            None => drop(transaction.create(channel::key(scope), &status)),
        }
    }

    /// The object with all live, recorded resources, packed as they are read.
    async fn object(
        &self,
        scope: &Scope,
        channel: &ChannelRecord,
        snapshot_id: &str,
        begun: Timestamp,
    ) -> Result<NewObject, JobError> {
        let (parts, of_scope, snapshot) = (self.parts.clone(), scope.clone(), snapshot_id.to_owned());
        let packed = tokio::task::spawn_blocking(move || pack(&parts, &of_scope, &snapshot)).await?;
        let folder = day_folder(channel, scope, begun, "ConfigSnapshot");
        let (account, region, time) = (&scope.account, &scope.region, begun.iso_basic());
        Ok(NewObject {
            key: format!("{folder}/{account}_Config_{region}_ConfigSnapshot_{time}_{snapshot_id}.json.gz"),
            body: packed?,
            content: ObjectContent::PackedJson,
            kms_key_arn: channel.kms_key_arn.clone(),
        })
    }
}

/// The bytes of a snapshot.
fn pack(parts: &Parts, scope: &Scope, snapshot_id: &str) -> std::io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    write!(packed, r#"{{"fileVersion":"1.0","configSnapshotId":"{snapshot_id}","configurationItems":["#)?;
    let (mut after, mut is_first) = (String::new(), true);
    loop {
        let page = present::page::<LiveRecord>(&parts.catalog, scope, "", &after, PAGE);
        let Some((last, _)) = page.last() else { break };
        after.clone_from(last);
        for (_, found) in page {
            if !std::mem::take(&mut is_first) {
                packed.write_all(b",")?;
            }
            serde_json::to_writer(&mut packed, &found.read().value.0.item.to_stream())?;
        }
    }
    packed.write_all(b"]}")?;
    packed.finish()
}

#[async_trait]
impl Job for DeliverSnapshots {
    fn name(&self) -> &str {
        "config.snapshots"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let waiting = !self.parts.catalog.versions::<SnapshotRecord>().is_empty();
        let again = waiting.then(|| last_run.plus(self.period()));
        self.scheduled().into_iter().map(|(_, due)| due).chain(again).min()
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.delivery
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        for (scope, due) in self.scheduled() {
            if due <= now && recent_snapshot(&self.parts, &scope, now).is_none() {
                let snapshot = id::uuid(&*self.parts.entropy).to_string();
                let mut transaction = Transaction::default();
                let key = Key::regional(&scope.account, &scope.region, snapshot);
                transaction.create(key, &SnapshotRecord { asked: now, begun: None });
                self.commit(transaction).await?;
            }
        }
        for (key, _) in self.parts.catalog.versions::<SnapshotRecord>() {
            self.deliver(&key, now).await?;
        }
        Ok(())
    }
}
