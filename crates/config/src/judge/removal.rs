//! Rules that go, and results that go: in pages, so that no transaction grows with the number of results.

use base::Scope;
use store::catalog::{CatalogError, Transaction, Versioned};
use store::job::JobError;

use crate::results;
use crate::rule_book::{self, RuleRecord, RuleState};
use crate::rule_state;
use crate::service::Parts;

/// Results that are removed in one transaction.
const PAGE: usize = 512;

/// Removes the results of a rule, and the rule too when it is to go. What somebody else changes meanwhile is left to the
/// next run.
pub(super) async fn remove(parts: &Parts, scope: &Scope, found: &Versioned<RuleRecord>) -> Result<(), JobError> {
    let catalog = &parts.catalog;
    let rule = &*found.value;
    loop {
        let _turn = parts.judging.lock().await;
        let mut transaction = Transaction::default();
        let is_last = results::remove_of_rule(catalog, &mut transaction, scope, &rule.id, PAGE);
        match rule.state {
            _ if !is_last => rule_book::check(&mut transaction, scope, found),
            RuleState::Deleting => {
                transaction.delete::<RuleRecord>(rule_book::key(scope, &rule.name), found.version);
                rule_state::remove(catalog, &mut transaction, scope, &rule.id);
            }
            RuleState::Active | RuleState::DeletingResults => {
                let record = RuleRecord { state: RuleState::Active, ..rule.clone() };
                transaction.update(rule_book::key(scope, &rule.name), found.version, &record);
            }
        }
        match catalog.commit(transaction).await {
            Ok(()) => parts.wake_for_outcomes(),
            Err(CatalogError::Conflict { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        if is_last {
            return Ok(());
        }
    }
}
