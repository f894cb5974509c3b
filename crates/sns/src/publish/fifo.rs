//! FIFO topics: numbers that rise, and repetitions that are told (cloudwatch.md §8.4).

use std::collections::HashMap;
use std::time::Duration;

use base::Timestamp;
use ring::digest::{SHA256, digest};
use store::catalog::Transaction;

use super::draft::hex;
use super::{Draft, FanOut, Taken, add_deliveries};
use crate::Sns;
use crate::record::{DeduplicationRecord, FifoRecord};
use crate::topics::TopicName;

/// How long a repetition is told (documented).
const DEDUPLICATION: Duration = Duration::from_secs(5 * 60);

/// Adds messages to a transaction, which fails when others were published meanwhile. What
/// repeats a message of the last five minutes is taken and not delivered, under the first's id.
pub(super) fn take(
    sns: &Sns,
    topic: &TopicName,
    fan_out: &FanOut<'_>,
    drafts: &[Draft],
    now: Timestamp,
    transaction: &mut Transaction,
) -> Vec<Taken> {
    let found = sns.parts.catalog.get::<FifoRecord>(&topic.key());
    let mut state = found.as_ref().map(|found| found.value.as_ref().clone()).unwrap_or_default();
    let mut taken = Vec::new();
    // Those of this transaction are not in the catalog yet.
    let mut fresh: HashMap<String, Taken> = HashMap::new();
    for draft in drafts {
        let id = draft.deduplication_id.as_deref().unwrap_or_default();
        let key = deduplication_key(topic, fan_out.repeats_within_group(), draft);
        let known = fresh.get(&key).cloned().or_else(|| repeated(sns, topic, &key, now));
        if let Some(first) = known {
            taken.push(first);
            continue;
        }
        state.sequence += 1;
        let message_id = sns.message_ids.next(now, state.last_id, &*sns.parts.entropy);
        state.last_id = message_id.order;
        let mut message = draft.message(message_id.text, now, fan_out.signature_version());
        message.deduplication_id = Some(id.to_owned());
        message.sequence_number = Some(sequence_number(state.sequence));
        let new = Taken { message_id: message.id.clone(), sequence_number: message.sequence_number.clone() };
        let record = DeduplicationRecord {
            message_id: message.id.clone(),
            sequence_number: sequence_number(state.sequence),
            until: now.plus(DEDUPLICATION),
        };
        transaction.put(topic.key_of(key.as_str()), &record);
        let targets = fan_out.targets(&message, now);
        add_deliveries(topic, message, targets, transaction);
        fresh.insert(key, new.clone());
        taken.push(new);
    }
    match found {
        _ if fresh.is_empty() => {}
        Some(found) => {
            transaction.update(topic.key(), found.version, &state);
        }
        None => {
            transaction.create(topic.key(), &state);
        }
    }
    taken
}

/// Twenty digits, as AWS's; texts sort as their numbers do.
fn sequence_number(sequence: u64) -> String {
    format!("1{sequence:019}")
}

/// The key starts with the topic's name and a colon, which no name holds.
fn deduplication_key(topic: &TopicName, within_group: bool, draft: &Draft) -> String {
    let id = draft.deduplication_id.as_deref().unwrap_or_default();
    let told = match &draft.group_id {
        Some(group) if within_group => format!("{group}\n{id}"),
        _ => id.to_owned(),
    };
    format!("{}:{}", topic.name, hex(digest(&SHA256, told.as_bytes()).as_ref()))
}

/// The message that this one repeats.
fn repeated(sns: &Sns, topic: &TopicName, key: &str, now: Timestamp) -> Option<Taken> {
    let found = sns.parts.catalog.get::<DeduplicationRecord>(&topic.key_of(key))?;
    let DeduplicationRecord { message_id, sequence_number, until } = &*found.value;
    let taken = Taken { message_id: message_id.clone(), sequence_number: Some(sequence_number.clone()) };
    (now < *until).then_some(taken)
}
