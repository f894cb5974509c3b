//! Functions and automations in memory: they keep what they were given, and answer what a test told them to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;

use crate::ports::{AutomationProgress, Automations, CallFailure, Caller, Functions, Invoked, NewAutomation};

/// What is called.
#[derive(Default)]
pub(crate) struct Callees(Mutex<State>);

#[derive(Default)]
pub(crate) struct State {
    /// Functions that are not there.
    pub(crate) missing: Vec<String>,
    /// What invocations come to, in turn; taken, when nothing is left.
    pub(crate) answers: VecDeque<Result<Invoked, CallFailure>>,
    /// What was invoked, and with what.
    pub(crate) invoked: Vec<(String, serde_json::Value)>,
    /// Why automations cannot be started.
    pub(crate) unstartable: Option<CallFailure>,
    /// The automations that were started; the id of an execution is `execution-` and its place.
    pub(crate) started: Vec<NewAutomation>,
    /// How it goes with executions.
    pub(crate) progress: BTreeMap<String, AutomationProgress>,
}

impl Callees {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The payloads since this was last asked for.
    pub(crate) fn payloads(&self) -> Vec<serde_json::Value> {
        std::mem::take(&mut self.state().invoked).into_iter().map(|(_, payload)| payload).collect()
    }
}

#[async_trait]
impl Functions for Callees {
    async fn check(&self, _: &Caller, function: &str) -> Result<(), CallFailure> {
        match self.state().missing.iter().any(|missing| missing == function) {
            true => Err(CallFailure::lasting("ResourceNotFoundException", "Function not found")),
            false => Ok(()),
        }
    }

    async fn invoke(&self, _: &Caller, function: &str, payload: &str) -> Result<Invoked, CallFailure> {
        let mut state = self.state();
        state.invoked.push((function.to_owned(), serde_json::from_str(payload).unwrap()));
        state.answers.pop_front().unwrap_or(Ok(Invoked::Taken))
    }
}

#[async_trait]
impl Automations for Callees {
    async fn start(&self, _: &Caller, automation: &NewAutomation) -> Result<String, CallFailure> {
        let mut state = self.state();
        if let Some(failure) = state.unstartable.clone() {
            return Err(failure);
        }
        state.started.push(automation.clone());
        Ok(format!("execution-{}", state.started.len()))
    }

    async fn progress(&self, _: &Caller, execution_id: &str) -> Result<AutomationProgress, CallFailure> {
        let found = self.state().progress.get(execution_id).cloned();
        found.ok_or_else(|| CallFailure::passing("AutomationExecutionNotFound", "there is no such execution yet"))
    }
}
