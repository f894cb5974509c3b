//! A service over a store, called in JSON.

use std::sync::Arc;

use api::{Answer, CallContext, Principal, Service, ServiceError};
use base::{Clock, Partition, SeededEntropy, SimulatedClock, Timestamp};
use cloudwatch::{CloudWatch, Parts};
use http::{HeaderMap, Method, Uri};
use serde_json::Value as Json;
use store::{Store, StoreOptions};
use wire::protocol;
use wire::schema::Protocol;
use wire::{RawRequest, Target};

/// 2026-01-01T12:00:00Z
pub const NOW: i64 = 1_767_268_800;

pub struct World {
    pub service: CloudWatch,
    pub clock: Arc<SimulatedClock>,
    _store: Store,
    _folder: tempfile::TempDir,
}

/// Code and message.
pub type Refusal = (String, String);

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SimulatedClock::new(Timestamp::from_secs(NOW)));
        let store = Store::open(StoreOptions::new(folder.path(), clock.clone())).await.unwrap();
        let service = CloudWatch::new(Parts {
            metrics: store.metrics().clone(),
            catalog: store.catalog().clone(),
            metric_stream_destinations: Arc::default(),
            alarm_signals: Arc::default(),
            alarm_events: false,
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(1)),
        });
        Self { service, clock, _store: store, _folder: folder }
    }

    /// Lets time pass.
    pub fn pass(&self, secs: i64) {
        self.clock.move_to(self.clock.now().plus_millis(secs * 1000));
    }

    fn context(&self, account: &str) -> CallContext {
        let account = account.parse().unwrap();
        CallContext {
            principal: Principal::Root { account, access_key_id: "AKIATEST".to_owned(), session: None },
            region: "us-east-1".parse().unwrap(),
            partition: Partition::Standard,
            now: self.clock.now(),
            request_id: "request".to_owned(),
            source_ip: "127.0.0.1".to_owned(),
            user_agent: String::new(),
            host: String::new(),
            tls: None,
        }
    }

    /// Decodes a request as the pipeline does, checks and runs it.
    pub async fn answer(
        &self,
        account: &str,
        protocol: Protocol,
        operation: &str,
        body: &[u8],
    ) -> Result<(Target, Answer), ServiceError> {
        let service = self.service.schema();
        let target = Target { service, operation: service.operation(operation).unwrap(), protocol };
        let raw = RawRequest {
            method: Method::POST,
            uri: Uri::from_static("/"),
            headers: HeaderMap::new(),
            body: body.to_vec().into(),
        };
        let input = protocol::decode_input(&target, &raw, body).unwrap();
        self.service.validate(target.operation, &input)?;
        let answer = self.service.answer(&self.context(account), target.operation, input).await?;
        Ok((target, answer))
    }

    pub async fn try_call(&self, operation: &str, input: Json) -> Result<Json, Refusal> {
        self.call_as("000000000000", operation, input).await
    }

    pub async fn call_as(&self, account: &str, operation: &str, input: Json) -> Result<Json, Refusal> {
        let body = serde_json::to_vec(&input).unwrap();
        let (target, answer) = self
            .answer(account, Protocol::Json10, operation, &body)
            .await
            .map_err(|error| (error.code.to_string(), error.message.unwrap_or_default()))?;
        let response = protocol::encode_output(&target, &answer.output, "request");
        Ok(serde_json::from_slice(&response.body).unwrap_or(Json::Null))
    }

    pub async fn call(&self, operation: &str, input: Json) -> Json {
        self.try_call(operation, input.clone())
            .await
            .unwrap_or_else(|refusal| panic!("{operation} {input}: {refusal:?}"))
    }

    /// Puts samples of one value a time: (seconds before now, value).
    pub async fn put(&self, name: &str, dimensions: Json, unit: &str, samples: &[(i64, f64)]) {
        let now = self.clock.now().secs();
        let data: Vec<Json> = samples
            .iter()
            .map(|(age, value)| {
                serde_json::json!({
                    "MetricName": name, "Dimensions": dimensions, "Unit": unit, "Timestamp": now - age, "Value": value,
                })
            })
            .collect();
        for data in data.chunks(1000) {
            self.call("PutMetricData", serde_json::json!({"Namespace": "Shop", "MetricData": data})).await;
        }
    }
}
