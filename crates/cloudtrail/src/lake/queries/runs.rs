//! Queries under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use api::ServiceError;
use api::cloudtrail::errors;
use base::Scope;
use lang::event_selector::Selector;
use store::catalog::{Catalog, Key, Transaction};
use tokio::sync::{mpsc, watch};

use super::results::Pages;
use super::{DeliveryState, QueryRecord, QueryState, deliver};
use crate::change::{catalog_failure, change};
use crate::lake::engine::{LakeContent, LakeFailure, LakeOutcome, LakeQuery, LakeRun, LakeStatistics, LakeStore};
use crate::lake::stores::{self, EventDataStore};
use crate::service::Parts;

/// Queries of one account and region under way at once (cloudtrail.md §10.1).
const RUNNING_MAX: usize = 10;
/// How long a query may run (cloudtrail.md §10.1).
const TIME_MAX: Duration = Duration::from_secs(3600);
/// Batches of rows that wait to be written.
const AHEAD: usize = 2;
/// Characters of an error that is shown.
const ERROR_CHARS_MAX: usize = 1000;

/// The queries that this server is running.
#[derive(Default)]
pub(crate) struct Runs(Arc<Mutex<HashMap<Key, Running>>>);

struct Running {
    cancel: watch::Sender<bool>,
    progress: watch::Receiver<LakeStatistics>,
    // Turns true when its record says how it ended.
    ended: watch::Receiver<bool>,
}

impl Runs {
    /// Starts a query whose record is not there yet.
    ///
    /// # Errors
    /// `MaxConcurrentQueriesException`; the catalog's.
    pub(crate) async fn start(&self, parts: &Parts, key: Key, record: &QueryRecord) -> Result<(), ServiceError> {
        let Some(work) = self.enter(parts, &key, record, Limit::Holds) else {
            let message = format!("You already have {RUNNING_MAX} running queries.");
            return Err(errors::max_concurrent_queries_exception(message));
        };
        let mut transaction = Transaction::default();
        transaction.create(key.clone(), record);
        if let Err(error) = parts.catalog.commit(transaction).await {
            self.running().remove(&key);
            return Err(catalog_failure(&error));
        }
        self.spawn(work);
        Ok(())
    }

    /// Runs a query again that has not ended, unless it is under way.
    pub(crate) fn resume(&self, parts: &Parts, key: &Key, record: &QueryRecord) {
        if let Some(work) = self.enter(parts, key, record, Limit::IsPassed) {
            self.spawn(work);
        }
    }

    /// What is to be done; nothing when it is being done, or too much is.
    fn enter(&self, parts: &Parts, key: &Key, record: &QueryRecord, limit: Limit) -> Option<Work> {
        let (progress, seen) = watch::channel(LakeStatistics::default());
        let (cancel, cancelled) = watch::channel(false);
        let (end, ended) = watch::channel(false);
        let mut running = self.running();
        let own = running.keys().filter(|other| (&other.account, &other.region) == (&key.account, &key.region));
        if running.contains_key(key) || (limit == Limit::Holds && own.count() >= RUNNING_MAX) {
            return None;
        }
        running.insert(key.clone(), Running { cancel, progress: seen, ended });
        let (parts, key, record) = (parts.clone(), key.clone(), record.clone());
        Some(Work { parts, key, record, progress, cancelled, end })
    }

    fn spawn(&self, work: Work) {
        let running = self.0.clone();
        tokio::spawn(async move {
            work.to_its_end().await;
            running.lock().expect("no holder of this lock panics").remove(&work.key);
            let _ = work.end.send(true);
        });
    }

    /// How far a query is, while it is under way.
    pub(crate) fn progress(&self, key: &Key) -> Option<LakeStatistics> {
        self.running().get(key).map(|running| *running.progress.borrow())
    }

    /// Stops a query and waits until it has ended; tells whether it was under way.
    pub(crate) async fn stop(&self, key: &Key) -> bool {
        let ended = self.running().get(key).map(|running| {
            let _ = running.cancel.send(true);
            running.ended.clone()
        });
        match ended {
            Some(mut ended) => ended.wait_for(|ended| *ended).await.is_ok(),
            None => false,
        }
    }

    /// Whether a query is under way here.
    pub(crate) fn is_running(&self, key: &Key) -> bool {
        self.running().contains_key(key)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<Key, Running>> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

/// Whether a query waits for no other to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Limit {
    Holds,
    /// It began before, when there was room for it.
    IsPassed,
}

struct Work {
    parts: Parts,
    key: Key,
    record: QueryRecord,
    progress: watch::Sender<LakeStatistics>,
    cancelled: watch::Receiver<bool>,
    end: watch::Sender<bool>,
}

impl Work {
    /// Runs the query, writes down how it ended, and delivers its results.
    async fn to_its_end(&self) {
        let mut pages = Pages::new(self.parts.documents.clone(), self.key.clone());
        let ran = tokio::time::timeout(TIME_MAX, self.run(&mut pages)).await;
        let (state, outcome, error) = match ran {
            Ok(Ok(outcome)) => (QueryState::Finished, Some(outcome), None),
            Ok(Err(_)) if *self.cancelled.borrow() => (QueryState::Cancelled, None, None),
            Ok(Err(failure)) => {
                tracing::warn!(query = self.key.name, %failure, "a query failed");
                (QueryState::Failed, None, Some(failure.to_string()))
            }
            Err(_) => (QueryState::TimedOut, None, Some("The query did not end within an hour.".to_owned())),
        };
        if state != QueryState::Finished
            && let Err(error) = pages.discard().await
        {
            tracing::error!(query = self.key.name, error, "rows of a query that has not finished are left");
        }
        let last = *self.progress.borrow();
        let noted = self.note(|record| {
            record.state = state;
            record.ended = Some(self.parts.clock.now());
            record.count(outcome.as_ref().map_or(last, |outcome| outcome.statistics));
            record.error = error.clone().map(|error| error.chars().take(ERROR_CHARS_MAX).collect());
            if let Some(outcome) = &outcome {
                record.columns = outcome.columns.clone();
                record.rows = pages.rows;
                record.pages = pages.starts.clone();
            }
            if let Some(delivery) = &mut record.delivery {
                delivery.state = match state {
                    QueryState::Finished | QueryState::Running => DeliveryState::Pending,
                    QueryState::Cancelled => DeliveryState::Cancelled,
                    QueryState::Failed | QueryState::TimedOut => DeliveryState::Failed,
                };
            }
        });
        if let Err(error) = noted.await {
            tracing::error!(query = self.key.name, ?error, "the end of a query could not be written down");
            return;
        }
        if let Some(found) = self.parts.catalog.get::<QueryRecord>(&self.key) {
            deliver::results(&self.parts, &self.key, &found.value).await;
        }
    }

    async fn run(&self, pages: &mut Pages) -> Result<LakeOutcome, LakeFailure> {
        let owner = Scope {
            account: self.record.owner.clone(),
            region: self.key.region.clone().expect("queries have a region"),
        };
        let found = self.record.stores.iter().filter_map(|id| stores::at(&self.parts.catalog, &owner, id));
        let query = LakeQuery {
            statement: self.record.statement.clone(),
            stores: lake_stores(found),
            now: self.record.created,
        };
        let (told, mut rows) = mpsc::channel(AHEAD);
        let run = LakeRun { rows: told, progress: self.progress.clone(), cancelled: self.cancelled.clone() };
        let kept = &mut *pages;
        let writing = async move {
            let mut written = Ok(());
            while let Some(batch) = rows.recv().await {
                written = kept.add(batch).await;
                if written.is_err() {
                    break;
                }
            }
            // Whoever sends more finds nobody who takes it, and ends.
            drop(rows);
            written
        };
        let (outcome, written) = tokio::join!(self.parts.lake.run(query, run), writing);
        let outcome = outcome?;
        let kept = match written {
            Ok(()) => pages.finish().await,
            failed => failed,
        };
        kept.map_err(|error| {
            tracing::error!(query = self.key.name, error, "the rows of a query could not be kept");
            LakeFailure::Failed
        })?;
        Ok(outcome)
    }

    async fn note(&self, with: impl Fn(&mut QueryRecord) + Send + Sync) -> Result<(), ServiceError> {
        note(&self.parts.catalog, &self.key, with).await
    }
}

/// Changes the record of a query, if it is still there.
///
/// # Errors
/// The catalog's.
pub(super) async fn note(
    catalog: &Catalog,
    key: &Key,
    with: impl Fn(&mut QueryRecord) + Send + Sync,
) -> Result<(), ServiceError> {
    change(catalog, || {
        let mut transaction = Transaction::default();
        if let Some(found) = catalog.get::<QueryRecord>(key) {
            let mut record = QueryRecord::clone(&found.value);
            with(&mut record);
            transaction.update(key.clone(), found.version, &record);
        }
        Ok((transaction, ()))
    })
    .await
}

/// Stores as an engine knows them.
pub(crate) fn lake_stores(found: impl Iterator<Item = EventDataStore>) -> Vec<LakeStore> {
    let known = found.map(|store| LakeStore {
        content: content(&store.record.selectors),
        number: store.record.number,
        id: store.id,
    });
    known.collect()
}

/// What a store of these selectors keeps: categories other than those of calls stand alone (cloudtrail.md §7.1).
fn content(selectors: &[Selector]) -> LakeContent {
    let fields = selectors.iter().flat_map(|selector| &selector.fields);
    let mut categories = fields.filter(|field| field.field == "eventCategory").flat_map(|field| &field.equals);
    match categories.next().and_then(|equals| equals.first()).map(String::as_str) {
        Some("ActivityAuditLog") => LakeContent::Audit,
        Some("Insight") => LakeContent::Insights,
        _ => LakeContent::Calls,
    }
}
