//! Finding out which operation a request asks for.
//!
//! The protocols share one endpoint, so each is known by what only it has: RPC v2 by its
//! header, AWS JSON by `X-Amz-Target`, query by `Action`, REST by what is left: method and path.

use std::borrow::Cow;

use http::Method;

use super::{Target, pairs_of, speaks_json, uri_template};
use crate::error::{WireError, WireErrorKind};
use crate::percent;
use crate::request::RawRequest;
use crate::schema::{Operation, Protocol, Service};

/// Finds the operation among `services`. `claim_service` is the service of the SigV4 scope,
/// when the request has one; `body` is the body after [`crate::body::decode_content`].
///
/// # Errors
/// [`WireErrorKind::UnknownService`] when no service of ours is meant,
/// [`WireErrorKind::UnknownOperation`] when the service is ours but has no such operation or
/// does not speak the protocol. Both carry AWS's own frame: `UnknownOperationException` 400
/// in JSON 1.1 (cloudtrail.md §0.2), 404 in JSON 1.0, CBOR and REST (cloudwatch.md §1.2),
/// `InvalidAction` 400 in query.
pub fn identify(
    request: &RawRequest,
    services: &[&'static Service],
    claim_service: Option<&str>,
    body: &[u8],
) -> Result<Target, WireError> {
    if request.header("smithy-protocol").is_some() {
        return rpc_v2(request, services);
    }
    if let Some(target) = request.header("x-amz-target") {
        return aws_json(request, services, target);
    }
    let claimed: Vec<&'static Service> =
        services.iter().copied().filter(|service| Some(service.signing_name) == claim_service).collect();
    if let Some(form) = form(request, body) {
        let (action, version) = action_and_version(request, form);
        if let Some(action) = action {
            return query(services, &claimed, &action, version.as_deref());
        }
        if form_is_meant(request, &claimed) {
            let error =
                WireError::new(WireErrorKind::UnknownOperation, Protocol::Query, "MissingAction", "MissingAction", 400);
            return Err(error.of(claimed.first().copied()).with_message("Missing Action"));
        }
    }
    rest(request, services, &claimed, claim_service)
}

fn unknown(kind: WireErrorKind, protocol: Protocol, service: Option<&'static Service>, operation: &str) -> WireError {
    let status = if protocol == Protocol::Json11 { 400 } else { 404 };
    let name = "UnknownOperationException";
    let mut error = WireError::new(kind, protocol, name, name, status).of(service);
    error.operation = Some(operation.to_owned()).filter(|operation| !operation.is_empty());
    error
}

/// `POST /service/<name>/operation/<operation>`; a prefix before it is allowed.
fn rpc_v2(request: &RawRequest, services: &[&'static Service]) -> Result<Target, WireError> {
    let protocol = Protocol::RpcV2Cbor;
    let mut segments = request.uri.path().rsplit('/');
    let parts = (segments.next(), segments.next(), segments.next(), segments.next());
    let (Some(operation), Some("operation"), Some(name), Some("service")) = parts else {
        return Err(unknown(WireErrorKind::UnknownService, protocol, None, ""));
    };
    // Some clients put the service's namespace before its name.
    let name = name.rsplit('.').next().unwrap_or(name);
    let Some(service) = services.iter().copied().find(|service| service.rpc_name == Some(name)) else {
        return Err(unknown(WireErrorKind::UnknownService, protocol, None, operation));
    };
    let cbor = request.header("smithy-protocol") == Some("rpc-v2-cbor") && request.method == Method::POST;
    if !cbor || !service.protocols.contains(&protocol) {
        return Err(unknown(WireErrorKind::UnknownOperation, protocol, Some(service), operation));
    }
    let found = service.operation(operation);
    let operation =
        found.ok_or_else(|| unknown(WireErrorKind::UnknownOperation, protocol, Some(service), operation))?;
    Ok(Target { service, operation, protocol })
}

/// `X-Amz-Target: <prefix>.<operation>`. The JSON version is the content type's, else the
/// service's own.
fn aws_json(request: &RawRequest, services: &[&'static Service], target: &str) -> Result<Target, WireError> {
    let by_type = match request.media_type().as_str() {
        "application/x-amz-json-1.0" => Some(Protocol::Json10),
        "application/x-amz-json-1.1" => Some(Protocol::Json11),
        _ => None,
    };
    let (prefix, operation) = target.rsplit_once('.').unwrap_or(("", target));
    let Some(service) = services.iter().copied().find(|service| service.target_prefixes.contains(&prefix)) else {
        let protocol = by_type.unwrap_or(Protocol::Json11);
        return Err(unknown(WireErrorKind::UnknownService, protocol, None, operation));
    };
    let own = service.protocols.iter().copied().find(|at| matches!(at, Protocol::Json10 | Protocol::Json11));
    let protocol = by_type.or(own).unwrap_or(Protocol::Json11);
    let found = service.operation(operation).filter(|_| speaks_json(service) && request.method == Method::POST);
    let operation =
        found.ok_or_else(|| unknown(WireErrorKind::UnknownOperation, protocol, Some(service), operation))?;
    Ok(Target { service, operation, protocol })
}

/// The form in the body, or nothing when the body is no form. A request without a body may
/// have all its parameters in the query string.
fn form<'a>(request: &RawRequest, body: &'a [u8]) -> Option<&'a [u8]> {
    if request.method != Method::GET && request.method != Method::POST {
        return None;
    }
    // What a GET asks for is what its URL says, and its URL is what was signed.
    let body = if request.method == Method::GET { &body[..0] } else { body };
    let declared = request.media_type();
    let is_form = declared == "application/x-www-form-urlencoded"
        || (declared.is_empty() && (body.is_empty() || body.starts_with(b"Action=")));
    match (is_form, body.is_empty() || request.uri.query().is_some_and(|query| query.contains("Action="))) {
        (true, _) => Some(body),
        (false, true) => Some(&[]),
        (false, false) => None,
    }
}

/// The parameters of a query request.
pub(super) fn query_pairs<'a>(
    request: &'a RawRequest,
    body: &'a [u8],
) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
    pairs_of(request, form(request, body).unwrap_or_default())
}

fn action_and_version(request: &RawRequest, form: &[u8]) -> (Option<String>, Option<String>) {
    let (mut action, mut version) = (None, None);
    let in_query = percent::raw_pairs(request.uri.query().unwrap_or_default().as_bytes());
    for (key, value) in in_query.chain(percent::raw_pairs(form)) {
        let place = match key {
            b"Action" => &mut action,
            b"Version" => &mut version,
            _ => continue,
        };
        *place = Some(String::from_utf8_lossy(&percent::decode_component(value)).into_owned());
    }
    (action.filter(|action| !action.is_empty()), version)
}

/// A form without an action, sent to a service that lives on them.
fn form_is_meant(request: &RawRequest, claimed: &[&'static Service]) -> bool {
    request.media_type() == "application/x-www-form-urlencoded"
        && claimed.iter().any(|service| service.protocols.contains(&Protocol::Query))
}

/// The claimed service first, then any that has this version and action: when the scope is
/// for another service, it is the scope that is wrong.
fn query(
    services: &[&'static Service],
    claimed: &[&'static Service],
    action: &str,
    version: Option<&str>,
) -> Result<Target, WireError> {
    let protocol = Protocol::Query;
    let of_version =
        |service: &&'static Service| service.protocols.contains(&protocol) && version == Some(service.api_version);
    let found = claimed
        .iter()
        .chain(services)
        .copied()
        .filter(of_version)
        .find_map(|service| service.operation(action).map(|operation| Target { service, operation, protocol }));
    found.ok_or_else(|| {
        let service = claimed.first().copied().or_else(|| services.iter().copied().find(of_version));
        let kind = if service.is_none() { WireErrorKind::UnknownService } else { WireErrorKind::UnknownOperation };
        let version = version.unwrap_or("NO_VERSION_SPECIFIED");
        let mut error = WireError::new(kind, protocol, "InvalidAction", "InvalidAction", 400)
            .of(service)
            .with_message(format!("Could not find operation {action} for version {version}"));
        error.operation = Some(action.to_owned());
        error
    })
}

/// By method and URI template among REST services; when the claimed service is ours, only
/// its own operations count.
fn rest(
    request: &RawRequest,
    services: &[&'static Service],
    claimed: &[&'static Service],
    claim_service: Option<&str>,
) -> Result<Target, WireError> {
    let protocol = Protocol::RestJson;
    let (path, query) = (request.uri.path(), request.uri.query().unwrap_or_default());
    let among = if claim_service.is_some() { claimed } else { services };
    let best = among
        .iter()
        .filter(|service| service.protocols.contains(&protocol))
        .flat_map(|service| service.operations.iter().map(move |operation| (*service, operation)))
        .filter(|(_, operation): &(_, &'static Operation)| operation.method == request.method.as_str())
        .filter_map(|(service, operation)| {
            let (precision, _) = uri_template::matches(operation, path, query)?;
            Some((precision, Target { service, operation, protocol }))
        })
        .max_by(|(a, _), (b, _)| a.cmp(b));
    if let Some((_, target)) = best {
        return Ok(target);
    }
    let service = claimed.first().copied();
    let kind = if service.is_some() { WireErrorKind::UnknownOperation } else { WireErrorKind::UnknownService };
    // Whatever it was, it is best told in the protocol that the service prefers.
    let protocol = service.and_then(|service| service.protocols.first().copied()).unwrap_or(protocol);
    Err(unknown(kind, protocol, service, ""))
}
