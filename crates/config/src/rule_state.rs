//! How the evaluation of rules goes, apart from what they are, so that neither is in the way of the other.

use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Expect, Key, Record, Transaction, Versioned};

/// How the evaluation of a rule goes. The key is the rule's id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RuleStateRecord {
    /// `LastSuccessfulInvocationTime`
    pub(crate) invoked: Option<Timestamp>,
    /// `LastFailedInvocationTime`
    pub(crate) invocation_failed: Option<Timestamp>,
    /// `LastSuccessfulEvaluationTime`
    pub(crate) evaluated: Option<Timestamp>,
    /// `LastFailedEvaluationTime`
    pub(crate) evaluation_failed: Option<Timestamp>,
    /// `FirstActivatedTime`
    pub(crate) first_activated: Option<Timestamp>,
    /// `FirstEvaluationStarted`
    pub(crate) first_evaluation_started: bool,
    /// `LastErrorCode` and `LastErrorMessage`; gone with the next success.
    pub(crate) error: Option<RuleError>,
    /// When a rule that the clock sets off is next evaluated.
    pub(crate) next_due: Option<Timestamp>,
    /// An evaluation of all that the rule is about, which has not ended.
    pub(crate) wanted: Option<Wanted>,
    /// When a caller last asked for an evaluation.
    pub(crate) asked: Option<Timestamp>,
    /// When the snapshot was begun of which it was last told, where it wants to be told of one only every so often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) snapshot_told: Option<Timestamp>,
}

impl Record for RuleStateRecord {
    const KIND: &'static str = "config.rule_state";
    const FORMAT: u32 = 1;
}

/// What went wrong last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RuleError {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// An evaluation of all that a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// Since when.
    pub(crate) since: Timestamp,
    pub(crate) why: Why,
}

/// Why a whole evaluation is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Why {
    /// The rule is new, or other than it was.
    Put,
    /// A caller asked: the rule's state is EVALUATING meanwhile.
    Asked,
}

/// The key of a rule's state.
pub(crate) fn key(scope: &Scope, rule_id: &str) -> Key {
    Key::regional(&scope.account, &scope.region, rule_id)
}

/// The state of a rule; one of which nothing is written has none of it yet.
pub(crate) fn of(catalog: &Catalog, scope: &Scope, rule_id: &str) -> RuleStateRecord {
    find(catalog, scope, rule_id).map(|found| RuleStateRecord::clone(&found.value)).unwrap_or_default()
}

/// The state of a rule as it is written.
pub(crate) fn find(catalog: &Catalog, scope: &Scope, rule_id: &str) -> Option<Versioned<RuleStateRecord>> {
    catalog.get(&key(scope, rule_id))
}

/// Changes the state of a rule in a transaction, once in each; a change that makes no difference is none.
pub(crate) fn note(
    catalog: &Catalog,
    transaction: &mut Transaction,
    scope: &Scope,
    rule_id: &str,
    change: impl FnOnce(&mut RuleStateRecord),
) {
    let found = find(catalog, scope, rule_id);
    let mut state = found.as_ref().map(|found| RuleStateRecord::clone(&found.value)).unwrap_or_default();
    change(&mut state);
    match found {
        Some(found) if *found.value == state => {}
        Some(found) => drop(transaction.update(key(scope, rule_id), found.version, &state)),
        None => drop(transaction.create(key(scope, rule_id), &state)),
    }
}

/// Lets all that a rule is about be evaluated soon. Who commits the transaction wakes [`Signals::schedule`]
/// (crate::Signals).
pub(crate) fn want(
    catalog: &Catalog,
    transaction: &mut Transaction,
    scope: &Scope,
    rule_id: &str,
    why: Why,
    now: Timestamp,
) {
    note(catalog, transaction, scope, rule_id, |state| state.want(why, now));
}

/// Removes the state of a rule.
pub(crate) fn remove(catalog: &Catalog, transaction: &mut Transaction, scope: &Scope, rule_id: &str) {
    match find(catalog, scope, rule_id) {
        Some(found) => drop(transaction.delete::<RuleStateRecord>(key(scope, rule_id), found.version)),
        None => drop(transaction.check::<RuleStateRecord>(key(scope, rule_id), Expect::Absent)),
    }
}

impl RuleStateRecord {
    /// Lets all that the rule is about be evaluated soon.
    pub(crate) fn want(&mut self, why: Why, now: Timestamp) {
        self.first_activated.get_or_insert(now);
        if why == Why::Asked {
            self.asked = Some(now);
        }
        self.wanted = Some(Wanted { since: now, why });
    }

    /// Whether a caller waits for an evaluation.
    pub(crate) fn is_evaluating(&self) -> bool {
        self.wanted.is_some_and(|wanted| wanted.why == Why::Asked)
    }

    /// Notes an invocation that succeeded, and that evaluations came of it.
    pub(crate) fn succeeded(&mut self, now: Timestamp) {
        self.first_evaluation_started = true;
        (self.invoked, self.evaluated, self.error) = (Some(now), Some(now), None);
    }

    /// Notes that somebody else evaluates, whose answer is not there yet.
    pub(crate) fn handed_on(&mut self, now: Timestamp) {
        self.first_evaluation_started = true;
        (self.invoked, self.error) = (Some(now), None);
    }

    /// Notes that an evaluation failed.
    pub(crate) fn evaluation_failed(&mut self, error: RuleError, now: Timestamp) {
        self.first_evaluation_started = true;
        (self.invoked, self.evaluation_failed, self.error) = (Some(now), Some(now), Some(error));
    }

    /// Notes that a rule could not be invoked at all.
    pub(crate) fn invocation_failed(&mut self, error: RuleError, now: Timestamp) {
        (self.invocation_failed, self.error) = (Some(now), Some(error));
    }
}

impl RuleError {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::shelf;

    #[test]
    fn a_success_takes_the_error_away_and_keeps_when_it_was() {
        let (then, now) = (shelf::now(), shelf::now().plus_millis(1000));
        let mut state = RuleStateRecord::default();
        state.evaluation_failed(RuleError::new("InternalError", "a panic"), then);
        assert_eq!((state.evaluation_failed, state.evaluated), (Some(then), None));
        state.succeeded(now);
        assert_eq!((state.error, state.evaluation_failed, state.evaluated), (None, Some(then), Some(now)));
    }

    #[test]
    fn a_rule_is_being_evaluated_only_when_a_caller_asked() {
        let mut state = RuleStateRecord::default();
        state.want(Why::Put, shelf::now());
        assert!(!state.is_evaluating());
        state.want(Why::Asked, shelf::now().plus_millis(1));
        assert!(state.is_evaluating());
        assert_eq!(state.first_activated, Some(shelf::now()));
    }
}
