//! Evaluating all that a rule is about: when it is put, when somebody asks, and by the clock; and removing rules
//! and results.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use store::catalog::{CatalogError, Key, Transaction, Versioned};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::evaluate::{Task, evaluate};
use super::outcome::{Outcomes, account_key};
use super::ruling::{About, Evaluator, Ruling};
use super::{facts, inventory, removal};
use crate::custom::Occasion;
use crate::earliest::Earliest;
use crate::facts::Facts;
use crate::item::Item;
use crate::present::{self, LiveRecord};
use crate::recorder;
use crate::results;
use crate::retention::scope_of;
use crate::rule::ResourceKey;
use crate::rule_book::{self, RuleRecord, RuleState};
use crate::rule_state::{self, RuleStateRecord, Wanted, Why};
use crate::service::Parts;

/// Resources that are judged in one transaction.
const PAGE: usize = 256;
/// How often the end of an evaluation is noted anew when others are faster.
const ATTEMPTS: usize = 16;

/// Evaluates rules as a whole.
pub struct JudgeRules {
    parts: Parts,
    earliest: Earliest<RuleStateRecord>,
}

/// Why a rule is evaluated as a whole now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cause {
    wanted: Option<Wanted>,
    /// When the clock set it off, if it did.
    due: Option<Timestamp>,
}

/// Whether an evaluation came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Reached,
    /// The rule was changed meanwhile, and is evaluated anew.
    Outrun,
}

impl JudgeRules {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, earliest: Earliest::new(|state: &RuleStateRecord| state.next_due) }
    }

    /// Does what is to be done with a rule now; whether anything was.
    async fn look(&self, key: &Key, found: &Versioned<RuleRecord>, now: Timestamp) -> Result<(), JobError> {
        let Some(scope) = scope_of(key) else { return Ok(()) };
        if found.value.state != RuleState::Active {
            return removal::remove(&self.parts, &scope, found).await;
        }
        let state = rule_state::of(&self.parts.catalog, &scope, &found.value.id);
        let ruling = Arc::new(Ruling::of(found.clone()));
        let Some(cause) = self.cause(&scope, &ruling, &state, now) else { return Ok(()) };
        if self.evaluate(&scope, &ruling, cause, now).await? == End::Outrun {
            return Ok(());
        }
        self.finish(&scope, &ruling, cause, now).await
    }

    /// Why a rule is to be evaluated now, if it is.
    fn cause(&self, scope: &Scope, ruling: &Ruling, state: &RuleStateRecord, now: Timestamp) -> Option<Cause> {
        let due = state.next_due.filter(|due| *due <= now);
        // A rule that changes set off waits for the recorder, unless somebody asks for what is known.
        let waits = |wanted: &Wanted| {
            let is_recording =
                || recorder::find(&self.parts.catalog, scope).is_some_and(|found| found.value.is_recording);
            wanted.why == Why::Put && ruling.is_by_change() && ruling.period_hours().is_none() && !is_recording()
        };
        let wanted = state.wanted.filter(|wanted| !waits(wanted));
        (due.is_some() || wanted.is_some()).then_some(Cause { wanted, due })
    }

    async fn evaluate(
        &self,
        scope: &Scope,
        ruling: &Arc<Ruling>,
        cause: Cause,
        now: Timestamp,
    ) -> Result<End, JobError> {
        match &ruling.by {
            Evaluator::Others | Evaluator::Nobody(_) => return Ok(End::Reached),
            Evaluator::Managed { .. } | Evaluator::Policy { .. } => {
                let asked = cause.wanted.is_some_and(|wanted| wanted.why == Why::Asked);
                if ruling.is_about_new_alone() && !asked {
                    return Ok(End::Reached);
                }
            }
            Evaluator::Function => {
                if ruling.period_hours().is_some() {
                    let mut outcomes = Outcomes::default();
                    outcomes.told(ruling, Occasion::Scheduled);
                    if self.write(scope, outcomes, now).await? == End::Outrun {
                        return Ok(End::Outrun);
                    }
                }
                // The clock tells of no resources.
                if cause.wanted.is_none() || !ruling.is_by_change() {
                    return Ok(End::Reached);
                }
            }
        }
        if self.judge_all(scope, ruling, now).await? == End::Outrun {
            return Ok(End::Outrun);
        }
        self.drop_others(scope, ruling, now).await
    }

    /// Judges all that a rule is about, page by page.
    async fn judge_all(&self, scope: &Scope, ruling: &Arc<Ruling>, now: Timestamp) -> Result<End, JobError> {
        let facts = facts(&self.parts, scope, std::iter::once(&**ruling), now).await;
        match ruling.about() {
            About::Account => {
                let account = Arc::new(Item::of_account(scope, now));
                self.judge_page(scope, ruling, vec![account], &facts, now).await
            }
            About::Everything => self.judge_range(scope, ruling, "", &facts, now).await,
            About::Types(types) => {
                for of_type in types {
                    if self.judge_range(scope, ruling, &present::type_prefix(&of_type), &facts, now).await?
                        == End::Outrun
                    {
                        return Ok(End::Outrun);
                    }
                }
                Ok(End::Reached)
            }
        }
    }

    /// Judges the resources whose keys start with a prefix.
    async fn judge_range(
        &self,
        scope: &Scope,
        ruling: &Arc<Ruling>,
        prefix: &str,
        facts: &Arc<Facts>,
        now: Timestamp,
    ) -> Result<End, JobError> {
        let mut after = String::new();
        loop {
            let page = present::page::<LiveRecord>(&self.parts.catalog, scope, prefix, &after, PAGE);
            let Some((last, _)) = page.last() else { return Ok(End::Reached) };
            after = last.clone();
            let items = page.iter().map(|(_, found)| Arc::new(found.read().value.0.item.clone()));
            let held: Vec<_> = items.filter(|item| ruling.holds(item)).collect();
            if self.judge_page(scope, ruling, held, facts, now).await? == End::Outrun {
                return Ok(End::Outrun);
            }
        }
    }

    async fn judge_page(
        &self,
        scope: &Scope,
        ruling: &Arc<Ruling>,
        items: Vec<Arc<Item>>,
        facts: &Arc<Facts>,
        now: Timestamp,
    ) -> Result<End, JobError> {
        let mut outcomes = Outcomes::default();
        if matches!(ruling.by, Evaluator::Function) {
            for item in &items {
                outcomes.told(ruling, Occasion::asked(&super::outcome::key_of(item), item.taken));
            }
            return self.write(scope, outcomes, now).await;
        }
        let _turn = self.parts.judging.lock().await;
        let inventory = inventory(&self.parts, scope, facts, now);
        let tasks: Arc<[Task]> = items.into_iter().map(|item| Task { ruling: ruling.clone(), item }).collect();
        let verdicts = evaluate(tasks.clone(), inventory).await;
        for (task, verdict) in tasks.iter().zip(verdicts) {
            outcomes.judged(task, verdict);
        }
        self.write_in_turn(scope, outcomes, now).await
    }

    /// Drops results about what a rule is not about any more.
    async fn drop_others(&self, scope: &Scope, ruling: &Arc<Ruling>, now: Timestamp) -> Result<End, JobError> {
        if !ruling.is_judged_here() {
            return Ok(End::Reached);
        }
        let catalog = &self.parts.catalog;
        let mut after: Option<ResourceKey> = None;
        loop {
            let _turn = self.parts.judging.lock().await;
            let page = results::of_rule(catalog, scope, &ruling.rule().id, after.as_ref(), PAGE);
            let Some((last, _)) = page.last() else { return Ok(End::Reached) };
            after = Some(last.clone());
            let mut outcomes = Outcomes::default();
            let is_held = |resource: &ResourceKey| match ruling.about() {
                About::Account => *resource == account_key(scope),
                _ => present::live(catalog, scope, &resource.resource_type, &resource.resource_id)
                    .is_some_and(|item| ruling.holds(&item)),
            };
            for (resource, _) in page {
                if !is_held(&resource) {
                    outcomes.dropped(ruling, resource, now);
                }
            }
            if self.write_in_turn(scope, outcomes, now).await? == End::Outrun {
                return Ok(End::Outrun);
            }
        }
    }

    async fn write(&self, scope: &Scope, outcomes: Outcomes, now: Timestamp) -> Result<End, JobError> {
        let _turn = self.parts.judging.lock().await;
        self.write_in_turn(scope, outcomes, now).await
    }

    /// Writes outcomes while nothing else is judged. All that can be in the way is a change of the rule, or of its state,
    /// for both of which it is evaluated anew.
    async fn write_in_turn(&self, scope: &Scope, outcomes: Outcomes, now: Timestamp) -> Result<End, JobError> {
        let mut transaction = Transaction::default();
        outcomes.write(&self.parts.catalog, &*self.parts.entropy, &mut transaction, scope, now);
        match self.parts.catalog.commit(transaction).await {
            Ok(()) => {
                self.parts.wake_for_outcomes();
                Ok(End::Reached)
            }
            Err(CatalogError::Conflict { .. }) => Ok(End::Outrun),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes that a rule was evaluated, and when it is next.
    async fn finish(&self, scope: &Scope, ruling: &Ruling, cause: Cause, now: Timestamp) -> Result<(), JobError> {
        let (catalog, rule) = (&self.parts.catalog, ruling.rule());
        for _ in 0..ATTEMPTS {
            if rule_book::find(catalog, scope, &rule.name).is_none_or(|found| found.version != ruling.found.version) {
                return Ok(());
            }
            let mut transaction = Transaction::default();
            rule_book::check(&mut transaction, scope, &ruling.found);
            rule_state::note(catalog, &mut transaction, scope, &rule.id, |state| note_end(state, ruling, cause, now));
            match catalog.commit(transaction).await {
                Ok(()) => return Ok(()),
                Err(CatalogError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err("others are always faster to change the rule's state".into())
    }
}

/// Notes the end of a whole evaluation.
fn note_end(state: &mut RuleStateRecord, ruling: &Ruling, cause: Cause, now: Timestamp) {
    // One that came meanwhile is still wanted.
    if state.wanted == cause.wanted {
        state.wanted = None;
    }
    state.next_due = ruling.next_due(state.next_due, now);
    if let Evaluator::Nobody(error) = &ruling.by {
        state.invocation_failed(error.clone(), now);
    }
    let found_nothing = state.invoked.is_none_or(|invoked| invoked < now);
    if ruling.is_judged_here() && !ruling.is_about_new_alone() && found_nothing {
        state.succeeded(now);
    }
}

#[async_trait]
impl Job for JudgeRules {
    fn name(&self) -> &str {
        "config.rules"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let hourly = last_run.plus(self.period());
        Some(self.earliest.get(&self.parts.catalog).map_or(hourly, |due| due.min(hourly)))
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.schedule
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let mut failure = None;
        for (key, found) in self.parts.catalog.list_all::<RuleRecord>() {
            // The failure of one rule is none of the others'.
            if let Err(error) = self.look(&key, &found, now).await {
                tracing::warn!(%error, rule = key.name, "a rule could not be evaluated");
                failure = Some(error);
            }
        }
        failure.map_or(Ok(()), Err)
    }
}
