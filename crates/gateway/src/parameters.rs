//! `requestParameters` and `responseElements` of calls that others serve: the data in the spelling of records, with
//! secrets taken out (cloudtrail.md §1.4, §1.5, §1.9, §11.7).

mod ec2;
mod s3;
mod secrets;
mod shapes;

use base::Timestamp;
use serde_json::{Map, Value as Json};

use crate::answer::Failure;
use crate::classify;
use crate::identify::{Asked, Call};
use crate::names::lower_first;
use crate::tables::{Dialect, MemberClass, Service};
use secrets::Rule;

pub use secrets::HIDDEN;

/// Base64 of blobs past this many bytes is left out: they are 1 KB (cloudtrail.md §11.7).
const BLOB_TEXT_BYTES_MAX: usize = 1024 * 4 / 3 + 4;

/// Services whose records keep the spelling of the API (cloudtrail.md §1.4 rule 1).
const UNCHANGED: &[&str] = &["account", "securityhub"];

/// Members that are maps where no table says so.
const MAPS_BY_RULE: &[&str] = &["tags", "attributes", "parameters", "variables", "labels", "metadata", "environment"];

/// The request as recorded; `Json::Null` where nothing was sent, or nothing may be recorded.
pub fn request(call: &Call, asked: &Asked<'_>, input: Map<String, Json>) -> Json {
    let name = call.service.name;
    if secrets::is_unrecorded(name, &call.operation) {
        return Json::Null;
    }
    let recorded = match (name, call.dialect) {
        ("s3", _) => s3::request(call, asked, input),
        (_, Dialect::Ec2) => ec2::request(&call.operation, project(call, input)),
        _ => project(call, input),
    };
    non_empty(shapes::request(call, recorded))
}

/// Whether the record of a call that failed is without its parameters, as the service withholds them (cloudtrail.md
/// §1.4 rule 5).
pub fn withheld(call: &Call, failure: &Failure) -> bool {
    matches!(call.service.name, "kms" | "organizations" | "sts") && failure.code.starts_with("AccessDenied")
}

/// Whether the answer to a call that succeeded is recorded: that of a write, and of a read that hands out credentials
/// (cloudtrail.md §1.5).
pub fn records_answer(call: &Call) -> bool {
    !classify::read_only(call) || (call.service.name == "sts" && call.operation.starts_with("AssumeRole"))
}

/// The answer to a write as recorded; `Json::Null` when it is empty.
pub fn response(call: &Call, output: Map<String, Json>) -> Json {
    if secrets::hides_answers(call.service.name, &call.operation) {
        return Json::Null;
    }
    non_empty(project(call, output))
}

fn non_empty(members: Map<String, Json>) -> Json {
    if members.is_empty() { Json::Null } else { Json::Object(members) }
}

fn project(call: &Call, members: Map<String, Json>) -> Map<String, Json> {
    Projection { service: call.service }.structure(&call.operation, members)
}

struct Projection {
    service: &'static Service,
}

impl Projection {
    fn structure(&self, parent: &str, members: Map<String, Json>) -> Map<String, Json> {
        let mut out = Map::new();
        for (wire, value) in members {
            let name = self.service.member(parent, &wire).to_owned();
            // Absent and `null` are the same to services.
            if value.is_null() {
                continue;
            }
            if let Some(value) = self.member(parent, &name, value) {
                out.insert(self.spelled(&name), value);
            }
        }
        out
    }

    fn spelled(&self, name: &str) -> String {
        match UNCHANGED.contains(&self.service.name) {
            true => name.to_owned(),
            false => lower_first(name).into_owned(),
        }
    }

    fn member(&self, parent: &str, name: &str, value: Json) -> Option<Json> {
        match secrets::rule(self.service.name, &lower_first(name)) {
            Some(Rule::Omit) => return None,
            Some(Rule::Replace(text)) => return Some(Json::String(text.to_owned())),
            Some(Rule::Empty) => return Some(Json::Object(Map::new())),
            None => {}
        }
        let class = self.class(parent, name);
        if class == Some(MemberClass::Hidden) || (holds_text(&value) && secrets::is_secret_name(name)) {
            return Some(Json::String(HIDDEN.to_owned()));
        }
        self.value(name, class, value)
    }

    fn class(&self, parent: &str, name: &str) -> Option<MemberClass> {
        let known = self.service.class(parent, name);
        let by_rule = || {
            let lower = name.to_ascii_lowercase();
            MAPS_BY_RULE.iter().any(|word| lower.ends_with(word)).then_some(MemberClass::Map)
        };
        known.or_else(|| if self.service.is_exact() { None } else { by_rule() })
    }

    fn value(&self, name: &str, class: Option<MemberClass>, value: Json) -> Option<Json> {
        Some(match (class, value) {
            (class, Json::Array(elements)) => {
                Json::Array(elements.into_iter().filter_map(|element| self.value(name, class, element)).collect())
            }
            (Some(MemberClass::Document), value) => masked(value),
            (Some(MemberClass::Map), Json::Object(entries)) => {
                Json::Object(entries.into_iter().filter_map(|(key, value)| self.entry(name, key, value)).collect())
            }
            (_, Json::Object(members)) => Json::Object(self.structure(name, members)),
            (Some(MemberClass::Blob), Json::String(text)) if text.len() > BLOB_TEXT_BYTES_MAX => return None,
            (Some(MemberClass::Time), value) => time(value),
            (Some(MemberClass::Number), Json::String(text)) => number(text),
            (Some(MemberClass::Flag), Json::String(text)) => match text.as_str() {
                "true" | "True" => Json::Bool(true),
                "false" | "False" => Json::Bool(false),
                _ => Json::String(text),
            },
            (_, value) => value,
        })
    }

    /// Keys are data, and may be names of secrets all the same.
    fn entry(&self, name: &str, key: String, value: Json) -> Option<(String, Json)> {
        if holds_text(&value) && secrets::is_secret_name(&key) {
            return Some((key, Json::String(HIDDEN.to_owned())));
        }
        let value = match value {
            Json::Object(members) => Json::Object(self.structure(name, members)),
            other => self.value(name, None, other)?,
        };
        Some((key, value))
    }
}

/// Free JSON, with what looks like a secret taken out.
fn masked(value: Json) -> Json {
    match value {
        Json::Object(members) => {
            let member = |(name, value): (String, Json)| match holds_text(&value) && secrets::is_secret_name(&name) {
                true => (name, Json::String(HIDDEN.to_owned())),
                false => (name, masked(value)),
            };
            Json::Object(members.into_iter().map(member).collect())
        }
        Json::Array(elements) => Json::Array(elements.into_iter().map(masked).collect()),
        other => other,
    }
}

fn holds_text(value: &Json) -> bool {
    match value {
        Json::String(_) => true,
        Json::Array(elements) => elements.iter().any(Json::is_string),
        _ => false,
    }
}

/// ISO 8601 to the second (cloudtrail.md §1.4 rule 2).
fn time(value: Json) -> Json {
    let seconds = match &value {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => {
            // A day alone stays one.
            let written = || Timestamp::parse_iso(text).filter(|_| text.contains('T')).map(Timestamp::secs_f64);
            text.parse().ok().or_else(written)
        }
        _ => None,
    };
    // Beyond the years that ISO 8601 writes with four digits it stays what it is.
    match seconds.filter(|seconds| (0.0..253_402_300_800.0).contains(seconds)) {
        #[expect(clippy::cast_possible_truncation, reason = "it was just held against the years that are written")]
        Some(seconds) => Json::String(Timestamp::from_secs(seconds as i64).iso_secs()),
        None => value,
    }
}

fn number(text: String) -> Json {
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(whole), _) => Json::from(whole),
        (_, Ok(number)) if number.is_finite() => Json::from(number),
        _ => Json::String(text),
    }
}

#[cfg(test)]
mod tests;
