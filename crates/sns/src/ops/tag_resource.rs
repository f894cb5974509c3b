//! `TagResource`: sets tags of a topic.

use api::sns::types;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use super::list_tags_for_resource::tagged;
use crate::Sns;
use crate::change::change;
use crate::tags::merged;

pub(super) async fn tag_resource(
    sns: &Sns,
    cx: &CallContext,
    input: types::TagResourceRequest,
) -> Result<types::TagResourceResponse, ServiceError> {
    change(&sns.parts.catalog, || {
        let (topic, found) = tagged(sns, cx, &input.resource_arn)?;
        let mut record = found.value.as_ref().clone();
        record.tags = merged(record.tags, &input.tags)?;
        let mut transaction = Transaction::default();
        transaction.update(topic.key(), found.version, &record);
        Ok((transaction, ()))
    })
    .await?;
    Ok(types::TagResourceResponse {})
}
