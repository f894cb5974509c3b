//! A distilled service model: what `models/<service>.json` holds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::Result;

/// One service.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub metadata: Metadata,
    pub operations: BTreeMap<String, Operation>,
    pub shapes: BTreeMap<String, Shape>,
}

/// What a model lacks (`models/<service>.more.json`): operations that AWS's agents call and that SDKs do not have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Additions {
    operations: BTreeMap<String, Operation>,
    shapes: BTreeMap<String, Shape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metadata {
    pub api_version: String,
    pub endpoint_prefix: String,
    pub signing_name: Option<String>,
    pub protocols: Vec<String>,
    pub json_version: Option<String>,
    pub target_prefix: Option<String>,
    pub xml_namespace: Option<String>,
    #[serde(default)]
    pub aws_query_compatible: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Operation {
    pub http: Http,
    pub input: Option<String>,
    pub output: Option<String>,
    pub result_wrapper: Option<String>,
    #[serde(default)]
    pub readonly: bool,
    /// A label that SDKs put before the host name. No schema holds it.
    #[serde(rename = "hostPrefix")]
    pub _host_prefix: Option<String>,
    #[serde(default)]
    pub errors: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub method: String,
    pub uri: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Shape {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub sensitive: bool,
    #[serde(default)]
    pub flattened: bool,
    #[serde(default)]
    pub union: bool,
    #[serde(default)]
    pub eventstream: bool,
    /// One message of an event stream. No schema holds it.
    #[serde(default, rename = "event")]
    pub _event: bool,
    #[serde(default)]
    pub document: bool,
    pub timestamp_format: Option<String>,
    pub payload: Option<String>,
    #[serde(default)]
    pub exception: bool,
    #[serde(default)]
    pub fault: bool,
    pub error: Option<ErrorTrait>,
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub pattern: Option<String>,
    #[serde(default, rename = "enum")]
    pub values: Vec<String>,
    #[serde(default)]
    pub required: BTreeSet<String>,
    pub member: Option<Member>,
    pub key: Option<Member>,
    pub value: Option<Member>,
    #[serde(default, deserialize_with = "in_order")]
    pub members: Vec<(String, Member)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ErrorTrait {
    pub code: Option<String>,
    pub http_status_code: Option<u16>,
    #[serde(default)]
    pub sender_fault: bool,
}

/// A reference to a shape: its name, or an object with traits of the reference.
#[derive(Deserialize)]
#[serde(from = "MemberForm")]
pub struct Member {
    pub shape: String,
    pub location: Option<String>,
    pub location_name: Option<String>,
    pub timestamp_format: Option<String>,
    pub idempotency_token: bool,
    pub flattened: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum MemberForm {
    Name(String),
    Traits(MemberTraits),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct MemberTraits {
    shape: String,
    location: Option<String>,
    location_name: Option<String>,
    timestamp_format: Option<String>,
    #[serde(default)]
    idempotency_token: bool,
    #[serde(default)]
    flattened: bool,
}

impl From<MemberForm> for Member {
    fn from(form: MemberForm) -> Self {
        let traits = match form {
            MemberForm::Name(shape) => MemberTraits {
                shape,
                location: None,
                location_name: None,
                timestamp_format: None,
                idempotency_token: false,
                flattened: false,
            },
            MemberForm::Traits(traits) => traits,
        };
        let MemberTraits { shape, location, location_name, timestamp_format, idempotency_token, flattened } = traits;
        Self { shape, location, location_name, timestamp_format, idempotency_token, flattened }
    }
}

fn in_order<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<(String, Member)>, D::Error> {
    let members = serde_json::Map::<String, Value>::deserialize(deserializer)?;
    let parsed = members.into_iter().map(|(name, member)| Ok((name, serde_json::from_value(member)?)));
    parsed.collect::<serde_json::Result<_>>().map_err(serde::de::Error::custom)
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&crate::read(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

impl Model {
    /// Reads a distilled model with what is added to it, and looks at whether all its references lead somewhere.
    pub fn load(path: &Path) -> Result<Self> {
        let mut model: Self = parse(path)?;
        let added = path.with_extension("more.json");
        if added.exists() {
            model.add(parse(&added)?).map_err(|problem| format!("{}: {problem}", added.display()))?;
        }
        let references = model.operations.values().flat_map(Operation::references);
        for name in references.chain(model.shapes.values().flat_map(Shape::references)) {
            if !model.shapes.contains_key(name) {
                return Err(format!("{}: no shape is named {name}", path.display()));
            }
        }
        Ok(model)
    }

    /// Adds operations and shapes that the model lacks.
    fn add(&mut self, more: Additions) -> Result<()> {
        for (name, operation) in more.operations {
            if self.operations.insert(name.clone(), operation).is_some() {
                return Err(format!("the model has an operation {name} of its own"));
            }
        }
        for (name, shape) in more.shapes {
            if self.shapes.insert(name.clone(), shape).is_some() {
                return Err(format!("the model has a shape {name} of its own"));
            }
        }
        Ok(())
    }

    /// The shape of this name; all references were looked at when the model was loaded.
    pub fn shape(&self, name: &str) -> &Shape {
        &self.shapes[name]
    }

    /// All names of shapes that these lead to, themselves included.
    pub fn reachable<'a>(&'a self, from: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<&str> = from.into_iter().collect();
        while let Some(name) = waiting.pop() {
            if found.insert(name) {
                waiting.extend(self.shape(name).references());
            }
        }
        found
    }

    /// Names of all modelled errors.
    pub fn errors(&self) -> impl Iterator<Item = (&str, &Shape)> {
        self.shapes.iter().filter(|(_, shape)| shape.exception).map(|(name, shape)| (name.as_str(), shape))
    }
}

impl Operation {
    /// The shapes that the operation names.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.input.iter().chain(&self.output).chain(&self.errors).map(String::as_str)
    }
}

impl Shape {
    /// The shapes that this one names.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        let parts = [&self.member, &self.key, &self.value].into_iter().flatten();
        parts.chain(self.members.iter().map(|(_, member)| member)).map(|member| member.shape.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = r#"{"metadata":{"apiVersion":"1","endpointPrefix":"x","protocols":["json"]},
        "operations":{"Get":{"http":{"method":"POST","uri":"/"}}},"shapes":{"Text":{"type":"string"}}}"#;

    fn with(more: &str) -> Result<Model> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x.json"), MODEL).unwrap();
        std::fs::write(folder.path().join("x.more.json"), more).unwrap();
        Model::load(&folder.path().join("x.json"))
    }

    #[test]
    fn a_model_has_what_is_added_to_it() {
        let more = r#"{"operations":{"Put":{"http":{"method":"POST","uri":"/"},"input":"In"}},
            "shapes":{"In":{"type":"structure","members":{"Name":"Text"}}}}"#;
        let model = with(more).unwrap();
        assert!(model.operations.contains_key("Get") && model.operations.contains_key("Put"));
        assert_eq!(model.shape("In").members[0].1.shape, "Text");
    }

    #[test]
    fn what_a_model_has_is_not_added_to_it() {
        for more in [
            r#"{"operations":{"Get":{"http":{"method":"POST","uri":"/"}}},"shapes":{}}"#,
            r#"{"operations":{},"shapes":{"Text":{"type":"string"}}}"#,
            r#"{"operations":{"Put":{"http":{"method":"POST","uri":"/"},"input":"Lost"}},"shapes":{}}"#,
        ] {
            assert!(with(more).is_err(), "{more}");
        }
    }
}
