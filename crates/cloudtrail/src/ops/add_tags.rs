//! `AddTags`

use api::cloudtrail::types::{AddTagsRequest, AddTagsResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::service::CloudTrail;
use crate::tags;
use crate::trails::TrailRecord;

/// Adds tags to a trail, or gives those that are there new values (cloudtrail.md §4.10).
pub async fn add_tags(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: AddTagsRequest,
) -> Result<AddTagsResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    change(catalog, || {
        let trail = tags::trail(catalog, cx, &input.resource_id)?;
        let tagged = tags::with(trail.record.tags.clone(), &input.tags_list)?;
        let mut transaction = Transaction::default();
        let record = TrailRecord { tags: tagged, ..(*trail.record).clone() };
        transaction.update(trail.key(), trail.version, &record);
        Ok((transaction, ()))
    })
    .await?;
    Ok(AddTagsResponse {})
}
