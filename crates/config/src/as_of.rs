//! What a resource was like at a time, what it named then and what named it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use base::{AccountId, Scope, Timestamp};
use lang::needle::{Needle, NeedleFinder};
use store::ConfigItems;
use store::StoreError;
use store::catalog::Catalog;
use store::config_item::{HistoryOrder, HistoryRange, ItemColumn, ItemScan, Resource};

use crate::history::read;
use crate::item::Item;
use crate::newest::{NewestItem, NewestItems, Others, Wanted};

/// Items as of any time.
#[derive(Clone)]
pub struct AsOf {
    newest: NewestItems,
    past: Arc<ConfigItems>,
}

/// A state of a resource.
#[derive(Clone, Debug)]
pub struct State {
    /// What it was like.
    pub item: Item,
    /// When it was found to be otherwise; `None` when it is so now.
    pub ended: Option<Timestamp>,
    /// When the state before was found; `None` when none is known.
    pub before: Option<Timestamp>,
}

impl AsOf {
    /// Over the newest items of a catalog and those before.
    pub fn new(catalog: Arc<Catalog>, past: Arc<ConfigItems>) -> Self {
        Self { newest: NewestItems::new(catalog), past }
    }

    /// The resources of an account, or of all, that a name is of: an ARN, or a type and an id with a slash between (H-5).
    pub fn named(&self, name: &str, account: Option<&AccountId>, now: Timestamp) -> Vec<Resource> {
        let by_id = name.split_once('/').filter(|_| !name.starts_with("arn:"));
        let finder = Needle::json_string(name).finder();
        let mut found = Vec::new();
        for scope in self.newest.scopes(account, None) {
            let (resource_type, resource_id) = by_id.unzip();
            let wanted = Wanted { scope: &scope, resource_type, resource_id, others: Others::Included, now };
            let is_it = |item: &NewestItem| {
                by_id.is_some() || (finder.may_match(&item.text) && parse(&item.text).arn.as_deref() == Some(name))
            };
            found.extend(self.newest.items(wanted).filter(is_it).map(|item| Resource {
                scope: scope.clone(),
                resource_type: item.resource_type,
                resource_id: item.resource_id,
            }));
        }
        found
    }

    /// The state that a resource was in at a time; `None` when it was not known then, or that is kept no more.
    ///
    /// # Errors
    /// The store's.
    pub async fn state(&self, of: &Resource, time: Timestamp, now: Timestamp) -> Result<Option<State>, StoreError> {
        let wanted = Wanted {
            scope: &of.scope,
            resource_type: Some(&of.resource_type),
            resource_id: Some(&of.resource_id),
            others: Others::Included,
            now,
        };
        // The newest first: what it becomes meanwhile is in the table by then.
        let newest = self.newest.items(wanted).next().map(|item| parse(&item.text));
        let (item, ended) = match newest.filter(|newest| newest.taken <= time) {
            Some(newest) => (newest, None),
            None => match self.past.at(of, time).await? {
                Some(past) => (read(&past), Some(past.ended)),
                None => return Ok(None),
            },
        };
        let before = self.first(of, Timestamp::MIN..item.taken, HistoryOrder::NewestFirst).await?;
        Ok(Some(State { before: before.map(|before| before.taken), item, ended }))
    }

    /// When a resource was first found, as far as that is kept.
    ///
    /// # Errors
    /// The store's.
    pub async fn first_known(&self, of: &Resource, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let first = self.first(of, Timestamp::MIN..Timestamp::MAX, HistoryOrder::OldestFirst).await?;
        let newest = self.state(of, Timestamp::MAX, now).await?;
        Ok(first.map(|first| first.taken).or(newest.map(|newest| newest.item.taken)))
    }

    async fn first(
        &self,
        of: &Resource,
        taken: std::ops::Range<Timestamp>,
        order: HistoryOrder,
    ) -> Result<Option<Item>, StoreError> {
        let found = self.past.history(of, HistoryRange { taken, order, limit: 1 }).await?;
        Ok(found.first().map(read))
    }

    /// The items of resources that were there at a time and named another, by type and id.
    ///
    /// # Errors
    /// The store's.
    pub async fn naming(&self, of: &Resource, time: Timestamp, now: Timestamp) -> Result<Vec<Item>, StoreError> {
        let mut found = self.holding(&of.scope, None, std::slice::from_ref(&of.resource_id), time, now).await?;
        found.retain(|item| {
            item.related(&of.resource_type).any(|related| related.resource_id.as_ref() == Some(&of.resource_id))
        });
        Ok(found)
    }

    /// The items of resources that were there at a time and hold any of these texts somewhere, by type and id; there may
    /// be others among them.
    ///
    /// # Errors
    /// The store's.
    pub async fn holding(
        &self,
        scope: &Scope,
        resource_type: Option<&str>,
        texts: &[String],
        time: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Item>, StoreError> {
        let finder = Needle::any_of(texts.iter().map(|text| Needle::json_string(text))).finder();
        let wanted = Wanted { scope, resource_type, resource_id: None, others: Others::LeftOut, now };
        // As for one resource, the newest first.
        let newest = self.newest.items(wanted);
        let scan = ItemScan {
            scope: scope.clone(),
            resource_type: resource_type.map(str::to_owned),
            resource_id: None,
            taken: Timestamp::MIN..time.plus_millis(1),
            ended_from: time.plus_millis(1),
            columns: vec![ItemColumn::Item],
        };
        let parts = self.past.scan(scan).await?;
        let look = move || {
            let mut found = BTreeMap::new();
            let mut take = |item: Item| {
                if item.taken <= time && item.status.is_recorded() {
                    found.insert((item.resource_type.clone(), item.resource_id.clone()), item);
                }
            };
            for part in parts {
                for batch in part {
                    texts_of(&batch?, &finder).into_iter().for_each(&mut take);
                }
            }
            newest.filter(|item| finder.may_match(&item.text)).map(|item| parse(&item.text)).for_each(take);
            Ok(found.into_values().collect())
        };
        tokio::task::spawn_blocking(look)
            .await
            .unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))
    }
}

fn texts_of(batch: &arrow_array::RecordBatch, finder: &NeedleFinder) -> Vec<Item> {
    let texts = batch.column(0).as_string::<i32>().iter().flatten();
    texts.filter(|text| finder.may_match(text)).map(parse).collect()
}

fn parse(text: &str) -> Item {
    serde_json::from_str(text).expect("a stored item is one")
}

#[cfg(test)]
mod tests;
