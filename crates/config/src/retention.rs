//! How long items are kept (config.md §3.6).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use api::ServiceError;
use api::config::{errors, types};
use async_trait::async_trait;
use base::time::DAY_MS;
use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::Catalog;
use store::catalog::{CatalogError, Key, Record, Transaction};
use store::config_item::ItemKeep;
use store::job::{Job, JobError};
use tokio::sync::Notify;

use crate::present::{LiveRecord, OtherRecord};
use crate::service::Parts;

/// Days that items are kept where nothing is said: seven years.
pub(crate) const DAYS_DEFAULT: i64 = 2557;

/// The only name that there is.
pub(crate) const NAME: &str = "default";

/// How long the items of an account and region are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RetentionRecord {
    pub(crate) days: i64,
}

impl Record for RetentionRecord {
    const KIND: &'static str = "config.retention";
    const FORMAT: u32 = 1;
}

impl RetentionRecord {
    pub(crate) fn to_api(&self) -> types::RetentionConfiguration {
        types::RetentionConfiguration {
            name: NAME.to_owned(),
            retention_period_in_days: i32::try_from(self.days).expect("the days are within the model's range"),
        }
    }
}

/// The key of an account and region.
pub(crate) fn key(scope: &Scope) -> Key {
    Key::regional(&scope.account, &scope.region, NAME)
}

/// There is no retention configuration of this name.
pub(crate) fn no_such(name: &str) -> ServiceError {
    let message = format!("Cannot find retention configuration with the specified name '{name}'.");
    errors::no_such_retention_configuration_exception(message)
}

/// What ended before this is not kept any more.
pub(crate) fn keeps_from(catalog: &Catalog, scope: &Scope, now: Timestamp) -> Timestamp {
    let days = catalog.get::<RetentionRecord>(&key(scope)).map_or(DAYS_DEFAULT, |found| found.value.days);
    now.plus_millis(-days * DAY_MS)
}

/// Tells the table how long items are kept.
pub(crate) struct Retentions {
    catalog: Arc<Catalog>,
}

impl Retentions {
    pub(crate) fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog }
    }
}

impl ItemKeep for Retentions {
    fn keeps_from(&self, scope: &Scope, now: Timestamp) -> Timestamp {
        keeps_from(&self.catalog, scope, now)
    }

    fn keeps_from_anywhere(&self, now: Timestamp) -> Timestamp {
        // Wherever there are past items there is a newest one, until the last of them has aged out.
        let live = self.catalog.versions::<LiveRecord>();
        let other = self.catalog.versions::<OtherRecord>();
        let scopes: BTreeSet<_> = live.iter().chain(&other).filter_map(|(key, _)| scope_of(key)).collect();
        let default = now.plus_millis(-DAYS_DEFAULT * DAY_MS);
        scopes.iter().map(|scope| keeps_from(&self.catalog, scope, now)).min().unwrap_or(default)
    }
}

/// The account and region of a key.
pub(crate) fn scope_of(key: &Key) -> Option<Scope> {
    Some(Scope { account: key.account.clone(), region: key.region.clone()? })
}

/// Lets go of the newest items of resources that were deleted long enough ago (CI-10). What was before them goes with
/// the table's files.
pub struct ForgetDeleted {
    parts: Parts,
    wake: Notify,
}

impl ForgetDeleted {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, wake: Notify::new() }
    }
}

#[async_trait]
impl Job for ForgetDeleted {
    fn name(&self) -> &str {
        "config.forget"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(6 * 3600)
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let catalog = &self.parts.catalog;
        let mut old = Vec::new();
        catalog.for_each::<OtherRecord>(|key, record| {
            let item = &record.0.item;
            if item.status.is_gone() && item.taken < keeps_from(catalog, &item.scope, now) {
                old.push(key.clone());
            }
        });
        for key in old {
            let Some(found) = catalog.get::<OtherRecord>(&key) else { continue };
            let item = &found.value.0.item;
            if !item.status.is_gone() || item.taken >= keeps_from(catalog, &item.scope, now) {
                continue;
            }
            let mut transaction = Transaction::default();
            transaction.delete::<OtherRecord>(key, found.version);
            match catalog.commit(transaction).await {
                // It is there again.
                Ok(()) | Err(CatalogError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use base::SimulatedClock;
    use store::config_item::{PastItem, Resource};
    use store::{Store, StoreOptions};

    use super::*;

    #[tokio::test]
    async fn a_store_without_the_service_shows_what_its_catalog_keeps() {
        let now = Timestamp::from_secs(1_772_000_000);
        let folder = tempfile::tempdir().unwrap();
        let options = StoreOptions::new(folder.path().to_owned(), Arc::new(SimulatedClock::new(now)));
        let store = Store::open(options).await.unwrap();
        let scope = Scope { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
        let mut transaction = Transaction::default();
        transaction.put(key(&scope), &RetentionRecord { days: 30 });
        store.catalog().commit(transaction).await.unwrap();
        let resource = Resource { scope, resource_type: "MyOrg::Net::Host".to_owned(), resource_id: "h1".to_owned() };
        let days_ago = |days: i64| now.plus_millis(-days * DAY_MS);
        let past = |from: i64, to: i64| PastItem {
            resource: resource.clone(),
            taken: days_ago(from),
            ended: days_ago(to),
            item: "{}".to_owned(),
        };
        store.config_items().append(vec![past(60, 40), past(40, 20)]).await.unwrap();
        crate::keep_items(&store);
        for (days, is_there) in [(50, false), (30, true)] {
            let found = store.config_items().at(&resource, days_ago(days)).await.unwrap();
            assert_eq!(found.is_some(), is_there, "{days} days ago");
        }
        store.close().await.unwrap();
    }
}
