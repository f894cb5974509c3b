//! Events on their way to the webhook, in EventBridge's form, whether or not the channel has a topic (config.md §5).
//!
//! An event is a record from the transaction that lets go of what it tells, until it is taken: it is sent at least once,
//! each time with the same id.

use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp, id};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Key;
use store::catalog::{CatalogError, Held, Record, Transaction};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use crate::earliest::Earliest;
use crate::messages::Message;
use crate::ports::Events;
use crate::present::SEPARATOR;
use crate::service::Parts;

/// Events that are sent before what is due is looked up again.
const TURN: usize = 64;

/// An event that is to be sent. The key starts with when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventRecord {
    /// The event.
    text: String,
    /// When it is sent, or sent again.
    due: Timestamp,
    /// How often it was not taken.
    attempts: u32,
}

impl Record for EventRecord {
    const KIND: &'static str = "config.event";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

impl Parts {
    /// Whether somebody wants events.
    pub(crate) fn tells_events(&self) -> bool {
        self.outlets.events.is_some()
    }

    /// Adds a message as an event, where somebody wants them.
    pub(crate) fn add_event(&self, transaction: &mut Transaction, scope: &Scope, message: &Message, now: Timestamp) {
        if !self.tells_events() {
            return;
        }
        let id = id::uuid(&*self.entropy).to_string();
        let record = EventRecord { text: event(scope, message, &id, now).to_string(), due: now, attempts: 0 };
        let name = format!("{:020}{SEPARATOR}{id}", now.millis().max(0));
        transaction.put(Key::regional(&scope.account, &scope.region, name), &record);
    }
}

/// A message as EventBridge has it.
fn event(scope: &Scope, message: &Message, id: &str, now: Timestamp) -> Value {
    json!({
        "version": "0",
        "id": id,
        "detail-type": message.detail_type,
        "source": "aws.config",
        "account": scope.account.as_str(),
        "time": now.iso_secs(),
        "region": scope.region.as_str(),
        "resources": message.resources,
        "detail": message.body,
    })
}

/// Sends events.
pub struct SendEvents {
    parts: Parts,
    earliest: Earliest<EventRecord>,
}

impl SendEvents {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, earliest: Earliest::new(|record: &EventRecord| Some(record.due)) }
    }

    /// The first events that are due, in the order in which they were made.
    fn due(&self, now: Timestamp) -> Vec<(Key, u64, EventRecord)> {
        let mut due = Vec::new();
        for (key, version) in self.parts.catalog.versions::<EventRecord>() {
            let found = self.parts.catalog.get::<EventRecord>(&key).filter(|found| found.version == version);
            due.extend(found.filter(|found| found.value.due <= now).map(|found| {
                let record = EventRecord::clone(&found.value);
                (key, version, record)
            }));
            if due.len() >= TURN {
                break;
            }
        }
        due
    }

    /// Sends an event, and lets it go or puts it off.
    async fn send(
        &self,
        events: &dyn Events,
        (key, version, record): (Key, u64, EventRecord),
        now: Timestamp,
    ) -> Result<(), JobError> {
        let mut transaction = Transaction::default();
        match (events.post(&record.text).await, events.pause(record.attempts + 1)) {
            (Ok(()), _) => drop(transaction.delete::<EventRecord>(key, version)),
            (Err(error), Some(pause)) => {
                let seconds = pause.as_secs();
                tracing::warn!(error, seconds, "an event was not taken; it is sent again after a pause");
                let later = EventRecord { due: now.plus(pause), attempts: record.attempts + 1, ..record };
                transaction.update(key, version, &later);
            }
            (Err(error), None) => {
                tracing::error!(error, event = record.text, "an event was not taken within a day and is given up");
                transaction.delete::<EventRecord>(key, version);
            }
        }
        match self.parts.catalog.commit(transaction).await {
            Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl Job for SendEvents {
    fn name(&self) -> &str {
        "config.events"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn next_due(&self, _last_run: Timestamp) -> Option<Timestamp> {
        self.earliest.get(&self.parts.catalog)
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.events
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        loop {
            let due = self.due(now);
            if due.is_empty() {
                return Ok(());
            }
            for event in due {
                match &self.parts.outlets.events {
                    Some(events) => self.send(&**events, event, now).await?,
                    // The server was started without a webhook since.
                    None => self.forget(event).await?,
                }
            }
        }
    }
}

impl SendEvents {
    async fn forget(&self, (key, version, _): (Key, u64, EventRecord)) -> Result<(), JobError> {
        let mut transaction = Transaction::default();
        transaction.delete::<EventRecord>(key, version);
        match self.parts.catalog.commit(transaction).await {
            Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
