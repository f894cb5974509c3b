//! The entity that events are said to come from (logs.md PE-8). It is judged and then let go: no operation shows it.

use api::logs::types::{Entity, EntityRejectionErrorType as Rejection};

use crate::record::LogGroupClass;

/// Key attributes that there are; `Type` says what the entity is.
const KEYS: [&str; 5] = ["Type", "ResourceType", "Identifier", "Name", "Environment"];

/// Why an entity is not taken; the events are stored all the same.
pub(crate) fn rejection(entity: &Entity, class: LogGroupClass) -> Option<Rejection> {
    if class != LogGroupClass::Standard {
        return Some(Rejection::UnsupportedLogGroupType);
    }
    let keys = entity.key_attributes.as_deref().unwrap_or_default();
    let attributes = entity.attributes.as_deref().unwrap_or_default();
    if keys.is_empty() {
        return Some(Rejection::MissingRequiredFields);
    }
    let fits = |longest: usize, text: &str| (1..=longest).contains(&text.chars().count());
    let known = |(key, value): &(String, String)| KEYS.contains(&key.as_str()) && fits(512, value);
    if !(2..=4).contains(&keys.len()) || !keys.iter().all(known) {
        return Some(Rejection::InvalidKeyAttributes);
    }
    let value = |wanted: &str| keys.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str());
    let complete = match value("Type") {
        Some("Service" | "RemoteService") => value("Name").is_some(),
        Some("AWS::Resource" | "Resource") => value("ResourceType").is_some() && value("Identifier").is_some(),
        Some("AWS::Service") => value("Name").is_some(),
        Some(_) => return Some(Rejection::InvalidTypeValue),
        None => false,
    };
    if !complete {
        return Some(Rejection::MissingRequiredFields);
    }
    let well_formed = |(key, value): &(String, String)| fits(256, key) && fits(512, value);
    let attributes_fit = attributes.len() <= 10 && attributes.iter().all(well_formed);
    (!attributes_fit).then_some(Rejection::InvalidAttributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(keys: &[(&str, &str)], attributes: &[(&str, &str)]) -> Option<Rejection> {
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let entity = Entity { key_attributes: Some(pairs(keys)), attributes: Some(pairs(attributes)) };
        rejection(&entity, LogGroupClass::Standard)
    }

    #[test]
    fn a_bad_entity_is_told_by_what_is_wrong_with_it() {
        let service = [("Type", "Service"), ("Name", "shop")];
        let long = "v".repeat(513);
        for (keys, attributes, rejected) in [
            (&service[..], &[("Host", "a")][..], None),
            (&[], &[], Some(Rejection::MissingRequiredFields)),
            (&service[..1], &[], Some(Rejection::InvalidKeyAttributes)),
            (&[("Type", "Service"), ("Colour", "red")], &[], Some(Rejection::InvalidKeyAttributes)),
            (&[("Type", "Service"), ("Name", &long)], &[], Some(Rejection::InvalidKeyAttributes)),
            (&[("Type", "Planet"), ("Name", "Mars")], &[], Some(Rejection::InvalidTypeValue)),
            (&[("Type", "Service"), ("Environment", "x")], &[], Some(Rejection::MissingRequiredFields)),
            (&service[..], &[("Host", "")], Some(Rejection::InvalidAttributes)),
        ] {
            assert_eq!(judged(keys, attributes), rejected, "{keys:?} {attributes:?}");
        }
        let entity = Entity { key_attributes: None, attributes: None };
        assert_eq!(rejection(&entity, LogGroupClass::InfrequentAccess), Some(Rejection::UnsupportedLogGroupType));
    }
}
