//! `CreateTopic`: makes a topic, or finds the one that is there (cloudwatch.md §8.2).

use std::collections::BTreeMap;

use api::sns::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::Sns;
use crate::change::change;
use crate::record::TopicRecord;
use crate::tags::merged;
use crate::topic_attributes::{self, Problem};
use crate::topics::{TopicName, is_name};

pub(super) async fn create_topic(
    sns: &Sns,
    cx: &CallContext,
    input: types::CreateTopicInput,
) -> Result<types::CreateTopicResponse, ServiceError> {
    if input.data_protection_policy.as_deref().is_some_and(|policy| !policy.is_empty()) {
        return Err(invalid("DataProtectionPolicy Reason: data protection policies are not supported"));
    }
    let record = record(sns, cx, &input)?;
    let topic = TopicName::own(cx, &input.name);
    let asked: Vec<String> = input.attributes.unwrap_or_default().into_iter().map(|(name, _)| name).collect();
    change(&sns.parts.catalog, || {
        let mut transaction = Transaction::default();
        match sns.parts.catalog.get::<TopicRecord>(&topic.key()) {
            Some(found) => check_same(&found.value, &record, &asked)?,
            None => {
                transaction.create(topic.key(), &record);
            }
        }
        Ok((transaction, ()))
    })
    .await?;
    Ok(types::CreateTopicResponse { topic_arn: Some(topic.arn()) })
}

fn invalid(what: &str) -> ServiceError {
    errors::invalid_parameter_exception(format!("Invalid parameter: {what}"))
}

/// The topic as it was asked for, checked.
fn record(sns: &Sns, cx: &CallContext, input: &types::CreateTopicInput) -> Result<TopicRecord, ServiceError> {
    let given = input.attributes.as_deref().unwrap_or_default();
    let refused = |name: &str, problem: Problem| invalid(&problem.text(name, true));
    let mut attributes = BTreeMap::new();
    for (name, value) in given.iter().filter(|(name, _)| name == "FifoTopic") {
        let flag = topic_attributes::flag(name, value).map_err(|problem| refused(name, problem))?;
        attributes.insert(name.clone(), flag.to_owned());
    }
    let fifo = attributes.get("FifoTopic").is_some_and(|flag| flag == "true");
    if !fifo {
        // That a topic is no FIFO topic is not shown.
        attributes.remove("FifoTopic");
    }
    if !is_name(&input.name) || input.name.ends_with(".fifo") != fifo {
        return Err(invalid("Topic Name"));
    }
    for (name, value) in given.iter().filter(|(name, _)| name != "FifoTopic") {
        attributes = topic_attributes::set(&*sns.parts.policies, &attributes, fifo, name, value)
            .map_err(|problem| refused(name, problem))?;
    }
    let tags = merged(Vec::new(), input.tags.as_deref().unwrap_or_default())?;
    Ok(TopicRecord { attributes, tags, created: cx.now, deleted_subscriptions: 0 })
}

/// Whether the topic that is there has all that was asked for.
fn check_same(there: &TopicRecord, wanted: &TopicRecord, asked: &[String]) -> Result<(), ServiceError> {
    if asked.iter().any(|name| shown(there, name) != shown(wanted, name)) {
        return Err(invalid("Attributes Reason: Topic already exists with different attributes"));
    }
    match wanted.tags.iter().all(|tag| there.tags.contains(tag)) {
        true => Ok(()),
        false => Err(invalid("Tags Reason: Topic already exists with different tags")),
    }
}

/// An attribute, or what stands for it when it is not set.
fn shown<'a>(record: &'a TopicRecord, name: &str) -> Option<&'a str> {
    let default = match name {
        "SignatureVersion" => Some("1"),
        "TracingConfig" => Some("PassThrough"),
        "ContentBasedDeduplication" => Some("false"),
        "FifoThroughputScope" => Some("Topic"),
        _ => None,
    };
    record.attributes.get(name).map(String::as_str).or(default)
}
