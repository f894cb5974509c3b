//! The resources of an account and region as they are now, for rules; facts that are no items are what somebody adds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base::{Scope, Timestamp};

use super::{Inventory, ResourceKey};
use crate::item::Item;
use crate::present::{self, LiveRecord};
use crate::relations;
use crate::service::Parts;

/// What is recorded of an account and region, read when it is asked for; the list of a type once, since rules that ask for
/// it do so for each resource.
///
/// It knows items and who names whom. Who evaluates rules that need facts wraps it and answers those.
pub struct Stock {
    parts: Parts,
    scope: Scope,
    now: Timestamp,
    lists: Mutex<HashMap<String, Vec<Arc<Item>>>>,
}

impl Stock {
    /// The resources of an account and region at a time, which is now.
    pub fn new(parts: Parts, scope: Scope, now: Timestamp) -> Self {
        Self { parts, scope, now, lists: Mutex::default() }
    }
}

impl Inventory for Stock {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn item(&self, resource_type: &str, resource_id: &str) -> Option<Arc<Item>> {
        present::live(&self.parts.catalog, &self.scope, resource_type, resource_id).map(Arc::new)
    }

    fn items(&self, resource_type: &str) -> Vec<Arc<Item>> {
        let mut lists = self.lists.lock().expect("no holder of this lock panics");
        let read = || {
            let prefix = present::type_prefix(resource_type);
            let found = present::page::<LiveRecord>(&self.parts.catalog, &self.scope, &prefix, "", usize::MAX);
            found.into_iter().map(|(_, record)| Arc::new(Arc::unwrap_or_clone(record.read().value).0.item)).collect()
        };
        lists.entry(resource_type.to_owned()).or_insert_with(read).clone()
    }

    fn naming(&self, resource_type: &str, resource_id: &str) -> Vec<ResourceKey> {
        relations::naming(&self.parts.catalog, &self.scope, resource_type, resource_id)
    }
}
