//! The service and its jobs over a store in a temporary folder, with buckets, topics and log groups in memory, on a
//! clock that tests turn.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use api::call::Principal;
use api::{CallContext, Service as _, ServiceError};
use arrow_array::cast::AsArray as _;
use async_trait::async_trait;
use base::{Clock as _, Region, Scope, SeededEntropy, SimulatedClock, Timestamp};
use bytes::Bytes;
use serde_json::{Value, json};
use store::catalog::Transaction;
use store::job::Job as _;
use store::lake_event::{LakeColumn, LakeScan};
use store::trail_event::TrailEvent;
use store::{Store, StoreOptions};
use tempfile::TempDir;
use wire::schema::Protocol;
use wire::{RawRequest, Target, protocol};

use crate::delivery::{DeliverToLogGroups, DeliverTrails, gunzipped};
use crate::digests::DeliverDigests;
use crate::lake::queries::fake::{FakeDocuments, FakeLake};
use crate::ports::{
    Buckets, KeyRange, LogDestination, LogGroups, LogReader, LogRefusal, NewObject, Notification, PortError,
    ResourcePolicies, Seal, Sender, Topics,
};
use crate::{CloudTrail, DetectInsights, Outlets, Parts, Settings};

/// 2026-03-02T08:12:18Z
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_772_439_138);
pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const GROUP: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:trail:*";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/trail";
pub(crate) const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:news";

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clock: Arc<SimulatedClock>,
    pub(crate) cloudtrail: Arc<CloudTrail>,
    pub(crate) lake: Arc<FakeLake>,
    pub(crate) documents: Arc<FakeDocuments>,
    pub(crate) outside: Arc<Outside>,
    folder: TempDir,
    made: Mutex<u64>,
    insight_runs: Mutex<usize>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let outside = Arc::new(Outside::default());
        outside.state().buckets.insert("acme-trail".to_owned());
        let clock = Arc::new(SimulatedClock::new(NOW));
        Self::open(TempDir::new().unwrap(), clock, outside, Arc::default(), 0).await
    }

    /// A world whose server ended, as if killed, and started again on the same folder.
    pub(crate) async fn restarted(self) -> Self {
        let Self { store, clock, cloudtrail, lake, documents, outside, folder, made, .. } = self;
        store.close().await.unwrap();
        drop((store, cloudtrail, lake));
        let made = made.into_inner().unwrap();
        Self::open(folder, clock, outside, documents, made).await
    }

    async fn open(
        folder: TempDir,
        clock: Arc<SimulatedClock>,
        outside: Arc<Outside>,
        documents: Arc<FakeDocuments>,
        made: u64,
    ) -> Self {
        let store = Store::open(StoreOptions::new(folder.path().to_owned(), clock.clone())).await.unwrap();
        let (buckets, topics, log_groups) = (outside.clone(), outside.clone(), outside.clone());
        let lake = Arc::new(FakeLake::default());
        let outlets = Outlets {
            buckets,
            topics,
            log_groups,
            seal: Arc::new(Plain),
            policies: Arc::new(AnyPolicy),
            lake: lake.clone(),
            documents: documents.clone(),
        };
        let settings = Settings {
            lookup_events_per_second: 0,
            delivery_interval: Duration::from_secs(300),
            insights_min_history_minutes: 1_440,
        };
        let account = ACCOUNT.parse().unwrap();
        let entropy = Arc::new(SeededEntropy::new(made + 1));
        let parts = Parts::new(&store, outlets, account, Arc::default(), clock.clone(), entropy, &settings);
        let made = Mutex::new(made);
        let insight_runs = Mutex::default();
        let cloudtrail = Arc::new(CloudTrail::new(parts));
        Self { store, clock, cloudtrail, lake, documents, outside, folder, made, insight_runs }
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.cloudtrail.parts
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock on without running anything.
    pub(crate) fn sleep(&self, secs: i64) {
        self.clock.move_to(self.now().plus_millis(secs * 1000));
    }

    /// Moves the clock on and runs the jobs as they fall due on the way, as the job driver does.
    pub(crate) async fn advance(&self, secs: i64) {
        let to = self.now().plus_millis(secs * 1000);
        let files = DeliverTrails::new(self.parts().clone());
        let digests = DeliverDigests::new(self.parts().clone());
        let insights = DetectInsights::new(self.parts().clone());
        let (mut files_ran, mut digests_ran, mut insights_ran) = (self.now(), self.now(), self.now());
        loop {
            let due = [files.next_due(files_ran), insights.next_due(insights_ran), digests.next_due(digests_ran)];
            let Some(next) = due.into_iter().flatten().min().filter(|next| *next <= to) else { break };
            let now = self.clock.move_to(next);
            if due[0].is_some_and(|due| due <= now) {
                files.run(now).await.unwrap();
                files_ran = now;
            } else if due[1].is_some_and(|due| due <= now) {
                insights.run(now).await.unwrap();
                insights_ran = now;
                *self.insight_runs.lock().unwrap() += 1;
            } else {
                digests.run(now).await.unwrap();
                digests_ran = now;
                // A job is not due twice at one moment, or the clock would stand still.
                assert!(digests.next_due(now).is_none_or(|due| due > now || !self.outside.is_working()));
                if digests.next_due(now).is_some_and(|due| due <= now) {
                    break;
                }
            }
        }
        self.clock.move_to(to);
    }

    /// Makes an event data store without protection, with more members than it must have; gives its ARN and its number.
    pub(crate) async fn make_store(&self, name: &str, more: Value) -> (String, u32) {
        let mut input = json!({"Name": name, "TerminationProtectionEnabled": false});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.ok("CreateEventDataStore", input).await;
        let arn = made["EventDataStoreArn"].as_str().unwrap().to_owned();
        let stores = crate::lake::stores::all(&self.parts().catalog);
        let number = stores.iter().find(|store| store.arn() == arn).unwrap().record.number;
        (arn, number)
    }

    /// The ids of a store's events, sorted.
    pub(crate) async fn stored(&self, number: u32) -> Vec<String> {
        let scan = LakeScan {
            number,
            from: Timestamp::MIN,
            to: Timestamp::MAX,
            equals: Vec::new(),
            columns: vec![LakeColumn::EventId],
        };
        let parts = self.store.lake_events().scan(scan).await.unwrap().parts;
        let mut ids = Vec::new();
        for batch in parts.into_iter().flatten() {
            let batch = batch.unwrap();
            ids.extend(batch.column(0).as_string::<i32>().iter().map(|id| id.unwrap().to_owned()));
        }
        ids.sort();
        ids
    }

    /// How often moving the clock ran the job that finds unusual rates.
    pub(crate) fn insight_runs(&self) -> usize {
        *self.insight_runs.lock().unwrap()
    }

    /// Runs the jobs now, as operations wake them.
    pub(crate) async fn run_woken(&self) {
        DeliverTrails::new(self.parts().clone()).run(self.now()).await.unwrap();
        DeliverDigests::new(self.parts().clone()).run(self.now()).await.unwrap();
        DeliverToLogGroups::new(self.parts().clone()).run(self.now()).await.unwrap();
        DetectInsights::new(self.parts().clone()).run(self.now()).await.unwrap();
    }

    /// Calls an operation in the test's home region.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        self.call_in("eu-west-1", operation, input).await
    }

    pub(crate) async fn call_in(&self, region: &str, operation: &str, input: Value) -> Result<Value, ServiceError> {
        let operation = self.cloudtrail.schema().operation(operation).expect("there is such an operation");
        let target = Target { service: self.cloudtrail.schema(), operation, protocol: Protocol::Json11 };
        let raw = RawRequest {
            method: http::Method::POST,
            uri: http::Uri::from_static("/"),
            headers: http::HeaderMap::new(),
            body: Bytes::new(),
        };
        let input = protocol::decode_input(&target, &raw, input.to_string().as_bytes()).unwrap();
        self.cloudtrail.validate(operation, &input)?;
        let output = self.cloudtrail.call(&context(region, self.now()), operation, input).await?;
        let body = protocol::encode_output(&target, &output, "id").body;
        Ok(serde_json::from_slice(&body).unwrap())
    }

    /// Calls an operation that must succeed.
    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error:?}"))
    }

    /// Calls an operation that must be refused: the error and the text.
    pub(crate) async fn refused(&self, operation: &str, input: Value) -> (String, String) {
        self.refused_in("eu-west-1", operation, input).await
    }

    pub(crate) async fn refused_in(&self, region: &str, operation: &str, input: Value) -> (String, String) {
        match self.call_in(region, operation, input).await {
            Ok(answer) => panic!("{operation} answered {answer}"),
            Err(error) => (error.name.into_owned(), error.message.unwrap_or_default()),
        }
    }

    /// Makes a trail with more members than it must have, and starts it.
    pub(crate) async fn start(&self, name: &str, more: Value) -> String {
        let mut input = json!({"Name": name, "S3BucketName": "acme-trail"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.ok("CreateTrail", input).await;
        self.ok("StartLogging", json!({"Name": name})).await;
        made["TrailARN"].as_str().unwrap().to_owned()
    }

    /// Records management events of a region; gives their ids.
    pub(crate) async fn happen(&self, region: &str, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for _ in 0..count {
            let event = self.event(region, json!({"eventCategory": "Management", "managementEvent": true}));
            ids.push(event.event_id.clone());
            self.store.trail_events().append(event).await.unwrap();
        }
        ids
    }

    /// Records an object's data event.
    pub(crate) async fn happen_to(&self, object_arn: &str) -> String {
        let resources = json!([{"type": "AWS::S3::Object", "ARN": object_arn}]);
        let event = self.event("eu-west-1", json!({"eventCategory": "Data", "resources": resources}));
        let id = event.event_id.clone();
        self.store.data_events().append(event).await.unwrap();
        id
    }

    /// Records calls of an operation, as they are stored: of the control plane, in the home region.
    pub(crate) async fn calls(&self, name: &str, count: usize, more: Value) {
        for _ in 0..count {
            let mut record = json!({
                "eventCategory": "Management", "eventName": name, "userAgent": "sdk",
                "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Fleet/i-1"},
            });
            record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let mut event = self.event("eu-west-1", record);
            event.event_name = name.to_owned();
            event.read_only = more["readOnly"] == true;
            self.store.trail_events().append(event).await.unwrap();
        }
    }

    fn event(&self, region: &str, more: Value) -> TrailEvent {
        let mut made = self.made.lock().unwrap();
        *made += 1;
        let event_id = format!("event-{:04}", *made);
        let mut record = json!({
            "eventVersion": "1.11", "eventTime": self.now().iso_secs(), "eventID": event_id, "awsRegion": region,
            "eventSource": "sqs.amazonaws.com", "eventName": "CreateQueue", "readOnly": false,
        });
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        TrailEvent {
            account: ACCOUNT.parse().unwrap(),
            region: region.parse().unwrap(),
            global: false,
            time: self.now(),
            event_id,
            event_name: "CreateQueue".to_owned(),
            event_source: "sqs.amazonaws.com".to_owned(),
            read_only: false,
            username: None,
            access_key_id: None,
            resources: Vec::new(),
            record: record.to_string(),
        }
    }
}

/// Runs a future until it has waited so often; tells whether it came to its end.
pub(crate) async fn run_until(waits: usize, future: impl Future<Output = ()>) -> bool {
    let mut future = pin!(future);
    let mut waited = 0;
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(true),
        Poll::Pending if waited >= waits => Poll::Ready(false),
        Poll::Pending => {
            waited += 1;
            Poll::Pending
        }
    })
    .await
}

pub(crate) fn context(region: &str, now: Timestamp) -> CallContext {
    let scope = Scope { account: ACCOUNT.parse().unwrap(), region: region.parse().unwrap() };
    CallContext {
        principal: Principal::Root { account: scope.account, access_key_id: "AKIAEXAMPLE".to_owned(), session: None },
        partition: scope.region.partition(),
        region: scope.region,
        now,
        request_id: "11111111-2222-3333-4444-555555555555".to_owned(),
        source_ip: "127.0.0.1".to_owned(),
        user_agent: String::new(),
        host: String::new(),
        tls: None,
    }
}

/// An object as it was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) body: Vec<u8>,
    pub(crate) metadata: Vec<(String, String)>,
}

/// Buckets, a topic and a log group, and how they fail.
#[derive(Default)]
pub(crate) struct Outside(Mutex<State>);

#[derive(Default)]
pub(crate) struct State {
    pub(crate) buckets: BTreeSet<String>,
    pub(crate) objects: BTreeMap<(String, String), Stored>,
    /// How often each object was put.
    pub(crate) puts: BTreeMap<String, usize>,
    /// Keys that hold any of these texts are refused with these codes.
    pub(crate) refused: Vec<(String, &'static str)>,
    /// The put that is answered with an error although it was done, counted from one; then none.
    pub(crate) lost_answer: Option<usize>,
    pub(crate) topic_refuses: bool,
    pub(crate) messages: Vec<String>,
    pub(crate) log_refusal: Option<LogRefusal>,
    pub(crate) logged: Vec<(String, String)>,
}

impl Outside {
    pub(crate) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn store(&self, bucket: &str, object: &NewObject) -> Result<(), PortError> {
        let mut state = self.state();
        if !state.buckets.contains(bucket) {
            return Err(error("NoSuchBucket"));
        }
        if let Some((_, code)) = state.refused.iter().find(|(text, _)| object.key.contains(text)) {
            return Err(error(code));
        }
        *state.puts.entry(object.key.clone()).or_default() += 1;
        let place = (bucket.to_owned(), object.key.clone());
        let stored = Stored { body: object.body.clone(), metadata: object.metadata.clone() };
        if let Some(before) = state.objects.get(&place) {
            assert_eq!(*before, stored, "a second put of {} has the same bytes", object.key);
        }
        state.objects.insert(place, stored);
        Ok(())
    }

    fn is_working(&self) -> bool {
        self.state().refused.is_empty()
    }

    /// Objects whose keys hold a text, by key.
    pub(crate) fn objects(&self, text: &str) -> Vec<(String, Stored)> {
        let state = self.state();
        let found = state.objects.iter().filter(|((_, key), _)| key.contains(text) && !key.ends_with('/'));
        found.map(|((_, key), object)| (key.clone(), object.clone())).collect()
    }

    /// Log files with the ids of the events in each.
    pub(crate) fn log_files(&self) -> Vec<(String, Vec<String>)> {
        let files = self.objects("_CloudTrail_").into_iter();
        files
            .map(|(key, object)| {
                let content: Value = serde_json::from_slice(&gunzipped(&object.body).unwrap()).unwrap();
                let records = content["Records"].as_array().unwrap();
                let ids = records.iter().map(|record| record["eventID"].as_str().unwrap().to_owned()).collect();
                (key, ids)
            })
            .collect()
    }

    /// Ids of all delivered events, in order.
    pub(crate) fn delivered(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.log_files().into_iter().flat_map(|(_, ids)| ids).collect();
        ids.sort();
        ids
    }

    /// The documents of digests, in order of their keys.
    pub(crate) fn digests(&self) -> Vec<Value> {
        let read = |(_, object): (String, Stored)| serde_json::from_slice(&gunzipped(&object.body).unwrap()).unwrap();
        self.objects("_CloudTrail-Digest_").into_iter().map(read).collect()
    }
}

fn error(code: &str) -> PortError {
    PortError { code: code.to_owned(), message: "it was said so".to_owned() }
}

#[async_trait]
impl Buckets for Outside {
    async fn exists(&self, bucket: &str) -> Result<bool, PortError> {
        Ok(self.state().buckets.contains(bucket))
    }

    async fn read_acl(&self, _: &Sender, bucket: &str) -> Result<(), PortError> {
        match self.state().refused.iter().any(|(text, _)| text == "acl" || text == bucket) {
            true => Err(error("AccessDenied")),
            false => Ok(()),
        }
    }

    async fn put(&self, _: &Sender, bucket: &str, object: &NewObject) -> Result<(), PortError> {
        // Whoever drops the job between two of its steps may do so here.
        tokio::task::yield_now().await;
        self.store(bucket, object)?;
        tokio::task::yield_now().await;
        let mut state = self.state();
        state.lost_answer = state.lost_answer.map(|left| left - 1);
        match state.lost_answer {
            Some(0) => {
                state.lost_answer = None;
                Err(error("InternalError"))
            }
            _ => Ok(()),
        }
    }

    async fn region(&self, bucket: &str) -> Result<Option<Region>, PortError> {
        Ok(self.state().buckets.contains(bucket).then(|| "eu-west-1".parse().unwrap()))
    }

    async fn list_as(&self, reader: &LogReader, range: KeyRange<'_>, _: Timestamp) -> Result<Vec<String>, PortError> {
        tokio::task::yield_now().await;
        let state = self.state();
        if reader.role_arn != ROLE || state.refused.iter().any(|(text, _)| text == "list") {
            return Err(error("AccessDenied"));
        }
        let keys = state.objects.keys().filter(|(bucket, _)| bucket == range.bucket).map(|(_, key)| key);
        let wanted = keys.filter(|key| key.starts_with(range.prefix) && key.as_str() > range.after);
        Ok(wanted.take(range.count).cloned().collect())
    }

    async fn get_as(&self, _: &LogReader, bucket: &str, key: &str, _: u64, _: Timestamp) -> Result<Vec<u8>, PortError> {
        tokio::task::yield_now().await;
        let state = self.state();
        if let Some((_, code)) = state.refused.iter().find(|(text, _)| key.contains(text)) {
            return Err(error(code));
        }
        let found = state.objects.get(&(bucket.to_owned(), key.to_owned()));
        found.map(|object| object.body.clone()).ok_or_else(|| error("NoSuchKey"))
    }
}

#[async_trait]
impl Topics for Outside {
    async fn publish(
        &self,
        _: &Sender,
        notification: &Notification,
        _: Timestamp,
        _: &mut Transaction,
    ) -> Result<(), PortError> {
        let mut state = self.state();
        if notification.topic_arn != TOPIC {
            return Err(error("NotFound"));
        }
        if state.topic_refuses {
            return Err(error("AuthorizationError"));
        }
        state.messages.push(notification.message.clone());
        Ok(())
    }

    fn published(&self) {}
}

#[async_trait]
impl LogGroups for Outside {
    async fn prepare(&self, _: &Sender, _: &LogDestination, _: &str, _: Timestamp) -> Result<(), LogRefusal> {
        self.state().log_refusal.clone().map_or(Ok(()), Err)
    }

    async fn put(
        &self,
        _: &Sender,
        _: &LogDestination,
        stream: &str,
        messages: Vec<String>,
        _: Timestamp,
    ) -> Result<(), LogRefusal> {
        let mut state = self.state();
        if let Some(refusal) = &state.log_refusal {
            return Err(refusal.clone());
        }
        state.logged.extend(messages.into_iter().map(|message| (stream.to_owned(), message)));
        Ok(())
    }
}

/// Seals nothing.
struct Plain;

impl Seal for Plain {
    fn seal(&self, secret: &[u8], name: &str) -> String {
        use base64::Engine as _;
        format!("{name} {}", base64::engine::general_purpose::STANDARD.encode(secret))
    }

    fn open(&self, sealed: &str, name: &str) -> Option<Vec<u8>> {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(sealed.strip_prefix(name)?.trim()).ok()
    }
}

/// Takes any text for a policy.
struct AnyPolicy;

impl ResourcePolicies for AnyPolicy {
    fn check(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
}
