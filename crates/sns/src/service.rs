//! The SNS API.

use std::sync::Arc;

use api::{Authorization, CallContext, OperationTable, Service, ServiceError};
use async_trait::async_trait;
use base::{AccountId, Clock, Entropy, Scope};
use store::Catalog;
use tokio::sync::{Mutex, Notify};
use wire::schema;
use wire::value::Value;

use crate::mail::Mail;
use crate::message_id::MessageIds;
use crate::publish::CompiledSettings;
use crate::signing::Signer;
use crate::{authorization, ops};

/// What the service is made of.
#[derive(Clone)]
pub struct Parts {
    /// Records.
    pub catalog: Arc<Catalog>,
    /// Who may use a topic, by its policy.
    pub policies: Arc<dyn TopicPolicies>,
    /// The way out.
    pub outlets: Outlets,
    /// Signs messages.
    pub signer: Arc<Signer>,
    /// What wakes the jobs.
    pub signals: Arc<Signals>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for ids and tokens.
    pub entropy: Arc<dyn Entropy>,
}

/// The ways that messages leave by. Each that is absent makes its protocols be refused.
#[derive(Clone)]
pub struct Outlets {
    /// For `http` and `https`: reaches what callers may choose.
    pub http: outbound::HttpClient,
    /// For the gateways, which the operator chose.
    pub gateways: outbound::HttpClient,
    /// For `sqs` and `lambda`.
    pub upstreams: outbound::Upstreams,
    /// For `email` and `email-json`.
    pub mail: Option<Arc<Mail>>,
    /// For `sms`: gets a POST for every message.
    pub sms_gateway: Option<outbound::Endpoint>,
    /// For `application`: gets a POST for every message.
    pub push_gateway: Option<outbound::Endpoint>,
    /// What links in messages start with, such as `http://127.0.0.1:4566`.
    pub public_url: Arc<str>,
}

/// What wakes the jobs of SNS.
#[derive(Debug, Default)]
pub struct Signals {
    /// There are new deliveries.
    pub deliveries: Notify,
}

/// Judges topics' policies: the engine of IAM, as the server wires it.
pub trait TopicPolicies: Send + Sync + 'static {
    /// Whether a policy can be read.
    ///
    /// # Errors
    /// What is wrong with it.
    fn check(&self, policy: &str) -> Result<(), String>;

    /// Whether a topic's policy lets a service publish to it.
    fn service_may_publish(&self, asked: &ServicePublish<'_>) -> bool;
}

/// A service that wants to publish.
#[derive(Clone, Debug)]
pub struct ServicePublish<'a> {
    /// The topic's policy.
    pub policy: &'a str,
    /// The topic's ARN.
    pub topic_arn: &'a str,
    /// The account that owns the topic.
    pub owner: &'a AccountId,
    /// Such as `cloudwatch.amazonaws.com`.
    pub service: &'a str,
    /// The resource that it publishes for.
    pub source_arn: &'a str,
    /// Whose that is.
    pub source: &'a Scope,
}

/// The SNS service.
pub struct Sns {
    pub(crate) parts: Parts,
    pub(crate) message_ids: MessageIds,
    pub(crate) compiled: CompiledSettings,
    /// Held while messages are published to FIFO topics.
    pub(crate) fifo_turn: Mutex<()>,
    /// Held while subscriptions of topics come and go.
    pub(crate) membership_turn: Mutex<()>,
    operations: OperationTable<Sns>,
}

impl Sns {
    /// The service over these parts.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            message_ids: MessageIds::default(),
            compiled: CompiledSettings::default(),
            fifo_turn: Mutex::default(),
            membership_turn: Mutex::default(),
            operations: ops::table(),
        }
    }
}

#[async_trait]
impl Service for Sns {
    fn schema(&self) -> &'static schema::Service {
        &api::sns::SERVICE
    }

    fn implemented(&self) -> Vec<(&'static str, &'static [&'static str])> {
        self.operations.implemented()
    }

    /// The links of confirmations and of messages' ends.
    fn takes_unsigned(&self, operation: &'static schema::Operation) -> bool {
        matches!(operation.name, "ConfirmSubscription" | "Unsubscribe")
    }

    fn authorization(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Option<&Value>,
    ) -> Authorization {
        authorization::resources(operation, input, cx, &self.parts.catalog)
    }

    async fn call(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Value,
    ) -> Result<Value, ServiceError> {
        self.operations.call(self, cx, self.schema(), operation, input).await
    }
}
