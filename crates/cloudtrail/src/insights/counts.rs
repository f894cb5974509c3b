//! Counts of calls: for each of the latest minutes, and as totals of days (cloudtrail.md §8.2).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use base::{AccountId, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record, Transaction};

use super::decide::Baseline;
use super::series::{BySeries, Series};
use super::tally::Tally;
use super::{DAY_MINUTES, Minute, minute_of, only_key};

/// Minutes that are kept one by one: more than any decision looks at.
const KEPT_MINUTES: Minute = 20;
/// Minutes become totals when the oldest is this old, so that the totals are not written every minute.
const FOLD_MINUTES: Minute = 60;
/// Whole days that a baseline goes back (cloudtrail.md §8.2).
const BASELINE_DAYS: i64 = 7;
/// Series that one minute, and one day, of an account and region tells apart.
const SERIES_MAX: usize = 1_000;

/// How far events are counted and minutes decided on. There is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlaceRecord {
    /// Events up to this position are counted.
    pub(super) after: u64,
    /// Minutes up to this one are decided on.
    pub(super) decided: Minute,
    /// The latest minute that has counts.
    pub(super) newest: Minute,
    /// Accounts whose calls are counted, with the first minute that is counted.
    pub(super) accounts: BTreeMap<AccountId, Minute>,
}

impl Record for PlaceRecord {
    const KIND: &'static str = "cloudtrail.insights_place";
    const FORMAT: u32 = 1;
}

impl PlaceRecord {
    /// A place after an event, at a time: what is counted is whole minutes.
    pub(super) fn begun(after: u64, now: Timestamp) -> Self {
        let minute = minute_of(now);
        Self { after, decided: minute, newest: minute, accounts: BTreeMap::new() }
    }

    /// Counts these accounts from now on, and no others. Gives those that were counted until now.
    pub(super) fn follow<'a>(
        &mut self,
        accounts: impl Iterator<Item = &'a AccountId>,
        now: Timestamp,
    ) -> BTreeSet<AccountId> {
        let wanted: BTreeSet<_> = accounts.cloned().collect();
        let gone = self.accounts.keys().filter(|account| !wanted.contains(account)).cloned().collect();
        self.accounts.retain(|account, _| wanted.contains(account));
        for account in wanted {
            self.accounts.entry(account).or_insert(minute_of(now) + 1);
        }
        gone
    }

    /// Whether there are counts that were not decided on.
    pub(super) fn has_undecided(&self) -> bool {
        self.newest > self.decided
    }
}

/// Counts an account's calls from now on, if they are not yet: those after a position.
pub(crate) fn begin(catalog: &Catalog, account: &AccountId, after: u64, now: Timestamp, transaction: &mut Transaction) {
    let found = catalog.get::<PlaceRecord>(&only_key());
    let mut place = found.as_ref().map_or_else(|| PlaceRecord::begun(after, now), |found| (*found.value).clone());
    if place.accounts.contains_key(account) {
        return;
    }
    place.accounts.insert(account.clone(), minute_of(now) + 1);
    match found {
        None => drop(transaction.create(only_key(), &place)),
        Some(found) => drop(transaction.update(only_key(), found.version, &place)),
    }
}

/// Counts of a minute. The key is the account, the region and the minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MinuteRecord {
    counts: BySeries<Tally>,
}

impl Record for MinuteRecord {
    const KIND: &'static str = "cloudtrail.insights_minute";
    const FORMAT: u32 = 1;
}

/// Totals of a day. The key is the account, the region and the day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DayRecord {
    totals: BySeries<Total>,
}

impl Record for DayRecord {
    const KIND: &'static str = "cloudtrail.insights_day";
    const FORMAT: u32 = 1;
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Total {
    tally: Tally,
    /// The sum of the squares of the calls of each minute.
    squares: u64,
}

impl Total {
    fn add_minute(&mut self, tally: &Tally) {
        self.tally.add(tally);
        self.squares += tally.calls * tally.calls;
    }
}

/// The counts of all accounts and regions, with changes that are not written yet.
pub(super) struct Ledger<'a> {
    catalog: &'a Catalog,
    books: BTreeMap<Scope, Book>,
    days: BTreeMap<(Scope, i64), Kept<DayRecord>>,
    /// Minutes before this one are in totals, unless there is a record of theirs.
    folded: Minute,
    overflowed: bool,
}

/// The latest minutes of an account and region.
pub(super) type Book = BTreeMap<Minute, Kept<MinuteRecord>>;

/// A record with what it is in the catalog.
#[derive(Clone, Debug)]
pub(super) struct Kept<R> {
    version: Option<u64>,
    value: Arc<R>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    AsRead,
    Changed,
    Removed,
}

impl<R: Record + Clone + Default> Kept<R> {
    fn read(catalog: &Catalog, key: &Key) -> Self {
        match catalog.get::<R>(key) {
            Some(found) => Self { version: Some(found.version), value: found.value, state: State::AsRead },
            None => Self::made(),
        }
    }

    fn made() -> Self {
        Self { version: None, value: Arc::default(), state: State::AsRead }
    }

    fn change(&mut self) -> &mut R {
        self.state = State::Changed;
        Arc::make_mut(&mut self.value)
    }

    fn write(&self, key: Key, transaction: &mut Transaction) {
        match (self.state, self.version) {
            (State::AsRead, _) | (State::Removed, None) => {}
            (State::Changed, None) => drop(transaction.create(key, &*self.value)),
            (State::Changed, Some(version)) => drop(transaction.update(key, version, &*self.value)),
            (State::Removed, Some(version)) => drop(transaction.delete::<R>(key, version)),
        }
    }
}

impl<'a> Ledger<'a> {
    /// The counts as they are in the catalog, where minutes up to `decided` were decided on.
    pub(super) fn open(catalog: &'a Catalog, decided: Minute) -> Self {
        let mut books: BTreeMap<Scope, Book> = BTreeMap::new();
        for (key, found) in catalog.list_all::<MinuteRecord>() {
            let (Some(region), Ok(minute)) = (key.region, key.name.parse()) else { continue };
            let kept = Kept { version: Some(found.version), value: found.value, state: State::AsRead };
            books.entry(Scope { account: key.account, region }).or_default().insert(minute, kept);
        }
        Self { catalog, books, days: BTreeMap::new(), folded: decided - KEPT_MINUTES, overflowed: false }
    }

    /// Adds counts of a minute.
    pub(super) fn add(&mut self, scope: &Scope, minute: Minute, counts: &BySeries<Tally>) {
        let book = self.books.entry(scope.clone()).or_default();
        if minute < self.folded && !book.contains_key(&minute) {
            // Late by much: it can only be part of what is usual.
            for (series, tally) in counts.iter() {
                self.add_to_day(scope, minute, series, tally);
            }
            return;
        }
        let record = book.entry(minute).or_insert_with(Kept::made).change();
        for (series, tally) in counts.iter() {
            match record.counts.at(series, SERIES_MAX) {
                Some(known) => known.add(tally),
                None => self.overflowed = true,
            }
        }
    }

    /// The accounts and regions that there are minutes of.
    pub(super) fn scopes(&self) -> Vec<Scope> {
        self.books.keys().cloned().collect()
    }

    /// The first minute in a range that has counts.
    pub(super) fn next_minute(&self, scope: &Scope, range: Range<Minute>) -> Option<Minute> {
        self.books.get(scope)?.range(range).next().map(|(minute, _)| *minute)
    }

    /// The series with more calls in a minute than a bound.
    pub(super) fn above(&self, scope: &Scope, minute: Minute, calls: u64) -> Vec<Series> {
        let Some(kept) = self.books.get(scope).and_then(|book| book.get(&minute)) else { return Vec::new() };
        let above = kept.value.counts.iter().filter(|(_, tally)| tally.calls > calls);
        above.map(|(series, _)| series.clone()).collect()
    }

    /// Calls in each of the minutes of a range.
    pub(super) fn calls(&self, scope: &Scope, series: &Series, range: Range<Minute>) -> Vec<u64> {
        range.map(|minute| self.at(scope, series, minute).map_or(0, |tally| tally.calls)).collect()
    }

    /// The counts of a range of minutes together.
    pub(super) fn tally(&self, scope: &Scope, series: &Series, range: Range<Minute>) -> Tally {
        let mut all = Tally::default();
        range.filter_map(|minute| self.at(scope, series, minute)).for_each(|tally| all.add(tally));
        all
    }

    fn at(&self, scope: &Scope, series: &Series, minute: Minute) -> Option<&Tally> {
        self.books.get(scope)?.get(&minute)?.value.counts.get(series)
    }

    /// What was usual before a minute, where calls are counted since another: whole days, as AWS counts (recorded: a
    /// start at 16:52 has a baseline of 11092 minutes, which is seven days and 16:52 h).
    pub(super) fn baseline(
        &mut self,
        scope: &Scope,
        series: &Series,
        before: Minute,
        since: Minute,
    ) -> (Baseline, Tally) {
        let today = before.div_euclid(DAY_MINUTES);
        let first = since.max((today - BASELINE_DAYS) * DAY_MINUTES).min(before);
        let mut total = Total::default();
        for day in first.div_euclid(DAY_MINUTES)..=today {
            if let Some(of_day) = self.day(scope, day).value.totals.get(series) {
                total.tally.add(&of_day.tally);
                total.squares += of_day.squares;
            }
        }
        if let Some(book) = self.books.get(scope) {
            let unfolded = book.range(first..before).filter_map(|(_, kept)| kept.value.counts.get(series));
            unfolded.for_each(|tally| total.add_minute(tally));
        }
        let minutes = u64::try_from(before - first).unwrap_or(0);
        (Baseline { minutes, calls: total.tally.calls, squares: total.squares }, total.tally)
    }

    /// Makes totals of minutes that no decision after `decided` looks at, and drops totals that none does.
    pub(super) fn fold(&mut self, decided: Minute) {
        for scope in self.scopes() {
            let Some(book) = self.books.get_mut(&scope) else { continue };
            let is_due = book.keys().next().is_some_and(|oldest| *oldest <= decided - FOLD_MINUTES);
            if !is_due {
                continue;
            }
            let mut old = Vec::new();
            for (minute, kept) in book.range_mut(..decided - KEPT_MINUTES) {
                kept.state = State::Removed;
                old.push((*minute, kept.value.clone()));
            }
            for (minute, record) in old {
                for (series, tally) in record.counts.iter() {
                    self.add_to_day(&scope, minute, series, tally);
                }
            }
        }
        let oldest = decided.div_euclid(DAY_MINUTES) - BASELINE_DAYS - 1;
        for (key, _) in self.catalog.versions::<DayRecord>() {
            let (Some(region), Ok(day)) = (key.region, key.name.parse::<i64>()) else { continue };
            if day < oldest {
                self.day(&Scope { account: key.account, region }, day).state = State::Removed;
            }
        }
    }

    /// Adds all changes to a transaction.
    pub(super) fn write(self, transaction: &mut Transaction) {
        if self.overflowed {
            tracing::warn!(SERIES_MAX, "an account calls too many operations in a region: not all are watched");
        }
        for (scope, book) in &self.books {
            for (minute, kept) in book {
                kept.write(Key::regional(&scope.account, &scope.region, format!("{minute:010}")), transaction);
            }
        }
        for ((scope, day), kept) in &self.days {
            kept.write(day_key(scope, *day), transaction);
        }
    }

    fn add_to_day(&mut self, scope: &Scope, minute: Minute, series: &Series, tally: &Tally) {
        let day = self.day(scope, minute.div_euclid(DAY_MINUTES));
        match day.change().totals.at(series, SERIES_MAX) {
            Some(total) => total.add_minute(tally),
            None => self.overflowed = true,
        }
    }

    fn day(&mut self, scope: &Scope, day: i64) -> &mut Kept<DayRecord> {
        let catalog = self.catalog;
        self.days.entry((scope.clone(), day)).or_insert_with(|| Kept::read(catalog, &day_key(scope, day)))
    }
}

fn day_key(scope: &Scope, day: i64) -> Key {
    Key::regional(&scope.account, &scope.region, format!("{day:06}"))
}

/// Forgets all counts of accounts.
pub(super) fn forget(catalog: &Catalog, accounts: &BTreeSet<AccountId>, transaction: &mut Transaction) {
    for (key, version) in catalog.versions::<MinuteRecord>() {
        if accounts.contains(&key.account) {
            transaction.delete::<MinuteRecord>(key, version);
        }
    }
    for (key, version) in catalog.versions::<DayRecord>() {
        if accounts.contains(&key.account) {
            transaction.delete::<DayRecord>(key, version);
        }
    }
}
