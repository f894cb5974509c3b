//! The service with all ways out, and calls to it in JSON.

use std::sync::{Arc, Mutex};

use api::{Authorization, CallContext, Principal, Service as _, ServiceError};
use async_trait::async_trait;
use base::{AccountId, Scope, SeededEntropy, SimulatedClock, SystemClock, Timestamp};
use outbound::{Fence, HttpClient, Trust, Upstreams};
use serde_json::{Value as Json, json};
use sns::expire::ExpireSubscriptions;
use sns::record::{DeliveryRecord, MessageKind};
use sns::signing::{Seal, Signer};
use sns::{Outlets, Parts, ServicePublish, Sns, TopicPolicies};
use store::catalog::{Action, Catalog, CatalogBackend, CatalogError, Change, Stored};
use store::job::Job as _;
use wire::schema::{Kind, Shape};
use wire::value::{Struct, Value};

pub const ACCOUNT: &str = "111122223333";
pub const OTHER: &str = "444455556666";
pub const REGION: &str = "eu-west-1";
pub const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:t";
pub const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:q";
pub const NOW: Timestamp = Timestamp::from_secs(1_772_002_800);

/// What a failed call tells: code and message.
pub type Failure = (String, String);

#[derive(Default)]
struct MemoryBackend(Mutex<Vec<Stored>>);

#[async_trait]
impl CatalogBackend for MemoryBackend {
    async fn load(&self, take: &mut (dyn FnMut(Stored) + Send)) -> Result<(), CatalogError> {
        self.0.lock().unwrap().iter().cloned().for_each(take);
        Ok(())
    }

    async fn apply(&self, changes: &[(Change, u64)]) -> Result<(), CatalogError> {
        let mut rows = self.0.lock().unwrap();
        for (change, version) in changes {
            rows.retain(|row| row.kind != change.kind || row.key != change.key);
            if let Action::Put { format, body } = &change.action {
                rows.push(Stored {
                    kind: change.kind.to_owned(),
                    key: change.key.clone(),
                    version: *version,
                    format: *format,
                    body: body.clone(),
                });
            }
        }
        Ok(())
    }
}

/// A service may publish when the policy has its name; a policy is broken when it says so.
struct ByName;

impl TopicPolicies for ByName {
    fn check(&self, policy: &str) -> Result<(), String> {
        if policy.contains("broken") { Err("Syntax errors in policy.".to_owned()) } else { Ok(()) }
    }

    fn service_may_publish(&self, asked: &ServicePublish<'_>) -> bool {
        asked.policy.contains(asked.service)
    }
}

struct Plain;

impl Seal for Plain {
    fn seal(&self, secret: &[u8], _name: &str) -> String {
        String::from_utf8_lossy(secret).into_owned()
    }

    fn open(&self, sealed: &str, _name: &str) -> Option<Vec<u8>> {
        Some(sealed.as_bytes().to_vec())
    }
}

pub struct World {
    pub sns: Sns,
    pub parts: Parts,
}

impl World {
    /// With all ways out but mail.
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// With no way out but HTTP.
    pub async fn closed() -> Self {
        Self::with(|outlets| {
            outlets.upstreams = upstreams(&[]);
            (outlets.sms_gateway, outlets.push_gateway) = (None, None);
        })
        .await
    }

    async fn with(change: impl FnOnce(&mut Outlets)) -> Self {
        let catalog = Arc::new(Catalog::open(Arc::new(MemoryBackend::default())).await.unwrap());
        let entropy = Arc::new(SeededEntropy::new(1));
        let gateway: outbound::Endpoint = "http://127.0.0.1:9/".parse().unwrap();
        let mut outlets = Outlets {
            http: client(),
            gateways: client(),
            upstreams: upstreams(&["sqs=http://127.0.0.1:9/", "lambda=http://127.0.0.1:9/"]),
            mail: None,
            sms_gateway: Some(gateway.clone()),
            push_gateway: Some(gateway),
            public_url: "http://127.0.0.1:4566".into(),
        };
        change(&mut outlets);
        let parts = Parts {
            signer: Arc::new(Signer::new(catalog.clone(), Arc::new(Plain), entropy.clone(), account(ACCOUNT))),
            catalog,
            policies: Arc::new(ByName),
            outlets,
            signals: Arc::default(),
            clock: Arc::new(SimulatedClock::new(NOW)),
            entropy,
        };
        Self { sns: Sns::new(parts.clone()), parts }
    }

    pub async fn call(&self, operation: &str, input: Json) -> Result<Json, Failure> {
        self.call_in(&context(), operation, input).await
    }

    pub async fn call_at(&self, now: Timestamp, operation: &str, input: Json) -> Result<Json, Failure> {
        self.call_in(&CallContext { now, ..context() }, operation, input).await
    }

    /// Checks and calls, as the pipeline does.
    pub async fn call_in(&self, cx: &CallContext, operation: &str, input: Json) -> Result<Json, Failure> {
        let operation = self.sns.schema().operation(operation).unwrap();
        let input = to_value(operation.input.unwrap(), &input);
        self.sns.validate(operation, &input).map_err(failure)?;
        self.sns.call(cx, operation, input).await.map(|output| to_json(&output)).map_err(failure)
    }

    /// The message of an `InvalidParameter`.
    pub async fn invalid(&self, operation: &str, input: Json) -> String {
        let (code, message) = self.call(operation, input).await.unwrap_err();
        assert_eq!(code, "InvalidParameter", "{message}");
        message
    }

    /// What a call would act on.
    pub fn authorization(&self, cx: &CallContext, operation: &str, input: Json) -> Authorization {
        let operation = self.sns.schema().operation(operation).unwrap();
        self.sns.authorization(cx, operation, Some(&to_value(operation.input.unwrap(), &input)))
    }

    pub async fn topic(&self, name: &str) -> String {
        let made = self.call("CreateTopic", json!({"Name": name})).await.unwrap();
        made["TopicArn"].as_str().unwrap().to_owned()
    }

    /// A confirmed subscription of a queue, with attributes.
    pub async fn queue(&self, topic: &str, endpoint: &str, attributes: Json) -> String {
        let input = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": endpoint, "Attributes": attributes});
        let made = self.call("Subscribe", input).await.unwrap();
        made["SubscriptionArn"].as_str().unwrap().to_owned()
    }

    /// A subscription over HTTP that waits, by its ARN.
    pub async fn waiting(&self, topic: &str, endpoint: &str) -> String {
        let input = json!({"TopicArn": topic, "Protocol": "http", "Endpoint": endpoint, "ReturnSubscriptionArn": true});
        let made = self.call("Subscribe", input).await.unwrap();
        made["SubscriptionArn"].as_str().unwrap().to_owned()
    }

    pub async fn attribute(&self, subscription: &str, name: &str) -> Json {
        let input = json!({"SubscriptionArn": subscription});
        self.call("GetSubscriptionAttributes", input).await.unwrap()["Attributes"][name].clone()
    }

    /// All that waits to be delivered, in the order of its keys.
    pub fn deliveries(&self) -> Vec<DeliveryRecord> {
        let all = self.parts.catalog.list_all::<DeliveryRecord>();
        all.into_iter().map(|(_, found)| found.value.as_ref().clone()).collect()
    }

    /// Bodies with where they go.
    pub fn sent(&self) -> Vec<(String, Vec<String>)> {
        let messages = self.deliveries().into_iter().filter(|record| record.message.kind == MessageKind::Notification);
        messages
            .map(|record| {
                let endpoints = record.targets.into_iter().map(|target| target.endpoint).collect();
                (record.message.body, endpoints)
            })
            .collect()
    }

    /// The token of the last confirmation, and where it went.
    pub fn last_token(&self) -> (String, String) {
        let last = self.deliveries().pop().unwrap();
        match last.message.kind {
            MessageKind::SubscriptionConfirmation { token } | MessageKind::UnsubscribeConfirmation { token } => {
                (token, last.targets[0].endpoint.clone())
            }
            MessageKind::Notification => panic!("the last message is no confirmation"),
        }
    }

    pub async fn expire(&self, now: Timestamp) {
        ExpireSubscriptions::new(self.parts.clone()).run(now).await.unwrap();
    }
}

fn client() -> HttpClient {
    HttpClient::new(Trust::Roots(rustls::RootCertStore::empty()), Fence::Open)
}

fn upstreams(texts: &[&str]) -> Upstreams {
    let upstreams = texts.iter().map(|text| text.parse().unwrap()).collect();
    let none = Trust::Roots(rustls::RootCertStore::empty());
    Upstreams::new(upstreams, none, Fence::Open, Arc::new(SystemClock)).unwrap()
}

pub fn account(number: &str) -> AccountId {
    number.parse().unwrap()
}

pub fn scope(number: &str) -> Scope {
    Scope { account: account(number), region: REGION.parse().unwrap() }
}

pub fn context() -> CallContext {
    root_of(ACCOUNT)
}

pub fn root_of(number: &str) -> CallContext {
    CallContext {
        principal: Principal::Root { account: account(number), access_key_id: "test".to_owned(), session: None },
        partition: base::Partition::Standard,
        region: REGION.parse().unwrap(),
        now: NOW,
        request_id: "r".to_owned(),
        source_ip: "203.0.113.7".to_owned(),
        user_agent: "test".to_owned(),
        host: "localhost".to_owned(),
        tls: None,
    }
}

/// Whoever follows a link, in the region that the server calls its own.
pub fn stranger() -> CallContext {
    let principal = Principal::Unknown { account: account("000000000000"), access_key_id: None };
    CallContext { principal, region: "us-east-1".parse().unwrap(), ..context() }
}

pub fn failure(error: ServiceError) -> Failure {
    (error.code.into_owned(), error.message.unwrap_or_default())
}

pub fn hours(hours: i64) -> Timestamp {
    NOW.plus_millis(hours * 3_600_000)
}

fn to_value(shape: &'static Shape, json: &Json) -> Value {
    match &shape.kind {
        Kind::Boolean => Value::Boolean(json.as_bool().unwrap()),
        Kind::String(_) => Value::String(json.as_str().unwrap().to_owned()),
        Kind::List(list) => {
            Value::List(json.as_array().unwrap().iter().map(|item| to_value(list.member, item)).collect())
        }
        Kind::Map(map) => {
            let entries = json.as_object().unwrap().iter();
            Value::Map(entries.map(|(key, value)| (key.clone(), to_value(map.value, value))).collect())
        }
        Kind::Structure(structure) => {
            let mut value = Struct::new(shape);
            for (name, json) in json.as_object().unwrap() {
                let (index, member) = structure.member(name).unwrap_or_else(|| panic!("{name} is no member"));
                value.set(index, to_value(member.shape, json));
            }
            Value::Struct(value)
        }
        _ => panic!("{shape:?} is not used in these tests"),
    }
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Boolean(value) => json!(value),
        Value::String(value) => json!(value),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(entries) => Json::Object(entries.iter().map(|(key, value)| (key.clone(), to_json(value))).collect()),
        Value::Struct(value) => {
            let members = value.shape.structure().unwrap().members;
            let entries = value.members.iter();
            Json::Object(
                entries.map(|(at, value)| (members[usize::from(*at)].name.to_owned(), to_json(value))).collect(),
            )
        }
        _ => panic!("{value:?} is not used in these tests"),
    }
}
