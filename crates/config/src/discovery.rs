//! What upstreams have, and what it is like: listed, asked for, and told as AWS Config tells it (config.md §10).
//!
//! Everything that differs between types of resources is in one table, `resource-types.txt` ([`table`]); what answers
//! look like is in another, `models/answers.txt` ([`shapes`]). The rest is the same for all: a [`Lister`] puts calls to an
//! [`Upstream`] and walks the pages; [`describe`] makes of what was read a [`Description`](crate::Description);
//! [`touched()`] tells which resources a call has changed.

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
mod told;
mod touched;

pub use answer::Answer;
pub use call::{Call, CallForm, Reads};
pub use describe::complete;
pub use lister::{CallFailed, Lister, Listing, Looked, Untold, Upstream};
pub use table::{Handle, ResourceType, resource_type, resource_types};
pub use touched::{Touched, touched};

#[cfg(test)]
mod tests;
