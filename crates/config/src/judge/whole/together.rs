//! Whole evaluations of several rules at a time: each resource is read once for all rules that judge it, and all that they
//! say of it is in one transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::{Scope, Timestamp};
use store::catalog::{CatalogError, Transaction};
use store::job::JobError;

use super::{Cause, read_page};
use crate::facts::Facts;
use crate::item::Item;
use crate::judge::evaluate::{Task, evaluate};
use crate::judge::outcome::{Course, Outcomes, account_key};
use crate::judge::ruling::{About, Ruling};
use crate::judge::{facts, inventory};
use crate::present::{self, LiveRecord};
use crate::results;
use crate::rule::ResourceKey;
use crate::service::Parts;

/// Evaluations whose results are written in one transaction, however many rules there are.
const EVALUATIONS: usize = 2048;
/// Resources that are judged in one transaction, at least and at most.
const RESOURCES: (usize, usize) = (2, 256);
/// Results of a rule that are looked through at once for those that go.
const LOOKED_THROUGH: usize = 512;
/// How often a page is decided anew when others are faster, without a rule that changed.
const ATTEMPTS: usize = 16;

/// The whole evaluation of a rule.
pub(super) struct Run {
    pub(super) ruling: Arc<Ruling>,
    pub(super) cause: Cause,
    about: About,
    /// How it goes so far.
    pub(super) course: Course,
}

impl Run {
    pub(super) fn new(ruling: Arc<Ruling>, cause: Cause) -> Self {
        Self { about: ruling.about(), ruling, cause, course: Course::default() }
    }

    /// Whether the rule may be about something at a place.
    fn is_at(&self, place: &Place) -> bool {
        match (&self.about, place) {
            (About::Account, place) => *place == Place::Account,
            (_, Place::Account) => false,
            (About::Types(types), Place::Type(of_type)) => types.contains(of_type),
            (About::Types(_) | About::Everything, _) => true,
        }
    }
}

/// What is gone through in one go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// The account as a whole.
    Account,
    /// The resources of a type.
    Type(String),
    /// The resources of any type.
    Everything,
}

/// What came of a transaction.
enum Written {
    Done,
    /// Something was changed meanwhile: a rule, or what it was decided on.
    Conflict,
}

/// Rules that are evaluated together.
pub(super) struct Together<'a> {
    parts: &'a Parts,
    scope: &'a Scope,
    now: Timestamp,
    facts: Arc<Facts>,
    runs: Vec<Run>,
}

impl<'a> Together<'a> {
    /// Rules that the server judges, of an account and region.
    pub(super) async fn new(parts: &'a Parts, scope: &'a Scope, runs: Vec<Run>, now: Timestamp) -> Self {
        let facts = facts(parts, scope, runs.iter().map(|run| &*run.ruling), now).await;
        Self { parts, scope, now, facts, runs }
    }

    /// Judges all that the rules are about, and drops what they said of anything else. A rule that is changed meanwhile is
    /// left out of the rest: it is evaluated anew. Each is noted as evaluated once it has judged the last.
    pub(super) async fn judge(mut self) -> Result<(), JobError> {
        let places = places(&self.runs);
        for (at, place) in places.iter().enumerate() {
            self.judge_place(place).await?;
            let goes_on = |run: &Run| places[at + 1..].iter().any(|place| run.is_at(place));
            let (going, ended) = std::mem::take(&mut self.runs).into_iter().partition(goes_on);
            self.runs = going;
            for run in ended {
                self.end(run).await?;
            }
        }
        // Those whose scope leaves nothing of what they are about.
        for run in std::mem::take(&mut self.runs) {
            self.end(run).await?;
        }
        Ok(())
    }

    /// Judges what is at a place, page by page.
    async fn judge_place(&mut self, place: &Place) -> Result<(), JobError> {
        let mut after = String::new();
        let mut attempts = 0;
        loop {
            let here = self.runs.iter().filter(|run| run.is_at(place));
            let rulings: Vec<_> = here.map(|run| run.ruling.clone()).collect();
            if rulings.is_empty() {
                return Ok(());
            }
            // What is read is judged, and written, before anybody else judges.
            let parts = self.parts;
            let _turn = parts.judging.lock().await;
            let (items, last) = self.read(place, &after, rulings.len());
            match self.judge_page(&rulings, &items).await? {
                Written::Done => attempts = 0,
                Written::Conflict => {
                    attempts += 1;
                    self.leave_out_changed(attempts)?;
                    continue;
                }
            }
            let Some(last) = last else { return Ok(()) };
            after = last;
        }
    }

    /// The next resources at a place, and the name of the last one unless there are no more.
    fn read(&self, place: &Place, after: &str, rules: usize) -> (Vec<Arc<Item>>, Option<String>) {
        let prefix = match place {
            Place::Account => return (vec![Arc::new(Item::of_account(self.scope, self.now))], None),
            Place::Type(of_type) => present::type_prefix(of_type),
            Place::Everything => String::new(),
        };
        let (least, most) = RESOURCES;
        read_page(&self.parts.catalog, self.scope, &prefix, after, (EVALUATIONS / rules).clamp(least, most))
    }

    /// Judges resources by the rules that hold them, and writes what comes of it.
    async fn judge_page(&mut self, rulings: &[Arc<Ruling>], items: &[Arc<Item>]) -> Result<Written, JobError> {
        let tasks = items.iter().flat_map(|item| {
            let holding = rulings.iter().filter(|ruling| ruling.holds(item));
            holding.map(|ruling| Task { ruling: ruling.clone(), item: item.clone() })
        });
        let tasks: Arc<[Task]> = tasks.collect();
        if tasks.is_empty() {
            return Ok(Written::Done);
        }
        let inventory = inventory(self.parts, self.scope, &self.facts, self.now);
        let verdicts = evaluate(tasks.clone(), inventory).await;
        let mut outcomes = Outcomes::default();
        for (task, verdict) in tasks.iter().zip(verdicts) {
            outcomes.judged(task, verdict);
        }
        let courses: Vec<_> = outcomes.courses().map(|(name, course)| (name.to_owned(), course.clone())).collect();
        let written = self.write(outcomes).await?;
        if matches!(written, Written::Done) {
            for (name, course) in courses {
                let run = self.runs.iter_mut().find(|run| run.ruling.rule().name == name);
                run.expect("it has just judged").course.go_on(&course);
            }
        }
        Ok(written)
    }

    /// After a conflict: leaves out the rules that were changed.
    fn leave_out_changed(&mut self, attempts: usize) -> Result<(), JobError> {
        let (parts, scope, before) = (self.parts, self.scope, self.runs.len());
        self.runs.retain(|run| run.ruling.still_is(&parts.catalog, scope));
        match self.runs.len() == before && attempts >= ATTEMPTS {
            true => Err("others are always faster to change what rules say".into()),
            false => Ok(()),
        }
    }

    /// The end of a rule's evaluation.
    async fn end(&self, run: Run) -> Result<(), JobError> {
        self.drop_others(&run.ruling).await?;
        super::finish(self.parts, self.scope, &run.ruling, run.cause, Some(&run.course), self.now).await
    }

    /// Drops results about what a rule is not about any more.
    async fn drop_others(&self, ruling: &Arc<Ruling>) -> Result<(), JobError> {
        let catalog = &self.parts.catalog;
        let mut after: Option<ResourceKey> = None;
        let mut attempts = 0;
        loop {
            let _turn = self.parts.judging.lock().await;
            let page =
                results::resources_of_rule(catalog, self.scope, &ruling.rule().id, after.as_ref(), LOOKED_THROUGH);
            let Some(last) = page.last().cloned() else { return Ok(()) };
            let mut outcomes = Outcomes::default();
            let mut is_any = false;
            for resource in page.into_iter().filter(|resource| !self.is_held(ruling, resource)) {
                outcomes.dropped(ruling, resource, self.now);
                is_any = true;
            }
            if is_any && matches!(self.write(outcomes).await?, Written::Conflict) {
                attempts += 1;
                if !ruling.still_is(catalog, self.scope) {
                    return Ok(());
                }
                if attempts >= ATTEMPTS {
                    return Err("others are always faster to change what a rule says".into());
                }
                continue;
            }
            after = Some(last);
        }
    }

    /// Whether a rule is about a resource, which is read only where its name does not tell.
    fn is_held(&self, ruling: &Ruling, resource: &ResourceKey) -> bool {
        let ResourceKey { resource_type, resource_id } = resource;
        if ruling.about() == About::Account {
            return *resource == account_key(self.scope);
        }
        let catalog = &self.parts.catalog;
        match ruling.holds_by_name(resource) {
            Some(false) => false,
            Some(true) => {
                catalog.version::<LiveRecord>(&present::key(self.scope, resource_type, resource_id)).is_some()
            }
            None => {
                let item = present::live(catalog, self.scope, resource_type, resource_id);
                item.is_some_and(|item| ruling.holds(&item))
            }
        }
    }

    async fn write(&self, outcomes: Outcomes) -> Result<Written, JobError> {
        let mut transaction = Transaction::default();
        outcomes.write_but_states(self.parts, &mut transaction, self.scope, self.now);
        match self.parts.catalog.commit(transaction).await {
            Ok(()) => {
                self.parts.wake_for_outcomes();
                Ok(Written::Done)
            }
            Err(CatalogError::Conflict { .. }) => Ok(Written::Conflict),
            Err(error) => Err(error.into()),
        }
    }
}

/// What is to be gone through, so that each resource is read once.
fn places(runs: &[Run]) -> Vec<Place> {
    let mut places = BTreeSet::new();
    let is_any_of_everything = runs.iter().any(|run| run.about == About::Everything);
    for run in runs {
        match &run.about {
            About::Account => drop(places.insert(Place::Account)),
            About::Types(types) if !is_any_of_everything => places.extend(types.iter().cloned().map(Place::Type)),
            About::Types(_) | About::Everything => drop(places.insert(Place::Everything)),
        }
    }
    places.into_iter().collect()
}
