//! Telling of changes on the channel's topic, each once and in the order in which items were taken.

use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use store::catalog::{CatalogError, Transaction};
use store::job::{Job, JobError};
use store::{Key, StoreError};
use tokio::sync::Notify;

use super::{Notice, NoticeRecord};
use crate::channel::{self, ChannelRecord, ChannelStatusRecord, Failure, StreamState};
use crate::difference::Difference;
use crate::item::Item;
use crate::messages::{self, MESSAGE_BYTES_MAX, Message, Oversized};
use crate::ports::{NewObject, Notification, ObjectContent, PortError, Sender};
use crate::present::{self, resource_of};
use crate::recorder;
use crate::service::Parts;

/// Tells of changes.
pub struct TellChanges {
    parts: Parts,
}

/// An item of which is to be told, and the one before.
struct Change {
    before: Option<Item>,
    item: Item,
}

impl TellChanges {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }

    async fn tell(&self, key: Key, version: u64, now: Timestamp) -> Result<(), JobError> {
        let mut transaction = Transaction::default();
        transaction.delete::<NoticeRecord>(key.clone(), version);
        let change = match Notice::of_key(&key) {
            Some(notice) => self.change(&notice).await?,
            None => None,
        };
        let published = match &change {
            Some(change) => self.publish(change, now, &mut transaction).await,
            None => false,
        };
        match self.parts.catalog.commit(transaction).await {
            Ok(()) if published => self.parts.outlets.topics.published(),
            // Somebody else told, or the channel's status was written: an entry that is still there is told next time.
            Ok(()) | Err(CatalogError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// The item of an entry and the one before; `None` when it is kept no more.
    async fn change(&self, notice: &Notice) -> Result<Option<Change>, JobError> {
        let Notice { scope, taken, resource_type, resource_id } = notice;
        let found = present::find(&self.parts.catalog, scope, resource_type, resource_id);
        let newest = found.map(|found| found.present.item).filter(|item| item.taken == *taken);
        let item = match newest {
            Some(item) => Some(item),
            None => {
                let resource = store::config_item::Resource {
                    scope: scope.clone(),
                    resource_type: resource_type.clone(),
                    resource_id: resource_id.clone(),
                };
                self.past(&resource, *taken).await?.filter(|item| item.taken == *taken)
            }
        };
        let Some(item) = item else { return Ok(None) };
        let before = self.past(&resource_of(&item), taken.plus_millis(-1)).await?;
        let before = before.filter(|before| before.status.is_recorded());
        Ok(Some(Change { before, item }))
    }

    async fn past(&self, resource: &store::config_item::Resource, at: Timestamp) -> Result<Option<Item>, StoreError> {
        let past = self.parts.items.at(resource, at).await?;
        Ok(past.map(|past| serde_json::from_str(&past.item).expect("a stored item is one")))
    }

    /// Adds to a transaction what publishes a change; whether anything does.
    async fn publish(&self, change: &Change, now: Timestamp, transaction: &mut Transaction) -> bool {
        let scope = &change.item.scope;
        let channel = channel::find(&self.parts.catalog, scope);
        let recorder = recorder::find(&self.parts.catalog, scope);
        let (Some(channel), Some(recorder)) = (channel, recorder) else { return false };
        let Some(topic_arn) = channel.value.topic_arn.clone() else { return false };
        let sender = recorder.value.sender(scope);
        let message = self.message(change, &channel.value, &sender, now).await;
        let notification = Notification { topic_arn, subject: message.subject, message: message.body.to_string() };
        let sent = self.parts.outlets.topics.publish(&sender, &notification, now, transaction).await;
        if let Err(error) = &sent {
            tracing::warn!(%error, topic = notification.topic_arn, "a change could not be published");
        }
        let is_sent = sent.is_ok();
        self.note_stream(scope, sent, now, transaction);
        is_sent
    }

    /// The message of a change; of one that is too large for SNS, where it is instead (N-3).
    async fn message(&self, change: &Change, channel: &ChannelRecord, sender: &Sender, now: Timestamp) -> Message {
        let difference = Difference::between(change.before.as_ref(), &change.item);
        let message = messages::item_changed(&difference, &change.item, now);
        let text = message.body.to_string();
        if text.len() <= MESSAGE_BYTES_MAX {
            return message;
        }
        let object = NewObject {
            key: oversized_key(channel, &change.item),
            body: crate::delivery::gzipped(text.as_bytes()),
            content: ObjectContent::PackedJson,
            kms_key_arn: channel.kms_key_arn.clone(),
        };
        let stored = match self.parts.outlets.buckets.put(sender, &channel.bucket, &object).await {
            Ok(()) => Oversized::Stored { bucket: channel.bucket.clone(), key: object.key },
            Err(PortError { code, message }) => Oversized::Failed { code, message },
        };
        messages::oversized(difference.change_type, &change.item, &stored, now)
    }

    /// Notes how it went, when that is other than the last time.
    fn note_stream(
        &self,
        scope: &base::Scope,
        sent: Result<(), PortError>,
        now: Timestamp,
        transaction: &mut Transaction,
    ) {
        let failure = sent.err().map(Failure::from);
        let key = channel::key(scope);
        let found = self.parts.catalog.get::<ChannelStatusRecord>(&key);
        let status = found.as_ref().map(|found| ChannelStatusRecord::clone(&found.value)).unwrap_or_default();
        if status.stream.as_ref().is_some_and(|state| state.failure == failure) {
            return;
        }
        let status = ChannelStatusRecord { stream: Some(StreamState { changed: now, failure }), ..status };
        match found {
            Some(found) => drop(transaction.update(key, found.version, &status)),
            None => drop(transaction.create(key, &status)),
        }
    }
}

/// The key of the object with a change that is too large for a message (DC-18).
fn oversized_key(channel: &ChannelRecord, item: &Item) -> String {
    let Item { scope, resource_type, resource_id, taken, .. } = item;
    let folder = crate::delivery::day_folder(channel, scope, *taken, "OversizedChangeNotification");
    let (account, region, time) = (&scope.account, &scope.region, taken.iso_basic());
    format!(
        "{folder}/{resource_type}/{resource_id}/{account}_Config_{region}_ChangeNotification_{resource_type}_{resource_id}_{time}_1.json.gz"
    )
}

#[async_trait]
impl Job for TellChanges {
    fn name(&self) -> &str {
        "config.notices"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.notices
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        for (key, version) in self.parts.catalog.versions::<NoticeRecord>() {
            self.tell(key, version, now).await?;
        }
        Ok(())
    }
}
