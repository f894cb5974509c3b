//! What log groups and streams are called: the store knows their numbers alone.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use base::{AccountId, Region, Scope, Timestamp};
use lang::needle::Needle;
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
    /// What its messages are shown through, if not as they are stored.
    pub mask: Option<Arc<dyn Mask>>,
}

/// Hides what is sensitive in messages.
pub trait Mask: fmt::Debug + Send + Sync + 'static {
    /// A message that was taken at this time, as it is shown.
    fn message<'m>(&self, ingested: Timestamp, message: &'m str) -> Cow<'m, str>;

    /// What messages as stored must contain for what is shown to match a needle.
    fn needle(&self, needle: Needle) -> Needle;
}

/// Whether a statement sees messages as they are shown to everybody, or as they are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Messages {
    /// Through their groups' masks.
    #[default]
    Masked,
    /// In clear.
    Clear,
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
