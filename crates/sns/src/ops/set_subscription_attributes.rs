//! `SetSubscriptionAttributes`: sets one attribute of a subscription (cloudwatch.md §8.3).

use api::sns::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use super::subscribe::check_filter_policies;
use crate::Sns;
use crate::change::change;
use crate::subscriptions::settings::{self, Subject};
use crate::subscriptions::{SubscriptionName, of_topic};

pub(super) async fn set_subscription_attributes(
    sns: &Sns,
    cx: &CallContext,
    input: types::SetSubscriptionAttributesInput,
) -> Result<Unit, ServiceError> {
    let name = SubscriptionName::parse(cx, &input.subscription_arn)?;
    let (attribute, value) = (input.attribute_name.as_str(), input.attribute_value.as_deref().unwrap_or_default());
    change(&sns.parts.catalog, || {
        let found = name.find(cx, &sns.parts.catalog)?;
        let mut record = found.value.as_ref().clone();
        let subject = Subject {
            outlets: &sns.parts.outlets,
            topic: &name.topic,
            protocol: record.protocol,
            endpoint: &record.endpoint,
            owner: &record.owner,
        };
        let before = &record.attributes;
        let after = settings::set(subject, before, attribute, value)
            .map_err(|problem| errors::invalid_parameter_exception(format!("Invalid parameter: {problem}")))?;
        if after.contains_key("FilterPolicy") && !before.contains_key("FilterPolicy") {
            check_filter_policies(&of_topic(&sns.parts.catalog, &name.topic))?;
        }
        let mut transaction = Transaction::default();
        if after != *before {
            record.attributes = after;
            transaction.update(name.key(), found.version, &record);
        }
        Ok((transaction, ()))
    })
    .await?;
    Ok(Unit)
}
