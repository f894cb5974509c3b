//! `requestParameters` and `responseElements`: API data in the spelling of the record,
//! with secrets taken out (cloudtrail.md §1.4, §1.5, §1.9, §11.7).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value as Json};
use wire::schema::{Member, Service};
use wire::value::{Struct, Value};

/// What stands in the record in place of a secret.
pub const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// Members that are left out altogether, by service (cloudtrail.md §1.9).
const OMITTED: &[(&str, &[&str])] = &[
    (
        "iam",
        &[
            "Password",
            "NewPassword",
            "OldPassword",
            "SecretAccessKey",
            "PrivateKey",
            "Base32StringSeed",
            "QRCodePNG",
            "AuthenticationCode1",
            "AuthenticationCode2",
            "ServicePassword",
            "SSHPrivateKey",
        ],
    ),
    ("sts", &["SecretAccessKey", "SAMLAssertion", "WebIdentityToken", "TokenCode"]),
    ("cloudwatch", &["MetricData", "EntityMetricData"]),
    ("logs", &["logEvents"]),
    // What is on hosts is no part of who did what; its hash is there.
    ("ssm", &["Content"]),
    // They are in event data stores, which say for themselves who may read them.
    ("cloudtrail-data", &["auditEvents"]),
];

/// Members that are hidden although neither model nor name says so.
const HIDDEN_MEMBERS: &[(&str, &[&str])] = &[
    ("ssm", &["ActivationCode", "TokenValue"]),
    ("sns", &["Endpoint", "Message", "Subject", "MessageStructure"]),
    ("logs", &["message"]),
];

/// Operations whose request is never logged.
const NULL_REQUESTS: &[(&str, &str)] = &[("iam", "ChangePassword")];

/// Parts of a member's name that mark a secret, in lower case, and names that hold none.
const SECRET_WORDS: &[&str] =
    &["password", "secret", "token", "credential", "privatekey", "authorization", "signature", "sessionkey"];
const HARMLESS_NAMES: &[&str] = &[
    "nexttoken",
    "clienttoken",
    "clientrequesttoken",
    "paginationtoken",
    "continuationtoken",
    "idempotencytoken",
    "secretid",
    "keyid",
    "tokentype",
    "sequencetoken",
    "nextsequencetoken",
    "nextforwardtoken",
    "nextbackwardtoken",
    "uploadsequencetoken",
    "expectedsequencetoken",
    "credentials",
];

/// Blobs past this many bytes are dropped.
const BLOB_BYTES_MAX: usize = 1024;

/// The request as logged; `Json::Null` when nothing was sent or nothing may be logged.
pub fn request(service: &Service, operation: &str, input: Option<&Value>) -> Json {
    if NULL_REQUESTS.contains(&(service.name, operation)) {
        return Json::Null;
    }
    non_empty(service, input)
}

/// The answer as logged; `Json::Null` when it is empty.
pub fn response(service: &Service, output: Option<&Value>) -> Json {
    non_empty(service, output)
}

fn non_empty(service: &Service, value: Option<&Value>) -> Json {
    match value {
        Some(Value::Struct(inner)) if !inner.members.is_empty() => project_struct(service, inner),
        _ => Json::Null,
    }
}

fn project_struct(service: &Service, value: &Struct) -> Json {
    let members = value.shape.structure().map_or(&[][..], |structure| structure.members);
    let mut out = Map::new();
    for (index, member_value) in &value.members {
        let Some(member) = members.get(usize::from(*index)) else { continue };
        if let Some(json) = project_member(service, member, member_value) {
            out.insert(lower_first(member.name), json);
        }
    }
    Json::Object(out)
}

fn project_member(service: &Service, member: &Member, value: &Value) -> Option<Json> {
    if listed(OMITTED, service, member.name) {
        return None;
    }
    if member.shape.sensitive || listed(HIDDEN_MEMBERS, service, member.name) || secret_name(member.name, value) {
        return Some(Json::String(HIDDEN.to_owned()));
    }
    if matches!(value, Value::Blob(bytes) if bytes.len() > BLOB_BYTES_MAX) {
        return None;
    }
    Some(project(service, value))
}

fn project(service: &Service, value: &Value) -> Json {
    match value {
        Value::Boolean(flag) => Json::Bool(*flag),
        Value::Integer(number) => Json::from(*number),
        Value::Float(number) => number_json(*number),
        Value::String(text) => Json::String(text.clone()),
        Value::Blob(bytes) => Json::String(BASE64.encode(bytes)),
        Value::Timestamp(at) => Json::String(at.iso_secs()),
        Value::List(elements) => Json::Array(elements.iter().map(|element| project(service, element)).collect()),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.clone(), project_entry(service, key, value))).collect())
        }
        Value::Struct(inner) => project_struct(service, inner),
        Value::Document(json) => json.clone(),
    }
}

fn project_entry(service: &Service, key: &str, value: &Value) -> Json {
    if secret_name(key, value) { Json::String(HIDDEN.to_owned()) } else { project(service, value) }
}

fn number_json(number: f64) -> Json {
    if number.is_finite() { Json::from(number) } else { Json::String(number.to_string()) }
}

fn listed(table: &[(&str, &[&str])], service: &Service, member: &str) -> bool {
    table.iter().any(|(of, members)| *of == service.name && members.contains(&member))
}

/// Whether a member's name says that its text is a secret (cloudtrail.md §11.7 step 4).
fn secret_name(name: &str, value: &Value) -> bool {
    if !matches!(value, Value::String(_) | Value::Blob(_)) {
        return false;
    }
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
        && !HARMLESS_NAMES.contains(&name.as_str())
        && !name.ends_with("arn")
        && !name.ends_with("id")
}

/// The member's name with only its first character in lower case.
fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    match chars.next() {
        Some(first) => first.to_ascii_lowercase().to_string() + chars.as_str(),
        None => String::new(),
    }
}
