//! The CloudTrail API.

use std::sync::Arc;
use std::time::Duration;

use api::{Authorization, CallContext, OperationTable, Service, ServiceError};
use async_trait::async_trait;
use base::{AccountId, Clock, Entropy};
use store::trail_event::TrailEvents;
use store::{Catalog, Store};
use tokio::sync::Notify;
use wire::schema;
use wire::value::Value;

use crate::digests::KeyRing;
use crate::ports::{Buckets, LogGroups, Seal, Topics};
use crate::throttle::Throttle;
use crate::{authorization, ops, validation};

/// How often files are delivered unless set otherwise (cloudtrail.md §5.3).
pub const DELIVERY_INTERVAL: Duration = Duration::from_secs(300);

/// How the service behaves where AWS's numbers may not fit.
#[derive(Clone, Debug)]
pub struct Settings {
    /// LookupEvents calls a second for each account and region; zero for no limit (cloudtrail.md §10.1).
    pub lookup_events_per_second: u32,
    /// How often a trail's files are delivered.
    pub delivery_interval: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lookup_events_per_second: 2, delivery_interval: DELIVERY_INTERVAL }
    }
}

/// What trails reach and need of others.
#[derive(Clone)]
pub struct Outlets {
    /// Where files go.
    pub buckets: Arc<dyn Buckets>,
    /// Where files are announced.
    pub topics: Arc<dyn Topics>,
    /// Where events go one by one.
    pub log_groups: Arc<dyn LogGroups>,
    /// What keeps the keys that digests are signed with.
    pub seal: Arc<dyn Seal>,
}

/// What the service and its jobs are made of.
#[derive(Clone)]
pub struct Parts {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) events: Arc<TrailEvents>,
    pub(crate) data_events: Arc<TrailEvents>,
    pub(crate) buckets: Arc<dyn Buckets>,
    pub(crate) topics: Arc<dyn Topics>,
    pub(crate) log_groups: Arc<dyn LogGroups>,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) delivery_interval: Duration,
    lookup_events_per_second: u32,
}

/// What wakes the jobs of trails.
#[derive(Debug, Default)]
pub struct Signals {
    /// Files are due before their time: logging stopped.
    pub files: Notify,
    /// There are events for log groups.
    pub logs: Notify,
    /// Chains of digests began or end.
    pub digests: Notify,
}

impl Parts {
    /// Parts over a store. Keys belong to the server's own account. The recorder wakes one of the jobs by the signals.
    pub fn new(
        store: &Store,
        outlets: Outlets,
        own_account: AccountId,
        signals: Arc<Signals>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: &Settings,
    ) -> Self {
        let catalog = store.catalog().clone();
        Self {
            keys: Arc::new(KeyRing::new(catalog.clone(), outlets.seal, entropy.clone(), own_account)),
            catalog,
            events: store.trail_events().clone(),
            data_events: store.data_events().clone(),
            buckets: outlets.buckets,
            topics: outlets.topics,
            log_groups: outlets.log_groups,
            signals,
            clock,
            entropy,
            delivery_interval: settings.delivery_interval,
            lookup_events_per_second: settings.lookup_events_per_second,
        }
    }
}

/// The CloudTrail service.
pub struct CloudTrail {
    pub(crate) parts: Parts,
    pub(crate) lookups: Throttle,
    operations: OperationTable<CloudTrail>,
}

impl CloudTrail {
    /// The service over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { lookups: Throttle::new(parts.lookup_events_per_second), parts, operations: ops::table() }
    }
}

#[async_trait]
impl Service for CloudTrail {
    fn schema(&self) -> &'static schema::Service {
        &api::cloudtrail::SERVICE
    }

    fn implemented(&self) -> Vec<(&'static str, &'static [&'static str])> {
        self.operations.implemented()
    }

    fn authorization(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Option<&Value>,
    ) -> Authorization {
        authorization::resources(&self.parts.catalog, cx, operation, input)
    }

    fn validate(&self, operation: &'static schema::Operation, input: &Value) -> Result<(), ServiceError> {
        validation::validate(operation, input)
    }

    async fn call(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Value,
    ) -> Result<Value, ServiceError> {
        self.operations.call(self, cx, self.schema(), operation, input).await
    }
}
