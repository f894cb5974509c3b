//! `PutDeliveryChannel`

use api::config::errors;
use api::config::types::PutDeliveryChannelRequest;
use api::{CallContext, ServiceError, Unit};
use base::Arn;
use store::catalog::Transaction;

use crate::change::change;
use crate::channel::{self, ChannelRecord, DEFAULT_NAME, hours};
use crate::ports::{NewObject, Notification, ObjectContent, PortError, Sender};
use crate::recorder;
use crate::service::Config;

/// The code of a bucket that cannot do what is asked of it.
const NOT_SUPPORTED: &str = "NotImplemented";

/// Makes the channel, or puts another in its place, once it was tried out. Checks come in AWS's order (config.md §4.1).
pub async fn put_delivery_channel(
    config: &Config,
    cx: &CallContext,
    input: PutDeliveryChannelRequest,
) -> Result<Unit, ServiceError> {
    let parts = &config.parts;
    let (catalog, scope) = (&parts.catalog, cx.scope());
    let Some(recorder) = recorder::find(catalog, &scope) else {
        let message = "Configuration recorder is not available to put delivery channel.";
        return Err(errors::no_available_configuration_recorder_exception(message));
    };
    let given = input.delivery_channel;
    let name = given.name.unwrap_or_else(|| DEFAULT_NAME.to_owned());
    if name.is_empty() {
        let message = "The delivery channel name '' is not valid, blank string.";
        return Err(errors::invalid_delivery_channel_name_exception(message));
    }
    let record = ChannelRecord {
        name,
        bucket: given.s3_bucket_name.unwrap_or_default(),
        prefix: given.s3_key_prefix,
        kms_key_arn: given.s3_kms_key_arn,
        topic_arn: given.sns_topic_arn,
        snapshot_hours: given.config_snapshot_delivery_properties.and_then(|by| by.delivery_frequency).map(hours),
        put: cx.now,
    };
    check_form(&record)?;
    check_count(config, cx, &record.name)?;
    try_out(config, cx, &record, &recorder.value.sender(&scope)).await?;
    change(catalog, || {
        check_count(config, cx, &record.name)?;
        let mut transaction = Transaction::default();
        match channel::find(catalog, &scope) {
            Some(found) => drop(transaction.update(channel::key(&scope), found.version, &record)),
            None => drop(transaction.create(channel::key(&scope), &record)),
        }
        Ok((transaction, ()))
    })
    .await?;
    // When the next snapshot is due may have changed.
    parts.signals.delivery.notify_one();
    Ok(Unit)
}

fn check_form(record: &ChannelRecord) -> Result<(), ServiceError> {
    if record.bucket.is_empty() {
        return Err(errors::no_such_bucket_exception("Cannot find a S3 bucket with an empty bucket name."));
    }
    if record.prefix.as_deref() == Some("") {
        let message = "The s3 key prefix '' is not valid, empty s3 key prefix.";
        return Err(errors::invalid_s3_key_prefix_exception(message));
    }
    if let Some(topic) = record.topic_arn.as_deref().filter(|topic| !is_of(topic, "sns", "")) {
        return Err(invalid_topic(topic));
    }
    let is_key = |arn: &&str| is_of(arn, "kms", "key/") || is_of(arn, "kms", "alias/");
    if let Some(key) = record.kms_key_arn.as_deref().filter(|key| !is_key(key)) {
        let message = format!("The arn '{key}' is not a valid kms key or alias arn.");
        return Err(errors::invalid_s3_kms_key_arn_exception(message));
    }
    Ok(())
}

fn is_of(arn: &str, service: &str, resource: &str) -> bool {
    arn.parse::<Arn>().is_ok_and(|arn| arn.service == service && arn.resource.starts_with(resource))
}

fn invalid_topic(topic: &str) -> ServiceError {
    errors::invalid_sns_topic_arn_exception(format!("The sns topic arn '{topic}' is not valid."))
}

fn check_count(config: &Config, cx: &CallContext, name: &str) -> Result<(), ServiceError> {
    match channel::find(&config.parts.catalog, &cx.scope()) {
        Some(found) if found.value.name != name => {
            let message = format!(
                "Failed to put delivery channel '{name}' because the maximum number of delivery channels: 1 is reached."
            );
            Err(errors::max_number_of_delivery_channels_exceeded_exception(message))
        }
        _ => Ok(()),
    }
}

/// Puts an object into the bucket, which stays there (DC-13), and sees whether messages may be published.
async fn try_out(
    config: &Config,
    cx: &CallContext,
    record: &ChannelRecord,
    sender: &Sender,
) -> Result<(), ServiceError> {
    let outlets = &config.parts.outlets;
    let bucket = &record.bucket;
    match outlets.buckets.exists(bucket).await {
        Ok(true) => {}
        Ok(false) => {
            let message = format!("Cannot find a S3 bucket with name '{bucket}'.");
            return Err(errors::no_such_bucket_exception(message));
        }
        Err(error) => return Err(unreachable_bucket(&error)),
    }
    let object = NewObject {
        key: format!("{}/ConfigWritabilityCheckFile", record.folder(&cx.scope())),
        body: Vec::new(),
        content: ObjectContent::Plain,
        kms_key_arn: record.kms_key_arn.clone(),
    };
    if let Err(error) = outlets.buckets.put(sender, bucket, &object).await {
        tracing::info!(%error, bucket, "a delivery channel was refused: its bucket cannot be written to");
        if error.code == NOT_SUPPORTED {
            // No policy would help.
            return Err(errors::insufficient_delivery_policy_exception(error.message));
        }
        let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "null".to_owned());
        let message = format!(
            "Insufficient delivery policy to s3 bucket: {bucket}, unable to write to bucket, provided s3 key prefix is '{}', provided kms key is '{}'.",
            shown(&record.prefix),
            shown(&record.kms_key_arn),
        );
        return Err(errors::insufficient_delivery_policy_exception(message));
    }
    let Some(topic_arn) = record.topic_arn.clone() else { return Ok(()) };
    // Nothing is published by a transaction that is dropped; a message without text would be refused for that.
    let (subject, message) = ("[AWS Config] Delivery channel".to_owned(), "The channel can publish.".to_owned());
    let notification = Notification { topic_arn, subject, message };
    let mut dropped = Transaction::default();
    match outlets.topics.publish(sender, &notification, cx.now, &mut dropped).await {
        Ok(()) => Ok(()),
        Err(error) if error.code == "AuthorizationError" => {
            let message = format!(
                "Insufficient delivery policy to sns topic: {}, unable to publish to topic.",
                notification.topic_arn
            );
            Err(errors::insufficient_delivery_policy_exception(message))
        }
        Err(_) => Err(invalid_topic(&notification.topic_arn)),
    }
}

fn unreachable_bucket(error: &PortError) -> ServiceError {
    tracing::warn!(%error, "it cannot be told whether a bucket exists");
    ServiceError::unavailable("It cannot be told whether the bucket exists. Try again.")
}
