//! What evaluations come to, rule by rule, and how it is written: results, states, functions to be invoked.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{Entropy, Scope, Timestamp};
use store::catalog::{Catalog, Transaction};

use super::evaluate::Task;
use super::ruling::Ruling;
use crate::custom::{self, Occasion};
use crate::item::{ACCOUNT_TYPE, Item};
use crate::results::{self, Invocation, NewResult};
use crate::rule::{Compliance, ResourceKey, Verdict};
use crate::rule_book;
use crate::rule_state::{self, RuleError, RuleStateRecord};

/// What evaluations of some rules come to, by the rule's name.
#[derive(Default)]
pub(crate) struct Outcomes(BTreeMap<String, Outcome>);

/// What evaluations of a rule come to.
pub(crate) struct Outcome {
    ruling: Arc<Ruling>,
    results: Vec<NewResult>,
    has_judged: bool,
    /// The last that went wrong.
    error: Option<RuleError>,
    /// What could not be told, and why.
    untold: Option<String>,
    occasions: Vec<Occasion>,
}

impl Outcomes {
    fn of(&mut self, ruling: &Arc<Ruling>) -> &mut Outcome {
        self.0.entry(ruling.rule().name.clone()).or_insert_with(|| Outcome {
            ruling: ruling.clone(),
            results: Vec::new(),
            has_judged: false,
            error: None,
            untold: None,
            occasions: Vec::new(),
        })
    }

    /// What a rule says of a resource; where it fails the former result stays.
    pub(crate) fn judged(&mut self, task: &Task, judged: Result<Verdict, RuleError>) {
        let outcome = self.of(&task.ruling);
        outcome.has_judged = true;
        match judged {
            Ok(verdict) => {
                if verdict.compliance == Compliance::InsufficientData {
                    outcome.untold = verdict.annotation.clone().or(outcome.untold.take());
                }
                outcome.results.push(NewResult {
                    resource: key_of(&task.item),
                    verdict: Some(verdict),
                    ordering: task.item.taken,
                });
            }
            Err(error) => outcome.error = Some(error),
        }
    }

    /// A resource is gone, or has left a rule's scope.
    pub(crate) fn dropped(&mut self, ruling: &Arc<Ruling>, resource: ResourceKey, now: Timestamp) {
        self.of(ruling).results.push(NewResult { resource, verdict: None, ordering: now });
    }

    /// A rule's function is to be told of something.
    pub(crate) fn told(&mut self, ruling: &Arc<Ruling>, occasion: Occasion) {
        self.of(ruling).occasions.push(occasion);
    }

    /// Adds all of it to a transaction, which fails when one of the rules changes meanwhile.
    pub(crate) fn write(
        self,
        catalog: &Catalog,
        entropy: &dyn Entropy,
        transaction: &mut Transaction,
        scope: &Scope,
        now: Timestamp,
    ) {
        for outcome in self.0.into_values() {
            let rule = outcome.ruling.rule();
            rule_book::check(transaction, scope, &outcome.ruling.found);
            for occasion in outcome.occasions {
                custom::invoke(transaction, entropy, scope, rule, occasion, now);
            }
            results::put_all(catalog, transaction, &Invocation { scope, rule, invoked: now }, outcome.results, now);
            if outcome.has_judged {
                let (error, untold) = (outcome.error, outcome.untold);
                rule_state::note(catalog, transaction, scope, &rule.id, |state| note(state, error, untold, now));
            }
        }
    }
}

/// Notes how evaluations went. What could not be told is no failure, but why it could not is worth to know.
fn note(state: &mut RuleStateRecord, error: Option<RuleError>, untold: Option<String>, now: Timestamp) {
    match error {
        Some(error) => state.evaluation_failed(error, now),
        None => {
            state.succeeded(now);
            state.error = untold.map(|why| RuleError::new("InsufficientData", why));
        }
    }
}

/// What names the resource of an item.
pub(crate) fn key_of(item: &Item) -> ResourceKey {
    ResourceKey { resource_type: item.resource_type.clone(), resource_id: item.resource_id.clone() }
}

/// What names an account as a whole.
pub(crate) fn account_key(scope: &Scope) -> ResourceKey {
    ResourceKey { resource_type: ACCOUNT_TYPE.to_owned(), resource_id: scope.account.to_string() }
}
