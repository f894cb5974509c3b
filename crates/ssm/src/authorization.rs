//! What calls act on, for the policy engine: hosts by their ARNs, all else `*` (the service's own reference says so).

use std::collections::BTreeMap;

use api::{Authorization, CallContext};
use base::Scope;
use store::catalog::Catalog;
use wire::schema::Operation;
use wire::value::Value;

use crate::instances;
use crate::item::arn;

/// The action, and what it is on.
pub(crate) fn resources(
    catalog: &Catalog,
    cx: &CallContext,
    operation: &'static Operation,
    input: Option<&Value>,
) -> Authorization {
    let mut wanted = Authorization::any(&api::ssm::SERVICE, operation.name);
    request_tags(input, &mut wanted);
    let id = match operation.name {
        "DeregisterManagedInstance" | "ListInventoryEntries" | "PutInventory" | "UpdateInstanceInformation" => {
            text(input, "InstanceId")
        }
        "PutComplianceItems" => text(input, "ResourceId"),
        "AddTagsToResource" | "ListTagsForResource" | "RemoveTagsFromResource"
            if text(input, "ResourceType") == Some("ManagedInstance") =>
        {
            text(input, "ResourceId")
        }
        _ => None,
    };
    let Some(id) = id else { return wanted };
    let scope = cx.scope();
    let arn = host_arn(&scope, id);
    if let Some(found) = instances::find(catalog, &scope, id) {
        wanted.resource_conditions.push((arn.clone(), tag_conditions(&found.value.tags)));
    }
    wanted.resources = vec![arn];
    wanted
}

/// The ARN of a host.
fn host_arn(scope: &Scope, id: &str) -> String {
    let Scope { account, region } = scope;
    match instances::is_ec2(id) {
        true => format!("arn:{}:ec2:{region}:{account}:instance/{id}", region.partition().as_str()),
        false => arn(scope, &format!("managed-instance/{id}")),
    }
}

/// `aws:ResourceTag/…`, and `ssm:resourceTag/…`, which is older.
fn tag_conditions(tags: &BTreeMap<String, String>) -> api::service::Conditions {
    let keys = |(key, value): (&String, &String)| {
        ["aws:ResourceTag", "ssm:resourceTag"].map(|name| (format!("{name}/{key}"), vec![value.clone()]))
    };
    tags.iter().flat_map(keys).collect()
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
fn request_tags(input: Option<&Value>, wanted: &mut Authorization) {
    let mut keys: Vec<String> = Vec::new();
    let listed = |name: &str| input.and_then(|input| input.get(name)?.as_list()).unwrap_or_default();
    for tag in listed("Tags") {
        let text = |name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(key) = text("Key") else { continue };
        if let Some(value) = text("Value") {
            wanted.conditions.push((format!("aws:RequestTag/{key}"), vec![value]));
        }
        keys.push(key);
    }
    keys.extend(listed("TagKeys").iter().filter_map(Value::as_str).map(str::to_owned));
    if !keys.is_empty() {
        wanted.conditions.push(("aws:TagKeys".to_owned(), keys));
    }
}

fn text<'a>(input: Option<&'a Value>, member: &str) -> Option<&'a str> {
    input?.get(member)?.as_str()
}
