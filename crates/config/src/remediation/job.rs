//! Seeing to resources: beginning executions as far as there is room, and following them to their ends.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use futures_util::StreamExt as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use store::catalog::{CatalogError, Key, Transaction, Versioned};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::exception::ExceptionRecord;
use super::execution::{self, AskedBy, ExecutionRecord, ExecutionState};
use super::step::{self, Next};
use super::{RemediationRecord, exception, resource_of};
use crate::earliest::Earliest;
use crate::ports::{Caller, Invoked, NewAutomation};
use crate::results;
use crate::retention::scope_of;
use crate::rule::{Compliance, ResourceKey};
use crate::rule_book::{self, RuleRecord};
use crate::service::Parts;

/// Calls that are under way for one rule.
const AT_ONCE: usize = 8;
/// Results that are looked at in one transaction.
const PAGE: usize = 128;

/// Sees to resources that break rules.
pub struct Remediate {
    parts: Parts,
    earliest: Earliest<ExecutionRecord>,
}

/// The remediation of a rule, and who it is called for.
struct Charge<'a> {
    scope: &'a Scope,
    rule: &'a RuleRecord,
    remediation: &'a RemediationRecord,
}

/// An execution as it was found.
type Found = (Key, ResourceKey, Versioned<ExecutionRecord>);

impl Remediate {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, earliest: Earliest::new(|record: &ExecutionRecord| record.due) }
    }

    /// Lets all resources be seen to that break rules whose remediation was put and is automatic.
    async fn look(&self, now: Timestamp) -> Result<(), JobError> {
        let catalog = &self.parts.catalog;
        for (key, found) in catalog.list_all::<RemediationRecord>() {
            let (Some(scope), Some(_)) = (scope_of(&key), found.value.look_since) else { continue };
            let rule = rule_book::find(catalog, &scope, &key.name);
            let mut after = None;
            while let Some(rule) = &rule {
                let page = results::of_rule(catalog, &scope, &rule.value.id, after.as_ref(), PAGE);
                let Some((last, _)) = page.last() else { break };
                after = Some(last.clone());
                let mut transaction = Transaction::default();
                for (resource, result) in &page {
                    if result.value.compliance == Compliance::NonCompliant {
                        execution::hear(catalog, &mut transaction, &scope, &key.name, resource, now);
                    }
                }
                self.commit(transaction).await?;
            }
            let mut transaction = Transaction::default();
            let looked = RemediationRecord { look_since: None, ..RemediationRecord::clone(&found.value) };
            transaction.update(key, found.version, &looked);
            self.commit(transaction).await?;
        }
        Ok(())
    }

    /// Lets go of exceptions that are over.
    async fn forget(&self, now: Timestamp) -> Result<(), JobError> {
        let mut over = Vec::new();
        self.parts
            .catalog
            .for_each::<ExceptionRecord>(|key, record| over.extend(record.is_over(now).then(|| key.clone())));
        for key in over {
            let mut transaction = Transaction::default();
            if let Some(found) =
                self.parts.catalog.get::<ExceptionRecord>(&key).filter(|found| found.value.is_over(now))
            {
                transaction.delete::<ExceptionRecord>(key, found.version);
            }
            self.commit(transaction).await?;
        }
        Ok(())
    }

    /// The rules with an execution that is due.
    fn due(&self, now: Timestamp) -> BTreeSet<(Scope, String)> {
        let mut due = BTreeSet::new();
        self.parts.catalog.for_each::<ExecutionRecord>(|key, record| {
            let is_due = record.due.is_some_and(|due| due <= now);
            let named = scope_of(key).filter(|_| is_due).zip(resource_of(key));
            due.extend(named.map(|(scope, (rule_name, _))| (scope, rule_name)));
        });
        due
    }

    async fn see_to(&self, scope: &Scope, rule_name: &str, now: Timestamp) -> Result<(), JobError> {
        let catalog = &self.parts.catalog;
        let remediation = super::find(catalog, scope, rule_name);
        let rule = rule_book::find(catalog, scope, rule_name);
        let (Some(remediation), Some(rule)) = (remediation, rule) else {
            let mut transaction = Transaction::default();
            super::remove(catalog, &mut transaction, scope, rule_name);
            return self.commit(transaction).await;
        };
        let charge = Charge { scope, rule: &rule.value, remediation: &remediation.value };
        let is_due = |found: &Found| found.2.value.due.is_some_and(|due| due <= now);
        for found in self.executions(&charge).into_iter().filter(is_due) {
            match &found.2.value.state {
                ExecutionState::Queued => {}
                ExecutionState::InProgress { execution_id } => {
                    let progress = self.parts.outlets.automations.progress(&charge.caller(&found), execution_id).await;
                    let next = step::looked_at(&found.2.value, charge.remediation, progress, now);
                    self.write(&charge, &found, next).await?;
                }
                ExecutionState::Succeeded | ExecutionState::Failed => self.try_again(&charge, &found, now).await?,
            }
        }
        while self.begin_some(&charge, now).await? {}
        Ok(())
    }

    fn executions(&self, charge: &Charge<'_>) -> Vec<Found> {
        let found = execution::of_rule(&self.parts.catalog, charge.scope, &charge.rule.name);
        found.into_iter().filter_map(|(key, found)| Some((key.clone(), resource_of(&key)?.1, found))).collect()
    }

    /// Queues once more what failed, if that is still to be.
    async fn try_again(&self, charge: &Charge<'_>, found: &Found, now: Timestamp) -> Result<(), JobError> {
        let (_, resource, execution) = found;
        let catalog = &self.parts.catalog;
        let result = results::find(catalog, charge.scope, &charge.rule.id, resource);
        let is_broken = result.is_some_and(|result| result.value.compliance == Compliance::NonCompliant);
        let is_left_alone = exception::find(catalog, charge.scope, &charge.rule.name, resource, now).is_some();
        let record = match is_broken && !is_left_alone && charge.remediation.is_automatic() {
            true => ExecutionRecord::new(AskedBy::Result, execution.value.attempts.clone(), now),
            false => ExecutionRecord { due: None, ..ExecutionRecord::clone(&execution.value) },
        };
        self.write(charge, found, Next { record, exception: None }).await
    }

    /// Begins executions as far as there is room; whether there may be more to begin.
    async fn begin_some(&self, charge: &Charge<'_>, now: Timestamp) -> Result<bool, JobError> {
        let all = self.executions(charge);
        let is_running = |found: &&Found| matches!(found.2.value.state, ExecutionState::InProgress { .. });
        let under_way = all.iter().filter(|found| found.2.value.is_under_way()).count();
        let running = all.iter().filter(is_running).count();
        let mut room = charge.remediation.concurrent(under_way).saturating_sub(running).min(AT_ONCE);
        let mut begin = Vec::new();
        let mut queued: Vec<_> = all.iter().filter(|found| found.2.value.state == ExecutionState::Queued).collect();
        queued.sort_by_key(|found| found.2.value.asked);
        for found in queued {
            let record = &found.2.value;
            let is_waiting = record.due.is_some_and(|due| due > now);
            if is_waiting {
                continue;
            }
            if has_failed_too_often(charge, &all, record.asked) {
                self.write(charge, found, step::given_up(record, charge.remediation, now)).await?;
            } else if room > 0 {
                room -= 1;
                begin.push(found.clone());
            } else if record.due.is_some() {
                // It begins when another one ends.
                let record = ExecutionRecord { due: None, ..ExecutionRecord::clone(record) };
                self.write(charge, found, Next { record, exception: None }).await?;
            }
        }
        let is_any = !begin.is_empty();
        let begun: Vec<_> = futures_util::stream::iter(begin)
            .map(|found| async move {
                let next = self.begin(charge, &found, now).await;
                self.write(charge, &found, next).await
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        begun.into_iter().collect::<Result<(), JobError>>()?;
        Ok(is_any)
    }

    async fn begin(&self, charge: &Charge<'_>, found: &Found, now: Timestamp) -> Next {
        let (key, resource, execution) = found;
        let (record, remediation) = (&*execution.value, charge.remediation);
        let (caller, token) = (charge.caller(found), token(key, record.asked));
        if let Some(url) = remediation.webhook() {
            let event = charge.event(resource, &token).to_string();
            return match self.parts.outlets.functions.invoke(&caller, url, &event).await {
                Ok(Invoked::Taken | Invoked::Answered(_)) => step::done(record, url, now),
                Err(failure) => step::not_begun(record, remediation, &failure, now),
            };
        }
        let automation = NewAutomation {
            document: remediation.target_id.clone(),
            version: remediation.target_version.clone(),
            parameters: remediation.parameters_for(resource),
            token,
        };
        match self.parts.outlets.automations.start(&caller, &automation).await {
            Ok(execution_id) => step::begun(record, execution_id, now),
            Err(failure) => step::not_begun(record, remediation, &failure, now),
        }
    }

    async fn write(&self, charge: &Charge<'_>, found: &Found, next: Next) -> Result<(), JobError> {
        let (key, resource, execution) = found;
        let mut transaction = Transaction::default();
        transaction.update(key.clone(), execution.version, &next.record);
        if let Some(record) = next.exception {
            exception::put(&mut transaction, charge.scope, &charge.rule.name, resource, &record);
        }
        self.commit(transaction).await
    }

    /// What others changed meanwhile is looked at again.
    async fn commit(&self, transaction: Transaction) -> Result<(), JobError> {
        if transaction.is_empty() {
            return Ok(());
        }
        match self.parts.catalog.commit(transaction).await {
            Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Charge<'_> {
    fn caller(&self, found: &Found) -> Caller {
        Caller { scope: self.scope.clone(), rule_arn: self.rule.arn(self.scope), failures: found.2.value.failures }
    }

    /// What a webhook is told.
    fn event(&self, resource: &ResourceKey, token: &str) -> serde_json::Value {
        let parameters = self.remediation.parameters_for(resource).into_iter();
        let parameters: serde_json::Map<_, _> = parameters.map(|(name, values)| (name, json!(values))).collect();
        json!({
            "messageType": "RemediationExecution",
            "executionToken": token,
            "configRuleName": self.rule.name,
            "configRuleArn": self.rule.arn(self.scope),
            "configRuleId": self.rule.id,
            "awsAccountId": self.scope.account.as_str(),
            "awsRegion": self.scope.region.as_str(),
            "resourceType": resource.resource_type,
            "resourceId": resource.resource_id,
            "parameters": parameters,
        })
    }
}

/// Whether so many of the executions failed that were asked for then that those which wait are given up.
fn has_failed_too_often(charge: &Charge<'_>, all: &[Found], asked: Timestamp) -> bool {
    let together = || all.iter().filter(|found| found.2.value.asked == asked);
    let failed = together().filter(|found| found.2.value.state == ExecutionState::Failed).count();
    charge.remediation.is_too_many(failed, together().count())
}

/// A UUID that is the same for all attempts at one start, also after a crash between the call and its record.
fn token(key: &Key, asked: Timestamp) -> String {
    let region = key.region.as_ref().map(ToString::to_string).unwrap_or_default();
    let text = format!("{}\n{region}\n{}\n{}", key.account, key.name, asked.millis());
    let digest = Sha256::digest(text.as_bytes());
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

#[async_trait]
impl Job for Remediate {
    fn name(&self) -> &str {
        "config.remediations"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let next = self.earliest.get(&self.parts.catalog);
        next.into_iter().chain([last_run.plus(self.period())]).min()
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.remediations
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        self.look(now).await?;
        self.forget(now).await?;
        loop {
            let due = self.due(now);
            if due.is_empty() {
                return Ok(());
            }
            let rules = due.into_iter().map(|(scope, rule)| async move { self.see_to(&scope, &rule, now).await });
            let seen: Vec<_> = futures_util::stream::iter(rules).buffer_unordered(AT_ONCE).collect().await;
            seen.into_iter().collect::<Result<(), JobError>>()?;
        }
    }
}
