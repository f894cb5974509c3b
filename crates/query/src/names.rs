//! What log groups and streams are called: the store knows their numbers alone.

use std::sync::Arc;

use base::{AccountId, Region, Scope, Timestamp};
use store::log_event::{GroupId, StreamId};

/// Knows groups and streams by number.
pub trait Names: Send + Sync + 'static {
    /// The groups of an account and region, or of all where `None`, each with what it has at `now`.
    fn groups(&self, account: Option<&AccountId>, region: Option<&Region>, now: Timestamp) -> Vec<NamedGroup>;

    /// The name of a stream; `None` when there is no such stream (any more).
    fn stream(&self, stream: StreamId) -> Option<Arc<str>>;
}

/// A log group.
#[derive(Clone, Debug)]
pub struct NamedGroup {
    /// Its account and region.
    pub scope: Scope,
    /// Its name.
    pub name: Arc<str>,
    /// Its number.
    pub id: GroupId,
    /// The earliest time that it still has.
    pub kept_from: Timestamp,
}

/// There are no groups.
pub struct NoNames;

impl Names for NoNames {
    fn groups(&self, _: Option<&AccountId>, _: Option<&Region>, _: Timestamp) -> Vec<NamedGroup> {
        Vec::new()
    }

    fn stream(&self, _: StreamId) -> Option<Arc<str>> {
        None
    }
}
