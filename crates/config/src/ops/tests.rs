//! The operations as callers see them, over the store and a turned clock.

mod aggregators;
mod channel;
mod compliance;
mod packs;
mod recorder;
mod resources;
mod rules;
mod stored_queries;
