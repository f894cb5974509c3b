//! What AWS Config asks of upstreams about their resources (config.md §10): only reads, a few at a time, and again
//! after a while where the upstream has too much to do.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base::Scope;
use bytes::Bytes;
use config::discovery::{Answer, Call, CallFailed, CallForm, Reads, Upstream};
use config::ports::PRINCIPAL;
use gateway::classify;
use http::Method;
use http::uri::PathAndQuery;
use outbound::{CallError, OnBehalf, ServedHere, UpstreamCall, Upstreams};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// How many calls are under way at once to one upstream (D-5).
const CALLS_AT_ONCE: usize = 8;
/// How much of a reply is read: a page of a thousand instances is some megabytes.
const REPLY_BYTES_MAX: usize = 64 << 20;
/// How long a call waits that was too much, one time after the other.
const WAITS: [Duration; 6] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];

/// The resources of upstreams.
pub struct UpstreamResources {
    upstreams: Upstreams,
    served: BTreeSet<&'static str>,
    stopping: CancellationToken,
    /// Leave to call, by where the calls go.
    leave: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl UpstreamResources {
    /// Those of these upstreams. `served` are the signing names of the services that the server serves itself.
    pub fn new(upstreams: Upstreams, served: BTreeSet<&'static str>, stopping: CancellationToken) -> Self {
        Self { upstreams, served, stopping, leave: Mutex::default() }
    }

    fn leave(&self, service: &str) -> Arc<Semaphore> {
        let outlet = self.upstreams.route(service, ServedHere::No);
        let place = outlet.map(|outlet| outlet.route.endpoint.authority.clone()).unwrap_or_default();
        let mut leave = self.leave.lock().expect("no holder of this lock panics");
        leave.entry(place).or_insert_with(|| Arc::new(Semaphore::new(CALLS_AT_ONCE))).clone()
    }

    /// Puts a call until the upstream is not too busy for it.
    async fn put(&self, scope: &Scope, call: &Call) -> Result<Bytes, CallFailed> {
        let mut waits = WAITS.into_iter();
        loop {
            let error = match self.upstreams.call_for_reply(upstream_call(scope, call)?, REPLY_BYTES_MAX).await {
                Ok(reply) => return Ok(reply.body),
                Err(error) => error,
            };
            match waits.next().filter(|_| error.is_throttled()) {
                Some(wait) => pause(wait).await,
                None => return Err(failed(error)),
            }
        }
    }
}

#[async_trait]
impl Upstream for UpstreamResources {
    fn serves(&self, service: &str) -> bool {
        let here = if self.served.contains(service) { ServedHere::Yes } else { ServedHere::No };
        self.upstreams.route(service, here).is_some()
    }

    fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    async fn call(&self, scope: &Scope, call: &Call) -> Result<Answer, CallFailed> {
        let leave = self.leave(call.service);
        let asked = async {
            let _leave = leave.acquire().await;
            self.put(scope, call).await
        };
        match self.stopping.run_until_cancelled(asked).await {
            Some(body) => answer(call, &body?),
            None => Err(CallFailed::Unanswered("the server stops".to_owned())),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the server's edge: an upstream does not wait for a clock that is turned"
)]
async fn pause(wait: Duration) {
    tokio::time::sleep(wait).await;
}

/// A call as it is made for an account and region.
fn upstream_call(scope: &Scope, call: &Call) -> Result<UpstreamCall, CallFailed> {
    let form = match call.form.clone() {
        CallForm::Query { version, parameters } => {
            outbound::CallForm::Query { version, action: call.operation, parameters }
        }
        CallForm::Json { version, target, body } => outbound::CallForm::Json { version, target, body },
        CallForm::Rest { method, path } => {
            let unsendable = || CallFailed::Unanswered(format!("{path} is no path that can be asked for"));
            outbound::CallForm::Rest {
                operation: call.operation,
                method: Method::try_from(method).map_err(|_| unsendable())?,
                path: PathAndQuery::try_from(path.as_str()).map_err(|_| unsendable())?,
                headers: Vec::new(),
                body: Bytes::new(),
            }
        }
    };
    // Services of no region want signatures for the one that stands for all.
    let region = match classify::told(call.service, call.operation).is_global {
        true => scope.region.partition().global_region(),
        false => scope.region.clone(),
    };
    let on_behalf = OnBehalf::new(scope.account.clone(), PRINCIPAL);
    Ok(UpstreamCall { service: call.service, region: region.to_string(), form, on_behalf })
}

/// The body of an answer, read as the call says.
fn answer(call: &Call, body: &[u8]) -> Result<Answer, CallFailed> {
    let unread = |what: &str| CallFailed::Unanswered(format!("what came for {} is no {what}", call.operation));
    match call.reads {
        Reads::Json if body.is_empty() => Ok(Answer::Json(serde_json::json!({}))),
        Reads::Json => serde_json::from_slice(body).map(Answer::Json).map_err(|_| unread("JSON")),
        Reads::Xml => {
            let tree = gateway::input::tree(body, gateway::input::Tree::Plain);
            tree.map(|(root, content)| Answer::Xml { root, content }).ok_or_else(|| unread("XML"))
        }
        Reads::Text => std::str::from_utf8(body).map(|text| Answer::Text(text.to_owned())).map_err(|_| unread("text")),
    }
}

fn failed(error: CallError) -> CallFailed {
    match error {
        CallError::Refused { status, code, message, request_id: _ } => {
            // Where a refusal names no code, the words of its status stand for it.
            CallFailed::Refused { status: status.as_u16(), code: code.replace(' ', ""), message }
        }
        other => CallFailed::Unanswered(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use config::discovery::resource_types;
    use serde_json::json;

    use super::*;

    fn resources(upstreams: &[&str], served: &[&'static str]) -> UpstreamResources {
        let routes = upstreams.iter().map(|text| text.parse().unwrap()).collect();
        let upstreams = Upstreams::new(
            routes,
            outbound::Trust::Machine,
            outbound::Fence::Open,
            Arc::new(base::SimulatedClock::new(base::Timestamp::from_secs(0))),
        );
        UpstreamResources::new(upstreams.unwrap(), served.iter().copied().collect(), CancellationToken::new())
    }

    fn scope() -> Scope {
        Scope { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() }
    }

    fn read(service: &'static str, operation: &'static str, reads: Reads) -> Call {
        let form = CallForm::Rest { method: "GET", path: "/b?acl".to_owned() };
        Call { service, operation, form, reads }
    }

    #[test]
    fn what_the_server_serves_is_an_upstreams_only_where_it_was_named_for_it() {
        let all = resources(&["http://h:1"], &["s3", "sns"]);
        assert_eq!(["ec2", "s3", "sns"].map(|service| all.serves(service)), [true, false, false]);
        let named = resources(&["s3=http://h:1"], &["s3", "sns"]);
        assert_eq!(["ec2", "s3", "sns"].map(|service| named.serves(service)), [false, true, false]);
        let some = resources(&["http://h:1#services=ec2+rds"], &[]);
        assert_eq!(["ec2", "rds", "sqs"].map(|service| some.serves(service)), [true, true, false]);
    }

    #[test]
    fn calls_are_signed_for_the_region_and_those_of_no_region_for_the_first() {
        let region =
            |service, operation| upstream_call(&scope(), &read(service, operation, Reads::Xml)).unwrap().region;
        assert_eq!(region("s3", "GetBucketAcl"), "eu-west-1");
        assert_eq!(region("route53", "ListHostedZones"), "us-east-1");
        let unsendable = Call {
            form: CallForm::Rest { method: "GET", path: "a b".to_owned() },
            ..read("s3", "GetBucketAcl", Reads::Xml)
        };
        assert!(matches!(upstream_call(&scope(), &unsendable), Err(CallFailed::Unanswered(_))));
    }

    #[test]
    fn bodies_are_read_as_the_call_says() {
        let read = |reads, body: &str| answer(&read("s3", "GetBucketAcl", reads), body.as_bytes());
        assert_eq!(read(Reads::Json, ""), Ok(Answer::Json(json!({}))));
        assert_eq!(read(Reads::Json, "{\"a\":1}"), Ok(Answer::Json(json!({"a": 1}))));
        assert_eq!(read(Reads::Text, "{}"), Ok(Answer::Text("{}".to_owned())));
        let xml = Answer::Xml { root: "A".to_owned(), content: json!({"b": "1"}) };
        assert_eq!(read(Reads::Xml, "<A><b>1</b></A>"), Ok(xml));
        for (reads, body) in [(Reads::Json, "<html>"), (Reads::Xml, "{}"), (Reads::Xml, "<A><b>")] {
            assert!(matches!(read(reads, body), Err(CallFailed::Unanswered(_))), "{body}");
        }
    }

    #[test]
    fn services_of_all_types_are_known_to_the_gateway() {
        for of in resource_types() {
            assert!(gateway::Service::signed_as(of.service()).next().is_some(), "{}", of.name());
        }
    }
}
