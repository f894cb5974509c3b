//! The job that delivers.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use lang::filter_pattern::{FilterPattern, PatternKind};
use store::catalog::{CatalogError, Expect, Key, Transaction};
use store::job::{Job, JobError};
use store::log_event::{LogEvent, Position};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::payload::{Payload, PayloadEvent};
use super::target::{NotDelivered, Sender, Target};
use super::{SubscriptionPlace, SubscriptionRecord, resolve};
use crate::directory::KnownGroup;
use crate::event_id::event_id;
use crate::{Logs, data_protection};

/// Events and bytes that are looked at in one step.
const STEP_EVENTS: usize = 10_000;
const STEP_BYTES: usize = 1 << 20;
/// Subscriptions that are worked on at the same time.
const PARALLEL: usize = 16;
/// How long a payload that cannot be delivered is tried (logs.md SP-6).
const GIVE_UP_MS: i64 = base::time::DAY_MS;
/// The wait after a failure that may pass; it doubles up to the most. After one that does not pass it is the most at once.
const RETRY_FIRST_MS: i64 = 1_000;
const RETRY_MOST_MS: i64 = 600_000;

/// Sends on what subscriptions ask for.
pub struct DeliverSubscriptions {
    logs: Arc<Logs>,
    waits: Mutex<HashMap<Key, Wait>>,
}

/// After failures: when a subscription is tried again.
#[derive(Clone, Copy, Debug)]
struct Wait {
    until: Timestamp,
    last_ms: i64,
}

/// A subscription and what is needed to work on it.
struct Subscription {
    key: Key,
    name: String,
    record: Arc<SubscriptionRecord>,
    group: KnownGroup,
    pattern: FilterPattern,
}

impl DeliverSubscriptions {
    /// The job over the service's subscriptions.
    pub fn new(logs: Arc<Logs>) -> Self {
        // What waits since the last stop of the server does not wait for a period more.
        logs.parts.signals.subscriptions.notify_one();
        Self { logs, waits: Mutex::default() }
    }

    /// The subscriptions that may be worked on now.
    fn due(&self, now: Timestamp) -> Vec<Subscription> {
        let waits = self.waits.lock().expect("no holder of this lock panics");
        let all = self.logs.parts.catalog.list_all::<SubscriptionRecord>();
        let waiting = |key: &Key| waits.get(key).is_some_and(|wait| wait.until > now);
        all.into_iter()
            .filter(|(key, _)| !waiting(key))
            .filter_map(|(key, found)| {
                let (number, name) = key.name.split_once(':')?;
                let group = store::log_event::GroupId(u64::from_str_radix(number, 16).ok()?);
                Some(Subscription {
                    name: name.to_owned(),
                    group: self.logs.directory.group(group)?,
                    pattern: FilterPattern::parse(&found.value.pattern).ok()?,
                    record: found.value,
                    key,
                })
            })
            .collect()
    }

    fn note_outcome(&self, key: Key, failure: Option<&NotDelivered>, now: Timestamp) {
        let mut waits = self.waits.lock().expect("no holder of this lock panics");
        match failure {
            None => {
                waits.remove(&key);
            }
            Some(failure) => {
                let last = waits.get(&key).map_or(RETRY_FIRST_MS / 2, |wait| wait.last_ms);
                let next = if failure.passing { (last * 2).min(RETRY_MOST_MS) } else { RETRY_MOST_MS };
                waits.insert(key, Wait { until: now.plus_millis(next), last_ms: next });
            }
        }
    }
}

#[async_trait]
impl Job for DeliverSubscriptions {
    fn name(&self) -> &str {
        "logs.deliver_subscriptions"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let waits = self.waits.lock().expect("no holder of this lock panics");
        let first = waits.values().map(|wait| wait.until).min();
        let period = last_run.plus(self.period());
        Some(first.map_or(period, |first| first.min(period)))
    }

    fn wake(&self) -> &Notify {
        &self.logs.parts.signals.subscriptions
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let places = Arc::new(Semaphore::new(PARALLEL));
        let mut working = JoinSet::new();
        for subscription in self.due(now) {
            let (logs, places) = (self.logs.clone(), places.clone());
            working.spawn(async move {
                let _place = places.acquire_owned().await;
                let outcome = catch_up(&logs, &subscription, now).await;
                (subscription, outcome)
            });
        }
        let mut first = Ok(());
        while let Some(joined) = working.join_next().await {
            match joined? {
                (subscription, Ok(failure)) => {
                    if let Some(failure) = &failure {
                        let (group, name) = (&subscription.group.name, &subscription.name);
                        tracing::warn!(%group, name, reason = failure.message, "a subscription could not be delivered");
                    }
                    self.note_outcome(subscription.key, failure.as_ref(), now);
                }
                (_, Err(error)) => first = first.and(Err(error)),
            }
        }
        first
    }
}

/// Delivers all that waits for a subscription; or tells what it stopped at.
async fn catch_up(logs: &Logs, subscription: &Subscription, now: Timestamp) -> Result<Option<NotDelivered>, JobError> {
    let catalog = &logs.parts.catalog;
    let Some(mut place) = catalog.get::<SubscriptionPlace>(&subscription.key).map(|found| found.value.after) else {
        return Ok(None);
    };
    let group = subscription.group.record.id;
    let mut saved = place;
    loop {
        let (events, looked) = logs.parts.events.arrivals(group, place, STEP_EVENTS, STEP_BYTES).await?;
        let more = !events.is_empty();
        let wanted = matching(logs, subscription, events);
        if !wanted.is_empty() {
            let Some((target, _)) = resolve(catalog, &subscription.record.destination) else {
                let message = "the destination does not exist any more".to_owned();
                return Ok(Some(NotDelivered { message, passing: false }));
            };
            if let Err(failure) = deliver(logs, subscription, &target, &wanted).await {
                let oldest = wanted.iter().map(|(event, _)| event.ingested.millis()).min().unwrap_or(i64::MAX);
                if now.millis() - oldest < GIVE_UP_MS {
                    return Ok(Some(failure));
                }
                let (group, name) = (&subscription.group.name, &subscription.name);
                let count = wanted.len();
                tracing::error!(%group, name, count, reason = failure.message, "events were given up after 24 hours");
            }
            place = looked;
            save(logs, subscription, place).await?;
            saved = place;
        }
        place = looked;
        if !more {
            break;
        }
    }
    // What did not match need not be looked at again after a restart.
    if place.0 - saved.0 > u64::from(u16::MAX) {
        save(logs, subscription, place).await?;
    }
    Ok(None)
}

/// The events that the pattern matches, with what is extracted from them.
fn matching(
    logs: &Logs,
    subscription: &Subscription,
    events: Vec<LogEvent>,
) -> Vec<(LogEvent, Option<serde_json::Map<String, serde_json::Value>>)> {
    let KnownGroup { scope, name, record } = &subscription.group;
    let masking = data_protection::masked(logs, scope, record);
    let mut wanted = Vec::new();
    for mut event in events {
        event.message = masking.shared(event.ingested, event.message);
        // A stream that was deleted meanwhile takes its events with it.
        if logs.directory.stream(event.stream).is_none() || !subscription.pattern.matches(&event.message) {
            continue;
        }
        let mut fields = None;
        if subscription.pattern.kind() == PatternKind::Delimited {
            let extracted = subscription.pattern.fields(&event.message).unwrap_or_default();
            fields = Some(extracted.into_iter().map(|(name, value)| (name, value.into())).collect());
        }
        for system in subscription.record.system_fields.iter().flatten() {
            let value = match system.as_str() {
                "@aws.account" => scope.account.to_string(),
                "@aws.region" => scope.region.to_string(),
                "@source.log" => format!("{}:{name}", scope.account),
                _ => continue,
            };
            fields.get_or_insert_with(serde_json::Map::new).insert(system.clone(), value.into());
        }
        wanted.push((event, fields));
    }
    wanted
}

/// Sends the events, stream by stream, in payloads that the target takes.
async fn deliver(
    logs: &Logs,
    subscription: &Subscription,
    target: &Target,
    wanted: &[(LogEvent, Option<serde_json::Map<String, serde_json::Value>>)],
) -> Result<(), NotDelivered> {
    let mut streams: BTreeMap<_, Vec<PayloadEvent>> = BTreeMap::new();
    for (event, extracted) in wanted {
        streams.entry(event.stream).or_default().push(PayloadEvent {
            id: event_id(event),
            timestamp: event.time.millis(),
            message: event.message.to_string(),
            extracted: extracted.clone(),
        });
    }
    let sender = Sender { upstreams: logs.parts.upstreams.clone(), http: logs.parts.http.clone() };
    let KnownGroup { scope, name, .. } = &subscription.group;
    for (stream, events) in streams {
        let Some((_, stream_name)) = logs.directory.stream(stream) else { continue };
        for packed in packed(scope, name, &stream_name, &subscription.name, &events, target.bytes_max()) {
            let key = match subscription.record.by_log_stream {
                true => format!("{:016x}", stream.0),
                // Any key will do, as long as they differ.
                false => format!("{:016x}", events.first().map_or(0, |event| base_hash(&event.id))),
            };
            sender.send(target, &key, &packed).await?;
        }
    }
    Ok(())
}

/// FNV-1a, to spread records over shards.
fn base_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Payloads of all the events, each no larger than the target takes unless it is of one event.
fn packed(
    scope: &Scope,
    group: &str,
    stream: &str,
    filter: &str,
    events: &[PayloadEvent],
    bytes_max: usize,
) -> Vec<Vec<u8>> {
    let payload = Payload {
        message_type: "DATA_MESSAGE",
        owner: scope.account.as_str(),
        log_group: group,
        log_stream: stream,
        subscription_filters: &[filter],
        log_events: events,
    };
    let whole = payload.pack();
    if whole.len() <= bytes_max || events.len() < 2 {
        return vec![whole];
    }
    let (first, second) = events.split_at(events.len() / 2);
    let mut parts = packed(scope, group, stream, filter, first, bytes_max);
    parts.extend(packed(scope, group, stream, filter, second, bytes_max));
    parts
}

/// Writes down how far a subscription is, unless it is gone.
async fn save(logs: &Logs, subscription: &Subscription, after: Position) -> Result<(), JobError> {
    let catalog = &logs.parts.catalog;
    let Some(found) = catalog.get::<SubscriptionPlace>(&subscription.key) else { return Ok(()) };
    let mut transaction = Transaction::default();
    transaction.update(subscription.key.clone(), found.version, &SubscriptionPlace { after });
    match catalog.commit(transaction).await {
        // It was deleted, or deleted and made anew.
        Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// What begins a subscription's place: the end of what there is.
pub(crate) fn begin(transaction: &mut Transaction, key: &Key, logs: &Logs) {
    if logs.parts.catalog.get::<SubscriptionPlace>(key).is_none() {
        transaction.create(key.clone(), &SubscriptionPlace { after: logs.parts.events.last_position() });
    } else {
        transaction.check::<SubscriptionPlace>(key.clone(), Expect::Any);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_split_until_the_target_takes_them() {
        let scope = Scope { account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() };
        let event = |number: u64| PayloadEvent {
            id: number.to_string(),
            timestamp: 0,
            // Not to be packed well.
            message: (0..100).map(|at| format!("{:x}", base_hash(&format!("{number} {at}")))).collect(),
            extracted: None,
        };
        let events: Vec<_> = (0..10).map(event).collect();
        let parts = packed(&scope, "g", "s", "f", &events, 3_000);
        assert!(parts.len() > 1 && parts.iter().all(|part| part.len() <= 3_000));
        let mut ids = Vec::new();
        for part in &parts {
            let payload: serde_json::Value =
                serde_json::from_reader(flate2::read::GzDecoder::new(part.as_slice())).unwrap();
            ids.extend(payload["logEvents"].as_array().unwrap().iter().map(|event| event["id"].clone()));
        }
        assert_eq!(ids, (0..10).map(|number| number.to_string()).collect::<Vec<_>>());
        assert_eq!(packed(&scope, "g", "s", "f", &events[..1], 1).len(), 1);
    }
}
