//! `PutComplianceItems`: how a host complies.

use std::collections::BTreeMap;

use api::ssm::errors;
use api::ssm::types::{ComplianceItemEntry, ComplianceUploadType, PutComplianceItemsRequest, PutComplianceItemsResult};
use api::{CallContext, ServiceError};
use store::catalog::{Expect, Transaction};

use crate::answer::of_type;
use crate::change::change;
use crate::compliance::{self, RESOURCE_TYPE};
use crate::instances;
use crate::inventory_types::COMPLIANCE_ITEM;
use crate::record::{ComplianceItem, ComplianceRecord, InstanceRecord};
use crate::service::Ssm;

/// Types of compliance of one host.
const TYPES_MAX: usize = 20;

pub(super) async fn put_compliance_items(
    ssm: &Ssm,
    cx: &CallContext,
    input: PutComplianceItemsRequest,
) -> Result<PutComplianceItemsResult, ServiceError> {
    let PutComplianceItemsRequest {
        resource_id,
        resource_type,
        compliance_type,
        execution_summary,
        items,
        item_content_hash,
        upload_type,
    } = input;
    let (parts, scope) = (&ssm.parts, cx.scope());
    check(&resource_type, &compliance_type)?;
    let told = by_id(items)?;
    let is_partial = upload_type == Some(ComplianceUploadType::Partial);
    let changed = change(&parts.catalog, || {
        let mut transaction = Transaction::default();
        let host = instances::managed(&parts.catalog, &scope, &resource_id).ok_or_else(|| {
            errors::invalid_resource_id(format!("The managed instance {resource_id} is not registered."))
        })?;
        let found = compliance::find(&parts.catalog, &scope, &resource_id, &compliance_type);
        // What has the hash of what is there is passed over, as AWS says.
        if let (Some(found), Some(hash)) = (&found, &item_content_hash)
            && found.record.content_hash.as_ref() == Some(hash)
        {
            return Ok((transaction, false));
        }
        if found.is_none() && types_of(ssm, cx, &resource_id) >= TYPES_MAX {
            let message = format!("There are {TYPES_MAX} compliance types of {resource_id} already.");
            return Err(errors::compliance_type_count_limit_exceeded_exception(message));
        }
        let before = found.filter(|_| is_partial).map(|found| found.record.items).unwrap_or_default();
        let mut items: BTreeMap<String, ComplianceItem> =
            before.into_iter().map(|item| (item.id.clone(), item)).collect();
        items.extend(told.clone());
        let record = ComplianceRecord {
            execution_time: execution_summary.execution_time,
            execution_id: execution_summary.execution_id.clone(),
            execution_type: execution_summary.execution_type.clone(),
            content_hash: item_content_hash.clone(),
            items: items.into_values().collect(),
        };
        let bytes = serde_json::to_vec(&record.items).map_or(0, |text| text.len());
        if bytes > parts.settings.type_bytes_max {
            let message = format!("The compliance items exceed {} bytes.", parts.settings.type_bytes_max);
            return Err(of_type(errors::item_size_limit_exceeded_exception(message), COMPLIANCE_ITEM));
        }
        // What was told meanwhile must not get lost: the host's record is what tellings meet at.
        transaction.check::<InstanceRecord>(instances::key(&scope, &resource_id), Expect::Version(host.version));
        let key = instances::part_key(&scope, &resource_id, &compliance_type);
        match parts.catalog.get::<ComplianceRecord>(&key) {
            Some(found) => drop(transaction.update(key, found.version, &record)),
            None => drop(transaction.create(key, &record)),
        }
        Ok((transaction, true))
    })
    .await?;
    if changed {
        parts.tell_soon(&scope, &resource_id);
    }
    Ok(PutComplianceItemsResult {})
}

/// # Errors
/// `InvalidResourceType`, `InvalidItemContentException`
fn check(resource_type: &str, compliance_type: &str) -> Result<(), ServiceError> {
    if resource_type != RESOURCE_TYPE {
        let message =
            format!("The resource type {resource_type} isn't valid: the one that complies is {RESOURCE_TYPE}.");
        return Err(errors::invalid_resource_type(message));
    }
    match matches!(compliance_type, "Association" | "Patch") || compliance_type.starts_with("Custom:") {
        true => Ok(()),
        false => {
            let message = format!("The compliance type {compliance_type} is not Association, Patch or Custom:NAME.");
            Err(of_type(errors::invalid_item_content_exception(message), COMPLIANCE_ITEM))
        }
    }
}

/// The items by their ids; one without an id is known by its title.
///
/// # Errors
/// `InvalidItemContentException`
fn by_id(items: Vec<ComplianceItemEntry>) -> Result<BTreeMap<String, ComplianceItem>, ServiceError> {
    let refuse = |message: String| of_type(errors::invalid_item_content_exception(message), COMPLIANCE_ITEM);
    let mut told = BTreeMap::new();
    for ComplianceItemEntry { id, title, severity, status, details } in items {
        let id = id.or_else(|| title.clone()).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| refuse("A compliance item has an id or a title.".to_owned()))?;
        let item = ComplianceItem {
            id: id.clone(),
            title,
            severity: severity.as_str().to_owned(),
            status: status.as_str().to_owned(),
            details: details.unwrap_or_default().into_iter().collect(),
        };
        if told.insert(id.clone(), item).is_some() {
            return Err(refuse(format!("There are two compliance items with the id {id}.")));
        }
    }
    Ok(told)
}

fn types_of(ssm: &Ssm, cx: &CallContext, instance_id: &str) -> usize {
    let prefix = format!("{instance_id}/");
    ssm.parts.catalog.list_prefix::<ComplianceRecord>(cx.account(), Some(&cx.region), &prefix).len()
}
