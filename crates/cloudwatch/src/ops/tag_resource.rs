//! `TagResource`: gives a resource tags, or its tags other values.

use api::cloudwatch::types;
use api::{CallContext, ServiceError};

use crate::CloudWatch;
use crate::record::{Busy, change};
use crate::tags;

pub(super) async fn tag_resource(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::TagResourceInput,
) -> Result<types::TagResourceOutput, ServiceError> {
    let resource = tags::Resource::parse(cx, &input.resource_arn)?;
    resource.check(&input.tags)?;
    let catalog = &cloudwatch.parts.catalog;
    change(catalog, Busy::ConcurrentModification, || {
        Ok((tags::edit(catalog, &resource, |before| tags::merged(before, &input.tags))?, ()))
    })
    .await?;
    // An alarm may have to repeat itself from now on.
    cloudwatch.parts.alarm_signals.actions.notify_one();
    Ok(types::TagResourceOutput {})
}
