//! What upstreams have, and what it is like: listed, asked for, and told as AWS Config tells it (config.md §10).
//!
//! Everything that differs between types of resources is in one table, `resource-types.txt` ([`table`]); what answers
//! look like is in another, `models/answers.txt` ([`shapes`]). The rest is the same for all: a [`Lister`] puts calls to an
//! [`Upstream`] and walks the pages; [`describe`] makes of what was read a [`Description`](crate::Description);
//! [`touched()`] tells which resources a call has changed. What is asked for when is planned in [`plans`]; two jobs ask:
//! [`DiscoverUpstreams`] lists, [`LookAtChanged`] looks at single resources.

mod answer;
mod bucket;
mod call;
mod datum;
mod describe;
mod list_job;
mod lister;
mod look_job;
mod pages;
mod path;
mod plans;
mod shapes;
mod shaping;
mod table;
mod told;
mod touched;

pub use answer::Answer;
pub use call::{Call, CallForm, Reads};
pub use describe::complete;
pub use list_job::DiscoverUpstreams;
pub use lister::{CallFailed, Lister, Listing, Looked, Reading, Untold, Upstream};
pub use look_job::LookAtChanged;
pub(crate) use plans::Plans;
pub use table::{Handle, ResourceType, resource_type, resource_types};
pub use touched::{Touched, touched};

#[cfg(test)]
mod tests;
