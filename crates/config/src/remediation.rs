//! Remediation: what is to be done about resources that break a rule (config.md §8.4).

mod configuration;
pub(crate) mod exception;
pub(crate) mod execution;
mod job;
mod step;

use api::ServiceError;
use api::config::errors;
use base::{Arn, Scope};
use store::catalog::{Catalog, Key, Transaction, Versioned};

use crate::rule::ResourceKey;

pub(crate) use configuration::{RemediationRecord, of_api};
pub(crate) use execution::hear;
pub use job::Remediate;

/// What is done about resources that break a rule.
pub(crate) fn find(catalog: &Catalog, scope: &Scope, rule_name: &str) -> Option<Versioned<RemediationRecord>> {
    catalog.get(&key(scope, rule_name))
}

/// What is done about resources that break a rule.
///
/// # Errors
/// `NoSuchRemediationConfigurationException`
pub(crate) fn named(
    catalog: &Catalog,
    scope: &Scope,
    rule_name: &str,
) -> Result<Versioned<RemediationRecord>, ServiceError> {
    find(catalog, scope, rule_name).ok_or_else(|| {
        let message = format!("No RemediationConfiguration for rule {rule_name} exists");
        errors::no_such_remediation_configuration_exception(message)
    })
}

/// The key of a rule's remediation.
pub(crate) fn key(scope: &Scope, rule_name: &str) -> Key {
    Key::regional(&scope.account, &scope.region, rule_name)
}

/// The key of what is kept of a resource under a rule's remediation.
fn resource_key(scope: &Scope, rule_name: &str, resource: &ResourceKey) -> Key {
    let separator = crate::present::SEPARATOR;
    let ResourceKey { resource_type, resource_id } = resource;
    let name = format!("{rule_name}{separator}{resource_type}{separator}{resource_id}");
    Key::regional(&scope.account, &scope.region, name)
}

/// The rule's name and the resource in a key.
fn resource_of(key: &Key) -> Option<(String, ResourceKey)> {
    let (rule_name, resource) = key.name.split_once(crate::present::SEPARATOR)?;
    let (resource_type, resource_id) = crate::present::names(resource);
    let (resource_type, resource_id) = (resource_type.to_owned(), resource_id.to_owned());
    Some((rule_name.to_owned(), ResourceKey { resource_type, resource_id }))
}

/// Removes a rule's remediation and what became of it; exceptions stay with the rule.
pub(crate) fn remove(catalog: &Catalog, transaction: &mut Transaction, scope: &Scope, rule_name: &str) {
    if let Some(found) = find(catalog, scope, rule_name) {
        transaction.delete::<RemediationRecord>(key(scope, rule_name), found.version);
    }
    for (key, found) in execution::of_rule(catalog, scope, rule_name) {
        transaction.delete::<execution::ExecutionRecord>(key, found.version);
    }
}

impl RemediationRecord {
    /// Its ARN (W-8).
    pub(crate) fn arn(&self, scope: &Scope, rule_name: &str) -> String {
        Arn {
            partition: scope.region.partition().as_str().to_owned(),
            service: "config".to_owned(),
            region: scope.region.to_string(),
            account: scope.account.to_string(),
            resource: format!("remediation-configuration/{rule_name}/{}", self.id),
        }
        .to_string()
    }
}

#[cfg(test)]
mod tests;
