//! Who names whom: a record for each relationship, found by what is named.

use std::collections::BTreeSet;

use base::Scope;
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Held, Key, Record, Transaction};

use crate::item::Item;
use crate::present::SEPARATOR;
use crate::rule::ResourceKey;

/// Says that a live resource names another. The key is the type and id of what is named, then of what names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RelationRecord {}

impl Record for RelationRecord {
    const KIND: &'static str = "config.relation";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// Adds to a transaction what a resource names after a change and did not before, and takes away what it names no more.
pub(crate) fn change(catalog: &Catalog, transaction: &mut Transaction, before: Option<&Item>, after: &Item) {
    let (old, new) = (before.map(keys).unwrap_or_default(), keys(after));
    for key in new.difference(&old) {
        transaction.put(key.clone(), &RelationRecord {});
    }
    for key in old.difference(&new) {
        if let Some(found) = catalog.get::<RelationRecord>(key) {
            transaction.delete::<RelationRecord>(key.clone(), found.version);
        }
    }
}

/// The live resources that name one.
pub(crate) fn naming(catalog: &Catalog, scope: &Scope, resource_type: &str, resource_id: &str) -> Vec<ResourceKey> {
    let prefix = format!("{resource_type}{SEPARATOR}{resource_id}{SEPARATOR}");
    let from = Key::regional(&scope.account, &scope.region, &*prefix);
    let found = catalog.page::<RelationRecord>(&from, &prefix, usize::MAX);
    let source = |(name, _): (String, _)| {
        let (resource_type, resource_id) = crate::present::names(name.get(prefix.len()..)?);
        Some(ResourceKey { resource_type: resource_type.to_owned(), resource_id: resource_id.to_owned() })
    };
    found.into_iter().filter_map(source).collect()
}

/// The keys of all that an item names by its id.
fn keys(item: &Item) -> BTreeSet<Key> {
    let key = |resource_type: &str, resource_id: &str| {
        let name = [resource_type, resource_id, &*item.resource_type, &*item.resource_id].join(&*SEPARATOR.to_string());
        Key::regional(&item.scope.account, &item.scope.region, name)
    };
    let named = item.relationships.iter().filter_map(|related| {
        let id = related.resource_id.as_deref()?;
        (!id.contains(SEPARATOR)).then(|| key(&related.resource_type, id))
    });
    named.collect()
}
