//! Invoking functions: several at a time, each until it takes what it is told or has refused often enough.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use futures_util::StreamExt as _;
use store::catalog::{CatalogError, Key, Transaction};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::event::{Envelope, scheduled};
use super::invocation::{InvocationRecord, LeftScope, Occasion};
use super::{answer, listens_to};
use crate::channel;
use crate::earliest::Earliest;
use crate::messages;
use crate::notices::ItemChange;
use crate::ports::{CallFailure, Caller, Invoked};
use crate::recorder;
use crate::results::{self, NewResult};
use crate::retention::scope_of;
use crate::rule::ResourceKey;
use crate::rule_book::{self, MessageKind, RuleRecord, RuleSource, RuleState};
use crate::rule_state::{self, RuleError, RuleStateRecord};
use crate::service::Parts;

/// Invocations of one rule that are made before those of others have their turn.
const TURN: usize = 16;
/// Invocations that are under way for one rule, and rules that are at once.
const AT_ONCE: usize = 8;
/// The pauses before an invocation that failed is made again.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
    Duration::from_secs(3600),
];
/// How often a transaction is decided anew when others are faster.
const ATTEMPTS: usize = 16;

/// Invokes the functions of rules.
pub struct InvokeFunctions {
    parts: Parts,
    earliest: Earliest<InvocationRecord>,
}

/// An invocation as it was found.
type Waiting = (Key, InvocationRecord);

/// What came of an invocation.
enum Outcome {
    /// There is nothing to tell, or nobody to tell it to.
    Dropped,
    /// The function has taken it.
    Taken,
    /// A webhook answered with results.
    Answered(Vec<NewResult>),
    /// It answered with what are none.
    Nonsense(String),
    Failed(CallFailure),
}

impl InvokeFunctions {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, earliest: Earliest::new(|record: &InvocationRecord| Some(record.due)) }
    }

    /// The invocations that are due, by rule, in the order in which they were asked for.
    fn due(&self, now: Timestamp) -> BTreeMap<(Scope, String), Vec<Waiting>> {
        let mut due: BTreeMap<(Scope, String), Vec<Waiting>> = BTreeMap::new();
        self.parts.catalog.for_each::<InvocationRecord>(|key, record| {
            if let Some(scope) = scope_of(key).filter(|_| record.due <= now) {
                let turn = due.entry((scope, record.rule_id.clone())).or_default();
                if turn.len() < TURN {
                    turn.push((key.clone(), record.clone()));
                }
            }
        });
        due
    }

    /// Makes invocations of one rule, and notes what came of them in one transaction.
    async fn take_turn(
        &self,
        scope: &Scope,
        rule_id: &str,
        turn: Vec<Waiting>,
        now: Timestamp,
    ) -> Result<(), JobError> {
        let found = turn.first().and_then(|(_, first)| rule_book::find(&self.parts.catalog, scope, &first.rule_name));
        let found = found.filter(|found| found.value.id == rule_id && found.value.state == RuleState::Active);
        let rule = found.map(|found| found.value);
        let outcomes = futures_util::stream::iter(turn).map(|(key, record)| {
            let rule = rule.as_deref();
            async move {
                let outcome = match rule {
                    Some(rule) => self.outcome(scope, rule, &record).await?,
                    None => Outcome::Dropped,
                };
                Ok::<_, JobError>((key, record, outcome))
            }
        });
        let outcomes: Vec<_> = outcomes.buffered(AT_ONCE).collect().await;
        let outcomes = outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
        self.note(scope, rule_id, outcomes, now).await
    }

    async fn outcome(&self, scope: &Scope, rule: &RuleRecord, record: &InvocationRecord) -> Result<Outcome, JobError> {
        let RuleSource::Lambda { function_arn, .. } = &rule.source else { return Ok(Outcome::Dropped) };
        let Some(recorder) = recorder::find(&self.parts.catalog, scope) else {
            let message = "There is no configuration recorder, whose role a function is told.";
            return Ok(Outcome::Failed(CallFailure::lasting("NoAvailableConfigurationRecorder", message)));
        };
        let sender = recorder.value.sender(scope);
        let Some((message, left_scope)) = self.invoking(scope, rule, record, &sender).await? else {
            return Ok(Outcome::Dropped);
        };
        let envelope = Envelope { scope, rule, role_arn: &sender.role_arn, token: &record.token };
        let event = envelope.event(&message, left_scope);
        let caller = Caller { scope: scope.clone(), rule_arn: rule.arn(scope), failures: record.failures };
        Ok(match self.parts.outlets.functions.invoke(&caller, function_arn, &event).await {
            Ok(Invoked::Taken) => Outcome::Taken,
            Ok(Invoked::Answered(body)) => match answer::of_body(&body) {
                None => Outcome::Taken,
                Some(Ok(results)) => Outcome::Answered(results),
                Some(Err(why)) => Outcome::Nonsense(why),
            },
            Err(failure) => Outcome::Failed(failure),
        })
    }

    /// The message that a function is invoked with; none when the item is kept no more, or the rule does not listen to
    /// such messages.
    async fn invoking(
        &self,
        scope: &Scope,
        rule: &RuleRecord,
        record: &InvocationRecord,
        sender: &crate::ports::Sender,
    ) -> Result<Option<(serde_json::Value, LeftScope)>, JobError> {
        let (resource_type, resource_id, taken, left_scope) = match &record.occasion {
            Occasion::Scheduled => return Ok(Some((scheduled(scope, record.asked), LeftScope::No))),
            Occasion::SnapshotDelivered { snapshot_id, bucket, key } => {
                let message = messages::snapshot_delivered(scope, snapshot_id, bucket, key, record.asked);
                return Ok(Some((message.body, LeftScope::No)));
            }
            Occasion::Changed { resource_type, resource_id, taken, left_scope: true } => {
                (resource_type, resource_id, *taken, LeftScope::Yes)
            }
            Occasion::Changed { resource_type, resource_id, taken, .. }
            | Occasion::Asked { resource_type, resource_id, taken } => {
                (resource_type, resource_id, *taken, LeftScope::No)
            }
        };
        let resource = ResourceKey { resource_type: resource_type.clone(), resource_id: resource_id.clone() };
        let Some(change) = ItemChange::find(&self.parts, scope, &resource, taken).await? else { return Ok(None) };
        let mut message = messages::item_changed(&change.difference(), &change.item, record.asked);
        if matches!(record.occasion, Occasion::Asked { .. }) {
            message.body["configurationItemDiff"] = serde_json::Value::Null;
        }
        let kind = match ItemChange::is_oversized(&message) {
            false => MessageKind::Change,
            true => {
                let channel = channel::find(&self.parts.catalog, scope);
                let channel = channel.as_ref().map(|found| &*found.value);
                message = change.oversized(&self.parts, channel, sender, record.asked).await;
                MessageKind::OversizedChange
            }
        };
        Ok(listens_to(rule, kind).then_some((message.body, left_scope)))
    }

    async fn note(
        &self,
        scope: &Scope,
        rule_id: &str,
        outcomes: Vec<(Key, InvocationRecord, Outcome)>,
        now: Timestamp,
    ) -> Result<(), JobError> {
        for _ in 0..ATTEMPTS {
            let transaction = self.noted(scope, rule_id, &outcomes, now);
            match self.parts.catalog.commit(transaction).await {
                Ok(()) => {
                    self.parts.wake_for_results();
                    return Ok(());
                }
                Err(CatalogError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err("others are always faster to change the rule's state".into())
    }

    fn noted(
        &self,
        scope: &Scope,
        rule_id: &str,
        outcomes: &[(Key, InvocationRecord, Outcome)],
        now: Timestamp,
    ) -> Transaction {
        let catalog = &self.parts.catalog;
        let mut transaction = Transaction::default();
        let mut state = StateChange::default();
        let mut results = Vec::new();
        for (key, record, outcome) in outcomes {
            let Some(found) = catalog.get::<InvocationRecord>(key) else { continue };
            state.note(outcome);
            if let Outcome::Failed(failure) = outcome
                && let Some(pause) = pause_after(failure, record.failures)
            {
                let (due, failures) = (now.plus(pause), record.failures + 1);
                let again = InvocationRecord { due, failures, ..record.clone() };
                transaction.update(key.clone(), found.version, &again);
                continue;
            }
            if let Outcome::Answered(given) = outcome {
                results.extend(given.iter().cloned());
            }
            transaction.delete::<InvocationRecord>(key.clone(), found.version);
        }
        let rule = rule_book::find_by_id(catalog, scope, rule_id);
        let Some(rule) = rule.filter(|found| found.value.state == RuleState::Active) else { return transaction };
        rule_book::check(&mut transaction, scope, &rule);
        let of = results::Invocation { rule: &rule.value, invoked: now };
        results::put_all(&self.parts, &mut transaction, scope, [(of, results)], now);
        rule_state::note(catalog, &mut transaction, scope, rule_id, |record| state.apply(record, now));
        transaction
    }
}

/// What outcomes make of a rule's state.
#[derive(Default)]
struct StateChange {
    is_taken: bool,
    is_answered: bool,
    failure: Option<RuleError>,
    nonsense: Option<RuleError>,
}

impl StateChange {
    fn note(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Dropped => {}
            Outcome::Taken => self.is_taken = true,
            Outcome::Answered(_) => self.is_answered = true,
            Outcome::Nonsense(why) => {
                let message = format!("The answer of the rule's function is no list of evaluations: {why}");
                self.nonsense = Some(RuleError::new("InvalidEvaluations", message));
            }
            Outcome::Failed(failure) => self.failure = Some(RuleError::new(&failure.code, failure.message.clone())),
        }
    }

    /// Failures are noted last, so that they show.
    fn apply(self, state: &mut RuleStateRecord, now: Timestamp) {
        if self.is_taken {
            state.handed_on(now);
        }
        if self.is_answered {
            state.succeeded(now);
        }
        if let Some(error) = self.nonsense {
            state.evaluation_failed(error, now);
        }
        if let Some(error) = self.failure {
            state.invocation_failed(error, now);
        }
    }
}

/// How long to wait before an invocation is made again that failed so often before; none when it is given up.
fn pause_after(failure: &CallFailure, failures: u32) -> Option<Duration> {
    let pause = usize::try_from(failures).ok().and_then(|at| PAUSES.get(at)).copied();
    pause.filter(|_| failure.is_passing)
}

#[async_trait]
impl Job for InvokeFunctions {
    fn name(&self) -> &str {
        "config.invocations"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn next_due(&self, _last_run: Timestamp) -> Option<Timestamp> {
        self.earliest.get(&self.parts.catalog)
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.invocations
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        loop {
            let due = self.due(now);
            if due.is_empty() {
                return Ok(());
            }
            let turns = due
                .into_iter()
                .map(|((scope, rule_id), turn)| async move { self.take_turn(&scope, &rule_id, turn, now).await });
            let turns: Vec<_> = futures_util::stream::iter(turns).buffer_unordered(AT_ONCE).collect().await;
            turns.into_iter().collect::<Result<(), JobError>>()?;
        }
    }
}
