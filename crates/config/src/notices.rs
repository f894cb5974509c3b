//! Changes that are to be told: an entry for each item, made in its transaction and gone once it is told (config.md §5).

mod job;

use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Held, Key, Record, Transaction};

use crate::item::{Item, ItemStatus};
use crate::present::{SEPARATOR, names};

pub use job::TellChanges;

/// An item of which is to be told. The key is when it was taken, then the resource's type and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NoticeRecord {}

impl Record for NoticeRecord {
    const KIND: &'static str = "config.notice";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// Adds the entry of an item. Of what is not recorded nothing is told (config.md §5.1).
pub(crate) fn add(transaction: &mut Transaction, item: &Item) {
    if matches!(item.status, ItemStatus::ResourceNotRecorded | ItemStatus::ResourceDeletedNotRecorded) {
        return;
    }
    let name =
        format!("{:020}{SEPARATOR}{}{SEPARATOR}{}", item.taken.millis().max(0), item.resource_type, item.resource_id);
    transaction.put(Key::regional(&item.scope.account, &item.scope.region, name), &NoticeRecord {});
}

/// What an entry is about.
pub(crate) struct Notice {
    pub(crate) scope: Scope,
    pub(crate) taken: Timestamp,
    pub(crate) resource_type: String,
    pub(crate) resource_id: String,
}

impl Notice {
    /// Reads a key; `None` when it is none of these.
    pub(crate) fn of_key(key: &Key) -> Option<Self> {
        let (taken, resource) = names(&key.name);
        let (resource_type, resource_id) = names(resource);
        Some(Self {
            scope: Scope { account: key.account.clone(), region: key.region.clone()? },
            taken: Timestamp::from_millis(taken.parse().ok()?),
            resource_type: resource_type.to_owned(),
            resource_id: resource_id.to_owned(),
        })
    }
}
