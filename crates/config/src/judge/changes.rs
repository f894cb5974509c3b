//! Judging resources that changed, by the rules that changes set off.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use store::catalog::{CatalogError, Key, Transaction};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::evaluate::{Task, evaluate};
use super::outcome::Outcomes;
use super::ruling::{Evaluator, Ruling, rulings};
use super::{facts, inventory};
use crate::custom::{LeftScope, Occasion};
use crate::due::{self, DueRecord};
use crate::item::Item;
use crate::present;
use crate::recorder;
use crate::relations;
use crate::results;
use crate::retention::scope_of;
use crate::rule::ResourceKey;
use crate::rule_book::RuleScope;
use crate::service::Parts;

/// Resources that are judged in one transaction.
const BATCH: usize = 64;
/// How often a batch is decided anew when others are faster.
const ATTEMPTS: usize = 16;
/// Resources that are judged again because one that they name, or that names them, changed. Of more than these, those
/// that come after are judged with the next whole evaluation.
const RELATED_MAX: usize = 50;

/// Judges resources that changed.
pub struct JudgeChanges {
    parts: Parts,
}

/// A resource that changed.
struct Changed {
    resource: ResourceKey,
    due: DueRecord,
    item: Arc<Item>,
}

impl JudgeChanges {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Judges resources of an account and region, and lets their entries go, in one transaction; again while others change
    /// what it was decided on.
    async fn judge(&self, scope: &Scope, entries: &[(Key, u64)], now: Timestamp) -> Result<(), JobError> {
        let catalog = &self.parts.catalog;
        for _ in 0..ATTEMPTS {
            // One evaluation at a time: what is judged later is never written before.
            let _turn = self.parts.judging.lock().await;
            let rulings = rulings(catalog, scope);
            let mut transaction = Transaction::default();
            let mut changes = Vec::new();
            for (key, version) in entries {
                let Some(found) = catalog.get::<DueRecord>(key).filter(|found| found.version == *version) else {
                    continue;
                };
                transaction.delete::<DueRecord>(key.clone(), found.version);
                let resource = due::resource(key);
                let item = present::find(catalog, scope, &resource.resource_type, &resource.resource_id);
                let Some(item) = item.map(|found| Arc::new(found.present.item)) else { continue };
                changes.push(Changed { resource, due: DueRecord::clone(&found.value), item });
            }
            let mut outcomes = Outcomes::default();
            let mut tasks = Vec::new();
            for change in &changes {
                self.plan(scope, &rulings, change, &mut tasks, &mut outcomes, now);
            }
            let direct = tasks.len();
            tasks.extend(self.related(scope, &rulings, &changes));
            let facts = facts(&self.parts, scope, tasks.iter().map(|task| &*task.ruling), now).await;
            let inventory = inventory(&self.parts, scope, &facts, now);
            let tasks: Arc<[Task]> = tasks.into();
            let verdicts = evaluate(tasks.clone(), inventory).await;
            for (at, (task, verdict)) in tasks.iter().zip(verdicts).enumerate() {
                if at < direct || self.is_different(scope, task, &verdict) {
                    outcomes.judged(task, verdict);
                }
            }
            outcomes.write(&self.parts, &mut transaction, scope, now);
            match catalog.commit(transaction).await {
                Ok(()) => {
                    self.parts.wake_for_outcomes();
                    return Ok(());
                }
                Err(CatalogError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // What is left is judged with the next run.
        Ok(())
    }

    /// What is to be done because a resource changed.
    fn plan(
        &self,
        scope: &Scope,
        rulings: &[Arc<Ruling>],
        change: &Changed,
        tasks: &mut Vec<Task>,
        outcomes: &mut Outcomes,
        now: Timestamp,
    ) {
        let Changed { resource, due, item } = change;
        let is_live = item.status.is_recorded();
        let said = results::of_resource(&self.parts.catalog, scope, resource);
        for ruling in rulings {
            let has_result = said.iter().any(|(rule_id, _)| *rule_id == ruling.rule().id);
            let is_function = matches!(ruling.by, Evaluator::Function);
            match ruling.holds(item) {
                true if ruling.is_by_change() && is_function => {
                    for taken in &due.taken {
                        outcomes.told(ruling, Occasion::changed(resource, *taken, LeftScope::No));
                    }
                }
                true if ruling.is_by_change() => {
                    tasks.push(Task { ruling: ruling.clone(), item: item.clone() });
                }
                true => {}
                false => {
                    let knew = has_result || (!is_live && may_have_held(&ruling.rule().scope, item));
                    if ruling.is_by_change() && is_function && knew {
                        outcomes.told(ruling, Occasion::changed(resource, item.taken, LeftScope::Yes));
                    }
                    // What a function said of a resource that is there is for it to take back.
                    if has_result && !(is_live && is_function) {
                        outcomes.dropped(ruling, resource.clone(), now);
                    }
                }
            }
        }
    }

    /// The evaluations of resources that name those that changed, or are or were named by them: rules read more than the
    /// item that they judge.
    fn related(&self, scope: &Scope, rulings: &[Arc<Ruling>], changes: &[Changed]) -> Vec<Task> {
        let catalog = &self.parts.catalog;
        let here: Vec<_> = rulings.iter().filter(|ruling| ruling.is_by_change() && ruling.is_judged_here()).collect();
        if here.is_empty() {
            return Vec::new();
        }
        let changed: BTreeSet<_> = changes.iter().map(|change| &change.resource).collect();
        let mut wanted = BTreeSet::new();
        for change in changes {
            let ResourceKey { resource_type, resource_id } = &change.resource;
            let naming = relations::naming(catalog, scope, resource_type, resource_id);
            let named = due::named(&change.item).chain(change.due.named_before.iter().cloned());
            let named = named.map(|(resource_type, resource_id)| ResourceKey { resource_type, resource_id });
            let is_other = |key: &ResourceKey| !changed.contains(key) && due::is_judged(&key.resource_type);
            wanted.extend(naming.into_iter().chain(named).filter(is_other).take(RELATED_MAX));
        }
        let live = |key: ResourceKey| present::live(catalog, scope, &key.resource_type, &key.resource_id);
        let items = wanted.into_iter().filter_map(live).map(Arc::new);
        items
            .flat_map(|item| {
                let holding: Vec<_> = here.iter().filter(|ruling| ruling.holds(&item)).collect();
                let task = |ruling: &&&Arc<Ruling>| Task { ruling: Arc::clone(ruling), item: item.clone() };
                holding.iter().map(task).collect::<Vec<_>>()
            })
            .collect()
    }

    /// Whether a rule says something else of a resource than it did.
    fn is_different(
        &self,
        scope: &Scope,
        task: &Task,
        verdict: &Result<crate::rule::Verdict, crate::rule_state::RuleError>,
    ) -> bool {
        let resource = super::outcome::key_of(&task.item);
        let found = results::find(&self.parts.catalog, scope, &task.ruling.rule().id, &resource);
        match (verdict, found) {
            (Ok(verdict), Some(found)) => {
                (found.value.compliance, &found.value.annotation) != (verdict.compliance, &verdict.annotation)
            }
            _ => true,
        }
    }
}

/// Whether a resource that is gone can have been in a scope: its tags are gone too.
fn may_have_held(scope: &RuleScope, gone: &Item) -> bool {
    let RuleScope { types: _, resource_id, tag_key, tag_value: _ } = scope;
    due::is_judged(&gone.resource_type)
        && scope.holds_type(&gone.resource_type)
        && resource_id.as_ref().is_none_or(|id| *id == gone.resource_id)
        && tag_key.is_none()
}

#[async_trait]
impl Job for JudgeChanges {
    fn name(&self) -> &str {
        "config.judge"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.judge
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let entries = self.parts.catalog.versions::<DueRecord>();
        for of_scope in entries.chunk_by(|(a, _), (b, _)| (&a.account, &a.region) == (&b.account, &b.region)) {
            let Some(scope) = of_scope.first().and_then(|(key, _)| scope_of(key)) else { continue };
            // While nothing is recorded nothing is judged that waits.
            if recorder::find(&self.parts.catalog, &scope).is_none_or(|found| !found.value.is_recording) {
                continue;
            }
            for batch in of_scope.chunks(BATCH) {
                self.judge(&scope, batch, now).await?;
            }
        }
        Ok(())
    }
}
