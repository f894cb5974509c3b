//! Types that are recorded daily: the newest observation of a resource waits for its hour (REC-10).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::time::DAY_MS;
use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Held, Key, Record, Transaction};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::{Hour, Observation, ObserveError};
use crate::present;
use crate::service::Parts;

/// The newest observation of a resource whose type is recorded daily. The key is the resource's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct PendingRecord(pub(crate) Observation);

impl Record for PendingRecord {
    const KIND: &'static str = "config.pending";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// Lets an observation wait that tells something new, in the place of one before; one that tells what is known takes
/// away what waits.
pub(super) fn note(
    catalog: &Catalog,
    transaction: &mut Transaction,
    scope: &Scope,
    observation: &Observation,
    is_new: bool,
) {
    let key = present::key(scope, &observation.resource_type, &observation.resource_id);
    match catalog.get::<PendingRecord>(&key) {
        Some(waiting) if is_new && waiting.value.0 == *observation => {}
        Some(waiting) if !is_new => drop(transaction.delete::<PendingRecord>(key, waiting.version)),
        None if !is_new => {}
        _ => drop(transaction.put(key, &PendingRecord(observation.clone()))),
    }
}

/// The hour of an account: a minute after midnight that the account's number says, so that not all come at once.
fn minute_ms(scope: &Scope) -> i64 {
    let minute = i64::try_from(scope.account.number() % 60).expect("a minute is small");
    minute * 60_000
}

/// Records once a day what waits.
pub struct RecordDaily {
    parts: Parts,
    wake: Arc<Notify>,
}

impl RecordDaily {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, wake: Arc::default() }
    }

    async fn record(&self, scope: &Scope, keys: Vec<(Key, u64)>, now: Timestamp) -> Result<(), ObserveError> {
        let found = keys.iter().filter_map(|(key, _)| self.parts.catalog.get::<PendingRecord>(key));
        let observations = found.map(|found| found.value.0.clone()).collect();
        match self.parts.observe_at(Hour::Struck, scope, observations, now).await {
            // A recorder that was stopped records nothing, and what waited is not what it will find when it starts.
            Ok(_) | Err(ObserveError::NotRecording) => {}
            Err(error) => return Err(error),
        }
        let mut transaction = Transaction::default();
        for (key, version) in keys {
            // What was told of meanwhile waits for the next day.
            if self.parts.catalog.get::<PendingRecord>(&key).is_some_and(|found| found.version == version) {
                transaction.delete::<PendingRecord>(key, version);
            }
        }
        Ok(self.parts.catalog.commit(transaction).await?)
    }
}

#[async_trait]
impl Job for RecordDaily {
    fn name(&self) -> &str {
        "config.daily"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let next = |scope: &Scope| {
            let today = last_run.day().saturating_mul(DAY_MS).saturating_add(minute_ms(scope));
            let due = if today > last_run.millis() { today } else { today.saturating_add(DAY_MS) };
            Timestamp::from_millis(due)
        };
        self.waiting().keys().map(next).min()
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let of_day = now.millis().rem_euclid(DAY_MS);
        for (scope, keys) in self.waiting() {
            // A run that comes late, after a start say, is one all the same; one before the hour is none.
            if of_day >= minute_ms(&scope) {
                self.record(&scope, keys, now).await?;
            }
        }
        Ok(())
    }
}

impl RecordDaily {
    fn waiting(&self) -> BTreeMap<Scope, Vec<(Key, u64)>> {
        let mut scopes: BTreeMap<Scope, Vec<(Key, u64)>> = BTreeMap::new();
        for (key, version) in self.parts.catalog.versions::<PendingRecord>() {
            let Some(region) = key.region.clone() else { continue };
            let scope = Scope { account: key.account.clone(), region };
            scopes.entry(scope).or_default().push((key, version));
        }
        scopes
    }
}
