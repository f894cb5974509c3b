//! What a channel can be set up as (cloudtrail.md §7.4).

use api::cloudtrail::{errors, types};
use api::{CallContext, ServiceError};
use lang::event_selector::StoreContent;
use store::catalog::Catalog;

use super::channels::Channel;
use super::stores::found_active;

/// The source of whoever is no partner of AWS.
pub(crate) const CUSTOM: &str = "Custom";

/// The sources of AWS's partners (documented). A partner's events name it as their `eventSource`.
const PARTNERS: &[&str] = &[
    "CloudStorageSecurityConsole",
    "Clumio",
    "CrowdStrike",
    "CyberArk",
    "GitHub",
    "IBMMulticloud",
    "KongGatewayEnterprise",
    "LaunchDarkly",
    "MontyCloud",
    "NetskopeCloudExchange",
    "OktaSystemLogEvents",
    "OneLogin",
    "Shoreline",
    "Snyk",
    "WizAuditLogs",
];

/// Whether a channel can have the source: it is known, and no other channel has it, unless it is `Custom`.
///
/// # Errors
/// `InvalidSourceException`, `ChannelAlreadyExistsException`
pub(crate) fn check_source(channels: &[Channel], source: &str) -> Result<(), ServiceError> {
    if source == CUSTOM {
        return Ok(());
    }
    if !PARTNERS.contains(&source) {
        let message = format!("The source {source} is neither Custom nor that of a partner.");
        return Err(errors::invalid_source_exception(message));
    }
    match channels.iter().find(|channel| channel.record.source == source) {
        None => Ok(()),
        Some(channel) => Err(errors::channel_already_exists_exception(format!(
            "The channel {} has the source {source}, of which there can be one channel.",
            channel.arn()
        ))),
    }
}

/// Whether a channel can have the name; `but` already has it, perhaps.
///
/// # Errors
/// `ChannelAlreadyExistsException`
pub(crate) fn check_name(channels: &[Channel], name: &str, but: Option<&str>) -> Result<(), ServiceError> {
    match channels.iter().any(|channel| Some(channel.id.as_str()) != but && channel.record.name == name) {
        false => Ok(()),
        true => Err(errors::channel_already_exists_exception(format!("A channel named {name} already exists."))),
    }
}

/// The ids of the stores that a channel is to lead to, in the order given.
///
/// # Errors
/// `EventDataStoreARNInvalidException`, `EventDataStoreNotFoundException`, `InactiveEventDataStoreException`,
/// `InvalidEventDataStoreCategoryException`, `InvalidParameterException`
pub(crate) fn destinations(
    catalog: &Catalog,
    cx: &CallContext,
    given: &[types::Destination],
) -> Result<Vec<String>, ServiceError> {
    let mut ids = Vec::new();
    for destination in given {
        if destination.r#type != types::DestinationType::EventDataStore {
            return Err(errors::invalid_parameter_exception("A destination's type must be EVENT_DATA_STORE."));
        }
        let location = destination.location.as_str();
        if !location.starts_with("arn:") {
            let message = format!("The location {location} is not the ARN of an event data store.");
            return Err(errors::event_data_store_arn_invalid_exception(message));
        }
        let store = found_active(catalog, cx, location)?;
        if store.content() != StoreContent::AuditEvents {
            return Err(errors::invalid_event_data_store_category_exception(format!(
                "The event data store {location} does not take events of the category ActivityAuditLog."
            )));
        }
        if ids.contains(&store.id) {
            let message = format!("The destination {location} is given more than once.");
            return Err(errors::invalid_parameter_exception(message));
        }
        ids.push(store.id);
    }
    Ok(ids)
}
