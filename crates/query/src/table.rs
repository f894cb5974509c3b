//! A table of the store as DataFusion sees it: what all of them share.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;

use crate::conditions::{Columns, Conditions, pushdown};
use crate::scan::{Source, StoreScan};
use crate::tables::Reach;

/// What is particular to a table.
pub trait StoreTable: Send + Sync + 'static {
    /// What statements call it.
    const NAME: &'static str;
    /// The columns whose conditions the store understands.
    const COLUMNS: Columns;

    /// All of its columns.
    fn schema() -> &'static SchemaRef;

    /// Where the rows come from that these conditions allow, with the columns at these places of the schema.
    fn read(&self, wanted: Wanted) -> Reading;
}

/// Where rows come from.
pub struct Reading {
    /// What EXPLAIN says of the conditions.
    pub told: String,
    /// The rows.
    pub source: Arc<dyn Source>,
}

/// What is read of a table.
pub struct Wanted {
    /// What the query's conditions say.
    pub conditions: Conditions,
    /// The columns, by their places in the schema; there may be none.
    pub places: Vec<usize>,
    /// Those columns.
    pub schema: SchemaRef,
    /// What is kept while rows are read is counted here.
    pub memory: Arc<dyn MemoryPool>,
}

/// A table with whose rows of it are seen: the reach is below any statement.
pub struct Provider<T> {
    table: T,
    reach: Reach,
}

impl<T: StoreTable> Provider<T> {
    /// Those of the table's rows that are within reach.
    pub fn new(table: T, reach: Reach) -> Self {
        Self { table, reach }
    }
}

impl<T: StoreTable> fmt::Debug for Provider<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {:?}", T::NAME, self.reach)
    }
}

#[async_trait]
impl<T: StoreTable> TableProvider for Provider<T> {
    fn schema(&self) -> SchemaRef {
        T::schema().clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters.iter().map(|filter| pushdown(filter, &T::COLUMNS)).collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut conditions = Conditions::of(filters, &T::COLUMNS);
        if let Some(account) = self.reach.account() {
            conditions.restrict("account", [account.to_string()].into());
        }
        let places = projection.cloned().unwrap_or_else(|| (0..T::schema().fields().len()).collect());
        let schema = Arc::new(T::schema().project(&places)?);
        let Reading { told, source } = self.table.read(Wanted {
            conditions,
            places,
            schema: schema.clone(),
            memory: session.runtime_env().memory_pool.clone(),
        });
        let partitions = session.config().target_partitions();
        Ok(Arc::new(StoreScan::take(T::NAME, told, schema, source, partitions).await?))
    }
}
