//! What evaluations come to, rule by rule, and how it is written: results, states, functions to be invoked.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{Scope, Timestamp};
use store::catalog::Transaction;

use super::evaluate::Task;
use super::ruling::Ruling;
use crate::custom::{self, Occasion};
use crate::item::{ACCOUNT_TYPE, Item};
use crate::results::{self, Invocation, NewResult};
use crate::rule::{Compliance, ResourceKey, Verdict};
use crate::rule_book;
use crate::rule_state::{self, RuleError, RuleStateRecord};
use crate::service::Parts;

/// What evaluations of some rules come to, by the rule's name.
#[derive(Default)]
pub(crate) struct Outcomes(BTreeMap<String, Outcome>);

/// What evaluations of a rule come to.
pub(crate) struct Outcome {
    ruling: Arc<Ruling>,
    results: Vec<NewResult>,
    /// How it went, if it judged.
    course: Option<Course>,
    occasions: Vec<Occasion>,
}

impl Outcomes {
    fn of(&mut self, ruling: &Arc<Ruling>) -> &mut Outcome {
        self.0.entry(ruling.rule().name.clone()).or_insert_with(|| Outcome {
            ruling: ruling.clone(),
            results: Vec::new(),
            course: None,
            occasions: Vec::new(),
        })
    }

    /// What a rule says of a resource; where it fails the former result stays.
    pub(crate) fn judged(&mut self, task: &Task, judged: Result<Verdict, RuleError>) {
        let outcome = self.of(&task.ruling);
        let course = outcome.course.get_or_insert_default();
        match judged {
            Ok(verdict) => {
                if verdict.compliance == Compliance::InsufficientData {
                    course.untold = verdict.annotation.clone().or(course.untold.take());
                }
                outcome.results.push(NewResult {
                    resource: key_of(&task.item),
                    verdict: Some(verdict),
                    ordering: task.item.taken,
                });
            }
            Err(error) => course.error = Some(error),
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
    pub(crate) fn write(self, parts: &Parts, transaction: &mut Transaction, scope: &Scope, now: Timestamp) {
        for outcome in self.0.values() {
            if let Some(course) = &outcome.course {
                let rule_id = &outcome.ruling.rule().id;
                rule_state::note(&parts.catalog, transaction, scope, rule_id, |state| course.note(state, now));
            }
        }
        self.write_but_states(parts, transaction, scope, now);
    }

    /// Adds all of it but how it went: a whole evaluation notes that at its end.
    pub(crate) fn write_but_states(self, parts: &Parts, transaction: &mut Transaction, scope: &Scope, now: Timestamp) {
        let (mut rulings, mut results) = (Vec::new(), Vec::new());
        for outcome in self.0.into_values() {
            rule_book::check(transaction, scope, &outcome.ruling.found);
            for occasion in outcome.occasions {
                custom::invoke(transaction, &*parts.entropy, scope, outcome.ruling.rule(), occasion, now);
            }
            rulings.push(outcome.ruling);
            results.push(outcome.results);
        }
        let invocations = rulings.iter().map(|ruling| Invocation { rule: ruling.rule(), invoked: now });
        results::put_all(parts, transaction, scope, invocations.zip(results), now);
    }

    /// How it went with each rule that judged, by the rule's name.
    pub(crate) fn courses(&self) -> impl Iterator<Item = (&str, &Course)> {
        self.0.iter().filter_map(|(name, outcome)| Some((name.as_str(), outcome.course.as_ref()?)))
    }
}

/// How evaluations of a rule went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    /// The last that went wrong.
    error: Option<RuleError>,
    /// What could not be told, and why.
    untold: Option<String>,
}

impl Course {
    /// Adds how later evaluations went.
    pub(crate) fn go_on(&mut self, later: &Self) {
        self.error = later.error.clone().or(self.error.take());
        self.untold = later.untold.clone().or(self.untold.take());
    }

    /// Notes it. What could not be told is no failure, but why it could not is worth to know.
    pub(crate) fn note(&self, state: &mut RuleStateRecord, now: Timestamp) {
        match &self.error {
            Some(error) => state.evaluation_failed(error.clone(), now),
            None => {
                state.succeeded(now);
                state.error = self.untold.as_ref().map(|why| RuleError::new("InsufficientData", why));
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::shelf;

    #[test]
    fn what_went_wrong_once_stands_at_the_end() {
        let failed = |message: &str| Course { error: Some(RuleError::new("E", message)), untold: None };
        let untold = || Course { error: None, untold: Some("no policy".to_owned()) };
        for (pages, expected) in [
            (vec![Course::default()], None),
            (vec![failed("one"), Course::default()], Some("one")),
            (vec![failed("one"), failed("two"), untold()], Some("two")),
            (vec![untold(), Course::default()], Some("no policy")),
        ] {
            let mut course = Course::default();
            pages.iter().for_each(|page| course.go_on(page));
            let mut state = RuleStateRecord::default();
            course.note(&mut state, shelf::now());
            assert_eq!(state.error.map(|error| error.message).as_deref(), expected, "{pages:?}");
        }
    }
}
