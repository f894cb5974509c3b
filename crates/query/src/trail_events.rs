//! `trail_events`: the audit events.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use base::Timestamp;
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use store::trail_event::{Attribute, TrailColumn, TrailScan};
use store::{StoreError, TrailEvents};

use crate::conditions::{Columns, Conditions, pushdown};
use crate::scan::{Batches, Source, StoreScan, Taken};
use crate::tables::Reach;

const TABLE: &str = "trail_events";

const COLUMNS: Columns = Columns {
    time: "event_time",
    texts: &["account", "region", "event_id", "event_name", "event_source", "username", "access_key_id"],
    exact_texts: &[],
    flags: &["read_only"],
    message: None,
};

/// The columns of the store's table, under the names that statements use.
static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let stored = TrailColumn::schema(&TrailColumn::ALL);
    let fields = stored.fields().iter().map(|field| match field.name().as_str() {
        "time" => Arc::new(Field::clone(field).with_name("event_time")),
        _ => field.clone(),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
});

/// The table.
#[derive(Debug)]
pub struct TrailEventsTable {
    events: Events,
    reach: Reach,
}

#[derive(Clone)]
struct Events(Arc<TrailEvents>);

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(TABLE)
    }
}

impl TrailEventsTable {
    /// Those of the events that are within reach.
    pub fn new(events: Arc<TrailEvents>, reach: Reach) -> Self {
        Self { events: Events(events), reach }
    }
}

#[async_trait]
impl TableProvider for TrailEventsTable {
    fn schema(&self) -> SchemaRef {
        SCHEMA.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters.iter().map(|filter| pushdown(filter, &COLUMNS)).collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut conditions = Conditions::of(filters, &COLUMNS);
        if let Some(account) = self.reach.account() {
            conditions.restrict("account", [account.to_string()].into());
        }
        let all: Vec<usize> = (0..TrailColumn::ALL.len()).collect();
        let places = projection.unwrap_or(&all);
        let schema = Arc::new(SCHEMA.project(places)?);
        let columns = places.iter().map(|place| TrailColumn::ALL[*place]).collect();
        let told = conditions.to_string();
        let source = Arc::new(Scan { events: self.events.clone(), conditions, columns, schema: schema.clone() });
        let partitions = session.config().target_partitions();
        Ok(Arc::new(StoreScan::take(TABLE, told, schema, source, partitions).await?))
    }
}

#[derive(Debug)]
struct Scan {
    events: Events,
    conditions: Conditions,
    columns: Vec<TrailColumn>,
    schema: SchemaRef,
}

#[async_trait]
impl Source for Scan {
    async fn take(&self) -> Result<Taken, StoreError> {
        let Some(scan) = self.scan() else { return Ok(Taken { parts: Vec::new(), rows: Some(0) }) };
        let scanned = self.events.0.scan(scan).await?;
        let parts = scanned.parts.into_iter().map(|part| {
            let schema = self.schema.clone();
            Box::new(part.map(move |batch| Ok(renamed(&batch?, &schema)))) as Batches
        });
        Ok(Taken { parts: parts.collect(), rows: Some(scanned.rows) })
    }
}

impl Scan {
    /// What to read; `None` when no row can pass.
    fn scan(&self) -> Option<TrailScan> {
        let conditions = &self.conditions;
        if conditions.are_impossible() {
            return None;
        }
        let only = |column| conditions.only(column);
        // What is no account or no region, no event has.
        let account = only("account").map(str::parse).transpose().ok()?;
        let region = only("region").map(str::parse).transpose().ok()?;
        let text = |column, of: fn(String) -> Attribute| only(column).map(|value| of(value.to_owned()));
        let attributes = [
            text("event_id", Attribute::EventId),
            text("event_name", Attribute::EventName),
            text("event_source", Attribute::EventSource),
            text("username", Attribute::Username),
            text("access_key_id", Attribute::AccessKeyId),
            conditions.flags.get("read_only").map(|value| Attribute::ReadOnly(*value)),
        ];
        let mut columns = self.columns.clone();
        if columns.is_empty() {
            // Rows are counted by the column that takes the least to read.
            columns.push(TrailColumn::Global);
        }
        Some(TrailScan {
            account,
            region,
            from: Timestamp::from_millis(conditions.window.from),
            to: Timestamp::from_millis(conditions.window.to),
            attributes: attributes.into_iter().flatten().collect(),
            columns,
        })
    }
}

/// The same rows with the columns of the schema, which may be none.
fn renamed(batch: &RecordBatch, schema: &SchemaRef) -> RecordBatch {
    let columns = batch.columns()[..schema.fields().len()].to_vec();
    let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &rows).expect("the store gives the columns asked for")
}
