//! What the catalog keeps of SNS. All records are regional.

use std::collections::BTreeMap;

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;

/// A topic. The key is its name, in the account and region of its ARN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicRecord {
    /// Attributes that were set, by name, as given: `DisplayName`, `DeliveryPolicy`, `Policy`,
    /// `SignatureVersion`, `FifoTopic` … (cloudwatch.md §8.2).
    pub attributes: BTreeMap<String, String>,
    /// Tags, in the order they were first set.
    pub tags: Vec<(String, String)>,
    /// When it was made.
    pub created: Timestamp,
    /// How many of its subscriptions were removed.
    pub deleted_subscriptions: u64,
}

impl Record for TopicRecord {
    const KIND: &'static str = "sns.topic";
    const FORMAT: u32 = 1;
}

impl TopicRecord {
    /// Whether it is a FIFO topic.
    pub fn is_fifo(&self) -> bool {
        self.attributes.get("FifoTopic").is_some_and(|value| value == "true")
    }
}

/// A subscription. The key is `TOPIC:UUID`, which is how its ARN ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionRecord {
    /// How it is delivered.
    pub protocol: Protocol,
    /// Where to.
    pub endpoint: String,
    /// The account that made it.
    pub owner: String,
    /// The ARN of the caller that made it.
    pub principal: String,
    /// Attributes that were set, by name, as given: `FilterPolicy`, `RawMessageDelivery`,
    /// `RedrivePolicy`, `DeliveryPolicy` … (cloudwatch.md §8.3).
    pub attributes: BTreeMap<String, String>,
    /// Set while it is not confirmed.
    pub pending: Option<Pending>,
    /// Whether it was confirmed by itself or by a signed call.
    pub authenticated: bool,
    /// Whether only signed calls may end it.
    pub authenticate_on_unsubscribe: bool,
    /// When it was made.
    pub created: Timestamp,
}

impl Record for SubscriptionRecord {
    const KIND: &'static str = "sns.subscription";
    const FORMAT: u32 = 1;
}

/// A subscription that was not confirmed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The token that confirms it.
    pub token: String,
    /// When it goes away.
    pub until: Timestamp,
}

/// What a token of the past stands for, so that confirming twice gives the same answer, and an
/// ended subscription can be restored. The key is the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// The key of the subscription.
    pub subscription: String,
    /// The subscription that confirming restores, when it was ended.
    pub restores: Option<SubscriptionRecord>,
    /// When it is worth nothing any more.
    pub until: Timestamp,
}

impl Record for TokenRecord {
    const KIND: &'static str = "sns.token";
    const FORMAT: u32 = 1;
}

/// How a subscription is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// POST over HTTP.
    Http,
    /// POST over HTTPS.
    Https,
    /// A mail for people.
    Email,
    /// A mail with the envelope.
    EmailJson,
    /// A text message.
    Sms,
    /// A queue.
    Sqs,
    /// A function.
    Lambda,
    /// A mobile app.
    Application,
}

/// One message on its way to some subscribers. The key is `MESSAGE_ID/NUMBER`, both such that
/// keys sort as messages were published (for FIFO topics: by sequence number).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryRecord {
    /// The topic's name.
    pub topic: String,
    /// What is delivered.
    pub message: Message,
    /// Who has not got it yet.
    pub targets: Vec<Target>,
}

impl Record for DeliveryRecord {
    const KIND: &'static str = "sns.delivery";
    const FORMAT: u32 = 1;
}

/// A message, or one of the confirmations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: MessageKind,
    /// Its subject.
    pub subject: Option<String>,
    /// Its text; with `per_protocol`, the text of `default`.
    pub body: String,
    /// Texts for some protocols, by the protocol's name (`MessageStructure=json`).
    #[serde(default)]
    pub per_protocol: BTreeMap<String, String>,
    /// Message attributes.
    #[serde(default)]
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// When it was published.
    pub published: Timestamp,
    /// `1` or `2`, as the topic had it.
    pub signature_version: String,
    /// For FIFO topics, and passed on to queues.
    #[serde(default)]
    pub group_id: Option<String>,
    /// For FIFO topics.
    #[serde(default)]
    pub deduplication_id: Option<String>,
    /// For FIFO topics.
    #[serde(default)]
    pub sequence_number: Option<String>,
}

impl Message {
    /// The text that a subscriber gets: the one for its protocol, for a mobile app the one for
    /// its platform (`arn:aws:sns:REGION:ACCOUNT:endpoint/PLATFORM/…`), or the default.
    pub fn text_for(&self, protocol: Protocol, endpoint: &str) -> &str {
        let platform = match protocol {
            Protocol::Application => endpoint.split('/').nth(1),
            _ => None,
        };
        let text = platform.and_then(|platform| self.per_protocol.get(platform));
        text.or_else(|| self.per_protocol.get(protocol.as_str())).unwrap_or(&self.body)
    }
}

/// What a message is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// A message to the topic.
    Notification,
    /// The question whether a subscription is wanted.
    SubscriptionConfirmation {
        /// The token that says yes.
        token: String,
    },
    /// Word that a subscription has ended.
    UnsubscribeConfirmation {
        /// The token that restores it.
        token: String,
    },
}

/// A message attribute (cloudwatch.md §8.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAttribute {
    /// `String`, `String.Array`, `Number`, `Binary`, maybe with a label after a dot.
    pub data_type: String,
    /// The value; base64 of a `Binary`.
    pub value: String,
}

/// One subscriber that has not got a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The key of the subscription.
    pub subscription: String,
    /// How it is delivered.
    pub protocol: Protocol,
    /// Where to.
    pub endpoint: String,
    /// Body alone, without the envelope.
    pub raw: bool,
    /// The topic's and the subscription's delivery policy as it applies to this one, as JSON text;
    /// the default when absent.
    #[serde(default)]
    pub delivery_policy: Option<String>,
    /// The queue that takes what cannot be delivered.
    #[serde(default)]
    pub dead_letter_queue: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due: Timestamp,
}

/// Where a FIFO topic stands. The key is the topic's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FifoRecord {
    /// How many messages it took.
    pub sequence: u64,
    /// The place of the last message's id in the order of ids.
    pub last_id: u64,
}

impl Record for FifoRecord {
    const KIND: &'static str = "sns.fifo";
    const FORMAT: u32 = 1;
}

/// A message of a FIFO topic that others may repeat. The key is the topic's name, a colon, and
/// the hash of what tells repetitions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeduplicationRecord {
    /// The message's id.
    pub message_id: String,
    /// Its number.
    pub sequence_number: String,
    /// When a message with the same id is a new one.
    pub until: Timestamp,
}

impl Record for DeduplicationRecord {
    const KIND: &'static str = "sns.deduplication";
    const FORMAT: u32 = 1;
}

/// What messages are signed with. The key is `signing`, global in the server's own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKeyRecord {
    /// The private key, PKCS#8, sealed with the master key.
    pub sealed: String,
    /// The certificate, PEM.
    pub certificate: String,
    /// 32 hexadecimal digits, in the name of the certificate's file.
    pub id: String,
}

impl Record for SigningKeyRecord {
    const KIND: &'static str = "sns.signing_key";
    const FORMAT: u32 = 1;
}

impl Protocol {
    /// The name that Subscribe takes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Email => "email",
            Self::EmailJson => "email-json",
            Self::Sms => "sms",
            Self::Sqs => "sqs",
            Self::Lambda => "lambda",
            Self::Application => "application",
        }
    }

    /// The protocol of this name; `None` for `firehose`, which is refused, and for any other text.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [
            Self::Http,
            Self::Https,
            Self::Email,
            Self::EmailJson,
            Self::Sms,
            Self::Sqs,
            Self::Lambda,
            Self::Application,
        ];
        all.into_iter().find(|protocol| protocol.as_str() == name)
    }
}
