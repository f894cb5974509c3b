//! `ListInventoryEntries`: the entries of a type of one host.

use api::ssm::errors;
use api::ssm::types::{ListInventoryEntriesRequest, ListInventoryEntriesResult};
use api::{CallContext, ServiceError};

use crate::answer;
use crate::filter::{Filters, is_type};
use crate::instances;
use crate::paging;
use crate::service::Ssm;
use crate::view::View;

const PAGE: usize = 50;

pub(super) async fn list_inventory_entries(
    ssm: &Ssm,
    cx: &CallContext,
    input: ListInventoryEntriesRequest,
) -> Result<ListInventoryEntriesResult, ServiceError> {
    let ListInventoryEntriesRequest { instance_id, type_name, filters, next_token, max_results } = input;
    let (parts, scope) = (&ssm.parts, cx.scope());
    let asked = format!("ListInventoryEntries {instance_id} {type_name} {filters:?}");
    if !is_type(&type_name) {
        return Err(errors::invalid_type_name_exception(format!("{type_name} is not an inventory type.")));
    }
    let filters = Filters::parse(filters.as_deref().unwrap_or_default())?;
    if filters.ask_beyond(&type_name) {
        return Err(errors::invalid_filter(format!("The filters ask for another type than {type_name}.")));
    }
    let found = instances::find(&parts.catalog, &scope, &instance_id)
        .ok_or_else(|| errors::invalid_instance_id(format!("The instance {instance_id} is not known.")))?;
    let view = View::new(parts, &scope, &instance_id, &found.value, cx.now);
    let head = view.head(&type_name);
    let all = view.entries(&type_name).unwrap_or_default();
    let wanted = all.iter().filter(|entry| filters.match_entry(&type_name, entry)).collect();
    let limit = paging::limit(max_results, PAGE);
    let (page, next_token) = paging::page(wanted, limit, next_token.as_deref(), &asked, cx.now)?;
    let (schema_version, capture_time) =
        head.map(|head| (Some(head.schema_version), Some(head.capture_time))).unwrap_or_default();
    Ok(ListInventoryEntriesResult {
        type_name: Some(type_name),
        instance_id: Some(instance_id.clone()),
        schema_version,
        capture_time,
        entries: Some(answer::entries(page.into_iter().cloned().collect())),
        next_token,
    })
}
