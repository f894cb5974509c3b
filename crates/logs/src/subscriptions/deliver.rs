//! The job that delivers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use lang::field_selection::FieldSelection;
use lang::filter_pattern::FilterPattern;
use outbound::Attempt;
use store::catalog::{Catalog, CatalogError, Expect, Key, Transaction};
use store::job::{Job, JobError};
use store::log_event::{GroupId, Position};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::arrivals::Due;
use super::matching::{Packed, Source, Wanted, by_stream, matching, packed};
use super::payload::Whose;
use super::target::{NotDelivered, Sender, Target};
use super::{ACCOUNT_PLACE, SubscriptionPlace, SubscriptionRecord, resolve};
use crate::Logs;
use crate::account_policies::{AccountPolicyRecord, AccountSubscription};
use crate::directory::KnownGroup;
use crate::groups::{self, belongings};
use crate::ingest::samples::Samples;
use crate::ingest::vended::{Forwarded, ForwardedBy, forwarded};
use crate::record::LogGroupRecord;

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

/// A subscription and what is needed to work on it: of one group, also where it is the account's.
pub(super) struct Subscription {
    /// The key of its place.
    key: Key,
    name: String,
    whose: Whose,
    destination: String,
    by_log_stream: bool,
    pub(super) system_fields: Vec<String>,
    /// Whether it is for this account and region.
    pub(super) applies: bool,
    pub(super) on_transformed: bool,
    pub(super) group: KnownGroup,
    pub(super) pattern: FilterPattern,
    /// Where it begins, if it has no place yet.
    since: Option<Position>,
}

impl Subscription {
    /// A filter of a group, from its record.
    fn of_group(logs: &Logs, key: Key, record: &SubscriptionRecord) -> Option<Self> {
        let (number, name) = key.name.split_once(':')?;
        let group = logs.directory.group(GroupId(u64::from_str_radix(number, 16).ok()?))?;
        let criteria = record.field_selection_criteria.as_deref().map(FieldSelection::parse).transpose().ok()?;
        let (account, region) = (group.scope.account.as_str(), group.scope.region.as_str());
        Some(Self {
            name: name.to_owned(),
            whose: Whose::Group,
            destination: record.destination.clone(),
            by_log_stream: record.by_log_stream,
            system_fields: record.system_fields.clone().unwrap_or_default(),
            applies: criteria.is_none_or(|criteria| criteria.matches(account, region)),
            on_transformed: record.on_transformed,
            pattern: FilterPattern::parse(&record.pattern).ok()?,
            group,
            since: None,
            key,
        })
    }

    /// The policy of a group's account, where it is for the group.
    fn of_account(logs: &Logs, group: KnownGroup) -> Option<Self> {
        let policy = logs.account_effects.of(&logs.parts.catalog, &group.scope).subscription.clone()?;
        if !policy.holds(&group.name, group.record.class) {
            return None;
        }
        Some(Self {
            key: account_place(&group.scope, group.record.id),
            name: policy.name.clone(),
            whose: Whose::Account,
            destination: policy.document.destination.clone(),
            by_log_stream: policy.document.by_log_stream,
            system_fields: Vec::new(),
            applies: true,
            on_transformed: false,
            pattern: policy.pattern.clone(),
            since: Some(policy.since),
            group,
        })
    }

    /// Up to where events were looked at; `None` when it is gone. A place that is from before the policy was made is
    /// that of another one.
    fn place(&self, catalog: &Catalog) -> Option<Position> {
        let place = catalog.get::<SubscriptionPlace>(&self.key).map(|found| found.value.after);
        place.max(self.since)
    }
}

/// The key of the place of an account's policy in a group.
fn account_place(scope: &Scope, group: GroupId) -> Key {
    Key::regional(&scope.account, &scope.region, format!("{}{ACCOUNT_PLACE}", belongings(group)))
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
        let waiting = |key: &Key| waits.get(key).is_some_and(|wait| wait.until > now);
        let of_groups = self.logs.parts.catalog.list_all::<SubscriptionRecord>().into_iter();
        let of_groups = of_groups
            .filter(|(key, _)| !waiting(key))
            .filter_map(|(key, found)| Subscription::of_group(&self.logs, key, &found.value));
        let of_accounts = self.of_accounts().into_iter().filter(|subscription| {
            let waits = waiting(&subscription.key);
            if waits {
                self.logs.arrivals.note(subscription.group.record.id);
            }
            !waits
        });
        of_groups.chain(of_accounts).collect()
    }

    /// The policies of accounts in the groups that got events.
    fn of_accounts(&self) -> Vec<Subscription> {
        let logs = &self.logs;
        let groups: Vec<KnownGroup> = match logs.arrivals.take() {
            Due::Groups(groups) => groups.into_iter().filter_map(|group| logs.directory.group(group)).collect(),
            Due::Everything => {
                let all = logs.parts.catalog.list_all::<LogGroupRecord>().into_iter();
                all.filter_map(|(_, found)| logs.directory.group(found.value.id)).collect()
            }
        };
        groups.into_iter().filter_map(|group| Subscription::of_account(logs, group)).collect()
    }

    /// Whether what waits for a subscription was tried before.
    fn attempt(&self, key: &Key) -> Attempt {
        let waits = self.waits.lock().expect("no holder of this lock panics");
        if waits.contains_key(key) { Attempt::Again } else { Attempt::First }
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
            let attempt = self.attempt(&subscription.key);
            working.spawn(async move {
                let _place = places.acquire_owned().await;
                let outcome = catch_up(&logs, &subscription, attempt, now).await;
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
                    if failure.is_some() && subscription.whose == Whose::Account {
                        self.logs.arrivals.note(subscription.group.record.id);
                    }
                    self.note_outcome(subscription.key, failure.as_ref(), now);
                }
                (_, Err(error)) => first = first.and(Err(error)),
            }
        }
        if first.is_ok() {
            self.logs.arrivals.done();
        }
        first
    }
}

/// Delivers all that waits for a subscription; or tells what it stopped at.
async fn catch_up(
    logs: &Logs,
    subscription: &Subscription,
    attempt: Attempt,
    now: Timestamp,
) -> Result<Option<NotDelivered>, JobError> {
    let catalog = &logs.parts.catalog;
    let Some(mut place) = subscription.place(catalog) else { return Ok(None) };
    let group = subscription.group.record.id;
    let mut sender = Sender::of_group(&logs.parts, &subscription.group.scope, &subscription.group.name, attempt);
    let mut saved = place;
    loop {
        let (events, looked) = logs.parts.events.arrivals(group, place, STEP_EVENTS, STEP_BYTES).await?;
        let more = !events.is_empty();
        let wanted = matching(logs, subscription, events);
        if !wanted.is_empty() {
            let Some((target, _)) = resolve(catalog, &subscription.destination) else {
                let message = "the destination does not exist any more".to_owned();
                return Ok(Some(NotDelivered { message, passing: false, throttled: false }));
            };
            let (told, failure) = deliver(logs, subscription, &mut sender, &target, &wanted).await;
            let given_up = failure.as_ref().is_some_and(|_| {
                let oldest = wanted.iter().map(|wanted| wanted.event.ingested.millis()).min().unwrap_or(i64::MAX);
                now.millis() - oldest >= GIVE_UP_MS
            });
            if failure.is_none() || given_up {
                place = looked;
                save(logs, subscription, place).await?;
                saved = place;
            }
            tell(logs, subscription, &target, told, now).await?;
            if let Some(failure) = failure {
                if !given_up {
                    return Ok(Some(failure));
                }
                let (group, name) = (&subscription.group.name, &subscription.name);
                let count = wanted.len();
                tracing::error!(%group, name, count, reason = failure.message, "events were given up after 24 hours");
            }
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

/// Sends the events, stream by stream, in payloads that the target takes; tells what was sent, and what it stopped at.
async fn deliver(
    logs: &Logs,
    subscription: &Subscription,
    sender: &mut Sender,
    target: &Target,
    wanted: &[Wanted],
) -> (Forwarded, Option<NotDelivered>) {
    let KnownGroup { scope, name: group, .. } = &subscription.group;
    let mut told = Forwarded::default();
    for (stream, events) in by_stream(wanted) {
        let Some((_, stream_name)) = logs.directory.stream(stream) else { continue };
        let source =
            Source { scope, group, stream: &stream_name, filter: &subscription.name, whose: subscription.whose };
        let mut first = 0;
        for Packed { events: count, bytes } in packed(source, &events, target.bytes_max()) {
            let key = match subscription.by_log_stream {
                true => format!("{:016x}", stream.0),
                // Any key will do, as long as they differ.
                false => events[first].id.clone(),
            };
            first += count;
            if let Err(failure) = sender.send(target, &key, &bytes).await {
                let counter = if failure.throttled { &mut told.throttled } else { &mut told.failed };
                *counter += count as u64;
                return (told, Some(failure));
            }
            // What follows was not tried before.
            sender.attempt = Attempt::First;
            told.events += count as u64;
            told.bytes += bytes.len() as u64;
        }
    }
    (told, None)
}

/// Writes down as metrics what was sent (logs.md MF-14).
async fn tell(
    logs: &Logs,
    subscription: &Subscription,
    target: &Target,
    told: Forwarded,
    now: Timestamp,
) -> Result<(), JobError> {
    let KnownGroup { scope, name: group, .. } = &subscription.group;
    let by = ForwardedBy {
        filter: &subscription.name,
        destination_type: target.destination_type(),
        group: (subscription.whose == Whose::Group).then_some(&**group),
    };
    let mut samples = Samples::default();
    forwarded(by, told, now, &mut samples);
    logs.parts.metrics.put(scope, samples.into_data()).await?;
    Ok(())
}

/// Writes down how far a subscription is, unless it is gone.
async fn save(logs: &Logs, subscription: &Subscription, after: Position) -> Result<(), JobError> {
    let (catalog, key) = (&logs.parts.catalog, &subscription.key);
    let place = SubscriptionPlace { after };
    let mut transaction = Transaction::default();
    match (catalog.get::<SubscriptionPlace>(key), subscription.whose) {
        (Some(found), _) => {
            transaction.update(key.clone(), found.version, &place);
        }
        (None, Whose::Group) => return Ok(()),
        (None, Whose::Account) => {
            // The group must not go meanwhile: nobody would remove its place.
            let KnownGroup { scope, name, record } = &subscription.group;
            let _stays = logs.membership.read().await;
            if groups::get(catalog, scope, name).is_none_or(|group| group.id() != record.id) {
                return Ok(());
            }
            transaction.create(key.clone(), &place);
            return Ok(catalog.commit(transaction).await?);
        }
    }
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

/// Begins the place of a changed policy of an account at the end of what there is, in the groups that it was not for
/// before: what they got until now is not sent.
pub(crate) fn begin_where_new(
    transaction: &mut Transaction,
    logs: &Logs,
    scope: &Scope,
    name: &str,
    record: &AccountPolicyRecord,
) {
    let catalog = &logs.parts.catalog;
    let before = logs.account_effects.of(catalog, scope).subscription.clone().filter(|before| before.name == name);
    let (Some(before), Some(new)) = (before, AccountSubscription::of(name.to_owned(), record)) else { return };
    let after = logs.parts.events.last_position();
    for group in groups::list(catalog, scope, "") {
        let class = group.record.class;
        if new.holds(&group.name, class) && !before.holds(&group.name, class) {
            transaction.put(account_place(scope, group.id()), &SubscriptionPlace { after });
        }
    }
}
