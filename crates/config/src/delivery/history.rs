//! History files: every six hours, by type, the items that were taken since (H-12 to H-14).
//!
//! A place says up to when items were delivered. A batch is decided by moving its end, and its files are made of it: the
//! items of a time do not change any more when the batch is decided, so that files that are put twice are the same.

use std::collections::BTreeMap;
use std::time::Duration;

use arrow_array::cast::AsArray as _;
use async_trait::async_trait;
use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::catalog::{CatalogError, Record, Transaction, Versioned};
use store::config_item::{ItemColumn, ItemScan};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::{day_folder, gzipped};
use crate::channel::{self, Attempt, ChannelRecord, ChannelStatusRecord, Failure};
use crate::item::Item;
use crate::messages;
use crate::ports::{NewObject, Notification, ObjectContent, PortError};
use crate::present::{self, LiveRecord, OtherRecord, Present};
use crate::recorder::{self, RecorderRecord};
use crate::retention::scope_of;
use crate::service::Parts;

/// From one history to the next.
const PERIOD_MS: i64 = 6 * 3_600_000;
/// How long after its time an item may be written at the latest: batches end so long ago.
const SETTLED_MS: i64 = 60_000;
/// How often a delivery that failed is tried again.
const RETRY_MS: i64 = 600_000;
/// Items of a file.
const FILE_ITEMS_MAX: usize = if cfg!(test) { 3 } else { 5_000 };

/// Up to when items were delivered. The key is the channel's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HistoryPlace {
    /// Items that were taken before this are delivered.
    from: Timestamp,
    /// Those before this are being delivered.
    to: Option<Timestamp>,
    /// The keys of this batch that were put.
    done: Vec<String>,
}

impl Record for HistoryPlace {
    const KIND: &'static str = "config.history";
    const FORMAT: u32 = 1;
}

impl HistoryPlace {
    const START: Self = Self { from: Timestamp::MIN, to: None, done: Vec::new() };
}

/// When the next history is due.
pub(crate) fn next_history(parts: &Parts, scope: &Scope) -> Option<Timestamp> {
    let recorder = recorder::find(&parts.catalog, scope)?.value;
    let place = place(parts, scope).map_or(HistoryPlace::START, |found| HistoryPlace::clone(&found.value));
    let since = place.from.max(recorder.started?);
    Some(since.plus_millis(PERIOD_MS + SETTLED_MS))
}

fn place(parts: &Parts, scope: &Scope) -> Option<Versioned<HistoryPlace>> {
    parts.catalog.get(&channel::key(scope))
}

/// Delivers histories.
pub struct DeliverHistory {
    parts: Parts,
    wake: Notify,
}

impl DeliverHistory {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, wake: Notify::new() }
    }

    /// When each account and region is due: those with a batch under way soon again.
    fn due(&self, last_run: Timestamp) -> Vec<(Scope, Timestamp)> {
        let mut all = Vec::new();
        for (key, _) in self.parts.catalog.list_all::<RecorderRecord>() {
            let Some(scope) = scope_of(&key) else { continue };
            if channel::find(&self.parts.catalog, &scope).is_none() {
                continue;
            }
            let under_way = place(&self.parts, &scope).is_some_and(|found| found.value.to.is_some());
            let due = match under_way {
                true => Some(last_run.plus_millis(RETRY_MS)),
                false => next_history(&self.parts, &scope),
            };
            all.extend(due.map(|due| (scope, due)));
        }
        all
    }

    /// Goes on with the batch of an account and region, or begins one.
    async fn deliver(&self, scope: &Scope, now: Timestamp) -> Result<(), JobError> {
        let found = place(&self.parts, scope);
        let record = found.as_ref().map_or(HistoryPlace::START, |found| HistoryPlace::clone(&found.value));
        let Some(to) = record.to else {
            let to = now.plus_millis(-SETTLED_MS);
            let begun = HistoryPlace { to: Some(to), ..record };
            if self.change(scope, found, &begun, Transaction::default()).await? {
                return Box::pin(self.deliver(scope, now)).await;
            }
            return Ok(());
        };
        let Some(channel) = channel::find(&self.parts.catalog, scope) else { return Ok(()) };
        for (key, items) in files(&channel.value, scope, self.items(scope, record.from, to).await?) {
            if !record.done.contains(&key) && !self.deliver_file(scope, &channel.value, key, &items, now).await? {
                return Ok(());
            }
        }
        let found = place(&self.parts, scope);
        let ended = HistoryPlace { from: to, to: None, done: Vec::new() };
        self.change(scope, found, &ended, Transaction::default()).await.map(drop)
    }

    /// Puts a file and tells of it; whether that was done.
    async fn deliver_file(
        &self,
        scope: &Scope,
        channel: &ChannelRecord,
        key: String,
        items: &[Item],
        now: Timestamp,
    ) -> Result<bool, JobError> {
        let Some(recorder) = recorder::find(&self.parts.catalog, scope) else { return Ok(false) };
        let sender = recorder.value.sender(scope);
        let items: Vec<_> = items.iter().map(Item::to_stream).collect();
        let body = json!({ "fileVersion": "1.0", "configurationItems": items }).to_string();
        let object = NewObject {
            key,
            body: gzipped(body.as_bytes()),
            content: ObjectContent::PackedJson,
            kms_key_arn: channel.kms_key_arn.clone(),
        };
        let sent = self.parts.outlets.buckets.put(&sender, &channel.bucket, &object).await;
        let mut transaction = Transaction::default();
        let message = messages::history_delivered(scope, &channel.bucket, &object.key, now);
        if sent.is_ok() {
            self.parts.add_event(&mut transaction, scope, &message, now);
        }
        if let (Ok(()), Some(topic_arn)) = (&sent, channel.topic_arn.clone()) {
            let notification = Notification { topic_arn, subject: message.subject, message: message.body.to_string() };
            let published = self.parts.outlets.topics.publish(&sender, &notification, now, &mut transaction).await;
            if let Err(error) = published {
                tracing::warn!(%error, topic = notification.topic_arn, "a history could not be announced");
            }
        }
        if let Err(error) = &sent {
            tracing::warn!(%error, bucket = channel.bucket, "a configuration history was not delivered");
        }
        let is_sent = sent.is_ok();
        self.note(scope, sent, now, &mut transaction);
        let found = place(&self.parts, scope);
        let mut record = found.as_ref().map_or(HistoryPlace::START, |found| HistoryPlace::clone(&found.value));
        if is_sent {
            record.done.push(object.key);
        }
        let changed = self.change(scope, found, &record, transaction).await?;
        self.parts.outlets.topics.published();
        self.parts.signals.events.notify_one();
        Ok(is_sent && changed)
    }

    fn note(&self, scope: &Scope, sent: Result<(), PortError>, now: Timestamp, transaction: &mut Transaction) {
        let key = channel::key(scope);
        let found = self.parts.catalog.get::<ChannelStatusRecord>(&key);
        let status = found.as_ref().map(|found| ChannelStatusRecord::clone(&found.value)).unwrap_or_default();
        let succeeded = match &sent {
            Ok(()) => Some(now),
            Err(_) => status.history.as_ref().and_then(|last| last.succeeded),
        };
        let attempt = Attempt { attempted: now, succeeded, failure: sent.err().map(Failure::from) };
        let status = ChannelStatusRecord { history: Some(attempt), ..status };
        match found {
            Some(found) => drop(transaction.update(key, found.version, &status)),
            None => drop(transaction.create(key, &status)),
        }
    }

    /// Moves the place; whether nobody was faster.
    async fn change(
        &self,
        scope: &Scope,
        found: Option<Versioned<HistoryPlace>>,
        record: &HistoryPlace,
        mut transaction: Transaction,
    ) -> Result<bool, JobError> {
        match found {
            Some(found) => drop(transaction.update(channel::key(scope), found.version, record)),
            None => drop(transaction.create(channel::key(scope), record)),
        }
        match self.parts.catalog.commit(transaction).await {
            Ok(()) => Ok(true),
            Err(CatalogError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The items that were taken in a time, by type: each once, in the order of times and ids.
    async fn items(&self, scope: &Scope, from: Timestamp, to: Timestamp) -> Result<Items, JobError> {
        // The newest first: items only ever go from there into the table, so none is between.
        let newest = self.newest(scope, from, to);
        let scan = ItemScan {
            scope: scope.clone(),
            resource_type: None,
            resource_id: None,
            taken: from..to,
            ended_from: Timestamp::MIN,
            columns: vec![ItemColumn::Item],
        };
        let parts = self.parts.items.scan(scan).await?;
        let read = tokio::task::spawn_blocking(move || -> Result<Items, JobError> {
            let mut items = newest;
            for part in parts {
                for batch in part {
                    for text in batch?.column(0).as_string::<i32>().iter().flatten() {
                        add(&mut items, serde_json::from_str(text)?);
                    }
                }
            }
            Ok(items)
        });
        read.await?
    }

    fn newest(&self, scope: &Scope, from: Timestamp, to: Timestamp) -> Items {
        let mut items = Items::new();
        let mut take = |present: &Present| {
            if present.item.scope == *scope && (from..to).contains(&present.item.taken) {
                add(&mut items, present.item.clone());
            }
        };
        let live = present::page::<LiveRecord>(&self.parts.catalog, scope, "", "", usize::MAX);
        live.into_iter().for_each(|(_, found)| take(&found.read().value.0));
        let other = present::page::<OtherRecord>(&self.parts.catalog, scope, "", "", usize::MAX);
        other.into_iter().for_each(|(_, found)| take(&found.read().value.0));
        items
    }
}

/// Items by type, time and id.
type Items = BTreeMap<String, BTreeMap<(Timestamp, String), Item>>;

fn add(items: &mut Items, item: Item) {
    let of_type = items.entry(item.resource_type.clone()).or_default();
    of_type.insert((item.taken, item.resource_id.clone()), item);
}

/// The files that items make, with their keys (H-13).
fn files(channel: &ChannelRecord, scope: &Scope, items: Items) -> Vec<(String, Vec<Item>)> {
    let mut files = Vec::new();
    for (resource_type, items) in items {
        let items: Vec<_> = items.into_values().collect();
        for (number, items) in items.chunks(FILE_ITEMS_MAX).enumerate() {
            let (Some(first), Some(last)) = (items.first(), items.last()) else { continue };
            let folder = day_folder(channel, scope, last.taken, "ConfigHistory");
            let (account, region) = (&scope.account, &scope.region);
            let (start, end) = (first.taken.iso_basic(), last.taken.iso_basic());
            let key = format!(
                "{folder}/{account}_Config_{region}_ConfigHistory_{resource_type}_{start}_{end}_{}.json.gz",
                number + 1
            );
            files.push((key, items.to_vec()));
        }
    }
    files
}

#[async_trait]
impl Job for DeliverHistory {
    fn name(&self) -> &str {
        "config.history"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        self.due(last_run).into_iter().map(|(_, due)| due).min()
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let under_way = |scope: &Scope| place(&self.parts, scope).is_some_and(|found| found.value.to.is_some());
        for (scope, due) in self.due(now) {
            if due <= now || under_way(&scope) {
                self.deliver(&scope, now).await?;
            }
        }
        Ok(())
    }
}
