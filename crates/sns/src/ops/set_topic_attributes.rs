//! `SetTopicAttributes`: sets one attribute of a topic (cloudwatch.md §8.2).

use api::sns::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::Sns;
use crate::change::change;
use crate::topic_attributes;
use crate::topics::TopicName;

pub(super) async fn set_topic_attributes(
    sns: &Sns,
    cx: &CallContext,
    input: types::SetTopicAttributesInput,
) -> Result<Unit, ServiceError> {
    let topic = TopicName::parse(cx, "TopicArn", &input.topic_arn)?;
    let (name, value) = (input.attribute_name.as_str(), input.attribute_value.as_deref().unwrap_or_default());
    change(&sns.parts.catalog, || {
        let found = topic.find(&sns.parts.catalog)?;
        let mut record = found.value.as_ref().clone();
        let fifo = record.is_fifo();
        record.attributes = topic_attributes::set(&*sns.parts.policies, &record.attributes, fifo, name, value)
            .map_err(|problem| invalid(&problem.text(name, false)))?;
        let mut transaction = Transaction::default();
        if record != *found.value {
            transaction.update(topic.key(), found.version, &record);
        }
        Ok((transaction, ()))
    })
    .await?;
    Ok(Unit)
}

fn invalid(what: &str) -> ServiceError {
    errors::invalid_parameter_exception(format!("Invalid parameter: {what}"))
}

/// # Errors
/// `InvalidParameter` when the engine of policies cannot read a policy.
pub(super) fn check_policy(sns: &Sns, policy: &str) -> Result<(), ServiceError> {
    sns.parts.policies.check(policy).map_err(|problem| invalid(&format!("Policy Error: {problem}")))
}
