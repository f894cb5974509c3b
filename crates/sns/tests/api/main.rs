//! SNS as its callers see it: the service through its trait, over a catalog whose backend is
//! a list in memory. What is to be delivered is read from the catalog.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod fifo;
mod publishing;
mod subscriptions;
mod topics;
mod world;
