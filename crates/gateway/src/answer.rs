//! What an upstream answered: its error, its request id, its output (cloudtrail.md §1.6, §11.6).

use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value as Json};

use crate::identify::Call;
use crate::input::{self, Tree};
use crate::tables::Dialect;

/// An answer, as much of its body as is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The beginning of the body, or all of it.
    pub body: &'a [u8],
}

/// An error as records have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `errorCode`
    pub code: String,
    /// `errorMessage`
    pub message: Option<String>,
}

/// The id that the upstream gave the request; none is made up where it gave none.
pub fn request_id(answer: Answer<'_>) -> Option<String> {
    const HEADERS: &[&str] = &["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];
    let in_header = HEADERS.iter().find_map(|name| answer.headers.get(*name)?.to_str().ok());
    if let Some(id) = in_header {
        return Some(id.to_owned());
    }
    let (_, root) = input::tree(answer.body, Tree::Plain)?;
    let places = ["/ResponseMetadata/RequestId", "/requestId", "/RequestId", "/RequestID"];
    places.iter().find_map(|place| root.pointer(place)?.as_str().map(str::to_owned))
}

/// The error of an answer; `None` where it is none.
pub fn failure(call: &Call, answer: Answer<'_>) -> Option<Failure> {
    // Some errors of S3 come after a 200 that kept the connection alive.
    let late = call.service.name == "s3"
        && matches!(call.operation.as_str(), "CompleteMultipartUpload" | "CopyObject" | "UploadPartCopy")
        && answer.status.is_success();
    if answer.status.is_success() || answer.status == StatusCode::NOT_MODIFIED {
        return if late { in_xml(answer.body).map(|told| recorded(call, answer, told)) } else { None };
    }
    let told = match call.dialect {
        Dialect::Json | Dialect::RestJson => in_json(answer),
        Dialect::Cbor => in_cbor(answer),
        Dialect::Query | Dialect::Ec2 | Dialect::RestXml => in_xml(answer.body),
    };
    // Gateways on the way answer in forms of their own.
    let told = told.or_else(|| in_json(answer)).or_else(|| in_xml(answer.body)).or_else(|| by_status(call, answer));
    Some(recorded(call, answer, told.unwrap_or_default()))
}

type Told = (String, Option<String>);

/// The error's code as records have it (cloudtrail.md §1.6).
fn recorded(call: &Call, answer: Answer<'_>, (code, message): Told) -> Failure {
    let code = match code.is_empty() {
        true => answer.status.canonical_reason().unwrap_or("UnknownError").replace(' ', ""),
        false => code,
    };
    // `namespace#Code:http://…`, `AWS.SimpleQueueService.Code`
    let code = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let code = code.strip_prefix("AWS.SimpleQueueService.").unwrap_or(code);
    let code = match call.dialect {
        Dialect::Ec2 if answer.status.is_server_error() => format!("Server.{code}"),
        Dialect::Ec2 => format!("Client.{code}"),
        _ => call.service.error_shape(code).to_owned(),
    };
    Failure { code, message: message.filter(|text| !text.is_empty()) }
}

fn in_json(answer: Answer<'_>) -> Option<Told> {
    let header = answer.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body: Option<Json> = serde_json::from_slice(answer.body).ok();
    if header.is_none() && body.is_none() {
        return None;
    }
    let body = body.unwrap_or_default();
    let text = |names: &[&str]| names.iter().find_map(|name| body.get(*name)?.as_str()).map(str::to_owned);
    let code = header.or_else(|| text(&["__type", "code", "Code"]))?;
    Some((code, text(&["message", "Message", "errorMessage"])))
}

fn in_cbor(answer: Answer<'_>) -> Option<Told> {
    let body = input::cbor_object(answer.body)?;
    let text = |names: &[&str]| names.iter().find_map(|name| body.get(*name)?.as_str()).map(str::to_owned);
    Some((text(&["__type"])?, text(&["message", "Message"])))
}

/// `Error`, at the root, below `ErrorResponse`, or below `Errors`.
fn in_xml(body: &[u8]) -> Option<Told> {
    let (root, tree) = input::tree(body, Tree::Plain)?;
    let error = match root.as_str() {
        "Error" => Some(&tree),
        _ => tree.get("Error").or_else(|| tree.pointer("/Errors/Error")),
    }?;
    // Of several the first one counts.
    let error = error.get(0).unwrap_or(error);
    let text = |name: &str| error.get(name).and_then(Json::as_str).map(str::to_owned);
    Some((text("Code")?, text("Message")))
}

/// Answers to HEAD have no body (cloudtrail.md §1.6 rule 4).
fn by_status(call: &Call, answer: Answer<'_>) -> Option<Told> {
    if call.service.name != "s3" {
        return None;
    }
    let is_object = call.labels.iter().any(|(name, _)| name == "Key");
    let (code, message) = match answer.status.as_u16() {
        404 if is_object => ("NoSuchKey", "The specified key does not exist."),
        404 => ("NoSuchBucket", "The specified bucket does not exist"),
        403 => ("AccessDenied", "Access Denied"),
        412 => ("PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
        301 => ("PermanentRedirect", ""),
        _ => return None,
    };
    Some((code.to_owned(), Some(message.to_owned())))
}

/// The output of a write, for its record; empty where it is data, or not in the form of its dialect.
pub fn output(call: &Call, answer: Answer<'_>) -> Map<String, Json> {
    if call.service.name == "s3" {
        return s3_headers(answer.headers);
    }
    match call.dialect {
        Dialect::Json | Dialect::RestJson => match serde_json::from_slice(answer.body) {
            Ok(Json::Object(members)) => members,
            _ => Map::new(),
        },
        Dialect::Cbor => input::cbor_object(answer.body).unwrap_or_default(),
        Dialect::Query => query_output(call, answer.body),
        Dialect::Ec2 => ec2_output(answer.body),
        Dialect::RestXml => match input::tree(answer.body, Tree::Plain) {
            // The root is named after the answer, or is its one member.
            Some((root, Json::Object(members))) if root.ends_with("Response") || root.ends_with("Result") => {
                input::without_wrappers(members)
            }
            Some((root, content)) => Map::from_iter([(root, content)]),
            None => Map::new(),
        },
    }
}

/// What records of S3 tell of answers (cloudtrail.md §1.8).
fn s3_headers(headers: &HeaderMap) -> Map<String, Json> {
    const TOLD: &[&str] =
        &["x-amz-version-id", "x-amz-expiration", "x-amz-delete-marker", "x-amz-copy-source-version-id"];
    let told = headers.iter().filter(|(name, _)| {
        let name = name.as_str();
        TOLD.contains(&name) || (name.starts_with("x-amz-server-side-encryption") && !name.contains("customer"))
    });
    told.filter_map(|(name, value)| Some((name.to_string(), Json::String(value.to_str().ok()?.to_owned())))).collect()
}

/// What is below `…Result`; lists without their `member` elements.
fn query_output(call: &Call, body: &[u8]) -> Map<String, Json> {
    let Some((_, Json::Object(mut root))) = input::tree(body, Tree::Plain) else { return Map::new() };
    match root.remove(&format!("{}Result", call.operation)).map(without_members) {
        Some(Json::Object(members)) if members.len() == 1 && tells_of_one(call) => match members.into_iter().next() {
            Some((_, Json::Object(one))) => input::without_wrappers(one),
            Some((name, other)) => Map::from_iter([(name, other)]),
            None => Map::new(),
        },
        Some(Json::Object(members)) => input::without_wrappers(members),
        _ => Map::new(),
    }
}

/// Records of databases have what was made or changed without the name around it.
fn tells_of_one(call: &Call) -> bool {
    matches!(call.service.name, "docdb" | "neptune" | "rds" | "redshift")
}

fn without_members(value: Json) -> Json {
    let Json::Object(mut members) = value else { return value };
    if members.len() == 1
        && let Some(elements) = members.remove("member")
    {
        let elements = if let Json::Array(elements) = elements { elements } else { vec![elements] };
        return Json::Array(elements.into_iter().map(without_members).collect());
    }
    Json::Object(members.into_iter().map(|(name, value)| (name, without_members(value))).collect())
}

/// What is below the root; `return` is called `_return`, lists keep their items (cloudtrail.md §1.5).
fn ec2_output(body: &[u8]) -> Map<String, Json> {
    let Some((_, Json::Object(root))) = input::tree(body, Tree::Plain) else { return Map::new() };
    let member = |(name, value): (String, Json)| match (name.as_str(), value) {
        ("return", Json::String(text)) => ("_return".to_owned(), Json::Bool(text == "true")),
        (_, value) => (name, with_items(value)),
    };
    let mut all: Map<String, Json> = root.into_iter().map(member).collect();
    empty_sets(&mut all);
    all
}

/// Sets without items are `{}` (cloudtrail.md §1.4 rule 8).
fn empty_sets(members: &mut Map<String, Json>) {
    for (name, value) in members {
        match value {
            Json::String(text) if text.is_empty() && (name.ends_with("Set") || name == "blockDeviceMapping") => {
                *value = Json::Object(Map::new());
            }
            Json::Object(below) => empty_sets(below),
            Json::Array(elements) => elements.iter_mut().filter_map(Json::as_object_mut).for_each(empty_sets),
            _ => {}
        }
    }
}

fn with_items(value: Json) -> Json {
    let Json::Object(mut members) = value else { return value };
    if members.len() == 1
        && let Some(elements) = members.remove("item")
    {
        let elements = if let Json::Array(elements) = elements { elements } else { vec![elements] };
        let items = elements.into_iter().map(with_items).collect();
        return Json::Object(Map::from_iter([("items".to_owned(), Json::Array(items))]));
    }
    Json::Object(members.into_iter().map(|(name, value)| (name, with_items(value))).collect())
}

#[cfg(test)]
mod tests;
