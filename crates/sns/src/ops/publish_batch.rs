//! `PublishBatch`: up to ten messages to a topic (cloudwatch.md §8.4). One that is refused has
//! all refused, as recorded of AWS, so that none is ever in the list of failures.

use std::collections::HashSet;

use api::sns::{errors, types};
use api::{CallContext, ServiceError};

use crate::Sns;
use crate::publish::{Given, MESSAGE_BYTES_MAX};
use crate::topics::TopicName;

const ENTRIES_MAX: usize = 10;
const ID_CHARS_MAX: usize = 80;

pub(super) async fn publish_batch(
    sns: &Sns,
    cx: &CallContext,
    input: types::PublishBatchInput,
) -> Result<types::PublishBatchResponse, ServiceError> {
    let topic = TopicName::parse(cx, "TopicArn", &input.topic_arn)?;
    topic.find(&sns.parts.catalog)?;
    let entries = input.publish_batch_request_entries;
    check_ids(&entries)?;
    let (ids, given): (Vec<String>, Vec<Given>) = entries.into_iter().map(given).unzip();
    if given.iter().map(Given::bytes).sum::<usize>() > MESSAGE_BYTES_MAX {
        let message = "The length of all the messages put together is more than the limit.";
        return Err(errors::batch_request_too_long_exception(message));
    }
    let taken = sns.publish_all(&topic, &given, cx.now).await?;
    let successful = ids.into_iter().zip(taken).map(|(id, taken)| types::PublishBatchResultEntry {
        id: Some(id),
        message_id: Some(taken.message_id),
        sequence_number: taken.sequence_number,
    });
    Ok(types::PublishBatchResponse { successful: Some(successful.collect()), failed: Some(Vec::new()) })
}

fn check_ids(entries: &[types::PublishBatchRequestEntry]) -> Result<(), ServiceError> {
    if entries.is_empty() {
        return Err(errors::empty_batch_request_exception("The batch request doesn't contain any entries."));
    }
    if entries.len() > ENTRIES_MAX {
        let message = "The batch request contains more entries than permissible.";
        return Err(errors::too_many_entries_in_batch_request_exception(message));
    }
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_id = |id: &str| (1..=ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(inside);
    if entries.iter().any(|entry| !is_id(&entry.id)) {
        let message = "The Id of a batch entry in a batch request doesn't abide by the specification.";
        return Err(errors::invalid_batch_entry_id_exception(message));
    }
    let mut seen = HashSet::new();
    match entries.iter().all(|entry| seen.insert(entry.id.as_str())) {
        true => Ok(()),
        false => {
            let message = "Two or more batch entries in the request have the same Id.";
            Err(errors::batch_entry_ids_not_distinct_exception(message))
        }
    }
}

fn given(entry: types::PublishBatchRequestEntry) -> (String, Given) {
    let given = Given {
        subject: entry.subject,
        message: entry.message,
        structure: entry.message_structure,
        attributes: entry.message_attributes.unwrap_or_default(),
        group_id: entry.message_group_id,
        deduplication_id: entry.message_deduplication_id,
    };
    (entry.id, given)
}
