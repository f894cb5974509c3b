//! `RemoveTags`

use api::cloudtrail::types::{RemoveTagsRequest, RemoveTagsResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::service::CloudTrail;
use crate::tags::Tagged;

/// Takes tags away by their keys; values do not matter, nor keys that are not there (cloudtrail.md §4.10).
pub async fn remove_tags(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: RemoveTagsRequest,
) -> Result<RemoveTagsResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    change(catalog, || {
        let resource = Tagged::found(catalog, cx, &input.resource_id)?;
        let mut left = resource.tags().clone();
        left.retain(|(key, _)| !input.tags_list.iter().any(|tag| tag.key == *key));
        let mut transaction = Transaction::default();
        resource.set_tags(left, &mut transaction);
        Ok((transaction, ()))
    })
    .await?;
    Ok(RemoveTagsResponse {})
}
