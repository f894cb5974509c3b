//! The tables that statements see, and whose rows.

use std::sync::Arc;

use base::{AccountId, Timestamp};
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider, TableFunction};
use datafusion::common::Result;
use store::log_event::LogEvents;
use store::{ConfigItems, Metrics, TrailEvents};

use crate::config_items::{
    AtTable, AtTime, HistoryTable, InventoryAtTable, InventoryTable, NewestItems, PresentTable, Shelf,
};
use crate::log_events::LogEventsTable;
use crate::metrics::MetricsTable;
use crate::names::{Messages, Names};
use crate::table::{Provider, StoreTable};
use crate::trail_events::TrailEventsTable;

/// What the tables are made of.
#[derive(Clone)]
pub struct Tables {
    /// `log_events`.
    pub log_events: Arc<LogEvents>,
    /// Names the groups and streams of `log_events`.
    pub names: Arc<dyn Names>,
    /// `trail_events`.
    pub trail_events: Arc<TrailEvents>,
    /// `metrics`.
    pub metrics: Arc<Metrics>,
    /// What resources were like: `config_items`.
    pub config_items: Arc<ConfigItems>,
    /// What they are like now: `config_resources`, `inventory`.
    pub newest_items: Arc<dyn NewestItems>,
}

/// Whose rows a statement sees, whatever it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of one account.
    Account(AccountId),
    /// Those of all accounts.
    Everyone,
}

impl Reach {
    /// The one account, if it is one.
    pub(crate) fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Everyone => None,
        }
    }
}

impl Tables {
    /// The tables as a statement finds them. The reach is below them: no statement gets past it.
    pub(crate) fn schema(&self, reach: &Reach, messages: Messages, now: Timestamp) -> Result<Arc<dyn SchemaProvider>> {
        let schema = MemorySchemaProvider::new();
        let log_events = LogEventsTable { events: self.log_events.clone(), names: self.names.clone(), messages, now };
        register(&schema, log_events, reach)?;
        register(&schema, TrailEventsTable(self.trail_events.clone()), reach)?;
        register(&schema, MetricsTable { metrics: self.metrics.clone(), now }, reach)?;
        register(&schema, HistoryTable(self.shelf(now)), reach)?;
        register(&schema, PresentTable(self.shelf(now)), reach)?;
        register(&schema, InventoryTable(self.shelf(now)), reach)?;
        Ok(Arc::new(schema))
    }

    /// The tables that take arguments, with their names.
    pub(crate) fn functions(&self, reach: &Reach, now: Timestamp) -> Vec<Arc<TableFunction>> {
        vec![
            AtTime::<AtTable>::function(self.shelf(now), reach.clone()),
            AtTime::<InventoryAtTable>::function(self.shelf(now), reach.clone()),
        ]
    }

    fn shelf(&self, now: Timestamp) -> Shelf {
        Shelf { past: self.config_items.clone(), newest: self.newest_items.clone(), now }
    }
}

fn register<T: StoreTable>(schema: &MemorySchemaProvider, table: T, reach: &Reach) -> Result<()> {
    schema.register_table(T::NAME.to_owned(), Arc::new(Provider::new(table, reach.clone()))).map(drop)
}
