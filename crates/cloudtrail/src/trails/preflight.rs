//! Whether a trail could deliver to where it is set up to (cloudtrail.md §4.2 steps 4 to 9, §4.3, §4.4).
//!
//! The checks really write: marker objects, a stream, a message. What they wrote stays when a later one fails, as it
//! does at AWS.

use api::ServiceError;
use api::cloudtrail::errors;
use base::Timestamp;
use store::catalog::Transaction;

use super::{TopicReference, Trail, logs_stream};
use crate::change::catalog_failure;
use crate::ports::{LogDestination, LogRefusal, NewObject, Notification, ObjectContent, Sender};
use crate::service::Parts;

/// What consumers of notifications pass over (cloudtrail.md §5.4).
const TEST_MESSAGE: &str = "CloudTrail validation message.";

/// Where a trail is to deliver to.
pub(crate) struct Checked<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) prefix: Option<&'a str>,
    /// Whether digests are to be delivered.
    pub(crate) validation: bool,
    pub(crate) organization: bool,
    /// The key that was asked for, unless empty.
    pub(crate) kms_key: Option<&'a str>,
    pub(crate) topic: Option<&'a TopicReference>,
    /// The group and the role, or what is wrong with them: judged in its turn.
    pub(crate) logs: Result<Option<&'a LogDestination>, ServiceError>,
}

/// Checks all destinations in AWS's order.
///
/// # Errors
/// That of the first destination that does not take what is sent.
pub(crate) async fn check_destinations(
    parts: &Parts,
    sender: &Sender,
    checked: Checked<'_>,
    now: Timestamp,
) -> Result<(), ServiceError> {
    let Checked { bucket, prefix, validation, organization, kms_key, topic, logs } = checked;
    let unreachable = |error: crate::ports::PortError| {
        tracing::warn!(%error, bucket, "a bucket could not be asked about");
        ServiceError::unavailable("The bucket could not be reached.")
    };
    if !parts.buckets.exists(bucket).await.map_err(unreachable)? {
        let message = format!("S3 bucket {bucket} does not exist!");
        return Err(errors::s3_bucket_does_not_exist_exception(message));
    }
    if organization {
        let message = "This server has no organizations; a trail can be one of its account alone.";
        return Err(errors::organizations_not_in_use_exception(message));
    }
    let taken = bucket_takes_files(parts, sender, bucket, prefix, validation).await;
    taken.map_err(|error| wrong_policy(bucket, &error))?;
    if let Some(key) = kms_key {
        return Err(no_key(bucket, key));
    }
    if let Some(topic) = topic {
        topic_takes_messages(parts, sender, topic, now).await?;
    }
    if let Some(destination) = logs? {
        let stream = logs_stream(&sender.scope.account, &sender.scope.region);
        let prepared = parts.log_groups.prepare(sender, destination, &stream, now).await;
        prepared.map_err(|refusal| logs_refused(&refusal))?;
    }
    Ok(())
}

async fn bucket_takes_files(
    parts: &Parts,
    sender: &Sender,
    bucket: &str,
    prefix: Option<&str>,
    validation: bool,
) -> Result<(), crate::ports::PortError> {
    parts.buckets.read_acl(sender, bucket).await?;
    let folders = if validation { &["CloudTrail", "CloudTrail-Digest"][..] } else { &["CloudTrail"] };
    for folder in folders {
        put_marker(parts, sender, bucket, prefix, folder).await?;
    }
    Ok(())
}

async fn put_marker(
    parts: &Parts,
    sender: &Sender,
    bucket: &str,
    prefix: Option<&str>,
    folder: &str,
) -> Result<(), crate::ports::PortError> {
    let account = &sender.scope.account;
    let key = crate::delivery::under_prefix(prefix, &format!("AWSLogs/{account}/{folder}/"));
    let marker = NewObject { key, body: Vec::new(), metadata: Vec::new(), content: ObjectContent::PackedJson };
    parts.buckets.put(sender, bucket, &marker).await
}

/// Checks that a trail's bucket takes files of Insights events.
///
/// # Errors
/// `S3BucketDoesNotExistException`, `InsufficientS3BucketPolicyException`
pub(crate) async fn check_insight_folder(parts: &Parts, trail: &Trail) -> Result<(), ServiceError> {
    let (bucket, prefix) = (&trail.record.bucket, trail.record.prefix.as_deref());
    let put = put_marker(parts, &trail.sender(), bucket, prefix, "CloudTrail-Insight").await;
    put.map_err(|error| match error.code.as_str() {
        "NoSuchBucket" => errors::s3_bucket_does_not_exist_exception(format!("S3 bucket {bucket} does not exist!")),
        _ => wrong_policy(bucket, &error),
    })
}

fn wrong_policy(bucket: &str, error: &crate::ports::PortError) -> ServiceError {
    tracing::debug!(%error, bucket, "the preflight of a trail failed");
    let message = format!("Incorrect S3 bucket policy is detected for bucket: {bucket}");
    errors::insufficient_s3_bucket_policy_exception(message)
}

/// There is no provider of keys: a reference that could be one names no key, any other is malformed.
fn no_key(bucket: &str, key: &str) -> ServiceError {
    match is_key_reference(key) {
        true => errors::insufficient_encryption_policy_exception(format!(
            "Insufficient permissions to access S3 bucket {bucket} or KMS key {key}. This server has no provider of keys."
        )),
        false => errors::kms_key_not_found_exception(format!("Invalid keyId {key}")),
    }
}

/// Whether a text could name a key: an id, an ARN or an alias.
pub(crate) fn is_key_reference(key: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b':');
    key.bytes().all(inside)
        && match key.strip_prefix("arn:") {
            Some(_) => key.split(':').nth(2) == Some("kms") && key.split(':').count() == 6,
            None => key.starts_with("alias/") || !key.contains(['/', ':']),
        }
}

async fn topic_takes_messages(
    parts: &Parts,
    sender: &Sender,
    topic: &TopicReference,
    now: Timestamp,
) -> Result<(), ServiceError> {
    let notification = Notification { topic_arn: topic.arn.clone(), message: TEST_MESSAGE.to_owned() };
    let mut transaction = Transaction::default();
    parts.topics.publish(sender, &notification, now, &mut transaction).await.map_err(|_| {
        errors::insufficient_sns_topic_policy_exception("SNS Topic does not exist or the topic policy is incorrect!")
    })?;
    parts.catalog.commit(transaction).await.map_err(|error| catalog_failure(&error))?;
    parts.topics.published();
    Ok(())
}

fn logs_refused(refusal: &LogRefusal) -> ServiceError {
    match refusal {
        LogRefusal::NoGroup => errors::invalid_cloud_watch_logs_log_group_arn_exception(
            "CloudTrail cannot validate the specified log group ARN.",
        ),
        LogRefusal::NotTrusted => errors::invalid_cloud_watch_logs_role_arn_exception(
            "Access denied. Check the trust relationships for your role.",
        ),
        LogRefusal::NotPermitted => errors::invalid_cloud_watch_logs_log_group_arn_exception(
            "Access denied. Verify in IAM that the role has adequate permissions.",
        ),
        LogRefusal::Other(reason) => {
            tracing::warn!(reason, "a log group could not be prepared for a trail");
            errors::cloud_watch_logs_delivery_unavailable_exception("CloudWatch Logs could not be reached.")
        }
    }
}
