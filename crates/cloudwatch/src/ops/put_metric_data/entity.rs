//! The entities that data is said to be about (cloudwatch.md §1.4).
//!
//! An entity is judged and then let go: no operation of this API shows it.

use api::FromValue as _;
use api::cloudwatch::types::{Entity, PutMetricDataInput};
use wire::value::Value;

use crate::validation::Problems;

const KEYS: [&str; 5] = ["Type", "ResourceType", "Identifier", "Name", "Environment"];

/// With strict validation an invalid entity fails the request.
pub fn strict(problems: &mut Problems, input: &PutMetricDataInput) {
    if input.strict_entity_validation != Some(true) {
        return;
    }
    for (at, element) in input.entity_metric_data.iter().flatten().enumerate() {
        if let Err(failure) = judge(element.entity.as_ref()) {
            problems.value(format!("The parameter EntityMetricData.member.{}.Entity is invalid: {failure}.", at + 1));
        }
    }
}

/// Without it the data is stored, and the first failure is told in a header.
pub fn tolerated(input: &Value) -> Option<&'static str> {
    if input.get("StrictEntityValidation") == Some(&Value::Boolean(true)) {
        return None;
    }
    let elements = input.get("EntityMetricData").and_then(Value::as_list).unwrap_or_default();
    elements.iter().find_map(|element| {
        let entity = element.get("Entity").cloned().map(Entity::from_value);
        judge(entity.as_ref()).err()
    })
}

/// Whether a constraint of the model concerns an entity: those are judged here instead.
pub fn is_about_entity(path: &str) -> bool {
    let mut steps = path.split('.');
    steps.next() == Some("entityMetricData") && steps.nth(2) == Some("entity")
}

/// What is wrong with an entity, in the words of the header.
fn judge(entity: Option<&Entity>) -> Result<(), &'static str> {
    let entity = entity.ok_or("InvalidEntity")?;
    let keys = entity.key_attributes.as_deref().unwrap_or_default();
    if keys.is_empty() {
        return Err("MissingRequiredFields");
    }
    let well_formed = |(key, value): &(String, String)| {
        KEYS.contains(&key.as_str()) && !value.trim().is_empty() && value.chars().count() <= 2048
    };
    if !(2..=4).contains(&keys.len()) || !keys.iter().all(well_formed) {
        return Err("InvalidKeyAttributes");
    }
    kind(keys)?;
    let attributes = entity.attributes.as_deref().unwrap_or_default();
    let well_formed = |(key, value): &(String, String)| {
        (1..=256).contains(&key.chars().count()) && (1..=2048).contains(&value.chars().count())
    };
    if attributes.len() > 10 || !attributes.iter().all(well_formed) {
        return Err("InvalidAttributes");
    }
    Ok(())
}

/// A service is known by its name and environment, a resource by its type and identifier.
fn kind(keys: &[(String, String)]) -> Result<(), &'static str> {
    let has = |name: &str| keys.iter().any(|(key, _)| key == name);
    let kind = keys.iter().find(|(key, _)| key == "Type").map(|(_, value)| value.as_str());
    let complete = match kind.ok_or("MissingRequiredFields")? {
        "Service" | "RemoteService" | "AWS::Service" => has("Name"),
        "Resource" | "AWS::Resource" => has("ResourceType") && has("Identifier"),
        _ => return Err("InvalidTypeValue"),
    };
    if complete { Ok(()) } else { Err("MissingRequiredFields") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(keys: &[(&str, &str)], attributes: &[(&str, &str)]) -> Entity {
        let owned = |pairs: &[(&str, &str)]| {
            Some(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
        };
        Entity { key_attributes: owned(keys), attributes: owned(attributes) }
    }

    #[test]
    fn entities_and_what_is_wrong_with_them() {
        let service = [("Type", "Service"), ("Name", "shop"), ("Environment", "prod")];
        let resource = [("Type", "AWS::Resource"), ("ResourceType", "AWS::EC2::Instance"), ("Identifier", "i-1")];
        let long = "x".repeat(2049);
        for (keys, attributes, expected) in [
            (&service[..], &[("PlatformType", "AWS::EC2")][..], Ok(())),
            (&resource[..], &[][..], Ok(())),
            (&[][..], &[][..], Err("MissingRequiredFields")),
            (&service[..1], &[][..], Err("InvalidKeyAttributes")),
            (&service[1..], &[][..], Err("MissingRequiredFields")),
            (&resource[..2], &[][..], Err("MissingRequiredFields")),
            (&[("Type", "Thing"), ("Name", "x")][..], &[][..], Err("InvalidTypeValue")),
            (&[("Type", "Service"), ("Colour", "x")][..], &[][..], Err("InvalidKeyAttributes")),
            (&[("Type", "Service"), ("Name", long.as_str())][..], &[][..], Err("InvalidKeyAttributes")),
            (&service[..], &[("key", long.as_str())][..], Err("InvalidAttributes")),
        ] {
            assert_eq!(judge(Some(&entity(keys, attributes))), expected, "{keys:?} {attributes:?}");
        }
        assert_eq!(judge(None), Err("InvalidEntity"));
    }
}
