//! Channels: the doors by which audit events of others come into event data stores (cloudtrail.md §7.4).

use std::sync::Arc;

use api::cloudtrail::errors;
use api::{CallContext, ServiceError};
use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record};

/// What stands before the id in a channel's ARN.
pub(crate) const RESOURCE: &str = "channel/";

/// A channel. The key is its account, its region and its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChannelRecord {
    pub(crate) name: String,
    /// `Custom`, or the name of a partner.
    pub(crate) source: String,
    /// Ids of the stores that its events go to, which are of the same account and region; at least one.
    pub(crate) destinations: Vec<String>,
    /// Tags, in the order they were first set.
    pub(crate) tags: Vec<(String, Option<String>)>,
}

impl Record for ChannelRecord {
    const KIND: &'static str = "cloudtrail.channel";
    const FORMAT: u32 = 1;
}

/// What became of the latest events that came through a channel. It has the channel's key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChannelStatusRecord {
    /// The latest that was tried, …
    pub(crate) attempted: Option<Timestamp>,
    pub(crate) attempted_event: Option<String>,
    /// … the latest that was stored, …
    pub(crate) succeeded: Option<Timestamp>,
    pub(crate) succeeded_event: Option<String>,
    /// … and why the latest was not, if it was not.
    pub(crate) error: Option<String>,
}

impl Record for ChannelStatusRecord {
    const KIND: &'static str = "cloudtrail.channel_status";
    const FORMAT: u32 = 1;
}

/// A channel as found.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) scope: Scope,
    /// Its id, a UUID.
    pub(crate) id: String,
    pub(crate) record: Arc<ChannelRecord>,
    pub(crate) version: u64,
}

impl Channel {
    pub(crate) fn arn(&self) -> String {
        arn(&self.scope, &self.id)
    }

    pub(crate) fn key(&self) -> Key {
        Key::regional(&self.scope.account, &self.scope.region, &*self.id)
    }
}

/// A channel's ARN.
pub(crate) fn arn(scope: &Scope, id: &str) -> String {
    super::arn(scope, RESOURCE, id)
}

/// The caller's channel that an ARN or an id names, in its region.
///
/// # Errors
/// `ChannelARNInvalidException`, `ChannelNotFoundException`
pub(crate) fn found(catalog: &Catalog, cx: &CallContext, text: &str) -> Result<Channel, ServiceError> {
    let (scope, id) = super::parse(cx, RESOURCE, text).ok_or_else(|| {
        errors::channel_arn_invalid_exception(format!("{text} is neither the ARN nor the ID of a channel."))
    })?;
    let channel = Some(scope).filter(|scope| *scope == cx.scope()).and_then(|scope| at(catalog, &scope, &id));
    channel.ok_or_else(|| {
        errors::channel_not_found_exception(format!("The channel {text} does not exist in {}.", cx.region))
    })
}

/// The channel of this id in this region.
pub(crate) fn at(catalog: &Catalog, scope: &Scope, id: &str) -> Option<Channel> {
    let found = catalog.get::<ChannelRecord>(&Key::regional(&scope.account, &scope.region, id))?;
    Some(Channel { scope: scope.clone(), id: id.to_owned(), record: found.value, version: found.version })
}

/// All channels of an account in a region, by id.
pub(crate) fn in_region(catalog: &Catalog, scope: &Scope) -> Vec<Channel> {
    let channels = catalog.list::<ChannelRecord>(&scope.account, Some(&scope.region)).into_iter();
    channels
        .map(|(id, found)| Channel { scope: scope.clone(), id, record: found.value, version: found.version })
        .collect()
}
