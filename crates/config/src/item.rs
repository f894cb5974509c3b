//! Configuration items: a resource as it was found at a time (config.md §2).

pub(crate) mod api_shape;
pub mod canonical;
mod stream_shape;

use std::borrow::Cow;
use std::collections::BTreeMap;

use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The type of an account as a whole, which rules without resources report on.
pub const ACCOUNT_TYPE: &str = "AWS::::Account";

/// A resource as it was found at a time.
///
/// `configuration` and the values of `supplementary` are parsed. A value that AWS writes as JSON within a string, as the
/// access control list of a bucket, is a string here too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The account and the region of the recorder.
    pub scope: Scope,
    /// `awsRegion`: the recorder's region, or `global`.
    pub aws_region: String,
    /// Such as `AWS::EC2::Instance`.
    pub resource_type: String,
    /// What names it within its type.
    pub resource_id: String,
    /// The name of it, where the type has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// The resource's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// A zone, or a word such as `Regional`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// When the resource was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was found to be so (`configurationItemCaptureTime`); in milliseconds it is the state's id, which rises
    /// with every item of a resource.
    pub taken: Timestamp,
    /// What the item tells.
    pub status: ItemStatus,
    /// The resource's tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// What it is related to, sorted by type and id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relationships: Vec<Relationship>,
    /// What the source says of it; null when it is deleted or not recorded.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub configuration: Value,
    /// What further reads say of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub supplementary: BTreeMap<String, Value>,
    /// When the item of a day was handed on; only where the type is recorded daily (REC-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Timestamp>,
}

/// What an item tells (CI-5, CI-7, CI-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ItemStatus {
    /// It is different.
    #[serde(rename = "OK")]
    Ok,
    /// It is there, and was not before.
    ResourceDiscovered,
    /// It is there, and its type is not recorded.
    ResourceNotRecorded,
    /// It is gone.
    ResourceDeleted,
    /// It is gone, and its type is not recorded.
    ResourceDeletedNotRecorded,
}

impl ItemStatus {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::ResourceDiscovered => "ResourceDiscovered",
            Self::ResourceNotRecorded => "ResourceNotRecorded",
            Self::ResourceDeleted => "ResourceDeleted",
            Self::ResourceDeletedNotRecorded => "ResourceDeletedNotRecorded",
        }
    }

    /// Whether the resource is gone.
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::ResourceDeleted | Self::ResourceDeletedNotRecorded)
    }

    /// Whether the resource is there and its details are known.
    pub const fn is_recorded(self) -> bool {
        matches!(self, Self::Ok | Self::ResourceDiscovered)
    }
}

/// What a resource is related to, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Relationship {
    /// The other's type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The other's id, where it is known.
    #[serde(rename = "id", default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// The other's name, where it is known.
    #[serde(rename = "called", default, skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// Such as `Is contained in Vpc`, or `Is associated with `, which ends with a blank (config.md §2.8).
    pub name: String,
}

impl Item {
    /// What stands for an account as a whole when a rule without resources is evaluated. It is never stored.
    pub fn of_account(scope: &Scope, now: Timestamp) -> Self {
        Self {
            scope: scope.clone(),
            aws_region: scope.region.to_string(),
            resource_type: ACCOUNT_TYPE.to_owned(),
            resource_id: scope.account.to_string(),
            resource_name: None,
            arn: None,
            availability_zone: None,
            created: None,
            taken: now,
            status: ItemStatus::Ok,
            tags: BTreeMap::new(),
            relationships: Vec::new(),
            configuration: Value::Null,
            supplementary: BTreeMap::new(),
            delivered: None,
        }
    }

    /// The value in `configuration` at a path of keys with points between them, such as `monitoring.state`. What is
    /// null is not there. Keys with points in them are reached through [`Item::configuration`].
    pub fn at(&self, path: &str) -> Option<&Value> {
        at(&self.configuration, path)
    }

    /// The text at a path of `configuration`.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str()
    }

    /// The boolean at a path of `configuration`; also where it is written as text.
    pub fn flag(&self, path: &str) -> Option<bool> {
        as_flag(self.at(path)?)
    }

    /// The whole number at a path of `configuration`; also where it is written as text.
    pub fn integer(&self, path: &str) -> Option<i64> {
        as_integer(self.at(path)?)
    }

    /// The elements of the list at a path of `configuration`; none where there is no list.
    pub fn list(&self, path: &str) -> &[Value] {
        self.at(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// A value of `supplementaryConfiguration`; JSON within a string is parsed here. What is null is not there.
    pub fn supplement(&self, key: &str) -> Option<Cow<'_, Value>> {
        match self.supplementary.get(key)? {
            Value::Null => None,
            Value::String(text) => match serde_json::from_str(text) {
                Ok(inside @ (Value::Object(_) | Value::Array(_))) => Some(Cow::Owned(inside)),
                _ => self.supplementary.get(key).map(Cow::Borrowed),
            },
            other => Some(Cow::Borrowed(other)),
        }
    }

    /// The resources of a type that it names.
    pub fn related<'a>(&'a self, resource_type: &'a str) -> impl Iterator<Item = &'a Relationship> {
        self.relationships.iter().filter(move |related| related.resource_type == resource_type)
    }
}

/// The value below another at a path of keys with points between them. What is null is not there.
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let found = path.split('.').try_fold(value, |value, key| value.get(key))?;
    (!found.is_null()).then_some(found)
}

/// A boolean, also as text.
pub fn as_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A whole number, also as text.
pub fn as_integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A float that stands for a whole number, as some sources write them.
fn whole(number: f64) -> Option<i64> {
    // Beyond 2⁵³ a float stands for many whole numbers.
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
}
