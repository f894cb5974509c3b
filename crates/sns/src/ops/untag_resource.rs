//! `UntagResource`: takes tags from a topic; keys that it does not have are no error.

use api::sns::types;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use super::list_tags_for_resource::tagged;
use crate::Sns;
use crate::change::change;

pub(super) async fn untag_resource(
    sns: &Sns,
    cx: &CallContext,
    input: types::UntagResourceRequest,
) -> Result<types::UntagResourceResponse, ServiceError> {
    change(&sns.parts.catalog, || {
        let (topic, found) = tagged(sns, cx, &input.resource_arn)?;
        let mut record = found.value.as_ref().clone();
        record.tags.retain(|(key, _)| !input.tag_keys.contains(key));
        let mut transaction = Transaction::default();
        transaction.update(topic.key(), found.version, &record);
        Ok((transaction, ()))
    })
    .await?;
    Ok(types::UntagResourceResponse {})
}
