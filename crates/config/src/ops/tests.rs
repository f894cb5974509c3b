//! The operations as callers see them, over the store and a turned clock.

mod aggregators;
mod channel;
mod recorder;
mod resources;
mod stored_queries;
