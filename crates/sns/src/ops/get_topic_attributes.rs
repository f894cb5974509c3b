//! `GetTopicAttributes`: what a topic is, and how many subscriptions it has.

use api::sns::types;
use api::{CallContext, ServiceError};

use crate::Sns;
use crate::topic_attributes::shown;
use crate::topics::TopicName;

pub(super) async fn get_topic_attributes(
    sns: &Sns,
    cx: &CallContext,
    input: types::GetTopicAttributesInput,
) -> Result<types::GetTopicAttributesResponse, ServiceError> {
    let topic = TopicName::parse(cx, "TopicArn", &input.topic_arn)?;
    let found = topic.find(&sns.parts.catalog)?;
    let attributes = Some(shown(&sns.parts.catalog, &topic, &found.value));
    Ok(types::GetTopicAttributesResponse { attributes })
}
