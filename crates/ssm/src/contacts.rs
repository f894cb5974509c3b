//! When agents were last heard of.
//!
//! Every agent tells of itself every five minutes. That is kept in memory, and written down when something else of the
//! host changes, by the hour, and when the server stops: a killed server knows of each host's contact to within an hour.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{Scope, Timestamp};
use store::catalog::{Catalog, CatalogError, Transaction};

use crate::instances;
use crate::record::InstanceRecord;
use crate::service::Parts;

/// How much older what is written down may be than what is known.
pub(crate) const WRITTEN_AGE_MAX: Duration = Duration::from_secs(3600);

/// An agent that is silent for longer is not connected.
const CONNECTED: Duration = Duration::from_secs(600);

/// A host that is silent for longer is not managed (I-7).
pub(crate) const MANAGED: Duration = Duration::from_secs(30 * 86_400);

/// Changes in one transaction.
const CHANGES_MAX: usize = 500;

/// Whether an agent is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ping {
    Online,
    ConnectionLost,
    Inactive,
}

impl Ping {
    pub(crate) fn of(last: Timestamp, now: Timestamp) -> Self {
        match now.since(last) {
            silence if silence <= CONNECTED => Self::Online,
            silence if silence <= MANAGED => Self::ConnectionLost,
            _ => Self::Inactive,
        }
    }
}

/// What was heard since the server started.
#[derive(Debug, Default)]
pub struct Contacts(Mutex<HashMap<Scope, HashMap<String, Timestamp>>>);

impl Contacts {
    /// Notes that a host was heard of.
    pub(crate) fn note(&self, scope: &Scope, instance_id: &str, now: Timestamp) {
        let mut heard = self.0.lock().expect("no holder of this lock panics");
        heard.entry(scope.clone()).or_default().insert(instance_id.to_owned(), now);
    }

    /// When a host was last heard of.
    pub(crate) fn last(&self, scope: &Scope, instance_id: &str, record: &InstanceRecord) -> Timestamp {
        let heard = self.0.lock().expect("no holder of this lock panics");
        let heard = heard.get(scope).and_then(|hosts| hosts.get(instance_id)).copied();
        heard.map_or(record.last_contact, |heard| heard.max(record.last_contact))
    }

    fn forget(&self, scope: &Scope, instance_id: &str) {
        let mut heard = self.0.lock().expect("no holder of this lock panics");
        if let Some(hosts) = heard.get_mut(scope) {
            hosts.remove(instance_id);
        }
    }
}

/// The hosts that are known, for whoever asks when they were last heard of.
#[derive(Clone)]
pub struct Hosts {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) contacts: Arc<Contacts>,
}

impl Hosts {
    /// Hosts over a catalog. The service and whoever asks must have the same.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog, contacts: Arc::default() }
    }

    /// When the agent of a managed instance was last heard of; `None` where there is none.
    pub fn last_agent_contact(&self, scope: &Scope, instance_id: &str) -> Option<Timestamp> {
        let found = instances::managed(&self.catalog, scope, instance_id)?;
        Some(self.contacts.last(scope, instance_id, &found.value))
    }

    /// When the agent of each managed instance of an account and region was last heard of, by the instance's id.
    pub fn agent_contacts(&self, scope: &Scope) -> BTreeMap<String, Timestamp> {
        let all = self.catalog.list::<InstanceRecord>(&scope.account, Some(&scope.region)).into_iter();
        let managed = all.filter(|(_, found)| found.value.deregistered.is_none());
        managed
            .map(|(id, found)| {
                let last = self.contacts.last(scope, &id, &found.value);
                (id, last)
            })
            .collect()
    }
}

impl Parts {
    /// Writes down what was heard and not written yet, where that is older than `age`.
    ///
    /// # Errors
    /// The catalog's.
    pub async fn write_contacts(&self, age: Duration) -> Result<(), CatalogError> {
        let mut transaction = Transaction::default();
        let mut changes = 0;
        for (key, found) in self.catalog.list_all::<InstanceRecord>() {
            let Some(scope) = instances::scope_of(&key) else { continue };
            let last = self.contacts.last(&scope, &key.name, &found.value);
            if last.since(found.value.last_contact) <= age {
                continue;
            }
            let record = InstanceRecord { last_contact: last, ..InstanceRecord::clone(&found.value) };
            transaction.update(key, found.version, &record);
            changes += 1;
            if changes % CHANGES_MAX == 0 {
                self.commit_contacts(std::mem::take(&mut transaction)).await?;
            }
        }
        self.commit_contacts(transaction).await
    }

    async fn commit_contacts(&self, transaction: Transaction) -> Result<(), CatalogError> {
        match self.catalog.commit(transaction).await {
            // A host that was changed meanwhile was written down with that.
            Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Forgets a host that is gone.
    pub(crate) fn forget_contact(&self, scope: &Scope, instance_id: &str) {
        self.contacts.forget(scope, instance_id);
    }
}
