//! A service's shapes as statics.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::{MARK, Source};
use crate::Result;
use crate::model::{Member, Model, Shape};

/// `generated/<service>/schema.rs`.
pub fn render(source: &Source) -> Result<String> {
    let statics = source.shape_statics();
    let shapes = Shapes { model: &source.model, statics: &statics };
    let mut text = format!("//! The shapes of `{}`.\n{MARK}\n\n", source.name);
    text.push_str("use wire::schema::Shape;\n\nuse crate::schema_parts::*;\n\n");
    for (name, shape) in &source.model.shapes {
        let value = shapes.shape(name, shape).map_err(|problem| format!("{name}: {problem}"))?;
        text.push_str(&format!("pub(super) static {}: Shape = {value};\n", statics[name.as_str()]));
    }
    Ok(text)
}

struct Shapes<'a> {
    model: &'a Model,
    statics: &'a BTreeMap<&'a str, String>,
}

impl Shapes<'_> {
    fn shape(&self, name: &str, shape: &Shape) -> Result<String> {
        let mut value = match shape.kind.as_str() {
            _ if shape.document => format!("document({name:?})"),
            "boolean" => format!("boolean({name:?})"),
            "integer" => format!("integer({name:?}, {})", range(shape)),
            "long" => format!("long({name:?}, {})", range(shape)),
            "float" | "double" if shape.min.or(shape.max).is_some() => {
                return Err("bounds of floats have no place in the schema".to_owned());
            }
            "float" => format!("float({name:?})"),
            "double" => format!("double({name:?})"),
            "string" => self.text(name, shape)?,
            "blob" => format!("blob({name:?}, {})", length(shape)?),
            "timestamp" => format!("timestamp({name:?}, {})", optional(shape.timestamp_format.as_deref(), format)?),
            "list" => self.list(name, shape)?,
            "map" => self.map(name, shape)?,
            "structure" => self.structure(name, shape)?,
            other => return Err(format!("the type {other} has no place in the schema")),
        };
        if shape.flattened {
            value = format!("flattened({value})");
        }
        if shape.sensitive {
            value = format!("sensitive({value})");
        }
        Ok(value)
    }

    fn text(&self, name: &str, shape: &Shape) -> Result<String> {
        let length = length(shape)?;
        Ok(match (&shape.pattern, shape.values.is_empty()) {
            (None, true) => format!("text({name:?}, {length})"),
            (Some(pattern), true) => format!("text_like({name:?}, {length}, {pattern:?})"),
            (pattern, false) => format!("text_of({name:?}, {length}, {pattern:?}, &{:?})", shape.values),
        })
    }

    fn list(&self, name: &str, shape: &Shape) -> Result<String> {
        let member = shape.member.as_ref().ok_or("a list without a member")?;
        let (target, length) = (self.target(member), length(shape)?);
        Ok(match &member.location_name {
            None => format!("list({name:?}, {target}, {length})"),
            Some(element) => format!("list_named({name:?}, {target}, {length}, {element:?})"),
        })
    }

    fn map(&self, name: &str, shape: &Shape) -> Result<String> {
        let (Some(key), Some(value)) = (&shape.key, &shape.value) else {
            return Err("a map without key or value".to_owned());
        };
        let parts = format!("{name:?}, {}, {}, {}", self.target(key), self.target(value), length(shape)?);
        Ok(match (&key.location_name, &value.location_name) {
            (None, None) => format!("map({parts})"),
            (key, value) => {
                let names = [key.as_deref().unwrap_or("key"), value.as_deref().unwrap_or("value")];
                format!("map_named({parts}, {names:?})")
            }
        })
    }

    fn structure(&self, name: &str, shape: &Shape) -> Result<String> {
        if let Some(unknown) =
            shape.required.iter().find(|required| !shape.members.iter().any(|(name, _)| name == *required))
        {
            return Err(format!("requires {unknown}, which is no member"));
        }
        let mut members = String::new();
        for (member_name, member) in &shape.members {
            let rendered = self.member(member_name, member, shape.required.contains(member_name))?;
            members.push_str(&format!("{rendered}, "));
        }
        Ok(match &shape.payload {
            Some(payload) => format!("structure_with_payload({name:?}, &[{members}], {payload:?})"),
            // An event stream holds one kind of event at a time.
            None if shape.union || shape.eventstream => format!("union({name:?}, &[{members}])"),
            None => format!("structure({name:?}, &[{members}])"),
        })
    }

    fn member(&self, name: &str, member: &Member, required: bool) -> Result<String> {
        if member.flattened && !self.model.shape(&member.shape).flattened {
            return Err(format!("{name}: flattening has no place in a member's schema"));
        }
        let mut value = format!("member({name:?}, {})", self.target(member));
        if let Some(wire_name) = member.location_name.as_deref().filter(|wire_name| *wire_name != name) {
            value = format!("named({wire_name:?}, {value})");
        }
        if let Some(location) = &member.location {
            value = format!("located({}, {value})", self::location(location)?);
        }
        if let Some(form) = &member.timestamp_format {
            value = format!("timed({}, {value})", format(form)?);
        }
        if member.idempotency_token {
            value = format!("idempotency_token({value})");
        }
        if required {
            value = format!("required({value})");
        }
        Ok(value)
    }

    fn target(&self, member: &Member) -> String {
        format!("&{}", self.statics[member.shape.as_str()])
    }
}

fn range(shape: &Shape) -> String {
    bounds("range", "ANY_NUMBER", shape.min, shape.max)
}

fn length(shape: &Shape) -> Result<String> {
    let bound = |bound: Option<i64>| bound.map(u64::try_from).transpose().map_err(|_| "a length below zero".to_owned());
    Ok(bounds("length", "ANY_LENGTH", bound(shape.min)?, bound(shape.max)?))
}

fn bounds(name: &str, any: &str, min: Option<impl Display>, max: Option<impl Display>) -> String {
    match (min, max) {
        (None, None) => any.to_owned(),
        (Some(min), None) => format!("{name}_min({min})"),
        (None, Some(max)) => format!("{name}_max({max})"),
        (Some(min), Some(max)) => format!("{name}({min}, {max})"),
    }
}

fn optional(value: Option<&str>, render: fn(&str) -> Result<&'static str>) -> Result<String> {
    value.map_or_else(|| Ok("None".to_owned()), |value| Ok(format!("Some({})", render(value)?)))
}

fn format(name: &str) -> Result<&'static str> {
    match name {
        "iso8601" => Ok("wire::schema::TimestampFormat::Iso8601"),
        "rfc822" => Ok("wire::schema::TimestampFormat::Rfc822"),
        "unixTimestamp" => Ok("wire::schema::TimestampFormat::UnixTimestamp"),
        other => Err(format!("the timestamp form {other} is unknown")),
    }
}

fn location(name: &str) -> Result<&'static str> {
    match name {
        "header" => Ok("wire::schema::Location::Header"),
        "headers" => Ok("wire::schema::Location::Headers"),
        "querystring" => Ok("wire::schema::Location::QueryString"),
        "uri" => Ok("wire::schema::Location::Uri"),
        "statusCode" => Ok("wire::schema::Location::StatusCode"),
        other => Err(format!("the location {other} is unknown")),
    }
}
