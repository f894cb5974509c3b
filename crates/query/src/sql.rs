//! Statements that read.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use base::Timestamp;
use datafusion::arrow::temporal_conversions::timestamp_ms_to_datetime;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider};
use datafusion::common::DataFusionError;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::execution::config::SessionConfig;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::{SendableRecordBatchStream, SessionState, SessionStateBuilder, SessionStateDefaults};
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;

use crate::config_items::item_functions;
use crate::engine::{Engine, Rows};
use crate::error::SqlError;
use crate::names::Messages;
use crate::tables::{Reach, Tables};

/// The longest statement, in bytes.
const STATEMENT_BYTES_MAX: usize = 16 << 10;
/// Operators that may follow one another without brackets. The parser takes any number of them, and
/// planning takes a time that grows with its square.
const OPERATORS_MAX: usize = 256;
/// Rows of a batch between operators.
const BATCH_ROWS: usize = 4096;
/// What a sort keeps for merging what it has spilled; less where there is little memory.
const SORT_RESERVATION_BYTES: usize = 10 << 20;
const CATALOG: &str = "trailwatch";
const SCHEMA: &str = "public";
/// Functions whose one value can be of any size: memory is counted by the batch, after it is made.
const UNBOUNDED: [&str; 9] = [
    "repeat",
    "lpad",
    "rpad",
    "array_repeat",
    "list_repeat",
    "array_resize",
    "list_resize",
    "generate_series",
    "range",
];

/// A statement to run, and its bounds.
#[derive(Clone, Debug)]
pub struct SqlQuery {
    /// The statement.
    pub sql: String,
    /// Whose rows it sees.
    pub reach: Reach,
    /// How it sees messages of log events.
    pub messages: Messages,
    /// What `now()` is, and what the age of data is counted from.
    pub now: Timestamp,
    /// The memory that it may take.
    pub memory_bytes: usize,
    /// How long it may run, until its last row is read.
    pub timeout: Duration,
}

impl SqlQuery {
    /// The memory of queries that ask for no other.
    pub const MEMORY_BYTES: usize = 256 << 20;
    /// The time of queries that ask for no other.
    pub const TIMEOUT: Duration = Duration::from_secs(60);
}

/// Runs statements that read.
pub struct Sql {
    engine: Arc<Engine>,
    tables: Tables,
}

impl Sql {
    /// Over these tables, on the engine's threads.
    pub fn new(engine: Arc<Engine>, tables: Tables) -> Self {
        Self { engine, tables }
    }

    /// Runs a statement: `SELECT`, `WITH`, `VALUES`, `EXPLAIN`, `SHOW` or `DESCRIBE`.
    ///
    /// # Errors
    /// It is another statement or not SQL, or it cannot be planned within its bounds.
    pub async fn run(&self, query: SqlQuery) -> Result<Rows, SqlError> {
        let (engine, tables) = (self.engine.clone(), self.tables.clone());
        let (memory_bytes, timeout) = (query.memory_bytes, query.timeout);
        let plan = async move {
            let planned = plan(&engine, &tables, &query).await;
            planned.map_err(|error| match error {
                PlanError::Refused(error) => error,
                PlanError::Failed(error) => SqlError::of(error, memory_bytes),
            })
        };
        self.engine.run(memory_bytes, timeout, plan).await
    }
}

enum PlanError {
    Refused(SqlError),
    Failed(DataFusionError),
}

impl From<DataFusionError> for PlanError {
    fn from(error: DataFusionError) -> Self {
        Self::Failed(error)
    }
}

async fn plan(engine: &Engine, tables: &Tables, query: &SqlQuery) -> Result<SendableRecordBatchStream, PlanError> {
    if query.sql.len() > STATEMENT_BYTES_MAX {
        let detail = format!("the statement is longer than {STATEMENT_BYTES_MAX} bytes");
        return Err(PlanError::Refused(SqlError::Statement(detail)));
    }
    let state = session(engine, tables, query)?;
    let statement = state.sql_to_statement(&query.sql, &state.config_options().sql_parser.dialect)?;
    if let Some(refused) = refused(&statement) {
        let detail = format!("{refused} is refused: statements may only read (SELECT, WITH, EXPLAIN, SHOW, DESCRIBE)");
        return Err(PlanError::Refused(SqlError::Statement(detail)));
    }
    if is_deep(&statement) {
        let detail = format!("an expression of the statement has more than {OPERATORS_MAX} operators in a row");
        return Err(PlanError::Refused(SqlError::Statement(detail)));
    }
    let plan = state.statement_to_plan(statement).await?;
    // What the list above lets through is looked at again, wherever it stands in the plan.
    let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    read_only.verify_plan(&plan)?;
    let physical = yielding(state.create_physical_plan(&plan).await?)?;
    Ok(execute_stream(physical, state.task_ctx())?)
}

/// The plan with joins that give way now and then. What multiplies rows works for long between two rows of its inputs,
/// and what stands above may want none of them: a statement could then neither be stopped nor end in time.
pub(crate) fn yielding(plan: Arc<dyn ExecutionPlan>) -> datafusion::common::Result<Arc<dyn ExecutionPlan>> {
    let wrapped = plan.transform_up(|node| {
        if !node.name().ends_with("JoinExec") {
            return Ok(Transformed::no(node));
        }
        Ok(Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>))
    });
    wrapped.data()
}

/// A session that knows the tables and nothing else: no files, no formats, no object stores.
fn session(engine: &Engine, tables: &Tables, query: &SqlQuery) -> datafusion::common::Result<SessionState> {
    let mut config = SessionConfig::new()
        .with_information_schema(true)
        .with_default_catalog_and_schema(CATALOG, SCHEMA)
        .with_create_default_catalog_and_schema(false)
        // Messages are long: operators that hold a batch of every input hold less.
        .with_batch_size(BATCH_ROWS)
        .with_sort_spill_reservation_bytes(SORT_RESERVATION_BYTES.min(query.memory_bytes / 8));
    // `now()` is a time in UTC, as all columns of times are.
    config.options_mut().execution.time_zone = Some("+00:00".to_owned());
    let mut properties = ExecutionProps::new();
    if let Some(now) = timestamp_ms_to_datetime(query.now.millis()) {
        properties = properties.with_query_execution_start_time(now.and_utc());
    }
    let bounded = |name: &str| !UNBOUNDED.contains(&name);
    let mut functions = SessionStateDefaults::default_scalar_functions();
    functions.retain(|function| bounded(function.name()));
    functions.extend(item_functions());
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_execution_props(properties)
        .with_runtime_env(engine.environment(query.memory_bytes)?)
        .with_expr_planners(SessionStateDefaults::default_expr_planners())
        .with_scalar_functions(functions)
        .with_higher_order_functions(SessionStateDefaults::default_higher_order_functions())
        .with_aggregate_functions(SessionStateDefaults::default_aggregate_functions())
        .with_window_functions(SessionStateDefaults::default_window_functions())
        .with_table_function_list(tables.functions(&query.reach, query.now))
        .build();
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(SCHEMA, tables.schema(&query.reach, query.messages, query.now)?)?;
    state.catalog_list().register_catalog(CATALOG.to_owned(), Arc::new(catalog));
    Ok(state)
}

/// What a statement is, if it is none that reads.
fn refused(statement: &Statement) -> Option<String> {
    let first_words = |statement: &dyn std::fmt::Display| {
        let text = statement.to_string();
        let words: Vec<_> = text.split_whitespace().take(2).map(str::to_uppercase).collect();
        words.join(" ")
    };
    match statement {
        Statement::Explain(explain) => refused(&explain.statement),
        Statement::Statement(inner) => match &**inner {
            ast::Statement::Query(_)
            | ast::Statement::ExplainTable { .. }
            | ast::Statement::ShowTables { .. }
            | ast::Statement::ShowColumns { .. }
            | ast::Statement::ShowFunctions { .. }
            | ast::Statement::ShowVariable { .. } => None,
            ast::Statement::Explain { statement, .. } => match &**statement {
                ast::Statement::Query(_) => None,
                other => Some(first_words(other)),
            },
            other => Some(first_words(other)),
        },
        other => Some(first_words(other)),
    }
}

/// Whether an expression has more operators in a row than can be planned; brackets and the like
/// nest only as deep as the parser lets them.
fn is_deep(statement: &Statement) -> bool {
    let too_long = |expression: &ast::Expr| {
        let mut at = expression;
        let mut operators = 0;
        while let ast::Expr::BinaryOp { left, .. } = at {
            at = left;
            operators += 1;
            if operators > OPERATORS_MAX {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    };
    match statement {
        Statement::Explain(explain) => is_deep(&explain.statement),
        Statement::Statement(inner) => ast::visit_expressions(&**inner, too_long).is_break(),
        _ => false,
    }
}
