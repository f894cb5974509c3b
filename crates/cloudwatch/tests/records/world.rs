//! CloudWatch over a store in a temporary folder, and calls to it in JSON.

use std::sync::Arc;

use api::{CallContext, Principal, Service as _, ServiceError};
use base::{AccountId, Scope, SeededEntropy, SimulatedClock, Timestamp};
use cloudwatch::metric_streams::{DeliverMetricStreams, Destinations, NamedDestination};
use cloudwatch::{CloudWatch, Parts};
use outbound::{Fence, HttpClient, Trust};
use serde_json::{Value as Json, json};
use store::job::Job as _;
use store::metric::{Datum, Metric, StatSample, Unit};
use store::{Store, StoreOptions};
use tempfile::TempDir;
use wire::schema::{Kind, Shape};
use wire::value::{Struct, Value};

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-west-1";
/// The start of a minute and of an hour.
pub const NOW: Timestamp = Timestamp::from_secs(1_772_002_800);

pub struct World {
    pub cloudwatch: CloudWatch,
    pub store: Store,
    pub destinations: Arc<Destinations>,
    pub folder: TempDir,
}

/// What a failed call tells: code and message.
pub type Failure = (String, String);

impl World {
    pub async fn new() -> Self {
        Self::with_destinations(|_| Vec::new()).await
    }

    /// With destinations, which may lie in the world's folder.
    pub async fn with_destinations(destinations: impl FnOnce(&TempDir) -> Vec<String>) -> Self {
        let folder = TempDir::new().unwrap();
        let named = destinations(&folder).into_iter().map(|text| text.parse::<NamedDestination>().unwrap());
        let destinations = Arc::new(named.map(|named| (named.name, named.destination)).collect::<Destinations>());
        let clock = Arc::new(SimulatedClock::new(NOW));
        let store = Store::open(StoreOptions::new(folder.path().join("data"), clock.clone())).await.unwrap();
        let cloudwatch = CloudWatch::new(Parts {
            metrics: store.metrics().clone(),
            catalog: store.catalog().clone(),
            metric_stream_destinations: destinations.clone(),
            alarm_signals: Arc::default(),
            alarm_events: false,
            clock,
            entropy: Arc::new(SeededEntropy::new(1)),
        });
        Self { cloudwatch, store, destinations, folder }
    }

    pub async fn call(&self, operation: &str, input: Json) -> Result<Json, Failure> {
        self.call_at(NOW, operation, input).await
    }

    pub async fn call_at(&self, now: Timestamp, operation: &str, input: Json) -> Result<Json, Failure> {
        let cx = CallContext { now, ..context() };
        self.call_in(&cx, operation, input).await.map_err(failure)
    }

    /// Checks and calls, as the pipeline does.
    pub async fn call_in(&self, cx: &CallContext, operation: &str, input: Json) -> Result<Json, ServiceError> {
        let operation = self.cloudwatch.schema().operation(operation).unwrap();
        let input = to_value(operation.input.unwrap(), &input);
        self.cloudwatch.validate(operation, &input)?;
        self.cloudwatch.call(cx, operation, input).await.map(|output| to_json(&output))
    }

    /// What a call would act on.
    pub fn authorization(&self, operation: &str, input: Json) -> api::Authorization {
        let operation = self.cloudwatch.schema().operation(operation).unwrap();
        self.cloudwatch.authorization(&context(), operation, Some(&to_value(operation.input.unwrap(), &input)))
    }

    /// Runs the job that delivers streams.
    pub async fn deliver(&self, now: Timestamp) {
        let (metrics, catalog) = (self.store.metrics().clone(), self.store.catalog().clone());
        let http = HttpClient::new(Trust::Machine, Fence::Open);
        DeliverMetricStreams::new(http, metrics, catalog, self.destinations.clone()).run(now).await.unwrap();
    }

    /// The same, trusting these certificates.
    pub async fn deliver_trusting(&self, roots: rustls::RootCertStore, now: Timestamp) {
        let (metrics, catalog) = (self.store.metrics().clone(), self.store.catalog().clone());
        let http = HttpClient::new(Trust::Roots(roots), Fence::Open);
        DeliverMetricStreams::new(http, metrics, catalog, self.destinations.clone()).run(now).await.unwrap();
    }

    pub async fn put(&self, data: Vec<Datum>) {
        self.store.metrics().put(&scope(), data).await.unwrap();
    }
}

pub fn datum(namespace: &str, name: &str, dimensions: &[(&str, &str)], time: Timestamp, value: f64) -> Datum {
    Datum {
        metric: metric(namespace, name, dimensions),
        unit: Unit::parse("Seconds").unwrap(),
        time_secs: time.secs(),
        high_resolution: false,
        sample: StatSample::single(value),
    }
}

pub fn metric(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Metric {
    Metric {
        namespace: namespace.into(),
        name: name.into(),
        dimensions: dimensions.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    }
}

pub fn account() -> AccountId {
    ACCOUNT.parse().unwrap()
}

pub fn scope() -> Scope {
    Scope { account: account(), region: REGION.parse().unwrap() }
}

pub fn context() -> CallContext {
    CallContext {
        principal: Principal::Root { account: account(), access_key_id: "test".to_owned(), session: None },
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

pub fn failure(error: ServiceError) -> Failure {
    (error.code.into_owned(), error.message.unwrap_or_default())
}

pub fn tags(pairs: &[(&str, &str)]) -> Json {
    pairs.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

fn to_value(shape: &'static Shape, json: &Json) -> Value {
    match &shape.kind {
        Kind::Boolean => Value::Boolean(json.as_bool().unwrap()),
        Kind::Integer(_) | Kind::Long(_) => Value::Integer(json.as_i64().unwrap()),
        Kind::Double => Value::Float(json.as_f64().unwrap()),
        Kind::String(_) => Value::String(json.as_str().unwrap().to_owned()),
        Kind::Timestamp(_) => Value::Timestamp(Timestamp::parse_iso(json.as_str().unwrap()).unwrap()),
        Kind::List(list) => {
            Value::List(json.as_array().unwrap().iter().map(|item| to_value(list.member, item)).collect())
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
        Value::Integer(value) => json!(value),
        Value::String(value) => json!(value),
        Value::Timestamp(value) => json!(value.iso()),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Struct(value) => {
            let members = value.shape.structure().unwrap().members;
            let entries = value.members.iter();
            Json::Object(
                entries.map(|(at, value)| (members[usize::from(*at)].name.to_owned(), to_json(value))).collect(),
            )
        }
        other => panic!("{other:?} is not used in these tests"),
    }
}
