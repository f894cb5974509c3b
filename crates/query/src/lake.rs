//! Queries of CloudTrail Lake: Trino's SELECT over event data stores (cloudtrail.md §7.2).
//!
//! A statement is parsed and checked form by form (`statement`), planned over its stores as tables (`provider`), and
//! what it compares is checked again by type (`types`). What is not known is refused before anything is read. Columns
//! that stores keep apart are read as they are; what else a statement names is taken from the records (`read`).

mod columns;
mod dialect;
pub(crate) mod functions;
mod print;
mod provider;
mod read;
mod statement;
mod types;
mod unnest;

use std::sync::Arc;

use base::Timestamp;
use datafusion::arrow::temporal_conversions::timestamp_ms_to_datetime;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider};
use datafusion::common::DataFusionError;
use datafusion::execution::config::SessionConfig;
use datafusion::execution::{SessionState, SessionStateBuilder, SessionStateDefaults};
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::planner::ExprPlanner;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;
use futures_util::StreamExt;
use store::{LakeEvents, StoreError};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;

pub use columns::LakeKind;
pub use print::LakeRow;

use crate::engine::Engine;
use crate::sql::yielding;
use provider::{Counters, LakeTable};
use statement::{Checked, SAME_NAME, Shown};

/// Queries that run at once; others wait for their turn.
const RUNNING_MAX: usize = 4;
/// Rows of a batch between operators: records are long.
const BATCH_ROWS: usize = 2048;
/// What a sort keeps for merging what it has spilled; less where there is little memory.
const SORT_RESERVATION_BYTES: usize = 10 << 20;
const CATALOG: &str = "lake";
const SCHEMA: &str = "lake";

/// Runs queries over event data stores.
pub struct Lake {
    engine: Arc<Engine>,
    events: Arc<LakeEvents>,
    turns: Arc<Semaphore>,
}

/// A statement over stores.
#[derive(Clone, Debug)]
pub struct LakeQuery {
    /// The statement.
    pub statement: String,
    /// The stores that it may read.
    pub stores: Vec<LakeStore>,
    /// What `now()` is.
    pub now: Timestamp,
    /// The memory that it may take.
    pub memory_bytes: usize,
}

/// A store that a statement may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeStore {
    /// Its id, in lower case.
    pub id: String,
    /// The number that its events are kept under.
    pub number: u32,
    /// What it keeps.
    pub kind: LakeKind,
}

/// What a query did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LakeStatistics {
    /// Events that passed the conditions; known at the end.
    pub events_matched: u64,
    /// Events of the stores within the times that it asked for.
    pub events_scanned: u64,
    /// Bytes that were read of them.
    pub bytes_scanned: u64,
}

/// What a query is told, and tells, while it runs.
pub struct LakeRun {
    /// Takes the rows as they come.
    pub rows: mpsc::Sender<Vec<LakeRow>>,
    /// Told as it goes on.
    pub progress: watch::Sender<LakeStatistics>,
    /// Turns true when it is to stop.
    pub cancelled: watch::Receiver<bool>,
}

/// How a query ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeOutcome {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// What it did.
    pub statistics: LakeStatistics,
}

/// Why a query did not begin, or did not end.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// It is refused as it is.
    #[error("{0}")]
    Statement(String),
    /// It needs more memory than it may have.
    #[error("The query needs more memory than it may have.")]
    Memory,
    /// It was cancelled.
    #[error("The query was cancelled.")]
    Cancelled,
    /// The store or the machine failed.
    #[error("The query failed.")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl LakeError {
    fn of(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => Self::Memory,
            DataFusionError::External(cause) if cause.is::<StoreError>() => Self::Failed(error.into()),
            DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) | DataFusionError::Internal(_) => {
                Self::Failed(error.into())
            }
            root => Self::Statement(message(root)),
        }
    }
}

/// What an error says, without where it came from.
fn message(error: &DataFusionError) -> String {
    let text = match error {
        DataFusionError::Plan(text) | DataFusionError::Execution(text) | DataFusionError::NotImplemented(text) => {
            text.clone()
        }
        other => other.strip_backtrace(),
    };
    let line = text.lines().next().unwrap_or_default().replace(char::is_control, "");
    let said = line.strip_prefix("Internal error: ").unwrap_or(&line);
    // What follows are the ways in which it was tried.
    said.split(", errors: ").next().unwrap_or(said).to_owned()
}

/// Whether a statement reads its stores, or is planned alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Planned,
    Read,
}

impl Lake {
    /// Over these events, on the engine's threads.
    pub fn new(engine: Arc<Engine>, events: Arc<LakeEvents>) -> Self {
        Self { engine, events, turns: Arc::new(Semaphore::new(RUNNING_MAX)) }
    }

    /// The ids that a statement names as stores; more are given than it reads where an id stands for something else.
    pub fn named(statement: &str) -> Vec<String> {
        lang::lake_statement::LakeStatement::of(statement).ids
    }

    /// Parses, checks and plans a statement without reading anything.
    ///
    /// # Errors
    /// Why it is refused.
    pub async fn check(&self, query: LakeQuery) -> Result<(), LakeError> {
        let (engine, events) = (self.engine.clone(), self.events.clone());
        let work = async move {
            let (progress, _) = watch::channel(LakeStatistics::default());
            plan(&engine, events, &query, &progress, Reading::Planned).await.map(drop)
        };
        self.spawn(work)?.ended().await
    }

    /// Runs a statement to its end.
    ///
    /// # Errors
    /// It was cancelled or cannot go on.
    pub async fn run(&self, query: LakeQuery, run: LakeRun) -> Result<LakeOutcome, LakeError> {
        let (engine, events, turns) = (self.engine.clone(), self.events.clone(), self.turns.clone());
        let LakeRun { rows, progress, mut cancelled } = run;
        let work = async move {
            let _turn = turns.acquire_owned().await;
            let planned = plan(&engine, events, &query, &progress, Reading::Read).await?;
            let mut stream = execute_stream(planned.plan.clone(), planned.state.task_ctx()).map_err(LakeError::of)?;
            while let Some(batch) = stream.next().await {
                let printed = print::rows(&batch.map_err(LakeError::of)?);
                let printed = printed.map_err(|error| LakeError::Statement(error.to_string()))?;
                if rows.send(printed).await.is_err() {
                    return Err(LakeError::Cancelled);
                }
            }
            let statistics = LakeStatistics { events_matched: matched(&planned.plan), ..planned.counters.read() };
            progress.send_replace(statistics);
            Ok(LakeOutcome { columns: planned.columns, statistics })
        };
        let running = self.spawn(work)?;
        let stopped = async {
            if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
                // Nobody is left who could cancel it.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            ended = running.ended() => ended,
            () = stopped => Err(LakeError::Cancelled),
        }
    }

    fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, LakeError>> + Send + 'static,
    ) -> Result<Running<T>, LakeError> {
        let runtime = self.engine.runtime().map_err(|error| LakeError::Failed(error.into()))?;
        Ok(Running(runtime.spawn(work)))
    }
}

/// A task of the engine's; dropped, it stops.
struct Running<T>(JoinHandle<Result<T, LakeError>>);

impl<T> Running<T> {
    async fn ended(mut self) -> Result<T, LakeError> {
        (&mut self.0).await.unwrap_or_else(|error| Err(LakeError::Failed(error.into())))
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A statement that can be run.
struct Planned {
    plan: Arc<dyn ExecutionPlan>,
    state: SessionState,
    columns: Vec<String>,
    counters: Arc<Counters>,
}

async fn plan(
    engine: &Engine,
    events: Arc<LakeEvents>,
    query: &LakeQuery,
    progress: &watch::Sender<LakeStatistics>,
    reading: Reading,
) -> Result<Planned, LakeError> {
    let Checked { query: select, ids, uses, shown } =
        statement::check(&query.statement, query.now).map_err(LakeError::Statement)?;
    let (uses, counters) = (Arc::new(uses), Arc::new(Counters::default()));
    let schema = MemorySchemaProvider::new();
    for id in ids {
        let Some(store) = query.stores.iter().find(|store| store.id == id) else {
            return Err(LakeError::Statement(format!("Event data store {id} does not exist.")));
        };
        let (events, uses, counters) = (events.clone(), uses.clone(), counters.clone());
        let table = LakeTable::new(events, store.clone(), uses, counters, progress.clone(), reading);
        schema.register_table(id, Arc::new(table)).map_err(LakeError::of)?;
    }
    let state = session(engine, query, schema).map_err(LakeError::of)?;
    let statement = Statement::Statement(Box::new(ast::Statement::Query(select)));
    let logical = state.statement_to_plan(statement).await.map_err(LakeError::of)?;
    let logical = types::checked(logical).map_err(LakeError::of)?;
    let plan = state.create_physical_plan(&logical).await.map_err(LakeError::of)?;
    let plan = yielding(plan).map_err(LakeError::of)?;
    let columns = columns_of(&shown, &plan);
    Ok(Planned { plan, state, columns, counters })
}

/// A session that knows the stores and the functions and nothing else.
fn session(
    engine: &Engine,
    query: &LakeQuery,
    stores: MemorySchemaProvider,
) -> datafusion::common::Result<SessionState> {
    let mut config = SessionConfig::new()
        .with_information_schema(false)
        .with_default_catalog_and_schema(CATALOG, SCHEMA)
        .with_create_default_catalog_and_schema(false)
        .with_batch_size(BATCH_ROWS)
        .with_sort_spill_reservation_bytes(SORT_RESERVATION_BYTES.min(query.memory_bytes / 8));
    config.options_mut().execution.time_zone = Some("+00:00".to_owned());
    let mut properties = ExecutionProps::new();
    if let Some(now) = timestamp_ms_to_datetime(query.now.millis()) {
        properties = properties.with_query_execution_start_time(now.and_utc());
    }
    let mut planners: Vec<Arc<dyn ExprPlanner>> = vec![Arc::new(types::Operands)];
    planners.extend(SessionStateDefaults::default_expr_planners());
    let functions = SessionStateDefaults::default_scalar_functions().into_iter().chain(functions::all());
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_execution_props(properties)
        .with_runtime_env(engine.environment(query.memory_bytes)?)
        .with_expr_planners(planners)
        .with_relation_planners(vec![Arc::new(unnest::Unnesting)])
        .with_scalar_functions(functions.collect())
        .with_higher_order_functions(SessionStateDefaults::default_higher_order_functions())
        .with_aggregate_functions(SessionStateDefaults::default_aggregate_functions())
        .with_window_functions(SessionStateDefaults::default_window_functions())
        .build();
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(SCHEMA, Arc::new(stores))?;
    state.catalog_list().register_catalog(CATALOG.to_owned(), Arc::new(catalog));
    Ok(state)
}

/// What the columns of the result are called: as the statement has them, in its case.
fn columns_of(shown: &[Shown], plan: &Arc<dyn ExecutionPlan>) -> Vec<String> {
    let schema = plan.schema();
    let own = |at: usize| {
        let name = schema.field(at).name();
        name.split(SAME_NAME).next().unwrap_or(name).to_owned()
    };
    let stars = shown.iter().filter(|shown| **shown == Shown::All).count();
    let all = schema.fields().len();
    if stars > 1 {
        return (0..all).map(own).collect();
    }
    let wide = (all + stars).saturating_sub(shown.len());
    let mut names = Vec::with_capacity(all);
    for shown in shown {
        let at = names.len();
        match shown {
            Shown::One(Some(name)) => names.push(name.clone()),
            Shown::One(None) => names.push(format!("_col{at}")),
            Shown::All => names.extend((at..at + wide).map(own)),
        }
    }
    names
}

/// Events that came through the conditions right above their scans.
fn matched(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    let rows = |plan: &Arc<dyn ExecutionPlan>| {
        plan.metrics().and_then(|metrics| metrics.output_rows()).unwrap_or_default() as u64
    };
    match plan.name() {
        "StoreScan" => rows(plan),
        "FilterExec" if stands_on_scan(plan) => rows(plan),
        _ => plan.children().into_iter().map(matched).sum(),
    }
}

/// Whether nothing but what keeps rows apart is between here and one scan.
fn stands_on_scan(plan: &Arc<dyn ExecutionPlan>) -> bool {
    match (plan.name(), plan.children().as_slice()) {
        ("StoreScan", _) => true,
        ("FilterExec" | "ProjectionExec" | "RepartitionExec" | "CoalesceBatchesExec" | "CooperativeExec", [below]) => {
            stands_on_scan(below)
        }
        _ => false,
    }
}
