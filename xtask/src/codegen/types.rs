//! Rust types of the shapes that implemented operations lead to.

use std::collections::BTreeMap;

use super::{MARK, Source};
use crate::model::{Member, Model, Shape};
use crate::{Result, names};

/// The structures and enums that get Rust types, with the types' names. Enums that are open are plain text.
pub struct TypeNames<'a>(BTreeMap<&'a str, String>);

impl<'a> TypeNames<'a> {
    /// Everything that implemented operations lead to from input and output.
    pub fn new(source: &'a Source) -> Self {
        let operations = source.implemented.iter().map(|name| &source.model.operations[name]);
        let sides = operations.flat_map(|operation| operation.input.iter().chain(&operation.output));
        let reachable = source.model.reachable(sides.map(String::as_str));
        let typed = reachable.into_iter().filter(|name| {
            is_typed(source.model.shape(name)) && !source.settings.open_enums.iter().any(|open| open == name)
        });
        Self(names::unique(typed, names::type_name, ""))
    }

    /// Whether a shape gets a Rust type.
    fn has(&self, shape: &str) -> bool {
        self.0.contains_key(shape)
    }

    /// The type's name of a structure or enum.
    pub fn of(&self, shape: &str) -> &str {
        &self.0[shape]
    }
}

fn is_structure(shape: &Shape) -> bool {
    shape.kind == "structure" && !shape.document
}

fn is_enum(shape: &Shape) -> bool {
    shape.kind == "string" && !shape.values.is_empty()
}

fn is_typed(shape: &Shape) -> bool {
    is_structure(shape) || is_enum(shape)
}

/// `generated/<service>/types.rs`.
pub fn render(source: &Source) -> Result<String> {
    let types = Types {
        model: &source.model,
        names: TypeNames::new(source),
        statics: source.shape_statics(),
        left_out: &source.settings.left_out,
    };
    let mut text = format!("//! Types of the implemented operations of `{}`.\n{MARK}\n", source.name);
    text.push_str("#![allow(clippy::type_complexity, reason = \"types are as deep as the model's\")]\n\n");
    text.push_str("use wire::value::{FromValue, IntoValue, Value};\n\n");
    text.push_str("use crate::typed::{Reader, Writer};\n\nuse super::schema;\n");
    for name in types.names.0.keys() {
        let shape = source.model.shape(name);
        let rendered = if is_enum(shape) { types.text_enum(name, shape) } else { types.structure(name, shape) };
        text.push_str(&rendered.map_err(|problem| format!("{name}: {problem}"))?);
    }
    Ok(text)
}

struct Types<'a> {
    model: &'a Model,
    names: TypeNames<'a>,
    statics: BTreeMap<&'a str, String>,
    left_out: &'a [String],
}

/// One member of a structure, ready to be written in several places.
struct Field {
    name: String,
    required: bool,
    sensitive: bool,
    boxed: bool,
    kind: String,
}

impl Types<'_> {
    fn text_enum(&self, name: &str, shape: &Shape) -> Result<String> {
        let variants = names::unique(shape.values.iter().map(String::as_str), names::variant, "");
        let lines = shape.values.iter().map(|value| format!("{} = {value:?}", variants[value.as_str()]));
        let lines = lines.collect::<Vec<_>>().join(", ");
        let documentation = format!("The values of `{name}`.");
        Ok(format!("\ncrate::typed::text_enum!({}, {documentation:?}, [{lines}]);\n", self.names.of(name)))
    }

    fn structure(&self, name: &str, shape: &Shape) -> Result<String> {
        let fields = self.fields(name, shape)?;
        let type_name = self.names.of(name);
        let mut derives = vec!["Clone", "PartialEq"];
        let hides = shape.sensitive || fields.iter().any(|field| field.sensitive);
        if !hides {
            derives.push("Debug");
        }
        if shape.required.is_empty() {
            derives.push("Default");
        }
        derives.sort_unstable();
        let mut text =
            format!("\n/// The `{name}` structure.\n#[derive({})]\npub struct {type_name} {{\n", derives.join(", "));
        for (field, (member, _)) in fields.iter().zip(&shape.members) {
            text.push_str(&format!("/// The `{member}` member.\npub {}: {},\n", field.name, field.kind));
        }
        text.push_str("}\n");
        text.push_str(&conversions(type_name, &self.statics[name], &fields));
        if hides {
            text.push_str(&debug(type_name, shape, &fields));
        }
        Ok(text)
    }

    fn fields(&self, name: &str, shape: &Shape) -> Result<Vec<Field>> {
        let members = shape.members.iter().map(|(member, _)| member.as_str());
        let field_names = names::unique(members, names::field, "_");
        let field = |(member_name, member): &(String, Member)| {
            let is_left_out = self.left_out.contains(&format!("{name}.{member_name}"));
            let required = shape.required.contains(member_name) && !is_left_out;
            let boxed = self.contains(&member.shape, name);
            let mut kind = self.rust_type(&member.shape)?;
            if boxed {
                kind = format!("Box<{kind}>");
            }
            if !required {
                kind = format!("Option<{kind}>");
            }
            let sensitive = self.is_sensitive(&member.shape);
            Ok(Field { name: field_names[member_name.as_str()].clone(), required, sensitive, boxed, kind })
        };
        shape.members.iter().map(field).collect()
    }

    fn rust_type(&self, name: &str) -> Result<String> {
        let shape = self.model.shape(name);
        let part = |part: &Option<Member>| {
            part.as_ref().ok_or_else(|| format!("{name} lacks a part")).and_then(|part| self.rust_type(&part.shape))
        };
        Ok(match shape.kind.as_str() {
            _ if self.names.has(name) => self.names.of(name).to_owned(),
            _ if shape.document => "serde_json::Value".to_owned(),
            "boolean" => "bool".to_owned(),
            "integer" => "i32".to_owned(),
            "long" => "i64".to_owned(),
            "float" => "f32".to_owned(),
            "double" => "f64".to_owned(),
            "string" => "String".to_owned(),
            "blob" => "wire::value::Blob".to_owned(),
            "timestamp" => "base::Timestamp".to_owned(),
            "list" => format!("Vec<{}>", part(&shape.member)?),
            "map" => format!("Vec<(String, {})>", part(&shape.value)?),
            other => return Err(format!("the type {other} has no form in Rust")),
        })
    }

    /// Whether a structure holds another (or itself) without a list or map between.
    fn contains(&self, outer: &str, inner: &str) -> bool {
        let mut seen = Vec::new();
        let mut waiting = vec![outer];
        while let Some(name) = waiting.pop() {
            if !is_structure(self.model.shape(name)) || seen.contains(&name) {
                continue;
            }
            if name == inner {
                return true;
            }
            seen.push(name);
            waiting.extend(self.model.shape(name).members.iter().map(|(_, member)| member.shape.as_str()));
        }
        false
    }

    /// Whether the shape, or what a list or map of it holds, must not be shown. A
    /// structure hides its own members.
    fn is_sensitive(&self, name: &str) -> bool {
        let shape = self.model.shape(name);
        let parts = [&shape.member, &shape.key, &shape.value].into_iter().flatten();
        shape.sensitive || parts.map(|part| &part.shape).any(|part| self.is_sensitive(part))
    }
}

fn conversions(type_name: &str, shape_static: &str, fields: &[Field]) -> String {
    let mut reads = String::new();
    let mut writes = String::new();
    for (at, Field { name, required, boxed, .. }) in fields.iter().enumerate() {
        let (read, write) = match (required, boxed) {
            (true, false) => (format!("reader.required({at})"), format!(".required({at}, self.{name})")),
            (true, true) => (format!("Box::new(reader.required({at}))"), format!(".required({at}, *self.{name})")),
            (false, false) => (format!("reader.optional({at})"), format!(".optional({at}, self.{name})")),
            (false, true) => (
                format!("reader.optional({at}).map(Box::new)"),
                format!(".optional({at}, self.{name}.map(|inner| *inner))"),
            ),
        };
        reads.push_str(&format!("{name}: {read}, "));
        writes.push_str(&write);
    }
    let read = if fields.is_empty() {
        format!("Reader::new(value, &schema::{shape_static}); Self {{}}")
    } else {
        format!("let mut reader = Reader::new(value, &schema::{shape_static}); Self {{ {reads} }}")
    };
    format!(
        "
impl FromValue for {type_name} {{
    fn from_value(value: Value) -> Self {{ {read} }}
}}

impl IntoValue for {type_name} {{
    fn into_value(self) -> Value {{ Writer::new(&schema::{shape_static}){writes}.finish() }}
}}
"
    )
}

fn debug(type_name: &str, shape: &Shape, fields: &[Field]) -> String {
    let body = if shape.sensitive {
        format!("f.debug_tuple({type_name:?}).field(&crate::typed::Sensitive).finish()")
    } else {
        let shown = fields.iter().map(|field| {
            let name = &field.name;
            let value = match (field.sensitive, field.required) {
                (false, _) => format!("&self.{name}"),
                (true, true) => "&crate::typed::Sensitive".to_owned(),
                (true, false) => format!("&self.{name}.as_ref().map(|_| crate::typed::Sensitive)"),
            };
            format!(".field({:?}, {value})", name.trim_start_matches("r#"))
        });
        format!("f.debug_struct({type_name:?}){}.finish()", shown.collect::<String>())
    };
    format!(
        "
impl std::fmt::Debug for {type_name} {{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{ {body} }}
}}
"
    )
}
