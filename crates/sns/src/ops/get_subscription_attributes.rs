//! `GetSubscriptionAttributes`: what a subscription is (cloudwatch.md §8.3).

use std::collections::BTreeMap;

use api::sns::types;
use api::{CallContext, ServiceError};

use crate::Sns;
use crate::delivery_policy::Effective;
use crate::record::{Protocol, SubscriptionRecord, TopicRecord};
use crate::subscriptions::{SubscriptionName, endpoint};

pub(super) async fn get_subscription_attributes(
    sns: &Sns,
    cx: &CallContext,
    input: types::GetSubscriptionAttributesInput,
) -> Result<types::GetSubscriptionAttributesResponse, ServiceError> {
    let name = SubscriptionName::parse(cx, &input.subscription_arn)?;
    let found = name.find(cx, &sns.parts.catalog)?;
    let topic = sns.parts.catalog.get::<TopicRecord>(&name.topic.key());
    let policy = topic.and_then(|topic| topic.value.attributes.get("DeliveryPolicy").cloned());
    let attributes = shown(&name, &found.value, policy.as_deref());
    Ok(types::GetSubscriptionAttributesResponse { attributes: Some(attributes.into_iter().collect()) })
}

fn shown(name: &SubscriptionName, record: &SubscriptionRecord, topic_policy: Option<&str>) -> BTreeMap<String, String> {
    let mut shown = record.attributes.clone();
    let mut add = |name: &str, value: String| {
        shown.entry(name.to_owned()).or_insert(value);
    };
    add("ConfirmationWasAuthenticated", record.authenticated.to_string());
    add("Endpoint", endpoint::shown(&record.endpoint));
    add("Owner", record.owner.clone());
    add("PendingConfirmation", record.pending.is_some().to_string());
    add("Protocol", record.protocol.as_str().to_owned());
    add("RawMessageDelivery", "false".to_owned());
    add("SubscriptionArn", name.arn());
    add("SubscriptionPrincipal", record.principal.clone());
    add("TopicArn", name.topic.arn());
    if record.attributes.contains_key("FilterPolicy") {
        add("FilterPolicyScope", "MessageAttributes".to_owned());
    }
    let own = record.attributes.get("DeliveryPolicy").map(String::as_str);
    let over_http = matches!(record.protocol, Protocol::Http | Protocol::Https);
    if over_http && (own.is_some() || topic_policy.is_some()) {
        add("EffectiveDeliveryPolicy", Effective::of(record.protocol, topic_policy, own).to_json());
    }
    shown
}
