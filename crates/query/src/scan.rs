//! A scan of the store as DataFusion runs it: parts read in parallel on blocking threads, a
//! few batches ahead of who asks for them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PhysicalExpr, PlanProperties,
    ReplaceChildrenOptions,
};
use store::StoreError;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use crate::error::carried;

/// Batches that are read ahead of who asks for them, of each partition.
const AHEAD: usize = 2;

/// A part of a scan. Reading blocks.
pub type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// Where a scan's rows come from.
#[async_trait]
pub trait Source: fmt::Debug + Send + Sync + 'static {
    /// Takes the scan, as of now.
    async fn take(&self) -> Result<Taken, StoreError>;
}

/// A scan as taken.
pub struct Taken {
    /// Parts that can be read in parallel.
    pub parts: Vec<Batches>,
    /// Rows in them at most, where it is known.
    pub rows: Option<u64>,
}

type Parts = Mutex<VecDeque<Batches>>;

/// The scan of one table.
#[derive(Debug)]
pub struct StoreScan {
    table: &'static str,
    // What the store was told of the query's conditions.
    told: String,
    source: Arc<dyn Source>,
    parts: Arc<TakenOnce>,
    rows: Option<u64>,
    started: Vec<AtomicBool>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

#[derive(Default)]
struct TakenOnce(OnceCell<Parts>);

impl fmt::Debug for TakenOnce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parts")
    }
}

impl StoreScan {
    /// Takes a scan whose batches have this schema, to be read in at most so many partitions.
    pub async fn take(
        table: &'static str,
        told: String,
        schema: SchemaRef,
        source: Arc<dyn Source>,
        partitions_max: usize,
    ) -> Result<Self> {
        let Taken { parts, rows } = source.take().await.map_err(carried)?;
        let partitions = parts.len().clamp(1, partitions_max.max(1));
        let parts = Arc::new(TakenOnce(OnceCell::from(Mutex::new(parts.into()))));
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        // Channels take part in tokio's budget.
        let properties = Arc::new(properties.with_scheduling_type(SchedulingType::Cooperative));
        Ok(Self::new(table, told, source, parts, rows, properties))
    }

    fn new(
        table: &'static str,
        told: String,
        source: Arc<dyn Source>,
        parts: Arc<TakenOnce>,
        rows: Option<u64>,
        properties: Arc<PlanProperties>,
    ) -> Self {
        let started = (0..properties.partitioning.partition_count()).map(|_| AtomicBool::new(false)).collect();
        let metrics = ExecutionPlanMetricsSet::new();
        Self { table, told, source, parts, rows, started, properties, metrics }
    }
}

impl DisplayAs for StoreScan {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<_> =
            self.properties.eq_properties.schema().fields().iter().map(|field| field.name()).collect();
        let columns = columns.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        match kind {
            DisplayFormatType::TreeRender => writeln!(f, "table={}\ncolumns={columns}\nonly={}", self.table, self.told),
            _ => {
                let partitions = self.started.len();
                write!(
                    f,
                    "StoreScan: {}, columns=[{columns}], only=[{}], partitions={partitions}",
                    self.table, self.told
                )
            }
        }
    }
}

impl ExecutionPlan for StoreScan {
    fn name(&self) -> &'static str {
        "StoreScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _each: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a scan of the store has no children") }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    /// The next round of a recursive query takes the scan again.
    fn reset_state(self: Arc<Self>) -> Result<Arc<dyn ExecutionPlan>> {
        let Self { table, told, source, rows, properties, .. } = &*self;
        let parts = Arc::default();
        Ok(Arc::new(Self::new(table, told.clone(), source.clone(), parts, *rows, properties.clone())))
    }

    /// Partitions share the parts: who is done with one takes the next.
    fn execute(&self, partition: usize, _cx: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if self.started.get(partition).is_none_or(|started| started.swap(true, Ordering::AcqRel)) {
            return internal_err!("partition {partition} of a scan of the store is read twice");
        }
        let mut stream = RecordBatchReceiverStream::builder(self.schema(), AHEAD);
        let told = stream.tx();
        let (parts, source) = (self.parts.clone(), self.source.clone());
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        stream.spawn_blocking(move || {
            let take = async || Ok(Mutex::new(source.take().await?.parts.into()));
            let parts = match parts.0.get() {
                Some(parts) => parts,
                None => Handle::current().block_on(parts.0.get_or_try_init(take)).map_err(carried)?,
            };
            loop {
                let next = parts.lock().expect("no holder of this lock can panic").pop_front();
                let Some(part) = next else { return Ok(()) };
                for batch in part {
                    let batch = batch?;
                    metrics.record_output(batch.num_rows());
                    // Whoever asked may be gone, also while nothing is found.
                    let gone = match batch.num_rows() {
                        0 => told.is_closed(),
                        _ => told.blocking_send(Ok(batch)).is_err(),
                    };
                    if gone {
                        return Ok(());
                    }
                }
            }
        });
        Ok(stream.build())
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        if let (Some(rows), None) = (self.rows, args.partition()) {
            statistics.num_rows = Precision::Inexact(usize::try_from(rows).unwrap_or(usize::MAX));
        }
        Ok(Arc::new(statistics))
    }
}
