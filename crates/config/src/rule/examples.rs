//! The examples of the rules' tests as lines of JSON, in `rule-examples.jsonl`: client tests run them through a server.
//!
//! They are those of the rules of the first priority that a server can be told by items alone; none of these rules asks
//! for the time. A rule's test that judges
//! one which is not in the file fails; `UPDATE_RULE_EXAMPLES=1 cargo test -p trailwatch-config --lib rules::` writes the
//! file anew.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex};

use serde_json::{Map, Value, json};

use super::shelf::Shelf;
use super::{Asked, Compliance, Fact, ManagedRule};
use crate::item::Item;
use crate::rules;

static KNOWN: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| include_str!("../../rule-examples.jsonl").lines().collect());
static PRIORITY: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| rules::of_priority("P1").collect());
static WRITTEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Checks that an example is in the file, or writes it there.
pub(super) fn check(rule: &ManagedRule, item: &Item, parameters: &Value, shelf: &Shelf, compliance: Compliance) {
    if !PRIORITY.contains(rule.identifier) || !is_told_by_items(rule, shelf) {
        return;
    }
    let others: Vec<_> = shelf.items.iter().map(|other| told(other)).collect();
    let example = json!({
        "rule": rule.identifier,
        "parameters": parameters,
        "item": told(item),
        "others": others,
        "expected": compliance.as_str(),
    });
    let line = example.to_string();
    if std::env::var_os("UPDATE_RULE_EXAMPLES").is_none() {
        assert!(KNOWN.contains(&*line), "rule-examples.jsonl is stale: run with UPDATE_RULE_EXAMPLES=1\n{line}");
        return;
    }
    let mut written = WRITTEN.lock().unwrap();
    if written.insert(line) {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/rule-examples.jsonl");
        std::fs::write(file, written.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    }
}

/// Whether a server without upstreams has the same answers to what the rule asks beside items.
fn is_told_by_items(rule: &ManagedRule, shelf: &Shelf) -> bool {
    rule.facts.iter().all(|fact| match fact {
        Fact::AccountPublicAccessBlock => shelf.public_access_block == Asked::Nothing,
        _ => false,
    })
}

/// An item as the server's page for observations takes it.
fn told(item: &Item) -> Value {
    let mut members: Map<String, Value> = [
        ("resourceType", json!(item.resource_type)),
        ("resourceId", json!(item.resource_id)),
        ("resourceName", json!(item.resource_name)),
        ("ARN", json!(item.arn)),
        ("availabilityZone", json!(item.availability_zone)),
        ("resourceCreationTime", json!(item.created.map(base::Timestamp::iso_millis))),
        ("tags", json!(item.tags)),
        ("relationships", item.relationships.iter().map(|related| related.to_stream()).collect()),
        ("configuration", item.configuration.clone()),
        ("supplementaryConfiguration", json!(item.supplementary)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let is_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    members.retain(|name, value| name == "configuration" || !is_nothing(value));
    Value::Object(members)
}
