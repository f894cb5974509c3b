//! Where payloads go: Kinesis streams, Firehose streams and functions of the upstream, and HTTP endpoints.

use std::time::Duration;

use base::{AccountId, Arn, Scope};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method};
use outbound::{
    Attempt, CallError, CallForm, CalledResource, Endpoint, HttpClient, OnBehalf, Outgoing, UpstreamCall, Upstreams,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::Parts;
use crate::groups;

/// How long an HTTP endpoint may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a payload as it is sent: of a record (logs.md SP-5), and of a function's event.
const RECORD_BYTES: usize = 1 << 20;
const FUNCTION_BYTES: usize = 250_000;

/// A place that takes payloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A Kinesis stream.
    Kinesis(Arn),
    /// A Firehose stream.
    Firehose(Arn),
    /// A function.
    Lambda(Arn),
    /// An HTTP endpoint, ours alone: it gets the packed payload in a POST.
    Http(Endpoint),
}

/// Why a payload did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotDelivered {
    /// What happened.
    pub(crate) message: String,
    /// Whether the same may succeed later (logs.md SP-6).
    pub(crate) passing: bool,
    /// Whether the destination only wants less at a time.
    pub(crate) throttled: bool,
}

/// Sends payloads.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) upstreams: Upstreams,
    pub(crate) http: HttpClient,
    /// Whose payloads they are.
    pub(crate) account: AccountId,
    /// The ARN of the log group they are of; none of a test.
    pub(crate) source_arn: Option<String>,
    /// Whether the next payload was sent before, and did not arrive.
    pub(crate) attempt: Attempt,
}

impl Target {
    /// The target that a text names; `None` for anything else, logical destinations among them.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.starts_with("http://") || text.starts_with("https://") {
            return text.parse().ok().map(Self::Http);
        }
        let arn: Arn = text.parse().ok()?;
        let named = |prefix: &str| arn.resource.strip_prefix(prefix).is_some_and(|name| !name.is_empty());
        match arn.service.as_str() {
            "kinesis" if named("stream/") => Some(Self::Kinesis(arn)),
            "firehose" if named("deliverystream/") => Some(Self::Firehose(arn)),
            "lambda" if named("function:") => Some(Self::Lambda(arn)),
            _ => None,
        }
    }

    /// What errors call it: the service's name.
    pub(crate) fn vendor(&self) -> &'static str {
        match self {
            Self::Kinesis(_) => "kinesis",
            Self::Firehose(_) => "firehose",
            Self::Lambda(_) => "lambda",
            Self::Http(_) => "http",
        }
    }

    /// What metrics call it (logs.md MF-14).
    pub(crate) fn destination_type(&self) -> &'static str {
        match self {
            Self::Kinesis(_) => "Kinesis",
            Self::Firehose(_) => "Firehose",
            Self::Lambda(_) => "Lambda",
            Self::Http(_) => "HTTP",
        }
    }

    /// Its type of resource, as trails call it.
    fn resource_type(&self) -> Option<&'static str> {
        match self {
            Self::Kinesis(_) => Some("AWS::Kinesis::Stream"),
            Self::Firehose(_) => Some("AWS::KinesisFirehose::DeliveryStream"),
            Self::Lambda(_) => Some("AWS::Lambda::Function"),
            Self::Http(_) => None,
        }
    }

    /// The account that owns it; nobody's for an endpoint.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Self::Kinesis(arn) | Self::Firehose(arn) | Self::Lambda(arn) => Some(&arn.account),
            Self::Http(_) => None,
        }
    }

    /// What control messages call it; none are sent to functions (logs.md SP-4).
    pub(crate) fn checked_as(&self) -> Option<&'static str> {
        match self {
            Self::Kinesis(_) => Some("Kinesis stream"),
            Self::Firehose(_) => Some("Firehose stream"),
            Self::Http(_) => Some("HTTP endpoint"),
            Self::Lambda(_) => None,
        }
    }

    /// AWS's words for a test that failed (logs.md SF-4).
    pub(crate) fn refusal(&self) -> &'static str {
        match self {
            Self::Kinesis(_) => {
                "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in \
                 ACTIVE state."
            }
            Self::Firehose(_) => {
                "Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in \
                 ACTIVE state."
            }
            Self::Lambda(_) => {
                "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute \
                 your function."
            }
            Self::Http(_) => {
                "Could not deliver test message to specified destination. Check if the destination is valid."
            }
        }
    }

    /// Bytes of a packed payload that it takes.
    pub(crate) fn bytes_max(&self) -> usize {
        match self {
            Self::Kinesis(_) | Self::Firehose(_) => RECORD_BYTES,
            // It travels as base64 inside JSON.
            Self::Lambda(_) => FUNCTION_BYTES / 4 * 3 - 64,
            Self::Http(_) => usize::MAX,
        }
    }
}

impl Sender {
    /// One that sees whether a destination of this account takes anything.
    pub(crate) fn of_test(parts: &Parts, account: &AccountId) -> Self {
        let (upstreams, http) = (parts.upstreams.clone(), parts.http.clone());
        Self { upstreams, http, account: account.clone(), source_arn: None, attempt: Attempt::First }
    }

    /// One for payloads of a group, of which the first was tried before or not.
    pub(crate) fn of_group(parts: &Parts, scope: &Scope, group: &str, attempt: Attempt) -> Self {
        let source_arn = Some(groups::arn(scope, group));
        Self { source_arn, attempt, ..Self::of_test(parts, &scope.account) }
    }

    /// Sends a packed payload. `partition_key` chooses the shard of a Kinesis stream.
    pub(crate) async fn send(&self, target: &Target, partition_key: &str, packed: &[u8]) -> Result<(), NotDelivered> {
        let (arn, form, told) = match target {
            Target::Http(endpoint) => return self.post(endpoint, packed).await,
            Target::Kinesis(arn) => {
                let stream = arn.resource.trim_start_matches("stream/");
                let told = json!({ "streamName": stream, "partitionKey": partition_key });
                let body = json!({
                    "StreamName": stream,
                    "PartitionKey": partition_key,
                    "Data": BASE64.encode(packed),
                });
                (arn, CallForm::Json { version: "1.1", target: "Kinesis_20131202.PutRecord", body }, told)
            }
            Target::Firehose(arn) => {
                let stream = arn.resource.trim_start_matches("deliverystream/");
                let body = json!({
                    "DeliveryStreamName": stream,
                    "Record": { "Data": BASE64.encode(packed) },
                });
                let told = json!({ "deliveryStreamName": stream });
                (arn, CallForm::Json { version: "1.1", target: "Firehose_20150804.PutRecord", body }, told)
            }
            Target::Lambda(arn) => {
                let event = json!({ "awslogs": { "data": BASE64.encode(packed) } }).to_string();
                let (form, told) = invocation(arn, "Event", event)?;
                (arn, form, told)
            }
        };
        self.call(target, arn, form, told).await
    }

    /// Calls the target's service; `told` is what may be recorded of that.
    async fn call(&self, target: &Target, arn: &Arn, form: CallForm, told: Value) -> Result<(), NotDelivered> {
        let resource =
            target.resource_type().map(|resource_type| CalledResource { resource_type, arn: arn.to_string() });
        let on_behalf = OnBehalf {
            source_arn: self.source_arn.clone(),
            resource,
            parameters: told,
            attempt: self.attempt,
            ..OnBehalf::new(self.account.clone(), "logs.amazonaws.com")
        };
        let call = UpstreamCall { service: target.vendor(), region: arn.region.clone(), form, on_behalf };
        self.upstreams.call(call).await.map(|_| ()).map_err(|error| refused(&error))
    }

    /// Sees whether a target takes anything (logs.md SF-4): a control message, or a function's dry run.
    pub(crate) async fn test(&self, target: &Target, control_message: &[u8]) -> Result<(), NotDelivered> {
        match target {
            Target::Lambda(arn) => {
                let (form, told) = invocation(arn, "DryRun", String::new())?;
                self.call(target, arn, form, told).await
            }
            other => self.send(other, "control", control_message).await,
        }
    }

    async fn post(&self, endpoint: &Endpoint, packed: &[u8]) -> Result<(), NotDelivered> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        if let Some(authorization) = endpoint.basic_authorization() {
            headers.insert(http::header::AUTHORIZATION, authorization);
        }
        let outgoing = Outgoing {
            endpoint: endpoint.clone(),
            method: Method::POST,
            headers,
            body: packed.to_vec().into(),
            timeout: TIMEOUT,
        };
        match self.http.send(outgoing).await {
            Ok(reply) if reply.status.is_success() => Ok(()),
            Ok(reply) => {
                let throttled = reply.status == http::StatusCode::TOO_MANY_REQUESTS;
                let passing = reply.status.is_server_error() || throttled;
                Err(NotDelivered { message: format!("the endpoint answered {}", reply.status), passing, throttled })
            }
            Err(error) => {
                let passing = !matches!(error, outbound::SendError::Fenced);
                Err(NotDelivered { message: error.to_string(), passing, throttled: false })
            }
        }
    }
}

/// What codes of refusals have in them that tell of limits.
const THROTTLING: [&str; 4] = ["Throttl", "ThroughputExceeded", "TooManyRequests", "LimitExceeded"];

/// The call of a function, and what may be recorded of it.
fn invocation(arn: &Arn, kind: &str, body: String) -> Result<(CallForm, Value), NotDelivered> {
    let function = utf8_percent_encode(&arn.to_string(), NON_ALPHANUMERIC).to_string();
    let path = PathAndQuery::try_from(format!("/2015-03-31/functions/{function}/invocations"));
    let path = path.map_err(|error| NotDelivered { message: error.to_string(), passing: false, throttled: false })?;
    let headers = vec![("x-amz-invocation-type", kind.to_owned()), ("content-type", "application/json".to_owned())];
    let told = json!({ "functionName": arn.to_string(), "invocationType": kind });
    Ok((CallForm::Rest { operation: "Invoke", method: Method::POST, path, headers, body: body.into() }, told))
}

fn refused(error: &CallError) -> NotDelivered {
    let throttled = match error {
        CallError::Refused { status, code, .. } => {
            *status == http::StatusCode::TOO_MANY_REQUESTS || THROTTLING.iter().any(|part| code.contains(part))
        }
        _ => false,
    };
    NotDelivered { message: error.to_string(), passing: error.is_passing(), throttled }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_by_their_arns() {
        let vendor = |text: &str| Target::parse(text).map(|target| target.vendor());
        for (text, expected) in [
            ("arn:aws:kinesis:us-east-1:111122223333:stream/s", Some("kinesis")),
            ("arn:aws:firehose:us-east-1:111122223333:deliverystream/s", Some("firehose")),
            ("arn:aws:lambda:us-east-1:111122223333:function:f", Some("lambda")),
            ("https://collector.example/logs", Some("http")),
            ("arn:aws:logs:us-east-1:111122223333:destination:d", None),
            ("arn:aws:kinesis:us-east-1:111122223333:stream/", None),
            ("arn:aws:sqs:us-east-1:111122223333:q", None),
            ("ftp://x", None),
        ] {
            assert_eq!(vendor(text), expected, "{text}");
        }
    }
}
