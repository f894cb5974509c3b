//! What changed from one item to the next, as notifications tell it (config.md §5.2).

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::item::{Item, Relationship, canonical};

/// What became of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeType {
    /// It is there, and was not before.
    Create,
    /// It is different.
    Update,
    /// It is gone.
    Delete,
    /// Nothing.
    None,
}

impl ChangeType {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::None => "NONE",
        }
    }
}

/// What changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What became of the resource.
    pub change_type: ChangeType,
    /// Each property that changed, by its path.
    pub properties: Map<String, Value>,
}

impl Difference {
    /// From the item before, if there was one, to the one after.
    pub fn between(before: Option<&Item>, after: &Item) -> Self {
        let before = before.filter(|before| !before.status.is_gone());
        let mut found = Found(Map::new());
        let change_type = match (before, after.status.is_gone()) {
            (None, false) => ChangeType::Create,
            (None, true) => ChangeType::Delete,
            (Some(before), true) => {
                found.everything_of(before);
                ChangeType::Delete
            }
            (Some(before), false) => {
                found.parts(before, after);
                // A list of another order is a change without a property that changed.
                let is_same = found.0.is_empty() && canonical::digest(before) == canonical::digest(after);
                if is_same { ChangeType::None } else { ChangeType::Update }
            }
        };
        Self { change_type, properties: found.0 }
    }

    /// `configurationItemDiff`
    pub fn to_json(&self) -> Value {
        json!({ "changedProperties": self.properties, "changeType": self.change_type.as_str() })
    }
}

/// Properties that changed, by path.
struct Found(Map<String, Value>);

impl Found {
    fn everything_of(&mut self, before: &Item) {
        if !before.configuration.is_null() {
            self.note("Configuration", Some(&before.configuration), None);
        }
        for (key, value) in &before.supplementary {
            self.note(&below("SupplementaryConfiguration", key), Some(value), None);
        }
        self.elements("Relationships", &streamed(&before.relationships), &[]);
    }

    fn parts(&mut self, before: &Item, after: &Item) {
        self.value("Configuration", &before.configuration, &after.configuration);
        let supplementary = |item: &Item| -> Value { json!(item.supplementary) };
        self.value("SupplementaryConfiguration", &supplementary(before), &supplementary(after));
        self.elements("Relationships", &streamed(&before.relationships), &streamed(&after.relationships));
        if self.0.is_empty() {
            // Tags and names stand in the configuration of most types. Where they do not, the message would tell of a
            // change without saying which.
            self.value("Tags", &json!(before.tags), &json!(after.tags));
            self.value("ResourceName", &json!(before.resource_name), &json!(after.resource_name));
            self.value("AvailabilityZone", &json!(before.availability_zone), &json!(after.availability_zone));
            self.value("ARN", &json!(before.arn), &json!(after.arn));
        }
    }

    /// Compares what stands at a path. What is null is not there.
    fn value(&mut self, path: &str, before: &Value, after: &Value) {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                let gone_or_same = before.keys();
                let new = after.keys().filter(|key| !before.contains_key(*key));
                for key in gone_or_same.chain(new) {
                    let of = |members: &Map<String, Value>| members.get(key).cloned().unwrap_or_default();
                    self.value(&below(path, key), &of(before), &of(after));
                }
            }
            (Value::Array(before), Value::Array(after)) => self.elements(path, before, after),
            (Value::Array(before), Value::Null) if !before.is_empty() => self.elements(path, before, &[]),
            (Value::Null, Value::Array(after)) if !after.is_empty() => self.elements(path, &[], after),
            (before, after) if before == after || canonical::text(before) == canonical::text(after) => {}
            (Value::Null, after) => self.note(path, None, Some(after)),
            (before, Value::Null) => self.note(path, Some(before), None),
            (before, after) => self.note(path, Some(before), Some(after)),
        }
    }

    /// Compares lists as bags: an element is there or not, and none is ever different (N-2). The number in the path
    /// counts those that changed, the ones that went first.
    fn elements(&mut self, path: &str, before: &[Value], after: &[Value]) {
        // How often each element is in the one list and not in the other: comparing each with each takes too long for
        // lists of thousands, as inventories are.
        let mut surplus: HashMap<String, i64> = HashMap::new();
        before.iter().for_each(|element| *surplus.entry(canonical::text(element)).or_default() += 1);
        after.iter().for_each(|element| *surplus.entry(canonical::text(element)).or_default() -= 1);
        let mut take = |element: &&Value, sign: i64| match surplus.get_mut(&canonical::text(element)) {
            Some(count) if *count * sign > 0 => {
                *count -= sign;
                true
            }
            _ => false,
        };
        let gone: Vec<_> = before.iter().filter(|element| take(element, 1)).collect();
        let new: Vec<_> = after.iter().filter(|element| take(element, -1)).collect();
        let changes = gone.iter().map(|gone| (Some(*gone), None)).chain(new.iter().map(|new| (None, Some(*new))));
        for (number, (before, after)) in changes.enumerate() {
            self.note(&format!("{path}.{number}"), before, after);
        }
    }

    fn note(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>) {
        let change_type = match (before, after) {
            (None, _) => ChangeType::Create,
            (_, None) => ChangeType::Delete,
            _ => ChangeType::Update,
        };
        let change = json!({ "previousValue": before, "updatedValue": after, "changeType": change_type.as_str() });
        self.0.insert(path.to_owned(), change);
    }
}

fn streamed(relationships: &[Relationship]) -> Vec<Value> {
    relationships.iter().map(Relationship::to_stream).collect()
}

/// The path of a key below another: its first letter is upper case.
fn below(path: &str, key: &str) -> String {
    let mut chars = key.chars();
    match chars.next() {
        Some(first) => format!("{path}.{}{}", first.to_ascii_uppercase(), chars.as_str()),
        None => format!("{path}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::ItemStatus;
    use crate::rule::shelf;

    fn group(id: &str) -> Relationship {
        Relationship {
            resource_type: "AWS::EC2::SecurityGroup".to_owned(),
            resource_id: Some(id.to_owned()),
            resource_name: None,
            name: "Is associated with SecurityGroup".to_owned(),
        }
    }

    fn instance(configuration: Value) -> Item {
        shelf::item("AWS::EC2::Instance", "i-1", configuration)
    }

    fn changed(before: Value, after: Value) -> Value {
        Value::Object(Difference::between(Some(&instance(before)), &instance(after)).properties)
    }

    #[test]
    fn an_update_is_told_by_leaves_and_list_elements() {
        let mut before =
            instance(json!({"instanceType":"t3.small","securityGroups":[{"groupId":"sg-1"},{"groupId":"sg-9"}]}));
        let mut after =
            instance(json!({"instanceType":"t3.medium","securityGroups":[{"groupId":"sg-9"},{"groupId":"sg-2"}]}));
        after.supplementary.insert("Tags".to_owned(), json!([{"key":"team","value":"ops"}]));
        before.relationships = vec![group("sg-1")];
        // The example of config.md §5.2.
        let expected = json!({"changedProperties":{
            "Configuration.InstanceType":{"previousValue":"t3.small","updatedValue":"t3.medium","changeType":"UPDATE"},
            "Configuration.SecurityGroups.0":{"previousValue":{"groupId":"sg-1"},"updatedValue":null,"changeType":"DELETE"},
            "Configuration.SecurityGroups.1":{"previousValue":null,"updatedValue":{"groupId":"sg-2"},"changeType":"CREATE"},
            "SupplementaryConfiguration.Tags.0":{"previousValue":null,"updatedValue":{"key":"team","value":"ops"},"changeType":"CREATE"},
            "Relationships.0":{"previousValue":{"resourceId":"sg-1","resourceName":null,"resourceType":"AWS::EC2::SecurityGroup","name":"Is associated with SecurityGroup"},"updatedValue":null,"changeType":"DELETE"}},
            "changeType":"UPDATE"});
        assert_eq!(Difference::between(Some(&before), &after).to_json().to_string(), expected.to_string());
    }

    #[test]
    fn values_come_go_and_change() {
        for (before, after, expected) in [
            (json!({"a":1}), json!({"a":1}), json!({})),
            (json!({"a":null}), json!({}), json!({})),
            (json!({"a":1}), json!({"a":1.0}), json!({})),
            (
                json!({"a":{"b":1,"c":2}}),
                json!({"a":{"c":3}}),
                json!({
                "Configuration.A.B":{"previousValue":1,"updatedValue":null,"changeType":"DELETE"},
                "Configuration.A.C":{"previousValue":2,"updatedValue":3,"changeType":"UPDATE"}}),
            ),
            (
                json!({"a":null}),
                json!({"a":{"b":1}}),
                json!({
                "Configuration.A":{"previousValue":null,"updatedValue":{"b":1},"changeType":"CREATE"}}),
            ),
            (
                json!({"a":["x","x","y"]}),
                json!({"a":["y","x"]}),
                json!({
                "Configuration.A.0":{"previousValue":"x","updatedValue":null,"changeType":"DELETE"}}),
            ),
            (
                json!({"AWS:Application":{"Content":[]}}),
                json!({"AWS:Application":{"Content":[1]}}),
                json!({
                "Configuration.AWS:Application.Content.0":{"previousValue":null,"updatedValue":1,"changeType":"CREATE"}}),
            ),
            (
                json!({"a":"x"}),
                json!({"a":["x"]}),
                json!({
                "Configuration.A":{"previousValue":"x","updatedValue":["x"],"changeType":"UPDATE"}}),
            ),
        ] {
            assert_eq!(changed(before.clone(), after.clone()), expected, "{before} {after}");
        }
    }

    #[test]
    fn a_list_of_another_order_is_an_update_of_no_property() {
        let (before, after) = (instance(json!({"dns":["a","b"]})), instance(json!({"dns":["b","a"]})));
        let difference = Difference::between(Some(&before), &after);
        assert_eq!(difference.to_json(), json!({"changedProperties":{},"changeType":"UPDATE"}));
    }

    #[test]
    fn the_first_item_is_a_creation_and_so_is_one_after_a_deletion() {
        let item = instance(json!({"a":1}));
        let gone = Item { status: ItemStatus::ResourceDeleted, ..instance(Value::Null) };
        for before in [None, Some(&gone)] {
            let difference = Difference::between(before, &item);
            assert_eq!(difference.to_json(), json!({"changedProperties":{},"changeType":"CREATE"}));
        }
        assert_eq!(Difference::between(Some(&item), &item).change_type, ChangeType::None);
    }

    #[test]
    fn a_deletion_tells_all_that_was_there() {
        let mut before = instance(json!({"a":1}));
        before.relationships = vec![group("sg-1")];
        before.supplementary.insert("Policy".to_owned(), json!("p"));
        let gone = Item { status: ItemStatus::ResourceDeleted, ..instance(Value::Null) };
        let difference = Difference::between(Some(&before), &gone);
        let paths: Vec<_> = difference.properties.keys().collect();
        assert_eq!(paths, ["Configuration", "SupplementaryConfiguration.Policy", "Relationships.0"]);
        assert_eq!(difference.properties["Configuration"]["previousValue"], json!({"a":1}));
        assert_eq!(difference.change_type, ChangeType::Delete);
    }

    #[test]
    fn tags_that_stand_nowhere_else_are_told_by_themselves() {
        let (before, mut after) = (instance(json!({})), instance(json!({})));
        after.tags.insert("env".to_owned(), "prod".to_owned());
        let difference = Difference::between(Some(&before), &after);
        let expected = json!({"Tags.Env":{"previousValue":null,"updatedValue":"prod","changeType":"CREATE"}});
        assert_eq!(Value::Object(difference.properties), expected);
    }
}
