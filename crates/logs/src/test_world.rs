//! The service over a store in a temporary folder, spoken to in JSON as clients do, for tests.

use std::sync::Arc;

use api::call::Principal;
use api::{Answer, CallContext, Service as _, ServiceError};
use async_trait::async_trait;
use base::{Clock as _, Scope, SeededEntropy, SimulatedClock, SystemClock, Timestamp};
use bytes::Bytes;
use outbound::{Fence, HttpClient, Trust, Upstreams};
use serde_json::{Value, json};
use store::metric::{BucketRead, Metric};
use store::{Store, StoreOptions};
use tempfile::TempDir;
use wire::schema::Protocol;
use wire::{RawRequest, Target, protocol};

use crate::ports::{
    BucketError, Buckets, DestinationPolicies, Documents, Permissions, QueryEngine, QueryOutcome, QueryRun,
};
use crate::{Logs, Parts, Signals};

/// 2026-02-26T10:00:00Z
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_772_100_000);

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clock: Arc<SimulatedClock>,
    pub(crate) logs: Arc<Logs>,
    folder: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::open(TempDir::new().unwrap(), Arc::new(SimulatedClock::new(NOW))).await
    }

    /// A world whose server ended and started again on the same folder.
    pub(crate) async fn restarted(self) -> Self {
        let Self { store, clock, logs, folder } = self;
        store.close().await.unwrap();
        drop((store, logs));
        Self::open(folder, clock).await
    }

    async fn open(folder: TempDir, clock: Arc<SimulatedClock>) -> Self {
        let store = Store::open(StoreOptions::new(folder.path().to_owned(), clock.clone())).await.unwrap();
        let http = HttpClient::new(Trust::Machine, Fence::Open);
        let parts = Parts {
            catalog: store.catalog().clone(),
            events: store.log_events().clone(),
            metrics: store.metrics().clone(),
            upstreams: Upstreams::new(Vec::new(), Trust::Machine, Fence::Open, Arc::new(SystemClock)).unwrap(),
            http,
            buckets: Arc::new(Nothing),
            queries: Arc::new(Nothing),
            documents: Arc::new(Nothing),
            policies: Arc::new(Nothing),
            permissions: Arc::new(Nothing),
            signals: Arc::new(Signals::default()),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(1)),
        };
        Self { store, clock, logs: Arc::new(Logs::new(parts)), folder }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().millis()
    }

    pub(crate) fn clock(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock on.
    pub(crate) fn advance(&self, millis: i64) {
        self.clock.move_to(self.clock.now().plus_millis(millis));
    }

    /// Calls an operation as the test's account.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        self.call_in(&scope(), operation, input).await
    }

    /// Calls an operation as the root of an account.
    pub(crate) async fn call_in(&self, scope: &Scope, operation: &str, input: Value) -> Result<Value, ServiceError> {
        let output = self.answer(&context(scope, self.clock.now()), operation, input).await?.output;
        let operation = self.logs.schema().operation(operation).expect("there is such an operation");
        let target = Target { service: self.logs.schema(), operation, protocol: Protocol::Json11 };
        let body = protocol::encode_output(&target, &output, "id").body;
        Ok(if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }

    /// Calls an operation, as the request pipeline does once a caller may.
    pub(crate) async fn answer(&self, cx: &CallContext, operation: &str, input: Value) -> Result<Answer, ServiceError> {
        let operation = self.logs.schema().operation(operation).expect("there is such an operation");
        let target = Target { service: self.logs.schema(), operation, protocol: Protocol::Json11 };
        let raw = RawRequest {
            method: http::Method::POST,
            uri: http::Uri::from_static("/"),
            headers: http::HeaderMap::new(),
            body: Bytes::new(),
        };
        let input = protocol::decode_input(&target, &raw, input.to_string().as_bytes()).unwrap();
        self.logs.validate(operation, &input)?;
        self.logs.answer(cx, operation, input).await
    }

    /// Calls an operation that must succeed.
    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error:?}"))
    }

    /// Calls an operation that must be refused: the code and the text.
    pub(crate) async fn refused(&self, operation: &str, input: Value) -> (String, String) {
        match self.call(operation, input).await {
            Ok(answer) => panic!("{operation} answered {answer}"),
            Err(error) => (error.name.into_owned(), error.message.unwrap_or_default()),
        }
    }

    /// Count and sum of a metric, by the minute, over the two minutes around now.
    pub(crate) async fn metric(&self, namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Vec<(f64, f64)> {
        let dimensions = dimensions.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let metric = Metric { namespace: namespace.into(), name: name.into(), dimensions };
        let series: Vec<_> = self.store.metrics().series(&scope(), &metric).into_iter().map(|(_, id)| id).collect();
        let minute_secs = self.clock().secs().div_euclid(60) * 60;
        let (start_secs, end_secs) = (minute_secs - 60, minute_secs + 60);
        let read = BucketRead { series, start_secs, end_secs, period_secs: 60, now: self.clock() };
        let buckets = self.store.metrics().read(read).await.unwrap().into_iter().flatten();
        buckets.map(|bucket| (bucket.sample.count, bucket.sample.sum)).collect()
    }

    /// Makes a group with streams.
    pub(crate) async fn make(&self, group: &str, streams: &[&str]) {
        self.ok("CreateLogGroup", json!({"logGroupName": group})).await;
        for stream in streams {
            self.ok("CreateLogStream", json!({"logGroupName": group, "logStreamName": stream})).await;
        }
    }

    /// Puts events, given as milliseconds from now and messages.
    pub(crate) async fn put(&self, group: &str, stream: &str, events: &[(i64, &str)]) -> Value {
        self.ok("PutLogEvents", self.put_input(group, stream, events)).await
    }

    /// The input of such a put.
    pub(crate) fn put_input(&self, group: &str, stream: &str, events: &[(i64, &str)]) -> Value {
        let event = |(after, message): &(i64, &str)| json!({"timestamp": self.now() + after, "message": message});
        let events: Vec<Value> = events.iter().map(event).collect();
        json!({"logGroupName": group, "logStreamName": stream, "logEvents": events})
    }
}

pub(crate) fn scope() -> Scope {
    Scope { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() }
}

/// A call of an account's root.
pub(crate) fn context(scope: &Scope, now: Timestamp) -> CallContext {
    CallContext {
        principal: Principal::Root {
            account: scope.account.clone(),
            access_key_id: "AKIAEXAMPLE".to_owned(),
            session: None,
        },
        region: scope.region.clone(),
        partition: scope.region.partition(),
        now,
        request_id: "11111111-2222-3333-4444-555555555555".to_owned(),
        source_ip: "127.0.0.1".to_owned(),
        user_agent: String::new(),
        host: String::new(),
        tls: None,
    }
}

/// The messages of an answer's events.
pub(crate) fn messages(answer: &Value) -> Vec<&str> {
    answer["events"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap()).collect()
}

/// A bucket that cannot be reached for the moment.
pub(crate) const AWAY: &str = "away";

/// Stands for what a test does not use.
struct Nothing;

#[async_trait]
impl Buckets for Nothing {
    async fn exists(&self, _: &Scope, _: &str) -> Result<bool, BucketError> {
        Ok(false)
    }

    async fn put(&self, _: &Scope, bucket: &str, _: &str, _: Vec<u8>) -> Result<(), BucketError> {
        Err(BucketError { message: "there are no buckets".to_owned(), passing: bucket == AWAY })
    }
}

#[async_trait]
impl QueryEngine for Nothing {
    async fn run(&self, _: QueryRun) -> Result<QueryOutcome, String> {
        Err("there is no engine".to_owned())
    }
}

#[async_trait]
impl Documents for Nothing {
    async fn put(&self, _: &str, _: Vec<u8>) -> Result<(), String> {
        Err("there are no documents".to_owned())
    }

    async fn get(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }

    async fn remove(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
}

impl DestinationPolicies for Nothing {
    fn check(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn may_subscribe(&self, _: &str, _: &str, _: &CallContext) -> bool {
        false
    }
}

impl Permissions for Nothing {
    fn allows(&self, _: &CallContext, _: &str, resource: &str) -> bool {
        !resource.ends_with("forbidden")
    }
}
