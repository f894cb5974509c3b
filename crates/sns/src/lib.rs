//! SNS: topics, subscriptions, and messages that are really delivered.
//!
//! A publication is one transaction of the catalog: once it is committed, a [`record::DeliveryRecord`]
//! stands for every group of subscribers that still has to get it, and the job
//! [`deliver::DeliverMessages`] works until none is left. What a crash interrupts is done again.

mod authorization;
mod change;
pub mod deliver;
pub mod delivery_policy;
pub mod envelope;
pub mod expire;
pub mod filter_policy;
mod list_page;
pub mod mail;
mod message_id;
mod ops;
pub mod publish;
pub mod record;
mod service;
pub mod signing;
mod subscriptions;
mod tags;
mod topic_attributes;
mod topic_policy;
mod topics;

pub use service::{Outlets, Parts, ServicePublish, Signals, Sns, TopicPolicies};
