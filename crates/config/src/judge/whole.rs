//! Evaluating all that a rule is about: when it is put, when somebody asks, and by the clock; and removing rules
//! and results.

mod together;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use store::catalog::{Catalog, CatalogError, Transaction, Versioned};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::outcome::{Course, Outcomes, key_of};
use super::removal;
use super::ruling::{About, Evaluator, Ruling};
use crate::custom::Occasion;
use crate::due::is_judged;
use crate::earliest::Earliest;
use crate::item::Item;
use crate::present::{self, LiveRecord};
use crate::recorder;
use crate::retention::scope_of;
use crate::rule_book::{self, RuleRecord, RuleState};
use crate::rule_state::{self, RuleStateRecord, Wanted, Why};
use crate::service::Parts;

use together::{Run, Together};

/// Resources that functions are told of in one transaction.
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

/// Whether what was found out could be written.
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

    /// Does what is to be done with a rule now; or hands it over when it is to be judged with others.
    async fn look(
        &self,
        scope: &Scope,
        found: &Versioned<RuleRecord>,
        now: Timestamp,
    ) -> Result<Option<Run>, JobError> {
        if found.value.state != RuleState::Active {
            removal::remove(&self.parts, scope, found).await?;
            return Ok(None);
        }
        let state = rule_state::of(&self.parts.catalog, scope, &found.value.id);
        let ruling = Arc::new(Ruling::of(found.clone()));
        let Some(cause) = self.cause(scope, &ruling, &state, now) else { return Ok(None) };
        let is_asked = cause.wanted.is_some_and(|wanted| wanted.why == Why::Asked);
        if ruling.is_judged_here() && (is_asked || !ruling.is_about_new_alone()) {
            return Ok(Some(Run::new(ruling, cause)));
        }
        if matches!(ruling.by, Evaluator::Function) && self.tell(scope, &ruling, cause, now).await? == End::Outrun {
            return Ok(None);
        }
        finish(&self.parts, scope, &ruling, cause, None, now).await?;
        Ok(None)
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

    /// Tells a rule's function that it is time, and of all that the rule is about, page by page.
    async fn tell(&self, scope: &Scope, ruling: &Arc<Ruling>, cause: Cause, now: Timestamp) -> Result<End, JobError> {
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
        let prefixes = match ruling.about() {
            About::Account => Vec::new(),
            About::Types(types) => types.iter().map(|of_type| present::type_prefix(of_type)).collect(),
            About::Everything => vec![String::new()],
        };
        for prefix in prefixes {
            let mut after = String::new();
            loop {
                let (items, last) = read_page(&self.parts.catalog, scope, &prefix, &after, PAGE);
                let mut outcomes = Outcomes::default();
                for item in items.iter().filter(|item| ruling.holds(item)) {
                    outcomes.told(ruling, Occasion::asked(&key_of(item), item.taken));
                }
                if self.write(scope, outcomes, now).await? == End::Outrun {
                    return Ok(End::Outrun);
                }
                let Some(last) = last else { break };
                after = last;
            }
        }
        Ok(End::Reached)
    }

    /// Writes what functions are to be told. All that can be in the way is a change of the rule, for which it is evaluated
    /// anew.
    async fn write(&self, scope: &Scope, outcomes: Outcomes, now: Timestamp) -> Result<End, JobError> {
        let _turn = self.parts.judging.lock().await;
        let mut transaction = Transaction::default();
        outcomes.write_but_states(&self.parts, &mut transaction, scope, now);
        match self.parts.catalog.commit(transaction).await {
            Ok(()) => {
                self.parts.wake_for_outcomes();
                Ok(End::Reached)
            }
            Err(CatalogError::Conflict { .. }) => Ok(End::Outrun),
            Err(error) => Err(error.into()),
        }
    }
}

/// The first live resources after a name that rules can be about, by name; and the last name that was seen, unless there
/// are no more.
fn read_page(
    catalog: &Catalog,
    scope: &Scope,
    prefix: &str,
    after: &str,
    count: usize,
) -> (Vec<Arc<Item>>, Option<String>) {
    let page = present::page::<LiveRecord>(catalog, scope, prefix, after, count);
    let judged = page.iter().filter(|(name, _)| is_judged(present::names(name).0));
    let items = judged.map(|(_, found)| Arc::new(Arc::unwrap_or_clone(found.read().value).0.item)).collect();
    (items, page.last().map(|(name, _)| name.clone()))
}

/// Notes that a rule was evaluated, how it went if the server judged, and when it is next.
async fn finish(
    parts: &Parts,
    scope: &Scope,
    ruling: &Ruling,
    cause: Cause,
    course: Option<&Course>,
    now: Timestamp,
) -> Result<(), JobError> {
    let (catalog, rule) = (&parts.catalog, ruling.rule());
    for _ in 0..ATTEMPTS {
        if !ruling.still_is(catalog, scope) {
            return Ok(());
        }
        let mut transaction = Transaction::default();
        rule_book::check(&mut transaction, scope, &ruling.found);
        rule_state::note(catalog, &mut transaction, scope, &rule.id, |state| {
            note_end(state, ruling, cause, now);
            if let Some(course) = course {
                course.note(state, now);
            }
        });
        match catalog.commit(transaction).await {
            Ok(()) => return Ok(()),
            Err(CatalogError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err("others are always faster to change the rule's state".into())
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
        let rules = self.parts.catalog.list_all::<RuleRecord>();
        for of_scope in rules.chunk_by(|(a, _), (b, _)| (&a.account, &a.region) == (&b.account, &b.region)) {
            let Some(scope) = of_scope.first().and_then(|(key, _)| scope_of(key)) else { continue };
            let mut runs = Vec::new();
            for (key, found) in of_scope {
                match self.look(&scope, found, now).await {
                    Ok(run) => runs.extend(run),
                    // The failure of one rule is none of the others'.
                    Err(error) => {
                        tracing::warn!(%error, rule = key.name, "a rule could not be evaluated");
                        failure = Some(error);
                    }
                }
            }
            if runs.is_empty() {
                continue;
            }
            if let Err(error) = Together::new(&self.parts, &scope, runs, now).await.judge().await {
                tracing::warn!(%error, account = %scope.account, "rules could not be evaluated");
                failure = Some(error);
            }
        }
        failure.map_or(Ok(()), Err)
    }
}
