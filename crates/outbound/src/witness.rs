//! Who hears of the calls that the server's own services make, so that they are recorded and counted.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use base::AccountId;
use serde_json::Value;

use crate::client::{Reply, SendError};
use crate::endpoint::Endpoint;
use crate::upstream::{CallError, CallForm, UpstreamCall, element};

/// Hears of calls to upstreams.
#[async_trait]
pub trait Witness: Send + Sync {
    /// A call has ended, one way or the other. Who made it learns how only after this.
    async fn called(&self, call: &WitnessedCall<'_>);
}

/// On whose behalf a call is made, and what may be told of it.
#[derive(Clone, Debug)]
pub struct OnBehalf {
    /// Whose call it is.
    pub account: AccountId,
    /// The service that calls, such as `sns.amazonaws.com`.
    pub by: &'static str,
    /// The ARN of what made it call: an alarm, a topic, a log group.
    pub source_arn: Option<String>,
    /// What is called upon, where it is a resource that has an ARN.
    pub resource: Option<CalledResource>,
    /// What may be told of the input, named as in records of CloudTrail: never messages, never secrets.
    pub parameters: Value,
    /// Whether the same was tried before.
    pub attempt: Attempt,
}

impl OnBehalf {
    /// A first attempt of which nothing more is told.
    pub fn new(account: AccountId, by: &'static str) -> Self {
        Self { account, by, source_arn: None, resource: None, parameters: Value::Null, attempt: Attempt::First }
    }
}

/// A resource that is called upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledResource {
    /// Such as `AWS::SQS::Queue`.
    pub resource_type: &'static str,
    /// Its ARN.
    pub arn: String,
}

/// Whether a call is made for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It is.
    First,
    /// The same was tried before, and failed.
    Again,
}

impl Attempt {
    /// That of a call that failed so many times already.
    pub fn after(failures: u32) -> Self {
        if failures == 0 { Self::First } else { Self::Again }
    }
}

/// A call that has ended.
#[derive(Clone, Debug)]
pub struct WitnessedCall<'a> {
    /// The service's signing name.
    pub service: &'static str,
    /// The operation.
    pub operation: &'a str,
    /// The region that was signed for.
    pub region: &'a str,
    /// On whose behalf it was made.
    pub on_behalf: &'a OnBehalf,
    /// Where it went, as `host:port`; nowhere, when it is none that could be made.
    pub upstream: Option<&'a str>,
    /// What came of it.
    pub outcome: CallOutcome<'a>,
    /// How long it took.
    pub took: Duration,
    /// Bytes of its body.
    pub bytes_sent: u64,
    /// Bytes of the reply's body that were read.
    pub bytes_received: u64,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallOutcome<'a> {
    /// The service did it, and gave it this id.
    Done {
        /// Its request id.
        request_id: Option<String>,
    },
    /// The service refused.
    Refused {
        /// The status.
        status: u16,
        /// The error's code.
        code: &'a str,
        /// The error's message, maybe empty.
        message: &'a str,
        /// Its request id.
        request_id: Option<&'a str>,
    },
    /// There was no connection, or it broke, which cannot be told apart; or the upstream is left in peace for a while.
    Unreached {
        /// Why.
        cause: String,
    },
    /// There was no reply, though the service may have done it.
    Unanswered {
        /// Why.
        cause: String,
    },
    /// Nothing was called: no upstream serves the service, or no request can be made of the call.
    NotMade,
}

/// A call under way, as its witness will hear of it.
pub(crate) struct Seen {
    service: &'static str,
    operation: String,
    region: String,
    on_behalf: OnBehalf,
    upstream: Option<String>,
    bytes_sent: u64,
    begun: Instant,
}

impl Seen {
    pub(crate) fn of(call: &UpstreamCall) -> Self {
        Self {
            service: call.service,
            operation: operation(&call.form).to_owned(),
            region: call.region.clone(),
            on_behalf: call.on_behalf.clone(),
            upstream: None,
            bytes_sent: 0,
            begun: Instant::now(),
        }
    }

    /// A request was made of it that goes there.
    pub(crate) fn sends(&mut self, upstream: &Endpoint, body_bytes: usize) {
        self.upstream = Some(upstream.authority.clone());
        self.bytes_sent = body_bytes as u64;
    }

    /// Tells how it ended.
    pub(crate) async fn tell(&self, witness: &dyn Witness, result: &Result<Reply, CallError>) {
        let call = WitnessedCall {
            service: self.service,
            operation: &self.operation,
            region: &self.region,
            on_behalf: &self.on_behalf,
            upstream: self.upstream.as_deref(),
            outcome: outcome(result),
            took: self.begun.elapsed(),
            bytes_sent: self.bytes_sent,
            bytes_received: result.as_ref().map_or(0, |reply| reply.body.len() as u64),
        };
        witness.called(&call).await;
    }
}

/// The operation that a call is of.
fn operation(form: &CallForm) -> &str {
    match form {
        CallForm::Query { action, .. } => action,
        CallForm::Json { target, .. } => target.rsplit('.').next().unwrap_or(target),
        CallForm::Rest { operation, .. } => operation,
    }
}

fn outcome(result: &Result<Reply, CallError>) -> CallOutcome<'_> {
    match result {
        Ok(reply) => CallOutcome::Done { request_id: request_id(reply) },
        Err(CallError::Refused { status, code, message, request_id }) => {
            CallOutcome::Refused { status: status.as_u16(), code, message, request_id: request_id.as_deref() }
        }
        Err(CallError::NoUpstream(_) | CallError::Unsendable(_)) => CallOutcome::NotMade,
        Err(CallError::Send { cause, .. }) => match cause {
            SendError::Connection(_) | SendError::Fenced | SendError::Body(_) | SendError::Resting(_) => {
                CallOutcome::Unreached { cause: cause.to_string() }
            }
            SendError::TimedOut(_) | SendError::ReplyTooLong(_) => CallOutcome::Unanswered { cause: cause.to_string() },
        },
    }
}

/// The id that a service gave the request: in a header of most, in the body of some.
pub(crate) fn request_id(reply: &Reply) -> Option<String> {
    let in_header = |name| reply.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let in_headers = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"].into_iter().find_map(in_header);
    in_headers.or_else(|| {
        let text = std::str::from_utf8(&reply.body).ok()?;
        ["RequestId", "requestId", "RequestID"].into_iter().find_map(|name| element(text, name))
    })
}

#[cfg(test)]
mod tests;
