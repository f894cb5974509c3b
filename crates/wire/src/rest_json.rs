//! REST with JSON bodies: members in the path, the query string, headers and the body.

use http::HeaderMap;

use crate::error::InputError;
use crate::json;
use crate::percent;
use crate::protocol::uri_template::{self, Label};
use crate::request::RawRequest;
use crate::scalar::{self, BadScalar};
use crate::schema::{Kind, Location, Member, Operation, Shape, Structure, TimestampFormat};
use crate::value::{Struct, Value};

impl From<BadScalar> for InputError {
    fn from(bad: BadScalar) -> Self {
        Self::new(bad.0)
    }
}

/// Decodes a request by the operation's input shape.
pub(crate) fn decode(
    operation: &'static Operation,
    shape: &'static Shape,
    request: &RawRequest,
    body: &[u8],
) -> Result<Value, InputError> {
    let Kind::Structure(structure) = &shape.kind else { return Err(InputError::MALFORMED) };
    let query = request.uri.query().unwrap_or_default();
    let labels =
        uri_template::matches(operation, request.uri.path(), query).map_or_else(Vec::new, |(_, labels)| labels);
    let mut input = decode_body(shape, structure, body)?;
    for (index, member) in structure.members.iter().enumerate() {
        let value = match member.location {
            Location::Uri => from_label(member, &labels)?,
            Location::QueryString => from_query(structure, member, query)?,
            Location::Header => from_header(member, &request.headers)?,
            Location::Headers => from_prefixed_headers(member, &request.headers)?,
            Location::Body | Location::StatusCode => None,
        };
        if let (Some(value), Ok(index)) = (value, u16::try_from(index)) {
            input.set(index, value);
        }
    }
    Ok(Value::Struct(input))
}

fn decode_body(shape: &'static Shape, structure: &'static Structure, body: &[u8]) -> Result<Struct, InputError> {
    let mut input = Struct::new(shape);
    let Some((index, payload)) = structure.payload.and_then(|name| structure.member(name)) else {
        if body.is_empty() {
            return Ok(input);
        }
        return match json::decode_members(shape, body)? {
            Value::Struct(input) => Ok(input),
            _ => Err(InputError::MALFORMED),
        };
    };
    let value = match &payload.shape.kind {
        Kind::Blob(_) => Some(Value::Blob(body.to_vec())),
        Kind::String(_) => {
            let text = std::str::from_utf8(body).map_err(|_| InputError::MALFORMED)?;
            Some(Value::String(text.to_owned()))
        }
        _ if body.is_empty() => None,
        _ => Some(json::decode(payload.shape, body)?),
    };
    if let Some(value) = value {
        input.set(index, value);
    }
    Ok(input)
}

fn from_label(member: &Member, labels: &[Label]) -> Result<Option<Value>, InputError> {
    let Some((_, text)) = labels.iter().find(|(name, _)| *name == member.wire_name) else { return Ok(None) };
    Ok(Some(parse(member, member.shape, TimestampFormat::Iso8601, text)?))
}

fn parse(member: &Member, shape: &Shape, default: TimestampFormat, text: &str) -> Result<Value, BadScalar> {
    scalar::parse(shape, scalar::timestamp_format(Some(member), shape, default), text)
}

/// One value, a list of the repeated ones, or a map of all that no other member takes.
fn from_query(structure: &Structure, member: &Member, query: &str) -> Result<Option<Value>, InputError> {
    let pairs = || percent::pairs(query.as_bytes());
    let own = || pairs().filter(|(name, _)| name == member.wire_name);
    Ok(match &member.shape.kind {
        Kind::List(list) => {
            let elements: Result<Vec<_>, _> =
                own().map(|(_, text)| parse(member, list.member, TimestampFormat::Iso8601, &text)).collect();
            Some(elements?).filter(|elements| !elements.is_empty()).map(Value::List)
        }
        Kind::Map(map) => {
            let taken = |name: &str| {
                // A presigned request's own parameters are not the operation's.
                name.starts_with("X-Amz-")
                    || structure.members.iter().any(|at| at.location == Location::QueryString && at.wire_name == name)
            };
            let mut entries: Vec<(String, Value)> = Vec::new();
            for (name, text) in pairs().filter(|(name, _)| !taken(name)) {
                match &map.value.kind {
                    Kind::List(list) => {
                        let value = parse(member, list.member, TimestampFormat::Iso8601, &text)?;
                        match entries.iter_mut().find(|(at, _)| *at == name) {
                            Some((_, Value::List(elements))) => elements.push(value),
                            _ => entries.push((name.into_owned(), Value::List(vec![value]))),
                        }
                    }
                    _ => entries.push((name.into_owned(), parse(member, map.value, TimestampFormat::Iso8601, &text)?)),
                }
            }
            Some(Value::Map(json::last_wins(entries))).filter(|map| *map != Value::Map(Vec::new()))
        }
        _ => match own().last() {
            Some((_, text)) => Some(parse(member, member.shape, TimestampFormat::Iso8601, &text)?),
            None => None,
        },
    })
}

fn from_header(member: &Member, headers: &HeaderMap) -> Result<Option<Value>, InputError> {
    let mut values = headers.get_all(member.wire_name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    Ok(match &member.shape.kind {
        Kind::List(list) => {
            let joined = values.collect::<Vec<_>>().join(",");
            let elements: Result<Vec<_>, _> = list_items(&joined)
                .iter()
                .map(|text| parse(member, list.member, TimestampFormat::Rfc822, text))
                .collect();
            Some(elements?).filter(|elements| !elements.is_empty()).map(Value::List)
        }
        _ => match values.next() {
            Some(text) => Some(parse(member, member.shape, TimestampFormat::Rfc822, &text)?),
            None => None,
        },
    })
}

/// Comma-separated items; one in double quotes may hold commas, and quotes behind a backslash.
fn list_items(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let (mut item, mut quoted, mut any) = (String::new(), false, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => item.extend(chars.next()),
            ',' if !quoted => {
                items.push(std::mem::take(&mut item).trim().to_owned());
                any = true;
            }
            c => item.push(c),
        }
    }
    if any || !item.trim().is_empty() {
        items.push(item.trim().to_owned());
    }
    items
}

fn from_prefixed_headers(member: &Member, headers: &HeaderMap) -> Result<Option<Value>, InputError> {
    let Kind::Map(map) = &member.shape.kind else { return Ok(None) };
    let prefix = member.wire_name.to_ascii_lowercase();
    let mut entries = Vec::new();
    for (name, value) in headers {
        if let Some(key) = name.as_str().strip_prefix(&prefix) {
            let text = String::from_utf8_lossy(value.as_bytes());
            entries.push((key.to_owned(), parse(member, map.value, TimestampFormat::Rfc822, &text)?));
        }
    }
    Ok((!entries.is_empty()).then(|| Value::Map(json::last_wins(entries))))
}

/// An answer's parts outside the protocol's frame.
pub(crate) struct RestParts {
    /// The status, when a member sets it.
    pub status: Option<u16>,
    /// Headers that members set.
    pub headers: Vec<(String, String)>,
    /// The media type of the body, when there is one.
    pub media_type: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
}

/// Encodes an output structure.
pub(crate) fn encode(output: &Struct) -> RestParts {
    let mut parts = RestParts { status: None, headers: Vec::new(), media_type: None, body: Vec::new() };
    let Some(structure) = output.shape.structure() else { return parts };
    for (index, value) in &output.members {
        let member = &structure.members[usize::from(*index)];
        match (member.location, value) {
            (Location::StatusCode, Value::Integer(status)) => parts.status = u16::try_from(*status).ok(),
            (Location::Header, value) => parts.headers.push((member.wire_name.to_owned(), header_text(member, value))),
            (Location::Headers, Value::Map(entries)) => {
                let named =
                    |(key, value): &(String, Value)| (format!("{}{key}", member.wire_name), header_text(member, value));
                parts.headers.extend(entries.iter().map(named));
            }
            _ => {}
        }
    }
    let payload = structure.payload.and_then(|name| output.get(name));
    (parts.media_type, parts.body) = match (structure.payload, payload) {
        (None, _) => (Some("application/json"), json::encode_members(output)),
        (Some(_), Some(Value::Blob(bytes))) => (Some("application/octet-stream"), bytes.clone()),
        (Some(_), Some(Value::String(text))) => (Some("text/plain"), text.clone().into_bytes()),
        (Some(_), Some(Value::Struct(inner))) => (Some("application/json"), json::encode(inner)),
        (Some(_), Some(Value::Document(document))) => (Some("application/json"), document.to_string().into_bytes()),
        (Some(_), _) => (None, Vec::new()),
    };
    parts
}

fn header_text(member: &Member, value: &Value) -> String {
    let format = scalar::timestamp_format(Some(member), member.shape, TimestampFormat::Rfc822);
    let one = |value: &Value| {
        let mut text = String::new();
        scalar::write(&mut text, value, format);
        text
    };
    match value {
        Value::List(elements) => {
            let quoted = |text: String| match text.contains(['"', ',']) {
                true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
                false => text,
            };
            elements.iter().map(|element| quoted(one(element))).collect::<Vec<_>>().join(",")
        }
        value => one(value),
    }
}

#[cfg(test)]
mod tests;
