//! Asking whether a subscription is wanted, and saying that one ended (cloudwatch.md §8.3).

use std::collections::BTreeMap;
use std::time::Duration;

use base::{Entropy, Timestamp};
use store::catalog::Transaction;

use super::SubscriptionName;
use crate::Sns;
use crate::delivery_policy::Effective;
use crate::publish::add_deliveries;
use crate::record::{Message, MessageKind, Pending, SubscriptionRecord, Target, TokenRecord, TopicRecord};

/// How long a token is worth something (documented).
const TOKEN: Duration = Duration::from_secs(2 * 24 * 3600);
/// How long a subscription waits for its confirmation.
const PENDING: Duration = Duration::from_secs(3 * 24 * 3600);
/// Bytes of a token; it has two digits for each.
const TOKEN_BYTES: usize = 64;

/// A new token: hexadecimal digits, as AWS's.
fn token(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; TOKEN_BYTES];
    entropy.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a text could be a token, known or not.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What a subscription waits for. The token of one that waits already is kept while it is good
/// for something.
pub(crate) fn pending(before: Option<&Pending>, now: Timestamp, entropy: &dyn Entropy) -> Pending {
    let token_ends = |pending: &&Pending| now < pending.until.minus(PENDING - TOKEN);
    match before.filter(token_ends) {
        Some(pending) => pending.clone(),
        None => Pending { token: token(entropy), until: now.plus(PENDING) },
    }
}

/// Adds to a transaction the question whether a subscription is wanted, and what its token
/// stands for.
pub(crate) fn ask(
    sns: &Sns,
    name: &SubscriptionName,
    topic: &TopicRecord,
    record: &SubscriptionRecord,
    now: Timestamp,
    transaction: &mut Transaction,
) {
    let Some(pending) = &record.pending else { return };
    let stands_for = TokenRecord { subscription: name.name.clone(), restores: None, until: now.plus(TOKEN) };
    transaction.put(name.topic.key_of(pending.token.as_str()), &stands_for);
    let body = format!(
        "You have chosen to subscribe to the topic {}.\nTo confirm the subscription, visit the SubscribeURL included \
         in this message.",
        name.topic.arn()
    );
    let kind = MessageKind::SubscriptionConfirmation { token: pending.token.clone() };
    send(sns, name, topic, record, (kind, body), now, transaction);
}

/// Adds to a transaction the word that a subscription ended, with a token that restores it.
pub(crate) fn say_ended(
    sns: &Sns,
    name: &SubscriptionName,
    topic: &TopicRecord,
    record: &SubscriptionRecord,
    now: Timestamp,
    transaction: &mut Transaction,
) {
    let token = token(&*sns.parts.entropy);
    let restores = SubscriptionRecord { pending: None, ..record.clone() };
    let stands_for = TokenRecord { subscription: name.name.clone(), restores: Some(restores), until: now.plus(TOKEN) };
    transaction.put(name.topic.key_of(token.as_str()), &stands_for);
    let body = format!(
        "You have chosen to deactivate subscription {}.\nTo cancel this operation and restore the subscription, visit \
         the SubscribeURL included in this message.",
        name.arn()
    );
    send(sns, name, topic, record, (MessageKind::UnsubscribeConfirmation { token }, body), now, transaction);
}

fn send(
    sns: &Sns,
    name: &SubscriptionName,
    topic: &TopicRecord,
    record: &SubscriptionRecord,
    (kind, body): (MessageKind, String),
    now: Timestamp,
    transaction: &mut Transaction,
) {
    let id = sns.message_ids.next(now, 0, &*sns.parts.entropy).text;
    let fifo_queue = record.endpoint.ends_with(".fifo");
    let message = Message {
        id: id.clone(),
        kind,
        subject: None,
        body,
        per_protocol: BTreeMap::new(),
        attributes: BTreeMap::new(),
        published: now,
        signature_version: topic.attributes.get("SignatureVersion").cloned().unwrap_or_else(|| "1".to_owned()),
        // Without these no FIFO queue takes anything.
        group_id: fifo_queue.then(|| name.topic.name.clone()),
        deduplication_id: fifo_queue.then_some(id),
        sequence_number: None,
    };
    let policy = |attributes: &BTreeMap<String, String>| attributes.get("DeliveryPolicy").cloned();
    let (of_topic, own) = (policy(&topic.attributes), policy(&record.attributes));
    let effective = Effective::of(record.protocol, of_topic.as_deref(), own.as_deref());
    let target = Target {
        subscription: name.name.clone(),
        protocol: record.protocol,
        endpoint: record.endpoint.clone(),
        raw: false,
        delivery_policy: (!effective.is_default(record.protocol)).then(|| effective.to_json()),
        dead_letter_queue: None,
        attempts: 0,
        due: now,
    };
    add_deliveries(&name.topic, message, vec![target], transaction);
}

#[cfg(test)]
mod tests {
    use base::SeededEntropy;

    use super::*;

    #[test]
    fn a_token_is_kept_for_two_days_and_then_made_anew() {
        let (now, entropy) = (Timestamp::from_secs(1_772_000_000), SeededEntropy::new(1));
        let first = pending(None, now, &entropy);
        assert!(is_token(&first.token) && first.token.len() == 128);
        let later = |hours: u64| pending(Some(&first), now.plus(Duration::from_secs(hours * 3600)), &entropy);
        assert_eq!(later(47), first);
        let second = later(48);
        assert_ne!(second.token, first.token);
        assert_eq!(second.until, now.plus(Duration::from_secs(5 * 24 * 3600)));
    }
}
