//! Insights: rates of calls and of errors that are unusual against the week before (cloudtrail.md §8).
//!
//! The job reads every event once, in the order of arrival, and keeps counts for each minute: first minute by minute,
//! later as totals of days. What it decides on (a start, an end) is written down whole, with its ids, in the
//! transaction that moves its place; only then is the event put into its table, from which trails deliver it as they
//! deliver calls. So whatever is killed when, an unusual rate has one start and one end.
//!
//! How that is kept and why: `docs/adr/0011-insights-events.md`.

mod copy;
mod counts;
mod decide;
mod detect;
mod event;
mod follow;
mod lookup;
mod metric;
mod open;
mod sample;
mod series;
mod tally;

pub use detect::DetectInsights;

pub(crate) use counts::begin;
pub(crate) use event::Found;
pub(crate) use lookup::{of_management, of_trail};
pub(crate) use metric::{Measured, calls_by_period};

use base::{AccountId, Timestamp};
use store::catalog::Key;

/// Minutes since 1970, by which events are counted.
type Minute = i64;

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: Minute = 1_440;

/// The minute that a time is in.
fn minute_of(time: Timestamp) -> Minute {
    time.millis().div_euclid(MINUTE_MS)
}

/// When a minute begins.
fn time_of(minute: Minute) -> Timestamp {
    Timestamp::from_millis(minute.saturating_mul(MINUTE_MS))
}

/// The key of what there is one of: global, of account zero.
fn only_key() -> Key {
    Key::global(&AccountId::from_number(0).expect("zero is an account number"), "")
}

#[cfg(test)]
mod tests;
