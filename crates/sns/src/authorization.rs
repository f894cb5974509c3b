//! What each operation acts on, for the policy engine (AWS's service authorization reference).

use api::{Authorization, CallContext, ResourcePolicy};
use store::Catalog;
use wire::schema::Operation;
use wire::value::Value;

use crate::record::TopicRecord;
use crate::topic_policy::policy;
use crate::topics::TopicName;

/// What the operation acts on: a topic, whose policy is weighed too, or `*` for lists and for
/// operations on subscriptions, which have no ARN in policies.
pub(crate) fn resources(
    operation: &'static Operation,
    input: Option<&Value>,
    cx: &CallContext,
    catalog: &Catalog,
) -> Authorization {
    let mut wanted = Authorization::any(&api::sns::SERVICE, operation.name);
    if operation.name == "PublishBatch" {
        "sns:Publish".clone_into(&mut wanted.action);
    }
    let Some(input) = input else { return wanted };
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    match operation.name {
        "CreateTopic" => {
            if let Some(name) = text("Name") {
                wanted.resources = vec![TopicName::own(cx, name).arn()];
            }
        }
        // The token is the permission of the topic.
        "ConfirmSubscription" => {
            wanted.resources = text("TopicArn").map_or(wanted.resources, |arn| vec![arn.to_owned()])
        }
        "Publish" => {
            let target = text("TopicArn").or_else(|| text("TargetArn"));
            act_on(&mut wanted, cx, catalog, target);
        }
        "TagResource" | "UntagResource" | "ListTagsForResource" => {
            act_on(&mut wanted, cx, catalog, text("ResourceArn"));
        }
        _ => act_on(&mut wanted, cx, catalog, text("TopicArn")),
    }
    if operation.name == "Subscribe" {
        for (key, name) in [("sns:Endpoint", "Endpoint"), ("sns:Protocol", "Protocol")] {
            wanted.conditions.extend(text(name).map(|value| (key.to_owned(), vec![value.to_owned()])));
        }
    }
    request_tags(input, &mut wanted);
    wanted
}

/// The topic of an ARN, with its policy and its tags. Of a text that names no topic in the
/// call's region there is nothing to weigh: the operation refuses it.
fn act_on(wanted: &mut Authorization, cx: &CallContext, catalog: &Catalog, arn: Option<&str>) {
    let Some(arn) = arn else { return };
    wanted.resources = vec![arn.to_owned()];
    let Ok(topic) = TopicName::parse(cx, "TopicArn", arn) else { return };
    let found = catalog.get::<TopicRecord>(&topic.key());
    if let Some(found) = &found {
        let tag = |(key, value): &(String, String)| (format!("aws:ResourceTag/{key}"), vec![value.clone()]);
        wanted.resource_conditions.push((arn.to_owned(), found.value.tags.iter().map(tag).collect()));
    }
    wanted.resource_policies.push(ResourcePolicy {
        resource: arn.to_owned(),
        owner: topic.scope.account.clone(),
        policy: found.map(|found| policy(&topic, &found.value).into()),
    });
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
fn request_tags(input: &Value, wanted: &mut Authorization) {
    let texts = |value: &Value| {
        value.as_list().unwrap_or_default().iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut keys: Vec<String> = input.get("TagKeys").map(texts).unwrap_or_default();
    for tag in input.get("Tags").and_then(Value::as_list).unwrap_or_default() {
        let text = |name| tag.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(key) = text("Key") else { continue };
        if let Some(value) = text("Value") {
            wanted.conditions.push((format!("aws:RequestTag/{key}"), vec![value]));
        }
        keys.push(key);
    }
    if !keys.is_empty() {
        wanted.conditions.push(("aws:TagKeys".to_owned(), keys));
    }
}
