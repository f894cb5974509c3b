//! An inventory for tests of rules: items and facts that a test puts there.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{Scope, Timestamp};
use serde_json::Value;

use super::examples;
use super::{
    AccountSummary, Asked, Compliance, Inventory, ManagedRule, Parameters, PasswordPolicy, PublicAccessBlock,
    ResourceKey, TrailState, UserCredentials,
};
use crate::item::{Item, ItemStatus};

/// The account and region of all tests.
pub(crate) fn scope() -> Scope {
    Scope { account: "123456789012".parse().unwrap(), region: "eu-west-1".parse().unwrap() }
}

/// The time of all tests.
pub(crate) fn now() -> Timestamp {
    Timestamp::parse_iso("2026-07-04T09:30:00Z").unwrap()
}

/// A resource with a configuration; tests set what else they need.
pub(crate) fn item(resource_type: &str, resource_id: &str, configuration: Value) -> Item {
    Item {
        resource_type: resource_type.to_owned(),
        resource_id: resource_id.to_owned(),
        status: ItemStatus::Ok,
        configuration,
        ..Item::of_account(&scope(), now())
    }
}

/// What a rule says of an item, with parameters as JSON, where nothing else is there.
pub(crate) fn judged(rule: &ManagedRule, item: &Item, parameters: Value) -> Compliance {
    judged_among(rule, item, parameters, &Shelf::default())
}

/// What a rule says of an item, with parameters as JSON.
pub(crate) fn judged_among(rule: &ManagedRule, item: &Item, parameters: Value, shelf: &Shelf) -> Compliance {
    let read = Parameters::read(rule.parameters, Some(&parameters.to_string())).unwrap();
    let compliance = (rule.evaluate)(item, &read, shelf).compliance;
    examples::check(rule, item, &parameters, shelf, compliance);
    compliance
}

/// Items and facts.
pub(crate) struct Shelf {
    pub scope: Scope,
    pub now: Timestamp,
    pub items: Vec<Arc<Item>>,
    pub histories: BTreeMap<String, Vec<Arc<Item>>>,
    pub password_policy: Asked<PasswordPolicy>,
    pub account_summary: Asked<AccountSummary>,
    pub credentials: BTreeMap<String, UserCredentials>,
    pub ebs_encryption_by_default: Asked<bool>,
    pub public_access_block: Asked<PublicAccessBlock>,
    pub trails: Asked<Vec<TrailState>>,
    pub contacts: BTreeMap<String, Timestamp>,
    pub public_snapshots: Asked<Vec<String>>,
    pub image_tags: BTreeMap<String, BTreeMap<String, String>>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            scope: scope(),
            now: now(),
            items: Vec::new(),
            histories: BTreeMap::new(),
            password_policy: Asked::Unknown,
            account_summary: Asked::Unknown,
            credentials: BTreeMap::new(),
            ebs_encryption_by_default: Asked::Unknown,
            public_access_block: Asked::Unknown,
            trails: Asked::Unknown,
            contacts: BTreeMap::new(),
            public_snapshots: Asked::Unknown,
            image_tags: BTreeMap::new(),
        }
    }
}

impl Inventory for Shelf {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn item(&self, resource_type: &str, resource_id: &str) -> Option<Arc<Item>> {
        let is_it = |item: &&Arc<Item>| item.resource_type == resource_type && item.resource_id == resource_id;
        self.items.iter().find(is_it).cloned()
    }

    fn items(&self, resource_type: &str) -> Vec<Arc<Item>> {
        self.items.iter().filter(|item| item.resource_type == resource_type).cloned().collect()
    }

    fn naming(&self, resource_type: &str, resource_id: &str) -> Vec<ResourceKey> {
        let names = |item: &&Arc<Item>| {
            item.related(resource_type).any(|related| related.resource_id.as_deref() == Some(resource_id))
        };
        let key = |item: &Arc<Item>| ResourceKey {
            resource_type: item.resource_type.clone(),
            resource_id: item.resource_id.clone(),
        };
        self.items.iter().filter(names).map(key).collect()
    }

    fn history(&self, _resource_type: &str, resource_id: &str) -> Asked<Vec<Arc<Item>>> {
        self.histories.get(resource_id).cloned().map_or(Asked::Unknown, Asked::Known)
    }

    fn password_policy(&self) -> Asked<PasswordPolicy> {
        self.password_policy.clone()
    }

    fn account_summary(&self) -> Asked<AccountSummary> {
        self.account_summary.clone()
    }

    fn user_credentials(&self, user_name: &str) -> Asked<UserCredentials> {
        self.credentials.get(user_name).cloned().map_or(Asked::Unknown, Asked::Known)
    }

    fn ebs_encryption_by_default(&self) -> Asked<bool> {
        self.ebs_encryption_by_default.clone()
    }

    fn account_public_access_block(&self) -> Asked<PublicAccessBlock> {
        self.public_access_block.clone()
    }

    fn trails(&self) -> Asked<Vec<TrailState>> {
        self.trails.clone()
    }

    fn last_agent_contact(&self, instance_id: &str) -> Asked<Timestamp> {
        self.contacts.get(instance_id).copied().map_or(Asked::Unknown, Asked::Known)
    }

    fn public_snapshots(&self) -> Asked<Vec<String>> {
        self.public_snapshots.clone()
    }

    fn image_tags(&self, image_id: &str) -> Asked<BTreeMap<String, String>> {
        self.image_tags.get(image_id).cloned().map_or(Asked::Unknown, Asked::Known)
    }
}
