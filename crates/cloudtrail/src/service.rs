//! The CloudTrail API.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::cloudtrail::errors;
use api::{Authorization, CallContext, OperationTable, Service, ServiceError};
use async_trait::async_trait;
use base::{AccountId, Clock, Entropy};
use store::trail_event::TrailEvents;
use store::{Catalog, LakeEvents, Store};
use tokio::sync::Notify;
use wire::schema;
use wire::value::Value;

use crate::digests::KeyRing;
use crate::lake::engine::{Documents, LakeEngine};
use crate::lake::ingest::Places;
use crate::lake::keep::StoreRetention;
use crate::lake::queries::Runs;
use crate::ports::{Buckets, LogGroups, ResourcePolicies, Seal, Topics};
use crate::throttle::Throttle;
use crate::{authorization, ops, validation};

/// How often files are delivered unless set otherwise (cloudtrail.md §5.3).
pub const DELIVERY_INTERVAL: Duration = Duration::from_secs(300);

/// Minutes that must have been counted before a rate can be found unusual, unless set otherwise (cloudtrail.md §8.2).
pub const INSIGHTS_MIN_HISTORY_MINUTES: u64 = 1_440;

/// How the service behaves where AWS's numbers may not fit.
#[derive(Clone, Debug)]
pub struct Settings {
    /// LookupEvents calls a second for each account and region; zero for no limit (cloudtrail.md §10.1).
    pub lookup_events_per_second: u32,
    /// How often a trail's files are delivered.
    pub delivery_interval: Duration,
    /// How many minutes must have been counted before a rate can be found unusual (cloudtrail.md §8.2).
    pub insights_min_history_minutes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lookup_events_per_second: 2,
            delivery_interval: DELIVERY_INTERVAL,
            insights_min_history_minutes: INSIGHTS_MIN_HISTORY_MINUTES,
        }
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
    /// What reads policies of event data stores and channels.
    pub policies: Arc<dyn ResourcePolicies>,
    /// What runs queries over event data stores.
    pub lake: Arc<dyn LakeEngine>,
    /// Where the results of queries are kept.
    pub documents: Arc<dyn Documents>,
}

/// What the service and its jobs are made of.
#[derive(Clone)]
pub struct Parts {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) events: Arc<TrailEvents>,
    pub(crate) data_events: Arc<TrailEvents>,
    pub(crate) lake_events: Arc<LakeEvents>,
    pub(crate) places: Arc<Places>,
    pub(crate) insight_events: Arc<TrailEvents>,
    pub(crate) buckets: Arc<dyn Buckets>,
    pub(crate) topics: Arc<dyn Topics>,
    pub(crate) log_groups: Arc<dyn LogGroups>,
    pub(crate) policies: Arc<dyn ResourcePolicies>,
    pub(crate) lake: Arc<dyn LakeEngine>,
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) delivery_interval: Duration,
    pub(crate) insights_min_history_minutes: u64,
    lookup_events_per_second: u32,
}

/// What wakes the jobs of trails and event data stores.
#[derive(Debug, Default)]
pub struct Signals {
    /// Files are due before their time: logging stopped.
    pub files: Notify,
    /// There are events for log groups.
    pub logs: Notify,
    /// Chains of digests began or end.
    pub digests: Notify,
    /// Event data stores are to be filled before their time.
    pub stores: Notify,
    /// Event data stores can be removed.
    pub removal: Notify,
    /// Imports began.
    pub imports: Notify,
    /// There is something to be counted, or no more.
    pub insights: Notify,
    /// The job that counts runs by no time of its own: the next event is to wake it.
    pub(crate) insights_sleep: AtomicBool,
}

impl Signals {
    /// An event was recorded.
    pub(crate) fn event_recorded(&self) {
        // Most events find the job awake, which costs them a look.
        if self.insights_sleep.load(Ordering::SeqCst) && self.insights_sleep.swap(false, Ordering::SeqCst) {
            self.insights.notify_one();
        }
    }
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
        store.lake_events().set_keep(Arc::new(StoreRetention::new(catalog.clone())));
        Self {
            keys: Arc::new(KeyRing::new(catalog.clone(), outlets.seal, entropy.clone(), own_account)),
            catalog,
            events: store.trail_events().clone(),
            data_events: store.data_events().clone(),
            lake_events: store.lake_events().clone(),
            places: Arc::default(),
            insight_events: store.insight_events().clone(),
            buckets: outlets.buckets,
            topics: outlets.topics,
            log_groups: outlets.log_groups,
            policies: outlets.policies,
            lake: outlets.lake,
            documents: outlets.documents,
            signals,
            clock,
            entropy,
            delivery_interval: settings.delivery_interval,
            insights_min_history_minutes: settings.insights_min_history_minutes,
            lookup_events_per_second: settings.lookup_events_per_second,
        }
    }
}

/// The CloudTrail service.
pub struct CloudTrail {
    pub(crate) parts: Parts,
    pub(crate) lookups: Throttle,
    pub(crate) queries: Runs,
    operations: OperationTable<CloudTrail>,
}

impl CloudTrail {
    /// The service over these parts.
    pub fn new(parts: Parts) -> Self {
        let lookups = Throttle::new(parts.lookup_events_per_second);
        Self { lookups, queries: Runs::default(), parts, operations: ops::table() }
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
        authorization::resources(&self.parts, cx, operation, input)
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
        if !self.operations.has(operation) {
            // CloudTrail has an error of its own for what it does not do (cloudtrail.md §9.5).
            let message = format!("This server does not support {}.", operation.name);
            return Err(errors::unsupported_operation_exception(message));
        }
        self.operations.call(self, cx, self.schema(), operation, input).await
    }
}
