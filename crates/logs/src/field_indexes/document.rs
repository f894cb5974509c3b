//! The document of an index policy: `{"Fields": ["a"], "FieldsV2": {"b": {"type": "FACET"}}}`.

use std::collections::BTreeMap;

use api::logs::types::IndexType;
use serde::Deserialize;

use super::DEFAULTS;
use crate::json_object::read_object;

/// Fields of a policy, and characters of a field's name (logs.md §11).
const FIELDS_MAX: usize = 20;
const NAME_CHARS_MAX: usize = 100;

/// Fields that the server finds by itself and that can be indexed, beside those that always are (logs.md §8.5).
const GENERATED: [&str; 10] = [
    "@billedDuration",
    "@duration",
    "@ingestionTime",
    "@initDuration",
    "@maxMemoryUsed",
    "@memorySize",
    "@requestId",
    "@type",
    "@xraySegmentId",
    "@xrayTraceId",
];

/// What a policy indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexDocument {
    /// The fields, each once: those of `Fields` in their order, then the others by name.
    pub(crate) fields: Vec<(String, IndexKind)>,
}

/// How a field is indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum IndexKind {
    /// For queries.
    #[serde(rename = "FIELD_INDEX")]
    FieldIndex,
    /// For queries, and for consoles that count values.
    #[serde(rename = "FACET")]
    Facet,
}

impl IndexKind {
    /// As the API has it.
    pub(crate) fn api(self) -> IndexType {
        match self {
            Self::FieldIndex => IndexType::FieldIndex,
            Self::Facet => IndexType::Facet,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "Fields", default)]
    fields: Vec<String>,
    #[serde(rename = "FieldsV2", default)]
    typed: BTreeMap<String, BTreeMap<Member, IndexKind>>,
}

/// What is said of a field.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum Member {
    #[serde(rename = "type")]
    Type,
}

impl IndexDocument {
    /// Reads a document.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Written { fields, typed } = read_object(text)
            .map_err(|error| format!("The policyDocument is not a valid field index policy: {error}."))?;
        let plain = fields.into_iter().map(|name| Ok((name, IndexKind::FieldIndex)));
        let typed = typed.into_iter().map(|(name, members)| match members.get(&Member::Type) {
            Some(kind) => Ok((name, *kind)),
            None => Err(format!("The field {name} has no type.")),
        });
        let mut read = Self { fields: Vec::new() };
        for field in plain.chain(typed) {
            let (name, kind) = field?;
            check_name(&name)?;
            if read.has(&name) {
                return Err(format!("The field {name} is named more than once in Fields and FieldsV2."));
            }
            read.fields.push((name, kind));
        }
        match read.fields.len() {
            0 => Err("A field index policy must include at least one field.".to_owned()),
            1..=FIELDS_MAX => Ok(read),
            _ => Err(format!("A field index policy can include at most {FIELDS_MAX} fields.")),
        }
    }

    /// Whether a field is indexed. Letters of another case make another field.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == field)
    }
}

fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(format!("A field's name must have 1 to {NAME_CHARS_MAX} characters."));
    }
    // What is found in events under such a name has another @ before it (logs.md SY-2).
    let generated = name.starts_with('@') && !name.starts_with("@@");
    match generated && !GENERATED.contains(&name) && !DEFAULTS.contains(&name) {
        true => Err(format!("The field {name} cannot be indexed; one of that name in log events is @{name}.")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_with_their_kinds() {
        let text = r#"{"Fields":["z","a"],"FieldsV2":{"c":{"type":"FACET"},"b":{"type":"FIELD_INDEX"}}}"#;
        let names = |kind| move |(name, of): &(String, IndexKind)| (*of == kind).then(|| name.clone());
        let read = IndexDocument::parse(text).unwrap();
        let plain: Vec<_> = read.fields.iter().filter_map(names(IndexKind::FieldIndex)).collect();
        let facets: Vec<_> = read.fields.iter().filter_map(names(IndexKind::Facet)).collect();
        assert_eq!((plain, facets), (["z", "a", "b"].map(str::to_owned).to_vec(), vec!["c".to_owned()]));
    }

    #[test]
    fn what_breaks_a_rule_is_refused() {
        let long = "x".repeat(101);
        let fields = |count: usize| {
            let names: Vec<String> = (0..count).map(|number| format!("\"f{number}\"")).collect();
            format!(r#"{{"Fields":[{}]}}"#, names.join(","))
        };
        for (text, part) in [
            ("", "not a valid"),
            ("[]", "not a valid"),
            (r#"{"fields":["a"]}"#, "not a valid"),
            (r#"{"Fields":"a"}"#, "not a valid"),
            (r#"{"FieldsV2":{"a":{"type":"OTHER"}}}"#, "not a valid"),
            (r#"{"FieldsV2":{"a":["FACET"]}}"#, "not a valid"),
            (r#"{"FieldsV2":{"a":{"type":"FACET","more":1}}}"#, "not a valid"),
            (r#"{"FieldsV2":{"a":{}}}"#, "no type"),
            ("{}", "at least one"),
            (r#"{"Fields":[""]}"#, "1 to 100"),
            (&format!(r#"{{"Fields":["{long}"]}}"#), "1 to 100"),
            (r#"{"Fields":["a"],"FieldsV2":{"a":{"type":"FACET"}}}"#, "more than once"),
            (r#"{"Fields":["@message"]}"#, "@@message"),
            (&fields(21), "at most 20"),
        ] {
            let refused = IndexDocument::parse(text).unwrap_err();
            assert!(refused.contains(part), "{text}: {refused}");
        }
    }

    #[test]
    fn generated_fields_custom_at_names_and_twenty_fields_are_taken() {
        let twenty: Vec<String> = (0..20).map(|number| format!("\"f{number}\"")).collect();
        for text in [
            r#"{"Fields":["@requestId","@logStream","@@custom","RequestId","requestId"]}"#.to_owned(),
            format!(r#"{{"Fields":[{}]}}"#, twenty.join(",")),
        ] {
            assert!(IndexDocument::parse(&text).is_ok(), "{text}");
        }
    }
}
