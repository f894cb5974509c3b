//! Records as queries see them: under the names of config.md §7.3, and no more of them than a query looks at.

use base::{Scope, Timestamp};
use lang::config_query::{Path, Wanted};
use serde_json::{Map, Value, json};

use crate::item::api_shape::VERSION;

/// Properties of queries and the members of items that they are made of.
const MADE_OF: [(&str, &str); 14] = [
    ("arn", "arn"),
    ("availabilityZone", "availability_zone"),
    ("awsRegion", "aws_region"),
    ("configuration", "configuration"),
    ("configurationItemCaptureTime", "taken"),
    ("configurationItemDeliveryTime", "delivered"),
    ("configurationItemStatus", "status"),
    ("configurationStateId", "taken"),
    ("recordingFrequency", "delivered"),
    ("relationships", "relationships"),
    ("resourceCreationTime", "created"),
    ("resourceName", "resource_name"),
    ("supplementaryConfiguration", "supplementary"),
    ("tags", "tags"),
];

/// Whether texts of a property are in a record's text as queries see them.
pub(super) fn keeps_texts_of(path: &Path) -> bool {
    match path.root() {
        "accountId"
        | "arn"
        | "availabilityZone"
        | "awsRegion"
        | "configuration"
        | "configurationItemStatus"
        | "relationships"
        | "resourceId"
        | "resourceName"
        | "resourceType"
        | "supplementaryConfiguration" => true,
        "tags" => path.names().get(1).is_some_and(|name| name != "tag"),
        _ => false,
    }
}

/// Reads documents from records.
pub(super) struct Reader {
    wanted: Wanted,
    /// Which parts of a record's text are read; none when its key is enough.
    stored: Option<Wanted>,
}

impl Reader {
    pub(super) fn new(wanted: &Wanted) -> Self {
        let parts = MADE_OF.iter().filter_map(|(property, member)| {
            let below = wanted.member(property)?;
            let is_tree = matches!(*property, "configuration" | "supplementaryConfiguration");
            // Of lists little is left out: they are read whole.
            Some(((*member).to_owned(), if is_tree { below } else { Wanted::whole() }))
        });
        let parts: Vec<_> = parts.collect();
        let stored = (!parts.is_empty()).then(|| Wanted::members([("item".to_owned(), Wanted::members(parts))]));
        Self { wanted: wanted.clone(), stored }
    }

    /// The document of the record with this text.
    pub(super) fn read(&self, scope: &Scope, resource_type: &str, resource_id: &str, text: &[u8]) -> Value {
        let mut document = Map::new();
        document.insert("accountId".to_owned(), scope.account.as_str().into());
        document.insert("resourceType".to_owned(), resource_type.into());
        document.insert("resourceId".to_owned(), resource_id.into());
        document.insert("version".to_owned(), VERSION.into());
        let Some(stored) = &self.stored else { return Value::Object(document) };
        let mut record = stored.read(text).expect("a stored record is JSON");
        let mut item = record.get_mut("item").map(Value::take).unwrap_or_default();
        for (property, member) in MADE_OF {
            if self.wanted.member(property).is_none() {
                continue;
            }
            let value = item.get_mut(member).map(|value| made(property, value)).or_else(|| empty(property));
            document.extend(value.map(|value| (property.to_owned(), value)));
        }
        Value::Object(document)
    }
}

/// A property made of a member, which may be taken unless another property is made of it.
fn made(property: &str, value: &mut Value) -> Value {
    let millis = value.as_i64().unwrap_or_default();
    match property {
        "configurationItemCaptureTime" | "configurationItemDeliveryTime" | "resourceCreationTime" => {
            Timestamp::from_millis(millis).iso_millis().into()
        }
        "configurationStateId" => millis.to_string().into(),
        "recordingFrequency" => "DAILY".into(),
        "tags" => tags(value),
        "relationships" => relationships(value),
        _ => value.take(),
    }
}

/// What a property is that a resource has nothing of: records leave these out, and results have them, empty (§2).
fn empty(property: &str) -> Option<Value> {
    match property {
        "relationships" | "tags" => Some(json!([])),
        "supplementaryConfiguration" => Some(json!({})),
        _ => None,
    }
}

/// Tags with their keys and values also together.
fn tags(tags: &Value) -> Value {
    let tag = |(key, value): (&String, &Value)| {
        let value = value.as_str().unwrap_or_default();
        json!({"tag": format!("{key}={value}"), "key": key, "value": value})
    };
    tags.as_object().into_iter().flatten().map(tag).collect()
}

fn relationships(related: &Value) -> Value {
    const NAMES: [(&str, &str); 4] =
        [("resourceType", "type"), ("resourceId", "id"), ("resourceName", "called"), ("relationshipName", "name")];
    let one = |related: &Value| {
        let member = |(name, member): (&str, &str)| Some((name.to_owned(), related.get(member)?.clone()));
        Value::Object(NAMES.into_iter().filter_map(member).collect())
    };
    related.as_array().into_iter().flatten().map(one).collect()
}
