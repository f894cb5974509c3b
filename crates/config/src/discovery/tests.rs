//! Discovery against what a moto server answered, as `crates/config/tests/capture.py` kept it.

mod captured;
mod failures;
mod jobs;
mod told;
mod types;
