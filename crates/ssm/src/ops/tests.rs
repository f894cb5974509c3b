//! The operations as callers see them, over the store and a turned clock.

mod activations;
mod asking;
mod compliance;
mod items;
mod telling;
