//! From a request to an operation and its input, and from an output or error to an answer.

mod identify;
pub(crate) mod uri_template;

pub use identify::identify;

use crate::error::{ErrorParts, InputError, WireError, WireErrorKind};
use crate::request::{RawRequest, Response};
use crate::schema::{EMPTY_STRUCTURE, Operation, Protocol, Service};
use crate::value::{Struct, Value};
use crate::{cbor, json, percent, query, rest_json};

/// What a request asks for, and in which protocol.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The service.
    pub service: &'static Service,
    /// The operation.
    pub operation: &'static Operation,
    /// The protocol, which the answer must have too.
    pub protocol: Protocol,
}

/// Decodes the input by the operation's schema. `body` is the body after
/// [`crate::body::decode_content`]. The constraints of the model are not checked here.
///
/// The input of an operation that takes nothing is an empty structure, whatever was sent.
///
/// # Errors
/// `SerializationException` 400 in JSON and CBOR, `MalformedInput` 400 in query, when the
/// input does not have the form of the schema.
pub fn decode_input(target: &Target, request: &RawRequest, body: &[u8]) -> Result<Value, WireError> {
    let Some(shape) = target.operation.input else { return Ok(Value::Struct(Struct::new(&EMPTY_STRUCTURE))) };
    let decoded = match target.protocol {
        Protocol::Query => query::decode(shape, &identify::query_pairs(request, body).collect::<Vec<_>>()),
        Protocol::Json10 | Protocol::Json11 => json::decode(shape, body),
        // A client leaves the body out when it has nothing to say.
        Protocol::RpcV2Cbor if body.is_empty() => Ok(Value::Struct(Struct::new(shape))),
        Protocol::RpcV2Cbor => cbor::decode(shape, body),
        Protocol::RestJson => rest_json::decode(target.operation, shape, request, body),
    };
    decoded.map_err(|error| input_error(target, error))
}

fn input_error(target: &Target, error: InputError) -> WireError {
    let name = match target.protocol {
        Protocol::Query => "MalformedInput",
        _ => "SerializationException",
    };
    let mut wire = WireError::new(WireErrorKind::Input, target.protocol, name, name, 400).of(Some(target.service));
    wire.operation = Some(target.operation.name.to_owned());
    wire.message = error.message;
    wire
}

/// Frames an output. For an operation without an output shape the value is not looked at,
/// and the body is empty (in query: without a result element).
pub fn encode_output(target: &Target, output: &Value, request_id: &str) -> Response {
    let Target { service, operation, protocol } = *target;
    let output = operation.output.and(output.as_struct());
    match protocol {
        Protocol::Query => {
            let body = query::encode(service, operation, output, request_id).into_bytes();
            Response::new(200, request_id, Some(query::MEDIA_TYPE), body)
        }
        Protocol::Json10 | Protocol::Json11 => {
            let body = output.map(json::encode).unwrap_or_default();
            Response::new(200, request_id, Some(json::media_type(protocol)), body)
        }
        Protocol::RpcV2Cbor => {
            let body = output.map(cbor::encode).unwrap_or_default();
            cbor_response(200, request_id, body)
        }
        Protocol::RestJson => {
            let Some(output) = output else { return Response::new(200, request_id, None, Vec::new()) };
            let parts = rest_json::encode(output);
            let own_type = parts.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            let media_type = parts.media_type.filter(|_| !own_type);
            let mut response = Response::new(parts.status.unwrap_or(200), request_id, media_type, parts.body);
            parts.headers.iter().for_each(|(name, value)| response.push(name, value));
            response
        }
    }
}

fn cbor_response(status: u16, request_id: &str, body: Vec<u8>) -> Response {
    let mut response = Response::new(status, request_id, Some(cbor::MEDIA_TYPE), body);
    response.push("smithy-protocol", "rpc-v2-cbor");
    response
}

/// Frames an error. `query_mode` is [`RawRequest::query_mode`] of the request.
pub fn encode_error(
    protocol: Protocol,
    service: Option<&'static Service>,
    error: &ErrorParts<'_>,
    request_id: &str,
    query_mode: bool,
) -> Response {
    let status = status_of(protocol, service, error, query_mode);
    let mut response = match protocol {
        Protocol::Query => {
            let body = query::encode_error(service, error, request_id).into_bytes();
            return Response::new(status, request_id, Some(query::MEDIA_TYPE), body);
        }
        Protocol::RestJson => {
            let body = json::encode_error(error, None);
            let mut response = Response::new(status, request_id, Some(json::media_type(protocol)), body);
            response.push("x-amzn-errortype", error.name);
            return response;
        }
        Protocol::Json10 | Protocol::Json11 => {
            let body = json::encode_error(error, Some(&type_name(service, error)));
            Response::new(status, request_id, Some(json::media_type(protocol)), body)
        }
        Protocol::RpcV2Cbor => cbor_response(status, request_id, cbor::encode_error(error, &type_name(service, error))),
    };
    if service.is_some_and(|service| service.query_compatible) {
        let fault = if error.receiver_fault { "Receiver" } else { "Sender" };
        response.push("x-amzn-query-error", &format!("{};{fault}", error.code));
    }
    response
}

/// Recorded quirk of awsQueryCompatible services (cloudwatch.md §1.2): JSON and CBOR answer
/// 400 for every modelled client error, unless the client asked for query's statuses.
fn status_of(protocol: Protocol, service: Option<&Service>, error: &ErrorParts<'_>, query_mode: bool) -> u16 {
    let framed_apart = matches!(protocol, Protocol::Json10 | Protocol::Json11 | Protocol::RpcV2Cbor);
    let compatible = service.is_some_and(|service| service.query_compatible);
    if framed_apart && compatible && !query_mode && !error.common && !error.receiver_fault {
        return 400;
    }
    error.status
}

/// `__type`: with a namespace for services that have one, the plain name for others.
fn type_name(service: Option<&Service>, error: &ErrorParts<'_>) -> String {
    let Some(own) = service.and_then(|service| service.error_namespace) else { return error.name.to_owned() };
    let namespace = match error.name {
        "ValidationException" if error.common => "com.amazon.coral.validate",
        _ if error.common => "com.amazon.coral.service",
        _ => own,
    };
    format!("{namespace}#{}", error.name)
}

/// Whether a service speaks one of the JSON protocols.
pub(crate) fn speaks_json(service: &Service) -> bool {
    service.protocols.iter().any(|protocol| matches!(protocol, Protocol::Json10 | Protocol::Json11))
}

/// The pairs of a request's query string, then those of its form body.
pub(crate) fn pairs_of<'a>(
    request: &'a RawRequest,
    form: &'a [u8],
) -> impl Iterator<Item = (std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>)> {
    percent::pairs(request.uri.query().unwrap_or_default().as_bytes()).chain(percent::pairs(form))
}

#[cfg(test)]
mod tests;
