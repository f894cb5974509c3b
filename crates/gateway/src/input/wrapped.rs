//! Lists whose elements are wrapped in an element of their own: `<Changes><Change/><Change/></Changes>`,
//! `Tags.Tag.1=…`. Records have the list alone.
//!
//! The tables do not say what is a list in XML, so that one of a single element looks like a structure of a single
//! member. It is told by its name: the element's in the plural.

use serde_json::{Map, Value as Json};

/// The members, with their wrapped lists, however deep, as lists.
pub(crate) fn without_wrappers(members: Map<String, Json>) -> Map<String, Json> {
    members
        .into_iter()
        .map(|(name, value)| {
            let value = unwrapped(&name, value);
            (name, value)
        })
        .collect()
}

fn unwrapped(name: &str, value: Json) -> Json {
    match value {
        Json::Array(elements) => Json::Array(elements.into_iter().map(|element| unwrapped("", element)).collect()),
        Json::Object(mut members) => {
            let wraps = members.len() == 1 && members.keys().all(|element| is_plural(name, element));
            match members.iter_mut().next().filter(|_| wraps) {
                Some((element, content)) => {
                    let elements = match content.take() {
                        Json::Array(elements) => elements,
                        one => vec![one],
                    };
                    Json::Array(elements.into_iter().map(|one| unwrapped(element, one)).collect())
                }
                None => Json::Object(without_wrappers(members)),
            }
        }
        other => other,
    }
}

/// Whether the element is named as one of many: `Tags` and `Tag`, `TagList` and `Tag`, `Aliases` and `Alias`, `VpcSecurityGroups` and
/// `VpcSecurityGroupMembership`, which begins with one of them.
fn is_plural(many: &str, one: &str) -> bool {
    let singular = many.strip_suffix('s').filter(|singular| !singular.is_empty());
    let begins = singular.is_some_and(|singular| one.starts_with(singular) && one != many);
    let is_list = many.strip_suffix("List") == Some(one);
    begins
        || is_list
        || many.strip_suffix("ies").is_some_and(|stem| one == format!("{stem}y"))
        || many == format!("{one}es")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_stand_without_what_wraps_their_elements() {
        for (members, expected) in [
            (json!({"Tags": {"Tag": [{"Key": "a"}]}}), json!({"Tags": [{"Key": "a"}]})),
            (json!({"TagList": {"Tag": {"Key": "a"}}}), json!({"TagList": [{"Key": "a"}]})),
            (json!({"NameServers": {"NameServer": "ns"}}), json!({"NameServers": ["ns"]})),
            (
                json!({"Changes": {"Change": {"Records": {"Record": [{"Value": "x"}, {"Value": "y"}]}}}}),
                json!({"Changes": [{"Records": [{"Value": "x"}, {"Value": "y"}]}]}),
            ),
            (
                json!({"SecurityGroups": {"SecurityGroupMembership": {"Id": "x"}}}),
                json!({"SecurityGroups": [{"Id": "x"}]}),
            ),
            (
                json!({"Policies": {"Policy": "p"}, "Aliases": {"Alias": "a"}}),
                json!({"Policies": ["p"], "Aliases": ["a"]}),
            ),
            (
                json!({"DelegationSet": {"NameServers": {"NameServer": "n"}}}),
                json!({"DelegationSet": {"NameServers": ["n"]}}),
            ),
            (json!({"Cluster": {"Endpoint": {"Port": "1"}}}), json!({"Cluster": {"Endpoint": {"Port": "1"}}})),
        ] {
            let Json::Object(members) = members else { unreachable!() };
            assert_eq!(Json::Object(without_wrappers(members)), expected);
        }
    }
}
