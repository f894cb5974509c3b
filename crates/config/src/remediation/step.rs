//! What follows for an execution from what was learnt of it: pure decisions.

use std::time::Duration;

use base::Timestamp;

use super::RemediationRecord;
use super::exception::ExceptionRecord;
use super::execution::{AskedBy, ExecutionRecord, ExecutionState};
use crate::ports::{AutomationProgress, AutomationState, AutomationStep, CallFailure};

/// How long until an automation is looked at again.
const LOOK: Duration = Duration::from_secs(5);
/// The pauses before a call is made again that failed and may succeed.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(60), Duration::from_secs(300)];

/// An execution as it is next, and the exception that its resource gets.
#[derive(Debug, PartialEq)]
pub(super) struct Next {
    pub(super) record: ExecutionRecord,
    pub(super) exception: Option<ExceptionRecord>,
}

impl Next {
    const fn of(record: ExecutionRecord) -> Self {
        Self { record, exception: None }
    }
}

/// The automation was started.
pub(super) fn begun(record: &ExecutionRecord, execution_id: String, now: Timestamp) -> Next {
    let state = ExecutionState::InProgress { execution_id };
    Next::of(ExecutionRecord { state, updated: now, due: Some(now.plus(LOOK)), failures: 0, ..tried(record, now) })
}

/// A webhook did what it is to do.
pub(super) fn done(record: &ExecutionRecord, target: &str, now: Timestamp) -> Next {
    let step = AutomationStep {
        name: target.to_owned(),
        status: "Success".to_owned(),
        failure: None,
        started: Some(now),
        ended: Some(now),
    };
    succeeded(tried(record, now), vec![step], now)
}

/// A call to start it failed.
pub(super) fn not_begun(
    record: &ExecutionRecord,
    remediation: &RemediationRecord,
    failure: &CallFailure,
    now: Timestamp,
) -> Next {
    match pause(failure, record.failures) {
        Some(pause) => Next::of(ExecutionRecord {
            due: Some(now.plus(pause)),
            failures: record.failures + 1,
            updated: now,
            ..record.clone()
        }),
        None => failed(tried(record, now), remediation, &failure.to_string(), now),
    }
}

/// It was looked at.
pub(super) fn looked_at(
    record: &ExecutionRecord,
    remediation: &RemediationRecord,
    progress: Result<AutomationProgress, CallFailure>,
    now: Timestamp,
) -> Next {
    let record = record.clone();
    match progress {
        Ok(AutomationProgress { state: AutomationState::Running, steps }) => {
            let updated = if steps == record.steps { record.updated } else { now };
            Next::of(ExecutionRecord { steps, updated, due: Some(now.plus(LOOK)), failures: 0, ..record })
        }
        Ok(AutomationProgress { state: AutomationState::Succeeded, steps }) => succeeded(record, steps, now),
        Ok(AutomationProgress { state: AutomationState::Failed(why), steps }) => {
            failed(ExecutionRecord { steps, ..record }, remediation, &why, now)
        }
        Err(failure) => match pause(&failure, record.failures) {
            Some(pause) => {
                let failures = record.failures + 1;
                Next::of(ExecutionRecord { due: Some(now.plus(pause)), failures, ..record })
            }
            None => {
                let why = format!("It cannot be told how it goes with the automation: {failure}");
                failed(record, remediation, &why, now)
            }
        },
    }
}

/// Those that were asked for together failed too often.
pub(super) fn given_up(record: &ExecutionRecord, remediation: &RemediationRecord, now: Timestamp) -> Next {
    let why = "Too many executions failed that were asked for together with this one.";
    let next = failed(record.clone(), remediation, why, now);
    Next::of(ExecutionRecord { due: None, ..next.record })
}

/// An attempt by itself counts, once it was begun.
fn tried(record: &ExecutionRecord, now: Timestamp) -> ExecutionRecord {
    let mut record = record.clone();
    if record.asked_by == AskedBy::Result {
        record.attempts.push(now);
    }
    record
}

fn succeeded(record: ExecutionRecord, steps: Vec<AutomationStep>, now: Timestamp) -> Next {
    let state = ExecutionState::Succeeded;
    Next::of(ExecutionRecord { state, steps, updated: now, due: None, failures: 0, ..record })
}

/// It failed: by itself it is tried again until the attempts are used up; those that were within the window bring the
/// resource an exception (config.md §8.4).
fn failed(mut record: ExecutionRecord, remediation: &RemediationRecord, why: &str, now: Timestamp) -> Next {
    if !record.steps.iter().any(|step| step.failure.is_some()) {
        record.steps.push(AutomationStep {
            name: remediation.target_id.clone(),
            status: "Failed".to_owned(),
            failure: Some(why.to_owned()),
            started: None,
            ended: Some(now),
        });
    }
    let record = ExecutionRecord { state: ExecutionState::Failed, updated: now, due: None, failures: 0, ..record };
    if record.asked_by == AskedBy::Caller || !remediation.is_automatic() {
        return Next::of(record);
    }
    let (most, last) = (remediation.attempts_max(), record.attempts.last().copied().unwrap_or(now));
    if record.attempts_within(remediation, last).len() >= most {
        let secs = remediation.window_ms() / 1000;
        let message = format!(
            "Automatic remediation was attempted {most} times within {secs} seconds, and the resource is as it was."
        );
        return Next { record, exception: Some(ExceptionRecord { message: Some(message), until: None }) };
    }
    // Attempts that are quick all begin within the window; slow ones end with their number.
    let pause_ms = remediation.window_ms() / i64::try_from(most.max(1)).unwrap_or(1);
    let next = last.plus_millis(pause_ms.max(1)).max(now.plus_millis(1));
    let due = (record.attempts.len() < most).then_some(next);
    Next::of(ExecutionRecord { due, ..record })
}

fn pause(failure: &CallFailure, failures: u32) -> Option<Duration> {
    let pause = usize::try_from(failures).ok().and_then(|at| PAUSES.get(at)).copied();
    pause.filter(|_| failure.is_passing)
}
