//! Exchanges with what others serve: a call is proved, understood, held against policies, sent on, and recorded
//! (cloudtrail.md §11.1). Bodies pass by in both directions.

mod body;
mod caller;
mod event;
mod reply;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use api::{Authorization, CallContext, Service, ServiceError};
use base::{Timestamp, id};
use bytes::Bytes;
use gateway::resources::Wanted;
use gateway::{Asked, Call, Dialect, Payload, Refused, ServedHere};
use http::request::Parts;
use http::{HeaderValue, Response, header};
use outbound::{Outlet, SendError};
use serde_json::{Map, Value as Json};
use wire::sigv4::{self, Claim};
use wire::{RawRequest, WireError};

use crate::exchange::AnswerBody;
use crate::listener::Peer;
use crate::metrics::UpstreamOutcome;
use crate::pipeline;
use crate::s3_exchange::{self, Upload};
use crate::shared_service::{self, Share};
use crate::state::State;
use crate::whole_call::WholeCall;
use body::{Carried, Fault, Unread};
use caller::Caller;
use event::Witness;

pub use reply::GatewayBody;

/// Who answers a request.
pub enum Whose {
    /// The server itself.
    Own,
    /// An upstream.
    Upstreams(Taken),
    /// The body tells: an upstream, unless it is the server's own affair ([`shared_service::is_own_by_body`]).
    ToldByBody(Taken),
}

/// A request that goes to an upstream.
pub struct Taken {
    claim: Claim,
    outlet: Outlet,
}

/// Whether a request goes to an upstream: it is signed for a service that was sent there, or that nobody here serves. Of
/// a service that is shared, it names an operation that is not the server's own. The decision is made on its head alone,
/// where that tells.
pub fn whose(state: &State, parts: &Parts) -> Whose {
    if state.upstreams.is_empty() || parts.uri.path().starts_with("/_trailwatch/") {
        return Whose::Own;
    }
    let Ok(Some(claim)) = sigv4::parse(&head(parts)) else { return Whose::Own };
    let share = shared_service::share(&claim.service, &parts.headers);
    let here = match share {
        Some(Share::Own) => return Whose::Own,
        Some(Share::Upstreams | Share::ToldByBody) => ServedHere::No,
        None if state.served.contains(&*claim.service) => ServedHere::Yes,
        None => ServedHere::No,
    };
    let Some(outlet) = state.upstreams.route(&claim.service, here).cloned() else { return Whose::Own };
    let taken = Taken { claim, outlet };
    match share {
        Some(Share::ToldByBody) => Whose::ToldByBody(taken),
        _ => Whose::Upstreams(taken),
    }
}

/// Signing names of the services that the server serves itself: those of which some operation is built.
pub fn served<'s>(services: impl IntoIterator<Item = &'s Arc<dyn Service>>) -> BTreeSet<&'static str> {
    let built = services.into_iter().filter(|service| !service.implemented().is_empty());
    built.map(|service| service.schema().signing_name).chain(["s3"]).collect()
}

/// Whether a request that the gateway did not take is meant for an S3 that is an upstream: nobody signed it in a way
/// that could be proved, and the server's own S3 is not the one that is asked.
pub fn is_unsigned_for_upstream(state: &State, parts: &Parts) -> bool {
    state.upstreams.is_named("s3") && s3_exchange::takes(parts)
}

/// The answer to such a request.
pub fn unsigned(state: &State) -> Response<AnswerBody> {
    let message = "Requests that are not signed with signature version 4 are not sent to an upstream.";
    let error = ServiceError::common("AccessDenied", "AccessDenied", 403, message);
    reply::refusal(&id::uuid(&*state.entropy).to_string(), Dialect::RestXml, &error)
}

/// A request without its body.
fn head(parts: &Parts) -> RawRequest {
    let mut headers = parts.headers.clone();
    // HTTP/2 carries the host as a pseudo header; signatures are made over it as `host`.
    if !headers.contains_key(header::HOST)
        && let Some(authority) = parts.uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        headers.insert(header::HOST, host);
    }
    RawRequest { method: parts.method.clone(), uri: parts.uri.clone(), headers, body: Bytes::new() }
}

/// Answers a request. `None` when answering it panicked.
pub async fn answer(
    state: &Arc<State>,
    peer: Peer,
    parts: Parts,
    body: Upload,
    taken: Taken,
) -> Option<Response<AnswerBody>> {
    let exchange = Exchange {
        state: state.clone(),
        request_id: id::uuid(&*state.entropy).to_string(),
        raw: head(&parts),
        peer,
        claim: taken.claim,
        outlet: taken.outlet,
        started: Instant::now(),
    };
    // A client that hangs up must not stop a call half way: the call runs to its end, event included.
    WholeCall::new(&state.calls, exchange.run(body)).await.ok()
}

/// One exchange.
struct Exchange {
    state: Arc<State>,
    request_id: String,
    /// Without its body.
    raw: RawRequest,
    peer: Peer,
    claim: Claim,
    outlet: Outlet,
    started: Instant,
}

/// Why a call is not sent on, and what was known of it.
struct Unsent {
    error: ServiceError,
    /// Who asked for what, where that is known well enough to be recorded.
    known: Option<Box<Witness>>,
    dialect: Dialect,
}

/// A call that may be sent on.
struct Permitted {
    caller: Caller,
    call: Call,
    witness: Witness,
    /// The body, where it is in hand.
    whole: Option<Bytes>,
}

impl Exchange {
    async fn run(self, body: Upload) -> Response<AnswerBody> {
        let mut carried = Carried::new(body);
        let permitted = match self.permit(&mut carried).await {
            Ok(permitted) => permitted,
            Err(unsent) => return self.refused(*unsent).await,
        };
        Box::pin(self.send(permitted, carried)).await
    }

    /// The call with whoever makes it, once it may be made.
    async fn permit(&self, carried: &mut Carried) -> Result<Permitted, Box<Unsent>> {
        let style = caller::path_style(&self.claim.service);
        let mut whole = None;
        if self.claim.needs_body(style) {
            whole = Some(self.read_whole(carried).await?);
        }
        let proved = caller::prove(&self.state, &self.raw, whole.as_ref(), &self.claim, style);
        let caller = match proved {
            Ok(caller) => caller,
            Err(refusal) => return Err(self.unproved(*refusal, whole.as_deref().unwrap_or_default())),
        };
        // Of data nothing needs to be known, however long it is.
        let by_head = self.identify(whole.as_deref().unwrap_or_default());
        let is_data = by_head.as_ref().is_ok_and(Call::takes_data);
        if whole.is_none() && !is_data {
            let framed = self.read_whole(carried).await?;
            let body = body::unframed(&self.raw.headers, &self.claim, caller.chunks.clone(), framed);
            whole = Some(body.map_err(|error| self.unsent(error))?);
        }
        let known: &[u8] = if is_data { b"" } else { whole.as_deref().unwrap_or_default() };
        let identified = if is_data { by_head } else { self.identify(known) };
        let call = identified.map_err(|refused| self.not_understood(&refused))?;
        let input = gateway::input::input(&call, &self.asked(known))
            .map_err(|unreadable| self.unsent(malformed(&unreadable.to_string())))?;
        // Whatever its head looked like, it is understood now: what the server serves is not another's.
        if shared_service::is_own(call.service.name, &call.operation, &input) {
            let refused = Refused::Ambiguous("it asks for what this server serves, in another spelling");
            return Err(self.not_understood(&refused));
        }
        let cx = self.context(caller.principal.clone(), caller.region.clone());
        let witness = Witness::new(self, cx, &call, known, input.clone(), carried.counted());
        if let Err(error) = self.admit(&witness.cx, &call, known, &input) {
            let dialect = call.dialect;
            return Err(Box::new(Unsent { error, known: Some(Box::new(witness)), dialect }));
        }
        Ok(Permitted { caller, call, witness, whole })
    }

    /// Whether the call may be made: permission, then room in the log.
    fn admit(&self, cx: &CallContext, call: &Call, body: &[u8], input: &Map<String, Json>) -> Result<(), ServiceError> {
        if self.state.calls.is_closed() {
            return Err(ServiceError::unavailable("The server is stopping."));
        }
        let asked = self.asked(body);
        let conditions = gateway::conditions::conditions(call, &asked);
        let mut all = gateway::resources::wanted(call, input, event::place(cx));
        if let Some(first) = all.first().cloned() {
            let further = gateway::conditions::further_actions(call, &asked).into_iter();
            all.extend(further.map(|action| Wanted { action: action.to_owned(), resource: first.resource.clone() }));
        }
        for Wanted { action, resource } in all {
            let authorization = Authorization {
                action,
                resources: vec![resource],
                conditions: conditions.clone(),
                resource_conditions: Vec::new(),
                resource_policies: Vec::new(),
                exempt: false,
            };
            self.state.identity.authenticator().authorize(cx, &authorization)?;
        }
        if !gateway::classify::read_only(call) {
            self.state.store.writable().map_err(|error| pipeline::no_room(&error))?;
        }
        let has_own_credentials = self.outlet.route.endpoint.user.is_some();
        if self.claim.session_token.is_some() && !has_own_credentials {
            let message = "The upstream of this service has no credentials of its own, and the temporary credentials \
                           of this server mean nothing to it.";
            return Err(ServiceError::common("AccessDeniedException", "AccessDenied", 403, message));
        }
        Ok(())
    }

    async fn send(self, permitted: Permitted, carried: Carried) -> Response<AnswerBody> {
        let Permitted { caller, call, witness, whole } = permitted;
        let fault = Fault::default();
        let payload = match whole {
            Some(bytes) => Ok(Payload::Whole(bytes)),
            None => carried.payload(&self.raw.headers, &self.claim, caller.chunks, &fault).await,
        };
        let payload = match payload {
            Ok(payload) => payload,
            Err(unread) => {
                let (error, dialect) = (unread_error(unread, self.state.max_body_bytes), call.dialect);
                return self.refused(Unsent { error, known: Some(Box::new(witness)), dialect }).await;
            }
        };
        let request = self.request(&call, &caller.credentials, payload);
        let request = match request {
            Ok(request) => request,
            Err(error) => {
                let dialect = call.dialect;
                return self.refused(Unsent { error, known: Some(Box::new(witness)), dialect }).await;
            }
        };
        match self.outlet.send(request).await {
            Ok(response) if response.status().is_informational() => {
                witness.count_at_upstream(UpstreamOutcome::NoAnswer, 0);
                let error = unavailable("it answered with something that is no answer");
                self.refused(Unsent { error, known: Some(Box::new(witness)), dialect: call.dialect }).await
            }
            Ok(response) => reply::reply(self, call, witness, response).await,
            Err(error) => {
                // What breaks a body on its way breaks the connection with it.
                let error = match fault.take() {
                    Some(unread) => unread_error(unread, self.state.max_body_bytes),
                    None => {
                        witness.count_at_upstream(UpstreamOutcome::NoAnswer, 0);
                        unanswered(&error)
                    }
                };
                self.refused(Unsent { error, known: Some(Box::new(witness)), dialect: call.dialect }).await
            }
        }
    }

    /// The request to the upstream.
    fn request(
        &self,
        call: &Call,
        own: &sigv4::Credentials,
        payload: Payload,
    ) -> Result<outbound::StreamRequest, ServiceError> {
        let asked = self.asked(b"");
        let mut rebuilt =
            gateway::rebuild(call, &asked).map_err(|name| malformed(&format!("the header {name} stands twice")))?;
        if self.claim.payload_hash.is_chunked()
            && !rebuilt.headers.keys().any(|name| name.as_str().starts_with("x-amz-checksum-"))
        {
            // Its checksum was in the trailer, which was held against the body and taken off.
            rebuilt.headers.remove("x-amz-sdk-checksum-algorithm");
        }
        let payload = match (payload, rebuilt.body.take()) {
            (Payload::Whole(_), Some(form)) => Payload::Whole(form.into()),
            (payload, _) => payload,
        };
        let route = &self.outlet.route;
        let named = route.endpoint.user.as_ref().map(|(id, secret)| sigv4::Credentials {
            access_key_id: id.clone(),
            secret_access_key: secret.clone(),
            session_token: None,
        });
        let credentials = named.as_ref().unwrap_or(own);
        let at: Timestamp = self.state.machine_clock.now();
        gateway::forward(call, rebuilt, route, credentials, &self.claim.region, payload, at)
            .map_err(|unsendable| malformed(&unsendable.to_string()))
    }

    async fn read_whole(&self, carried: &mut Carried) -> Result<Bytes, Box<Unsent>> {
        let limit = self.state.max_body_bytes;
        carried.whole(limit).await.map_err(|unread| self.unsent(unread_error(unread, limit)))
    }

    fn asked<'a>(&'a self, body: &'a [u8]) -> Asked<'a> {
        let host = self.raw.header("host").unwrap_or_default();
        Asked {
            method: &self.raw.method,
            path: self.raw.uri.path(),
            query: self.raw.uri.query().unwrap_or_default(),
            headers: &self.raw.headers,
            body,
            signed_for: &self.claim.service,
            bucket_of_host: s3::bucket_in_host(host),
        }
    }

    fn identify(&self, body: &[u8]) -> Result<Call, Refused> {
        gateway::identify(&self.asked(body))
    }

    fn context(&self, principal: api::Principal, region: base::Region) -> CallContext {
        let text = |name| self.raw.header(name).unwrap_or_default().to_owned();
        CallContext {
            principal,
            region,
            partition: self.state.region.partition(),
            now: self.state.clock.now(),
            request_id: self.request_id.clone(),
            source_ip: self.peer.ip.clone(),
            user_agent: text("user-agent"),
            host: text("host"),
            tls: self.peer.tls.clone(),
        }
    }

    fn dialect(&self) -> Dialect {
        gateway::seeming_dialect(&self.raw.headers, &self.claim.service)
    }

    fn unsent(&self, error: ServiceError) -> Box<Unsent> {
        Box::new(Unsent { error, known: None, dialect: self.dialect() })
    }

    fn not_understood(&self, refused: &Refused) -> Box<Unsent> {
        let message = refused.to_string();
        self.unsent(match refused {
            Refused::UnknownService(_) | Refused::UnknownOperation => {
                ServiceError::common("UnknownOperationException", "InvalidAction", 400, message)
            }
            Refused::Ambiguous(_) | Refused::Malformed(_) => malformed(&message),
        })
    }

    /// Nobody proved to have sent it: it is recorded all the same where it is clear what it asks for.
    fn unproved(&self, refusal: pipeline::Refusal, body: &[u8]) -> Box<Unsent> {
        let pipeline::Refusal { error, claimed, region } = refusal;
        let Ok(call) = self.identify(body) else { return self.unsent(error) };
        let input = gateway::input::input(&call, &self.asked(body)).unwrap_or_default();
        let cx = self.context(claimed, region);
        let witness = Witness::new(self, cx, &call, body, input, Arc::default());
        // Of what nobody proved to have sent only so much enters the history.
        let known = self.state.strangers.admit(Instant::now()).then(|| Box::new(witness));
        if known.is_none() {
            self.state.metrics.event_suppressed();
        }
        Box::new(Unsent { error, known, dialect: call.dialect })
    }

    /// The answer to a call that was not sent, or got no answer; its event comes first.
    async fn refused(self, unsent: Unsent) -> Response<AnswerBody> {
        let Unsent { mut error, known, dialect } = unsent;
        if let Some(witness) = known
            && let Err(unrecorded) = witness.refused(dialect, &error).await
        {
            error = unrecorded;
        }
        reply::refusal(&self.request_id, dialect, &error)
    }
}

fn malformed(message: &str) -> ServiceError {
    ServiceError::common("SerializationException", "MalformedInput", 400, message)
}

/// There is no answer: whoever asked may want to know whether the call was carried out all the same.
fn unanswered(error: &SendError) -> ServiceError {
    match error.may_have_arrived() {
        true => unavailable(&error.to_string()),
        false => away(format!("The upstream of this service was not called: {error}.")),
    }
}

fn unavailable(why: &str) -> ServiceError {
    away(format!(
        "The upstream of this service gave no answer: {why}. If the call was sent, it may have been carried out."
    ))
}

fn away(message: String) -> ServiceError {
    ServiceError {
        receiver_fault: true,
        ..ServiceError::common("ServiceUnavailable", "ServiceUnavailable", 503, message)
    }
}

fn unread_error(unread: Unread, body_bytes_max: usize) -> ServiceError {
    let (name, status, message) = match unread {
        Unread::TooLarge => (
            "RequestEntityTooLarge",
            413,
            format!(
                "The body is larger than the {body_bytes_max} bytes that are read of calls whose body is not data."
            ),
        ),
        Unread::Broken => ("IncompleteBody", 400, "The request's body did not arrive whole.".to_owned()),
        Unread::NotTheSigned => (
            "XAmzContentSHA256Mismatch",
            400,
            "The provided 'x-amz-content-sha256' header does not match what was computed.".to_owned(),
        ),
        Unread::NotAsFramed(error) => {
            let WireError { name, code, status, message, .. } = *error;
            let receiver_fault = status >= 500;
            return ServiceError { name, code, message, status, receiver_fault, common: true, members: None };
        }
    };
    ServiceError::common(name, name, status, message)
}
