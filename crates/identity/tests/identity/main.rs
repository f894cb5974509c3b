//! Identity as its callers see it: the services through their trait, over a catalog whose
//! backend is a list in memory.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod authentication;
mod authorization;
mod credential_report;
mod iam_errors;
mod iam_operations;
mod password_policy;
mod resource_policies;
mod root_devices;
mod sign_in;
mod start;
mod sts;
mod world;
