//! `ListTagsForResource`: the tags of a resource.

use api::cloudwatch::types;
use api::{CallContext, ServiceError};

use crate::CloudWatch;
use crate::record::Tag;
use crate::tags;

pub(super) async fn list_tags_for_resource(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::ListTagsForResourceInput,
) -> Result<types::ListTagsForResourceOutput, ServiceError> {
    let resource = tags::Resource::parse(cx, &input.resource_arn)?;
    let found = tags::list(&cloudwatch.parts.catalog, &resource)?;
    let tags = found.into_iter().map(|Tag { key, value }| types::Tag { key, value }).collect();
    Ok(types::ListTagsForResourceOutput { tags: Some(tags) })
}
