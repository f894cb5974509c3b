//! Resources that are left alone by automatic remediation, for a time or for good.

use api::config::types;
use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Held, Key, Record, Transaction};

use super::{resource_key, resource_of};
use crate::present::{self, SEPARATOR};
use crate::rule::ResourceKey;

/// A resource that is left alone. The key is the rule's name, then the resource's type and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExceptionRecord {
    pub(crate) message: Option<String>,
    pub(crate) until: Option<Timestamp>,
}

impl Record for ExceptionRecord {
    const KIND: &'static str = "config.remediation_exception";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

impl ExceptionRecord {
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    pub(crate) fn to_api(&self, rule_name: &str, resource: &ResourceKey) -> types::RemediationException {
        types::RemediationException {
            config_rule_name: rule_name.to_owned(),
            resource_type: resource.resource_type.clone(),
            resource_id: resource.resource_id.clone(),
            message: self.message.clone(),
            expiration_time: self.until,
        }
    }
}

/// The exception of a resource, unless it is over.
pub(crate) fn find(
    catalog: &Catalog,
    scope: &Scope,
    rule_name: &str,
    resource: &ResourceKey,
    now: Timestamp,
) -> Option<ExceptionRecord> {
    let found = catalog.get::<ExceptionRecord>(&resource_key(scope, rule_name, resource))?;
    (!found.value.is_over(now)).then(|| ExceptionRecord::clone(&found.value))
}

/// Puts the exception of a resource in the place of one before.
pub(crate) fn put(
    transaction: &mut Transaction,
    scope: &Scope,
    rule_name: &str,
    resource: &ResourceKey,
    record: &ExceptionRecord,
) {
    transaction.put(resource_key(scope, rule_name, resource), record);
}

/// Removes the exception of a resource; whether there was one.
pub(crate) fn remove(
    catalog: &Catalog,
    transaction: &mut Transaction,
    scope: &Scope,
    rule_name: &str,
    resource: &ResourceKey,
    now: Timestamp,
) -> bool {
    let key = resource_key(scope, rule_name, resource);
    let Some(found) = catalog.get::<ExceptionRecord>(&key) else { return false };
    transaction.delete::<ExceptionRecord>(key, found.version);
    !found.value.is_over(now)
}

/// Removes all exceptions of a rule that goes.
pub(crate) fn remove_all(catalog: &Catalog, transaction: &mut Transaction, scope: &Scope, rule_name: &str) {
    let prefix = format!("{rule_name}{SEPARATOR}");
    for (name, found) in catalog.list_prefix::<ExceptionRecord>(&scope.account, Some(&scope.region), &prefix) {
        transaction.delete::<ExceptionRecord>(Key::regional(&scope.account, &scope.region, name), found.version);
    }
}

/// At most `count` exceptions of a rule that are not over, by type and id, after a resource.
pub(crate) fn of_rule(
    catalog: &Catalog,
    scope: &Scope,
    rule_name: &str,
    after: Option<&ResourceKey>,
    count: usize,
    now: Timestamp,
) -> Vec<(ResourceKey, ExceptionRecord)> {
    let prefix = format!("{rule_name}{SEPARATOR}");
    let after = after.map(|after| resource_key(scope, rule_name, after).name).unwrap_or_default();
    let found = present::page::<ExceptionRecord>(catalog, scope, &prefix, &after, usize::MAX);
    let entry = |(name, found): (String, store::catalog::Unread<ExceptionRecord>)| {
        let record = ExceptionRecord::clone(&found.read().value);
        let (_, resource) = resource_of(&Key::regional(&scope.account, &scope.region, name))?;
        (!record.is_over(now)).then_some((resource, record))
    };
    found.into_iter().filter_map(entry).take(count).collect()
}
