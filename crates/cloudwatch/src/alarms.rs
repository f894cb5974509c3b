//! Alarms: deciding, changing state, acting.
//!
//! [`decide`] is pure: points in, verdict out; live evaluation, `explain` and `backtest` share it.
//! [`evaluate`] is the job that feeds it. Every change of state goes through [`transition`], which
//! writes the state, its history and the actions it asks for in one transaction. [`actions`] is
//! the job that runs them. [`explain`] and [`backtest`] show what an alarm makes of data, now, at
//! another time, or at every time of a range.

pub mod actions;
pub mod backtest;
pub mod composite;
pub(crate) mod configure;
pub mod decide;
pub mod evaluate;
pub mod explain;
mod grain;
pub mod history;
mod moment;
pub mod mute;
pub mod points;
pub mod schedule;
pub(crate) mod shapes;
#[cfg(test)]
pub(crate) mod test_world;
pub mod transition;
pub mod validate;

use std::sync::Arc;

use api::CallContext;
use async_trait::async_trait;
use base::{Arn, Scope, Timestamp};
use store::catalog::{Key, Transaction};
use tokio::sync::Notify;

/// What wakes the jobs of alarms. Shared by operations and jobs.
#[derive(Debug, Default)]
pub struct Signals {
    /// Alarms were put, changed or removed: the schedule of evaluations is out of date.
    pub configured: Notify,
    /// States changed: composite alarms may have to be evaluated.
    pub changed: Notify,
    /// There are new actions.
    pub actions: Notify,
}

/// Where alarms publish: SNS, as the server wires it.
#[async_trait]
pub trait Topics: Send + Sync + 'static {
    /// Adds to a transaction all that publishes a message to a topic: once it is committed the
    /// message is on its way and will not be lost.
    ///
    /// # Errors
    /// Why the topic takes no message; in SNS's words.
    async fn publish(
        &self,
        publication: &Publication,
        now: Timestamp,
        transaction: &mut Transaction,
    ) -> Result<(), ActionError>;

    /// Says that a transaction with publications was committed.
    fn published(&self);
}

/// A message of an alarm for a topic (cloudwatch.md §7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The topic.
    pub topic_arn: String,
    /// The account and region of the alarm.
    pub scope: Scope,
    /// The alarm's ARN, for conditions on `aws:SourceArn`.
    pub source_arn: String,
    /// At most 100 characters that SNS takes in a subject.
    pub subject: String,
    /// A JSON object with the bodies `default`, `email` and `sms` (`MessageStructure=json`).
    pub bodies: String,
    /// For FIFO topics.
    pub message_group_id: String,
    /// For FIFO topics: unique to the transition.
    pub deduplication_id: String,
}

/// Why an action did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ActionError {
    /// What was said, for the alarm's history.
    pub message: String,
    /// Whether it may succeed when it is tried again.
    pub passing: bool,
}

/// The way out of alarms.
#[derive(Clone)]
pub struct Outlets {
    /// Where alarms publish.
    pub topics: Arc<dyn Topics>,
    /// EC2, Auto Scaling, Lambda, Systems Manager.
    pub upstreams: outbound::Upstreams,
    /// For the webhook.
    pub http: outbound::HttpClient,
    /// Where events go, when that was set up (cloudwatch.md §7.2).
    pub event_webhook: Option<outbound::Endpoint>,
}

/// The key of an alarm and of its state.
pub(crate) fn key(scope: &Scope, name: &str) -> Key {
    Key::regional(&scope.account, &scope.region, name)
}

/// The account and region of an alarm's key.
pub(crate) fn scope_of(key: &Key) -> Option<Scope> {
    Some(Scope { account: key.account.clone(), region: key.region.clone()? })
}

/// An alarm's ARN.
pub(crate) fn arn(scope: &Scope, name: &str) -> String {
    Arn {
        partition: scope.region.partition().as_str().to_owned(),
        service: "cloudwatch".to_owned(),
        region: scope.region.to_string(),
        account: scope.account.to_string(),
        resource: format!("alarm:{name}"),
    }
    .to_string()
}

/// The name of an alarm of the caller's account and region, given by name or ARN.
pub(crate) fn name_of<'a>(cx: &CallContext, name_or_arn: &'a str) -> &'a str {
    let prefix = arn(&cx.scope(), "");
    name_or_arn.strip_prefix(prefix.as_str()).unwrap_or(name_or_arn)
}
