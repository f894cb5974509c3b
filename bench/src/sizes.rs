//! How much is measured, and for how long: what the environment says, else what the table is made with.

use std::time::Duration;

use crate::Failure;

/// A number from the environment.
pub fn number(name: &str, otherwise: u64) -> Result<u64, Failure> {
    match std::env::var(name) {
        Ok(text) => text.parse().map_err(|error| format!("{name}: {error}").into()),
        Err(_) => Ok(otherwise),
    }
}

/// How long a load lasts: so many seconds, unless `BENCH_LOAD_MILLISECONDS` says otherwise for all.
pub fn load_time(seconds: u64) -> Result<Duration, Failure> {
    Ok(Duration::from_millis(number("BENCH_LOAD_MILLISECONDS", seconds * 1000)?))
}
