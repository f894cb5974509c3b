//! Telling of changes on the channel's topic, each once and in the order in which items were taken.

use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use store::Key;
use store::catalog::{CatalogError, Transaction, Unread};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::{ItemChange, News, Notice, NoticeRecord};
use crate::channel::{self, ChannelRecord, ChannelStatusRecord, Failure, StreamState};
use crate::messages::{self, Message};
use crate::ports::{Notification, PortError, Sender};
use crate::present;
use crate::recorder;
use crate::service::Parts;

/// Entries that are told of in one transaction.
const BATCH: usize = 64;
/// How often a batch is decided anew when others are faster.
const ATTEMPTS: usize = 16;

/// Tells of changes.
pub struct TellChanges {
    parts: Parts,
}

impl TellChanges {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Tells of entries of one account and region, and lets them go, in one transaction; again while others change what
    /// it was decided on.
    async fn tell(&self, scope: &Scope, entries: &[(Key, u64)], now: Timestamp) -> Result<(), JobError> {
        for _ in 0..ATTEMPTS {
            let mut transaction = Transaction::default();
            let there = |(key, version): &&(Key, u64)| {
                self.parts.catalog.get::<NoticeRecord>(key).is_some_and(|found| found.version == *version)
            };
            let entries: Vec<_> = entries.iter().filter(there).collect();
            for (key, version) in &entries {
                transaction.delete::<NoticeRecord>(key.clone(), *version);
            }
            let is_published = self.publish(scope, entries.iter().map(|(key, _)| key), now, &mut transaction).await?;
            match self.parts.catalog.commit(transaction).await {
                Ok(()) => {
                    if is_published {
                        self.parts.outlets.topics.published();
                    }
                    self.parts.signals.events.notify_one();
                }
                Err(CatalogError::Conflict { .. }) => continue,
                Err(error) => return Err(error.into()),
            }
            return Ok(());
        }
        Err("others are always faster to change the channel's status".into())
    }

    /// Adds to a transaction what publishes news, and events of them; whether anything is published. Where there is no
    /// topic, events alone tell.
    async fn publish(
        &self,
        scope: &Scope,
        entries: impl Iterator<Item = &Key> + Send,
        now: Timestamp,
        transaction: &mut Transaction,
    ) -> Result<bool, JobError> {
        let channel = channel::find(&self.parts.catalog, scope);
        let recorder = recorder::find(&self.parts.catalog, scope);
        let (Some(channel), Some(recorder)) = (channel, recorder) else { return Ok(false) };
        let topic_arn = channel.value.topic_arn.clone();
        if topic_arn.is_none() && !self.parts.tells_events() {
            return Ok(false);
        }
        let sender = recorder.value.sender(scope);
        let (mut is_published, mut outcome) = (false, None);
        for key in entries {
            let Some(entry) = self.parts.catalog.get::<NoticeRecord>(key) else { continue };
            let message = match &entry.value.news {
                News::Item => {
                    let Some(notice) = Notice::of_key(key) else { continue };
                    let Notice { scope, taken, resource } = &notice;
                    let Some(change) = ItemChange::find(&self.parts, scope, resource, *taken).await? else { continue };
                    self.message(&change, &channel.value, &sender, now).await
                }
                News::Compliance(change) => messages::compliance_changed(scope, change, now),
                News::EvaluationStarted { rules } => messages::evaluation_started(scope, rules, now),
            };
            self.parts.add_event(transaction, scope, &message, now);
            let Some(topic_arn) = topic_arn.clone() else { continue };
            let notification = Notification { topic_arn, subject: message.subject, message: message.body.to_string() };
            let sent = self.parts.outlets.topics.publish(&sender, &notification, now, transaction).await;
            if let Err(error) = &sent {
                tracing::warn!(%error, topic = notification.topic_arn, "a change could not be published");
            }
            is_published |= sent.is_ok();
            outcome = Some(sent);
        }
        if let Some(sent) = outcome {
            self.note_stream(scope, sent, now, transaction);
        }
        Ok(is_published)
    }

    /// The message of a change; of one that is too large for SNS, where it is instead (N-3).
    async fn message(&self, change: &ItemChange, channel: &ChannelRecord, sender: &Sender, now: Timestamp) -> Message {
        let message = messages::item_changed(&change.difference(), &change.item, now);
        match ItemChange::is_oversized(&message) {
            true => change.oversized(&self.parts, Some(channel), sender, now).await,
            false => message,
        }
    }

    /// Notes how it went, when that is other than the last time.
    fn note_stream(&self, scope: &Scope, sent: Result<(), PortError>, now: Timestamp, transaction: &mut Transaction) {
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
        // In the order of accounts and regions, and in each of when items were taken. There may be too many to list.
        for (account, region) in self.parts.catalog.places::<NoticeRecord>() {
            let Some(region) = region else { continue };
            let scope = Scope { account, region };
            let mut after = String::new();
            loop {
                let page = present::page::<NoticeRecord>(&self.parts.catalog, &scope, "", &after, BATCH);
                let Some((last, _)) = page.last() else { break };
                after = last.clone();
                let entry = |(name, found): (String, Unread<NoticeRecord>)| {
                    (Key::regional(&scope.account, &scope.region, name), found.version())
                };
                let entries: Vec<_> = page.into_iter().map(entry).collect();
                self.tell(&scope, &entries, now).await?;
            }
        }
        Ok(())
    }
}
