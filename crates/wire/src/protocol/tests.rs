//! From real requests to operations and inputs, and from outputs and errors to answers.

use base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};

use super::{Target, decode_input, encode_error, encode_output, identify};
use crate::error::{ErrorParts, WireError, WireErrorKind};
use crate::mini_schema::{CHOICE, EVERYTHING, METRICS, NOTHING, REST_INPUT, RESTFUL, SERVICES, TAG, TRAILS, missing};
use crate::request::{RawRequest, Response};
use crate::schema::{Protocol, Service, Shape};
use crate::value::{Struct, Value};

fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> RawRequest {
    let header =
        |(name, value): &(&str, &str)| (HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    RawRequest {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        uri: target.parse().unwrap(),
        headers: headers.iter().map(header).collect::<HeaderMap>(),
        body: Bytes::copy_from_slice(body),
    }
}

fn structure(shape: &'static Shape, members: &[(&str, Value)]) -> Value {
    let mut out = Struct::new(shape);
    for (name, value) in members {
        out.set(shape.structure().unwrap().member(name).unwrap().0, value.clone());
    }
    Value::Struct(out)
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn texts(texts: &[&str]) -> Value {
    Value::List(texts.iter().copied().map(text).collect())
}

fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

/// One of every kind. Only JSON can carry a free-form document from botocore.
fn everything(document: bool) -> Value {
    let at = Value::Timestamp(Timestamp::from_secs(1_769_853_600));
    let mut members = vec![
        ("Flag", Value::Boolean(true)),
        ("Limit", Value::Integer(7)),
        ("Integer", Value::Integer(-5)),
        ("Long", Value::Integer(1 << 40)),
        ("Float", Value::Float(0.5)),
        ("Double", Value::Float(1e300)),
        ("Name", text("a-b_C")),
        ("Text", text("grüße & <mehr>+ \"x\"\\")),
        ("StateValue", text("OK")),
        ("Secret", text("topsecret")),
        ("Blob", Value::Blob(vec![0, 255, 16])),
        ("At", at.clone()),
        ("Iso", at.clone()),
        ("Names", texts(&["a", "b"])),
        ("Numbers", Value::List(vec![Value::Integer(1), Value::Integer(-2)])),
        ("Times", Value::List(vec![at])),
        (
            "Tags",
            Value::List(vec![
                structure(&TAG, &[("Key", text("k")), ("Value", text("v"))]),
                structure(&TAG, &[("Key", text("l"))]),
            ]),
        ),
        ("Attributes", map(&[("x", text("1")), ("y", text(""))])),
        ("TagsByName", map(&[("t", structure(&TAG, &[("Key", text("k"))]))])),
        ("FlatMap", map(&[("f", text("g"))])),
        ("Choice", structure(&CHOICE, &[("Right", Value::Integer(3))])),
        ("Nested", structure(&EVERYTHING, &[("Names", Value::List(vec![])), ("Double", Value::Float(f64::INFINITY))])),
    ];
    if document {
        members.push(("Extra", Value::Document(serde_json::json!({ "free": [1, null, "x"] }))));
    }
    structure(&EVERYTHING, &members)
}

fn rest_input() -> Value {
    let at = Value::Timestamp(Timestamp::from_secs(1_769_853_600));
    structure(
        &REST_INPUT,
        &[
            ("Id", text("a b/ü")),
            ("Path", text("p/q r")),
            ("Limit", Value::Integer(7)),
            ("Names", texts(&["a", "b"])),
            ("Since", at.clone()),
            ("Rest", map(&[("other", text("x y"))])),
            ("Flag", Value::Boolean(true)),
            ("When", at),
            ("List", texts(&["a", "b,c"])),
            ("Meta", map(&[("one", text("1")), ("two", text("2"))])),
            ("Tags", Value::List(vec![structure(&TAG, &[("Key", text("k"))])])),
            ("Note", text("n")),
        ],
    )
}

fn found(request: &RawRequest, claim: Option<&str>) -> Result<(Target, Value), WireError> {
    let target = identify(request, &SERVICES, claim, &request.body)?;
    let input = decode_input(&target, request, &request.body)?;
    Ok((target, input))
}

/// Requests that botocore 1.43 serialised by a model like the schema here.
#[test]
fn botocores_requests_are_understood() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("botocore_requests.json")).unwrap();
    for vector in vectors.as_array().unwrap() {
        let of = |name: &str| vector[name].as_str().unwrap();
        let headers: Vec<(&str, &str)> = vector["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
            .collect();
        let request = request(of("method"), of("target"), &headers, &BASE64.decode(of("body")).unwrap());
        let (protocol, operation, input) = match of("protocol") {
            "query" => (Protocol::Query, "Echo", everything(false)),
            "json" => (Protocol::Json10, "Echo", everything(true)),
            "smithy-rpc-v2-cbor" => (Protocol::RpcV2Cbor, "Echo", everything(false)),
            "rest-json" => (Protocol::RestJson, "PutPath", rest_input()),
            other => panic!("{other}"),
        };
        for claim in [None, Some(if protocol == Protocol::RestJson { "restful" } else { "monitoring" })] {
            let (target, decoded) = found(&request, claim).unwrap();
            assert_eq!((target.protocol, target.operation.name), (protocol, operation));
            assert_eq!(decoded, input, "{protocol:?}");
        }
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
const JSON11: (&str, &str) = ("content-type", "application/x-amz-json-1.1");

#[test]
fn operations_are_found_in_every_protocol() {
    let rpc = "/service/GraniteServiceVersion20100801/operation/Put";
    let cbor = ("smithy-protocol", "rpc-v2-cbor");
    let put = "Action=Put&Version=2010-08-01&Name=x";
    let get = format!("/?{put}&X-Amz-Algorithm=AWS4-HMAC-SHA256");
    let cases: Vec<(RawRequest, &str, Protocol)> = vec![
        (request("POST", rpc, &[cbor], b""), "Put", Protocol::RpcV2Cbor),
        (
            request(
                "POST",
                "/prefix/service/com.amazonaws.GraniteServiceVersion20100801/operation/Put",
                &[cbor],
                b"\xa0",
            ),
            "Put",
            Protocol::RpcV2Cbor,
        ),
        (
            request(
                "POST",
                "/",
                &[("x-amz-target", "GraniteServiceVersion20100801.Put"), ("content-type", "application/json")],
                b"{}",
            ),
            "Put",
            Protocol::Json10,
        ),
        (
            request("POST", "/", &[("x-amz-target", "CloudTrail_20131101.Echo"), JSON11], b"{}"),
            "Echo",
            Protocol::Json11,
        ),
        (
            request(
                "POST",
                "/",
                &[("x-amz-target", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.Ping"), JSON11],
                b"",
            ),
            "Ping",
            Protocol::Json11,
        ),
        (request("POST", "/", &[FORM], put.as_bytes()), "Put", Protocol::Query),
        (request("POST", "/", &[], put.as_bytes()), "Put", Protocol::Query),
        (request("GET", &get, &[], b""), "Put", Protocol::Query),
        (request("POST", &get, &[FORM], b""), "Put", Protocol::Query),
        (request("GET", "/things/all", &[], b""), "ListThings", Protocol::RestJson),
        (request("GET", "/things/al", &[], b""), "GetThing", Protocol::RestJson),
        (request("GET", "/things/al/", &[], b""), "GetThing", Protocol::RestJson),
        (request("POST", "/things/x", &[], b"{}"), "UpdateThing", Protocol::RestJson),
        (request("POST", "/things/x?start", &[], b""), "StartThing", Protocol::RestJson),
        (request("PUT", "/things/x/blob", &[], b"raw"), "PutBlob", Protocol::RestJson),
        (request("PUT", "/things/x/blob/more", &[], b""), "PutPath", Protocol::RestJson),
    ];
    for (request, operation, protocol) in cases {
        let (target, _) =
            found(&request, None).unwrap_or_else(|error| panic!("{} {}: {error}", request.method, request.uri));
        assert_eq!((target.operation.name, target.protocol), (operation, protocol), "{}", request.uri);
    }
}

#[test]
fn a_payload_is_the_whole_body() {
    let (_, input) = found(&request("PUT", "/things/x/blob", &[], b"\x00{"), None).unwrap();
    assert_eq!((input.get("Id"), input.get("Body")), (Some(&text("x")), Some(&Value::Blob(b"\x00{".to_vec()))));
}

struct Unknown {
    kind: WireErrorKind,
    code: &'static str,
    status: u16,
    protocol: Protocol,
    service: Option<&'static str>,
    operation: Option<&'static str>,
    message: Option<&'static str>,
}

#[test]
fn unknown_operations_are_told_from_unknown_services() {
    use WireErrorKind::{UnknownOperation, UnknownService};
    let unknown = |kind, status, protocol, service, operation| Unknown {
        kind,
        code: "UnknownOperationException",
        status,
        protocol,
        service,
        operation,
        message: None,
    };
    let action = |kind, service, operation, message| Unknown {
        kind,
        code: "InvalidAction",
        status: 400,
        protocol: Protocol::Query,
        service,
        operation,
        message: Some(message),
    };
    let cbor = ("smithy-protocol", "rpc-v2-cbor");
    let rpc = |name: &str, operation: &str| format!("/service/{name}/operation/{operation}");
    let json = |target| request("POST", "/", &[("x-amz-target", target), JSON11], b"{}");
    let form = |body: &str| request("POST", "/", &[FORM], body.as_bytes());
    let (metrics, trails) = (Some("metrics"), Some("trails"));
    let cases = [
        // cloudtrail.md §0.2
        (
            json("CloudTrail_20131101.Nope"),
            None,
            unknown(UnknownOperation, 400, Protocol::Json11, trails, Some("Nope")),
        ),
        (
            json("CloudTrail_20131101.Ping.more"),
            None,
            unknown(UnknownService, 400, Protocol::Json11, None, Some("more")),
        ),
        (
            json("CloudTrail_20131101"),
            None,
            unknown(UnknownService, 400, Protocol::Json11, None, Some("CloudTrail_20131101")),
        ),
        (json("Other_1.Ping"), None, unknown(UnknownService, 400, Protocol::Json11, None, Some("Ping"))),
        // cloudwatch.md §1.2
        (
            request(
                "POST",
                "/",
                &[
                    ("x-amz-target", "GraniteServiceVersion20100801.Nope"),
                    ("content-type", "application/x-amz-json-1.0"),
                ],
                b"{}",
            ),
            None,
            unknown(UnknownOperation, 404, Protocol::Json10, metrics, Some("Nope")),
        ),
        (
            request("POST", &rpc("GraniteServiceVersion20100801", "Nope"), &[cbor], b""),
            None,
            unknown(UnknownOperation, 404, Protocol::RpcV2Cbor, metrics, Some("Nope")),
        ),
        (
            request("POST", &rpc("CloudTrail_20131101", "Ping"), &[cbor], b""),
            None,
            unknown(UnknownService, 404, Protocol::RpcV2Cbor, None, Some("Ping")),
        ),
        (
            request("POST", &rpc("GraniteServiceVersion20100801", "Put"), &[("smithy-protocol", "rpc-v2-json")], b""),
            None,
            unknown(UnknownOperation, 404, Protocol::RpcV2Cbor, metrics, Some("Put")),
        ),
        (
            form("Action=Nope&Version=2010-08-01"),
            None,
            action(UnknownOperation, metrics, Some("Nope"), "Could not find operation Nope for version 2010-08-01"),
        ),
        (
            form("Action=Put&Version=1"),
            Some("monitoring"),
            action(UnknownOperation, metrics, Some("Put"), "Could not find operation Put for version 1"),
        ),
        (
            form("Action=Put"),
            Some("monitoring"),
            action(
                UnknownOperation,
                metrics,
                Some("Put"),
                "Could not find operation Put for version NO_VERSION_SPECIFIED",
            ),
        ),
        (
            form("Action=Put&Version=1"),
            None,
            action(UnknownService, None, Some("Put"), "Could not find operation Put for version 1"),
        ),
        (
            form("Action=Ping&Version=2013-11-01"),
            Some("cloudtrail"),
            action(UnknownOperation, trails, Some("Ping"), "Could not find operation Ping for version 2013-11-01"),
        ),
        (
            form("Name=x"),
            Some("monitoring"),
            Unknown { code: "MissingAction", ..action(UnknownOperation, metrics, None, "Missing Action") },
        ),
        (
            request("DELETE", "/things/x", &[], b""),
            Some("restful"),
            unknown(UnknownOperation, 404, Protocol::RestJson, Some("restful"), None),
        ),
        (request("DELETE", "/things/x", &[], b""), None, unknown(UnknownService, 404, Protocol::RestJson, None, None)),
        (
            request("GET", "/things/x", &[], b""),
            Some("s3"),
            unknown(UnknownService, 404, Protocol::RestJson, None, None),
        ),
        (
            request("GET", "/", &[], b""),
            Some("cloudtrail"),
            unknown(UnknownOperation, 400, Protocol::Json11, trails, None),
        ),
    ];
    for (request, claim, expected) in cases {
        let error = identify(&request, &SERVICES, claim, &request.body).unwrap_err();
        let place = format!("{} {} {:?}", request.method, request.uri, request.header("x-amz-target"));
        assert_eq!(
            (error.kind, error.status, error.protocol),
            (expected.kind, expected.status, expected.protocol),
            "{place}"
        );
        assert_eq!(error.code, expected.code, "{place}");
        assert_eq!(error.service.map(|service| service.name), expected.service, "{place}");
        assert_eq!(error.operation.as_deref(), expected.operation, "{place}");
        assert_eq!(error.message.as_deref(), expected.message, "{place}");
    }
}

#[test]
fn malformed_input_has_the_protocols_own_name() {
    let json = request("POST", "/", &[("x-amz-target", "CloudTrail_20131101.Echo"), JSON11], br#"{"Name":1}"#);
    let error = found(&json, None).unwrap_err();
    assert_eq!((error.name.as_ref(), error.status, error.kind), ("SerializationException", 400, WireErrorKind::Input));
    assert_eq!(error.operation.as_deref(), Some("Echo"));
    let answer = encode_error(error.protocol, error.service, &error.parts(), "id", false);
    assert_eq!(
        answer.body,
        r#"{"__type":"SerializationException","Message":"NUMBER_VALUE can not be converted to a String"}"#
    );
    let query = request("POST", "/", &[FORM], b"Action=Put&Version=2010-08-01&Limit=x");
    let error = found(&query, None).unwrap_err();
    assert_eq!((error.code.as_ref(), error.message.as_deref()), ("MalformedInput", Some("For input string: \"x\"")));
}

fn target(service: &'static Service, operation: &str, protocol: Protocol) -> Target {
    Target { service, operation: service.operation(operation).unwrap(), protocol }
}

fn shown(response: &Response) -> String {
    let mut out = format!("HTTP {}\n", response.status);
    for (name, value) in &response.headers {
        out += &format!("{name}: {}\n", value.to_str().unwrap());
    }
    let binary = response.header("content-type") == Some("application/cbor");
    let body = if binary {
        response.body.iter().map(|byte| format!("{byte:02x}")).collect()
    } else {
        String::from_utf8(response.body.to_vec()).unwrap()
    };
    format!("{out}\n{body}")
}

const ID: &str = "c6104cbe-af31-11e0-8154-cbc7ccf896c7";
const COMPATIBLE: [Protocol; 3] = [Protocol::Query, Protocol::Json10, Protocol::RpcV2Cbor];

/// botocore 1.43 parsed these answers into what was encoded (but its JSON parser leaves the
/// text of an infinity as it is).
#[test]
fn outputs_are_framed() {
    for protocol in COMPATIBLE {
        let answer = encode_output(&target(&METRICS, "Echo", protocol), &everything(protocol == Protocol::Json10), ID);
        insta::assert_snapshot!(format!("echo_{protocol:?}"), shown(&answer));
    }
    let output = RESTFUL.operation("PutPath").unwrap().output.unwrap();
    let value = structure(
        output,
        &[
            ("Status", Value::Integer(201)),
            ("When", Value::Timestamp(Timestamp::from_secs(1_769_853_600))),
            ("List", texts(&["a", "b"])),
            ("Meta", map(&[("one", text("1"))])),
            ("Note", text("n")),
        ],
    );
    insta::assert_snapshot!(
        "put_path_RestJson",
        shown(&encode_output(&target(&RESTFUL, "PutPath", Protocol::RestJson), &value, ID))
    );
}

#[test]
fn no_output_and_an_empty_output_differ() {
    let nothing = structure(&NOTHING, &[]);
    for protocol in COMPATIBLE {
        let none = encode_output(&target(&METRICS, "Put", protocol), &nothing, ID);
        insta::assert_snapshot!(format!("no_output_{protocol:?}"), shown(&none));
        let empty = encode_output(&target(&METRICS, "DoNothing", protocol), &nothing, ID);
        insta::assert_snapshot!(format!("empty_output_{protocol:?}"), shown(&empty));
    }
    // logs.md W-3, cloudtrail.md §0.3
    assert_eq!(encode_output(&target(&TRAILS, "Delete", Protocol::Json11), &nothing, ID).body, "");
    assert_eq!(encode_output(&target(&TRAILS, "Ping", Protocol::Json11), &nothing, ID).body, "{}");
}

#[test]
fn empty_collections_stay() {
    let output =
        structure(&EVERYTHING, &[("Names", Value::List(vec![])), ("Attributes", map(&[])), ("Text", text(""))]);
    let of = |protocol| encode_output(&target(&METRICS, "Echo", protocol), &output, ID).body;
    assert_eq!(of(Protocol::Json10), r#"{"Text":"","Names":[],"Attributes":{}}"#);
    let xml = of(Protocol::Query);
    let xml = std::str::from_utf8(&xml).unwrap();
    assert!(xml.contains("<EchoResult><Text></Text><Names/><Attributes/></EchoResult>"), "{xml}");
}

fn missing_thing() -> (ErrorParts<'static>, Struct) {
    let Value::Struct(members) = structure(missing(), &[("message", text("ignored")), ("Resource", text("r<1"))])
    else {
        panic!()
    };
    let parts = ErrorParts {
        name: "ResourceMissing",
        code: "ResourceNotFound",
        message: Some("No \"r\" & none like it"),
        status: 404,
        receiver_fault: false,
        common: false,
        members: None,
    };
    (parts, members)
}

#[test]
fn modelled_errors_are_framed() {
    let (mut parts, members) = missing_thing();
    parts.members = Some(&members);
    for protocol in COMPATIBLE {
        let answer = encode_error(protocol, Some(&METRICS), &parts, ID, true);
        insta::assert_snapshot!(format!("error_{protocol:?}"), shown(&answer));
    }
    for (service, protocol) in [(&TRAILS, Protocol::Json11), (&RESTFUL, Protocol::RestJson)] {
        let answer = encode_error(protocol, Some(service), &parts, ID, false);
        insta::assert_snapshot!(format!("error_{protocol:?}"), shown(&answer));
    }
}

/// The scope is then refused by name: "Credential should be scoped to correct service".
#[test]
fn a_query_action_of_another_service_than_the_scopes_is_found() {
    let put = request("POST", "/", &[FORM], b"Action=Put&Version=2010-08-01");
    let (target, _) = found(&put, Some("cloudtrail")).unwrap();
    assert_eq!(target.service.signing_name, "monitoring");
}

/// cloudwatch.md §1.2: JSON and CBOR tell every modelled client error as 400, unless asked otherwise.
#[test]
fn query_compatible_services_answer_400_unless_asked_for_more() {
    let (parts, _) = missing_thing();
    let status =
        |protocol, service, parts: &ErrorParts<'_>, mode| encode_error(protocol, service, parts, ID, mode).status;
    for protocol in [Protocol::Json10, Protocol::RpcV2Cbor] {
        assert_eq!(status(protocol, Some(&METRICS), &parts, false), 400);
        assert_eq!(status(protocol, Some(&METRICS), &parts, true), 404);
        let common = ErrorParts { common: true, status: 403, ..parts };
        assert_eq!(status(protocol, Some(&METRICS), &common, false), 403);
        let fault = ErrorParts { receiver_fault: true, status: 500, ..parts };
        assert_eq!(status(protocol, Some(&METRICS), &fault, false), 500);
    }
    assert_eq!(status(Protocol::Query, Some(&METRICS), &parts, false), 404);
    assert_eq!(status(Protocol::Json11, Some(&TRAILS), &parts, false), 404);
}

#[test]
fn error_types_have_a_namespace_where_the_service_has_one() {
    let body = |service, name, common, message| {
        let parts = ErrorParts {
            name,
            code: "C",
            message,
            status: 400,
            receiver_fault: common && name == "InternalFailure",
            common,
            members: None,
        };
        let answer = encode_error(Protocol::Json10, service, &parts, ID, false);
        (String::from_utf8(answer.body.to_vec()).unwrap(), answer.header("x-amzn-query-error").map(str::to_owned))
    };
    let sender = Some("C;Sender".to_owned());
    let metrics = Some(&METRICS);
    assert_eq!(
        body(metrics, "ResourceNotFound", false, None),
        (r#"{"__type":"com.amazonaws.cloudwatch.v2010_08_01#ResourceNotFound"}"#.to_owned(), sender.clone())
    );
    assert_eq!(
        body(metrics, "ValidationException", true, Some("m")),
        (r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"m"}"#.to_owned(), sender)
    );
    assert_eq!(
        body(metrics, "InternalFailure", true, None),
        (r#"{"__type":"com.amazon.coral.service#InternalFailure"}"#.to_owned(), Some("C;Receiver".to_owned()))
    );
    for service in [Some(&TRAILS), None] {
        assert_eq!(
            body(service, "AccessDeniedException", true, Some("m")),
            (r#"{"__type":"AccessDeniedException","message":"m"}"#.to_owned(), None)
        );
    }
}

/// cloudwatch.md §1.2
#[test]
fn query_errors_are_the_documented_document() {
    let parts = ErrorParts {
        name: "ValidationException",
        code: "ValidationError",
        message: Some("1 validation error detected"),
        status: 400,
        receiver_fault: false,
        common: true,
        members: None,
    };
    assert_eq!(
        encode_error(Protocol::Query, Some(&METRICS), &parts, ID, false).body,
        format!(
            "<ErrorResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><Error><Type>Sender</Type>\
             <Code>ValidationError</Code><Message>1 validation error detected</Message></Error>\
             <RequestId>{ID}</RequestId></ErrorResponse>"
        )
    );
}
