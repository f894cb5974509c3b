//! `trail_events`: the audit events.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use base::Timestamp;
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use store::trail_event::{Attribute, TrailColumn, TrailScan};
use store::{StoreError, TrailEvents};

use crate::conditions::{Columns, Conditions};
use crate::error::carried;
use crate::scan::{Batches, Source, Taken};
use crate::table::{Reading, StoreTable, Wanted};

/// The columns of the store's table, under the names that statements use.
static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let stored = TrailColumn::schema(&TrailColumn::ALL);
    let fields = stored.fields().iter().map(|field| match field.name().as_str() {
        "time" => Arc::new(Field::clone(field).with_name("event_time")),
        _ => field.clone(),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
});

/// The events.
pub struct TrailEventsTable(pub Arc<TrailEvents>);

impl StoreTable for TrailEventsTable {
    const NAME: &'static str = "trail_events";
    const COLUMNS: Columns = Columns {
        time: "event_time",
        texts: &["account", "region", "event_id", "event_name", "event_source", "username", "access_key_id"],
        exact_texts: &[],
        flags: &["read_only"],
        message: None,
    };

    fn schema() -> &'static SchemaRef {
        &SCHEMA
    }

    fn read(&self, Wanted { conditions, places, schema, .. }: Wanted) -> Reading {
        let columns = places.iter().map(|place| TrailColumn::ALL[*place]).collect();
        let told = conditions.to_string();
        Reading { told, source: Arc::new(Scan { events: self.0.clone(), conditions, columns, schema }) }
    }
}

struct Scan {
    events: Arc<TrailEvents>,
    conditions: Conditions,
    columns: Vec<TrailColumn>,
    schema: SchemaRef,
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "trail events where {}", self.conditions)
    }
}

#[async_trait]
impl Source for Scan {
    async fn take(&self) -> Result<Taken, StoreError> {
        let Some(scan) = self.scan() else { return Ok(Taken { parts: Vec::new(), rows: Some(0) }) };
        let scanned = self.events.scan(scan).await?;
        let parts = scanned.parts.into_iter().map(|part| {
            let schema = self.schema.clone();
            Box::new(part.map(move |batch| Ok(renamed(&batch.map_err(carried)?, &schema)))) as Batches
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
