//! What AWS Config needs of S3 and SNS, as the traits that Config defines.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::{AccountId, Arn, Clock, Timestamp};
use config::ports::{Buckets, Events, NewObject, Notification, ObjectContent, PRINCIPAL, PortError, Sender, Topics};
use identity::Authenticator;
use outbound::{Endpoint, HttpClient, webhook};
use s3::ports::ServiceCaller;
use s3::{NewBody, ServicePut};
use sns::Sns;
use sns::publish::ServiceMessage;
use store::catalog::Transaction;

/// Changes are announced to topics whose policies let Config publish.
pub struct ConfigTopics(pub Arc<Sns>);

#[async_trait]
impl Topics for ConfigTopics {
    async fn publish(
        &self,
        sender: &Sender,
        notification: &Notification,
        now: Timestamp,
        transaction: &mut Transaction,
    ) -> Result<(), PortError> {
        let source_arn = sender.source_arn();
        let message = ServiceMessage {
            topic_arn: &notification.topic_arn,
            service: PRINCIPAL,
            source_arn: &source_arn,
            source: &sender.scope,
            subject: Some(&notification.subject),
            message: &notification.message,
            structured: false,
            group_id: "",
            deduplication_id: "",
        };
        match self.0.publish_for_service(&message, now, transaction) {
            Ok(_) => Ok(()),
            Err(refused) => Err(PortError { code: refused.code.replace("Exception", ""), message: refused.message }),
        }
    }

    fn published(&self) {
        self.0.published();
    }
}

/// Events go to the webhook that the operator chose.
pub struct EventWebhook {
    /// Where it is.
    pub endpoint: Endpoint,
    /// The way there.
    pub http: HttpClient,
}

#[async_trait]
impl Events for EventWebhook {
    async fn post(&self, event: &str) -> Result<(), String> {
        webhook::post(&self.http, &self.endpoint, event).await
    }

    fn pause(&self, attempts: u32) -> Option<Duration> {
        webhook::pause(attempts)
    }
}

/// Snapshots and histories go to the server's own buckets: as the recorder's role where that may write there, else as
/// far as the bucket's policy lets Config in (DC-14).
pub struct ConfigBuckets {
    /// The buckets.
    pub buckets: s3::Buckets,
    /// Knows the roles.
    pub authenticator: Arc<Authenticator>,
    /// Time, for conditions on it.
    pub clock: Arc<dyn Clock>,
}

impl ConfigBuckets {
    /// Whether the recorder's role may do something to an object in a bucket of its own account.
    fn role_may(&self, sender: &Sender, action: &str, bucket: &str, key: &str) -> bool {
        let (now, account) = (self.clock.now(), &sender.scope.account);
        let Some((owner, region)) = self.buckets.find(bucket) else { return false };
        let of_role = sender.role_arn.parse::<Arn>().ok().and_then(|arn| arn.account.parse::<AccountId>().ok());
        if of_role.as_ref() != Some(&owner) {
            return false;
        }
        let source = sender.source_arn();
        let role = self.authenticator.service_role(&sender.role_arn, PRINCIPAL, account, Some(&source), now);
        let Ok(role) = role else { return false };
        let resource = format!("arn:{}:s3:::{bucket}/{key}", region.partition().as_str());
        self.authenticator.decide_for_role(&role, action, &resource, &region, now).is_allowed()
    }

    fn service_may(&self, sender: &Sender, action: &str, bucket: &str, key: &str) -> Result<bool, PortError> {
        let source_arn = sender.source_arn();
        let wanted = ServicePut {
            caller: ServiceCaller {
                service: PRINCIPAL,
                source_arn: &source_arn,
                source_account: &sender.scope.account,
            },
            action,
            bucket,
            key: Some(key),
            acl: (action == PUT).then_some(NewObject::ACL),
            encryption: None,
        };
        self.buckets.service_may(&wanted).map_err(unusable)
    }

    /// # Errors
    /// Neither the service nor the recorder's role may.
    fn check(&self, sender: &Sender, action: &str, bucket: &str, key: &str) -> Result<(), PortError> {
        if self.service_may(sender, action, bucket, key)? || self.role_may(sender, action, bucket, key) {
            return Ok(());
        }
        Err(PortError {
            code: "AccessDenied".to_owned(),
            message: format!("Neither the policy of the bucket {bucket} nor the recorder's role allows {action}."),
        })
    }
}

const PUT: &str = "s3:PutObject";
const GET: &str = "s3:GetObject";

#[async_trait]
impl Buckets for ConfigBuckets {
    async fn exists(&self, bucket: &str) -> Result<bool, PortError> {
        Ok(self.buckets.find(bucket).is_some())
    }

    async fn put(&self, sender: &Sender, bucket: &str, object: &NewObject) -> Result<(), PortError> {
        refuse_kms(object)?;
        self.check(sender, PUT, bucket, &object.key)?;
        let (content_type, content_encoding) = content(object.content);
        let body = NewBody {
            bytes: object.body.clone().into(),
            content_type: content_type.map(str::to_owned),
            content_encoding: content_encoding.map(str::to_owned),
            ..NewBody::default()
        };
        self.buckets.put(bucket, &object.key, body).await.map(drop).map_err(unusable)
    }

    async fn read(&self, sender: &Sender, bucket: &str, key: &str, bytes_max: u64) -> Result<Vec<u8>, PortError> {
        self.check(sender, GET, bucket, key)?;
        match self.buckets.get(bucket, key, bytes_max).await.map_err(unusable)? {
            Some(object) => Ok(object.bytes.into()),
            None => Err(PortError {
                code: "NoSuchKey".to_owned(),
                message: format!("There is no object {key} in the bucket {bucket}."),
            }),
        }
    }
}

/// Refuses objects that are to be encrypted with a key of KMS: one that is not encrypted as it was asked for is none.
pub fn refuse_kms(object: &NewObject) -> Result<(), PortError> {
    match &object.kms_key_arn {
        None => Ok(()),
        Some(key) => Err(PortError {
            code: "NotImplemented".to_owned(),
            message: format!(
                "Nothing is delivered that is encrypted with the key {key}: keys of KMS are not supported."
            ),
        }),
    }
}

/// `Content-Type` and `Content-Encoding` of an object.
pub fn content(content: ObjectContent) -> (Option<&'static str>, Option<&'static str>) {
    match content {
        ObjectContent::PackedJson => (Some("application/json"), Some("gzip")),
        ObjectContent::Plain => (None, None),
    }
}

fn unusable(error: s3::BucketsError) -> PortError {
    PortError { code: error.code, message: error.message }
}
