//! What resources are like now: a record each (docs/adr/0013-configuration-items.md).
//!
//! Those that are there and recorded are a kind of their own, so that lists, counts, rules and queries over them are
//! ranges of it that hold nothing else. A resource is in one of the two kinds.

use std::sync::Arc;

use base::Scope;
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Held, Key, Record, Transaction, Unread, Versioned};
use store::config_item::Resource;

use crate::item::{Item, canonical};
use crate::observe::Source;

/// What stands between the parts of a key. No part holds it.
pub(crate) const SEPARATOR: char = '\u{1f}';

/// The newest item of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Present {
    /// [`canonical::digest`] of the item.
    pub(crate) digest: String,
    /// Who told of it.
    pub(crate) source: Source,
    /// When a listing of its source first lacked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) missed: Option<base::Timestamp>,
    pub(crate) item: Item,
}

impl Present {
    pub(crate) fn new(item: Item, source: Source) -> Self {
        Self { digest: canonical::digest(&item), source, missed: None, item }
    }
}

/// A resource that is there and recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct LiveRecord(pub(crate) Present);

impl Record for LiveRecord {
    const KIND: &'static str = "config.item";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// A resource that is gone, or not recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct OtherRecord(pub(crate) Present);

impl Record for OtherRecord {
    const KIND: &'static str = "config.other_item";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// The newest item of a resource as found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) present: Present,
    version: u64,
    is_live: bool,
}

/// The key of a resource.
pub(crate) fn key(scope: &Scope, resource_type: &str, resource_id: &str) -> Key {
    Key::regional(&scope.account, &scope.region, format!("{resource_type}{SEPARATOR}{resource_id}"))
}

/// The type and the id in a key's name.
pub(crate) fn names(key: &str) -> (&str, &str) {
    key.split_once(SEPARATOR).unwrap_or((key, ""))
}

/// The newest item of a resource.
pub(crate) fn find(catalog: &Catalog, scope: &Scope, resource_type: &str, resource_id: &str) -> Option<Found> {
    let key = key(scope, resource_type, resource_id);
    let live = |found: Versioned<LiveRecord>| Found {
        present: Arc::unwrap_or_clone(found.value).0,
        version: found.version,
        is_live: true,
    };
    let other = |found: Versioned<OtherRecord>| Found {
        present: Arc::unwrap_or_clone(found.value).0,
        version: found.version,
        is_live: false,
    };
    catalog.get::<LiveRecord>(&key).map(live).or_else(|| catalog.get::<OtherRecord>(&key).map(other))
}

/// The live, recorded resource.
pub(crate) fn live(catalog: &Catalog, scope: &Scope, resource_type: &str, resource_id: &str) -> Option<Item> {
    let found = catalog.get::<LiveRecord>(&key(scope, resource_type, resource_id))?;
    Some(Arc::unwrap_or_clone(found.value).0.item)
}

/// Puts an item in the place of what was found.
pub(crate) fn put(transaction: &mut Transaction, found: Option<&Found>, present: Present) {
    let item = &present.item;
    let key = key(&item.scope, &item.resource_type, &item.resource_id);
    let becomes_live = item.status.is_recorded();
    match (found, becomes_live) {
        (Some(found), true) if found.is_live => drop(transaction.update(key, found.version, &LiveRecord(present))),
        (Some(found), false) if !found.is_live => drop(transaction.update(key, found.version, &OtherRecord(present))),
        (found, _) => {
            if let Some(found) = found {
                remove(transaction, &key, found);
            }
            match becomes_live {
                true => drop(transaction.create(key, &LiveRecord(present))),
                false => drop(transaction.create(key, &OtherRecord(present))),
            }
        }
    }
}

/// Removes what was found.
pub(crate) fn remove(transaction: &mut Transaction, key: &Key, found: &Found) {
    match found.is_live {
        true => drop(transaction.delete::<LiveRecord>(key.clone(), found.version)),
        false => drop(transaction.delete::<OtherRecord>(key.clone(), found.version)),
    }
}

/// The first `count` records of a kind in a scope whose keys start with `prefix` and come after the name `after`, by
/// type and id; they are decoded when they are read.
pub(crate) fn page<R: Record>(
    catalog: &Catalog,
    scope: &Scope,
    prefix: &str,
    after: &str,
    count: usize,
) -> Vec<(String, Unread<R>)> {
    let from = Key::regional(&scope.account, &scope.region, after);
    let mut page = catalog.page::<R>(&from, prefix, count.saturating_add(1));
    page.retain(|(name, _)| after.is_empty() || name.as_str() > after);
    page.truncate(count);
    page
}

/// The prefix of the keys of a type.
pub(crate) fn type_prefix(resource_type: &str) -> String {
    format!("{resource_type}{SEPARATOR}")
}

/// The resource of an item, as the table of past items has it.
pub(crate) fn resource_of(item: &Item) -> Resource {
    Resource {
        scope: item.scope.clone(),
        resource_type: item.resource_type.clone(),
        resource_id: item.resource_id.clone(),
    }
}
