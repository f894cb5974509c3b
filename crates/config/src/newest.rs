//! The newest items of resources for those who read all of them: SQL.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::{AccountId, Region, Scope, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::catalog::{Catalog, Key, Record, Unread};

use crate::item::ItemStatus;
use crate::present::{self, LiveRecord, OtherRecord};
use crate::retention::keeps_from;

/// The newest item of each resource.
#[derive(Clone)]
pub struct NewestItems {
    catalog: Arc<Catalog>,
}

/// Which of them are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Of this account and region.
    pub scope: &'a Scope,
    /// Of this type, if it is given.
    pub resource_type: Option<&'a str>,
    /// With this id, if it is given.
    pub resource_id: Option<&'a str>,
    /// Whether those count that say that a resource is gone or not recorded.
    pub others: Others,
    /// Items of resources that are gone are not kept for ever.
    pub now: Timestamp,
}

/// What becomes of items that say that a resource is gone or not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// They are left out.
    LeftOut,
    /// They are among the items.
    Included,
}

/// The newest item of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewestItem {
    /// Its type.
    pub resource_type: String,
    /// What names it within its type.
    pub resource_id: String,
    /// The item as JSON text, in the form that past items have in the store.
    pub text: String,
}

#[derive(Deserialize)]
struct Stored<'a> {
    #[serde(borrow)]
    item: &'a RawValue,
}

#[derive(Deserialize)]
struct Brief {
    status: ItemStatus,
    taken: Timestamp,
}

impl NewestItems {
    /// Those of a catalog.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog }
    }

    /// The accounts and regions that have items, of an account and a region where those are given.
    pub fn scopes(&self, account: Option<&AccountId>, region: Option<&Region>) -> Vec<Scope> {
        let live = self.catalog.places::<LiveRecord>();
        let all = live.into_iter().chain(self.catalog.places::<OtherRecord>());
        let scopes = all.filter_map(|(account, region)| Some(Scope { account, region: region? })).filter(|scope| {
            account.is_none_or(|account| scope.account == *account)
                && region.is_none_or(|region| scope.region == *region)
        });
        scopes.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Items as they are now, by type and id; what is read of each is read when it is asked for.
    pub fn items(&self, wanted: Wanted<'_>) -> impl Iterator<Item = NewestItem> + Send + 'static + use<> {
        let live = found::<LiveRecord>(&self.catalog, &wanted);
        let others = match wanted.others {
            Others::LeftOut => Vec::new(),
            Others::Included => found::<OtherRecord>(&self.catalog, &wanted),
        };
        let keeps_from = keeps_from(&self.catalog, wanted.scope, wanted.now);
        let live = live.into_iter().map(|(name, record)| item(&name, &record.text()));
        let others = others.into_iter().map(|(name, record)| item(&name, &record.text())).filter(move |item| {
            let brief: Brief = serde_json::from_str(&item.text).expect("a stored item is one");
            !brief.status.is_gone() || brief.taken >= keeps_from
        });
        live.chain(others)
    }
}

fn found<R: Record>(catalog: &Catalog, wanted: &Wanted<'_>) -> Vec<(String, Unread<R>)> {
    let prefix = wanted.resource_type.map(present::type_prefix).unwrap_or_default();
    let mut found = match (wanted.resource_type, wanted.resource_id) {
        (Some(resource_type), Some(resource_id)) => {
            let key = present::key(wanted.scope, resource_type, resource_id);
            catalog.page(&key, &key.name, 1)
        }
        _ => catalog.page(&Key::regional(&wanted.scope.account, &wanted.scope.region, ""), &prefix, usize::MAX),
    };
    found.retain(|(name, _)| wanted.resource_id.is_none_or(|wanted| present::names(name).1 == wanted));
    found
}

fn item(name: &str, text: &[u8]) -> NewestItem {
    let stored: Stored<'_> = serde_json::from_slice(text).expect("a stored item is one");
    let (resource_type, resource_id) = present::names(name);
    NewestItem {
        resource_type: resource_type.to_owned(),
        resource_id: resource_id.to_owned(),
        text: stored.item.get().to_owned(),
    }
}
