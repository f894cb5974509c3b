//! Queries under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use api::logs::errors;
use api::{CallContext, ServiceError};
use base::{Clock, Entropy, id};
use store::catalog::{Catalog, CatalogError, Key, Transaction};
use tokio::sync::watch;

use super::stored::{QueryRecord, QueryState, write_rows};
use crate::change::{catalog_failure, change};
use crate::ports::{Documents, QueryEngine, QueryOutcome, QueryRun, QueryStatistics};

/// Queries of one account and region under way at once (logs.md Q-7).
const RUNNING_MAX: usize = 100;
/// How long a query may run (logs.md Q-7).
const TIME_MAX: Duration = Duration::from_secs(3600);

/// The queries that this server is running.
pub(crate) struct Runs {
    catalog: Arc<Catalog>,
    engine: Arc<dyn QueryEngine>,
    documents: Arc<dyn Documents>,
    clock: Arc<dyn Clock>,
    running: Arc<Mutex<HashMap<Key, Running>>>,
}

struct Running {
    cancel: watch::Sender<bool>,
    progress: watch::Receiver<QueryStatistics>,
    // Turns true when its record says how it ended.
    ended: watch::Receiver<bool>,
}

/// What starts a query.
pub(crate) struct Start {
    /// What is kept of it.
    pub(crate) record: QueryRecord,
    /// What runs, given how progress is told and how it is stopped.
    pub(crate) run: Box<dyn FnOnce(watch::Sender<QueryStatistics>, watch::Receiver<bool>) -> QueryRun + Send>,
}

impl Runs {
    /// No query yet.
    pub(crate) fn new(
        catalog: Arc<Catalog>,
        engine: Arc<dyn QueryEngine>,
        documents: Arc<dyn Documents>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { catalog, engine, documents, clock, running: Arc::default() }
    }

    /// Starts a query and gives its id.
    ///
    /// # Errors
    /// `LimitExceededException` when too many are under way; the catalog's.
    pub(crate) async fn start(
        &self,
        cx: &CallContext,
        entropy: &dyn Entropy,
        start: Start,
    ) -> Result<String, ServiceError> {
        let query_id = id::uuid(entropy).to_string();
        let key = super::key(cx, &query_id);
        let (told, progress) = watch::channel(QueryStatistics::default());
        let (cancel, cancelled) = watch::channel(false);
        let (end, ended) = watch::channel(false);
        {
            let mut running = self.running();
            let own = running.keys().filter(|other| (&other.account, &other.region) == (&key.account, &key.region));
            if own.count() >= RUNNING_MAX {
                return Err(errors::limit_exceeded_exception("Resource limit exceeded."));
            }
            running.insert(key.clone(), Running { cancel, progress, ended });
        }
        let mut transaction = Transaction::default();
        transaction.create(key.clone(), &start.record);
        if let Err(error) = self.catalog.commit(transaction).await {
            self.running().remove(&key);
            return Err(catalog_failure(&error));
        }
        let work = Work {
            catalog: self.catalog.clone(),
            engine: self.engine.clone(),
            documents: self.documents.clone(),
            clock: self.clock.clone(),
            key: key.clone(),
            cancelled: cancelled.clone(),
        };
        let running = self.running.clone();
        let run = (start.run)(told, cancelled);
        tokio::spawn(async move {
            work.to_its_end(run).await;
            running.lock().expect("no holder of this lock panics").remove(&key);
            let _ = end.send(true);
        });
        Ok(query_id)
    }

    /// How far a query is, while it is under way.
    pub(crate) fn progress(&self, key: &Key) -> Option<QueryStatistics> {
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
        self.running.lock().expect("no holder of this lock panics")
    }
}

struct Work {
    catalog: Arc<Catalog>,
    engine: Arc<dyn QueryEngine>,
    documents: Arc<dyn Documents>,
    clock: Arc<dyn Clock>,
    key: Key,
    cancelled: watch::Receiver<bool>,
}

impl Work {
    /// Runs the query and writes down how it ended.
    async fn to_its_end(&self, run: QueryRun) {
        let last = run.progress.subscribe();
        let ran = tokio::time::timeout(TIME_MAX, self.engine.run(run)).await;
        let (mut state, outcome) = match ran {
            Ok(Ok(outcome)) => (QueryState::Complete, Some(outcome)),
            Ok(Err(_)) if *self.cancelled.borrow() => (QueryState::Cancelled, None),
            Ok(Err(reason)) => {
                tracing::warn!(query = self.key.name, reason, "a query failed");
                (QueryState::Failed, None)
            }
            Err(_) => (QueryState::Timeout, None),
        };
        let statistics = outcome.as_ref().map_or_else(|| *last.borrow(), |outcome| outcome.statistics);
        if let Some(QueryOutcome { rows, .. }) = outcome
            && let Err(error) = self.keep(rows).await
        {
            tracing::error!(query = self.key.name, error, "the rows of a query could not be kept");
            state = QueryState::Failed;
        }
        if let Err(error) = self.note(state, statistics).await {
            tracing::error!(query = self.key.name, ?error, "the end of a query could not be written down");
        }
    }

    async fn keep(&self, rows: Vec<Vec<(Arc<str>, lang::insights::Value)>>) -> Result<(), String> {
        let packed = tokio::task::spawn_blocking(move || write_rows(rows)).await;
        let packed = packed.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        self.documents.put(&document(&self.key), packed).await
    }

    async fn note(&self, state: QueryState, statistics: QueryStatistics) -> Result<(), ServiceError> {
        change(&self.catalog, || {
            let mut transaction = Transaction::default();
            // It may have been deleted with its account's other queries after a week.
            if let Some(found) = self.catalog.get::<QueryRecord>(&self.key) {
                let mut record = QueryRecord::clone(&found.value);
                record.state = state;
                record.statistics = statistics.into();
                record.duration_ms = Some(self.clock.now().millis() - record.created.millis());
                transaction.update(self.key.clone(), found.version, &record);
            }
            Ok((transaction, ()))
        })
        .await
    }
}

/// The name of the document of a query's rows.
pub(crate) fn document(key: &Key) -> String {
    format!("query/{}", key.name)
}

/// What ended without anyone writing it down has failed: the server stopped meanwhile.
///
/// # Errors
/// The catalog's.
pub(super) async fn fail_unended(catalog: &Catalog, keys: Vec<(Key, u64, QueryRecord)>) -> Result<(), CatalogError> {
    for (key, version, mut record) in keys {
        record.state = QueryState::Failed;
        let mut transaction = Transaction::default();
        transaction.update(key, version, &record);
        match catalog.commit(transaction).await {
            Ok(()) | Err(CatalogError::Conflict { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(())
}
