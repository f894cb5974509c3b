//! Requests to EC2 as it records them: lists are sets of items (cloudtrail.md §1.4 rule 8).

use serde_json::{Map, Value as Json, json};

use crate::names::lower_first;

/// The sets that are not the list's name with `Set` added.
const SETS: &[(&str, &str)] = &[
    ("instanceId", "instancesSet"),
    ("imageId", "imagesSet"),
    ("resourceId", "resourcesSet"),
    ("keyName", "keySet"),
    ("groupId", "securityGroupIdSet"),
    ("groupName", "securityGroupSet"),
    ("securityGroupId", "groupSet"),
    // Lists that are called as they are asked for.
    ("add", "add"),
    ("blockDeviceMapping", "blockDeviceMapping"),
    ("groups", "groups"),
    ("ipPermissions", "ipPermissions"),
    ("ipRanges", "ipRanges"),
    ("ipv6Ranges", "ipv6Ranges"),
    ("prefixListIds", "prefixListIds"),
    ("remove", "remove"),
    ("executableBy", "sharedUsersSet"),
    ("owner", "ownersSet"),
    ("volumeId", "volumeSet"),
    ("vpcId", "vpcSet"),
    ("subnetId", "subnetSet"),
    ("allocationId", "allocationIdsSet"),
    ("publicIp", "publicIpsSet"),
];

/// The request's parameters; lists came as arrays.
pub(super) fn request(operation: &str, members: Map<String, Json>) -> Map<String, Json> {
    let mut out = Map::new();
    for (name, value) in members {
        match value {
            Json::Array(elements) => {
                let (set, items) = set(&name, elements);
                out.insert(set, items);
            }
            Json::Object(below) => drop(out.insert(name, Json::Object(request(operation, below)))),
            value => drop(out.insert(name, value)),
        }
    }
    if matches!(operation, "RunInstances")
        && let Some(image) = out.remove("imageId")
    {
        // What is asked for is told of each instance.
        let mut item = Map::from_iter([("imageId".to_owned(), image)]);
        for name in ["minCount", "maxCount", "keyName"] {
            if let Some(value) = out.remove(name) {
                item.insert(name.to_owned(), value);
            }
        }
        out.insert("instancesSet".to_owned(), json!({"items": [item]}));
    }
    out
}

fn set(name: &str, elements: Vec<Json>) -> (String, Json) {
    let known = SETS.iter().find(|(list, _)| *list == name).map(|(_, set)| (*set).to_owned());
    let set_name = known.unwrap_or_else(|| format!("{name}Set"));
    let item = |element: Json| match element {
        Json::Object(members) => Json::Object(members.into_iter().map(|(name, value)| inner(&name, value)).collect()),
        text if name == "value" => json!({"value": text}),
        text if name == "securityGroupId" => json!({"groupId": text}),
        text => json!({ name: text }),
    };
    let items: Vec<Json> = elements.into_iter().map(item).collect();
    (set_name, if items.is_empty() { json!({}) } else { json!({ "items": items }) })
}

fn inner(name: &str, value: Json) -> (String, Json) {
    let name = lower_first(name).into_owned();
    match value {
        Json::Array(elements) => set(&name, elements),
        Json::Object(members) => {
            let members = members.into_iter().map(|(name, value)| inner(&name, value)).collect();
            (name, Json::Object(members))
        }
        value => (name, value),
    }
}
