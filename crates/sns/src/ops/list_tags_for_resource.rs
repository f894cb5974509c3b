//! `ListTagsForResource`: the tags of a topic.

use api::sns::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Versioned;

use crate::Sns;
use crate::record::TopicRecord;
use crate::topics::TopicName;

pub(super) async fn list_tags_for_resource(
    sns: &Sns,
    cx: &CallContext,
    input: types::ListTagsForResourceRequest,
) -> Result<types::ListTagsForResourceResponse, ServiceError> {
    let (_, found) = tagged(sns, cx, &input.resource_arn)?;
    let tag = |(key, value): &(String, String)| types::Tag { key: key.clone(), value: value.clone() };
    Ok(types::ListTagsForResourceResponse { tags: Some(found.value.tags.iter().map(tag).collect()) })
}

/// The topic of an operation on tags.
///
/// # Errors
/// `ResourceNotFound`, where other operations say `NotFound`.
pub(super) fn tagged(
    sns: &Sns,
    cx: &CallContext,
    arn: &str,
) -> Result<(TopicName, Versioned<TopicRecord>), ServiceError> {
    let topic = TopicName::parse(cx, "ResourceArn", arn)?;
    let found = sns.parts.catalog.get(&topic.key());
    let found = found.ok_or_else(|| errors::resource_not_found_exception("Resource does not exist"))?;
    Ok((topic, found))
}
