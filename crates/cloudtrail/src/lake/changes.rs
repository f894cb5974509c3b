//! What is decided over several records of Lake at once: names, quotas, and which channel leads to which store.

use base::{AccountId, Scope};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record, Transaction};

/// Says, by changing, that stores or channels of an account were made, renamed, deleted or led elsewhere in a region: who
/// decides over several of them sees it. The key is regional, and its name empty; for imports, of
/// which an account has one at a time wherever it is, it is global.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct LakeChangesRecord {
    changes: u64,
}

impl Record for LakeChangesRecord {
    const KIND: &'static str = "cloudtrail.lake_changes";
    const FORMAT: u32 = 1;
}

/// Makes a transaction fail when another one that notes changes in the same region was committed since this was called,
/// which is to be before anything is read that the decision rests on.
pub(crate) fn note_change(catalog: &Catalog, scope: &Scope, transaction: &mut Transaction) {
    note(catalog, Key::regional(&scope.account, &scope.region, ""), transaction);
}

/// The same for what is decided over all regions of an account.
pub(crate) fn note_account_change(catalog: &Catalog, account: &AccountId, transaction: &mut Transaction) {
    note(catalog, Key::global(account, ""), transaction);
}

fn note(catalog: &Catalog, key: Key, transaction: &mut Transaction) {
    match catalog.get::<LakeChangesRecord>(&key) {
        None => drop(transaction.create(key, &LakeChangesRecord { changes: 1 })),
        Some(found) => {
            let changes = found.value.changes + 1;
            transaction.update(key, found.version, &LakeChangesRecord { changes });
        }
    }
}
