//! What has tags.

use api::cloudtrail::errors;
use api::{CallContext, ServiceError};
use base::Arn;
use store::catalog::{Catalog, Transaction};

use super::Tags;
use crate::lake::channels::{self, Channel, ChannelRecord};
use crate::lake::stores::{self, EventDataStore, EventDataStoreRecord};
use crate::trails::{Trail, TrailName, TrailRecord, require_home};

/// A resource with tags, as found.
pub(crate) enum Tagged {
    Trail(Trail),
    EventDataStore(EventDataStore),
    Channel(Channel),
}

impl Tagged {
    /// The resource that an operation on tags names by its ARN.
    ///
    /// # Errors
    /// `CloudTrailARNInvalidException`, `EventDataStoreARNInvalidException`, `ChannelARNInvalidException`,
    /// `ResourceTypeNotSupportedException`, `ResourceNotFoundException`, `EventDataStoreNotFoundException`,
    /// `ChannelNotFoundException`, `InactiveEventDataStoreException`, `InvalidHomeRegionException`
    pub(crate) fn found(catalog: &Catalog, cx: &CallContext, arn: &str) -> Result<Self, ServiceError> {
        let invalid = || errors::cloud_trail_arn_invalid_exception(format!("The ARN {arn} is not valid."));
        let parsed: Arn = arn.parse().map_err(|_| invalid())?;
        if parsed.service != "cloudtrail" {
            return Err(invalid());
        }
        match parsed.resource.split_once('/').map_or("", |(kind, _)| kind) {
            "trail" => trail(catalog, cx, arn).map(Self::Trail),
            "eventdatastore" => stores::found_active(catalog, cx, arn).map(Self::EventDataStore),
            "channel" => channels::found(catalog, cx, arn).map(Self::Channel),
            _ => Err(errors::resource_type_not_supported_exception(format!(
                "Tags of the resource {arn} are not supported by this server."
            ))),
        }
    }

    /// Its tags.
    pub(crate) fn tags(&self) -> &Tags {
        match self {
            Self::Trail(trail) => &trail.record.tags,
            Self::EventDataStore(store) => &store.record.tags,
            Self::Channel(channel) => &channel.record.tags,
        }
    }

    /// Gives it other tags.
    pub(crate) fn set_tags(&self, tags: Tags, transaction: &mut Transaction) {
        match self {
            Self::Trail(trail) => {
                let record = TrailRecord { tags, ..(*trail.record).clone() };
                transaction.update(trail.key(), trail.version, &record);
            }
            Self::EventDataStore(store) => {
                let record = EventDataStoreRecord { tags, ..(*store.record).clone() };
                transaction.update(store.key(), store.version, &record);
            }
            Self::Channel(channel) => {
                let record = ChannelRecord { tags, ..(*channel.record).clone() };
                transaction.update(channel.key(), channel.version, &record);
            }
        }
    }
}

fn trail(catalog: &Catalog, cx: &CallContext, arn: &str) -> Result<Trail, ServiceError> {
    let name = TrailName::parse(arn)?;
    let own = name.home.as_ref().filter(|home| home.account == *cx.account());
    let trail = own.and_then(|home| crate::trails::at(catalog, home, &name.name));
    let absent = || errors::resource_not_found_exception(format!("The resource {arn} does not exist."));
    let trail = trail.ok_or_else(absent)?;
    require_home(&trail, cx)?;
    Ok(trail)
}
