//! From a message to deliveries: who gets it, in one transaction (cloudwatch.md §8.4, §8.5).

mod attributes;
mod draft;
mod fan_out;
mod fifo;

use api::ServiceError;
use api::sns::errors;
use base::{Scope, Timestamp};
use store::catalog::{Transaction, Versioned};

use crate::Sns;
use crate::change::change;
use crate::record::{Message, MessageKind, Protocol, Target, TopicRecord};
use crate::service::ServicePublish;
use crate::topics::TopicName;

pub(crate) use draft::{Draft, Given, MESSAGE_BYTES_MAX};
pub(crate) use fan_out::{CompiledSettings, FanOut, add_deliveries};

/// A message that a service of the server publishes: an alarm's, Config's, CloudTrail's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceMessage<'a> {
    /// The topic.
    pub topic_arn: &'a str,
    /// The service, such as `cloudwatch.amazonaws.com`.
    pub service: &'a str,
    /// The resource that it publishes for.
    pub source_arn: &'a str,
    /// Whose that is.
    pub source: &'a Scope,
    /// The subject.
    pub subject: Option<&'a str>,
    /// The message.
    pub message: &'a str,
    /// Whether the message is a JSON object with a body for each protocol.
    pub structured: bool,
    /// For FIFO topics.
    pub group_id: &'a str,
    /// For FIFO topics.
    pub deduplication_id: &'a str,
}

/// Why a topic does not take a message, in SNS's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// The error's name, such as `NotFoundException`.
    pub code: String,
    /// Its text.
    pub message: String,
}

/// A message that a topic took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Its id.
    pub(crate) message_id: String,
    /// Of a FIFO topic.
    pub(crate) sequence_number: Option<String>,
}

impl Sns {
    /// Adds to a transaction all that publishes a service's message: once it is committed, and
    /// [`Sns::published`] called, the message is on its way. Gives the message's id.
    ///
    /// A transaction takes one message for each FIFO topic: their numbers follow one another.
    ///
    /// # Errors
    /// The topic does not exist, its policy does not let the service publish, or the message is
    /// not one that SNS takes.
    pub fn publish_for_service(
        &self,
        message: &ServiceMessage<'_>,
        now: Timestamp,
        transaction: &mut Transaction,
    ) -> Result<String, Refused> {
        self.take_for_service(message, now, transaction)
            .map_err(|error| Refused { code: error.name.into_owned(), message: error.message.unwrap_or_default() })
    }

    fn take_for_service(
        &self,
        message: &ServiceMessage<'_>,
        now: Timestamp,
        transaction: &mut Transaction,
    ) -> Result<String, ServiceError> {
        let topic = TopicName::of_arn("TopicArn", message.topic_arn)?;
        let found = topic.find(&self.parts.catalog)?;
        self.check_service(message, &topic, &found.value)?;
        let fifo = found.value.is_fifo();
        let given = Given {
            subject: message.subject.map(str::to_owned),
            message: message.message.to_owned(),
            structure: message.structured.then(|| "json".to_owned()),
            group_id: fifo.then(|| message.group_id.to_owned()),
            deduplication_id: fifo.then(|| message.deduplication_id.to_owned()),
            ..Given::default()
        };
        let draft = Draft::check(given, Some(&found.value))?;
        let taken = self.take(&topic, &found, std::slice::from_ref(&draft), now, transaction);
        Ok(taken.into_iter().map(|taken| taken.message_id).next().unwrap_or_default())
    }

    /// Whether the topic's policy lets the service publish. The default policy does so for
    /// services that act for the topic's own account (cloudwatch.md §8.2).
    fn check_service(
        &self,
        message: &ServiceMessage<'_>,
        topic: &TopicName,
        record: &TopicRecord,
    ) -> Result<(), ServiceError> {
        let allowed = match record.attributes.get("Policy") {
            None => message.source.account == topic.scope.account,
            Some(policy) => self.parts.policies.service_may_publish(&ServicePublish {
                policy,
                topic_arn: message.topic_arn,
                owner: &topic.scope.account,
                service: message.service,
                source_arn: message.source_arn,
                source: message.source,
            }),
        };
        if allowed {
            return Ok(());
        }
        Err(errors::authorization_error_exception(format!(
            "{} is not authorized to perform: SNS:Publish on resource: {} because no resource-based policy allows \
             the SNS:Publish action",
            service_title(message.service),
            message.topic_arn
        )))
    }

    /// Says that a transaction with publications was committed.
    pub fn published(&self) {
        self.parts.signals.deliveries.notify_one();
    }

    /// Publishes messages to a topic, all or none of them.
    ///
    /// # Errors
    /// `NotFound`; those of [`Draft::check`]; the catalog's.
    pub(crate) async fn publish_all(
        &self,
        topic: &TopicName,
        given: &[Given],
        now: Timestamp,
    ) -> Result<Vec<Taken>, ServiceError> {
        let fifo = topic.find(&self.parts.catalog)?.value.is_fifo();
        // Messages of FIFO topics wait for one another, or most would be decided on in vain.
        let _turn = match fifo {
            true => Some(self.fifo_turn.lock().await),
            false => None,
        };
        let taken = change(&self.parts.catalog, || {
            let found = topic.find(&self.parts.catalog)?;
            let check = |given: &Given| Draft::check(given.clone(), Some(&found.value));
            let drafts = given.iter().map(check).collect::<Result<Vec<Draft>, ServiceError>>()?;
            let mut transaction = Transaction::default();
            let taken = self.take(topic, &found, &drafts, now, &mut transaction);
            Ok((transaction, taken))
        })
        .await?;
        self.published();
        Ok(taken)
    }

    /// Adds messages that were checked to a transaction.
    fn take(
        &self,
        topic: &TopicName,
        found: &Versioned<TopicRecord>,
        drafts: &[Draft],
        now: Timestamp,
        transaction: &mut Transaction,
    ) -> Vec<Taken> {
        let fan_out = FanOut::new(self, topic, &found.value);
        if found.value.is_fifo() {
            return fifo::take(self, topic, &fan_out, drafts, now, transaction);
        }
        let mut all = Vec::new();
        for draft in drafts {
            let id = self.message_ids.next(now, 0, &*self.parts.entropy);
            let message = draft.message(id.text, now, fan_out.signature_version());
            let targets = fan_out.targets(&message, now);
            all.push(Taken { message_id: message.id.clone(), sequence_number: None });
            add_deliveries(topic, message, targets, transaction);
        }
        all
    }

    /// Sends a text message to a phone.
    ///
    /// # Errors
    /// Those of [`Draft::check`]; the catalog's.
    pub(crate) async fn publish_to_phone(
        &self,
        scope: &Scope,
        number: &str,
        given: Given,
        now: Timestamp,
    ) -> Result<Taken, ServiceError> {
        let draft = Draft::check(given, None)?;
        let id = self.message_ids.next(now, 0, &*self.parts.entropy);
        let message = draft.message(id.text, now, "1");
        let target = Target {
            subscription: String::new(),
            protocol: Protocol::Sms,
            endpoint: number.to_owned(),
            raw: false,
            delivery_policy: None,
            dead_letter_queue: None,
            attempts: 0,
            due: now,
        };
        let taken = Taken { message_id: message.id.clone(), sequence_number: None };
        let nowhere = TopicName { scope: scope.clone(), name: String::new() };
        let mut transaction = Transaction::default();
        add_deliveries(&nowhere, message, vec![target], &mut transaction);
        change(&self.parts.catalog, || Ok((transaction.clone(), ()))).await?;
        self.published();
        Ok(taken)
    }
}

/// What AWS calls a service in the history of its alarms; `CloudWatch Alarms` is observed.
fn service_title(service: &str) -> &str {
    match service {
        "cloudwatch.amazonaws.com" => "CloudWatch Alarms",
        "config.amazonaws.com" => "AWS Config",
        "cloudtrail.amazonaws.com" => "AWS CloudTrail",
        other => other,
    }
}

impl Draft {
    /// The message, once it has an id.
    fn message(&self, id: String, now: Timestamp, signature_version: &str) -> Message {
        Message {
            id,
            kind: MessageKind::Notification,
            subject: self.subject.clone(),
            body: self.body.clone(),
            per_protocol: self.per_protocol.clone(),
            attributes: self.attributes.clone(),
            published: now,
            signature_version: signature_version.to_owned(),
            group_id: self.group_id.clone(),
            deduplication_id: None,
            sequence_number: None,
        }
    }
}
