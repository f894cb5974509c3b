//! What an answer says, by its shape: structures with the API's names, maps whose keys are data, times that are times.
//!
//! JSON alone cannot hold it: the keys of a structure are spelled as AWS Config does (config.md §10.3), those of a map
//! are the user's and never touched, and how a time is written is up to the type of the resource.

use std::collections::BTreeMap;

use base::Timestamp;
use serde_json::{Map, Value};

/// A part of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Datum {
    /// Members by the API's names.
    Structure(BTreeMap<String, Datum>),
    /// Values by keys that are data.
    Map(BTreeMap<String, Datum>),
    /// Elements.
    List(Vec<Datum>),
    /// A time.
    Time(Timestamp),
    /// Text, a number, a boolean, null, or JSON that has no shape.
    Plain(Value),
}

/// How names of members are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Casing {
    /// `lower_first`: the first letter is lowered, `DBName` is `dBName`.
    LowerFirst,
    /// `lower_run`: all capitals at the start are, `DBClusterArn` is `dbclusterArn`.
    LowerRun,
    /// `cfn`: the first letter is a capital, as in CloudFormation's schemas.
    Capital,
    /// `as_is`: as the API does.
    Same,
}

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// `2026-07-04T09:30:00.000Z`
    Text,
    /// Milliseconds since 1970.
    Millis,
}

impl Datum {
    /// A text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Plain(Value::String(text.into()))
    }

    /// Nothing.
    pub(crate) const NULL: Self = Self::Plain(Value::Null);

    /// Whether nothing is said.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Plain(Value::Null))
    }

    /// A member, or a value by its key, unless it is null.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Structure(members) | Self::Map(members) => members.get(name).filter(|found| !found.is_null()),
            _ => None,
        }
    }

    /// The text; numbers and booleans as text too.
    pub(crate) fn as_text(&self) -> Option<String> {
        match self {
            Self::Plain(Value::String(text)) => Some(text.clone()),
            Self::Plain(value @ (Value::Number(_) | Value::Bool(_))) => Some(value.to_string()),
            Self::Time(time) => Some(time.iso_millis()),
            _ => None,
        }
    }

    /// The elements of a list; none of what is no list.
    pub(crate) fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// Takes over what another says. What it does not say stays.
    pub(crate) fn merge(&mut self, other: Self) {
        let (Self::Structure(members), Self::Structure(others) | Self::Map(others)) = (self, other) else { return };
        for (name, value) in others {
            let says_nothing = value.is_null() || matches!(&value, Self::List(elements) if elements.is_empty());
            if !says_nothing || !members.contains_key(&name) {
                members.insert(name, value);
            }
        }
    }

    /// The JSON of it.
    pub(crate) fn spelled(&self, casing: Casing, times: Times) -> Value {
        match self {
            Self::Structure(members) => {
                let spelled = members.iter().map(|(name, value)| (casing.of(name), value.spelled(casing, times)));
                Value::Object(spelled.collect::<Map<_, _>>())
            }
            Self::Map(values) => {
                let spelled = values.iter().map(|(key, value)| (key.clone(), value.spelled(casing, times)));
                Value::Object(spelled.collect::<Map<_, _>>())
            }
            Self::List(elements) => elements.iter().map(|element| element.spelled(casing, times)).collect(),
            Self::Time(time) if times == Times::Millis => Value::from(time.millis()),
            Self::Time(time) => Value::from(time.iso_millis()),
            Self::Plain(value) => value.clone(),
        }
    }
}

impl Casing {
    /// A casing by its word in the table of types.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "lower_first" => Self::LowerFirst,
            "lower_run" => Self::LowerRun,
            "cfn" => Self::Capital,
            "as_is" => Self::Same,
            _ => return None,
        })
    }

    /// A name as it is spelled.
    pub(crate) fn of(self, name: &str) -> String {
        let end = match self {
            Self::Same => return name.to_owned(),
            Self::Capital => {
                let first = name.chars().next().map_or(0, char::len_utf8);
                return name[..first].to_ascii_uppercase() + &name[first..];
            }
            Self::LowerFirst => name.chars().next().map_or(0, char::len_utf8),
            Self::LowerRun => name.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(name.len()),
        };
        name[..end].to_ascii_lowercase() + &name[end..]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_spelled_as_config_does() {
        for (name, lower_first, lower_run, capital) in [
            ("InstanceId", "instanceId", "instanceId", "InstanceId"),
            ("DBInstanceIdentifier", "dBInstanceIdentifier", "dbinstanceIdentifier", "DBInstanceIdentifier"),
            ("DBClusterArn", "dBClusterArn", "dbclusterArn", "DBClusterArn"),
            ("OKActions", "oKActions", "okactions", "OKActions"),
            ("VPCZoneIdentifier", "vPCZoneIdentifier", "vpczoneIdentifier", "VPCZoneIdentifier"),
            ("VPCId", "vPCId", "vpcid", "VPCId"),
            ("Ipv4Prefixes", "ipv4Prefixes", "ipv4Prefixes", "Ipv4Prefixes"),
            ("clusterName", "clusterName", "clusterName", "ClusterName"),
            ("ARN", "aRN", "arn", "ARN"),
        ] {
            let spelled = [Casing::LowerFirst, Casing::LowerRun, Casing::Capital, Casing::Same].map(|c| c.of(name));
            assert_eq!(spelled, [lower_first, lower_run, capital, name]);
        }
    }

    #[test]
    fn keys_of_maps_are_data_and_times_are_written_as_asked() {
        let map = Datum::Map(BTreeMap::from([("MyKey".to_owned(), Datum::text("V"))]));
        let members = [("Tags".to_owned(), map), ("Made".to_owned(), Datum::Time(Timestamp::from_millis(1)))];
        let datum = Datum::Structure(members.into_iter().collect());
        let text = datum.spelled(Casing::LowerFirst, Times::Text);
        assert_eq!(text, json!({"tags": {"MyKey": "V"}, "made": "1970-01-01T00:00:00.001Z"}));
        assert_eq!(datum.spelled(Casing::Same, Times::Millis)["Made"], 1);
    }

    #[test]
    fn what_says_nothing_takes_no_place() {
        let structure = |value: Datum| Datum::Structure(BTreeMap::from([("A".to_owned(), value)]));
        let mut datum = structure(Datum::text("x"));
        for nothing in [Datum::NULL, Datum::List(Vec::new())] {
            datum.merge(structure(nothing));
            assert_eq!(datum, structure(Datum::text("x")));
        }
        datum.merge(structure(Datum::text("y")));
        assert_eq!(datum, structure(Datum::text("y")));
    }
}
