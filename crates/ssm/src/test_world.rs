//! The service and its jobs over a store in a temporary folder, on a clock that tests turn, told to an observer in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use api::call::Principal;
use api::{CallContext, Service as _, ServiceError};
use async_trait::async_trait;
use base::{Clock as _, Scope, SeededEntropy, SimulatedClock, Timestamp};
use bytes::Bytes;
use serde_json::{Value, json};
use store::job::Job;
use store::{Store, StoreOptions};
use tempfile::TempDir;
use wire::schema::Protocol;
use wire::{RawRequest, Target, protocol};

use crate::ports::{Description, ObserveError, Observed, Observers};
use crate::{Hosts, KeepInventory, Parts, Settings, Ssm, TellInventory};

/// 2026-07-04T09:30:00Z
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_783_157_400);
pub(crate) const HOST: &str = "mi-0123456789abcdef0";
pub(crate) const INVENTORY: &str = "AWS::SSM::ManagedInstanceInventory";

pub(crate) fn scope() -> Scope {
    Scope { account: "210987654321".parse().unwrap(), region: "eu-west-1".parse().unwrap() }
}

pub(crate) struct World {
    store: Store,
    clock: Arc<SimulatedClock>,
    pub(crate) ssm: Arc<Ssm>,
    pub(crate) hosts: Hosts,
    pub(crate) observer: Arc<Observer>,
    tell: TellInventory,
    keep: KeepInventory,
    folder: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::open(TempDir::new().unwrap(), Arc::new(SimulatedClock::new(NOW)), Arc::default()).await
    }

    async fn open(folder: TempDir, clock: Arc<SimulatedClock>, observer: Arc<Observer>) -> Self {
        let store = Store::open(StoreOptions::new(folder.path().to_owned(), clock.clone())).await.unwrap();
        let settings =
            Settings { type_bytes_max: 4096, host_bytes_max: 6000, custom_types_max: 2, ..Settings::default() };
        let entropy = Arc::new(SeededEntropy::new(1));
        let hosts = Hosts::new(store.catalog().clone());
        let parts = Parts::new(hosts.clone(), observer.clone(), entropy, settings);
        let (tell, keep) = (TellInventory::new(parts.clone()), KeepInventory::new(parts.clone()));
        Self { store, clock, ssm: Arc::new(Ssm::new(parts)), hosts, observer, tell, keep, folder }
    }

    /// A world whose server ended, as if killed, and started again on the same folder.
    pub(crate) async fn restarted(self) -> Self {
        let Self { store, clock, ssm, hosts, observer, tell, keep, folder } = self;
        store.close().await.unwrap();
        drop((store, ssm, hosts, tell, keep));
        Self::open(folder, clock, observer).await
    }

    /// Lets the jobs come to their end in order, as a stop does.
    pub(crate) async fn stop_jobs(&self) {
        self.keep.drain().await;
    }

    /// Runs the job that tells.
    pub(crate) async fn try_run(&self) -> Result<(), store::job::JobError> {
        self.tell.run(self.clock.now()).await
    }

    pub(crate) fn sleep(&self, secs: i64) {
        self.clock.move_to(self.clock.now().plus_millis(secs * 1000));
    }

    /// Runs the jobs as they run when they are woken, until nothing is left to tell.
    pub(crate) async fn run(&self) {
        self.keep.run(self.clock.now()).await.unwrap();
        self.tell.run(self.clock.now()).await.unwrap();
    }

    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        let operation = self.ssm.schema().operation(operation).expect("there is such an operation");
        let target = Target { service: self.ssm.schema(), operation, protocol: Protocol::Json11 };
        let raw = RawRequest {
            method: http::Method::POST,
            uri: http::Uri::from_static("/"),
            headers: http::HeaderMap::new(),
            body: Bytes::new(),
        };
        let input = protocol::decode_input(&target, &raw, input.to_string().as_bytes()).unwrap();
        self.ssm.validate(operation, &input)?;
        let output = self.ssm.call(&self.context(), operation, input).await?;
        Ok(serde_json::from_slice(&protocol::encode_output(&target, &output, "id").body).unwrap())
    }

    /// Calls an operation that must succeed.
    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error:?}"))
    }

    /// Calls an operation that must be refused: the error's name.
    pub(crate) async fn refused(&self, operation: &str, input: Value) -> String {
        match self.call(operation, input).await {
            Ok(answer) => panic!("{operation} answered {answer}"),
            Err(error) => error.name.into_owned(),
        }
    }

    /// Puts entries of a type of a host.
    pub(crate) async fn put(&self, host: &str, type_name: &str, entries: Value) {
        self.ok("PutInventory", json!({"InstanceId": host, "Items": [item(type_name, entries)]})).await;
    }

    pub(crate) fn context(&self) -> CallContext {
        let scope = scope();
        CallContext {
            principal: Principal::Root {
                account: scope.account,
                access_key_id: "AKIAEXAMPLE".to_owned(),
                session: None,
            },
            partition: scope.region.partition(),
            region: scope.region,
            now: self.clock.now(),
            request_id: "11111111-2222-3333-4444-555555555555".to_owned(),
            source_ip: "127.0.0.1".to_owned(),
            user_agent: String::new(),
            host: String::new(),
            tls: None,
        }
    }
}

/// An item of an inventory.
pub(crate) fn item(type_name: &str, entries: Value) -> Value {
    json!({"TypeName": type_name, "SchemaVersion": "1.0", "CaptureTime": "2026-07-04T09:30:00Z", "Content": entries})
}

/// Remembers what it is told.
#[derive(Default)]
pub(crate) struct Observer(Mutex<State>);

#[derive(Default)]
struct State {
    recording: Option<String>,
    is_broken: bool,
    told: usize,
    known: BTreeMap<(String, String), Option<Description>>,
}

impl Observer {
    pub(crate) fn record(&self, recording: Option<&str>) {
        self.0.lock().unwrap().recording = recording.map(str::to_owned);
    }

    pub(crate) fn break_off(&self, is_broken: bool) {
        self.0.lock().unwrap().is_broken = is_broken;
    }

    /// What was last told of a resource.
    pub(crate) fn known(&self, resource_type: &str, id: &str) -> Option<Description> {
        self.0.lock().unwrap().known.get(&(resource_type.to_owned(), id.to_owned())).cloned().flatten()
    }

    /// How often something was told.
    pub(crate) fn told(&self) -> usize {
        self.0.lock().unwrap().told
    }
}

#[async_trait]
impl Observers for Observer {
    fn recording(&self, _scope: &Scope) -> Option<String> {
        self.0.lock().unwrap().recording.clone()
    }

    async fn observe(&self, of: &Scope, observed: Observed, _now: Timestamp) -> Result<(), ObserveError> {
        assert_eq!(*of, scope());
        let mut state = self.0.lock().unwrap();
        if state.is_broken {
            return Err(ObserveError("broken".into()));
        }
        state.told += 1;
        let Observed { resource_type, resource_id, description } = observed;
        state.known.insert((resource_type.to_owned(), resource_id), description);
        Ok(())
    }
}
