//! When two descriptions of a resource are the same (config.md §2.5).
//!
//! The canonical form of an item is text that is never stored or shown. Two items are the same when theirs are.

use std::borrow::Cow;
use std::fmt::Write as _;

use base::Timestamp;
use serde_json::{Map, Number, Value};
use sha2::{Digest as _, Sha256};

use super::Item;

/// Arrays that are sets at AWS: the order of their elements says nothing.
const SETS: &[&str] = &[
    "attachedManagedPolicies",
    "attachments",
    "blockDeviceMappings",
    "groups",
    "ipPermissions",
    "ipPermissionsEgress",
    "ipRanges",
    "ipv4Ranges",
    "ipv6Addresses",
    "ipv6Ranges",
    "networkInterfaces",
    "policyVersionList",
    "prefixListIds",
    "routes",
    "securityGroups",
    "subnets",
    "tagList",
    "tags",
    "tagSet",
    "userIdGroupPairs",
];

/// Keys of `configuration` that change by themselves: they are stored, and cause no item. A star stands for any end.
const VOLATILE: &[(&str, &[&str])] = &[
    ("AWS::CloudTrail::Trail", &["latest*"]),
    (
        "AWS::CloudWatch::Alarm",
        &["stateReason", "stateReasonData", "stateTransitionedTimestamp", "stateUpdatedTimestamp", "stateValue"],
    ),
    ("AWS::DynamoDB::Table", &["itemCount", "tableSizeBytes"]),
    ("AWS::EC2::Instance", &["usageOperationUpdateTime"]),
    ("AWS::IAM::Role", &["roleLastUsed"]),
    ("AWS::IAM::User", &["passwordLastUsed"]),
    ("AWS::Lambda::Function", &["lastUpdateStatus*"]),
    ("AWS::RDS::DBCluster", &["latestRestorableTime"]),
    ("AWS::RDS::DBInstance", &["latestRestorableTime"]),
];

const INVENTORY: &str = "AWS::SSM::ManagedInstanceInventory";

/// What tells whether two items of a resource are the same: 32 hexadecimal digits.
///
/// It is cut from a SHA-256, so that nobody can make a change that has the digest of the state before.
pub fn digest(item: &Item) -> String {
    let digest = Sha256::digest(canonical(item).as_bytes());
    digest[..16].iter().fold(String::with_capacity(32), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// The canonical form of a part of a description, whatever the type of the resource.
pub(crate) fn text(value: &Value) -> String {
    Form { resource_type: "" }.text("", value)
}

/// The canonical form: of everything but when the item was taken and whether it is the first (CI-1).
fn canonical(item: &Item) -> String {
    let form = Form { resource_type: &item.resource_type };
    let mut configuration = Cow::Borrowed(&item.configuration);
    if let (Value::Object(members), Some(volatile)) = (&item.configuration, form.volatile()) {
        let lasting = members.iter().filter(|(key, _)| !volatile.iter().any(|pattern| is_named(key, pattern)));
        let lasting = lasting.map(|(key, value)| (key.clone(), value.clone()));
        configuration = Cow::Owned(Value::Object(lasting.collect()));
    }
    let mut relationships = item.relationships.clone();
    relationships.sort();
    relationships.dedup();
    let supplementary = item.supplementary.iter().map(|(key, value)| (key.clone(), value.clone()));
    // Tags are the user's text: what looks like a time in them is none.
    let tags = serde_json::to_string(&item.tags).expect("tags serialize to JSON");
    let relationships = serde_json::to_string(&relationships).expect("relationships serialize to JSON");
    let parts = [
        format!("{}{}", u8::from(item.status.is_gone()), u8::from(item.status.is_recorded())),
        form.text("configuration", &configuration),
        form.text("supplementaryConfiguration", &Value::Object(supplementary.collect::<Map<_, _>>())),
        tags,
        relationships,
        format!("{:?}{:?}{:?}", item.resource_name, item.availability_zone, item.arn),
    ];
    parts.join("\n")
}

struct Form<'a> {
    resource_type: &'a str,
}

impl Form<'_> {
    fn volatile(&self) -> Option<&'static [&'static str]> {
        VOLATILE.iter().find(|(of, _)| *of == self.resource_type).map(|(_, keys)| *keys)
    }

    /// A value that stands under a key: keys sorted, sets sorted, nothing that is null, times in milliseconds.
    fn text(&self, key: &str, value: &Value) -> String {
        match value {
            Value::Object(members) => {
                let mut members: Vec<_> =
                    members.iter().filter(|(key, value)| !value.is_null() && !self.is_passed_over(key)).collect();
                members.sort_by_key(|(key, _)| *key);
                let members = members.into_iter().map(|(key, value)| format!("{key:?}:{}", self.text(key, value)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
            Value::Array(elements) => {
                let mut elements: Vec<_> = elements.iter().map(|element| self.text("", element)).collect();
                if self.is_set(key) {
                    elements.sort();
                }
                format!("[{}]", elements.join(","))
            }
            Value::Number(number) => plain(number),
            Value::String(text) => match time(key, text) {
                Some(time) => format!("{:?}", time.iso_millis()),
                None => format!("{text:?}"),
            },
            Value::Null | Value::Bool(_) => value.to_string(),
        }
    }

    fn is_set(&self, key: &str) -> bool {
        SETS.iter().any(|set| set.eq_ignore_ascii_case(key)) || (self.resource_type == INVENTORY && key == "Content")
    }

    /// When an inventory was taken is in each of its parts (I-6).
    fn is_passed_over(&self, key: &str) -> bool {
        self.resource_type == INVENTORY && matches!(key, "CaptureTime" | "ContentHash")
    }
}

/// Whether a key is one that a pattern names; sources differ in the case of first letters.
fn is_named(key: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => key.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start)),
        None => key.eq_ignore_ascii_case(pattern),
    }
}

/// A number, the same for `1` and `1.0`.
fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => format!("{float:.0}"),
        _ => number.to_string(),
    }
}

/// The time that a text is under a key that names times.
fn time(key: &str, text: &str) -> Option<Timestamp> {
    let names_time = ["Time", "Date", "Timestamp"].iter().any(|end| key.ends_with(end));
    let looks_so = (20..=35).contains(&text.len()) && text.as_bytes()[10] == b'T';
    (names_time && looks_so).then(|| Timestamp::parse_iso(text)).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::item::{ItemStatus, Relationship};
    use crate::rule::shelf;

    fn same(resource_type: &str, a: Value, b: Value) -> bool {
        digest(&shelf::item(resource_type, "x", a)) == digest(&shelf::item(resource_type, "x", b))
    }

    #[test]
    fn what_says_the_same_is_the_same() {
        const INSTANCE: &str = "AWS::EC2::Instance";
        for (resource_type, a, b, expected) in [
            (INSTANCE, json!({"a":1,"b":2}), json!({"b":2,"a":1}), true),
            (INSTANCE, json!({"a":1}), json!({"a":1.0,"b":null}), true),
            (INSTANCE, json!({"a":1}), json!({"a":"1"}), false),
            (INSTANCE, json!({"a":[]}), json!({}), false),
            (INSTANCE, json!({"tags":[{"key":"a"},{"key":"b"}]}), json!({"tags":[{"key":"b"},{"key":"a"}]}), true),
            (INSTANCE, json!({"tags":["a","a"]}), json!({"tags":["a"]}), false),
            (INSTANCE, json!({"dnsServers":["a","b"]}), json!({"dnsServers":["b","a"]}), false),
            (
                INSTANCE,
                json!({"launchTime":"2026-07-04T09:30:00Z"}),
                json!({"launchTime":"2026-07-04T09:30:00.000Z"}),
                true,
            ),
            (INSTANCE, json!({"note":"2026-07-04T09:30:00Z"}), json!({"note":"2026-07-04T09:30:00.000Z"}), false),
            (INSTANCE, json!({"a":"b,c"}), json!({"a":"b","c":""}), false),
            (
                "AWS::CloudWatch::Alarm",
                json!({"stateValue":"OK","period":1}),
                json!({"StateValue":"ALARM","period":1}),
                true,
            ),
            ("AWS::Lambda::Function", json!({"lastUpdateStatusReason":"x"}), json!({}), true),
            ("AWS::SNS::Topic", json!({"stateValue":"x"}), json!({}), false),
            (
                INVENTORY,
                json!({"AWS:Application":{"Content":[{"Name":"a"},{"Name":"b"}],"CaptureTime":"x"}}),
                json!({"AWS:Application":{"Content":[{"Name":"b"},{"Name":"a"}],"CaptureTime":"y"}}),
                true,
            ),
        ] {
            assert_eq!(same(resource_type, a.clone(), b.clone()), expected, "{a} {b}");
        }
    }

    #[test]
    fn every_part_of_an_item_counts_but_when_it_was_taken() {
        let item = shelf::item("AWS::S3::Bucket", "x", json!({"name":"x"}));
        let changed: [fn(&mut Item); 8] = [
            |item| drop(item.tags.insert("a".to_owned(), "b".to_owned())),
            |item| drop(item.supplementary.insert("Policy".to_owned(), json!("p"))),
            |item| item.resource_name = Some("x".to_owned()),
            |item| item.availability_zone = Some("Regional".to_owned()),
            |item| item.configuration = json!({"name":"y"}),
            |item| item.status = ItemStatus::ResourceDeleted,
            |item| item.status = ItemStatus::ResourceNotRecorded,
            |item| {
                item.relationships.push(Relationship {
                    resource_type: "AWS::EC2::VPC".to_owned(),
                    resource_id: None,
                    resource_name: None,
                    name: "Is contained in Vpc".to_owned(),
                });
            },
        ];
        for (at, change) in changed.into_iter().enumerate() {
            let mut other = item.clone();
            change(&mut other);
            assert_ne!(digest(&other), digest(&item), "{at}");
        }
        let later = Item { taken: Timestamp::MAX, status: ItemStatus::ResourceDiscovered, ..item.clone() };
        assert_eq!(digest(&later), digest(&item));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c,\":]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::btree_map("[a-c]|tags", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The same value with the keys of all objects the other way round.
    fn turned(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                Value::Object(members.iter().rev().map(|(key, value)| (key.clone(), turned(value))).collect())
            }
            Value::Array(elements) => Value::Array(elements.iter().map(turned).collect()),
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn the_order_of_keys_never_counts(value in any_value()) {
            let (turned, value) = (json!({ "v": turned(&value) }), json!({ "v": value }));
            prop_assert!(same("T", value, turned));
        }
    }
}
