//! Putting the rules of packs, and removing them: each pack in one transaction, so that a failure, or the end of the
//! server, leaves all of it or nothing of it done.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use api::ServiceError;
use api::config::types::{PutConfigRuleRequest, PutRemediationConfigurationsRequest};
use async_trait::async_trait;
use base::{Scope, Timestamp};
use store::catalog::{CatalogError, Transaction, Versioned};
use store::job::{Job, JobError};
use tokio::sync::Notify;
use wire::value::IntoValue;

use super::pack::{self, CREATED_BY, PackRecord, PackRule, PackState, PackTemplateRecord};
use super::template::{self, ResourceKind, WantedResource};
use super::{RULES_MAX, properties};
use crate::custom;
use crate::names::unique;
use crate::ops::put_config_rule::Given;
use crate::ports::{NewObject, ObjectContent};
use crate::recorder;
use crate::remediation::{self, RemediationRecord};
use crate::retention::scope_of;
use crate::rule_book::{self, RuleRecord, RuleSource, RuleState};
use crate::rule_state::{self, Why};
use crate::service::Parts;
use crate::validation;

/// How often a pack is decided anew when others are faster.
const ATTEMPTS: usize = 16;

/// Puts the rules of packs, and removes them.
pub struct DeployPacks {
    parts: Parts,
}

/// What a pack asks for, held against what can be.
#[derive(Default)]
struct Plan {
    rules: Vec<PlannedRule>,
    remediations: Vec<(String, RemediationRecord)>,
}

struct PlannedRule {
    name: String,
    /// Its id, if it is new.
    new_id: String,
    given: Given,
}

/// Why a pack is not put.
enum Obstacle {
    /// A rule of it is still going; it is tried again.
    Wait,
    Failed(String),
}

impl From<template::TemplateError> for Obstacle {
    fn from(error: template::TemplateError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<ServiceError> for Obstacle {
    fn from(error: ServiceError) -> Self {
        Self::Failed(error.message.unwrap_or_else(|| error.name.into_owned()))
    }
}

impl DeployPacks {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Does for a pack what is to be done; again while others change what it was decided on.
    async fn settle(&self, scope: &Scope, name: &str, now: Timestamp) -> Result<(), JobError> {
        for _ in 0..ATTEMPTS {
            let Some(found) = pack::find(&self.parts.catalog, scope, name) else { return Ok(()) };
            let transaction = match found.value.state {
                PackState::Creating => match self.planned(scope, &found, now).await {
                    Ok(transaction) => transaction,
                    Err(Obstacle::Wait) => return Ok(()),
                    Err(Obstacle::Failed(reason)) => failed(scope, &found, reason, now),
                },
                PackState::Deleting => self.remove(scope, &found),
                PackState::Created | PackState::CreateFailed { .. } => return Ok(()),
            };
            match self.parts.catalog.commit(transaction).await {
                Ok(()) => {
                    self.parts.signals.schedule.notify_one();
                    self.parts.signals.remediations.notify_one();
                    return Ok(());
                }
                Err(CatalogError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err("others are always faster to change the rules of a pack".into())
    }

    /// What puts a pack, once its template is where it is delivered.
    async fn planned(
        &self,
        scope: &Scope,
        found: &Versioned<PackRecord>,
        now: Timestamp,
    ) -> Result<Transaction, Obstacle> {
        let text = self.template(scope, &found.value);
        let plan = self.plan(scope, &found.value, &text, now).await?;
        let transaction = self.put(scope, found, &plan, now)?;
        self.deliver(scope, &found.value, text).await?;
        Ok(transaction)
    }

    fn template(&self, scope: &Scope, pack: &PackRecord) -> String {
        let template = self.parts.catalog.get::<PackTemplateRecord>(&pack::key(scope, &pack.name));
        template.map(|found| found.value.text.clone()).unwrap_or_default()
    }

    /// Stores the template in the bucket that the pack names, as the recorder delivers; done again it is the same object.
    async fn deliver(&self, scope: &Scope, pack: &PackRecord, text: String) -> Result<(), Obstacle> {
        let Some((bucket, key)) = pack.delivery(scope) else { return Ok(()) };
        let recorder = recorder::find(&self.parts.catalog, scope).ok_or_else(without_recorder)?;
        let object = NewObject { key, body: text.into_bytes(), content: ObjectContent::Plain, kms_key_arn: None };
        let sent = self.parts.outlets.buckets.put(&recorder.value.sender(scope), bucket, &object).await;
        sent.map_err(|error| {
            Obstacle::Failed(format!("The template cannot be stored in the bucket {bucket} ({error})."))
        })
    }

    async fn plan(&self, scope: &Scope, pack: &PackRecord, text: &str, now: Timestamp) -> Result<Plan, Obstacle> {
        let inputs: BTreeMap<_, _> = pack.inputs.iter().cloned().collect();
        let resources = template::parse(text)?.render(scope, &inputs)?;
        let mut plan = Plan::default();
        let mut given_names = BTreeSet::new();
        for resource in resources.iter().filter(|resource| resource.kind == ResourceKind::Rule) {
            let rule = self.plan_rule(scope, pack, resource, now).await?;
            if !given_names.insert(rule.name.clone()) {
                return Err(Obstacle::Failed(format!("The rule {} stands twice in the template.", rule.name)));
            }
            plan.rules.push(rule);
        }
        if plan.rules.len() > RULES_MAX {
            return Err(Obstacle::Failed(format!("A conformance pack can have at most {RULES_MAX} rules.")));
        }
        for resource in resources.iter().filter(|resource| resource.kind == ResourceKind::Remediation) {
            let mut given = properties::remediation(resource)?;
            given.config_rule_name = pack.rule_name(&given.config_rule_name);
            if !given_names.remove(&given.config_rule_name) {
                let name = &given.config_rule_name;
                let reason = format!("The remediation of {name} has no rule, or the rule has two.");
                return Err(Obstacle::Failed(reason));
            }
            let request = PutRemediationConfigurationsRequest { remediation_configurations: vec![given.clone()] };
            let operation = api::config::SERVICE.operation("PutRemediationConfigurations");
            validation::validate(operation.expect("the model has the operation"), &request.into_value())?;
            let id = base::id::uuid(&*self.parts.entropy).to_string();
            let record = remediation::of_api(&given, id, now)?;
            let record = RemediationRecord { created_by: Some(CREATED_BY.to_owned()), ..record };
            plan.remediations.push((given.config_rule_name, record));
        }
        Ok(plan)
    }

    /// A rule as `PutConfigRule` would take it.
    async fn plan_rule(
        &self,
        scope: &Scope,
        pack: &PackRecord,
        resource: &WantedResource,
        now: Timestamp,
    ) -> Result<PlannedRule, Obstacle> {
        let mut rule = properties::rule(resource)?;
        let name = pack.rule_name(rule.config_rule_name.as_deref().unwrap_or_default());
        rule.config_rule_name = Some(name.clone());
        let request = PutConfigRuleRequest { config_rule: rule.clone(), tags: None };
        let operation = api::config::SERVICE.operation("PutConfigRule").expect("the model has the operation");
        validation::validate(operation, &request.into_value())?;
        let given = Given::read(rule)?;
        let new_id = format!("config-rule-{}", unique(&*self.parts.entropy, 6));
        if let RuleSource::Lambda { function_arn, .. } = &given.source {
            let record = of_pack(given.record(&name, &new_id, &[], now));
            custom::check_function(&self.parts, scope, &record.arn(scope), function_arn).await?;
        }
        Ok(PlannedRule { name, new_id, given })
    }

    /// Puts rules that are new or other than they were, and removes those that the template has no more.
    fn put(
        &self,
        scope: &Scope,
        found: &Versioned<PackRecord>,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<Transaction, Obstacle> {
        let catalog = &self.parts.catalog;
        recorder::find(catalog, scope).ok_or_else(without_recorder)?;
        let mut transaction = Transaction::default();
        let (mut rules, mut added) = (Vec::new(), 0);
        for planned in &plan.rules {
            let before = rule_book::find(catalog, scope, &planned.name);
            if before.as_ref().is_some_and(|before| before.value.state != RuleState::Active) {
                return Err(Obstacle::Wait);
            }
            let id = before.as_ref().map_or(&planned.new_id, |before| &before.value.id);
            let tags = before.as_ref().map(|before| before.value.tags.as_slice()).unwrap_or_default();
            let mut record = of_pack(planned.given.record(&planned.name, id, tags, now));
            rules.push(PackRule { name: record.name.clone(), id: record.id.clone() });
            if let Some(before) = &before {
                record.created = before.value.created;
                if (RuleRecord { changed: before.value.changed, ..record.clone() }) == *before.value {
                    continue;
                }
            }
            added += usize::from(before.is_none());
            rule_book::put(catalog, &mut transaction, scope, before.as_ref(), &record);
            rule_state::want(catalog, &mut transaction, scope, &record.id, Why::Put, now);
        }
        let most = self.parts.settings.rules_max;
        if rule_book::all(catalog, scope).len() + added > most {
            let reason = format!("The account can contain at most {most} config rules in this region.");
            return Err(Obstacle::Failed(reason));
        }
        rules.sort_by(|one, other| one.name.cmp(&other.name));
        let gone = found.value.rules.iter().filter(|rule| !rules.contains(rule));
        gone.for_each(|rule| self.remove_rule(scope, rule, &mut transaction));
        self.put_remediations(scope, &rules, plan, &mut transaction);
        let record =
            PackRecord { state: PackState::Created, rules, completed: Some(now), ..PackRecord::clone(&found.value) };
        transaction.update(pack::key(scope, &found.value.name), found.version, &record);
        Ok(transaction)
    }

    fn put_remediations(&self, scope: &Scope, rules: &[PackRule], plan: &Plan, transaction: &mut Transaction) {
        let catalog = &self.parts.catalog;
        for (name, record) in &plan.remediations {
            let key = remediation::key(scope, name);
            match remediation::find(catalog, scope, name) {
                Some(found) => {
                    let record = RemediationRecord { id: found.value.id.clone(), ..record.clone() };
                    transaction.update(key, found.version, &record);
                }
                None => drop(transaction.create(key, record)),
            }
        }
        for rule in rules.iter().filter(|rule| !plan.remediations.iter().any(|(name, _)| *name == rule.name)) {
            remediation::remove(catalog, transaction, scope, &rule.name);
        }
    }

    /// Lets a pack go with its rules, which a job of theirs removes.
    fn remove(&self, scope: &Scope, found: &Versioned<PackRecord>) -> Transaction {
        let mut transaction = Transaction::default();
        found.value.rules.iter().for_each(|rule| self.remove_rule(scope, rule, &mut transaction));
        let key = pack::key(scope, &found.value.name);
        if let Some(template) = self.parts.catalog.get::<PackTemplateRecord>(&key) {
            transaction.delete::<PackTemplateRecord>(key.clone(), template.version);
        }
        transaction.delete::<PackRecord>(key, found.version);
        transaction
    }

    fn remove_rule(&self, scope: &Scope, rule: &PackRule, transaction: &mut Transaction) {
        let found = rule_book::find(&self.parts.catalog, scope, &rule.name);
        let Some(found) = found.filter(|found| found.value.id == rule.id) else { return };
        remediation::remove(&self.parts.catalog, transaction, scope, &rule.name);
        if found.value.state != RuleState::Deleting {
            rule_book::remove(transaction, scope, &found);
        }
    }
}

fn without_recorder() -> Obstacle {
    let reason = "You must create a configuration recorder before you can create or update a Config rule.";
    Obstacle::Failed(reason.to_owned())
}

/// A rule as one that packs put.
fn of_pack(record: RuleRecord) -> RuleRecord {
    RuleRecord { created_by: Some(CREATED_BY.to_owned()), ..record }
}

/// A pack that is not put: what was put for it before stays as it is.
fn failed(scope: &Scope, found: &Versioned<PackRecord>, reason: String, now: Timestamp) -> Transaction {
    let state = PackState::CreateFailed { reason };
    let record = PackRecord { state, completed: Some(now), ..PackRecord::clone(&found.value) };
    let mut transaction = Transaction::default();
    transaction.update(pack::key(scope, &found.value.name), found.version, &record);
    transaction
}

#[async_trait]
impl Job for DeployPacks {
    fn name(&self) -> &str {
        "config.packs"
    }

    fn period(&self) -> Duration {
        // Where a pack waits for a rule to be gone.
        Duration::from_secs(5)
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.packs
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        for (key, found) in self.parts.catalog.list_all::<PackRecord>() {
            if let Some(scope) = scope_of(&key).filter(|_| found.value.is_busy()) {
                self.settle(&scope, &found.value.name, now).await?;
            }
        }
        Ok(())
    }
}
