//! The API of AWS Config.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use api::{Authorization, CallContext, OperationTable, Service, ServiceError};
use async_trait::async_trait;
use base::{Entropy, Scope};
use store::{Catalog, ConfigItems, Store};
use tokio::sync::Notify;
use wire::schema;
use wire::value::Value;

use crate::discovery::{Plans, Upstream};
use crate::ports::{AccountFacts, Automations, Buckets, Events, Functions, OwnResources, Topics};
use crate::retention::Retentions;
use crate::{authorization, ops, validation};

/// How the service behaves where AWS's numbers may not fit.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Live resources that callers may have put (H-9).
    pub pushed_resources_max: usize,
    /// Rules that an account may have in a region.
    pub rules_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { pushed_resources_max: 100_000, rules_max: 1000 }
    }
}

/// What Config reaches and needs of others.
#[derive(Clone)]
pub struct Outlets {
    /// Where snapshots and histories go.
    pub buckets: Arc<dyn Buckets>,
    /// Where changes are published.
    pub topics: Arc<dyn Topics>,
    /// The server's own resources.
    pub own: Arc<dyn OwnResources>,
    /// What rules ask that is no item.
    pub facts: Arc<dyn AccountFacts>,
    /// What custom rules invoke.
    pub functions: Arc<dyn Functions>,
    /// What remediations run.
    pub automations: Arc<dyn Automations>,
    /// What has the resources that others serve, where there is something.
    pub upstream: Option<Arc<dyn Upstream>>,
    /// Where events go, when somebody wants them.
    pub events: Option<Arc<dyn Events>>,
}

/// What wakes the jobs of Config.
#[derive(Debug, Default)]
pub struct Signals {
    /// There are items to tell of.
    pub notices: Notify,
    /// There may be events to send.
    pub events: Notify,
    /// There is something to look at again.
    pub sweep: Notify,
    /// There are resources to be judged.
    pub judge: Notify,
    /// There are rules to be evaluated as a whole, or to be removed.
    pub schedule: Notify,
    /// There are packs to be put or to be removed.
    pub packs: Notify,
    /// There may be items of compliance to be written.
    pub compliance: Notify,
    /// There are functions to be invoked.
    pub invocations: Notify,
    /// There are remediations to be carried out.
    pub remediations: Notify,
    /// Snapshots or histories are due before their time.
    pub delivery: Notify,
    /// There is something to list at an upstream.
    pub listing: Notify,
    /// There is something to ask an upstream for.
    pub looks: Notify,
}

/// What the service and its jobs are made of.
#[derive(Clone)]
pub struct Parts {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) items: Arc<ConfigItems>,
    pub(crate) outlets: Outlets,
    pub(crate) signals: Arc<Signals>,
    pub(crate) stale: Arc<crate::sweep::Stale>,
    pub(crate) plans: Arc<Plans>,
    pub(crate) sweeps: Arc<crate::sweep_status::Sweeps>,
    pub(crate) pushed: Arc<PushedCounts>,
    /// Held while something is judged and until that is written, so that what is judged later is written later.
    pub(crate) judging: Arc<tokio::sync::Mutex<()>>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
}

/// Has a store keep, and readers see, items for as long as their retention says. Who reads a store without the service
/// calls it too.
pub fn keep_items(store: &Store) {
    store.config_items().set_keep(Arc::new(Retentions::new(store.catalog().clone())));
}

impl Parts {
    /// Parts over a store.
    pub fn new(store: &Store, outlets: Outlets, entropy: Arc<dyn Entropy>, settings: Settings) -> Self {
        let catalog = store.catalog().clone();
        keep_items(store);
        let signals = Arc::new(Signals::default());
        // What changed while the server was down is found at once.
        signals.sweep.notify_one();
        for signal in [&signals.packs, &signals.judge, &signals.schedule, &signals.compliance, &signals.invocations] {
            signal.notify_one();
        }
        signals.remediations.notify_one();
        signals.listing.notify_one();
        Self {
            catalog,
            items: store.config_items().clone(),
            outlets,
            signals,
            stale: Arc::default(),
            plans: Arc::default(),
            sweeps: Arc::default(),
            pushed: Arc::default(),
            judging: Arc::default(),
            entropy,
            settings,
        }
    }
}

impl Parts {
    /// Wakes who works on with results that are written.
    pub(crate) fn wake_for_results(&self) {
        let Signals { notices, compliance, remediations, .. } = &*self.signals;
        for signal in [notices, compliance, remediations] {
            signal.notify_one();
        }
    }
}

/// How many live resources callers have put, at most: counted anew only when there may be too many.
#[derive(Debug, Default)]
pub(crate) struct PushedCounts(Mutex<HashMap<Scope, usize>>);

impl PushedCounts {
    /// Whether there is room for one more, which then counts.
    pub(crate) fn admit(&self, scope: &Scope, most: usize, count: impl FnOnce() -> usize) -> bool {
        let mut counts = self.0.lock().expect("no holder of this lock panics");
        let known = counts.get(scope).copied().filter(|known| *known < most);
        let there = known.unwrap_or_else(count);
        counts.insert(scope.clone(), there + 1);
        there < most
    }
}

/// The service AWS Config.
pub struct Config {
    pub(crate) parts: Parts,
    operations: OperationTable<Config>,
}

impl Config {
    /// The service over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, operations: ops::table() }
    }
}

#[async_trait]
impl Service for Config {
    fn schema(&self) -> &'static schema::Service {
        &api::config::SERVICE
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
        self.operations.call(self, cx, self.schema(), operation, input).await
    }
}
