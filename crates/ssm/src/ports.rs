//! What the inventory needs of others, as traits that the server fulfils.

use std::collections::BTreeMap;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use serde_json::Value;

/// Why something was not observed. The cause is for the log.
#[derive(Debug, thiserror::Error)]
#[error("what is known of a host could not be recorded")]
pub struct ObserveError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Who records what hosts are like: AWS Config.
#[async_trait]
pub trait Observers: Send + Sync + 'static {
    /// What is recorded in an account and region: another text after each start and each change of what is recorded;
    /// `None` while nothing is.
    fn recording(&self, scope: &Scope) -> Option<String>;

    /// Takes note of a resource. What is told again changes nothing; when nothing is recorded, nothing is noted.
    ///
    /// # Errors
    /// It could not be noted, and can be told again.
    async fn observe(&self, scope: &Scope, observed: Observed, now: Timestamp) -> Result<(), ObserveError>;
}

/// A resource as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Such as `AWS::SSM::ManagedInstanceInventory`.
    pub resource_type: &'static str,
    /// What names it within its type.
    pub resource_id: String,
    /// What it is like; `None` when it is not there (any more).
    pub description: Option<Description>,
}

/// What a resource is like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// Its ARN.
    pub arn: Option<String>,
    /// A zone, or a word in its place.
    pub availability_zone: Option<&'static str>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The resource that it is associated with: type and id.
    pub associated_with: Option<(&'static str, String)>,
    /// What is told of it.
    pub configuration: Value,
    /// What else is told of it.
    pub supplementary: BTreeMap<String, Value>,
}
