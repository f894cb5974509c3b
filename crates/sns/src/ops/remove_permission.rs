//! `RemovePermission`: takes a statement out of a topic's policy.

use api::sns::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::Sns;
use crate::change::change;
use crate::topic_policy;
use crate::topics::TopicName;

pub(super) async fn remove_permission(
    sns: &Sns,
    cx: &CallContext,
    input: types::RemovePermissionInput,
) -> Result<Unit, ServiceError> {
    let topic = TopicName::parse(cx, "TopicArn", &input.topic_arn)?;
    change(&sns.parts.catalog, || {
        let found = topic.find(&sns.parts.catalog)?;
        let policy = topic_policy::policy(&topic, &found.value);
        let policy = topic_policy::without_permission(&policy, &input.label)?;
        let mut record = found.value.as_ref().clone();
        record.attributes.insert("Policy".to_owned(), policy);
        let mut transaction = Transaction::default();
        transaction.update(topic.key(), found.version, &record);
        Ok((transaction, ()))
    })
    .await?;
    Ok(Unit)
}
