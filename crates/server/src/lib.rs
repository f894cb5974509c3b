//! The server: settings, wiring, HTTP, the job driver.
//!
//! This is the outermost edge: the real clock, randomness, the network and the process
//! are here, and every part is given what it needs by its constructor.

pub mod agent_command;
pub mod alarm_command;
pub mod alarm_pages;
pub mod coverage;
pub mod exchange;
pub mod job_driver;
pub mod last_used_job;
pub mod listener;
pub mod logging;
pub mod metrics;
pub mod own_pages;
pub mod pipeline;
pub mod run;
pub mod saved_clock;
pub mod settings;
pub mod state;
pub mod stranger_limit;
pub mod usage_job;
pub mod whole_call;
mod wiring;
