//! One task: it is done, and what came of it stands in the history in the same transaction that
//! removes it or puts it off.

use std::time::Duration;

use base::{Scope, Timestamp};
use outbound::{Attempt, webhook};
use store::catalog::{CatalogError, Key, Transaction, Versioned};

use super::calls::Calls;
use super::message::Notice;
use super::target::Target;
use super::{ActionParts, renotify};
use crate::alarms::history::{self, ActionOutcome, Entries};
use crate::alarms::{ActionError, scope_of};
use crate::record::{AlarmActionRecord, AlarmRecord, AlarmStateRecord, AlarmTask};

/// The pauses before an action that failed is tried again.
const PAUSES: [Duration; 3] = [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(300)];

/// How often a scaling policy is executed while the state lasts (cloudwatch.md §6.7).
const REPETITION: Duration = Duration::from_secs(60);

/// How often an outcome is written anew because others were faster.
const COMMITS_MAX: usize = 8;

/// What came of an action: what was sent, or why nothing was.
type Outcome = Result<Option<String>, ActionError>;

/// One task of an alarm.
struct Task<'a> {
    alarm: &'a Key,
    scope: Scope,
    key: &'a Key,
}

/// What is to be done with a task that would run an action.
enum Standing {
    /// It is run.
    Run,
    /// Nobody wants it any more.
    Drop,
    /// It waits.
    Later(Timestamp),
}

impl ActionParts {
    /// Does the task of this key, or puts it off.
    ///
    /// # Errors
    /// The catalog's: the task is as it was.
    pub(super) async fn perform(&self, alarm: &Key, key: &Key) -> Result<(), CatalogError> {
        let (Some(found), Some(scope)) = (self.catalog.get::<AlarmActionRecord>(key), scope_of(alarm)) else {
            return Ok(());
        };
        let task = Task { alarm, scope, key };
        let arn = match &found.value.task {
            AlarmTask::Event(event) => return self.send_event(&task, &found, event).await,
            AlarmTask::Run(arn) | AlarmTask::Repeat(arn) => arn,
        };
        let target = Target::parse(arn);
        match self.standing(&task, &found.value, &target) {
            Standing::Drop => self.remove(&task, &found).await,
            Standing::Later(due) => self.put_off(&task, &found, due, found.value.attempts).await,
            Standing::Run if target == Target::Topic => self.publish(&task, arn).await,
            Standing::Run => self.call(&task, &found.value, arn, &target).await,
        }
    }

    fn standing(&self, task: &Task<'_>, action: &AlarmActionRecord, target: &Target) -> Standing {
        let alarm = self.catalog.get::<AlarmRecord>(task.alarm);
        // One made anew under the name is another alarm.
        let alarm = alarm.filter(|found| found.value.created == action.alarm.created);
        let arn = match &action.task {
            // What a change asked for is done once, whatever became of the alarm since.
            AlarmTask::Run(_) if alarm.is_some() || action.attempts == 0 => return Standing::Run,
            AlarmTask::Repeat(arn) => arn,
            AlarmTask::Run(_) | AlarmTask::Event(_) => return Standing::Drop,
        };
        let Some(alarm) = alarm.filter(|found| found.value.actions(action.new.value).contains(arn)) else {
            return Standing::Drop;
        };
        let state = self.catalog.get::<AlarmStateRecord>(task.alarm);
        let Some(state) = state.filter(|found| still_lasts(action, &found.value)) else { return Standing::Drop };
        let now = self.clock.now();
        match renotify::is_held_back(&self.catalog, task.alarm, &alarm.value, &state.value, now) {
            false => Standing::Run,
            true if target.repeats() => Standing::Later(now.plus(REPETITION)),
            true => Standing::Drop,
        }
    }

    /// Publishes: message, history and the task's end are one transaction, so that a crash
    /// neither loses the message nor repeats it.
    async fn publish(&self, task: &Task<'_>, arn: &str) -> Result<(), CatalogError> {
        for _ in 0..COMMITS_MAX {
            let Some(found) = self.catalog.get::<AlarmActionRecord>(task.key) else { return Ok(()) };
            let (_, id) = task.key.name.rsplit_once('\n').unwrap_or_default();
            let publication = Notice::of(&task.scope, &task.alarm.name, &found.value).publication(arn, id);
            let mut transaction = Transaction::default();
            let now = self.clock.now();
            let published = self.outlets.topics.publish(&publication, now, &mut transaction).await;
            let outcome = published.map(|()| Some(publication.bodies));
            if outcome.is_err() {
                transaction = Transaction::default();
            }
            self.add_outcome(&mut transaction, task, &found, arn, &outcome);
            match self.catalog.commit(transaction).await {
                Err(CatalogError::Conflict { .. }) => {}
                Ok(()) => {
                    if outcome.is_ok() {
                        self.outlets.topics.published();
                    }
                    return Ok(());
                }
                Err(other) => return Err(other),
            }
        }
        Err(busy(task))
    }

    /// Calls an upstream, then writes what came of it.
    async fn call(
        &self,
        task: &Task<'_>,
        action: &AlarmActionRecord,
        arn: &str,
        target: &Target,
    ) -> Result<(), CatalogError> {
        let (_, id) = task.key.name.rsplit_once('\n').unwrap_or_default();
        let notice = Notice::of(&task.scope, &task.alarm.name, action);
        let attempt = Attempt::after(action.attempts);
        let calls = Calls { upstreams: &self.outlets.upstreams, notice, action_arn: arn, token: id, attempt };
        let outcome = calls.carry_out(target).await;
        for _ in 0..COMMITS_MAX {
            let Some(found) = self.catalog.get::<AlarmActionRecord>(task.key) else { return Ok(()) };
            let mut transaction = Transaction::default();
            self.add_outcome(&mut transaction, task, &found, arn, &outcome);
            match self.catalog.commit(transaction).await {
                Err(CatalogError::Conflict { .. }) => {}
                other => return other,
            }
        }
        Err(busy(task))
    }

    /// Adds the entry in the history, and what becomes of the task.
    fn add_outcome(
        &self,
        transaction: &mut Transaction,
        task: &Task<'_>,
        found: &Versioned<AlarmActionRecord>,
        arn: &str,
        outcome: &Outcome,
    ) {
        let (action, now) = (&found.value, self.clock.now());
        let pause = match outcome {
            Err(error) if error.passing => usize::try_from(action.attempts).ok().and_then(|at| PAUSES.get(at)),
            _ => None,
        };
        let passing = outcome.as_ref().err().is_none_or(|error| error.passing);
        let next = match pause {
            Some(pause) => Some(AlarmActionRecord {
                due: now.plus(*pause),
                attempts: action.attempts + 1,
                ..AlarmActionRecord::clone(action)
            }),
            None if passing && Target::parse(arn).repeats() => Some(AlarmActionRecord {
                task: AlarmTask::Repeat(arn.to_owned()),
                due: now.plus(REPETITION),
                attempts: 0,
                ..AlarmActionRecord::clone(action)
            }),
            None => None,
        };
        match next {
            Some(next) => transaction.update(task.key.clone(), found.version, &next),
            None => transaction.delete::<AlarmActionRecord>(task.key.clone(), found.version),
        };
        let error = outcome.as_ref().err().map(|error| match pause {
            Some(pause) => format!("{} It is tried again in {} s.", error.message, pause.as_secs()),
            None => error.message.clone(),
        });
        let told = ActionOutcome {
            arn,
            state_since: action.new.since,
            message: outcome.as_ref().ok().and_then(|message| message.as_deref()),
            error: error.as_deref(),
        };
        let entry = history::action(&action.alarm, &told, action.contributor.clone());
        Entries::at(&self.catalog, task.alarm, now).add(transaction, &entry);
    }

    /// Sends an event. Nothing stands in the history; a failure is logged.
    async fn send_event(
        &self,
        task: &Task<'_>,
        found: &Versioned<AlarmActionRecord>,
        event: &str,
    ) -> Result<(), CatalogError> {
        let Some(endpoint) = &self.outlets.event_webhook else { return self.remove(task, found).await };
        let Err(error) = webhook::post(&self.outlets.http, endpoint, event).await else {
            return self.remove(task, found).await;
        };
        let attempts = found.value.attempts + 1;
        let alarm = task.alarm.name.as_str();
        match webhook::pause(attempts) {
            Some(pause) => {
                let seconds = pause.as_secs();
                tracing::warn!(alarm, %endpoint, error, seconds, "an event was not taken; it is sent again after a pause");
                self.put_off(task, found, self.clock.now().plus(pause), attempts).await
            }
            None => {
                tracing::error!(alarm, %endpoint, error, event, "an event was not taken within a day and is given up");
                self.remove(task, found).await
            }
        }
    }

    async fn put_off(
        &self,
        task: &Task<'_>,
        found: &Versioned<AlarmActionRecord>,
        due: Timestamp,
        attempts: u32,
    ) -> Result<(), CatalogError> {
        let mut transaction = Transaction::default();
        let later = AlarmActionRecord { due, attempts, ..AlarmActionRecord::clone(&found.value) };
        transaction.update(task.key.clone(), found.version, &later);
        self.commit_unless_changed(transaction).await
    }

    async fn remove(&self, task: &Task<'_>, found: &Versioned<AlarmActionRecord>) -> Result<(), CatalogError> {
        let mut transaction = Transaction::default();
        transaction.delete::<AlarmActionRecord>(task.key.clone(), found.version);
        self.commit_unless_changed(transaction).await
    }

    /// A task is changed by its lane alone, or removed with its alarm.
    async fn commit_unless_changed(&self, transaction: Transaction) -> Result<(), CatalogError> {
        match self.catalog.commit(transaction).await {
            Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
            Err(other) => Err(other),
        }
    }
}

/// Whether the state that asked for an action is the present one.
fn still_lasts(action: &AlarmActionRecord, state: &AlarmStateRecord) -> bool {
    match &action.contributor {
        None => state.state.value == action.new.value && state.transitioned <= action.new.since,
        Some((id, _)) => state.contributors.get(id).is_some_and(|series| series.state == action.new),
    }
}

fn busy(task: &Task<'_>) -> CatalogError {
    CatalogError::Conflict { kind: "cloudwatch.alarm_action", name: task.key.name.clone() }
}
