//! What trails need of the rest of the server, as the traits that CloudTrail defines.

use std::sync::Arc;

use api::logs::types::{CreateLogStreamRequest, InputLogEvent, PutLogEventsRequest};
use api::{CallContext, IntoValue, Principal, Service as _};
use async_trait::async_trait;
use base::{AccountId, Arn, Entropy, Region, Scope, Timestamp, id};
use cloudtrail::ports::{
    Buckets, KeyRange, LogDestination, LogGroups, LogReader, LogRefusal, NewObject, Notification, PRINCIPAL, PortError,
    ResourcePolicies, Seal, Sender, Topics,
};
use identity::{Authenticator, ServiceRole, ServiceRoleError};
use logs::Logs;
use s3::ports::ServiceCaller;
use s3::{NewBody, ServicePut};
use sns::Sns;
use sns::publish::ServiceMessage;
use sns::signing::Seal as _;
use store::catalog::Transaction;
use wire::value::Value;

use crate::wiring::MasterSeal;

/// Trails announce their files to topics.
pub struct TrailTopics(pub Arc<Sns>);

#[async_trait]
impl Topics for TrailTopics {
    async fn publish(
        &self,
        sender: &Sender,
        notification: &Notification,
        now: Timestamp,
        transaction: &mut Transaction,
    ) -> Result<(), PortError> {
        let message = ServiceMessage {
            topic_arn: &notification.topic_arn,
            service: PRINCIPAL,
            source_arn: &sender.trail_arn,
            source: &sender.scope,
            subject: None,
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

/// The keys that digests are signed with are sealed with the master key.
pub struct TrailSeal(pub MasterSeal);

impl Seal for TrailSeal {
    fn seal(&self, secret: &[u8], name: &str) -> String {
        self.0.seal(secret, name)
    }

    fn open(&self, sealed: &str, name: &str) -> Option<Vec<u8>> {
        self.0.open(sealed, name)
    }
}

/// Trails put events into log groups as the roles that were named for it.
pub struct TrailLogGroups {
    /// The groups.
    pub logs: Arc<Logs>,
    /// Knows the roles.
    pub authenticator: Arc<Authenticator>,
    /// Randomness, for ids of calls.
    pub entropy: Arc<dyn Entropy>,
}

/// A group's account, region and name.
struct Group {
    scope: Scope,
    name: String,
    arn: String,
}

impl Group {
    fn of(destination: &LogDestination) -> Option<Self> {
        let arn: Arn = destination.group_arn.parse().ok()?;
        let name = arn.resource.strip_prefix("log-group:")?.strip_suffix(":*")?.to_owned();
        let scope = Scope { account: arn.account.parse().ok()?, region: arn.region.parse().ok()? };
        Some(Self { scope, name, arn: destination.group_arn.trim_end_matches(":*").to_owned() })
    }

    fn stream_arn(&self, stream: &str) -> String {
        format!("{}:log-stream:{stream}", self.arn)
    }
}

impl TrailLogGroups {
    fn role(&self, sender: &Sender, role_arn: &str, now: Timestamp) -> Result<ServiceRole, LogRefusal> {
        let (account, source) = (&sender.scope.account, Some(sender.trail_arn.as_str()));
        self.authenticator.service_role(role_arn, PRINCIPAL, account, source, now).map_err(|error| match error {
            ServiceRoleError::NotFound | ServiceRoleError::NotTrusted => LogRefusal::NotTrusted,
        })
    }

    /// Whether the role may do something to a stream.
    fn require(
        &self,
        role: &ServiceRole,
        action: &str,
        group: &Group,
        stream: &str,
        now: Timestamp,
    ) -> Result<(), LogRefusal> {
        let resource = group.stream_arn(stream);
        match self.authenticator.decide_for_role(role, action, &resource, &group.scope.region, now).is_allowed() {
            true => Ok(()),
            false => Err(LogRefusal::NotPermitted),
        }
    }

    /// The group, when it is there for the trail: groups of other accounts are not.
    fn group(sender: &Sender, destination: &LogDestination) -> Result<Group, LogRefusal> {
        let group = Group::of(destination).ok_or(LogRefusal::NoGroup)?;
        match group.scope.account == sender.scope.account {
            true => Ok(group),
            false => Err(LogRefusal::NoGroup),
        }
    }

    async fn call(&self, group: &Group, operation: &str, input: Value, now: Timestamp) -> Result<(), LogRefusal> {
        let operation = self.logs.schema().operation(operation).expect("Logs has this operation");
        let cx = CallContext {
            principal: Principal::Root {
                account: group.scope.account.clone(),
                access_key_id: String::new(),
                session: None,
            },
            region: group.scope.region.clone(),
            partition: group.scope.region.partition(),
            now,
            request_id: id::uuid(&*self.entropy).to_string(),
            source_ip: PRINCIPAL.to_owned(),
            user_agent: PRINCIPAL.to_owned(),
            host: String::new(),
            tls: None,
        };
        match self.logs.answer(&cx, operation, input).await {
            Ok(_) => Ok(()),
            Err(error) if error.name == "ResourceNotFoundException" => Err(LogRefusal::NoGroup),
            Err(error) => Err(LogRefusal::Other(format!("{}: {}", error.name, error.message.unwrap_or_default()))),
        }
    }

    async fn make_stream(&self, group: &Group, stream: &str, now: Timestamp) -> Result<(), LogRefusal> {
        let input = CreateLogStreamRequest { log_group_name: group.name.clone(), log_stream_name: stream.to_owned() };
        match self.call(group, "CreateLogStream", input.into_value(), now).await {
            Err(LogRefusal::Other(reason)) if reason.starts_with("ResourceAlreadyExistsException") => Ok(()),
            other => other,
        }
    }
}

#[async_trait]
impl LogGroups for TrailLogGroups {
    async fn prepare(
        &self,
        sender: &Sender,
        destination: &LogDestination,
        stream: &str,
        now: Timestamp,
    ) -> Result<(), LogRefusal> {
        let role = self.role(sender, &destination.role_arn, now)?;
        let group = Self::group(sender, destination)?;
        self.require(&role, "logs:CreateLogStream", &group, stream, now)?;
        self.make_stream(&group, stream, now).await?;
        self.require(&role, "logs:PutLogEvents", &group, stream, now)
    }

    async fn put(
        &self,
        sender: &Sender,
        destination: &LogDestination,
        stream: &str,
        messages: Vec<String>,
        now: Timestamp,
    ) -> Result<(), LogRefusal> {
        let role = self.role(sender, &destination.role_arn, now)?;
        let group = Self::group(sender, destination)?;
        self.require(&role, "logs:PutLogEvents", &group, stream, now)?;
        let event = |message| InputLogEvent { timestamp: now.millis(), message };
        let input = PutLogEventsRequest {
            log_group_name: group.name.clone(),
            log_stream_name: stream.to_owned(),
            log_events: messages.into_iter().map(event).collect(),
            sequence_token: None,
            entity: None,
        };
        match self.call(&group, "PutLogEvents", input.clone().into_value(), now).await {
            Err(LogRefusal::NoGroup) => {
                // The stream of a region that has none yet; or there is no group, which this says.
                self.require(&role, "logs:CreateLogStream", &group, stream, now)?;
                self.make_stream(&group, stream, now).await?;
                self.call(&group, "PutLogEvents", input.into_value(), now).await
            }
            other => other,
        }
    }
}

/// Trails deliver to the server's own buckets, as far as their policies let CloudTrail in. Imports read them as the roles
/// that were named for it.
pub struct TrailBuckets {
    /// The buckets.
    pub buckets: s3::Buckets,
    /// Knows the roles.
    pub authenticator: Arc<Authenticator>,
}

impl TrailBuckets {
    fn check(&self, sender: &Sender, bucket: &str, action: &str, key: Option<&str>) -> Result<(), PortError> {
        let caller =
            ServiceCaller { service: PRINCIPAL, source_arn: &sender.trail_arn, source_account: &sender.scope.account };
        let (acl, encryption) = (key.map(|_| NewObject::ACL), key.map(|_| NewObject::ENCRYPTION));
        let wanted = ServicePut { caller, action, bucket, key, acl, encryption };
        match self.buckets.service_may(&wanted).map_err(unusable)? {
            true => Ok(()),
            false => Err(PortError {
                code: "AccessDenied".to_owned(),
                message: format!("The policy of the bucket {bucket} does not allow {action}."),
            }),
        }
    }

    /// Whether the role of an import may do something to a bucket of its own account, or to an object in it.
    fn role_may(
        &self,
        reader: &LogReader,
        bucket: &str,
        key: Option<&str>,
        action: &str,
        now: Timestamp,
    ) -> Result<(), PortError> {
        let refused = |message: String| PortError { code: "AccessDenied".to_owned(), message };
        let (owner, region) = self.buckets.find(bucket).ok_or_else(|| PortError {
            code: "NoSuchBucket".to_owned(),
            message: format!("The bucket {bucket} does not exist."),
        })?;
        let (role_arn, account) = (&reader.role_arn, &reader.scope.account);
        let role = self.authenticator.service_role(role_arn, PRINCIPAL, account, Some(&reader.store_arn), now);
        let role = role.map_err(|error| refused(format!("CloudTrail cannot act as {role_arn}: {error}.")))?;
        let of_role = role_arn.parse::<Arn>().ok().and_then(|arn| arn.account.parse::<AccountId>().ok());
        if of_role.as_ref() != Some(&owner) {
            return Err(refused(format!("The bucket {bucket} is not of the account of {role_arn}.")));
        }
        let resource = format!("arn:{}:s3:::{bucket}", region.partition().as_str());
        let resource = key.map_or_else(|| resource.clone(), |key| format!("{resource}/{key}"));
        match self.authenticator.decide_for_role(&role, action, &resource, &region, now).is_allowed() {
            true => Ok(()),
            false => Err(refused(format!("{role_arn} may not do {action} to {resource}."))),
        }
    }
}

#[async_trait]
impl Buckets for TrailBuckets {
    async fn exists(&self, bucket: &str) -> Result<bool, PortError> {
        Ok(self.buckets.find(bucket).is_some())
    }

    async fn read_acl(&self, sender: &Sender, bucket: &str) -> Result<(), PortError> {
        self.check(sender, bucket, "s3:GetBucketAcl", None)
    }

    async fn put(&self, sender: &Sender, bucket: &str, object: &NewObject) -> Result<(), PortError> {
        self.check(sender, bucket, "s3:PutObject", Some(&object.key))?;
        let body = NewBody {
            bytes: object.body.clone().into(),
            content_type: Some(object.content.content_type().to_owned()),
            content_encoding: object.content.content_encoding().map(str::to_owned),
            metadata: object.metadata.iter().cloned().collect(),
        };
        self.buckets.put(bucket, &object.key, body).await.map(drop).map_err(unusable)
    }

    async fn region(&self, bucket: &str) -> Result<Option<Region>, PortError> {
        Ok(self.buckets.find(bucket).map(|(_, region)| region))
    }

    async fn list_as(&self, reader: &LogReader, range: KeyRange<'_>, now: Timestamp) -> Result<Vec<String>, PortError> {
        self.role_may(reader, range.bucket, None, "s3:ListBucket", now)?;
        let listed = self.buckets.list(range.bucket, range.prefix, range.after, range.count).map_err(unusable)?;
        Ok(listed.into_iter().map(|object| object.key).collect())
    }

    async fn get_as(
        &self,
        reader: &LogReader,
        bucket: &str,
        key: &str,
        bytes_max: u64,
        now: Timestamp,
    ) -> Result<Vec<u8>, PortError> {
        self.role_may(reader, bucket, Some(key), "s3:GetObject", now)?;
        match self.buckets.get(bucket, key, bytes_max).await.map_err(unusable)? {
            Some(object) => Ok(object.bytes.into()),
            None => Err(PortError {
                code: "NoSuchKey".to_owned(),
                message: format!("There is no object {key} in the bucket {bucket}."),
            }),
        }
    }
}

fn unusable(error: s3::BucketsError) -> PortError {
    PortError { code: error.code, message: error.message }
}

/// Policies of event data stores and channels are judged by the engine of IAM.
pub struct LakePolicies;

impl ResourcePolicies for LakePolicies {
    fn check(&self, policy: &str) -> Result<(), String> {
        Authenticator::check_resource_policy(policy)
    }
}
