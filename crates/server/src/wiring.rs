//! What services need of each other, as the traits that they define.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use api::{Authorization, CallContext, ResourcePolicy};
use async_trait::async_trait;
use base::{Arn, Clock, Entropy, Scope, Timestamp};
use cloudwatch::alarms::{ActionError, Publication, Topics};
use identity::Authenticator;
use logs::{BucketError, Buckets, DestinationPolicies, Permissions};
use sns::publish::ServiceMessage;
use sns::signing::Seal;
use sns::{ServicePublish, Sns, TopicPolicies};
use store::blobs::{Blobs as _, LocalBlobs};
use store::catalog::Transaction;
use store::disk::RealDisk;

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

/// Buckets as folders of the data folder: `buckets/NAME/KEY`. A bucket is made by making its folder.
pub struct FolderBuckets {
    root: PathBuf,
    blobs: Arc<LocalBlobs>,
}

impl FolderBuckets {
    /// The buckets below a folder, which is made if it is missing.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(root: PathBuf) -> io::Result<Self> {
        let blobs = Arc::new(LocalBlobs::open(Arc::new(RealDisk), root.clone())?);
        Ok(Self { root, blobs })
    }
}

#[async_trait]
impl Buckets for FolderBuckets {
    async fn exists(&self, _: &Scope, bucket: &str) -> Result<bool, BucketError> {
        if !is_bucket(bucket) {
            return Ok(false);
        }
        let folder = self.root.join(bucket);
        on_disk(move || Ok(folder.is_dir())).await
    }

    async fn put(&self, scope: &Scope, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), BucketError> {
        if !self.exists(scope, bucket).await? {
            return Err(BucketError { message: format!("There is no bucket {bucket}."), passing: false });
        }
        if !is_key(key) {
            return Err(BucketError { message: format!("The key {key} cannot be a path of files."), passing: false });
        }
        let (blobs, name) = (self.blobs.clone(), format!("{bucket}/{key}"));
        on_disk(move || {
            let mut file = blobs.create(&name)?;
            file.write_all(&body)?;
            file.finish().map(drop)
        })
        .await
    }
}

/// Whether a text is the name of a bucket, and so of a folder right below the others.
fn is_bucket(name: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    (3..=63).contains(&name.len()) && name.bytes().all(inside) && !name.starts_with('.')
}

/// Whether a key can be a path that stays in its bucket.
fn is_key(key: &str) -> bool {
    key.len() <= 1024 && key.split('/').all(|step| !matches!(step, "" | "." | "..") && !step.contains('\0'))
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, BucketError> {
    let failed = |error: &dyn std::fmt::Display| BucketError { message: error.to_string(), passing: true };
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| failed(&error)),
        Err(error) => Err(failed(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_in_its_bucket() {
        for good in ["a", "logs/2026/000000.gz", "a..b/c"] {
            assert!(is_key(good), "{good}");
        }
        for bad in ["", "/a", "a//b", "../a", "a/..", "a/./b", "a\0b"] {
            assert!(!is_key(bad), "{bad}");
        }
        assert!(is_bucket("my-logs.1") && !is_bucket("..") && !is_bucket("a/b") && !is_bucket("../x"));
    }
}
