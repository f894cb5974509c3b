//! How a group goes, with all that belongs to it (logs.md LG-9).
//!
//! One transaction of the catalog removes the group's record and the record of everything that belongs to it:
//! streams, filters, policies. Before it is on disk everything is there; after it nothing is. The events stay in
//! the tables under the numbers of the group and its streams, which no record names any more and which are never
//! given again: no read can reach them, and the work that drops events finds that nobody wants them. So a crash at any
//! moment leaves either the whole group or nothing of it, and a group of the same name made later starts empty.

use store::catalog::{Catalog, Record, Transaction};

use crate::data_protection::DataProtectionRecord;
use crate::field_indexes::IndexPolicyRecord;
use crate::groups::Group;
use crate::record::{LogGroupRecord, LogStreamRecord, MetricFilterRecord, ResourcePolicyRecord};
use crate::subscriptions::{SubscriptionPlace, SubscriptionRecord};
use crate::transformers::TransformerRecord;

/// Kinds of records that belong to a group: their keys start with its number ([`Group::belonging`]).
const BELONGINGS: &[fn(&mut Transaction, &Catalog, &Group)] = &[
    remove_all::<DataProtectionRecord>,
    remove_all::<IndexPolicyRecord>,
    remove_all::<LogStreamRecord>,
    remove_all::<MetricFilterRecord>,
    remove_all::<ResourcePolicyRecord>,
    remove_all::<SubscriptionRecord>,
    remove_all::<SubscriptionPlace>,
    remove_all::<TransformerRecord>,
];

/// The transaction that removes a group. [`crate::Logs::membership`] must be held for writing.
pub(crate) fn remove(catalog: &Catalog, group: &Group) -> Transaction {
    let mut transaction = Transaction::default();
    transaction.delete::<LogGroupRecord>(group.key(), group.version);
    for remove in BELONGINGS {
        remove(&mut transaction, catalog, group);
    }
    transaction
}

fn remove_all<R: Record>(transaction: &mut Transaction, catalog: &Catalog, group: &Group) {
    for (name, found) in group.list::<R>(catalog, "") {
        transaction.delete::<R>(group.belonging(&name), found.version);
    }
}
