//! What the server's own services do through upstreams, in the trail and in the metrics.
//!
//! Alarm actions, deliveries of topics and subscriptions to logs make calls. Each that reached its upstream is an event
//! of the type `AwsServiceEvent`, by the service that made it (docs/gateway.md).

use std::sync::Arc;

use api::{CallContext, Principal};
use async_trait::async_trait;
use base::{Arn, Clock, Region};
use cloudtrail::Recorder;
use cloudtrail::record::foreign::{CallerShown, Cause, Class, ForeignCall, Reach};
use gateway::classify::{self, Told};
use outbound::{Attempt, CallOutcome, CalledResource, OnBehalf, Witness, WitnessedCall};
use serde_json::{Value as Json, json};

use crate::metrics::{Metrics, UpstreamOutcome};

/// The code of calls that got no answer.
const NO_ANSWER: &str = "ServiceUnavailable";

/// Records and counts the calls of the server's own services.
pub struct TrailWitness {
    /// Takes what is recorded.
    pub recorder: Arc<Recorder>,
    /// The server's counters.
    pub metrics: Arc<Metrics>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The server's region, for calls to regions that are none.
    pub region: Region,
}

#[async_trait]
impl Witness for TrailWitness {
    async fn called(&self, call: &WitnessedCall<'_>) {
        self.count(call);
        if !self.is_recorded(call) {
            return;
        }
        match self.record(call).await {
            Ok(()) => self.metrics.event(),
            Err(error) => {
                // The call was made, and who made it must learn how it ended: it would be made again otherwise.
                self.metrics.event_failed();
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    service = call.service,
                    operation = call.operation,
                    "an audit event of a service's call could not be stored"
                );
            }
        }
    }
}

impl TrailWitness {
    fn count(&self, call: &WitnessedCall<'_>) {
        let (Some(upstream), Some(outcome)) = (call.upstream, counted(&call.outcome)) else { return };
        self.metrics.upstream(upstream, call.service, outcome, call.took, call.bytes_received, call.bytes_sent);
    }

    /// Whether the call leaves an event.
    fn is_recorded(&self, call: &WitnessedCall<'_>) -> bool {
        // What AWS Config asks for, over and over, would be most of the history, and says nothing of what was done.
        if call.on_behalf.by == config::ports::PRINCIPAL && classify::told(call.service, call.operation).read_only {
            return false;
        }
        let leaves_one = match call.outcome {
            CallOutcome::NotMade => false,
            // An upstream that is away would fill the history with what did not happen: one event for each delivery.
            CallOutcome::Unreached { .. } => call.on_behalf.attempt == Attempt::First,
            _ => true,
        };
        let source = call.on_behalf.source_arn.as_deref();
        leaves_one && !source.is_some_and(|arn| self.recorder.trails_deliver_to(arn))
    }

    async fn record(&self, call: &WitnessedCall<'_>) -> Result<(), store::StoreError> {
        let WitnessedCall { on_behalf, .. } = call;
        let told = classify::told(call.service, call.operation);
        let called_in = call.region.parse().unwrap_or_else(|_| self.region.clone());
        let region = if told.is_global { called_in.partition().global_region() } else { called_in };
        let completed = self.clock.now();
        let cx = CallContext {
            principal: Principal::Unknown { account: on_behalf.account.clone(), access_key_id: None },
            region: region.clone(),
            partition: region.partition(),
            now: completed,
            request_id: String::new(),
            source_ip: String::new(),
            user_agent: String::new(),
            host: String::new(),
            tls: None,
        };
        let error = error(&told, &call.outcome);
        let found = on_behalf.resource.iter().map(|resource| (Some(resource.resource_type.to_owned()), name(resource)));
        let event = ForeignCall {
            cx: &cx,
            shown: CallerShown::Service(on_behalf.by),
            event_source: &told.event_source,
            event_name: &told.event_name,
            cause: Cause::Service,
            class: match told.class {
                classify::Class::Management => Class::Management,
                classify::Class::Data(_) => Class::Data,
            },
            read_only: told.read_only,
            region: &region,
            reach: if told.is_global { Reach::Global } else { Reach::Regional },
            recipient: &on_behalf.account,
            shared_event_id: None,
            error: error.as_ref().map(|(code, message)| (code.as_str(), message.as_str())),
            request_parameters: on_behalf.parameters.clone(),
            response_elements: Json::Null,
            additional_event_data: None,
            service_event_details: on_behalf.source_arn.as_ref().map(|arn| json!({"sourceArn": arn})),
            request_id: request_id(&call.outcome),
            resources: resources(told.class, on_behalf),
            found_by: if told.read_only { Vec::new() } else { found.collect() },
            completed,
        };
        self.recorder.record_foreign(vec![event]).await
    }
}

/// How a call counts; not at all where none was made.
fn counted(outcome: &CallOutcome<'_>) -> Option<UpstreamOutcome> {
    match outcome {
        CallOutcome::Done { .. } => Some(UpstreamOutcome::Answered(200)),
        CallOutcome::Refused { status, .. } => Some(UpstreamOutcome::Answered(*status)),
        CallOutcome::Unreached { .. } | CallOutcome::Unanswered { .. } => Some(UpstreamOutcome::NoAnswer),
        CallOutcome::NotMade => None,
    }
}

/// Code and message of a call that failed.
fn error(told: &Told, outcome: &CallOutcome<'_>) -> Option<(String, String)> {
    match outcome {
        CallOutcome::Done { .. } | CallOutcome::NotMade => None,
        CallOutcome::Refused { status, code, message, .. } => {
            Some((told.error_code(code, *status), (*message).to_owned()))
        }
        CallOutcome::Unreached { cause } => {
            Some((NO_ANSWER.to_owned(), format!("The upstream could not be reached: {cause}")))
        }
        CallOutcome::Unanswered { cause } => {
            let message = format!("The upstream did not answer, and may have carried the call out: {cause}");
            Some((NO_ANSWER.to_owned(), message))
        }
    }
}

fn request_id<'a>(outcome: &'a CallOutcome<'_>) -> Option<&'a str> {
    match outcome {
        CallOutcome::Done { request_id } => request_id.as_deref(),
        CallOutcome::Refused { request_id, .. } => *request_id,
        _ => None,
    }
}

/// `resources` of a call of the data plane, which trails select it by (cloudtrail.md §1.7).
fn resources(class: classify::Class, on_behalf: &OnBehalf) -> Option<Json> {
    let classify::Class::Data(resource_type) = class else { return None };
    let mut entry = json!({"type": resource_type});
    if let Some(CalledResource { arn, .. }) = &on_behalf.resource {
        entry["ARN"] = arn.as_str().into();
        if let Ok(parsed) = arn.parse::<Arn>() {
            entry["accountId"] = parsed.account.into();
        }
    }
    Some(json!([entry]))
}

/// The name by which look-ups find a resource: the end of its ARN.
fn name(resource: &CalledResource) -> String {
    resource.arn.rsplit(['/', ':']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
