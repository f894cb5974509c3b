//! The job that counts events and finds unusual rates.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, TimeRange, Timestamp, id};
use store::catalog::{CatalogError, Key, Transaction};
use store::job::{Job, JobError};
use store::trail_event::{Arrived, Attribute, Lookup, TrailEvent};
use tokio::sync::Notify;

use super::copy;
use super::counts::{self, Ledger, PlaceRecord};
use super::decide::{CALLS_MIN, CALM_MINUTES, Decision, History, START_MINUTES, decide};
use super::event::{State, Told, event};
use super::follow::Followed;
use super::open::{self, OpenInsightRecord, PendingInsightRecord, pending_key};
use super::sample::Sample;
use super::series::{BySeries, Series};
use super::tally::Tally;
use super::{Minute, minute_of, only_key, time_of};
use crate::delivery::settled_position;
use crate::service::Parts;

/// Bytes of records of each plane that are counted in one step. Tests have several steps with few events.
const STEP_BYTES: usize = if cfg!(test) { 2_000 } else { 8 << 20 };
/// Series of one minute and account that a step tells apart.
const SERIES_MAX: usize = 1_000;

/// Counts events, minute by minute, and writes Insights events.
pub struct DetectInsights {
    parts: Parts,
    /// What was found up to this position is in the event data stores that take it.
    copied: AtomicU64,
}

impl DetectInsights {
    /// The job over all accounts.
    pub fn new(parts: Parts) -> Self {
        // What was under way when the server stopped does not wait for the next event.
        parts.signals.insights.notify_one();
        Self { parts, copied: AtomicU64::new(0) }
    }

    /// Whether a minute can bring anything: there are events that are not counted, counts that are not decided on, or
    /// unusual rates that may end.
    fn has_work(&self, place: &PlaceRecord) -> bool {
        let last = self.parts.events.last_position().max(self.parts.data_events.last_position());
        last > place.after || place.has_undecided() || open::is_any(&self.parts.catalog)
    }
}

#[async_trait]
impl Job for DetectInsights {
    fn name(&self) -> &str {
        "cloudtrail.detect_insights"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// When the minute is over, unless nothing happens: then events wake the job.
    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let place = self.parts.catalog.get::<PlaceRecord>(&only_key())?;
        self.has_work(&place.value).then(|| time_of(minute_of(last_run) + 1))
    }

    /// A start is told when it is found, whatever the clock makes of the time after it.
    fn catches_up(&self) -> bool {
        false
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.insights
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        while step(&self.parts, now).await? {}
        put_pending(&self.parts).await?;
        let last = self.parts.insight_events.last_position();
        if last > self.copied.load(Ordering::SeqCst) {
            copy::to_stores(&self.parts).await?;
            self.copied.store(last, Ordering::SeqCst);
        }
        // From here on an event wakes the job, if it is not due by itself; one that came just before may not have.
        let place = self.parts.catalog.get::<PlaceRecord>(&only_key());
        let signals = &self.parts.signals;
        signals.insights_sleep.store(place.is_some(), Ordering::SeqCst);
        let last = self.parts.events.last_position().max(self.parts.data_events.last_position());
        if place.is_some_and(|place| last > place.value.after) {
            signals.event_recorded();
        }
        Ok(())
    }
}

/// Counts the events that come next, decides on the minutes that are over, and writes both down at once. Tells whether
/// there is more to do.
async fn step(parts: &Parts, now: Timestamp) -> Result<bool, JobError> {
    let catalog = &parts.catalog;
    // In this order: of selectors that are put meanwhile, either the account is seen here or the commit fails.
    let found = catalog.get::<PlaceRecord>(&only_key());
    let followed = Followed::of(catalog);
    let mut place = match &found {
        Some(found) => (*found.value).clone(),
        None if followed.accounts().next().is_none() => return Ok(false),
        None => PlaceRecord::begun(settled_position(parts).await?, now),
    };
    let mut transaction = Transaction::default();
    let gone = place.follow(followed.accounts(), now);
    counts::forget(catalog, &gone, &mut transaction);
    open::forget(catalog, &gone, &mut transaction);
    if let (Some(found), true) = (&found, place.accounts.is_empty()) {
        transaction.delete::<PlaceRecord>(only_key(), found.version);
        return committed(catalog.commit(transaction).await, false);
    }
    let settled = settled_position(parts).await?;
    let (history, data, to) = arrivals(parts, place.after, settled).await?;
    let mut ledger = Ledger::open(catalog, place.decided);
    for ((scope, minute), counts) in counted(&place, &followed, &history, &data) {
        place.newest = place.newest.max(minute);
        ledger.add(&scope, minute, &counts);
    }
    let decided = place.decided;
    // While there are more events, minutes are decided on as far as all of theirs are surely counted.
    let last = history.iter().chain(&data).map(|(_, event)| event.time).max();
    let over = if to >= settled { now } else { last.unwrap_or(now).min(now) };
    place.decided = decided.max(minute_of(over) - 1);
    place.after = to;
    let range = decided + 1..place.decided + 1;
    let desk = Desk { parts, followed: &followed, place: &place, range };
    for event in desk.decide(&mut ledger, &mut transaction) {
        transaction.create(pending_key(&event), &PendingInsightRecord { event });
    }
    ledger.fold(place.decided);
    ledger.write(&mut transaction);
    match &found {
        None => drop(transaction.create(only_key(), &place)),
        Some(found) if *found.value != place => drop(transaction.update(only_key(), found.version, &place)),
        Some(_) => {}
    }
    if transaction.is_empty() {
        return Ok(to < settled);
    }
    committed(catalog.commit(transaction).await, to < settled)
}

/// Whether there is more to do after a commit: where selectors were put meanwhile, all of it again.
fn committed(outcome: Result<(), CatalogError>, more: bool) -> Result<bool, JobError> {
    match outcome {
        Ok(()) => Ok(more),
        Err(CatalogError::Conflict { .. }) => Ok(true),
        Err(other) => Err(other.into()),
    }
}

/// Events of both planes after a position, and up to where they are all.
async fn arrivals(parts: &Parts, after: u64, until: u64) -> Result<(Vec<Arrived>, Vec<Arrived>, u64), JobError> {
    let (mut history, of_history) = parts.events.arrivals(after, until, STEP_BYTES).await?;
    let (mut data, of_data) = parts.data_events.arrivals(after, until, STEP_BYTES).await?;
    let to = of_history.min(of_data);
    history.retain(|(position, _)| *position <= to);
    data.retain(|(position, _)| *position <= to);
    Ok((history, data, to))
}

type Counted = BTreeMap<(Scope, Minute), BySeries<Tally>>;

/// The counts of events (cloudtrail.md §8.2): of management events those that write, of data events all, and of both
/// those that failed.
fn counted(place: &PlaceRecord, followed: &Followed, history: &[Arrived], data: &[Arrived]) -> Counted {
    let mut counted = Counted::new();
    let mut count = |event: &TrailEvent, trail: Option<&str>| {
        let since = place.accounts.get(&event.account);
        let Some(sample) = since.and_then(|since| Sample::of(event).filter(|sample| sample.minute >= *since)) else {
            return;
        };
        let scope = Scope { account: event.account.clone(), region: event.region.clone() };
        let counts = counted.entry((scope, sample.minute)).or_default();
        let calls = (trail.is_some() || !event.read_only).then_some(None);
        let errors = sample.error.clone().map(Some);
        for error in calls.into_iter().chain(errors) {
            let series = Series {
                trail: trail.map(str::to_owned),
                source: event.event_source.clone(),
                name: event.event_name.clone(),
                error,
            };
            if let Some(tally) = counts.at(&series, SERIES_MAX) {
                sample.count_in(tally);
            }
        }
    };
    for (_, event) in history {
        count(event, None);
    }
    for (_, event) in data {
        for trail in followed.takers(event) {
            count(event, Some(trail));
        }
    }
    counted
}

/// What decisions are made by.
struct Desk<'a> {
    parts: &'a Parts,
    followed: &'a Followed,
    place: &'a PlaceRecord,
    /// The minutes to be decided on.
    range: std::ops::Range<Minute>,
}

/// What is open in an account and region.
type Open = BTreeMap<Series, OpenInsightRecord>;

impl Desk<'_> {
    /// Decides on all minutes, and gives the events that follow. What is open afterwards is in the transaction.
    fn decide(&self, ledger: &mut Ledger<'_>, transaction: &mut Transaction) -> Vec<TrailEvent> {
        let mut before: BTreeMap<Scope, BTreeMap<Series, (Key, u64, OpenInsightRecord)>> = BTreeMap::new();
        for (key, found) in self.parts.catalog.list_all::<OpenInsightRecord>() {
            let Some(region) = key.region.clone().filter(|_| self.place.accounts.contains_key(&key.account)) else {
                continue;
            };
            let scope = Scope { account: key.account.clone(), region };
            let record = (*found.value).clone();
            before.entry(scope).or_default().insert(record.series.clone(), (key, found.version, record));
        }
        let mut scopes = ledger.scopes();
        scopes.extend(before.keys().cloned());
        scopes.sort_unstable();
        scopes.dedup();
        let mut events = Vec::new();
        for scope in scopes {
            let known = before.remove(&scope).unwrap_or_default();
            let mut open: Open = known.iter().map(|(series, (.., record))| (series.clone(), record.clone())).collect();
            // Whoever wanted it does so no more: there is no one to tell of its end.
            open.retain(|series, _| self.followed.wants(&scope, series));
            self.decide_in(&scope, ledger, &mut open, &mut events);
            for (series, (key, version, record)) in known {
                match open.remove(&series) {
                    Some(now) if now == record => {}
                    Some(now) => drop(transaction.update(key, version, &now)),
                    None => drop(transaction.delete::<OpenInsightRecord>(key, version)),
                }
            }
            for (series, record) in open {
                transaction.create(Key::regional(&scope.account, &scope.region, series.text()), &record);
            }
        }
        events
    }

    fn decide_in(&self, scope: &Scope, ledger: &mut Ledger<'_>, open: &mut Open, events: &mut Vec<TrailEvent>) {
        let mut minute = self.range.start;
        while minute < self.range.end {
            if open.is_empty() {
                // Minutes without calls start nothing: a day without any costs nothing.
                match ledger.next_minute(scope, minute..self.range.end) {
                    Some(next) => minute = next,
                    None => return,
                }
            }
            self.end(scope, minute, ledger, open, events);
            self.start(scope, minute, ledger, open, events);
            minute += 1;
        }
    }

    fn start(
        &self,
        scope: &Scope,
        minute: Minute,
        ledger: &mut Ledger<'_>,
        open: &mut Open,
        events: &mut Vec<TrailEvent>,
    ) {
        let start = minute + 1 - START_MINUTES as Minute;
        let Some(since) = self.place.accounts.get(&scope.account) else { return };
        for series in ledger.above(scope, minute, CALLS_MIN) {
            let latest = ledger.calls(scope, &series, start..minute + 1);
            // The baseline is summed up only for what could start.
            let may_start = latest.iter().all(|calls| *calls > CALLS_MIN) && !open.contains_key(&series);
            if !may_start || !self.followed.wants(scope, &series) {
                continue;
            }
            let (baseline, baseline_tally) = ledger.baseline(scope, &series, start, *since);
            let history = History { latest: &latest, baseline, lasted: None };
            if decide(&history, self.parts.insights_min_history_minutes) != Decision::Start {
                continue;
            }
            let shared_id = id::uuid(&*self.parts.entropy).to_string();
            let told = Told {
                state: State::Start,
                scope,
                series: &series,
                shared_id: &shared_id,
                minute: start,
                baseline: &baseline,
                baseline_tally: &baseline_tally,
                tally: &ledger.tally(scope, &series, start..minute + 1),
                minutes: START_MINUTES as u64,
            };
            events.push(event(&told, &*self.parts.entropy));
            let tally = Tally::default();
            let record = OpenInsightRecord {
                series: series.clone(),
                shared_id,
                start,
                baseline,
                baseline_tally,
                tally,
                counted: start,
            };
            open.insert(series, record);
        }
    }

    fn end(&self, scope: &Scope, minute: Minute, ledger: &Ledger<'_>, open: &mut Open, events: &mut Vec<TrailEvent>) {
        let calm_from = minute + 1 - CALM_MINUTES as Minute;
        open.retain(|series, record| {
            // Whatever is decided, minutes before these are part of it.
            if calm_from > record.counted {
                record.tally.add(&ledger.tally(scope, series, record.counted..calm_from));
                record.counted = calm_from;
            }
            let latest = ledger.calls(scope, series, calm_from..minute + 1);
            let lasted = minute + 1 - record.start;
            let history = History { latest: &latest, baseline: record.baseline, lasted: Some(lasted) };
            let Decision::End { calm } = decide(&history, self.parts.insights_min_history_minutes) else {
                return true;
            };
            let end = minute + 1 - calm as Minute;
            record.tally.add(&ledger.tally(scope, series, record.counted..end));
            let told = Told {
                state: State::End,
                scope,
                series,
                shared_id: &record.shared_id,
                minute: end,
                baseline: &record.baseline,
                baseline_tally: &record.baseline_tally,
                tally: &record.tally,
                minutes: u64::try_from(end - record.start).unwrap_or(0),
            };
            events.push(event(&told, &*self.parts.entropy));
            false
        });
    }
}

/// Puts the events that were decided on into their table, each once: one whose put was not noted is found there.
async fn put_pending(parts: &Parts) -> Result<(), JobError> {
    let mut pending = parts.catalog.list_all::<PendingInsightRecord>();
    if pending.is_empty() {
        return Ok(());
    }
    pending.sort_by_key(|(_, found)| found.value.event.time);
    for (key, found) in pending {
        let event = &found.value.event;
        if !is_put(parts, event).await? {
            parts.insight_events.append(event.clone()).await?;
        }
        let mut transaction = Transaction::default();
        transaction.delete::<PendingInsightRecord>(key, found.version);
        parts.catalog.commit(transaction).await?;
    }
    parts.signals.logs.notify_one();
    Ok(())
}

async fn is_put(parts: &Parts, event: &TrailEvent) -> Result<bool, JobError> {
    let lookup = Lookup {
        account: event.account.clone(),
        region: event.region.clone(),
        range: TimeRange { start: event.time, end: event.time },
        attribute: Some(Attribute::EventId(event.event_id.clone())),
        after: None,
        limit: 1,
    };
    Ok(!parts.insight_events.lookup(lookup).await?.events.is_empty())
}
