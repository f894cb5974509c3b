//! What services need of each other, as the traits that they define.

use std::sync::Arc;

use api::{Authorization, CallContext, ResourcePolicy};
use async_trait::async_trait;
use base::{Arn, Clock, Entropy, Timestamp};
use cloudwatch::alarms::{ActionError, Publication, Topics};
use identity::Authenticator;
use logs::{DestinationPolicies, Permissions};
use sns::publish::ServiceMessage;
use sns::signing::Seal;
use sns::{ServicePublish, Sns, TopicPolicies};
use store::catalog::Transaction;

/// Alarms publish to topics.
pub struct AlarmTopics(pub Arc<Sns>);

#[async_trait]
impl Topics for AlarmTopics {
    async fn publish(
        &self,
        publication: &Publication,
        now: Timestamp,
        transaction: &mut Transaction,
    ) -> Result<(), ActionError> {
        let message = ServiceMessage {
            topic_arn: &publication.topic_arn,
            service: "cloudwatch.amazonaws.com",
            source_arn: &publication.source_arn,
            source: &publication.scope,
            subject: Some(&publication.subject),
            message: &publication.bodies,
            structured: true,
            group_id: &publication.message_group_id,
            deduplication_id: &publication.deduplication_id,
        };
        match self.0.publish_for_service(&message, now, transaction) {
            Ok(_) => Ok(()),
            Err(refused) => Err(ActionError { message: refused.to_string(), passing: false }),
        }
    }

    fn published(&self) {
        self.0.published();
    }
}

/// Topics' policies are judged by the engine of IAM.
pub struct EnginePolicies {
    /// Time, for conditions on it.
    pub clock: Arc<dyn Clock>,
}

impl TopicPolicies for EnginePolicies {
    fn check(&self, policy: &str) -> Result<(), String> {
        Authenticator::check_resource_policy(policy)
    }

    fn service_may_publish(&self, asked: &ServicePublish<'_>) -> bool {
        let ServicePublish { policy, topic_arn, service, source_arn, source, .. } = *asked;
        let now = self.clock.now();
        Authenticator::service_may(policy, service, "sns:Publish", topic_arn, source_arn, &source.account, now)
    }
}

/// Private keys are sealed with the master key.
pub struct MasterSeal {
    /// Holds the master key.
    pub authenticator: Arc<Authenticator>,
    /// Randomness, for nonces.
    pub entropy: Arc<dyn Entropy>,
}

impl Seal for MasterSeal {
    fn seal(&self, secret: &[u8], name: &str) -> String {
        self.authenticator.seal_secret(secret, name, &*self.entropy)
    }

    fn open(&self, sealed: &str, name: &str) -> Option<Vec<u8>> {
        self.authenticator.open_secret(sealed, name)
    }
}

/// What a caller of Logs may do beside the call itself, judged by the engine of IAM.
pub struct CallerPermissions {
    /// Knows everybody's policies.
    pub authenticator: Arc<Authenticator>,
}

impl CallerPermissions {
    fn may(&self, cx: &CallContext, action: &str, resource: &str, policy: Option<ResourcePolicy>) -> bool {
        let wanted = Authorization {
            action: action.to_owned(),
            resources: vec![resource.to_owned()],
            conditions: Vec::new(),
            resource_conditions: Vec::new(),
            resource_policies: policy.into_iter().collect(),
            exempt: false,
        };
        self.authenticator.authorize(cx, &wanted).is_ok()
    }
}

impl Permissions for CallerPermissions {
    fn allows(&self, cx: &CallContext, action: &str, resource: &str) -> bool {
        self.may(cx, action, resource, None)
    }
}

impl DestinationPolicies for CallerPermissions {
    fn check(&self, policy: &str) -> Result<(), String> {
        Authenticator::check_resource_policy(policy)
    }

    fn may_subscribe(&self, policy: &str, destination_arn: &str, caller: &CallContext) -> bool {
        let parsed = destination_arn.parse::<Arn>().ok();
        let Some(owner) = parsed.and_then(|arn| arn.account.parse().ok()) else { return false };
        let resource = destination_arn.to_owned();
        let policy = ResourcePolicy { resource, owner, policy: Some(policy.into()) };
        self.may(caller, "logs:PutSubscriptionFilter", destination_arn, Some(policy))
    }
}
