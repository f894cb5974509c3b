//! `ListSubscriptionsByTopic`: all subscriptions of a topic.

use api::sns::types;
use api::{CallContext, ServiceError};

use crate::Sns;
use crate::list_page::page;
use crate::subscriptions::{of_topic, shown};
use crate::topics::TopicName;

pub(super) async fn list_subscriptions_by_topic(
    sns: &Sns,
    cx: &CallContext,
    input: types::ListSubscriptionsByTopicInput,
) -> Result<types::ListSubscriptionsByTopicResponse, ServiceError> {
    let topic = TopicName::parse(cx, "TopicArn", &input.topic_arn)?;
    topic.find(&sns.parts.catalog)?;
    let subscriptions = of_topic(&sns.parts.catalog, &topic).into_iter().map(|(name, found)| {
        let subscription = shown(&topic, &name, &found.value);
        (name, subscription)
    });
    let asked = format!("subscriptions of {}", input.topic_arn);
    let (subscriptions, next_token) = page(&asked, subscriptions, input.next_token.as_deref(), cx.now)?;
    Ok(types::ListSubscriptionsByTopicResponse { subscriptions: Some(subscriptions), next_token })
}
