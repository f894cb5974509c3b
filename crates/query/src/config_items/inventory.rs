//! `inventory` and `inventory_at(time)`: what is installed on hosts and what else they tell, now and at a time.
//!
//! The rows are worked out from items of hosts, so that what AWS Config has recorded can be asked for, and of any time.

use std::sync::Arc;

use base::Timestamp;
use datafusion::arrow::datatypes::SchemaRef;

use super::entry::{self, Column, Projection};
use super::{Rows, Scan, Shelf, TableAtTime, Time};
use crate::conditions::Columns;
use crate::table::{Reading, StoreTable, Wanted};

/// The items that tell of hosts.
const RESOURCE_TYPE: &str = "AWS::SSM::ManagedInstanceInventory";

const COLUMNS: Columns = Columns {
    time: "taken",
    texts: &["account", "region", "instance_id", entry::TYPE_NAME, entry::NAME],
    exact_texts: &[],
    flags: &[],
    message: None,
};

/// `inventory`: the entries of hosts that are there and recorded.
pub struct InventoryTable(pub Shelf);

/// `inventory_at(time)`: the entries of hosts that were there and recorded at a time.
pub struct InventoryAtTable {
    shelf: Shelf,
    time: Timestamp,
}

impl StoreTable for InventoryTable {
    const NAME: &'static str = "inventory";
    const COLUMNS: Columns = COLUMNS;

    fn schema() -> &'static SchemaRef {
        &entry::SCHEMA
    }

    fn read(&self, wanted: Wanted) -> Reading {
        reading(&self.0, Time::Now, wanted)
    }
}

impl StoreTable for InventoryAtTable {
    const NAME: &'static str = "inventory_at";
    const COLUMNS: Columns = COLUMNS;

    fn schema() -> &'static SchemaRef {
        &entry::SCHEMA
    }

    fn read(&self, wanted: Wanted) -> Reading {
        reading(&self.shelf, Time::At(self.time), wanted)
    }
}

impl TableAtTime for InventoryAtTable {
    fn at(shelf: Shelf, time: Timestamp) -> Self {
        Self { shelf, time }
    }
}

fn reading(shelf: &Shelf, time: Time, wanted: Wanted) -> Reading {
    let Wanted { mut conditions, places, schema, memory } = wanted;
    let told = time.told(&conditions);
    let columns = places.iter().map(|place| Column::ALL[*place]).collect();
    let types = conditions.texts.remove(entry::TYPE_NAME);
    let names = conditions.texts.remove(entry::NAME);
    let rows = Rows::Entries(Projection { columns, schema, types, names });
    // What is left is said of items, in their words.
    conditions.restrict("resource_type", [RESOURCE_TYPE.to_owned()].into());
    if let Some(hosts) = conditions.texts.remove("instance_id") {
        conditions.restrict("resource_id", hosts);
    }
    Reading { told, source: Arc::new(Scan { shelf: shelf.clone(), time, conditions, rows, memory }) }
}
