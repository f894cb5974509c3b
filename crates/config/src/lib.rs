//! AWS Config: what resources are like and were like, who is related to whom, and rules over them.
//!
//! Sources observe; [`Item`]s are what was observed, compared and written down when it differs. Rules are pure functions
//! over an item ([`rule`]). How all of it is kept is in docs/adr/0013-configuration-items.md.

pub mod difference;
pub mod item;
pub mod messages;
pub mod rule;
pub mod rules;

pub use item::Item;
