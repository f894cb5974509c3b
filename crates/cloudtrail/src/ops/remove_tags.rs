//! `RemoveTags`

use api::cloudtrail::types::{RemoveTagsRequest, RemoveTagsResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::service::CloudTrail;
use crate::tags;

/// Takes tags away by their keys; values do not matter, nor keys that are not there (cloudtrail.md §4.10).
pub async fn remove_tags(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: RemoveTagsRequest,
) -> Result<RemoveTagsResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    change(catalog, || {
        let trail = tags::trail(catalog, cx, &input.resource_id)?;
        let mut record = (*trail.record).clone();
        record.tags.retain(|(key, _)| !input.tags_list.iter().any(|tag| tag.key == *key));
        let mut transaction = Transaction::default();
        transaction.update(trail.key(), trail.version, &record);
        Ok((transaction, ()))
    })
    .await?;
    Ok(RemoveTagsResponse {})
}
