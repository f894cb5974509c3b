//! `AddPermission`: lets other accounts use a topic, by a statement in its policy.

use api::sns::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use super::set_topic_attributes::check_policy;
use crate::Sns;
use crate::change::change;
use crate::topic_policy::{self, Permission};
use crate::topics::TopicName;

pub(super) async fn add_permission(
    sns: &Sns,
    cx: &CallContext,
    input: types::AddPermissionInput,
) -> Result<Unit, ServiceError> {
    let topic = TopicName::parse(cx, "TopicArn", &input.topic_arn)?;
    let permission = Permission { label: &input.label, accounts: &input.aws_account_id, actions: &input.action_name };
    change(&sns.parts.catalog, || {
        let found = topic.find(&sns.parts.catalog)?;
        let policy = topic_policy::policy(&topic, &found.value);
        let policy = topic_policy::with_permission(&policy, &topic, permission)?;
        check_policy(sns, &policy)?;
        let mut record = found.value.as_ref().clone();
        record.attributes.insert("Policy".to_owned(), policy);
        let mut transaction = Transaction::default();
        transaction.update(topic.key(), found.version, &record);
        Ok((transaction, ()))
    })
    .await?;
    Ok(Unit)
}
