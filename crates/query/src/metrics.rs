//! `metrics`: the statistics of every metric, as finely as data of its age is kept.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use base::Timestamp;
use datafusion::arrow::array::builder::{MapBuilder, MapFieldNames, StringBuilder};
use datafusion::arrow::array::{
    Array as _, ArrayRef, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, TimestampMillisecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::common::Result;
use store::metric::{MetricFilter, MetricPart, MetricScan, SeriesRows, StatRow};
use store::{Metrics, StoreError};

use crate::conditions::{Columns, Conditions};
use crate::error::carried;
use crate::scan::{Batches, Source, Taken};
use crate::table::{Reading, StoreTable, Wanted};

/// Rows of a batch at most, about: series are not torn apart.
const BATCH_ROWS: usize = 8192;

/// A column of the table; the order is that of the schema.
#[derive(Clone, Copy, Debug)]
enum Column {
    Account,
    Region,
    Namespace,
    Name,
    Dimensions,
    Unit,
    Timestamp,
    Sum,
    Min,
    Max,
    Count,
    Period,
}

const ALL: [(Column, &str); 12] = [
    (Column::Account, "account"),
    (Column::Region, "region"),
    (Column::Namespace, "namespace"),
    (Column::Name, "name"),
    (Column::Dimensions, "dimensions"),
    (Column::Unit, "unit"),
    (Column::Timestamp, "timestamp"),
    (Column::Sum, "sum"),
    (Column::Min, "min"),
    (Column::Max, "max"),
    (Column::Count, "count"),
    (Column::Period, "period"),
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let field = |(column, name): &(Column, &str)| {
        let kind = match column {
            Column::Dimensions => no_dimensions().finish().data_type().clone(),
            Column::Timestamp => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            Column::Sum | Column::Min | Column::Max | Column::Count => DataType::Float64,
            Column::Period => DataType::Int64,
            _ => DataType::Utf8,
        };
        Field::new(*name, kind, false)
    };
    Arc::new(Schema::new(ALL.iter().map(field).collect::<Vec<_>>()))
});

fn no_dimensions() -> MapBuilder<StringBuilder, StringBuilder> {
    let names = MapFieldNames { entry: "entries".to_owned(), key: "key".to_owned(), value: "value".to_owned() };
    MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new())
}

/// The metrics at their age at `now`.
pub struct MetricsTable {
    pub metrics: Arc<Metrics>,
    pub now: Timestamp,
}

impl StoreTable for MetricsTable {
    const NAME: &'static str = "metrics";
    const COLUMNS: Columns = Columns {
        time: "timestamp",
        texts: &["account", "region", "namespace", "name"],
        exact_texts: &[],
        flags: &[],
        message: None,
    };

    fn schema() -> &'static SchemaRef {
        &SCHEMA
    }

    fn read(&self, wanted: Wanted) -> Reading {
        let columns = wanted.places.iter().map(|place| ALL[*place].0).collect();
        let columns = Projection { columns, schema: wanted.schema };
        let told = wanted.conditions.to_string();
        let scan = Scan { metrics: self.metrics.clone(), conditions: wanted.conditions, columns, now: self.now };
        Reading { told, source: Arc::new(scan) }
    }
}

struct Scan {
    metrics: Arc<Metrics>,
    conditions: Conditions,
    columns: Projection,
    now: Timestamp,
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "metrics where {}", self.conditions)
    }
}

#[async_trait]
impl Source for Scan {
    async fn take(&self) -> Result<Taken, StoreError> {
        let parts = match self.scan() {
            Some(scan) => self.metrics.scan(&scan),
            None => Vec::new(),
        };
        let batches = |part| Box::new(PartBatches { part, columns: self.columns.clone() }) as Batches;
        Ok(Taken { parts: parts.into_iter().map(batches).collect(), rows: None })
    }
}

impl Scan {
    /// What to read; `None` when no row can pass.
    fn scan(&self) -> Option<MetricScan> {
        let conditions = &self.conditions;
        if conditions.are_impossible() {
            return None;
        }
        let only = |column| conditions.only(column);
        let window = conditions.window;
        Some(MetricScan {
            // What is no account or no region, no metric has.
            account: only("account").map(str::parse).transpose().ok()?,
            region: only("region").map(str::parse).transpose().ok()?,
            filter: MetricFilter {
                namespace: only("namespace").map(str::to_owned),
                name: only("name").map(str::to_owned),
                dimensions: Vec::new(),
                active_since: None,
            },
            // Times are whole seconds: the first at or after either bound.
            from_secs: window.from.div_euclid(1000) + i64::from(window.from.rem_euclid(1000) > 0),
            to_secs: window.to.div_euclid(1000) + i64::from(window.to.rem_euclid(1000) > 0),
            now: self.now,
        })
    }
}

/// The columns that are read.
#[derive(Clone, Debug)]
struct Projection {
    columns: Vec<Column>,
    schema: SchemaRef,
}

struct PartBatches {
    part: MetricPart,
    columns: Projection,
}

impl Iterator for PartBatches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut series, mut rows) = (Vec::new(), 0);
        while rows < BATCH_ROWS {
            match self.part.next() {
                Some(Ok(next)) => {
                    rows += next.rows.len();
                    series.push(next);
                }
                Some(Err(error)) => return Some(Err(carried(error))),
                None => break,
            }
        }
        (rows > 0).then(|| Ok(self.columns.batch(&series, rows)))
    }
}

impl Projection {
    fn batch(&self, series: &[SeriesRows], rows: usize) -> RecordBatch {
        let columns = self.columns.iter().map(|column| column.array(series)).collect();
        let rows = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &rows)
            .expect("the columns are those of the schema")
    }
}

impl Column {
    fn array(self, series: &[SeriesRows]) -> ArrayRef {
        // A text of the series, for each of its rows.
        let text = |of: &dyn Fn(&SeriesRows) -> &str| -> ArrayRef {
            let mut texts = StringBuilder::new();
            for series in series {
                let text = of(series);
                series.rows.iter().for_each(|_| texts.append_value(text));
            }
            Arc::new(texts.finish())
        };
        let rows = || series.iter().flat_map(|series| &series.rows);
        let number = |of: fn(&StatRow) -> f64| -> ArrayRef { Arc::new(Float64Array::from_iter_values(rows().map(of))) };
        match self {
            Self::Account => text(&|series| series.scope.account.as_str()),
            Self::Region => text(&|series| series.scope.region.as_str()),
            Self::Namespace => text(&|series| &series.metric.namespace),
            Self::Name => text(&|series| &series.metric.name),
            Self::Unit => text(&|series| series.unit.as_str()),
            Self::Dimensions => dimensions(series),
            Self::Timestamp => {
                let times = TimestampMillisecondArray::from_iter_values(rows().map(|row| row.time_secs * 1000));
                Arc::new(times.with_timezone("UTC"))
            }
            Self::Sum => number(|row| row.sum),
            Self::Min => number(|row| row.min),
            Self::Max => number(|row| row.max),
            Self::Count => number(|row| row.count),
            Self::Period => Arc::new(Int64Array::from_iter_values(rows().map(|row| row.period_secs))),
        }
    }
}

fn dimensions(series: &[SeriesRows]) -> ArrayRef {
    let mut maps = no_dimensions();
    for series in series {
        for _ in &series.rows {
            for (name, value) in series.metric.dimensions.iter() {
                maps.keys().append_value(name);
                maps.values().append_value(value);
            }
            maps.append(true).expect("there are as many values as keys");
        }
    }
    Arc::new(maps.finish())
}
