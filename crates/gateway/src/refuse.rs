//! Errors of the gateway's own, in the form that the client of a call understands.

use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use wire::xml::XmlWriter;

use crate::tables::Dialect;

/// An error to answer with.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// The status.
    pub status: StatusCode,
    /// Such as `ServiceUnavailable`.
    pub code: &'a str,
    /// What happened, for people.
    pub message: &'a str,
    /// The id of the request.
    pub request_id: &'a str,
}

/// A framed error.
#[derive(Clone, Debug)]
pub struct Framed {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// The dialect that a request seems to speak, for errors that come before it is understood: what only one of them has
/// tells, and else the service's first.
pub fn seeming_dialect(headers: &HeaderMap, signed_for: &str) -> Dialect {
    if headers.contains_key("smithy-protocol") {
        return Dialect::Cbor;
    }
    if headers.contains_key("x-amz-target") {
        return Dialect::Json;
    }
    let first = crate::tables::Service::signed_as(signed_for).next();
    first.and_then(|service| service.dialects.first().copied()).unwrap_or(Dialect::RestJson)
}

/// The error in the frame of a dialect.
pub fn refuse(dialect: Dialect, refusal: Refusal<'_>) -> Framed {
    let Refusal { status, code, message, request_id } = refusal;
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set("x-amzn-requestid", request_id);
    let body = match dialect {
        Dialect::Json => {
            set("content-type", "application/x-amz-json-1.1");
            json!({"__type": code, "message": message}).to_string().into_bytes()
        }
        Dialect::RestJson => {
            set("content-type", "application/json");
            set("x-amzn-errortype", code);
            json!({"message": message}).to_string().into_bytes()
        }
        Dialect::Cbor => {
            set("content-type", "application/cbor");
            set("smithy-protocol", "rpc-v2-cbor");
            cbor(code, message)
        }
        Dialect::Query => {
            set("content-type", "text/xml");
            let fault = if status.is_server_error() { "Receiver" } else { "Sender" };
            let error = [("Type", fault), ("Code", code), ("Message", message)];
            xml(&["ErrorResponse", "Error"], &error, Some(("RequestId", request_id)))
        }
        Dialect::Ec2 => {
            set("content-type", "text/xml");
            let error = [("Code", code), ("Message", message)];
            xml(&["Response", "Errors", "Error"], &error, Some(("RequestID", request_id)))
        }
        Dialect::RestXml => {
            set("content-type", "application/xml");
            set("x-amz-request-id", request_id);
            let error = [("Code", code), ("Message", message), ("RequestId", request_id)];
            xml(&["Error"], &error, None)
        }
    };
    Framed { status, headers, body }
}

/// Elements inside each other, with members in the innermost and one more in the outermost.
fn xml(around: &[&str], members: &[(&str, &str)], last: Option<(&str, &str)>) -> Vec<u8> {
    let mut out = XmlWriter::new();
    around.iter().for_each(|name| out.open(name));
    members.iter().for_each(|(name, value)| out.element(name, value));
    around[1..].iter().rev().for_each(|name| out.close(name));
    if let Some((name, value)) = last {
        out.element(name, value);
    }
    out.close(around[0]);
    [b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".as_slice(), out.finish().as_bytes()].concat()
}

fn cbor(code: &str, message: &str) -> Vec<u8> {
    let mut encoder = minicbor::Encoder::new(Vec::new());
    let written = encoder.map(2).and_then(|encoder| {
        encoder.str("__type")?.str(code)?.str("message")?.str(message)?;
        Ok(())
    });
    written.expect("writing to memory does not fail");
    encoder.into_writer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Answer, Failure, failure, request_id};
    use crate::captured::all;

    #[test]
    fn clients_of_every_dialect_read_the_error() {
        let message = "The upstream <x> & its \u{e9}";
        let refusal =
            Refusal { status: StatusCode::SERVICE_UNAVAILABLE, code: "ServiceUnavailable", message, request_id: "id" };
        for captured in all() {
            let call = captured.request().call();
            let Framed { status, headers, body } = refuse(call.dialect, refusal);
            let answer = Answer { status, headers: &headers, body: &body };
            let code = if call.dialect == Dialect::Ec2 { "Server.ServiceUnavailable" } else { "ServiceUnavailable" };
            let told = Failure { code: code.to_owned(), message: Some(message.to_owned()) };
            assert_eq!(failure(&call, answer), Some(told), "{}", captured.service);
            assert_eq!(request_id(answer).as_deref(), Some("id"));
        }
    }

    #[test]
    fn cbor_is_read_back() {
        let call = crate::captured::Request::new(
            "monitoring",
            "POST",
            "/service/GraniteServiceVersion20100801/operation/PutDashboard",
        )
        .header("smithy-protocol", "rpc-v2-cbor")
        .call();
        assert_eq!(call.operation, "PutDashboard");
        let refusal = Refusal { status: StatusCode::BAD_REQUEST, code: "Code", message: "why", request_id: "id" };
        let Framed { status, headers, body } = refuse(Dialect::Cbor, refusal);
        let told = failure(&call, Answer { status, headers: &headers, body: &body });
        assert_eq!(told, Some(Failure { code: "Code".to_owned(), message: Some("why".to_owned()) }));
    }

    #[test]
    fn a_request_that_is_not_understood_is_answered_in_the_form_that_it_seems_to_have() {
        let headers = |name: &'static str| {
            HeaderMap::from_iter([(http::HeaderName::from_static(name), HeaderValue::from_static("x"))])
        };
        assert_eq!(seeming_dialect(&headers("smithy-protocol"), "ec2"), Dialect::Cbor);
        assert_eq!(seeming_dialect(&headers("x-amz-target"), "ec2"), Dialect::Json);
        for (signed_for, expected) in
            [("ec2", Dialect::Ec2), ("s3", Dialect::RestXml), ("iam", Dialect::Query), ("nobody", Dialect::RestJson)]
        {
            assert_eq!(seeming_dialect(&HeaderMap::new(), signed_for), expected);
        }
    }
}
