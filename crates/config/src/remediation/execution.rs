//! Executions of remediations: the newest of each resource, which is also what is still to be done.

use api::config::types;
use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Held, Key, Record, Transaction, Versioned};

use super::{RemediationRecord, exception, resource_key};
use crate::ports::AutomationStep;
use crate::present::SEPARATOR;
use crate::rule::ResourceKey;

/// The newest execution for a resource. The key is the rule's name, then the resource's type and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExecutionRecord {
    pub(crate) state: ExecutionState,
    /// Who asked for it.
    pub(crate) asked_by: AskedBy,
    /// When; those that were asked for together have the same.
    pub(crate) asked: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) steps: Vec<AutomationStep>,
    /// When it is looked at next; without, once there is room for it, or never.
    pub(crate) due: Option<Timestamp>,
    /// Calls for it that failed in a row.
    pub(crate) failures: u32,
    /// When attempts by itself were begun, as far as those count.
    pub(crate) attempts: Vec<Timestamp>,
}

impl Record for ExecutionRecord {
    const KIND: &'static str = "config.remediation_execution";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// How far an execution is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ExecutionState {
    Queued,
    InProgress { execution_id: String },
    Succeeded,
    Failed,
}

/// Who asked for an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AskedBy {
    /// A caller.
    Caller,
    /// A result that breaks the rule.
    Result,
}

impl ExecutionRecord {
    /// One that is to be begun.
    pub(crate) fn new(asked_by: AskedBy, attempts: Vec<Timestamp>, now: Timestamp) -> Self {
        Self {
            state: ExecutionState::Queued,
            asked_by,
            asked: now,
            updated: now,
            steps: Vec::new(),
            due: Some(now),
            failures: 0,
            attempts,
        }
    }

    pub(crate) fn is_under_way(&self) -> bool {
        matches!(self.state, ExecutionState::Queued | ExecutionState::InProgress { .. })
    }

    /// The attempts that count: those within the window.
    pub(crate) fn attempts_within(&self, remediation: &RemediationRecord, now: Timestamp) -> Vec<Timestamp> {
        let since = now.plus_millis(-remediation.window_ms());
        self.attempts.iter().copied().filter(|at| *at > since).collect()
    }

    pub(crate) fn to_api(&self, resource: &ResourceKey) -> types::RemediationExecutionStatus {
        let state = match self.state {
            ExecutionState::Queued => types::RemediationExecutionState::Queued,
            ExecutionState::InProgress { .. } => types::RemediationExecutionState::InProgress,
            ExecutionState::Succeeded => types::RemediationExecutionState::Succeeded,
            ExecutionState::Failed => types::RemediationExecutionState::Failed,
        };
        types::RemediationExecutionStatus {
            resource_key: Some(types::ResourceKey {
                resource_type: resource.resource_type.clone(),
                resource_id: resource.resource_id.clone(),
            }),
            state: Some(state),
            step_details: Some(self.steps.iter().map(step_to_api).collect()),
            invocation_time: Some(self.asked),
            last_updated_time: Some(self.updated),
        }
    }
}

fn step_to_api(step: &AutomationStep) -> types::RemediationExecutionStep {
    let state = match step.status.as_str() {
        "Success" | "CompletedWithSuccess" => types::RemediationExecutionStepState::Succeeded,
        "Failed" | "TimedOut" | "Cancelled" | "CompletedWithFailure" | "Rejected" => {
            types::RemediationExecutionStepState::Failed
        }
        "Pending" | "Waiting" | "Scheduled" | "" => types::RemediationExecutionStepState::Pending,
        "InProgress" | "Cancelling" | "RunbookInProgress" => types::RemediationExecutionStepState::InProgress,
        "Exited" => types::RemediationExecutionStepState::Exited,
        _ => types::RemediationExecutionStepState::Unknown,
    };
    types::RemediationExecutionStep {
        name: Some(step.name.clone()),
        state: Some(state),
        error_message: step.failure.clone(),
        start_time: step.started,
        stop_time: step.ended,
    }
}

/// The newest execution for a resource.
pub(crate) fn find(
    catalog: &Catalog,
    scope: &Scope,
    rule_name: &str,
    resource: &ResourceKey,
) -> Option<Versioned<ExecutionRecord>> {
    catalog.get(&resource_key(scope, rule_name, resource))
}

/// All executions of a rule, by type and id.
pub(crate) fn of_rule(catalog: &Catalog, scope: &Scope, rule_name: &str) -> Vec<(Key, Versioned<ExecutionRecord>)> {
    let prefix = format!("{rule_name}{SEPARATOR}");
    let found = catalog.list_prefix::<ExecutionRecord>(&scope.account, Some(&scope.region), &prefix);
    found.into_iter().map(|(name, found)| (Key::regional(&scope.account, &scope.region, name), found)).collect()
}

/// Puts an execution in the place of the one that was found.
pub(crate) fn put(
    transaction: &mut Transaction,
    scope: &Scope,
    rule_name: &str,
    resource: &ResourceKey,
    found: Option<&Versioned<ExecutionRecord>>,
    record: &ExecutionRecord,
) {
    let key = resource_key(scope, rule_name, resource);
    match found {
        Some(found) => transaction.update(key, found.version, record),
        None => transaction.create(key, record),
    };
}

/// Adds to the transaction of a result that breaks a rule that it is seen to, where that is done by itself: unless the
/// resource is to be left alone, or is being seen to. Who commits wakes [`Signals::remediations`](crate::Signals).
pub(crate) fn hear(
    catalog: &Catalog,
    transaction: &mut Transaction,
    scope: &Scope,
    rule_name: &str,
    resource: &ResourceKey,
    now: Timestamp,
) {
    let Some(remediation) = super::find(catalog, scope, rule_name) else { return };
    let remediation = &remediation.value;
    let is_left_alone = exception::find(catalog, scope, rule_name, resource, now).is_some();
    if !remediation.is_automatic() || !remediation.is_about(&resource.resource_type) || is_left_alone {
        return;
    }
    let found = find(catalog, scope, rule_name, resource);
    let is_seen_to = found.as_ref().is_some_and(|found| {
        // One that failed and is tried again before long is under way too.
        found.value.is_under_way() || found.value.due.is_some()
    });
    if is_seen_to {
        return;
    }
    let attempts = found.as_ref().map(|found| found.value.attempts_within(remediation, now)).unwrap_or_default();
    let record = ExecutionRecord::new(AskedBy::Result, attempts, now);
    put(transaction, scope, rule_name, resource, found.as_ref(), &record);
}
