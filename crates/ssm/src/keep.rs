//! The job that keeps the inventory in order: deletions that were asked for, hosts that fell silent, and what is known
//! of hosts that were deregistered.

use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use store::catalog::{CatalogError, Key, Transaction, Versioned};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use crate::contacts::{MANAGED, WRITTEN_AGE_MAX};
use crate::instances;
use crate::record::{ComplianceRecord, ContentRecord, DeletionRecord, InstanceRecord};
use crate::service::Parts;

/// How often is looked.
const PERIOD: Duration = Duration::from_secs(3600);

/// The inventory of a host is kept for so long after it was deregistered, as AWS does.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// Finished deletions are shown for so long.
const DELETIONS_SHOWN: Duration = Duration::from_secs(30 * 86_400);

/// The job.
pub struct KeepInventory {
    parts: Parts,
}

impl KeepInventory {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Notes what fell silent, and lets go of what is kept no longer.
    async fn age(&self, now: Timestamp) -> Result<(), CatalogError> {
        for (key, found) in self.parts.catalog.list_all::<InstanceRecord>() {
            let Some(scope) = instances::scope_of(&key) else { continue };
            let record = &found.value;
            let is_let_go = record.deregistered.is_some_and(|at| now.since(at) > KEPT);
            let last = self.parts.contacts.last(&scope, &key.name, record);
            let fell_silent = record.deregistered.is_none() && !record.is_silent && now.since(last) > MANAGED;
            if is_let_go {
                self.let_go(&scope, key, &found).await?;
            } else if fell_silent {
                let record = InstanceRecord { is_silent: true, last_contact: last, ..InstanceRecord::clone(record) };
                self.update(&scope, key, &found, &record, Transaction::default()).await?;
            }
        }
        Ok(())
    }

    /// Deletes the inventory of a host, but not that the host was there: its id is not taken again.
    async fn let_go(&self, scope: &Scope, key: Key, found: &Versioned<InstanceRecord>) -> Result<(), CatalogError> {
        let catalog = &self.parts.catalog;
        let mut transaction = Transaction::default();
        let prefix = format!("{}/", key.name);
        let Scope { account, region } = scope;
        for (name, content) in catalog.list_prefix::<ContentRecord>(account, Some(region), &prefix) {
            transaction.delete::<ContentRecord>(instances::key(scope, &name), content.version);
        }
        for (name, told) in catalog.list_prefix::<ComplianceRecord>(account, Some(region), &prefix) {
            transaction.delete::<ComplianceRecord>(instances::key(scope, &name), told.version);
        }
        if transaction.is_empty() && found.value.types.is_empty() {
            return Ok(());
        }
        let mut record = InstanceRecord::clone(&found.value);
        record.types.clear();
        record.tags.clear();
        self.parts.forget_contact(scope, &key.name);
        self.update(scope, key, found, &record, transaction).await
    }

    /// Changes a host. One that was changed meanwhile is looked at in the next run.
    async fn update(
        &self,
        scope: &Scope,
        key: Key,
        found: &Versioned<InstanceRecord>,
        record: &InstanceRecord,
        mut transaction: Transaction,
    ) -> Result<(), CatalogError> {
        let id = key.name.clone();
        transaction.update(key, found.version, record);
        match self.parts.catalog.commit(transaction).await {
            Ok(()) => {
                self.parts.tell_soon(scope, &id);
                Ok(())
            }
            Err(CatalogError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Does the deletions that were asked for.
    async fn delete(&self, now: Timestamp) -> Result<(), CatalogError> {
        for (key, found) in self.parts.catalog.list_all::<DeletionRecord>() {
            let Some(scope) = instances::scope_of(&key) else { continue };
            let deletion = &found.value;
            if !deletion.is_complete {
                self.delete_of_type(&scope, deletion).await?;
                self.complete(key, &found, now).await?;
            } else if now.since(deletion.updated) > DELETIONS_SHOWN {
                let mut transaction = Transaction::default();
                transaction.delete::<DeletionRecord>(key, found.version);
                ignore_conflict(self.parts.catalog.commit(transaction).await)?;
            }
        }
        Ok(())
    }

    /// Deletes a type from all hosts that told it before the deletion was asked for.
    async fn delete_of_type(&self, scope: &Scope, deletion: &DeletionRecord) -> Result<(), CatalogError> {
        let (catalog, type_name) = (&self.parts.catalog, &deletion.type_name);
        let ids: Vec<String> =
            having(&self.parts, scope, type_name, deletion.started).into_iter().map(|(id, _)| id).collect();
        for id in ids {
            while let Some(found) = instances::find(catalog, scope, &id) {
                if found.value.head(type_name).is_none_or(|head| head.received > deletion.started) {
                    break;
                }
                let mut record = InstanceRecord::clone(&found.value);
                record.types.remove(type_name);
                let mut transaction = Transaction::default();
                transaction.update(instances::key(scope, &id), found.version, &record);
                let content = instances::part_key(scope, &id, type_name);
                if let Some(found) = catalog.get::<ContentRecord>(&content) {
                    transaction.delete::<ContentRecord>(content, found.version);
                }
                match catalog.commit(transaction).await {
                    Ok(()) => {
                        self.parts.tell_soon(scope, &id);
                        break;
                    }
                    // The host told something meanwhile.
                    Err(CatalogError::Conflict { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    async fn complete(&self, key: Key, found: &Versioned<DeletionRecord>, now: Timestamp) -> Result<(), CatalogError> {
        let mut record = DeletionRecord::clone(&found.value);
        record.remaining.values_mut().for_each(|count| *count = 0);
        (record.is_complete, record.updated) = (true, now);
        let mut transaction = Transaction::default();
        transaction.update(key, found.version, &record);
        ignore_conflict(self.parts.catalog.commit(transaction).await)
    }
}

/// The hosts that told a type until a time, each with the version of its schema.
pub(crate) fn having(parts: &Parts, scope: &Scope, type_name: &str, until: Timestamp) -> Vec<(String, String)> {
    let all = parts.catalog.list::<InstanceRecord>(&scope.account, Some(&scope.region)).into_iter();
    let version = |(id, found): (String, Versioned<InstanceRecord>)| {
        let head = found.value.head(type_name).filter(|head| head.received <= until)?;
        Some((id, head.schema_version.clone()))
    };
    all.filter_map(version).collect()
}

fn ignore_conflict(committed: Result<(), CatalogError>) -> Result<(), CatalogError> {
    match committed {
        Err(CatalogError::Conflict { .. }) => Ok(()),
        other => other,
    }
}

#[async_trait]
impl Job for KeepInventory {
    fn name(&self) -> &str {
        "ssm.keep"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.keep
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        self.delete(now).await?;
        self.age(now).await?;
        self.parts.write_contacts(WRITTEN_AGE_MAX).await?;
        Ok(())
    }

    /// What was heard and not written yet is written when the server stops.
    async fn drain(&self) {
        if let Err(error) = self.parts.write_contacts(Duration::ZERO).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "when hosts were last heard of is not written down"
            );
        }
    }
}
