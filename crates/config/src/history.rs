//! What one resource was like: the newest item from its record, those before from the table.

use std::ops::Range;

use api::ServiceError;
use base::{Scope, Timestamp};
use store::config_item::{HistoryOrder, HistoryRange, PastItem, Resource};

use crate::change::store_failure;
use crate::item::Item;
use crate::present;
use crate::retention::keeps_from;
use crate::service::Parts;

/// Which items are wanted.
pub(crate) struct Wanted<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) resource_type: &'a str,
    pub(crate) resource_id: &'a str,
    /// When they were taken.
    pub(crate) taken: Range<Timestamp>,
    pub(crate) order: HistoryOrder,
    /// At most so many.
    pub(crate) limit: usize,
}

impl Parts {
    /// The items of a resource in order, each once.
    pub(crate) async fn history(&self, wanted: Wanted<'_>, now: Timestamp) -> Result<Vec<Item>, ServiceError> {
        let Wanted { scope, resource_type, resource_id, taken, order, limit } = wanted;
        // The newest first: what it becomes while the table is read is in the table by then.
        let newest = self.newest(scope, resource_type, resource_id, now);
        let newest = newest.filter(|item| taken.contains(&item.taken));
        let resource = Resource {
            scope: scope.clone(),
            resource_type: resource_type.to_owned(),
            resource_id: resource_id.to_owned(),
        };
        // After a crash the newest may be in the table as well, and changes that came meanwhile are not asked for.
        let end = newest.as_ref().map_or(taken.end, |item| item.taken);
        let range = HistoryRange { taken: taken.start..end, order, limit };
        let past = self.items.history(&resource, range).await.map_err(|error| store_failure(&error))?;
        let mut items: Vec<Item> = past.iter().map(read).collect();
        match order {
            HistoryOrder::NewestFirst => items.splice(0..0, newest).for_each(drop),
            HistoryOrder::OldestFirst => items.extend(newest),
        }
        items.truncate(limit);
        Ok(items)
    }

    /// What a resource was like at a time; `None` when it was not known then, or is kept no more.
    ///
    /// # Errors
    /// The store's.
    pub async fn item_at(
        &self,
        scope: &Scope,
        resource_type: &str,
        resource_id: &str,
        time: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Item>, store::StoreError> {
        if let Some(newest) = self.newest(scope, resource_type, resource_id, now)
            && newest.taken <= time
        {
            return Ok(Some(newest));
        }
        let resource = Resource {
            scope: scope.clone(),
            resource_type: resource_type.to_owned(),
            resource_id: resource_id.to_owned(),
        };
        Ok(self.items.at(&resource, time).await?.as_ref().map(read))
    }

    /// The newest item of a resource; of one that is gone, as long as it is kept.
    pub(crate) fn newest(&self, scope: &Scope, resource_type: &str, resource_id: &str, now: Timestamp) -> Option<Item> {
        let item = present::find(&self.catalog, scope, resource_type, resource_id)?.present.item;
        let is_kept = !item.status.is_gone() || item.taken >= keeps_from(&self.catalog, scope, now);
        is_kept.then_some(item)
    }
}

/// The item of a row.
pub(crate) fn read(past: &PastItem) -> Item {
    serde_json::from_str(&past.item).expect("a stored item is one")
}
