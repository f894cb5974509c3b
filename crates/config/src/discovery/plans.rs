//! What upstreams are to be asked for and when: types that are listed, and resources that are looked at.
//!
//! It is kept in memory alone. What a crash forgets is found by the listing of everything at the next start.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base::{Scope, Timestamp};

use super::table::ResourceType;

/// How often each type is listed.
pub(crate) const PERIOD: Duration = Duration::from_secs(600);
/// How long a type that an upstream does not have is left alone (D-3).
const REST: Duration = Duration::from_secs(24 * 3600);
/// The pause after the first listing that failed, and before one that tells whether what was missing is gone.
const PAUSE_MIN: Duration = Duration::from_secs(30);
/// How many resources of a type are looked at one by one; of more, the type is listed.
const LOOKS_MAX: usize = 256;
/// Names of resources are shorter; of a longer one the type is listed.
const KEY_BYTES_MAX: usize = 2048;

/// Why a type could not be told of, as the recorder's status has it (REC-14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// How a listing ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was read to its end, and told of everything.
    Whole,
    /// The same; it is the first to lack some resources.
    Lacking,
    /// The upstream has no such resources.
    Unsupported,
    /// It, or some of its resources, could not be read.
    Failed(Problem),
}

/// Why a resource is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A call changed it.
    Touched,
    /// It names one that changed. What such a look finds is no cause to look further.
    Related,
}

/// A resource that is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) due: Timestamp,
    pub(crate) cause: Cause,
    /// How often it was looked at in vain.
    pub(crate) attempts: u32,
}

/// A resource that is to be looked at, named.
#[derive(Clone, Debug)]
pub(crate) struct NamedLook {
    pub(crate) scope: Scope,
    pub(crate) of: &'static ResourceType,
    pub(crate) key: String,
    pub(crate) look: Look,
}

/// A type in an account and region.
type Place = (Scope, &'static str);

/// What is to be asked for.
#[derive(Default)]
pub(crate) struct Plans(Mutex<State>);

#[derive(Default)]
struct State {
    types: HashMap<Place, TypePlan>,
    looks: HashMap<Place, (&'static ResourceType, BTreeMap<String, Look>)>,
    doors: HashMap<Place, Arc<tokio::sync::Mutex<()>>>,
}

/// When a type is listed next, and how the last time went.
struct TypePlan {
    due: Timestamp,
    failures_in_a_row: u32,
    ended: Option<Ended>,
}

impl Plans {
    /// Lets a type be listed at a time, if it is not earlier anyway. One that the upstream does not have rests.
    pub(crate) fn list_at(&self, scope: &Scope, of: &'static ResourceType, due: Timestamp) {
        self.state().list_at(scope, of, due);
    }

    /// Lets all types be listed as if they never were.
    pub(crate) fn list_everything(&self, scope: &Scope) {
        self.state().types.retain(|(known, _), _| known != scope);
    }

    /// Lets a resource be looked at; what was to come of it earlier, comes.
    pub(crate) fn look_at(&self, scope: &Scope, of: &'static ResourceType, key: String, look: Look) {
        let mut state = self.state();
        let (_, looks) = state.looks.entry((scope.clone(), of.name())).or_insert_with(|| (of, BTreeMap::new()));
        if key.len() <= KEY_BYTES_MAX && (looks.len() < LOOKS_MAX || looks.contains_key(&key)) {
            let planned = looks.entry(key).or_insert(look);
            planned.due = planned.due.min(look.due);
            if look.cause == Cause::Touched {
                planned.cause = Cause::Touched;
            }
            return;
        }
        looks.clear();
        state.list_at(scope, of, look.due.plus(PAUSE_MIN));
    }

    /// The types of those that are wanted that are due. Of others nothing is planned any more.
    pub(crate) fn due_types(&self, wanted: &[Wanted], now: Timestamp) -> Vec<(Scope, &'static ResourceType)> {
        let mut state = self.state();
        state.types.retain(|(scope, name), _| {
            wanted.iter().any(|wanted| wanted.scope == *scope && wanted.types.iter().any(|of| of.name() == *name))
        });
        let mut due = Vec::new();
        for Wanted { scope, types } in wanted {
            let is_due = |of: &&ResourceType| {
                let plan = state.types.get(&(scope.clone(), of.name()));
                plan.is_none_or(|plan| plan.is_due(now))
            };
            due.extend(types.iter().copied().filter(is_due).map(|of| (scope.clone(), of)));
        }
        due
    }

    /// Takes note of how the listing of a type ended.
    pub(crate) fn listed(&self, scope: &Scope, of: &'static ResourceType, ended: Ended, now: Timestamp) {
        let mut state = self.state();
        let place = (scope.clone(), of.name());
        let failures = state.types.get(&place).map_or(0, |plan| plan.failures_in_a_row);
        let (failures_in_a_row, pause) = match &ended {
            Ended::Whole => (0, PERIOD),
            Ended::Lacking => (0, PAUSE_MIN),
            Ended::Unsupported => (0, REST),
            Ended::Failed(_) => {
                let pause = PAUSE_MIN.saturating_mul(1 << failures.min(10)).min(PERIOD);
                (failures.saturating_add(1), pause)
            }
        };
        state.types.insert(place, TypePlan { due: now.plus(pause), failures_in_a_row, ended: Some(ended) });
    }

    /// Why some of these types could not be told of: of the first of them; `None` while one was not listed yet.
    pub(crate) fn problem(&self, wanted: &Wanted) -> Option<Result<(), Problem>> {
        let state = self.state();
        let mut found = Ok(());
        for of in &wanted.types {
            let ended = state.types.get(&(wanted.scope.clone(), of.name()))?.ended.as_ref()?;
            if let (Ended::Failed(problem), Ok(())) = (ended, &found) {
                found = Err(problem.clone());
            }
        }
        Some(found)
    }

    /// Takes the looks that are due.
    pub(crate) fn take_looks(&self, now: Timestamp) -> Vec<NamedLook> {
        let mut taken = Vec::new();
        self.state().looks.retain(|(scope, _), (of, looks)| {
            looks.retain(|key, look| {
                if look.due > now {
                    return true;
                }
                taken.push(NamedLook { scope: scope.clone(), of, key: key.clone(), look: *look });
                false
            });
            !looks.is_empty()
        });
        taken
    }

    /// When a type is due.
    pub(crate) fn next_listing(&self) -> Option<Timestamp> {
        self.state().types.values().map(|plan| plan.due).min()
    }

    /// When a look is due.
    pub(crate) fn next_look(&self) -> Option<Timestamp> {
        self.state().looks.values().flat_map(|(_, looks)| looks.values()).map(|look| look.due).min()
    }

    /// Who reads and writes down resources of a type is alone in it: so that nothing that was read before is written
    /// down after something newer.
    pub(crate) fn door(&self, scope: &Scope, of: &'static ResourceType) -> Arc<tokio::sync::Mutex<()>> {
        self.state().doors.entry((scope.clone(), of.name())).or_default().clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

/// The types that are listed in an account and region.
pub(crate) struct Wanted {
    pub(crate) scope: Scope,
    pub(crate) types: Vec<&'static ResourceType>,
}

impl State {
    fn list_at(&mut self, scope: &Scope, of: &'static ResourceType, due: Timestamp) {
        let plan = self.types.get_mut(&(scope.clone(), of.name()));
        // A type of which nothing is planned is listed at once, if it is wanted.
        if let Some(plan) = plan.filter(|plan| plan.ended != Some(Ended::Unsupported)) {
            plan.due = plan.due.min(due);
        }
    }
}

impl TypePlan {
    /// Whether it is due, or the clock went back.
    fn is_due(&self, now: Timestamp) -> bool {
        self.due <= now || self.due > now.plus(if self.ended == Some(Ended::Unsupported) { REST } else { PERIOD })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::resource_type;
    use crate::test_world::{NOW, scope};

    fn secs(secs: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(secs))
    }

    fn wanted() -> Vec<Wanted> {
        let types = ["AWS::EC2::VPC", "AWS::EC2::Subnet"].map(|name| resource_type(name).unwrap()).into();
        vec![Wanted { scope: scope(), types }]
    }

    fn failed() -> Ended {
        Ended::Failed(Problem { code: "AccessDenied".to_owned(), message: "no".to_owned() })
    }

    #[test]
    fn listings_are_due_sooner_after_a_failure_and_later_where_there_is_nothing() {
        let (plans, vpc) = (Plans::default(), resource_type("AWS::EC2::VPC").unwrap());
        let due_after = |ended: Ended| {
            plans.listed(&scope(), vpc, ended, NOW);
            plans.next_listing().unwrap().since(NOW).as_secs()
        };
        assert_eq!(plans.due_types(&wanted(), NOW).len(), 2);
        assert_eq!(due_after(Ended::Whole), 600);
        assert_eq!(due_after(Ended::Lacking), 30);
        assert_eq!([(); 6].map(|()| due_after(failed())), [30, 60, 120, 240, 480, 600]);
        assert_eq!(due_after(Ended::Whole), 600);
        assert_eq!(due_after(failed()), 30);
        assert_eq!(due_after(Ended::Unsupported), 86_400);
        plans.list_at(&scope(), vpc, NOW);
        assert_eq!(plans.next_listing(), Some(secs(86_400)), "a call does not make it something that is there");
        plans.list_everything(&scope());
        assert_eq!(plans.due_types(&wanted(), NOW).len(), 2);
    }

    #[test]
    fn a_type_is_hastened_and_forgotten() {
        let (plans, vpc) = (Plans::default(), resource_type("AWS::EC2::VPC").unwrap());
        plans.listed(&scope(), vpc, Ended::Whole, NOW);
        let due = |now| plans.due_types(&wanted(), now).iter().any(|(_, of)| of.name() == vpc.name());
        plans.list_at(&scope(), vpc, secs(30));
        plans.list_at(&scope(), vpc, secs(60));
        assert_eq!([NOW, secs(29), secs(30)].map(due), [false, false, true]);
        assert!(due(NOW.plus_millis(-3_600_000)), "the clock went back");
        assert!(plans.due_types(&[], NOW).is_empty());
        assert_eq!(plans.next_listing(), None);
    }

    #[test]
    fn how_it_went_is_known_once_every_type_was_listed() {
        let (plans, wanted) = (Plans::default(), wanted().remove(0));
        let [vpc, subnet] = [wanted.types[0], wanted.types[1]];
        plans.listed(&scope(), vpc, failed(), NOW);
        assert_eq!(plans.problem(&wanted), None);
        plans.listed(&scope(), subnet, Ended::Unsupported, NOW);
        assert_eq!(plans.problem(&wanted).unwrap().unwrap_err().code, "AccessDenied");
        plans.listed(&scope(), vpc, Ended::Whole, NOW);
        assert_eq!(plans.problem(&wanted), Some(Ok(())));
    }

    #[test]
    fn calls_on_one_resource_are_one_look_and_on_very_many_a_listing() {
        let (plans, vpc) = (Plans::default(), resource_type("AWS::EC2::VPC").unwrap());
        plans.listed(&scope(), vpc, Ended::Whole, NOW);
        let look = |due, cause| Look { due, cause, attempts: 0 };
        plans.look_at(&scope(), vpc, "vpc-1".to_owned(), look(secs(2), Cause::Related));
        plans.look_at(&scope(), vpc, "vpc-1".to_owned(), look(secs(3), Cause::Touched));
        assert_eq!((plans.take_looks(secs(1)).len(), plans.next_look()), (0, Some(secs(2))));
        let taken = plans.take_looks(secs(2));
        assert_eq!(taken.iter().map(|taken| taken.look).collect::<Vec<_>>(), [look(secs(2), Cause::Touched)]);
        assert_eq!(plans.next_look(), None);
        for id in 0..=LOOKS_MAX {
            plans.look_at(&scope(), vpc, id.to_string(), look(NOW, Cause::Touched));
        }
        assert_eq!((plans.next_look(), plans.next_listing()), (None, Some(secs(30))));
        plans.look_at(&scope(), vpc, "v".repeat(KEY_BYTES_MAX + 1), look(NOW, Cause::Touched));
        assert_eq!(plans.next_look(), None);
    }
}
