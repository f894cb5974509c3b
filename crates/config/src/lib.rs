//! AWS Config: what resources are like and were like, who is related to whom, and rules over them.
//!
//! Sources observe ([`Parts::observe`]); [`Item`]s are what was observed, written down where it differs from what was
//! known. Rules are pure functions over an item ([`rule`]). How all of it is kept is in
//! docs/adr/0013-configuration-items.md.

mod aggregate_rules;
mod aggregation_authorizations;
mod aggregators;
pub mod as_of;
mod authorization;
mod change;
mod channel;
mod compliance;
mod compliance_item;
mod conformance;
mod custom;
pub mod delivery;
pub mod difference;
pub mod discovery;
mod due;
mod earliest;
mod events;
pub mod facts;
pub mod guard;
mod history;
pub mod item;
mod judge;
pub mod messages;
mod names;
pub mod newest;
mod notices;
pub mod observe;
pub mod ops;
mod own_item;
mod paging;
mod policy;
pub mod ports;
mod present;
mod queries;
mod recorder;
mod recording_group;
mod relations;
mod remediation;
pub mod resource_types;
mod results;
mod retention;
pub mod rule;
mod rule_book;
mod rule_shapes;
mod rule_state;
pub mod rules;
mod service;
mod shapes;
mod standing;
mod stored_queries;
mod sweep;
mod sweep_status;
mod tagged;
mod tags;
#[cfg(test)]
mod test_world;
mod type_changes;
mod validation;

pub use compliance_item::RecordCompliance;
pub use conformance::{DeployPacks, RecordPackCompliance, try_template};
pub use custom::{ForgetTokens, InvokeFunctions};
pub use discovery::{DiscoverUpstreams, LookAtChanged};
pub use events::SendEvents;
pub use item::Item;
pub use judge::{JudgeChanges, JudgeRules};
pub use notices::TellChanges;
pub use observe::{Description, Observation, ObserveError, RecordDaily, Source};
pub use remediation::Remediate;
pub use retention::ForgetDeleted;
pub use service::{Config, Outlets, Parts, Settings, Signals, keep_items};
pub use sweep::SweepOwn;
