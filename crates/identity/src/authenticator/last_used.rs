//! When access keys and roles were last used.
//!
//! Kept in memory with each call and written to the catalog now and then, so that a call
//! costs no write. A crash loses what was not yet written; a clean stop writes all.

use std::collections::HashMap;
use std::sync::Mutex;

use api::{CallContext, Principal};
use base::AccountId;
use store::catalog::{CatalogError, Key, Transaction};

use super::Authenticator;
use crate::record::{AccessKey, LastUsed, Role};

/// Uses that are not yet in the catalog, by account and id.
#[derive(Default)]
pub(super) struct LastUses(Mutex<HashMap<(AccountId, String), LastUsed>>);

impl Authenticator {
    /// Notes that the caller used a service.
    pub(super) fn note_use(&self, cx: &CallContext, service: &str) {
        let id = match &cx.principal {
            Principal::Root { session: None, access_key_id, .. }
            | Principal::User { session: None, access_key_id, .. } => access_key_id,
            Principal::AssumedRole { role_id, .. } => role_id,
            Principal::Root { .. } | Principal::User { .. } | Principal::Unknown { .. } => return,
        };
        let mut uses = self.last_uses.0.lock().expect("no holder panics");
        let unwritten = (cx.account().clone(), id.clone());
        match uses.get_mut(&unwritten) {
            Some(used) if used.service == service && used.region == cx.region.as_str() => used.at = cx.now,
            _ => {
                let used = LastUsed { at: cx.now, service: service.to_owned(), region: cx.region.to_string() };
                uses.insert(unwritten, used);
            }
        }
    }

    /// When the access key or the role (by its unique id) was last used.
    pub(crate) fn last_used(&self, account: &AccountId, id: &str) -> Option<LastUsed> {
        let unwritten = (account.clone(), id.to_owned());
        if let Some(used) = self.last_uses.0.lock().expect("no holder panics").get(&unwritten) {
            return Some(used.clone());
        }
        self.catalog.get::<LastUsed>(&Key::global(account, id)).map(|found| found.value.as_ref().clone())
    }

    /// Writes the uses since the last time to the catalog, in one transaction. To be called
    /// every minute or so, and at a clean stop.
    ///
    /// # Errors
    /// The catalog's; the uses are then kept for the next time.
    pub async fn write_last_used(&self) -> Result<(), CatalogError> {
        let taken = std::mem::take(&mut *self.last_uses.0.lock().expect("no holder panics"));
        let mut transaction = Transaction::default();
        for ((account, id), used) in taken.iter().filter(|((account, id), _)| self.exists(account, id)) {
            transaction.put(Key::global(account, id.as_str()), used);
        }
        if transaction.is_empty() {
            return Ok(());
        }
        let result = self.catalog.commit(transaction).await;
        if result.is_err() {
            let mut uses = self.last_uses.0.lock().expect("no holder panics");
            for (id, used) in taken {
                uses.entry(id).or_insert(used);
            }
        }
        result
    }

    /// Keys that come from settings have no record, and what was deleted needs none.
    fn exists(&self, account: &AccountId, id: &str) -> bool {
        if id.starts_with("AROA") {
            return self.catalog.list::<Role>(account, None).iter().any(|(_, role)| role.value.id == id);
        }
        self.catalog.get::<AccessKey>(&Key::global(account, id)).is_some()
    }
}
