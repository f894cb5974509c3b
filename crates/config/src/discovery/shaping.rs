//! What the table of types cannot say by itself: last changes of what is shown, by name.

use serde_json::{Value, json};

use super::bucket;
use super::datum::{Casing, Datum, Times};
use crate::resource_types;

/// What makes a value of the supplementary configuration of what was read; of nothing where it is not set.
pub(crate) type Through = fn(Option<&Datum>) -> Option<Value>;
/// What changes a configuration before it is shown.
pub(crate) type Shaping = fn(&mut Value);

/// The maker of this name.
pub(crate) fn through(name: &str) -> Option<Through> {
    Some(match name {
        "lower_first" => |read| said(read, Casing::LowerFirst),
        "lower_run" => |read| said(read, Casing::LowerRun),
        "supported_resources" => supported,
        "unsupported_resources" => unsupported,
        _ => return bucket::through(name),
    })
}

/// The change of this name.
pub(crate) fn shaping(name: &str) -> Option<Shaping> {
    Some(match name {
        "security_group" => security_group,
        "policy_documents" => policy_documents,
        "bucket" => bucket::shape,
        _ => return None,
    })
}

/// What was read, spelled so; nothing of nothing.
pub(crate) fn said(read: Option<&Datum>, casing: Casing) -> Option<Value> {
    let value = read?.spelled(casing, Times::Text);
    let is_nothing = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
    (!is_nothing).then_some(value)
}

/// Ranges are shown twice: as texts, and with what is said of them (config.md §10.3).
fn security_group(configuration: &mut Value) {
    for key in ["ipPermissions", "ipPermissionsEgress"] {
        for permission in configuration.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(permission) = permission.as_object_mut() else { continue };
            let ranges = permission.remove("ipRanges").unwrap_or_else(|| json!([]));
            let texts = ranges.as_array().into_iter().flatten().filter_map(|range| range.get("cidrIp")).cloned();
            permission.insert("ipRanges".to_owned(), texts.collect());
            permission.insert("ipv4Ranges".to_owned(), ranges);
        }
    }
}

/// Documents of policies are percent-encoded JSON (CI-13); upstreams may give them as they are.
fn policy_documents(configuration: &mut Value) {
    match configuration {
        Value::Object(members) => {
            for (key, value) in members.iter_mut() {
                match (key.as_str(), &mut *value) {
                    ("assumeRolePolicyDocument" | "policyDocument" | "document", Value::String(text)) => {
                        if text.trim_start().starts_with('{') {
                            let mut encoded = String::new();
                            wire::percent::encode_into(&mut encoded, text.as_bytes());
                            *text = encoded;
                        }
                    }
                    _ => policy_documents(value),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(policy_documents),
        _ => {}
    }
}

fn is_known(resource: &Datum) -> bool {
    let name = resource.get("ResourceType").and_then(Datum::as_text);
    name.is_some_and(|name| resource_types::is_known(&name))
}

/// The resources of a stack whose types are known.
fn supported(read: Option<&Datum>) -> Option<Value> {
    Some(read?.elements().iter().filter(|resource| is_known(resource)).map(spelled).collect())
}

/// The other ones.
fn unsupported(read: Option<&Datum>) -> Option<Value> {
    let others = read?.elements().iter().filter(|resource| !is_known(resource)).map(|resource| {
        let text = |name: &str| resource.get(name).and_then(Datum::as_text);
        json!({"resourceId": text("PhysicalResourceId"), "resourceType": text("ResourceType")})
    });
    Some(others.collect())
}

fn spelled(datum: &Datum) -> Value {
    datum.spelled(Casing::LowerFirst, Times::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_security_groups_are_shown_as_texts_too() {
        let mut group = json!({"ipPermissions": [{"ipRanges": [{"cidrIp": "10.0.0.0/8", "description": "d"}]}, {}]});
        security_group(&mut group);
        let expected = json!({"ipPermissions": [
            {"ipRanges": ["10.0.0.0/8"], "ipv4Ranges": [{"cidrIp": "10.0.0.0/8", "description": "d"}]},
            {"ipRanges": [], "ipv4Ranges": []},
        ]});
        assert_eq!(group, expected);
    }

    #[test]
    fn resources_of_stacks_are_told_apart_by_whether_their_types_are_known() {
        let resource = |name: &str| {
            let members = [("PhysicalResourceId", "x"), ("ResourceType", name)];
            Datum::Structure(members.map(|(name, text)| (name.to_owned(), Datum::text(text))).into_iter().collect())
        };
        let read = Datum::List(vec![resource("AWS::SNS::Topic"), resource("AWS::Nothing::Such")]);
        let expected = json!([{"physicalResourceId": "x", "resourceType": "AWS::SNS::Topic"}]);
        assert_eq!(supported(Some(&read)), Some(expected));
        let expected = json!([{"resourceId": "x", "resourceType": "AWS::Nothing::Such"}]);
        assert_eq!(unsupported(Some(&read)), Some(expected));
    }

    #[test]
    fn policy_documents_are_percent_encoded_once() {
        let mut role = json!({
            "assumeRolePolicyDocument": "{\"a\": 1}",
            "rolePolicyList": [{"policyDocument": "%7B%7D", "policyName": "{x}"}],
        });
        policy_documents(&mut role);
        let expected = json!({
            "assumeRolePolicyDocument": "%7B%22a%22%3A%201%7D",
            "rolePolicyList": [{"policyDocument": "%7B%7D", "policyName": "{x}"}],
        });
        assert_eq!(role, expected);
    }
}
