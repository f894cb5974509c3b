//! What rules said of resources: a record by rule, and a small one by resource, always in one transaction.
//!
//! [`put_all`] is the one door, whoever evaluates.

use std::collections::{BTreeMap, BTreeSet};

use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Held, Key, Record, Transaction, Unread, Versioned};

use crate::due;
use crate::notices::{self, ComplianceChange};
use crate::present::{self, SEPARATOR, names};
use crate::remediation;
use crate::rule::{Compliance, ResourceKey, Verdict};
use crate::rule_book::RuleRecord;
use crate::service::Parts;

/// What a rule said of a resource. The key is the rule's id, then the resource's type and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResultRecord {
    /// Never [`Compliance::InsufficientData`], of which there is no record.
    pub(crate) compliance: Compliance,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) annotation: Option<String>,
    /// The time of what was judged: when the item was taken, or what an evaluator says.
    pub(crate) ordering: Timestamp,
    pub(crate) recorded: Timestamp,
    pub(crate) invoked: Timestamp,
}

impl Record for ResultRecord {
    const KIND: &'static str = "config.result";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// The same by resource. The key is the resource's type and id, then the rule's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResourceResultRecord {
    pub(crate) compliance: Compliance,
}

impl Record for ResourceResultRecord {
    const KIND: &'static str = "config.resource_result";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// A result that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewResult {
    pub(crate) resource: ResourceKey,
    /// `None`: the resource is gone or has left the rule's scope, and the result goes. Insufficient data too takes the
    /// former result away.
    pub(crate) verdict: Option<Verdict>,
    /// The time of what was judged; an older one than the stored is ignored.
    pub(crate) ordering: Timestamp,
}

/// The evaluation that results come of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invocation<'a> {
    pub(crate) rule: &'a RuleRecord,
    /// When the rule was invoked.
    pub(crate) invoked: Timestamp,
}

/// Adds results of rules to a transaction, and what follows of those that changed: the notice of each (N-4), where
/// somebody hears it, and that an item of the resource's compliance may be due, once for all of the rules. Of a
/// resource that is named twice for a rule the last counts. Who commits wakes the jobs by `Parts::wake_for_results`.
///
/// The transaction must hold the rules as they were evaluated ([`rule_book::check`](crate::rule_book::check)).
pub(crate) fn put_all<'a>(
    parts: &Parts,
    transaction: &mut Transaction,
    scope: &Scope,
    of_rules: impl IntoIterator<Item = (Invocation<'a>, Vec<NewResult>)>,
    now: Timestamp,
) {
    let is_heard = parts.is_heard(scope);
    let mut due = BTreeSet::new();
    for (of, results) in of_rules {
        let last: BTreeMap<_, _> = results.into_iter().map(|result| (result.resource.clone(), result)).collect();
        for (resource, result) in last {
            let Put { is_due, change } = put(&parts.catalog, transaction, scope, &of, result, now);
            if let Some(change) = change.filter(|_| is_heard) {
                notices::add_compliance(transaction, scope, &of.rule.id, change.of(scope, of.rule, &resource));
            }
            if is_due {
                due.insert(resource);
            }
        }
    }
    for resource in due {
        due::add_compliance(transaction, scope, &resource);
    }
}

/// What is to follow of a result that was put.
#[derive(Default)]
struct Put {
    /// Whether an item of the resource's compliance may be due.
    is_due: bool,
    change: Option<Changed>,
}

/// What a rule says of a resource now, and what it said before, which is something else.
struct Changed {
    new: ResultRecord,
    old: Option<ResultRecord>,
}

impl Changed {
    fn of(self, scope: &Scope, rule: &RuleRecord, resource: &ResourceKey) -> ComplianceChange {
        let ResourceKey { resource_type, resource_id } = resource.clone();
        let (rule_name, rule_arn) = (rule.name.clone(), rule.arn(scope));
        ComplianceChange { rule_name, rule_arn, resource_type, resource_id, new: self.new, old: self.old }
    }
}

fn put(
    catalog: &Catalog,
    transaction: &mut Transaction,
    scope: &Scope,
    of: &Invocation<'_>,
    new: NewResult,
    now: Timestamp,
) -> Put {
    let Invocation { rule, invoked } = *of;
    let key = key(scope, &rule.id, &new.resource);
    let found = catalog.get::<ResultRecord>(&key);
    let old = found.as_ref().map(|found| &*found.value);
    // A rule that was put anew judges anew, also what was judged by a later order before.
    let is_stale = |old: &ResultRecord| old.ordering > new.ordering && old.recorded >= rule.changed;
    if new.verdict.is_some() && old.is_some_and(is_stale) {
        return Put::default();
    }
    // Two changes of one result never happen at one time, by which they are told of.
    let recorded = old.map_or(now, |old| now.max(old.recorded.plus_millis(1)));
    let is_kept = new.verdict.as_ref().is_some_and(|verdict| verdict.compliance != Compliance::InsufficientData);
    let Verdict { compliance, annotation } = new.verdict.unwrap_or(Verdict::not_applicable());
    let record = ResultRecord { compliance, annotation, ordering: new.ordering, recorded, invoked };
    let by_resource = || resource_key(scope, &new.resource, &rule.id);
    let is_changed = match old {
        Some(old) => old.compliance != compliance,
        None => is_kept,
    };
    match found.as_ref() {
        Some(found) if is_kept => drop(transaction.update(key, found.version, &record)),
        None if is_kept => drop(transaction.create(key, &record)),
        Some(found) => {
            transaction.delete::<ResultRecord>(key, found.version);
            delete_by_resource(catalog, transaction, by_resource());
        }
        None => return Put::default(),
    }
    if is_kept && is_changed {
        transaction.put(by_resource(), &ResourceResultRecord { compliance });
    }
    if compliance == Compliance::NonCompliant {
        remediation::hear(catalog, transaction, scope, &rule.name, &new.resource, now);
    }
    Put {
        // A result that said nothing and goes is no change, but the last that goes may take an item with it.
        is_due: is_changed || !is_kept,
        change: is_changed.then(|| Changed { new: record, old: old.cloned() }),
    }
}

/// Removes at most `count` results of a rule, without a word to the topic; whether that was all of them.
pub(crate) fn remove_of_rule(
    catalog: &Catalog,
    transaction: &mut Transaction,
    scope: &Scope,
    rule_id: &str,
    count: usize,
) -> bool {
    let found = of_rule(catalog, scope, rule_id, None, count.saturating_add(1));
    for (resource, result) in found.iter().take(count) {
        transaction.delete::<ResultRecord>(key(scope, rule_id, resource), result.version);
        delete_by_resource(catalog, transaction, resource_key(scope, resource, rule_id));
        due::add_compliance(transaction, scope, resource);
    }
    found.len() <= count
}

fn delete_by_resource(catalog: &Catalog, transaction: &mut Transaction, key: Key) {
    if let Some(found) = catalog.get::<ResourceResultRecord>(&key) {
        transaction.delete::<ResourceResultRecord>(key, found.version);
    }
}

/// What a rule said of a resource.
pub(crate) fn find(
    catalog: &Catalog,
    scope: &Scope,
    rule_id: &str,
    resource: &ResourceKey,
) -> Option<Versioned<ResultRecord>> {
    catalog.get(&key(scope, rule_id, resource))
}

/// The first `count` results of a rule after a resource, by type and id.
pub(crate) fn of_rule(
    catalog: &Catalog,
    scope: &Scope,
    rule_id: &str,
    after: Option<&ResourceKey>,
    count: usize,
) -> Vec<(ResourceKey, Versioned<ResultRecord>)> {
    let prefix = format!("{rule_id}{SEPARATOR}");
    let after = after.map(|after| key(scope, rule_id, after).name).unwrap_or_default();
    let found = present::page::<ResultRecord>(catalog, scope, &prefix, &after, count);
    found.into_iter().map(|(name, found)| (resource_after(&prefix, &name), found.read())).collect()
}

/// The first `count` resources after one of which a rule says something, by type and id; what it says is not read.
pub(crate) fn resources_of_rule(
    catalog: &Catalog,
    scope: &Scope,
    rule_id: &str,
    after: Option<&ResourceKey>,
    count: usize,
) -> Vec<ResourceKey> {
    let prefix = format!("{rule_id}{SEPARATOR}");
    let after = after.map(|after| key(scope, rule_id, after).name).unwrap_or_default();
    let found = present::page::<ResultRecord>(catalog, scope, &prefix, &after, count);
    found.into_iter().map(|(name, _)| resource_after(&prefix, &name)).collect()
}

/// The resource that stands in a name after a prefix.
fn resource_after(prefix: &str, name: &str) -> ResourceKey {
    let (resource_type, resource_id) = names(name.get(prefix.len()..).unwrap_or_default());
    ResourceKey { resource_type: resource_type.to_owned(), resource_id: resource_id.to_owned() }
}

/// What is said of a resource, by the ids of rules.
pub(crate) fn of_resource(catalog: &Catalog, scope: &Scope, resource: &ResourceKey) -> Vec<(String, Compliance)> {
    let prefix = resource_key(scope, resource, "").name;
    let found = present::page::<ResourceResultRecord>(catalog, scope, &prefix, "", usize::MAX);
    let entry = |(name, found): (String, Unread<ResourceResultRecord>)| {
        (name[prefix.len()..].to_owned(), found.read().value.compliance)
    };
    found.into_iter().map(entry).collect()
}

/// Calls `each` with resources of which something is said and what that is, by type and id, from the one after `after`
/// on and of a type if one is named, until it answers false.
pub(crate) fn each_resource(
    catalog: &Catalog,
    scope: &Scope,
    resource_type: Option<&str>,
    after: Option<&ResourceKey>,
    mut each: impl FnMut(ResourceKey, &[(String, Compliance)]) -> bool,
) {
    /// Entries that are read at once.
    const PAGE: usize = 1024;
    let prefix = resource_type.map(present::type_prefix).unwrap_or_default();
    // Ids of rules come after the separator: this name is past all results of the resource.
    let mut place = after.map(|after| format!("{}~", resource_key(scope, after, "").name)).unwrap_or_default();
    let mut current: Option<(ResourceKey, Vec<(String, Compliance)>)> = None;
    loop {
        let page = present::page::<ResourceResultRecord>(catalog, scope, &prefix, &place, PAGE);
        let is_last = page.len() < PAGE;
        for (name, found) in page {
            let Some((resource, rule_id)) = name.rsplit_once(SEPARATOR) else { continue };
            let (resource_type, resource_id) = names(resource);
            let entry = (rule_id.to_owned(), found.read().value.compliance);
            match &mut current {
                Some((key, said)) if key.resource_type == resource_type && key.resource_id == resource_id => {
                    said.push(entry);
                }
                other => {
                    if other.take().is_some_and(|(key, said)| !each(key, &said)) {
                        return;
                    }
                    let (resource_type, resource_id) = (resource_type.to_owned(), resource_id.to_owned());
                    *other = Some((ResourceKey { resource_type, resource_id }, vec![entry]));
                }
            }
            place = name;
        }
        if is_last {
            break;
        }
    }
    if let Some((key, said)) = current {
        each(key, &said);
    }
}

fn key(scope: &Scope, rule_id: &str, resource: &ResourceKey) -> Key {
    let ResourceKey { resource_type, resource_id } = resource;
    let name = format!("{rule_id}{SEPARATOR}{resource_type}{SEPARATOR}{resource_id}");
    Key::regional(&scope.account, &scope.region, name)
}

fn resource_key(scope: &Scope, resource: &ResourceKey, rule_id: &str) -> Key {
    let ResourceKey { resource_type, resource_id } = resource;
    let name = format!("{resource_type}{SEPARATOR}{resource_id}{SEPARATOR}{rule_id}");
    Key::regional(&scope.account, &scope.region, name)
}

/// How it stands with a rule by its results, or with a resource by its rules.
pub(crate) fn overall(results: impl IntoIterator<Item = Compliance>) -> Compliance {
    let mut overall = Compliance::InsufficientData;
    for compliance in results {
        match compliance {
            Compliance::NonCompliant => return compliance,
            Compliance::Compliant => overall = compliance,
            Compliance::NotApplicable | Compliance::InsufficientData => {}
        }
    }
    overall
}

#[cfg(test)]
mod tests;
