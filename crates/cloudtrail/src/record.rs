//! The CloudTrail record of one call (cloudtrail.md §1).

use api::{CallContext, ServiceError};
use base::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, json};
use store::trail_event::TrailEvent;
use wire::schema::{Operation, Protocol, Service};
use wire::value::Value;

use crate::classify::{self, Category};

pub mod foreign;
pub mod identity;
pub mod parameters;
pub mod resources;
pub mod sign_in;

/// The version of the record format that is written.
pub const EVENT_VERSION: &str = "1.11";

/// Texts past this many bytes are cut (cloudtrail.md §1.2).
const TEXT_BYTES_MAX: usize = 1024;
/// Parameters past this many bytes are replaced as a whole (cloudtrail.md §1.2).
const PARAMETERS_BYTES_MAX: usize = 100 * 1024;

/// A call that has been answered or refused.
pub struct FinishedCall<'a> {
    /// The circumstances, with the caller as far as known.
    pub cx: &'a CallContext,
    /// The service called.
    pub service: &'static Service,
    /// The operation called.
    pub operation: &'static Operation,
    /// How the request was framed: error codes are those of the protocol.
    pub protocol: Protocol,
    /// The decoded input; `None` when it did not decode or came from an unverified caller.
    pub input: Option<&'a Value>,
    /// What came of it.
    pub outcome: Result<&'a Value, &'a ServiceError>,
    /// When the call completed.
    pub completed: Timestamp,
}

/// Keys in the order of real records (cloudtrail.md §1.1).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    event_version: &'static str,
    user_identity: Json,
    event_time: String,
    event_source: &'a str,
    event_name: &'a str,
    aws_region: &'a str,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: &'a str,
    user_agent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    request_parameters: Json,
    response_elements: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_event_data: Option<Json>,
    #[serde(rename = "requestID", skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(rename = "eventID")]
    event_id: &'a str,
    read_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Json>,
    event_type: &'static str,
    management_event: bool,
    recipient_account_id: &'a str,
    #[serde(rename = "sharedEventID", skip_serializing_if = "Option::is_none")]
    shared_event_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_event_details: Option<Json>,
    event_category: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_details: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_credential_from_console: Option<&'static str>,
}

/// The audit event of this call, ready to be stored.
pub fn build(call: &FinishedCall<'_>, event_id: String) -> TrailEvent {
    let FinishedCall { cx, service, operation, completed, .. } = call;
    let read_only = classify::read_only(service, operation);
    let region = classify::region(service, cx);
    let error = call.outcome.err();
    let request = limited("requestParameters", request_parameters(call));
    let response = limited("responseElements", response_elements(call, read_only));
    let management = classify::category(service, operation) == Category::Management;
    let record = Record {
        event_version: EVENT_VERSION,
        user_identity: identity::user_identity(&cx.principal, cx.partition),
        event_time: completed.iso_secs(),
        event_source: service.event_source,
        event_name: operation.name,
        aws_region: region.as_str(),
        source_ip_address: &cx.source_ip,
        user_agent: cut(&cx.user_agent),
        error_code: error.map(|error| cut(error_code(error, call.protocol))),
        error_message: error.and_then(|error| error.message.as_deref()).map(cut),
        additional_event_data: additional_event_data(service, cx),
        request_id: Some(cx.request_id.clone()),
        event_id: &event_id,
        read_only,
        resources: resources::in_record(service, operation, &request, cx),
        event_type: "AwsApiCall",
        management_event: management,
        recipient_account_id: cx.account().as_str(),
        shared_event_id: None,
        service_event_details: None,
        event_category: if management { "Management" } else { "Data" },
        tls_details: tls_details(cx),
        session_credential_from_console: session_credential_from_console(cx),
        request_parameters: request,
        response_elements: response,
    };
    let text = serde_json::to_string(&record).expect("a record has only text keys");
    TrailEvent {
        account: cx.account().clone(),
        region: region.clone(),
        global: classify::is_global(service, cx),
        time: *completed,
        event_name: operation.name.to_owned(),
        event_source: service.event_source.to_owned(),
        read_only,
        username: identity::username(&cx.principal),
        access_key_id: cx.principal.access_key_id().map(str::to_owned),
        resources: resources::found_by(
            service,
            operation.name,
            read_only,
            &record.request_parameters,
            &record.response_elements,
        ),
        event_id,
        record: text,
    }
}

/// `errorCode`: the modelled shape's name, else the code on the wire (cloudtrail.md §1.6).
fn error_code(error: &ServiceError, protocol: Protocol) -> &str {
    if error.common && protocol == Protocol::Query { &error.code } else { &error.name }
}

fn request_parameters(call: &FinishedCall<'_>) -> Json {
    // STS withholds the parameters of denied calls (cloudtrail.md §1.4 rule 5).
    let denied = call.outcome.is_err_and(|error| error.code == "AccessDenied");
    if denied && call.service.name == "sts" {
        return Json::Null;
    }
    parameters::request(call.service, call.operation.name, call.input)
}

/// `null` for reads, except those that hand out credentials (cloudtrail.md §1.5).
fn response_elements(call: &FinishedCall<'_>, read_only: bool) -> Json {
    let gives_credentials = call.service.name == "sts" && call.operation.name.starts_with("AssumeRole");
    match call.outcome {
        Ok(output) if !read_only || gives_credentials => parameters::response(call.service, Some(output)),
        _ => Json::Null,
    }
}

fn additional_event_data(service: &Service, cx: &CallContext) -> Option<Json> {
    (service.name == "sts").then(|| {
        let endpoint = if classify::is_global(service, cx) { "global" } else { "regional" };
        json!({ "RequestDetails": { "endpointType": endpoint, "awsServingRegion": cx.region.as_str() } })
    })
}

/// `"true"` for who signed in to the console, and never `"false"` (cloudtrail.md §1.1).
fn session_credential_from_console(cx: &CallContext) -> Option<&'static str> {
    cx.principal.session().is_some_and(|session| session.from_console).then_some("true")
}

fn tls_details(cx: &CallContext) -> Option<Json> {
    let tls = cx.tls.as_ref()?;
    let mut details = json!({
        "tlsVersion": tls.version,
        "cipherSuite": tls.cipher_suite,
        "clientProvidedHostHeader": cut(&cx.host),
    });
    if let Some(group) = &tls.key_exchange {
        details["keyExchange"] = Json::String(group.clone());
    }
    Some(details)
}

/// At most 1 KB of text; what is cut ends in `...`.
fn cut(text: &str) -> String {
    if text.len() <= TEXT_BYTES_MAX {
        return text.to_owned();
    }
    let mut end = TEXT_BYTES_MAX - 3;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...", &text[..end])
}

/// A value past 100 KB is replaced, never cut in the middle.
fn limited(name: &str, value: Json) -> Json {
    let size = match &value {
        Json::Null => return value,
        value => value.to_string().len(),
    };
    if size <= PARAMETERS_BYTES_MAX {
        return value;
    }
    json!({ "reason": format!("{name} too large"), "omitted": true, "originalSize": size })
}

#[cfg(test)]
mod tests;
