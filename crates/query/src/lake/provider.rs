//! Event data stores as tables.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use base::Timestamp;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{BinaryExpr, Cast, Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use store::lake_event::{LakeColumn, LakeScan};
use store::{LakeEvents, StoreError};
use tokio::sync::watch;

use super::columns::{Column, From, IDENTITY, LakeKind};
use super::read::Plan;
use super::statement::Uses;
use super::{LakeStatistics, LakeStore, Reading};
use crate::conditions::{Columns, Conditions, pushdown};
use crate::error::carried;
use crate::scan::{Batches, Source, StoreScan, Taken};

/// The columns of times and of texts that conditions are handed to the store for.
const CONDITIONS: Columns = Columns {
    time: "eventtime",
    texts: &[
        "eventversion",
        "eventsource",
        "eventname",
        "awsregion",
        "sourceipaddress",
        "useragent",
        "errorcode",
        "errormessage",
        "requestid",
        "eventid",
        "eventtype",
        "apiversion",
        "recipientaccountid",
        "sharedeventid",
        "vpcendpointid",
        "eventcategory",
    ],
    exact_texts: &[],
    flags: &["readonly", "managementevent"],
    message: None,
};

/// What a statement has read so far.
#[derive(Debug, Default)]
pub struct Counters {
    rows: AtomicU64,
    bytes: AtomicU64,
}

impl Counters {
    /// As statistics; what matched is not known here.
    pub fn read(&self) -> LakeStatistics {
        let (events_scanned, bytes_scanned) = (self.rows.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed));
        LakeStatistics { events_matched: 0, events_scanned, bytes_scanned }
    }
}

/// A store that a statement names.
pub struct LakeTable {
    events: Arc<LakeEvents>,
    store: LakeStore,
    uses: Arc<Uses>,
    counters: Arc<Counters>,
    progress: watch::Sender<LakeStatistics>,
    reading: Reading,
    schema: SchemaRef,
}

impl LakeTable {
    /// A store of whose columns a statement uses these members.
    pub fn new(
        events: Arc<LakeEvents>,
        store: LakeStore,
        uses: Arc<Uses>,
        counters: Arc<Counters>,
        progress: watch::Sender<LakeStatistics>,
        reading: Reading,
    ) -> Self {
        let schema = store.kind.schema();
        Self { events, store, uses, counters, progress, reading, schema }
    }
}

impl fmt::Debug for LakeTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event data store {}", self.store.id)
    }
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let identity = |filter: &Expr| match self.store.kind {
            LakeKind::Calls => member_equals(filter),
            LakeKind::Insights | LakeKind::Audit => None,
        };
        let of = |filter: &&Expr| match identity(filter) {
            Some(_) => TableProviderFilterPushDown::Inexact,
            None => pushdown(filter, &CONDITIONS),
        };
        Ok(filters.iter().map(of).collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let conditions = Conditions::of(filters, &CONDITIONS);
        let all = self.store.kind.columns();
        let places = projection.cloned().unwrap_or_else(|| (0..all.len()).collect());
        let schema = Arc::new(self.schema.project(&places)?);
        let columns: Vec<&'static Column> = places.iter().map(|place| &all[*place]).collect();
        let plan = Plan::of(&columns, &self.uses, schema.clone());
        let mut equals = equals(&conditions, all);
        if self.store.kind == LakeKind::Calls {
            equals.extend(filters.iter().filter_map(member_equals));
        }
        let told = conditions.to_string();
        let scan = LakeScan {
            number: self.store.number,
            from: Timestamp::from_millis(conditions.window.from),
            to: Timestamp::from_millis(conditions.window.to),
            equals,
            columns: plan.stored.clone(),
        };
        let source = Arc::new(Scan {
            events: self.events.clone(),
            scan: (self.reading == Reading::Read && !conditions.are_impossible()).then_some(scan),
            plan: Arc::new(plan),
            counters: self.counters.clone(),
            progress: self.progress.clone(),
        });
        let partitions = session.config().target_partitions();
        Ok(Arc::new(StoreScan::take("event data store", told, schema, source, partitions).await?))
    }
}

/// What the store's columns must be for the conditions to hold.
fn equals(conditions: &Conditions, columns: &[Column]) -> Vec<(LakeColumn, String)> {
    let flat = columns.iter().filter_map(|column| match column.from {
        From::Flat(stored) => Some((column.name, stored)),
        _ => None,
    });
    let only = |(name, stored)| {
        let text = conditions.only(name).map(str::to_owned);
        let flag = || conditions.flags.get(name).map(bool::to_string);
        text.or_else(flag).map(|value| (stored, value))
    };
    flat.filter_map(only).collect()
}

/// `useridentity.arn = 'text'` of a member that is a column of the store.
fn member_equals(filter: &Expr) -> Option<(LakeColumn, String)> {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = filter else { return None };
    let (member, value) = match (member(left), member(right)) {
        (Some(member), _) => (member, text(right)?),
        (None, Some(member)) => (member, text(left)?),
        (None, None) => return None,
    };
    Some((member, value.to_owned()))
}

fn member(expression: &Expr) -> Option<LakeColumn> {
    let Expr::ScalarFunction(ScalarFunction { func, args }) = expression else { return None };
    let [Expr::Column(column), name] = args.as_slice() else { return None };
    if func.name() != "get_field" || column.name != "useridentity" {
        return None;
    }
    let name = text(name)?;
    IDENTITY.iter().find(|(known, _)| *known == name).map(|(_, stored)| *stored)
}

fn text(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Literal(value, _) => ScalarValue::try_as_str(value).flatten(),
        Expr::Cast(Cast { expr, field }) if field.data_type().is_string() => text(expr),
        _ => None,
    }
}

/// A scan of a store.
struct Scan {
    events: Arc<LakeEvents>,
    /// What to read; `None` when no row can pass.
    scan: Option<LakeScan>,
    plan: Arc<Plan>,
    counters: Arc<Counters>,
    progress: watch::Sender<LakeStatistics>,
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.scan)
    }
}

#[async_trait]
impl Source for Scan {
    async fn take(&self) -> Result<Taken, StoreError> {
        let Some(scan) = self.scan.clone() else { return Ok(Taken { parts: Vec::new(), rows: Some(0) }) };
        let scanned = self.events.scan(scan).await?;
        let rows = scanned.rows as u64;
        self.counters.rows.fetch_add(rows, Ordering::Relaxed);
        self.counters.bytes.fetch_add(scanned.bytes, Ordering::Relaxed);
        self.progress.send_replace(self.counters.read());
        let parts = scanned.parts.into_iter().map(|part| {
            let plan = self.plan.clone();
            Box::new(part.map(move |batch| Ok(made(&plan, &batch.map_err(carried)?)))) as Batches
        });
        Ok(Taken { parts: parts.collect(), rows: Some(rows) })
    }
}

fn made(plan: &Plan, batch: &RecordBatch) -> RecordBatch {
    plan.rows(batch).expect("the store's columns have the types that they are documented to have")
}
