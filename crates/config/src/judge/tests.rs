//! Rules over resources that come, change and go, on a clock that tests turn.

mod changes;
mod custom_rules;
mod periodic;
mod together;
mod world;
