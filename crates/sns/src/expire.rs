//! The job that removes what nobody confirmed, and tokens that are worth nothing any more.

use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use store::Catalog;
use store::catalog::{CatalogError, Key, Record, Transaction, Versioned};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use crate::Parts;
use crate::record::{DeduplicationRecord, SubscriptionRecord, TokenRecord};

/// Removals in one transaction.
const REMOVALS_MAX: usize = 500;

/// Removes subscriptions that were not confirmed in three days, tokens after two, and what told
/// repetitions to FIFO topics after five minutes. All of it is worth nothing once its time is
/// over, removed or not, but for the subscriptions: those stay in lists until this job comes by.
pub struct ExpireSubscriptions {
    parts: Parts,
    wake: Notify,
}

impl ExpireSubscriptions {
    /// The job over the service's parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, wake: Notify::new() }
    }

    async fn remove<R: Record>(&self, is_over: impl Fn(&R) -> bool) -> Result<(), CatalogError> {
        let over = over(&self.parts.catalog, is_over);
        for some in over.chunks(REMOVALS_MAX) {
            let mut transaction = Transaction::default();
            for (key, found) in some {
                transaction.delete::<R>(key.clone(), found.version);
            }
            match self.parts.catalog.commit(transaction).await {
                // What was changed meanwhile is looked at in the next run.
                Ok(()) | Err(CatalogError::Conflict { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }
}

fn over<R: Record>(catalog: &Catalog, is_over: impl Fn(&R) -> bool) -> Vec<(Key, Versioned<R>)> {
    catalog.list_all::<R>().into_iter().filter(|(_, found)| is_over(&found.value)).collect()
}

#[async_trait]
impl Job for ExpireSubscriptions {
    fn name(&self) -> &str {
        "sns-expiry"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(600)
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let unconfirmed =
            |record: &SubscriptionRecord| record.pending.as_ref().is_some_and(|pending| pending.until <= now);
        self.remove(unconfirmed).await?;
        self.remove(|token: &TokenRecord| token.until <= now).await?;
        self.remove(|told: &DeduplicationRecord| told.until <= now).await?;
        Ok(())
    }
}
