//! What rules and their remediations call: functions, webhooks, automations.

use async_trait::async_trait;
use base::{Scope, Timestamp};
use serde_json::Value;

/// For which rule something is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The rule's account and region.
    pub scope: Scope,
    /// The rule's ARN: `aws:SourceArn`.
    pub rule_arn: String,
    /// How often the same was tried before, and failed.
    pub failures: u32,
}

/// Why something was not called, or not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct CallFailure {
    /// The code that a rule's status shows, such as `ResourceNotFoundException`.
    pub code: String,
    /// What happened.
    pub message: String,
    /// Whether the same may succeed later.
    pub is_passing: bool,
}

impl CallFailure {
    /// One that is for good.
    pub fn lasting(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), is_passing: false }
    }

    /// One that may pass.
    pub fn passing(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), is_passing: true }
    }
}

/// What came of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invoked {
    /// It was taken; what comes of it is told by `PutEvaluations`, if at all.
    Taken,
    /// A webhook answered at once: the body of its answer, which is not empty.
    Answered(Vec<u8>),
}

/// Functions by their ARNs, and webhooks by their `https://` or `http://` URLs.
#[async_trait]
pub trait Functions: Send + Sync + 'static {
    /// Whether a function is there and can be invoked; of a webhook, whether it can be called at all. Nothing is run.
    ///
    /// # Errors
    /// Why not.
    async fn check(&self, caller: &Caller, function: &str) -> Result<(), CallFailure>;

    /// Invokes a function without waiting for its result, or posts to a webhook.
    ///
    /// # Errors
    /// It was not taken, or whether it was cannot be told.
    async fn invoke(&self, caller: &Caller, function: &str, payload: &str) -> Result<Invoked, CallFailure>;
}

/// An automation to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAutomation {
    /// The document's name.
    pub document: String,
    /// Its version; none for its default.
    pub version: Option<String>,
    /// What it is given.
    pub parameters: Vec<(String, Vec<String>)>,
    /// The same for all attempts at one execution, so that it is begun once (`ClientToken`, a UUID).
    pub token: String,
}

/// How it goes with an automation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutomationProgress {
    /// What is known of its end.
    pub state: AutomationState,
    /// Its steps, in their order.
    pub steps: Vec<AutomationStep>,
}

/// What is known of an automation's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AutomationState {
    /// It goes on.
    Running,
    /// It did what it is to do.
    Succeeded,
    /// It did not, and why.
    Failed(String),
}

/// A step of an automation.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AutomationStep {
    /// Its name.
    pub name: String,
    /// The word that Systems Manager has for its state, such as `Success`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// The automations of Systems Manager (config.md §8.4).
#[async_trait]
pub trait Automations: Send + Sync + 'static {
    /// Starts one; gives the id of its execution.
    ///
    /// # Errors
    /// It was not started, or whether it was cannot be told.
    async fn start(&self, caller: &Caller, automation: &NewAutomation) -> Result<String, CallFailure>;

    /// How it goes with an execution.
    ///
    /// # Errors
    /// There is none, or it cannot be told.
    async fn progress(&self, caller: &Caller, execution_id: &str) -> Result<AutomationProgress, CallFailure>;
}

impl AutomationProgress {
    /// Reads the answer of `GetAutomationExecution`.
    ///
    /// # Errors
    /// It is none.
    pub fn of_answer(answer: &Value) -> Result<Self, CallFailure> {
        let execution = &answer["AutomationExecution"];
        let Some(status) = execution["AutomationExecutionStatus"].as_str() else {
            let message = "Systems Manager's answer tells no status of the execution.";
            return Err(CallFailure::lasting("InvalidAnswer", message));
        };
        let failure = || {
            let message = execution["FailureMessage"].as_str().unwrap_or_default();
            if message.is_empty() { format!("The automation ended as {status}.") } else { message.to_owned() }
        };
        let state = match status {
            "Success" | "CompletedWithSuccess" => AutomationState::Succeeded,
            "TimedOut" | "Cancelled" | "Failed" | "CompletedWithFailure" | "Rejected" | "Exited" => {
                AutomationState::Failed(failure())
            }
            _ => AutomationState::Running,
        };
        let steps = execution["StepExecutions"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(Self { state, steps: steps.iter().map(AutomationStep::of_answer).collect() })
    }
}

impl AutomationStep {
    fn of_answer(step: &Value) -> Self {
        let text = |key: &str| step[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let time = |key: &str| step[key].as_f64().and_then(Timestamp::from_secs_f64);
        Self {
            name: text("StepName").unwrap_or_default(),
            status: text("StepStatus").unwrap_or_default(),
            failure: text("FailureMessage"),
            started: time("ExecutionStartTime"),
            ended: time("ExecutionEndTime"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_words_of_systems_manager_are_read() {
        let progress = |execution: Value| AutomationProgress::of_answer(&json!({"AutomationExecution": execution}));
        for (status, expected) in [
            ("Pending", AutomationState::Running),
            ("InProgress", AutomationState::Running),
            ("Cancelling", AutomationState::Running),
            ("Success", AutomationState::Succeeded),
            ("Cancelled", AutomationState::Failed("The automation ended as Cancelled.".to_owned())),
        ] {
            assert_eq!(progress(json!({"AutomationExecutionStatus": status})).unwrap().state, expected, "{status}");
        }
        let failed = progress(json!({
            "AutomationExecutionStatus": "Failed",
            "FailureMessage": "step 1 failed",
            "StepExecutions": [
                {"StepName": "one", "StepStatus": "Failed", "FailureMessage": "no such bucket",
                 "ExecutionStartTime": 1_783_157_400.5},
            ],
        }));
        let failed = failed.unwrap();
        assert_eq!(failed.state, AutomationState::Failed("step 1 failed".to_owned()));
        let step = &failed.steps[0];
        assert_eq!((step.name.as_str(), step.failure.as_deref()), ("one", Some("no such bucket")));
        assert_eq!(step.started.map(Timestamp::millis), Some(1_783_157_400_500));
        assert!(progress(json!({})).is_err());
    }
}
