//! Subscriptions: events that match a pattern are sent on, in the order of arrival (logs.md §5).
//!
//! A subscription is a place in the order of arrival of its group's events: what lies before it was delivered, or did
//! not match. The place is a record of its own that moves once a delivery has succeeded, so a crash repeats at most the
//! delivery that was under way. New subscriptions start at the end: they are not retroactive.

mod account;
mod arrivals;
mod check;
mod deliver;
mod destinations;
mod matching;
mod payload;
mod target;
#[cfg(test)]
mod tests;

pub(crate) use account::AccountSubscriptionDocument;
pub(crate) use arrivals::Arrivals;
pub(crate) use check::{check_delivery, check_role};
pub use deliver::DeliverSubscriptions;
pub(crate) use deliver::{begin, begin_where_new};
pub(crate) use destinations::{DestinationRecord, described as destination_described, destination, resolve};
pub(crate) use payload::control_message;
pub(crate) use target::{Sender, Target};

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::catalog::Record;
use store::log_event::Position;

/// Subscription filters of a group (logs.md SF-2).
pub(crate) const FILTERS_MAX: usize = 2;

/// A subscription filter. The key is what a group's belongings have and its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SubscriptionRecord {
    /// The pattern, as given.
    pub(crate) pattern: String,
    /// Where to: a stream, a function, a logical destination, or an HTTP endpoint.
    pub(crate) destination: String,
    /// The role that was named.
    pub(crate) role_arn: Option<String>,
    /// Whether records of one log stream go to one shard.
    pub(crate) by_log_stream: bool,
    /// The accounts and regions that it is for (logs.md MF-12).
    pub(crate) field_selection_criteria: Option<String>,
    /// Whether it sees, and sends, what transformers make of events (logs.md MF-13).
    pub(crate) on_transformed: bool,
    /// `@aws.account`, `@aws.region`, `@source.log`: what is added to each event (logs.md SF-8).
    pub(crate) system_fields: Option<Vec<String>>,
    /// When it was first put.
    pub(crate) created: Timestamp,
}

impl Record for SubscriptionRecord {
    const KIND: &'static str = "logs.subscription";
    const FORMAT: u32 = 2;

    fn migrate(_: u32, mut body: serde_json::Value) -> Result<serde_json::Value, String> {
        body["on_transformed"] = false.into();
        body["field_selection_criteria"] = serde_json::Value::Null;
        Ok(body)
    }
}

/// How far a subscription is. It has the subscription's key; of a policy of the account, each group has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SubscriptionPlace {
    /// Events up to here were delivered or did not match.
    pub(crate) after: Position,
}

impl Record for SubscriptionPlace {
    const KIND: &'static str = "logs.subscription_place";
    const FORMAT: u32 = 1;
}

/// How the key of the place of the account's policy ends, beside what a group's belongings have. No filter can be named
/// so.
pub(crate) const ACCOUNT_PLACE: &str = ":account";
