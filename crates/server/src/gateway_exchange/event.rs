//! The event of a call that others serve.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use api::{CallContext, ServiceError};
use base::{Partition, Region, Scope};
use cloudtrail::record::foreign::{CallerShown, Cause, Class, ForeignCall, Reach};
use gateway::answer::{Answer, Failure};
use gateway::held::{Ended, Passed};
use gateway::resources::{Place, in_record, named_in};
use gateway::{Call, Dialect, classify, parameters};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value as Json, json};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::Exchange;
use crate::metrics::UpstreamOutcome;
use crate::pipeline;
use crate::state::State;

/// Where a call is made.
pub fn place(cx: &CallContext) -> Place<'_> {
    Place { partition: cx.partition.as_str(), region: cx.region.as_str(), account: cx.account().as_str() }
}

/// What is known of a call before it is sent, kept until it has ended.
pub struct Witness {
    /// The circumstances.
    pub cx: CallContext,
    state: Arc<State>,
    call: Call,
    request_parameters: Json,
    resources: Option<Json>,
    /// Keys of objects with their versions, of a call that deletes several.
    deleting: Vec<(String, Option<String>)>,
    found_by: Vec<cloudtrail::record::resources::Found>,
    is_presigned: bool,
    /// Where it goes, as `host:port`.
    upstream: String,
    started: Instant,
    bytes_in: Arc<AtomicU64>,
    // A stop waits until the call is recorded.
    _token: TaskTrackerToken,
}

/// How a call ended.
struct Outcome {
    status: StatusCode,
    failure: Option<Failure>,
    /// The upstream's own.
    request_id: Option<String>,
    host_id: Option<String>,
    response_elements: Json,
    deleted: Vec<(String, Option<String>)>,
    bytes_out: u64,
}

impl Witness {
    /// What is known of a call.
    pub(super) fn new(
        exchange: &Exchange,
        cx: CallContext,
        call: &Call,
        body: &[u8],
        input: Map<String, Json>,
        bytes_in: Arc<AtomicU64>,
    ) -> Self {
        let read_only = classify::read_only(call);
        let place = place(&cx);
        let resources = in_record(call, &input, place);
        let found_by = if read_only { Vec::new() } else { named_in(call, &input, place) };
        let deleting = if call.operation == "DeleteObjects" { keys_in(&input) } else { Vec::new() };
        let request_parameters = parameters::request(call, &exchange.asked(body), input);
        Self {
            state: exchange.state.clone(),
            call: call.clone(),
            request_parameters,
            resources,
            deleting,
            found_by,
            is_presigned: exchange.claim.presigned.is_some(),
            upstream: exchange.outlet.route.endpoint.authority.clone(),
            started: exchange.started,
            bytes_in,
            _token: exchange.state.calls.token(),
            cx,
        }
    }

    /// Records a call that an upstream answered. Of a long answer the beginning is enough.
    ///
    /// # Errors
    /// The event could not be stored.
    pub async fn answered(self, status: StatusCode, headers: &HeaderMap, passed: &Passed) -> Result<(), ServiceError> {
        let answer = Answer { status, headers, body: &passed.kept };
        self.count_answer(status);
        let outcome = match passed.ended {
            Ended::Broken => UpstreamOutcome::NoAnswer,
            Ended::Whole | Ended::Unwanted => UpstreamOutcome::Answered(status.as_u16()),
        };
        self.count_at_upstream(outcome, passed.bytes);
        let failure = gateway::answer::failure(&self.call, answer).or_else(|| match passed.ended {
            Ended::Broken => Some(own_failure(self.call.dialect, &super::unavailable("its answer broke off"))),
            Ended::Whole | Ended::Unwanted => None,
        });
        let is_whole = passed.ended == Ended::Whole && passed.bytes == passed.kept.len() as u64;
        let response_elements = match (&failure, parameters::records_answer(&self.call)) {
            (None, true) if is_whole || self.call.service.name == "s3" => {
                parameters::response(&self.call, gateway::answer::output(&self.call, answer))
            }
            _ => Json::Null,
        };
        let deleted = match failure {
            None if !self.deleting.is_empty() => deleted(&self.deleting, &passed.kept),
            _ => Vec::new(),
        };
        let host_id = headers.get("x-amz-id-2").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let request_id = gateway::answer::request_id(answer);
        let bytes_out = passed.bytes;
        let done = failure.is_none().then(|| Done::of(&self, &response_elements)).flatten();
        self.record(Outcome { status, failure, request_id, host_id, response_elements, deleted, bytes_out }).await?;
        if let Some(done) = done {
            done.tell();
        }
        Ok(())
    }

    /// Records a call that got no answer from an upstream, or was not sent there.
    ///
    /// # Errors
    /// The same.
    pub async fn refused(self, dialect: Dialect, error: &ServiceError) -> Result<(), ServiceError> {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.count_answer(status);
        let request_id = Some(self.cx.request_id.clone());
        self.record(Outcome {
            status,
            failure: Some(own_failure(dialect, error)),
            request_id,
            host_id: None,
            response_elements: Json::Null,
            deleted: Vec::new(),
            bytes_out: 0,
        })
        .await
    }

    /// Counts a call that was answered to its caller.
    fn count_answer(&self, status: StatusCode) {
        self.state.metrics.request(self.call.service.name, status.as_u16(), self.started.elapsed());
    }

    /// Counts what became of a call at its upstream.
    pub fn count_at_upstream(&self, outcome: UpstreamOutcome, bytes_in: u64) {
        let bytes_out = self.bytes_in.load(Ordering::Relaxed);
        let (metrics, service) = (&self.state.metrics, self.call.service.name);
        metrics.upstream(&self.upstream, service, outcome, self.started.elapsed(), bytes_in, bytes_out);
    }

    async fn record(self, outcome: Outcome) -> Result<(), ServiceError> {
        let region = self.region();
        let source = classify::event_source(self.call.service);
        let name = classify::event_name(&self.call);
        let withheld = outcome.failure.as_ref().is_some_and(|failure| parameters::withheld(&self.call, failure));
        let class = match classify::class(&self.call) {
            classify::Class::Management => Class::Management,
            classify::Class::Data(_) => Class::Data,
        };
        let completed = self.state.clock.now();
        let error = outcome.failure.as_ref();
        let event = ForeignCall {
            cx: &self.cx,
            shown: CallerShown::Whole,
            event_source: &source,
            event_name: &name,
            cause: Cause::Call,
            class,
            read_only: classify::read_only(&self.call),
            region: &region,
            reach: if classify::is_global(self.call.service) { Reach::Global } else { Reach::Regional },
            service_event_details: None,
            request_id: outcome.request_id.as_deref(),
            recipient: self.cx.account(),
            shared_event_id: None,
            error: error.map(|failure| (failure.code.as_str(), failure.message.as_deref().unwrap_or_default())),
            request_parameters: if withheld { Json::Null } else { self.request_parameters.clone() },
            response_elements: outcome.response_elements.clone(),
            additional_event_data: (self.call.service.name == "s3").then(|| self.additional(&outcome)),
            resources: self.resources.clone(),
            found_by: self.found_by.clone(),
            completed,
        };
        let mut events: Vec<_> =
            outcome.deleted.iter().map(|(key, version)| deletion(&event, key, version.as_deref())).collect();
        events.push(event);
        match self.state.recorder.record_foreign(events).await {
            Ok(()) => {
                self.state.metrics.event();
                Ok(())
            }
            Err(error) => {
                self.state.metrics.event_failed();
                tracing::error!(error = &error as &dyn std::error::Error, "an audit event could not be stored");
                Err(pipeline::unrecorded(&error))
            }
        }
    }

    fn region(&self) -> Region {
        match classify::is_global(self.call.service) {
            true => Partition::global_region(self.cx.partition),
            false => self.cx.region.clone(),
        }
    }

    /// `additionalEventData` of S3 (cloudtrail.md §1.8).
    fn additional(&self, outcome: &Outcome) -> Json {
        let method = if self.is_presigned { "QueryString" } else { "AuthHeader" };
        let mut all = Map::new();
        let mut set = |name: &str, value: Json| drop(all.insert(name.to_owned(), value));
        set("SignatureVersion", "SigV4".into());
        if let Some(tls) = &self.cx.tls {
            set("CipherSuite", tls.cipher_suite.clone().into());
        }
        set("bytesTransferredIn", self.bytes_in.load(Ordering::Relaxed).into());
        set("AuthenticationMethod", method.into());
        if let Some(id) = &outcome.host_id {
            set("x-amz-id-2", id.clone().into());
        }
        set("bytesTransferredOut", outcome.bytes_out.into());
        set("httpStatusCode", outcome.status.as_u16().into());
        Json::Object(all)
    }
}

/// A write that an upstream did, for AWS Config: once it is recorded, what it changed is looked at (config.md D-6).
struct Done {
    state: Arc<State>,
    scope: Scope,
    service: &'static str,
    operation: String,
    request_parameters: Json,
    response_elements: Json,
}

impl Done {
    /// Nothing for what only reads, and for what moves data.
    fn of(witness: &Witness, response_elements: &Json) -> Option<Self> {
        let call = &witness.call;
        let is_management = matches!(classify::class(call), classify::Class::Management);
        (is_management && !classify::read_only(call)).then(|| Self {
            state: witness.state.clone(),
            scope: witness.cx.scope(),
            service: call.service.name,
            operation: call.operation.clone(),
            request_parameters: witness.request_parameters.clone(),
            response_elements: response_elements.clone(),
        })
    }

    fn tell(&self) {
        let Self { state, scope, service, operation, request_parameters, response_elements } = self;
        let now = state.clock.now();
        state.config.upstream_called(scope, service, operation, request_parameters, Some(response_elements), now);
    }
}

/// An error of the gateway's own as records have it.
fn own_failure(dialect: Dialect, error: &ServiceError) -> Failure {
    let code = super::reply::code(dialect, error);
    let code = match dialect {
        Dialect::Ec2 if error.receiver_fault => format!("Server.{code}"),
        Dialect::Ec2 => format!("Client.{code}"),
        _ => code.to_owned(),
    };
    Failure { code, message: error.message.clone() }
}

/// What a call asks to delete of several objects.
fn keys_in(input: &Map<String, Json>) -> Vec<(String, Option<String>)> {
    let objects = input.get("Delete").and_then(|delete| delete.get("Object"));
    let all: &[Json] = match objects {
        Some(Json::Array(all)) => all,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let text = |object: &Json, name: &str| object.get(name).and_then(Json::as_str).map(str::to_owned);
    all.iter().filter_map(|object| Some((text(object, "Key")?, text(object, "VersionId")))).collect()
}

/// What was asked for, without what the answer names as failed.
fn deleted(asked: &[(String, Option<String>)], answer: &[u8]) -> Vec<(String, Option<String>)> {
    let failed = match gateway::input::tree(answer, gateway::input::Tree::Plain) {
        Some((_, Json::Object(mut members))) => members.remove("Error").unwrap_or_default(),
        _ => Json::Null,
    };
    let failed: Vec<&Json> = match &failed {
        Json::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    let is_failed = |key: &str| failed.iter().any(|error| error["Key"] == *key);
    asked.iter().filter(|(key, _)| !is_failed(key)).cloned().collect()
}

/// The event of one object of several that a call deleted (cloudtrail.md §1.8).
fn deletion<'a>(of_all: &ForeignCall<'a>, key: &str, version: Option<&str>) -> ForeignCall<'a> {
    let mut parameters = Map::new();
    for name in ["bucketName", "Host"] {
        if let Some(value) = of_all.request_parameters.get(name) {
            parameters.insert(name.to_owned(), value.clone());
        }
    }
    parameters.insert("key".to_owned(), key.into());
    if let Some(version) = version {
        parameters.insert("versionId".to_owned(), version.into());
    }
    let bucket = of_all.resources.as_ref().and_then(|all| all.get(0)).cloned().unwrap_or_default();
    let arn = format!("{}/{key}", bucket["ARN"].as_str().unwrap_or_default());
    let mut additional = of_all.additional_event_data.clone();
    if let Some(Json::Object(members)) = &mut additional {
        // What was sent and answered is that of the call as a whole.
        members.retain(|name, _| !name.starts_with("bytesTransferred"));
    }
    ForeignCall {
        event_name: "DeleteObject",
        cause: Cause::Service,
        request_parameters: Json::Object(parameters),
        response_elements: Json::Null,
        additional_event_data: additional,
        resources: Some(json!([bucket, {"type": "AWS::S3::Object", "ARN": arn}])),
        ..of_all.clone()
    }
}
