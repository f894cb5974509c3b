//! What each operation acts on, for the policy engine (AWS's service authorization reference).
//!
//! AWS asks for a group in the form of a stream without a name: `log-group:NAME:log-stream:`, as the refusals it
//! gives show. So the patterns `log-group:NAME:*` and `log-group:NAME:log-stream:*` both match, and
//! `log-group:NAME` does not; that form is for tags by ARN.

use api::{Authorization, CallContext};
use store::Catalog;
use wire::schema::Operation;
use wire::value::Value;

use crate::deliveries;
use crate::directory::Directory;
use crate::groups;
use crate::pointer::claimed_group;
use crate::tags::Tags;

/// Members that name something else than a group, with what the ARN has before the name.
const NAMED: [(&str, &[&str], &str); 5] = [
    ("destinationName", &["PutDestination", "DeleteDestination", "PutDestinationPolicy"], "destination:"),
    ("name", &["PutDeliverySource", "GetDeliverySource", "DeleteDeliverySource"], "delivery-source:"),
    (
        "name",
        &["PutDeliveryDestination", "GetDeliveryDestination", "DeleteDeliveryDestination"],
        "delivery-destination:",
    ),
    (
        "deliveryDestinationName",
        &["PutDeliveryDestinationPolicy", "GetDeliveryDestinationPolicy", "DeleteDeliveryDestinationPolicy"],
        "delivery-destination:",
    ),
    ("id", &["GetDelivery", "DeleteDelivery", "UpdateDeliveryConfiguration"], "delivery:"),
];

/// Members that hold the ARN of what is acted on.
const BY_ARN: [&str; 4] = ["resourceArn", "lookupTableArn", "anomalyDetectorArn", "resourceIdentifier"];

/// Operations whose name of a group is no group of theirs: it filters a list, or they act on something else.
const ON_EVERYTHING: [&str; 2] = ["DescribeQueries", "PutQueryDefinition"];

/// What the operation acts on: groups with their tags, a stream, something else with an ARN, or `*`.
pub(crate) fn resources(
    operation: &'static Operation,
    input: Option<&Value>,
    cx: &CallContext,
    catalog: &Catalog,
    directory: &Directory,
) -> Authorization {
    let mut wanted = Authorization::any(&api::logs::SERVICE, operation.name);
    let Some(input) = input else { return wanted };
    request_tags(input, &mut wanted);
    if ON_EVERYTHING.contains(&operation.name) {
        return wanted;
    }
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let scope = cx.scope();
    for (member, operations, prefix) in NAMED {
        if operations.contains(&operation.name) {
            wanted.resources =
                text(member).map_or(wanted.resources, |name| vec![groups::arn_of(&scope, &format!("{prefix}{name}"))]);
            return wanted;
        }
    }
    if operation.name == "CreateDelivery" {
        let source = text("deliverySourceName").unwrap_or_default();
        let destination = text("deliveryDestinationArn").unwrap_or_default().to_owned();
        let own = |resource: String| groups::arn_of(&scope, &resource);
        // The delivery's own id is not known yet.
        wanted.resources = vec![
            own(format!("{}{source}", deliveries::SOURCE)),
            destination,
            own(format!("{}*", deliveries::DELIVERY)),
        ];
        return wanted;
    }
    if let Some(pointer) = text("logRecordPointer") {
        let known = claimed_group(pointer).and_then(|group| directory.group(group));
        if let Some(known) = known.filter(|known| known.scope == scope) {
            let resource = group_form(&groups::arn(&scope, &known.name));
            group_tags(&mut wanted, &resource, &known.record.tags);
            wanted.resources = vec![resource];
        }
        return wanted;
    }
    if operation.name == "DescribeLogGroups" {
        let prefix = text("logGroupNamePrefix").unwrap_or_default();
        wanted.resources = vec![group_form(&groups::arn(&scope, prefix))];
        return wanted;
    }
    if let Some(arn) = BY_ARN.into_iter().find_map(text) {
        wanted.resources = vec![arn.to_owned()];
        if let Ok(name) = groups::name_of(cx, arn)
            && let Some(group) = groups::get(catalog, &scope, name)
        {
            group_tags(&mut wanted, arn, &group.record.tags);
        }
        return wanted;
    }
    let named = groups_of(input);
    if named.is_empty() {
        return wanted;
    }
    let stream = match operation.name {
        "CreateLogStream" | "DeleteLogStream" | "GetLogEvents" | "PutLogEvents" => text("logStreamName"),
        _ => None,
    };
    wanted.resources.clear();
    for given in named {
        let name = groups::name_of(cx, given).ok();
        // Of a group elsewhere its own ARN is weighed: the operation refuses it in its own words.
        let arn = name.map_or_else(|| given.to_owned(), |name| groups::arn(&scope, name));
        let resource = format!("{}{}", group_form(&arn), stream.unwrap_or_default());
        if let Some(group) = name.and_then(|name| groups::get(catalog, &scope, name)) {
            group_tags(&mut wanted, &resource, &group.record.tags);
        }
        wanted.resources.push(resource);
    }
    wanted
}

/// A group's ARN as it is asked for.
fn group_form(arn: &str) -> String {
    format!("{arn}:log-stream:")
}

/// All groups that an input names, by name or ARN.
fn groups_of(input: &Value) -> Vec<&str> {
    let one = ["logGroupName", "logGroupIdentifier"].into_iter().filter_map(|member| input.get(member)?.as_str());
    let lists = ["logGroupNames", "logGroupIdentifiers", "logGroupArnList"];
    let many = lists.into_iter().filter_map(|member| input.get(member)?.as_list()).flatten().filter_map(Value::as_str);
    one.chain(many).collect()
}

/// `aws:ResourceTag/…`.
fn group_tags(wanted: &mut Authorization, resource: &str, tags: &Tags) {
    let tag = |(key, value): &(String, String)| (format!("aws:ResourceTag/{key}"), vec![value.clone()]);
    wanted.resource_conditions.push((resource.to_owned(), tags.iter().map(tag).collect()));
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
fn request_tags(input: &Value, wanted: &mut Authorization) {
    let mut keys: Vec<String> = Vec::new();
    match input.get("tags") {
        Some(Value::Map(tags)) => {
            for (key, value) in tags {
                if let Some(value) = value.as_str() {
                    wanted.conditions.push((format!("aws:RequestTag/{key}"), vec![value.to_owned()]));
                }
                keys.push(key.clone());
            }
        }
        // The keys that UntagLogGroup takes away.
        Some(Value::List(gone)) => keys.extend(gone.iter().filter_map(Value::as_str).map(str::to_owned)),
        _ => {}
    }
    let gone = input.get("tagKeys").and_then(Value::as_list).unwrap_or_default();
    keys.extend(gone.iter().filter_map(Value::as_str).map(str::to_owned));
    if !keys.is_empty() {
        wanted.conditions.push(("aws:TagKeys".to_owned(), keys));
    }
}
