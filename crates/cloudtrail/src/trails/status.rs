//! What became of a trail's deliveries in a region (cloudtrail.md §4.6).

use base::{Region, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Key, Record};

use super::Trail;

/// The latest attempts at each kind of delivery. The key is the trail's account and home region, and its id and the
/// region of the events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StatusRecord {
    /// Log files.
    pub(crate) delivery: Attempts,
    /// Messages to the topic.
    pub(crate) notification: Attempts,
    /// Events to the log group.
    pub(crate) logs: Attempts,
    /// Digests.
    pub(crate) digest: Attempts,
}

impl Record for StatusRecord {
    const KIND: &'static str = "cloudtrail.status";
    const FORMAT: u32 = 1;
}

/// What is known of attempts at one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempts {
    /// The latest.
    pub(crate) attempted: Option<Timestamp>,
    /// The latest that succeeded.
    pub(crate) succeeded: Option<Timestamp>,
    /// Why the latest failed, if it did.
    pub(crate) error: Option<String>,
}

impl Attempts {
    pub(crate) fn succeed(&mut self, now: Timestamp) {
        *self = Self { attempted: Some(now), succeeded: Some(now), error: None };
    }

    pub(crate) fn fail(&mut self, code: &str, now: Timestamp) {
        self.attempted = Some(now);
        self.error = Some(code.to_owned());
    }
}

impl StatusRecord {
    pub(crate) fn key(trail: &Trail, region: &Region) -> Key {
        Key::regional(&trail.scope.account, &trail.scope.region, format!("{}/{region}", trail.record.id))
    }
}
