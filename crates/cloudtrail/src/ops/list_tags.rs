//! `ListTags`

use api::cloudtrail::errors;
use api::cloudtrail::types::{ListTagsRequest, ListTagsResponse, ResourceTag};
use api::{CallContext, ServiceError};

use crate::service::CloudTrail;
use crate::tags::{self, Tagged};

const RESOURCES_MAX: usize = 20;

/// Lists the tags of trails, event data stores and channels, all in one page (cloudtrail.md §4.10).
pub async fn list_tags(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: ListTagsRequest,
) -> Result<ListTagsResponse, ServiceError> {
    if !(1..=RESOURCES_MAX).contains(&input.resource_id_list.len()) {
        return Err(errors::invalid_parameter_exception("Specify between 1 and 20 resources."));
    }
    let listed = |resource: &String| -> Result<ResourceTag, ServiceError> {
        let tagged = Tagged::found(&cloudtrail.parts.catalog, cx, resource)?;
        Ok(ResourceTag { resource_id: Some(resource.clone()), tags_list: Some(tags::to_api(tagged.tags())) })
    };
    let list = input.resource_id_list.iter().map(listed).collect::<Result<_, _>>()?;
    Ok(ListTagsResponse { resource_tag_list: Some(list), next_token: None })
}
