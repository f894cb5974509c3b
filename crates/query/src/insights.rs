//! Insights: queries of the logs' own language over scans of log events.
//!
//! DataFusion plans and reads: the scan with what the query says of times, groups and messages,
//! its partitions in parallel, the memory, the threads. What a record's fields are is known
//! only record by record, so that the operators are the language's own: they run as consumers
//! of the partitions' streams (ADR 7).

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use base::{Scope, Timestamp};
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::types::{Int64Type, UInt64Type};
use datafusion::arrow::array::{RecordBatch, StringViewArray};
use datafusion::common::DataFusionError;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::execute_stream_partitioned;
use futures_util::StreamExt;
use lang::insights::{Event, Plan, Pointer, Row, RunError, Worker};
use lang::needle::Needle;
use store::log_event::{GroupId, LogEvents, LogScan, StreamId};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::engine::Engine;
use crate::log_events::{Passed, scan_numbered};

/// Queries that run at once; others wait for their turn.
const RUNNING_MAX: usize = 4;
/// Rows that a worker takes before it lets others have its thread.
const ROWS_MAX: usize = 1024;

/// Runs queries over log events.
pub struct Insights {
    engine: Arc<Engine>,
    events: Arc<LogEvents>,
    turns: Semaphore,
}

/// A query to run.
pub struct InsightsQuery {
    /// The compiled query.
    pub plan: Plan,
    /// The groups that it reads.
    pub groups: Vec<InsightsGroup>,
    /// The earliest time, inclusive.
    pub from: Timestamp,
    /// The latest time, exclusive.
    pub to: Timestamp,
    /// Names of streams; events of a stream without one are gone.
    pub stream_names: Arc<dyn Fn(StreamId) -> Option<Arc<str>> + Send + Sync>,
    /// The memory that it may take.
    pub memory_bytes: usize,
    /// Told as the query goes on.
    pub progress: watch::Sender<InsightsStatistics>,
    /// Turns true when the query is to stop.
    pub cancelled: watch::Receiver<bool>,
}

/// A group that a query reads.
#[derive(Clone, Debug)]
pub struct InsightsGroup {
    /// Its number.
    pub id: GroupId,
    /// Whose it is.
    pub scope: Scope,
    /// `account:name`, which is `@log`.
    pub log: Arc<str>,
    /// The earliest time that it still has.
    pub kept_from: Timestamp,
    /// How its messages are shown.
    pub shown: Arc<dyn Shown>,
}

/// How a group is shown to a query.
pub trait Shown: fmt::Debug + Send + Sync + 'static {
    /// Whether the query sees an event that was taken at this time; others are passed over.
    fn takes(&self, _ingested: Timestamp) -> bool {
        true
    }

    /// A message that was taken at this time, as the query sees it.
    fn message<'m>(&self, ingested: Timestamp, message: &'m str) -> Cow<'m, str>;

    /// What a transformer made of it, as the query sees it: fields are discovered in that instead (logs.md SY-5).
    fn transformed(&self, ingested: Timestamp, stream: &str, message: &str) -> Option<String>;

    /// What messages as stored must contain for the query to match them.
    fn needle(&self, plan: &Plan) -> Needle;
}

/// Messages are shown as they are stored.
#[derive(Clone, Copy, Debug)]
pub struct AsStored;

impl Shown for AsStored {
    fn message<'m>(&self, _: Timestamp, message: &'m str) -> Cow<'m, str> {
        Cow::Borrowed(message)
    }

    fn transformed(&self, _: Timestamp, _: &str, _: &str) -> Option<String> {
        None
    }

    fn needle(&self, plan: &Plan) -> Needle {
        plan.needle()
    }
}

/// What a query took so far (logs.md QR-5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InsightsStatistics {
    /// Events that the query's filters let pass.
    pub records_matched: u64,
    /// Events that were looked at.
    pub records_scanned: u64,
    /// Bytes of their messages; none where messages are not read.
    pub bytes_scanned: u64,
    /// Events that the index passed over.
    pub records_skipped: u64,
    /// Bytes of their messages.
    pub bytes_skipped: u64,
    /// Groups that were read.
    pub groups_scanned: u64,
}

/// What a query found.
#[derive(Clone, Debug)]
pub struct InsightsOutcome {
    /// Rows in the order of the query.
    pub rows: Vec<Row>,
    /// What it took.
    pub statistics: InsightsStatistics,
}

/// Why a query found nothing.
#[derive(Debug, thiserror::Error)]
pub enum InsightsError {
    /// It was told to stop.
    #[error("the query was cancelled")]
    Cancelled,
    /// It needs more memory than it may have.
    #[error(
        "the query needs more than the {} MiB of memory that it may have: narrow its time range, or keep fewer groups \
         and fields",
        memory_bytes.div_ceil(1 << 20)
    )]
    Memory {
        /// What it may have.
        memory_bytes: usize,
    },
    /// The query itself cannot go on.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The store or the machine failed.
    #[error("the query failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Insights {
    /// Over the table of log events.
    pub fn new(engine: Arc<Engine>, events: Arc<LogEvents>) -> Self {
        Self { engine, events, turns: Semaphore::new(RUNNING_MAX) }
    }

    /// Runs a query to its end. Dropped, it stops.
    ///
    /// # Errors
    /// It was cancelled or cannot go on.
    pub async fn run(&self, query: InsightsQuery) -> Result<InsightsOutcome, InsightsError> {
        let mut cancelled = query.cancelled.clone();
        let stop = async move {
            if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
                // Nobody can cancel it any more.
                std::future::pending::<()>().await;
            }
        };
        let work = async {
            let _turn = self.turns.acquire().await;
            self.work(query).await
        };
        tokio::select! {
            biased;
            () = stop => Err(InsightsError::Cancelled),
            outcome = work => outcome,
        }
    }

    async fn work(&self, query: InsightsQuery) -> Result<InsightsOutcome, InsightsError> {
        let memory_bytes = query.memory_bytes;
        let failed = |error| of_datafusion(error, memory_bytes);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let passed = Arc::new(Passed::default());
        let scans = scans(&query);
        // The snapshot is taken and read on the queries' own threads.
        let runtime = self.engine.runtime().map_err(|error| InsightsError::Failed(error.into()))?;
        let (events, counts) = (self.events.clone(), passed.clone());
        let mut taking = JoinSet::new();
        taking.spawn_on(async move { scan_numbered(events, scans, counts, threads).await }, runtime.handle());
        let scan = joined(taking.join_next().await)?.map_err(failed)?;
        let environment = self.engine.environment(memory_bytes).map_err(failed)?;
        let pool = environment.memory_pool.clone();
        let context = Arc::new(TaskContext::default().with_runtime(environment));
        let streams = {
            // Reading starts here, on the threads of the runtime that is entered.
            let _entered = runtime.enter();
            execute_stream_partitioned(scan, context).map_err(failed)?
        };
        let shared = Arc::new(Shared::new(query, passed));
        let mut tasks = JoinSet::new();
        for stream in streams {
            let memory = MemoryConsumer::new("insights").register(&pool);
            tasks.spawn_on(shared.clone().consume(stream, memory), runtime.handle());
        }
        let mut workers = Vec::new();
        // Held as long as the workers are.
        let mut memory = Vec::new();
        while let Some(done) = tasks.join_next().await {
            let (worker, reserved) = joined(Some(done))??;
            workers.push(worker);
            memory.push(reserved);
        }
        let plan = shared.query.plan.clone();
        let mut finishing = JoinSet::new();
        finishing.spawn_blocking_on(move || plan.finish(workers), runtime.handle());
        let rows = joined(finishing.join_next().await)??;
        drop(memory);
        Ok(InsightsOutcome { rows, statistics: shared.tell() })
    }
}

/// One scan for all groups whose messages are looked for alike.
fn scans(query: &InsightsQuery) -> Vec<LogScan> {
    let mut scans: Vec<LogScan> = Vec::new();
    for group in &query.groups {
        let place = (group.id, group.kept_from);
        let needle = group.shown.needle(&query.plan);
        match scans.iter_mut().find(|scan| scan.needle == needle) {
            Some(scan) => scan.groups.push(place),
            None => scans.push(LogScan {
                groups: vec![place],
                from: query.from,
                to: query.to,
                needle,
                messages: query.plan.needs_message(),
            }),
        }
    }
    scans
}

/// What a task gave, unless it panicked.
fn joined<T>(done: Option<Result<T, tokio::task::JoinError>>) -> Result<T, InsightsError> {
    match done {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(InsightsError::Failed(error.into())),
        None => Err(InsightsError::Failed("a task of the query is missing".into())),
    }
}

fn of_datafusion(error: DataFusionError, memory_bytes: usize) -> InsightsError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => InsightsError::Memory { memory_bytes },
        _ => InsightsError::Failed(error.into()),
    }
}

/// What the tasks of a query share.
struct Shared {
    query: InsightsQuery,
    groups: HashMap<GroupId, InsightsGroup>,
    passed: Arc<Passed>,
    matched: AtomicU64,
    scanned: AtomicU64,
    bytes: AtomicU64,
    // Told in order, though by many.
    telling: Mutex<()>,
}

impl Shared {
    fn new(query: InsightsQuery, passed: Arc<Passed>) -> Self {
        let groups = query.groups.iter().map(|group| (group.id, group.clone())).collect();
        let (matched, scanned, bytes) = Default::default();
        Self { query, groups, passed, matched, scanned, bytes, telling: Mutex::default() }
    }

    /// Feeds a worker with a partition.
    async fn consume(
        self: Arc<Self>,
        mut stream: SendableRecordBatchStream,
        memory: MemoryReservation,
    ) -> Result<(Worker, MemoryReservation), InsightsError> {
        let failed = |error| of_datafusion(error, self.query.memory_bytes);
        let mut worker = self.query.plan.worker();
        let mut streams = HashMap::new();
        let mut matched = 0;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(failed)?;
            for start in (0..batch.num_rows()).step_by(ROWS_MAX) {
                let rows = batch.slice(start, ROWS_MAX.min(batch.num_rows() - start));
                self.push(&mut worker, &rows, &mut streams)?;
                memory.try_resize(worker.memory_bytes()).map_err(failed)?;
                tokio::task::yield_now().await;
            }
            self.matched.fetch_add(worker.matched() - matched, Ordering::Relaxed);
            matched = worker.matched();
            self.tell();
        }
        Ok((worker, memory))
    }

    fn push(
        &self,
        worker: &mut Worker,
        rows: &RecordBatch,
        streams: &mut HashMap<StreamId, Option<Arc<str>>>,
    ) -> Result<(), RunError> {
        let rows = Columns::of(rows);
        let mut bytes = 0;
        let mut scanned = 0;
        // Events lie together by group and stream.
        let mut group: Option<&InsightsGroup> = None;
        let mut stream: Option<(StreamId, Option<Arc<str>>)> = None;
        for row in 0..rows.groups.len() {
            let (group_id, stream_id) = (GroupId(rows.groups[row]), StreamId(rows.streams[row]));
            if group.is_none_or(|group| group.id != group_id) {
                group = self.groups.get(&group_id);
            }
            if stream.as_ref().is_none_or(|(id, _)| *id != stream_id) {
                let name = streams.entry(stream_id).or_insert_with(|| (self.query.stream_names)(stream_id));
                stream = Some((stream_id, name.clone()));
            }
            // The events of what was deleted go later.
            let (Some(group), Some((_, Some(name)))) = (group, &stream) else { continue };
            let message = rows.messages.map_or("", |messages| messages.value(row));
            let ingested = Timestamp::from_millis(rows.ingested[row]);
            if !group.shown.takes(ingested) {
                self.passed.add(1, message.len() as u64);
                continue;
            }
            bytes += message.len() as u64;
            scanned += 1;
            // Without messages there is nothing to show.
            let transformed = match rows.messages.is_some() {
                true => group.shown.transformed(ingested, name, message),
                false => None,
            };
            let shown = group.shown.message(ingested, message);
            worker.push(&Event {
                time_ms: rows.times[row],
                ingested_ms: rows.ingested[row],
                message: &shown,
                stream: name,
                log: &group.log,
                account: group.scope.account.as_str(),
                region: group.scope.region.as_str(),
                transformed: transformed.as_deref(),
                pointer: Pointer { group: group_id.0, time: rows.times[row], position: rows.positions[row] },
            })?;
        }
        self.scanned.fetch_add(scanned, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Tells, and gives, what the query took so far.
    fn tell(&self) -> InsightsStatistics {
        let _in_order = self.telling.lock().expect("no holder of this lock can panic");
        let statistics = InsightsStatistics {
            records_matched: self.matched.load(Ordering::Relaxed),
            records_scanned: self.scanned.load(Ordering::Relaxed),
            bytes_scanned: self.bytes.load(Ordering::Relaxed),
            records_skipped: self.passed.events(),
            bytes_skipped: self.passed.bytes(),
            groups_scanned: self.groups.len() as u64,
        };
        self.query.progress.send_replace(statistics);
        statistics
    }
}

/// The columns of a scan's rows.
struct Columns<'a> {
    groups: &'a [u64],
    streams: &'a [u64],
    times: &'a [i64],
    ingested: &'a [i64],
    positions: &'a [u64],
    messages: Option<&'a StringViewArray>,
}

impl<'a> Columns<'a> {
    fn of(rows: &'a RecordBatch) -> Self {
        let column = |name: &str| rows.column_by_name(name).expect("scans of log events have their columns");
        let unsigned = |name| &column(name).as_primitive::<UInt64Type>().values()[..];
        let signed = |name| &column(name).as_primitive::<Int64Type>().values()[..];
        Self {
            groups: unsigned("group"),
            streams: unsigned("stream"),
            times: signed("time"),
            ingested: signed("ingested"),
            positions: unsigned("position"),
            messages: rows.column_by_name("message").map(|messages| messages.as_string_view()),
        }
    }
}
