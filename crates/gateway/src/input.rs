//! The input of a call as JSON, from whatever dialect it is in (cloudtrail.md §11.3).
//!
//! Names are those of the wire; [`crate::parameters`] spells them as records do. What could be read in two ways is
//! refused here too: an object with one name twice is taken by its first value by some and by its last by others.

mod cbor;
mod flat;
mod json;
mod wrapped;
mod xml;

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use crate::identify::{Asked, Call};
use crate::rebuild::is_sent_on;
use crate::resources;
use crate::tables::Dialect;

pub(crate) use wrapped::without_wrappers;
pub use xml::{Tree, tree};

/// Why an input cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not what its dialect says.
    #[error("the input is not in the form of its protocol")]
    Malformed,
    /// A name stands twice.
    #[error("a name stands twice in the input")]
    Twice,
    /// It is nested deeper than is read.
    #[error("the input is nested too deep")]
    TooDeep,
}

/// How deep inputs are read.
pub(crate) const DEPTH_MAX: usize = 64;

/// The input of a call; `asked.body` must be whole, but in the REST dialects, where a body that is no object of its
/// dialect, or is cut, is data and left out.
///
/// # Errors
/// See [`Unreadable`].
pub fn input(call: &Call, asked: &Asked<'_>) -> Result<Map<String, Json>, Unreadable> {
    let members = by_dialect(call, asked)?;
    match call.dialect {
        // Their names are told apart as they are read, or, in documents, never looked up in any case.
        Dialect::Query | Dialect::Ec2 | Dialect::RestXml => Ok(members),
        _ => one_case_each(call.service.name, &members, Depth::Top).map(|()| members),
    }
}

fn by_dialect(call: &Call, asked: &Asked<'_>) -> Result<Map<String, Json>, Unreadable> {
    match call.dialect {
        Dialect::Json if asked.body.trim_ascii().is_empty() => Ok(Map::new()),
        Dialect::Json => json::object(asked.body),
        Dialect::Cbor if asked.body.is_empty() => Ok(Map::new()),
        Dialect::Cbor => cbor::object(asked.body),
        Dialect::Query => {
            let mut members = without_wrappers(flat::nested(&call.parameters)?);
            if let Some(path) = call.queue_path() {
                members.entry("QueueUrl").or_insert(Json::String(path));
            }
            Ok(members)
        }
        Dialect::Ec2 => flat::nested(&call.parameters),
        Dialect::RestJson | Dialect::RestXml => rest(call, asked),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Names are those of the operation's members.
    Top,
    /// They may be data, as in maps.
    Below,
}

/// Some servers read names in any case, so that of two that differ in it either may count.
fn one_case_each(service: &str, members: &Map<String, Json>, depth: Depth) -> Result<(), Unreadable> {
    let mut seen = HashSet::new();
    let matters = |name: &str| depth == Depth::Top || resources::is_named_by(service, name);
    for (name, value) in members {
        let name = name.to_ascii_lowercase();
        if matters(&name) && !seen.insert(name) {
            return Err(Unreadable::Twice);
        }
        one_case_below(service, value)?;
    }
    Ok(())
}

fn one_case_below(service: &str, value: &Json) -> Result<(), Unreadable> {
    match value {
        Json::Object(members) => one_case_each(service, members, Depth::Below),
        Json::Array(elements) => elements.iter().try_for_each(|element| one_case_below(service, element)),
        _ => Ok(()),
    }
}

/// Labels, parameters, headers and, where it is an object, the body.
fn rest(call: &Call, asked: &Asked<'_>) -> Result<Map<String, Json>, Unreadable> {
    let mut all = Map::new();
    for (name, value) in call.labels.iter().chain(&call.parameters) {
        match all.get_mut(name) {
            None => drop(all.insert(name.clone(), Json::String(value.clone()))),
            // A list stands once for each element.
            Some(Json::Array(values)) => values.push(Json::String(value.clone())),
            Some(before) => *before = Json::Array(vec![before.take(), Json::String(value.clone())]),
        }
    }
    // What is not sent on was not said.
    for (name, value) in asked.headers.iter().filter(|(name, _)| is_sent_on(call, name.as_str())) {
        if let (Some(member), Ok(value)) = (call.service.header_member(name.as_str()), value.to_str())
            && all.insert(member.to_owned(), Json::String(value.to_owned())).is_some()
        {
            return Err(Unreadable::Twice);
        }
    }
    let body = match (call.dialect, call.service.payload(&call.operation)) {
        _ if call.service.is_data(&call.operation) => Map::new(),
        (Dialect::RestXml, _) => xml_body(call, asked.body),
        (_, Some(member)) => Map::from_iter([(member.to_owned(), Json::Object(json_body(asked.body)?))]),
        (_, None) => json_body(asked.body)?,
    };
    // What path, query string and headers say, no body says again: its word might be taken for theirs.
    for (name, value) in body {
        if all.insert(name, value).is_some() {
            return Err(Unreadable::Twice);
        }
    }
    Ok(all)
}

/// A JSON object; nothing for any other body.
fn json_body(body: &[u8]) -> Result<Map<String, Json>, Unreadable> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return Ok(Map::new());
    }
    match json::object(body) {
        Err(Unreadable::Twice) => Err(Unreadable::Twice),
        other => Ok(other.unwrap_or_default()),
    }
}

/// What is in a document: below its root where that is named after the request, else with its root.
fn xml_body(call: &Call, body: &[u8]) -> Map<String, Json> {
    let is_s3 = call.service.name == "s3";
    let keep = if is_s3 { Tree::WithNamespaces } else { Tree::Plain };
    let Some((root, content)) = xml::tree(body, keep) else { return Map::new() };
    match content {
        Json::Object(members) if !is_s3 && root.ends_with("Request") => without_wrappers(members),
        content => Map::from_iter([(root, content)]),
    }
}

/// A whole CBOR map, in answers.
pub(crate) fn cbor_object(body: &[u8]) -> Option<Map<String, Json>> {
    cbor::object(body).ok()
}

#[cfg(test)]
mod tests;
