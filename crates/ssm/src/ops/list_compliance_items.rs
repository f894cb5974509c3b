//! `ListComplianceItems`: what hosts comply with and what not.

use api::ssm::errors;
use api::ssm::types::{self, ListComplianceItemsRequest, ListComplianceItemsResult};
use api::{CallContext, ServiceError};

use crate::compliance::{self, Compliance, RESOURCE_TYPE};
use crate::compliance_filter::ComplianceFilter;
use crate::instances;
use crate::paging;
use crate::record::ComplianceItem;
use crate::service::Ssm;

const PAGE: usize = 50;

/// Records that are read at once: each may hold thousands of items.
const READ: usize = 8;

const KEYS: &[&str] =
    &["ComplianceType", "ExecutionId", "ExecutionType", "Id", "ResourceId", "Severity", "Status", "Title"];

/// Where a page starts: after a record, with an item of the one that came then.
type Place = (Option<String>, String, usize);

pub(super) async fn list_compliance_items(
    ssm: &Ssm,
    cx: &CallContext,
    input: ListComplianceItemsRequest,
) -> Result<ListComplianceItemsResult, ServiceError> {
    let ListComplianceItemsRequest { filters, resource_ids, resource_types, next_token, max_results } = input;
    let asked = format!("ListComplianceItems {filters:?} {resource_ids:?} {resource_types:?}");
    let filters = ComplianceFilter::parse(filters, KEYS)?;
    if let Some(unknown) = resource_types.iter().flatten().find(|name| *name != RESOURCE_TYPE) {
        return Err(errors::invalid_resource_type(format!("The resource type {unknown} isn't valid.")));
    }
    let (catalog, scope) = (&ssm.parts.catalog, cx.scope());
    let is_known = |id: &String| instances::find(catalog, &scope, id).is_some();
    if let Some(unknown) = resource_ids.iter().flatten().find(|id| !is_known(id)) {
        return Err(errors::invalid_resource_id(format!("The managed instance {unknown} is not registered.")));
    }
    let limit = paging::limit(max_results, PAGE);
    let (mut before, first, at): Place = paging::read(next_token.as_deref(), &asked, cx.now)?.unwrap_or_default();
    let mut shown = Vec::new();
    loop {
        let read = compliance::page(catalog, &scope, before.as_deref(), READ);
        if read.is_empty() {
            return Ok(ListComplianceItemsResult { compliance_items: Some(shown), next_token: None });
        }
        for (name, found) in read {
            let is_wanted = resource_ids.as_ref().is_none_or(|ids| ids.contains(&found.instance_id));
            let from = if name == first { at } else { 0 };
            for (index, item) in found.record.items.iter().enumerate().skip(from).filter(|_| is_wanted) {
                if !filters.iter().all(|filter| filter.matches(attribute(&found, item, filter.key()))) {
                    continue;
                }
                if shown.len() == limit {
                    let next_token = Some(paging::write(&asked, (before, name, index), cx.now));
                    return Ok(ListComplianceItemsResult { compliance_items: Some(shown), next_token });
                }
                shown.push(told(&found, item));
            }
            before = Some(name);
        }
        tokio::task::yield_now().await;
    }
}

fn attribute<'a>(found: &'a Compliance, item: &'a ComplianceItem, key: &str) -> Option<&'a str> {
    match key {
        "ComplianceType" => Some(&found.compliance_type),
        "ExecutionId" => found.record.execution_id.as_deref(),
        "ExecutionType" => found.record.execution_type.as_deref(),
        "Id" => Some(&item.id),
        "ResourceId" => Some(&found.instance_id),
        "Severity" => Some(&item.severity),
        "Status" => Some(&item.status),
        _ => item.title.as_deref(),
    }
}

fn told(found: &Compliance, item: &ComplianceItem) -> types::ComplianceItem {
    types::ComplianceItem {
        compliance_type: Some(found.compliance_type.clone()),
        resource_type: Some(RESOURCE_TYPE.to_owned()),
        resource_id: Some(found.instance_id.clone()),
        id: Some(item.id.clone()),
        title: item.title.clone(),
        status: item.status.parse().ok(),
        severity: item.severity.parse().ok(),
        execution_summary: Some(found.execution()),
        details: Some(item.details.clone().into_iter().collect()),
    }
}
