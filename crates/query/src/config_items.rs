//! `config_items`, `config_resources` and `config_at(time)`: what resources were like, are like, and were like at a time;
//! `inventory` and `inventory_at(time)`: what items of hosts hold, an entry a row.
//!
//! What a resource is like now is with whoever keeps it ([`NewestItems`]), what was before is a table of the store. The
//! newest items are taken first: what one of them becomes while the table is read is in the table by then. So an item
//! can be found in both, or twice in the table where a change was decided twice, and is a row once.

mod entry;
mod functions;
mod inventory;
mod row;
mod seen;

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use base::{AccountId, Region, Scope, Timestamp};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::execution::memory_pool::MemoryPool;
use store::config_item::{ItemColumn, ItemPart, ItemScan};
use store::{ConfigItems, StoreError};

use crate::conditions::{Columns, Conditions};
use crate::error::carried;
use crate::scan::{Batches, Source, Taken};
use crate::table::{Reading, StoreTable, Wanted};
use row::{Column, Row};
use seen::Seen;

pub use functions::{AtTime, item_functions};
pub use inventory::{InventoryAtTable, InventoryTable};

/// Rows of a batch: items can be long.
const BATCH_ROWS: usize = 512;
/// Hosts of a batch: each has thousands of entries.
const BATCH_HOSTS: usize = 4;

/// Whoever keeps the newest item of each resource.
pub trait NewestItems: Send + Sync + 'static {
    /// The accounts and regions that have items, of an account and a region where those are given.
    fn scopes(&self, account: Option<&AccountId>, region: Option<&Region>) -> Vec<Scope>;

    /// The newest items of an account and region as they are now; their texts are made one after the other.
    fn items(&self, wanted: WantedItems<'_>) -> Box<dyn Iterator<Item = NewestItem> + Send>;
}

/// Which of the newest items are wanted.
#[derive(Clone, Copy, Debug)]
pub struct WantedItems<'a> {
    /// Of this account and region.
    pub scope: &'a Scope,
    /// Of this type, if it is given.
    pub resource_type: Option<&'a str>,
    /// With this id, if it is given.
    pub resource_id: Option<&'a str>,
    /// Those of resources that are there and recorded, or also those that say that one is gone or not recorded.
    pub which: WhichItems,
    /// Items of resources that are gone are not kept for ever.
    pub now: Timestamp,
}

/// Whether only what is there is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichItems {
    /// Resources that are there and recorded.
    Live,
    /// All.
    All,
}

/// The newest item of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewestItem {
    /// Its type.
    pub resource_type: String,
    /// What names it within its type.
    pub resource_id: String,
    /// The item as text, in the form that past items have in the store.
    pub item: String,
}

/// There are no items.
pub struct NoItems;

impl NewestItems for NoItems {
    fn scopes(&self, _: Option<&AccountId>, _: Option<&Region>) -> Vec<Scope> {
        Vec::new()
    }

    fn items(&self, _: WantedItems<'_>) -> Box<dyn Iterator<Item = NewestItem> + Send> {
        Box::new(std::iter::empty())
    }
}

const COLUMNS: Columns = Columns {
    time: "taken",
    texts: &["account", "region", "resource_type", "resource_id"],
    exact_texts: &[],
    flags: &[],
    message: None,
};

/// All columns; the last says when a state ended.
static HISTORY: LazyLock<SchemaRef> = LazyLock::new(|| schema(&Column::ALL));
/// Without the last: what is so now has not ended.
static PRESENT: LazyLock<SchemaRef> = LazyLock::new(|| schema(&Column::ALL[..Column::ALL.len() - 1]));

fn schema(columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| Field::new(column.name(), column.data_type(), column.is_optional());
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// Items, past and newest, as they are kept at `now`.
#[derive(Clone)]
pub struct Shelf {
    pub past: Arc<ConfigItems>,
    pub newest: Arc<dyn NewestItems>,
    pub now: Timestamp,
}

/// `config_items`: every item.
pub struct HistoryTable(pub Shelf);

/// `config_resources`: the items of resources that are there and recorded.
pub struct PresentTable(pub Shelf);

/// `config_at(time)`: the items of resources that were there and recorded at a time.
pub struct AtTable {
    shelf: Shelf,
    time: Timestamp,
}

/// A table of what was at a time.
pub trait TableAtTime: StoreTable {
    /// The table as of then.
    fn at(shelf: Shelf, time: Timestamp) -> Self;
}

impl StoreTable for HistoryTable {
    const NAME: &'static str = "config_items";
    const COLUMNS: Columns = COLUMNS;

    fn schema() -> &'static SchemaRef {
        &HISTORY
    }

    fn read(&self, wanted: Wanted) -> Reading {
        reading(&self.0, Time::Any, wanted)
    }
}

impl StoreTable for PresentTable {
    const NAME: &'static str = "config_resources";
    const COLUMNS: Columns = COLUMNS;

    fn schema() -> &'static SchemaRef {
        &PRESENT
    }

    fn read(&self, wanted: Wanted) -> Reading {
        reading(&self.0, Time::Now, wanted)
    }
}

impl TableAtTime for AtTable {
    fn at(shelf: Shelf, time: Timestamp) -> Self {
        Self { shelf, time }
    }
}

impl StoreTable for AtTable {
    const NAME: &'static str = "config_at";
    const COLUMNS: Columns = COLUMNS;

    fn schema() -> &'static SchemaRef {
        &HISTORY
    }

    fn read(&self, wanted: Wanted) -> Reading {
        reading(&self.shelf, Time::At(self.time), wanted)
    }
}

/// Which items are rows.
#[derive(Clone, Copy, Debug)]
enum Time {
    Any,
    Now,
    At(Timestamp),
}

fn reading(shelf: &Shelf, time: Time, wanted: Wanted) -> Reading {
    let Wanted { conditions, places, schema, memory } = wanted;
    let told = time.told(&conditions);
    let columns = places.iter().map(|place| Column::ALL[*place]).collect();
    let rows = Rows::Items(Projection { columns, schema });
    Reading { told, source: Arc::new(Scan { shelf: shelf.clone(), time, conditions, rows, memory }) }
}

impl Time {
    /// What EXPLAIN says of conditions at this time.
    fn told(self, conditions: &Conditions) -> String {
        let told = conditions.to_string();
        match self {
            Self::At(time) if told.is_empty() => format!("as of {}", time.iso()),
            Self::At(time) => format!("{told}; as of {}", time.iso()),
            Self::Any | Self::Now => told,
        }
    }
}

/// What rows are made of items.
#[derive(Clone, Debug)]
enum Rows {
    /// Each is one.
    Items(Projection),
    /// Each is as many as its inventory has entries.
    Entries(entry::Projection),
}

impl Rows {
    /// Whether items themselves have to be read, which are most of what there is to read.
    fn are_of_items(&self) -> bool {
        match self {
            Self::Items(projection) => projection.columns.iter().any(|column| column.is_of_item()),
            Self::Entries(_) => true,
        }
    }

    /// Items that become one batch.
    fn batch_items(&self) -> usize {
        match self {
            Self::Items(_) => BATCH_ROWS,
            Self::Entries(_) => BATCH_HOSTS,
        }
    }

    fn batch(&self, items: &[Row]) -> RecordBatch {
        match self {
            Self::Items(projection) => row::batch(items, &projection.columns, &projection.schema),
            Self::Entries(projection) => projection.batch(items),
        }
    }
}

/// The columns that are read.
#[derive(Clone, Debug)]
struct Projection {
    columns: Vec<Column>,
    schema: SchemaRef,
}

struct Scan {
    shelf: Shelf,
    time: Time,
    conditions: Conditions,
    rows: Rows,
    memory: Arc<dyn MemoryPool>,
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "configuration items where {}", self.conditions)
    }
}

#[async_trait]
impl Source for Scan {
    async fn take(&self) -> Result<Taken, StoreError> {
        if self.conditions.are_impossible() {
            return Ok(Taken { parts: Vec::new(), rows: Some(0) });
        }
        let only = |column| self.conditions.only(column);
        // What is no account or no region, no item has.
        let (Ok(account), Ok(region)) =
            (only("account").map(str::parse).transpose(), only("region").map(str::parse).transpose())
        else {
            return Ok(Taken { parts: Vec::new(), rows: Some(0) });
        };
        let scopes = self.shelf.newest.scopes(account.as_ref(), region.as_ref());
        let keep = Arc::new(self.keep());
        let mut parts: Vec<Batches> = Vec::new();
        for scope in &scopes {
            let items = self.shelf.newest.items(self.wanted(scope));
            let (keep, scope) = (keep.clone(), scope.clone());
            let rows = items.map(move |item| Row::of_newest(&scope, item));
            parts.push(Box::new(Parsed { rows: Box::new(rows), keep }));
        }
        if !matches!(self.time, Time::Now) {
            for scope in scopes {
                for part in self.shelf.past.scan(self.past(scope)).await? {
                    parts.push(past_part(part, keep.clone()));
                }
            }
        }
        Ok(Taken { parts, rows: None })
    }
}

impl Scan {
    fn wanted<'a>(&'a self, scope: &'a Scope) -> WantedItems<'a> {
        WantedItems {
            scope,
            resource_type: self.conditions.only("resource_type"),
            resource_id: self.conditions.only("resource_id"),
            which: if matches!(self.time, Time::Any) { WhichItems::All } else { WhichItems::Live },
            now: self.shelf.now,
        }
    }

    fn past(&self, scope: Scope) -> ItemScan {
        let keep = self.keep_times();
        let ended_from = match self.time {
            Time::At(time) => time.plus_millis(1),
            Time::Any | Time::Now => Timestamp::MIN,
        };
        let mut columns = ItemColumn::ALL.to_vec();
        if !self.rows.are_of_items() && !matches!(self.time, Time::At(_)) {
            columns.retain(|column| *column != ItemColumn::Item);
        }
        let text = |column| self.conditions.only(column).map(str::to_owned);
        ItemScan {
            scope,
            resource_type: text("resource_type"),
            resource_id: text("resource_id"),
            taken: keep.start..keep.end,
            ended_from,
            columns,
        }
    }

    /// When items were taken that are rows.
    fn keep_times(&self) -> std::ops::Range<Timestamp> {
        let window = self.conditions.window;
        let to = match self.time {
            Time::At(time) => time.plus_millis(1).millis().min(window.to),
            Time::Any | Time::Now => window.to,
        };
        Timestamp::from_millis(window.from)..Timestamp::from_millis(to)
    }

    fn keep(&self) -> Keep {
        let seen = match self.time {
            // A resource has one newest item.
            Time::Now => None,
            Time::Any | Time::At(_) => Some(Seen::new(&self.memory)),
        };
        let is_live_only = !matches!(self.time, Time::Any);
        Keep { taken: self.keep_times(), is_live_only, seen, rows: self.rows.clone() }
    }
}

/// Which rows are kept, each once.
struct Keep {
    taken: std::ops::Range<Timestamp>,
    is_live_only: bool,
    seen: Option<Seen>,
    rows: Rows,
}

impl Keep {
    /// The rows of a batch that are kept.
    fn kept(&self, mut rows: Vec<Row>) -> datafusion::common::Result<Vec<Row>> {
        rows.retain(|row| {
            self.taken.contains(&Timestamp::from_millis(row.taken)) && (!self.is_live_only || row.is_live())
        });
        if let Some(seen) = &self.seen {
            seen.retain_new(&mut rows)?;
        }
        Ok(rows)
    }
}

/// Rows of newest items, as batches.
struct Parsed {
    rows: Box<dyn Iterator<Item = Result<Row, StoreError>> + Send>,
    keep: Arc<Keep>,
}

impl Iterator for Parsed {
    type Item = datafusion::common::Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let rows: Result<Vec<_>, _> = self.rows.by_ref().take(self.keep.rows.batch_items()).collect();
        match rows {
            Ok(rows) if rows.is_empty() => None,
            Ok(rows) => Some(self.keep.kept(rows).map(|rows| self.keep.rows.batch(&rows))),
            Err(error) => Some(Err(carried(error))),
        }
    }
}

fn past_part(part: ItemPart, keep: Arc<Keep>) -> Batches {
    Box::new(part.flat_map(move |batch| -> Batches {
        let read = batch.and_then(|batch| Row::of_past(&batch)).map_err(carried);
        match read.and_then(|rows| keep.kept(rows)) {
            Ok(rows) => pieces(rows, keep.rows.clone()),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }))
}

/// Past items as batches: what the store reads at once would be too many hosts. There is one batch at least, so that
/// whoever reads sees that time passes.
fn pieces(items: Vec<Row>, rows: Rows) -> Batches {
    let piece_items = match rows {
        Rows::Items(_) => items.len(),
        Rows::Entries(_) => BATCH_HOSTS,
    };
    let (mut items, mut is_first) = (items.into_iter(), true);
    Box::new(std::iter::from_fn(move || {
        let piece: Vec<Row> = items.by_ref().take(piece_items).collect();
        let is_needed = std::mem::take(&mut is_first) || !piece.is_empty();
        is_needed.then(|| Ok(rows.batch(&piece)))
    }))
}
