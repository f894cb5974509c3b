//! Who gets a message of a topic, and the records that say so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base::Timestamp;
use store::catalog::{Key, Transaction, Versioned};

use crate::Sns;
use crate::delivery_policy::Effective;
use crate::filter_policy::FilterPolicy;
use crate::record::{DeliveryRecord, Message, Protocol, SubscriptionRecord, Target, TopicRecord};
use crate::subscriptions::settings::{dead_letter_queue, is_raw, scope_of};
use crate::topics::TopicName;

/// Targets in one record: it is written anew for every attempt, and 1,000 make 10 of them.
const TARGETS_MAX: usize = 100;
/// Subscriptions whose settings are kept at hand.
const COMPILED_MAX: usize = 100_000;

/// What a subscription's attributes come to, so that they are not parsed for every message.
#[derive(Debug)]
struct Compiled {
    // The version that it was made of, and the topic's own policy.
    version: u64,
    topic_policy: Option<String>,
    filter: Option<FilterPolicy>,
    delivery_policy: Option<String>,
    dead_letter_queue: Option<String>,
}

impl Compiled {
    fn of(found: &Versioned<SubscriptionRecord>, topic_policy: Option<&String>) -> Self {
        let SubscriptionRecord { protocol, attributes, .. } = &*found.value;
        let filter = attributes.get("FilterPolicy").and_then(|text| {
            FilterPolicy::parse(text, scope_of(attributes))
                .map_err(|problem| {
                    tracing::error!(problem, "a stored filter policy cannot be read and filters nothing")
                })
                .ok()
        });
        let own = attributes.get("DeliveryPolicy").map(String::as_str);
        let effective = Effective::of(*protocol, topic_policy.map(String::as_str), own);
        Self {
            version: found.version,
            topic_policy: topic_policy.cloned(),
            filter,
            delivery_policy: (!effective.is_default(*protocol)).then(|| effective.to_json()),
            dead_letter_queue: dead_letter_queue(attributes),
        }
    }
}

/// Settings of subscriptions by their key.
#[derive(Debug, Default)]
pub(crate) struct CompiledSettings(Mutex<HashMap<Key, Arc<Compiled>>>);

impl CompiledSettings {
    fn get(&self, key: Key, found: &Versioned<SubscriptionRecord>, topic_policy: Option<&String>) -> Arc<Compiled> {
        let mut all = self.0.lock().expect("no holder of this lock can panic");
        if let Some(known) = all.get(&key)
            && known.version == found.version
            && known.topic_policy.as_ref() == topic_policy
        {
            return known.clone();
        }
        if all.len() >= COMPILED_MAX {
            // What is dropped can be made again.
            all.clear();
        }
        let made = Arc::new(Compiled::of(found, topic_policy));
        all.insert(key, made.clone());
        made
    }
}

/// The subscribers of a topic as they are now.
pub(crate) struct FanOut<'a> {
    sns: &'a Sns,
    name: &'a TopicName,
    topic: &'a TopicRecord,
    subscriptions: Vec<(String, Versioned<SubscriptionRecord>)>,
}

impl<'a> FanOut<'a> {
    /// The confirmed subscriptions of a topic. FIFO topics deliver to queues alone.
    pub(crate) fn new(sns: &'a Sns, name: &'a TopicName, topic: &'a TopicRecord) -> Self {
        let fifo = topic.is_fifo();
        let mut subscriptions = crate::subscriptions::of_topic(&sns.parts.catalog, name);
        subscriptions
            .retain(|(_, found)| found.value.pending.is_none() && (!fifo || found.value.protocol == Protocol::Sqs));
        Self { sns, name, topic, subscriptions }
    }

    /// What messages of the topic are signed as.
    pub(crate) fn signature_version(&self) -> &'a str {
        self.topic.attributes.get("SignatureVersion").map_or("1", String::as_str)
    }

    /// Whether repetitions are told within a group alone, of a FIFO topic.
    pub(super) fn repeats_within_group(&self) -> bool {
        self.topic.attributes.get("FifoThroughputScope").is_some_and(|scope| scope == "MessageGroup")
    }

    /// Who wants this message.
    pub(crate) fn targets(&self, message: &Message, now: Timestamp) -> Vec<Target> {
        let wanted = self.subscriptions.iter().filter_map(|(key, found)| self.target(key, found, message, now));
        wanted.collect()
    }

    fn target(
        &self,
        key: &str,
        found: &Versioned<SubscriptionRecord>,
        message: &Message,
        now: Timestamp,
    ) -> Option<Target> {
        let SubscriptionRecord { protocol, endpoint, attributes, .. } = &*found.value;
        let topic_policy = self.topic.attributes.get("DeliveryPolicy");
        let plain = Target {
            subscription: key.to_owned(),
            protocol: *protocol,
            endpoint: endpoint.clone(),
            raw: false,
            delivery_policy: None,
            dead_letter_queue: None,
            attempts: 0,
            due: now,
        };
        if attributes.is_empty() && topic_policy.is_none() {
            return Some(plain);
        }
        let compiled = self.sns.compiled.get(self.name.key_of(key), found, topic_policy);
        if let Some(filter) = &compiled.filter
            && !filter.wants(message, message.text_for(*protocol, endpoint))
        {
            return None;
        }
        Some(Target {
            raw: is_raw(attributes),
            delivery_policy: compiled.delivery_policy.clone(),
            dead_letter_queue: compiled.dead_letter_queue.clone(),
            ..plain
        })
    }
}

/// Adds the records that bring a message to its targets; none when nobody wants it.
pub(crate) fn add_deliveries(topic: &TopicName, message: Message, targets: Vec<Target>, transaction: &mut Transaction) {
    for (number, targets) in targets.chunks(TARGETS_MAX).enumerate() {
        let key = topic.key_of(format!("{}/{number:05}", message.id));
        let record = DeliveryRecord { topic: topic.name.clone(), message: message.clone(), targets: targets.to_vec() };
        transaction.create(key, &record);
    }
}
