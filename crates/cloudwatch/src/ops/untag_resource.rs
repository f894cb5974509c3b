//! `UntagResource`: takes tags off a resource; keys it does not have are no error.

use api::cloudwatch::types;
use api::{CallContext, ServiceError};

use crate::CloudWatch;
use crate::record::{Busy, change};
use crate::tags;

pub(super) async fn untag_resource(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::UntagResourceInput,
) -> Result<types::UntagResourceOutput, ServiceError> {
    let resource = tags::Resource::parse(cx, &input.resource_arn)?;
    let catalog = &cloudwatch.parts.catalog;
    change(catalog, Busy::ConcurrentModification, || {
        Ok((tags::edit(catalog, &resource, |before| Ok(tags::without(before, &input.tag_keys)))?, ()))
    })
    .await?;
    Ok(types::UntagResourceOutput {})
}
