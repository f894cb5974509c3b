//! `ListTopics`: the caller's topics in the region, by name.

use api::sns::types;
use api::{CallContext, ServiceError};

use crate::Sns;
use crate::list_page::page;
use crate::record::TopicRecord;
use crate::topics::TopicName;

pub(super) async fn list_topics(
    sns: &Sns,
    cx: &CallContext,
    input: types::ListTopicsInput,
) -> Result<types::ListTopicsResponse, ServiceError> {
    let found = sns.parts.catalog.list::<TopicRecord>(cx.account(), Some(&cx.region));
    let topics = found.into_iter().map(|(name, _)| {
        let topic_arn = Some(TopicName::own(cx, &name).arn());
        (name, types::Topic { topic_arn })
    });
    let (topics, next_token) = page("topics", topics, input.next_token.as_deref(), cx.now)?;
    Ok(types::ListTopicsResponse { topics: Some(topics), next_token })
}
