//! What upstreams have, and what it is like: listed, asked for, and told as AWS Config tells it (config.md §10).
//!
//! Everything that differs between types of resources is in one table, `resource-types.txt` ([`table`]); what answers
//! look like is in another, `models/answers.txt` ([`shapes`]). The rest is the same for all: a [`Lister`] puts calls to an
//! [`Upstream`] and walks the pages; [`describe`] makes of what was read a [`Description`]; [`touched`] tells which
//! resources a call has changed.

mod answer;
mod bucket;
mod call;
mod datum;
mod describe;
mod lister;
mod path;
mod shapes;
mod shaping;
mod table;
mod touched;

pub use answer::Answer;
pub use call::{Call, CallForm, Reads};
pub use describe::complete;
pub use lister::{CallFailed, Lister, Listing, Looked, Untold, Upstream};
pub use table::{Handle, ResourceType, resource_type, resource_types};
pub use touched::{Touched, touched};

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use base::Timestamp;
use serde_json::Value;

use crate::item::Relationship;

/// What a resource is like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// The region, or `global`.
    pub aws_region: String,
    /// The name of it, where the type has one.
    pub resource_name: Option<String>,
    /// Its ARN.
    pub arn: Option<String>,
    /// A zone, or a word such as `Regional`.
    pub availability_zone: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What it is related to.
    pub relationships: Vec<Relationship>,
    /// What the upstream says of it, with the keys that Config has (config.md §10.3).
    pub configuration: Value,
    /// What further reads say of it.
    pub supplementary: BTreeMap<String, Value>,
}
