//! `DescribeInventoryDeletions`: how far deletions of inventory are.

use api::ssm::errors;
use api::ssm::types::{
    DescribeInventoryDeletionsRequest, DescribeInventoryDeletionsResult, InventoryDeletionStatus,
    InventoryDeletionStatusItem, InventoryDeletionSummary, InventoryDeletionSummaryItem,
};
use api::{CallContext, ServiceError};

use crate::paging;
use crate::record::DeletionRecord;
use crate::service::Ssm;

const PAGE: usize = 50;

pub(super) async fn describe_inventory_deletions(
    ssm: &Ssm,
    cx: &CallContext,
    input: DescribeInventoryDeletionsRequest,
) -> Result<DescribeInventoryDeletionsResult, ServiceError> {
    let DescribeInventoryDeletionsRequest { deletion_id, next_token, max_results } = input;
    let asked = format!("DescribeInventoryDeletions {deletion_id:?}");
    let mut all = ssm.parts.catalog.list::<DeletionRecord>(cx.account(), Some(&cx.region));
    if let Some(wanted) = &deletion_id {
        all.retain(|(id, _)| id == wanted);
        if all.is_empty() {
            return Err(errors::invalid_deletion_id_exception(format!("There is no deletion {wanted}.")));
        }
    }
    all.sort_by(|a, b| b.1.value.started.cmp(&a.1.value.started).then_with(|| a.0.cmp(&b.0)));
    let limit = paging::limit(max_results, PAGE);
    let (page, next_token) = paging::page(all, limit, next_token.as_deref(), &asked, cx.now)?;
    let deletions = page.into_iter().map(|(id, found)| status(id, &found.value)).collect();
    Ok(DescribeInventoryDeletionsResult { inventory_deletions: Some(deletions), next_token })
}

fn status(id: String, deletion: &DeletionRecord) -> InventoryDeletionStatusItem {
    let (status, message) = match deletion.is_complete {
        true => (InventoryDeletionStatus::Complete, "Deletion is successful"),
        false => (InventoryDeletionStatus::InProgress, "Deletion is in progress"),
    };
    InventoryDeletionStatusItem {
        deletion_id: Some(id),
        type_name: Some(deletion.type_name.clone()),
        deletion_start_time: Some(deletion.started),
        last_status: Some(status),
        last_status_message: Some(message.to_owned()),
        deletion_summary: Some(summary(deletion)),
        last_status_update_time: Some(deletion.updated),
    }
}

/// How much there was to delete, and how much still is.
pub(super) fn summary(deletion: &DeletionRecord) -> InventoryDeletionSummary {
    let item = |(version, count): (&String, &i32)| InventoryDeletionSummaryItem {
        version: Some(version.clone()),
        count: Some(*count),
        remaining_count: Some(deletion.remaining.get(version).copied().unwrap_or(0)),
    };
    InventoryDeletionSummary {
        total_count: Some(deletion.counts.values().sum()),
        remaining_count: Some(deletion.remaining.values().sum()),
        summary_items: Some(deletion.counts.iter().map(item).collect()),
    }
}
