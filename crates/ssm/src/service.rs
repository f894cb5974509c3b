//! The API of Systems Manager, as far as it is about inventory.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use api::{Authorization, CallContext, OperationTable, Service, ServiceError};
use async_trait::async_trait;
use base::Entropy;
use store::Catalog;
use tokio::sync::Notify;
use wire::schema;
use wire::value::Value;

use crate::contacts::{Contacts, Hosts};
use crate::ports::Observers;
use crate::tell::Untold;
use crate::{authorization, ops};

/// How the service behaves where AWS's numbers may not fit.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Bytes of a type of a host's inventory as JSON (config.md I-2).
    pub type_bytes_max: usize,
    /// Bytes of all of a host's inventory as JSON.
    pub host_bytes_max: usize,
    /// Types that callers made up, in an account and region.
    pub custom_types_max: usize,
    /// Whether configuration items hold types that AWS leaves out of them (I-4).
    pub items_hold_all_types: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { type_bytes_max: 4 << 20, host_bytes_max: 16 << 20, custom_types_max: 20, items_hold_all_types: false }
    }
}

/// What wakes the jobs.
#[derive(Debug, Default)]
pub struct Signals {
    /// A host changed.
    pub(crate) tell: Notify,
    /// Inventory is to be deleted.
    pub(crate) keep: Notify,
}

/// What the service and its jobs are made of.
#[derive(Clone)]
pub struct Parts {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) observers: Arc<dyn Observers>,
    pub(crate) contacts: Arc<Contacts>,
    pub(crate) untold: Arc<Untold>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
}

impl Parts {
    /// Parts over hosts.
    pub fn new(hosts: Hosts, observers: Arc<dyn Observers>, entropy: Arc<dyn Entropy>, settings: Settings) -> Self {
        let signals = Arc::new(Signals::default());
        // What was not told of or not deleted before a crash is found at once.
        signals.tell.notify_one();
        signals.keep.notify_one();
        let Hosts { catalog, contacts } = hosts;
        Self { catalog, observers, contacts, untold: Arc::default(), signals, entropy, settings }
    }
}

/// The operations that are built.
static BUILT: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| ops::table().implemented().into_iter().map(|(name, _)| name).collect());

/// The service.
pub struct Ssm {
    pub(crate) parts: Parts,
    operations: OperationTable<Ssm>,
}

impl Ssm {
    /// The service over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, operations: ops::table() }
    }

    /// Whether a call of an operation by this name is the server's own affair though an upstream has the service: all
    /// that is built is, and of operations on tags those on hosts.
    pub fn serves(operation: &str) -> Serves {
        match operation {
            "AddTagsToResource" | "ListTagsForResource" | "RemoveTagsFromResource" => Serves::Hosts,
            built if BUILT.contains(built) => Serves::All,
            _ => Serves::None,
        }
    }
}

/// Which calls of an operation are the server's own affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// Every call.
    All,
    /// Those whose `ResourceType` is `ManagedInstance`.
    Hosts,
    /// None.
    None,
}

#[async_trait]
impl Service for Ssm {
    fn schema(&self) -> &'static schema::Service {
        &api::ssm::SERVICE
    }

    fn implemented(&self) -> Vec<(&'static str, &'static [&'static str])> {
        self.operations.implemented()
    }

    /// A host that registers has no credentials yet: the activation's code is the secret.
    fn takes_unsigned(&self, operation: &'static schema::Operation) -> bool {
        operation.name == "RegisterManagedInstance"
    }

    fn authorization(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Option<&Value>,
    ) -> Authorization {
        authorization::resources(&self.parts.catalog, cx, operation, input)
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
