//! `PutAuditEvents` of `cloudtrail-data`

use std::collections::BTreeSet;

use api::cloudtrail_data::errors;
use api::cloudtrail_data::types::{
    AuditEvent as Given, AuditEventResultEntry, PutAuditEventsRequest, PutAuditEventsResponse, ResultErrorEntry,
};
use api::{CallContext, ServiceError};
use base::id;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lang::audit_event::{Arrival, AuditEvent, Expected, Refusal};
use store::catalog::{CatalogError, Expect, Transaction};
use store::lake_event::LakeEvent;

use crate::audit_events::CloudTrailData;
use crate::change::{catalog_failure, store_failure};
use crate::delivery::sha256;
use crate::lake::channel_settings::CUSTOM;
use crate::lake::channels::{self, Channel, ChannelRecord, ChannelStatusRecord};
use crate::lake::{self, stores};
use crate::service::Parts;

/// Bytes of the events of one call (cloudtrail.md §7.8).
const BYTES_MAX: usize = 1 << 20;
/// Characters of what is said of an event that is not taken.
const MESSAGE_CHARS_MAX: usize = 1024;

/// Takes audit events, each for itself, into all stores that the channel leads to: on disk when this answers
/// (cloudtrail.md §7.8).
pub async fn put_audit_events(
    data: &CloudTrailData,
    cx: &CallContext,
    input: PutAuditEventsRequest,
) -> Result<PutAuditEventsResponse, ServiceError> {
    let parts = &data.parts;
    let channel = channel(parts, cx, &input.channel_arn)?;
    check_call(&input.audit_events)?;
    let expected = Expected {
        account: &channel.scope.account,
        source: Some(channel.record.source.as_str()).filter(|source| *source != CUSTOM),
    };
    let mut taken = Vec::new();
    let mut attempts = Attempts::default();
    let mut answer = PutAuditEventsResponse { failed: Vec::new(), successful: Vec::new() };
    let channel_arn = channel.arn();
    for given in input.audit_events {
        let event_id = id::uuid(&*parts.entropy).to_string();
        let read = check_sum(&given).and_then(|()| AuditEvent::read(&given.event_data, expected));
        attempts.note(&event_id, read.as_ref().err());
        match read {
            Ok(event) => {
                let record = event.record(Arrival {
                    event_id: &event_id,
                    region: channel.scope.region.as_str(),
                    account: &channel.scope.account,
                    channel_arn: &channel_arn,
                    time: cx.now,
                });
                taken.push(LakeEvent { time: event.time, source: 0, record });
                answer.successful.push(AuditEventResultEntry { event_id, id: given.id });
            }
            Err(Refusal { code, message }) => answer.failed.push(ResultErrorEntry {
                error_code: code.to_owned(),
                error_message: message.chars().take(MESSAGE_CHARS_MAX).collect(),
                id: given.id,
            }),
        }
    }
    store(parts, &channel, taken).await?;
    write_status(parts, cx, &channel, attempts).await?;
    Ok(answer)
}

/// The channel of an ARN; whether the caller may use it was seen to before.
fn channel(parts: &Parts, cx: &CallContext, arn: &str) -> Result<Channel, ServiceError> {
    let named = lake::parse(cx, channels::RESOURCE, arn).filter(|_| arn.starts_with("arn:"));
    let (scope, id) =
        named.ok_or_else(|| errors::invalid_channel_arn(format!("{arn} is not the ARN of a channel.")))?;
    let channel = Some(scope).filter(|scope| scope.region == cx.region);
    let channel = channel.and_then(|scope| channels::at(&parts.catalog, &scope, &id));
    channel.ok_or_else(|| errors::channel_not_found(format!("The channel {arn} does not exist in {}.", cx.region)))
}

/// What holds for the events of a call together.
fn check_call(events: &[Given]) -> Result<(), ServiceError> {
    let mut ids = BTreeSet::new();
    if let Some(twice) = events.iter().find(|event| !ids.insert(&event.id)) {
        let message = format!("The id {} is that of more than one event of the call.", twice.id);
        return Err(errors::duplicated_audit_event_id(message));
    }
    let bytes: usize = events.iter().map(|event| event.event_data.len()).sum();
    match bytes > BYTES_MAX {
        true => Err(ServiceError::common(
            "RequestEntityTooLargeException",
            "RequestEntityTooLarge",
            413,
            format!("The events of a call must not exceed {BYTES_MAX} bytes."),
        )),
        false => Ok(()),
    }
}

/// Whether the event is what its sender summed up, if it did.
fn check_sum(given: &Given) -> Result<(), Refusal> {
    let Some(sum) = &given.event_data_checksum else { return Ok(()) };
    let own = sha256(given.event_data.as_bytes());
    match BASE64.decode(sum).is_ok_and(|sum| sum == own) {
        true => Ok(()),
        false => Err(Refusal {
            code: "InvalidChecksum",
            message: "The eventDataChecksum is not the SHA-256 of eventData in Base64.".to_owned(),
        }),
    }
}

/// Puts the events into each store: one append for each.
async fn store(parts: &Parts, channel: &Channel, events: Vec<LakeEvent>) -> Result<(), ServiceError> {
    if events.is_empty() {
        return Ok(());
    }
    for id in &channel.record.destinations {
        // A store cannot be deleted while a channel leads to it.
        let Some(store) = stores::at(&parts.catalog, &channel.scope, id) else { continue };
        parts.lake_events.append(store.record.number, events.clone()).await.map_err(|error| store_failure(&error))?;
    }
    Ok(())
}

/// What becomes of the events of a call, for the channel's status.
#[derive(Default)]
struct Attempts {
    latest: Option<String>,
    stored: Option<String>,
    error: Option<&'static str>,
}

impl Attempts {
    fn note(&mut self, event_id: &str, refusal: Option<&Refusal>) {
        self.latest = Some(event_id.to_owned());
        match refusal {
            None => self.stored = Some(event_id.to_owned()),
            Some(refusal) => self.error = Some(refusal.code),
        }
    }
}

async fn write_status(
    parts: &Parts,
    cx: &CallContext,
    channel: &Channel,
    attempts: Attempts,
) -> Result<(), ServiceError> {
    let before = parts.catalog.get::<ChannelStatusRecord>(&channel.key());
    let mut status = before.map(|found| ChannelStatusRecord::clone(&found.value)).unwrap_or_default();
    status.attempted = Some(cx.now);
    status.attempted_event = attempts.latest;
    if attempts.stored.is_some() {
        status.succeeded = Some(cx.now);
        status.succeeded_event = attempts.stored;
    }
    if let Some(error) = attempts.error {
        status.error = Some(error.to_owned());
    }
    let mut transaction = Transaction::default();
    // Of several calls at once the last to come here is the latest; a deleted channel gets no status.
    transaction.check::<ChannelRecord>(channel.key(), Expect::Version(channel.version));
    transaction.put(channel.key(), &status);
    match parts.catalog.commit(transaction).await {
        Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
        Err(other) => Err(catalog_failure(&other)),
    }
}
