//! `GetInventory`: hosts with a type of their inventory, or counts of hosts.

use std::collections::BTreeMap;

use api::ssm::errors;
use api::ssm::types::{GetInventoryRequest, GetInventoryResult, InventoryResultEntity, InventoryResultItem};
use api::{CallContext, ServiceError};
use base::Scope;
use store::catalog::{Key, Unread};

use crate::aggregate::{Aggregation, Row};
use crate::answer::entries;
use crate::filter::{Filters, is_type};
use crate::inventory_types::INSTANCE_INFORMATION;
use crate::paging;
use crate::record::InstanceRecord;
use crate::service::Ssm;
use crate::view::View;

/// Entities of a page.
const PAGE: usize = 50;

/// Rows of a page of counts.
const ROWS: usize = 10_000;

/// A page ends once it holds so many bytes of inventory, or once so many were unpacked for it: one that holds less than
/// it may, or nothing, has a token too.
const ANSWERED_BYTES_MAX: usize = 4 << 20;
const UNPACKED_BYTES_MAX: usize = 64 << 20;

/// Hosts that are read from the catalog at once.
const READ: usize = 100;

pub(super) async fn get_inventory(
    ssm: &Ssm,
    cx: &CallContext,
    input: GetInventoryRequest,
) -> Result<GetInventoryResult, ServiceError> {
    let GetInventoryRequest { filters, aggregators, result_attributes, next_token, max_results } = input;
    let asked = format!("GetInventory {filters:?} {aggregators:?} {result_attributes:?}");
    let parsed = Filters::parse(filters.as_deref().unwrap_or_default())?;
    let walk = Walk { ssm, cx, scope: cx.scope(), filters: parsed };
    if let Some(aggregators) = aggregators {
        if result_attributes.is_some() {
            let message = "Counts have no result attributes.";
            return Err(errors::invalid_result_attribute_exception(message));
        }
        let rows = walk.count(Aggregation::parse(&aggregators)?).await?;
        let limit = paging::limit(max_results, ROWS);
        let (rows, next_token) = paging::page(rows, limit, next_token.as_deref(), &asked, cx.now)?;
        return Ok(GetInventoryResult { entities: Some(counted(rows)), next_token });
    }
    let shown = result_attributes.and_then(|attributes| attributes.into_iter().next());
    let shown = shown.map_or_else(|| INSTANCE_INFORMATION.to_owned(), |attribute| attribute.type_name);
    if !is_type(&shown) {
        return Err(errors::invalid_type_name_exception(format!("{shown} is not an inventory type.")));
    }
    let after = paging::read::<String>(next_token.as_deref(), &asked, cx.now)?;
    let (entities, next) = walk.page(&shown, after, paging::limit(max_results, PAGE)).await;
    let next_token = next.map(|place| paging::write(&asked, place, cx.now));
    Ok(GetInventoryResult { entities: Some(entities), next_token })
}

/// A walk over the hosts that are asked for. Hosts are looked at one at a time, so that never the inventories of several
/// are in memory.
struct Walk<'a> {
    ssm: &'a Ssm,
    cx: &'a CallContext,
    scope: Scope,
    filters: Filters,
}

impl Walk<'_> {
    fn read(&self, from: Option<&str>) -> Vec<(String, Unread<InstanceRecord>)> {
        let Scope { account, region } = &self.scope;
        let key = Key::regional(account, region, from.unwrap_or_default());
        let mut page = self.ssm.parts.catalog.page(&key, "", READ + 1);
        page.retain(|(id, _)| from.is_none_or(|from| id.as_str() > from));
        page.truncate(READ);
        page
    }

    /// A page of hosts after one, and where the next page starts.
    async fn page(
        &self,
        shown: &str,
        mut after: Option<String>,
        limit: usize,
    ) -> (Vec<InventoryResultEntity>, Option<String>) {
        let (mut entities, mut answered, mut unpacked) = (Vec::new(), 0, 0);
        loop {
            let read = self.read(after.as_deref());
            if read.is_empty() {
                return (entities, None);
            }
            for (id, found) in read {
                let is_full = entities.len() >= limit || answered > ANSWERED_BYTES_MAX || unpacked > UNPACKED_BYTES_MAX;
                if is_full {
                    return (entities, after);
                }
                if let Some(entity) = self.entity(&id, &found, shown, &mut answered, &mut unpacked) {
                    entities.push(entity);
                }
                after = Some(id);
                tokio::task::yield_now().await;
            }
        }
    }

    fn entity(
        &self,
        id: &str,
        found: &Unread<InstanceRecord>,
        shown: &str,
        answered: &mut usize,
        unpacked: &mut usize,
    ) -> Option<InventoryResultEntity> {
        let record = found.read().value;
        let view = View::new(&self.ssm.parts, &self.scope, id, &record, self.cx.now);
        let entity = self.filters.match_host(&view).then(|| {
            let head = view.head(shown);
            let item = head.map(|head| {
                *answered += head.bytes;
                let content = view.entries(shown).map(|all| all.to_vec()).unwrap_or_default();
                InventoryResultItem {
                    type_name: shown.to_owned(),
                    schema_version: head.schema_version,
                    capture_time: Some(head.capture_time),
                    content_hash: head.content_hash,
                    content: entries(content),
                }
            });
            let data = item.into_iter().map(|item| (shown.to_owned(), item)).collect();
            InventoryResultEntity { id: Some(id.to_owned()), data: Some(data) }
        });
        *unpacked += view.unpacked_bytes();
        entity
    }

    async fn count(&self, mut aggregation: Aggregation) -> Result<Vec<Row>, ServiceError> {
        let mut after: Option<String> = None;
        loop {
            let read = self.read(after.as_deref());
            if read.is_empty() {
                return Ok(aggregation.rows());
            }
            for (id, found) in read {
                {
                    let record = found.read().value;
                    let view = View::new(&self.ssm.parts, &self.scope, &id, &record, self.cx.now);
                    if self.filters.match_host(&view) {
                        aggregation.count(&view)?;
                    }
                }
                after = Some(id);
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Counts as the one entity that AWS has for them.
fn counted(rows: Vec<Row>) -> Vec<InventoryResultEntity> {
    let mut data: BTreeMap<String, InventoryResultItem> = BTreeMap::new();
    for (under, row) in rows {
        let item = data.entry(under.clone()).or_insert_with(|| InventoryResultItem {
            type_name: under,
            schema_version: "1.0".to_owned(),
            capture_time: None,
            content_hash: None,
            content: Vec::new(),
        });
        item.content.push(row);
    }
    vec![InventoryResultEntity { id: None, data: Some(data.into_iter().collect()) }]
}
