//! The server: settings, wiring, HTTP, the job driver.
//!
//! This is the outermost edge: the real clock, randomness, the network and the process
//! are here, and every part is given what it needs by its constructor.

mod account_facts;
pub mod agent_command;
pub mod alarm_command;
pub mod alarm_pages;
mod callee_wiring;
mod config_wiring;
pub mod coverage;
pub mod exchange;
mod folder_documents;
mod gateway_exchange;
mod inventory_wiring;
pub mod job_driver;
pub mod lake_queries;
pub mod last_used_job;
pub mod listener;
pub mod log_names;
pub mod log_queries;
pub mod logging;
pub mod metrics;
mod newest_items;
mod observation_page;
pub mod own_pages;
mod own_resources;
pub mod own_service;
pub mod page_client;
pub mod pipeline;
pub mod resource_command;
mod resource_pages;
mod resource_report;
pub mod run;
mod s3_exchange;
mod s3_wiring;
pub mod saved_clock;
pub mod settings;
mod shared_service;
pub mod sign_in_limit;
pub mod sign_in_pages;
pub mod signed_pages;
pub mod sql_command;
pub mod sql_pages;
pub mod state;
pub mod stranger_limit;
pub mod streamed_body;
mod trail_wiring;
mod upstream_pages;
mod upstream_resources;
mod upstream_wiring;
mod upstream_witness;
pub mod usage_job;
pub mod verify_command;
mod whole_call;
mod wiring;
