//! `AddTags`

use api::cloudtrail::types::{AddTagsRequest, AddTagsResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::service::CloudTrail;
use crate::tags::{self, Tagged};

/// Adds tags to a trail, an event data store or a channel, or gives those that are there new values
/// (cloudtrail.md §4.10).
pub async fn add_tags(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: AddTagsRequest,
) -> Result<AddTagsResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    change(catalog, || {
        let resource = Tagged::found(catalog, cx, &input.resource_id)?;
        let tagged = tags::with(resource.tags().clone(), &input.tags_list)?;
        let mut transaction = Transaction::default();
        resource.set_tags(tagged, &mut transaction);
        Ok((transaction, ()))
    })
    .await?;
    Ok(AddTagsResponse {})
}
