//! The Logs API.

use std::sync::Arc;

use api::logs::types;
use api::{Answer, Authorization, CallContext, FromValue as _, IntoValue as _, OperationTable, Service, ServiceError};
use async_trait::async_trait;
use base::{Clock, Entropy};
use store::log_event::LogEvents;
use store::{Catalog, Metrics};
use tokio::sync::{Mutex, Notify, OnceCell, RwLock};
use wire::schema;
use wire::value::Value;

use crate::account_policies::AccountEffects;
use crate::data_protection::DataProtection;
use crate::directory::Directory;
use crate::field_indexes::IndexPolicies;
use crate::ids::Ids;
use crate::ingest::metric_filter::FilterCache;
use crate::live_tail::LiveTails;
use crate::ops::start_live_tail::start_live_tail;
use crate::pointer::Pointers;
use crate::ports::{Buckets, DestinationPolicies, Documents, Permissions, QueryEngine};
use crate::queries::Runs;
use crate::subscriptions::Arrivals;
use crate::transformers::Transformers;
use crate::{authorization, ops, validation};

/// What the service is made of.
#[derive(Clone)]
pub struct Parts {
    /// Records.
    pub catalog: Arc<Catalog>,
    /// Events.
    pub events: Arc<LogEvents>,
    /// What filters make of events.
    pub metrics: Arc<Metrics>,
    /// For subscriptions to functions and streams.
    pub upstreams: outbound::Upstreams,
    /// For subscriptions to HTTP endpoints: reaches what callers may choose.
    pub http: outbound::HttpClient,
    /// Where exports go.
    pub buckets: Arc<dyn Buckets>,
    /// Keeps what queries found.
    pub documents: Arc<dyn Documents>,
    /// Runs queries.
    pub queries: Arc<dyn QueryEngine>,
    /// Who may subscribe to a destination.
    pub policies: Arc<dyn DestinationPolicies>,
    /// Permissions beside the call's own.
    pub permissions: Arc<dyn Permissions>,
    /// What wakes the jobs.
    pub signals: Arc<Signals>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for ids and tokens.
    pub entropy: Arc<dyn Entropy>,
}

/// What wakes the jobs of Logs.
#[derive(Debug, Default)]
pub struct Signals {
    /// There are new events in groups with subscriptions.
    pub subscriptions: Notify,
    /// There are exports to do.
    pub exports: Notify,
}

/// The Logs service.
pub struct Logs {
    pub(crate) parts: Parts,
    pub(crate) ids: Ids,
    pub(crate) directory: Arc<Directory>,
    pub(crate) runs: Runs,
    /// Held for writing while a group goes with all that belongs to it, for reading while something is added to a
    /// group: nothing can be added that the one who removes did not see.
    pub(crate) membership: RwLock<()>,
    /// Held while deliveries, their sources or their destinations are made or go: each rests on the others.
    pub(crate) deliveries: Mutex<()>,
    pub(crate) metric_filters: FilterCache,
    pub(crate) index_policies: IndexPolicies,
    pub(crate) account_effects: Arc<AccountEffects>,
    pub(crate) arrivals: Arrivals,
    pub(crate) protection: DataProtection,
    pub(crate) transformers: Transformers,
    pointers: OnceCell<Pointers>,
    pub(crate) live_tails: Arc<LiveTails>,
    operations: OperationTable<Logs>,
}

impl Logs {
    /// The service over these parts.
    pub fn new(parts: Parts) -> Self {
        let directory = Arc::new(Directory::new(parts.catalog.clone()));
        parts.events.set_keep(directory.clone());
        let (engine, documents) = (parts.queries.clone(), parts.documents.clone());
        let account_effects = Arc::<AccountEffects>::default();
        let protection = DataProtection::with_effects(parts.catalog.clone(), account_effects.clone());
        let runs = Runs::new(parts.catalog.clone(), engine, documents, parts.clock.clone());
        Self {
            parts,
            ids: Ids::default(),
            directory,
            runs,
            membership: RwLock::default(),
            deliveries: Mutex::default(),
            metric_filters: FilterCache::default(),
            index_policies: IndexPolicies::default(),
            account_effects,
            arrivals: Arrivals::default(),
            protection,
            transformers: Transformers::default(),
            pointers: OnceCell::new(),
            live_tails: Arc::default(),
            operations: ops::table(),
        }
    }

    /// What makes and reads `@ptr`.
    ///
    /// # Errors
    /// The catalog's, when the key is made.
    pub(crate) async fn pointers(&self) -> Result<&Pointers, ServiceError> {
        let open = || Pointers::open(&self.parts.catalog, &*self.parts.entropy);
        self.pointers.get_or_try_init(open).await
    }

    /// Groups and streams by their numbers.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }
}

#[async_trait]
impl Service for Logs {
    fn schema(&self) -> &'static schema::Service {
        &api::logs::SERVICE
    }

    fn implemented(&self) -> Vec<(&'static str, &'static [&'static str])> {
        let streamed = ops::STREAMED.into_iter().map(|name| (name, &[][..]));
        let mut implemented: Vec<_> = self.operations.implemented().into_iter().chain(streamed).collect();
        implemented.sort_unstable();
        implemented
    }

    fn authorization(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Option<&Value>,
    ) -> Authorization {
        authorization::resources(operation, input, cx, &self.parts.catalog, &self.directory)
    }

    fn validate(&self, operation: &'static schema::Operation, input: &Value) -> Result<(), ServiceError> {
        validation::validate(operation, input)
    }

    async fn answer(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Value,
    ) -> Result<Answer, ServiceError> {
        if operation.name != "StartLiveTail" {
            return self.call(cx, operation, input).await.map(Answer::from);
        }
        let stream = start_live_tail(self, cx, types::StartLiveTailRequest::from_value(input))?;
        let output = types::StartLiveTailResponse { response_stream: None }.into_value();
        Ok(Answer { stream: Some(stream), ..Answer::from(output) })
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
