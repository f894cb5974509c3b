//! The resources an event is found by, and those its record names. The two lists are
//! independent of each other (cloudtrail.md §1.7, §3.5).

use api::CallContext;
use serde_json::{Value as Json, json};
use wire::schema::{Operation, Service};

use crate::classify::{self, Category};

/// A resource as look-ups find it: type, when known, and name.
pub type Found = (Option<String>, String);

/// Members of a write's request that name a resource, by service, in the order they are listed.
const REQUEST_MEMBERS: &[(&str, &[(&str, &str)])] = &[
    (
        "iam",
        &[
            ("accessKeyId", "AWS::IAM::AccessKey"),
            ("policyArn", "AWS::IAM::Policy"),
            ("policyName", "AWS::IAM::Policy"),
            ("userName", "AWS::IAM::User"),
            ("roleName", "AWS::IAM::Role"),
            ("groupName", "AWS::IAM::Group"),
            ("instanceProfileName", "AWS::IAM::InstanceProfile"),
        ],
    ),
    (
        "cloudtrail",
        &[
            ("name", "AWS::CloudTrail::Trail"),
            ("trailName", "AWS::CloudTrail::Trail"),
            ("s3BucketName", "AWS::S3::Bucket"),
            ("eventDataStore", "AWS::CloudTrail::EventDataStore"),
            ("channel", "AWS::CloudTrail::Channel"),
        ],
    ),
    (
        "cloudwatch",
        &[
            ("alarmName", "AWS::CloudWatch::Alarm"),
            ("alarmNames", "AWS::CloudWatch::Alarm"),
            ("dashboardName", "AWS::CloudWatch::Dashboard"),
        ],
    ),
    ("logs", &[("logGroupName", "AWS::Logs::LogGroup"), ("logStreamName", "AWS::Logs::LogStream")]),
    ("sns", &[("topicArn", "AWS::SNS::Topic"), ("subscriptionArn", "AWS::SNS::Subscription")]),
    ("config", &[("configRuleName", "AWS::Config::ConfigRule")]),
    ("ssm", &[("documentName", "AWS::SSM::Document")]),
];

/// Structures of an answer that hold a new resource: service, member, type, and the
/// members that name it.
const RESPONSE_MEMBERS: &[(&str, &str, &str, &[&str])] = &[
    ("iam", "user", "AWS::IAM::User", &["userName", "userId", "arn"]),
    ("iam", "role", "AWS::IAM::Role", &["roleName", "roleId", "arn"]),
    ("iam", "group", "AWS::IAM::Group", &["groupName", "groupId", "arn"]),
    ("iam", "policy", "AWS::IAM::Policy", &["policyName", "policyId", "arn"]),
    ("iam", "accessKey", "AWS::IAM::AccessKey", &["accessKeyId"]),
    ("iam", "accessKey", "AWS::IAM::User", &["userName"]),
];

/// The resources that look-ups find this call by, from its projected parameters.
pub fn found_by(service: &Service, operation: &str, read_only: bool, request: &Json, response: &Json) -> Vec<Found> {
    let mut found = Vec::new();
    if service.name == "sts" {
        sts(operation, request, response, &mut found);
    } else if !read_only {
        from_response(service, response, &mut found);
        from_request(service, operation, request, &mut found);
        if service.name == "config" {
            from_config(operation, request, &mut found);
        }
    }
    found
}

/// The record's own `resources`: what a data event is on, and absent for most services' other events
/// (cloudtrail.md §1.7, §11.8).
pub fn in_record(service: &Service, operation: &Operation, request: &Json, cx: &CallContext) -> Option<Json> {
    if let Category::Data(resource_type) = classify::category(service, operation) {
        return Some(json!([data_resource(service, resource_type, request, cx)]));
    }
    let operation = operation.name;
    let arn = request.get("roleArn")?.as_str()?;
    if service.name != "sts" || operation != "AssumeRole" {
        return None;
    }
    let account = arn.split(':').nth(4).unwrap_or_default();
    Some(json!([{ "accountId": account, "type": "AWS::IAM::Role", "ARN": arn }]))
}

/// Measurements have a type and no ARN.
fn data_resource(service: &Service, resource_type: &str, request: &Json, cx: &CallContext) -> Json {
    let text = |member: &str| request.get(member).and_then(Json::as_str);
    let arn = match service.name {
        "sns" => text("topicArn").or_else(|| text("targetArn")).map(str::to_owned),
        "logs" => text("logGroupName").map(|name| {
            let (partition, region) = (cx.region.partition().as_str(), &cx.region);
            format!("arn:{partition}:logs:{region}:{}:log-group:{name}", cx.account())
        }),
        "cloudtrail-data" => text("channelArn").map(str::to_owned),
        _ => None,
    };
    match arn {
        Some(arn) => {
            let owner = arn.split(':').nth(4).filter(|account| !account.is_empty());
            json!({ "accountId": owner.unwrap_or(cx.account().as_str()), "type": resource_type, "ARN": arn })
        }
        None => json!({ "type": resource_type }),
    }
}

fn from_response(service: &Service, response: &Json, found: &mut Vec<Found>) {
    for (of, holder, resource_type, names) in RESPONSE_MEMBERS {
        if *of == service.name
            && let Some(holder) = response.get(holder)
        {
            names.iter().for_each(|name| push(found, resource_type, holder.get(name)));
        }
    }
}

fn from_request(service: &Service, operation: &str, request: &Json, found: &mut Vec<Found>) {
    let Some((_, members)) = REQUEST_MEMBERS.iter().find(|(of, _)| *of == service.name) else { return };
    for (member, resource_type) in *members {
        let resource_type = match *member {
            "name" if service.name == "cloudtrail" => named_by_cloudtrail(operation),
            _ => resource_type,
        };
        match request.get(member) {
            Some(Json::Array(names)) => names.iter().for_each(|name| push(found, resource_type, Some(name))),
            name => push(found, resource_type, name),
        }
    }
}

/// What AWS Config is told of: a resource that the request says the type of, or a rule inside of it, whichever way it
/// is named.
fn from_config(operation: &str, request: &Json, found: &mut Vec<Found>) {
    if matches!(operation, "PutResourceConfig" | "DeleteResourceConfig")
        && let Some(resource_type) = request.get("resourceType").and_then(Json::as_str)
    {
        ["resourceId", "resourceName"].iter().for_each(|name| push(found, resource_type, request.get(name)));
    }
    if let Some(rule) = request.get("configRule") {
        let names = ["configRuleName", "configRuleArn", "configRuleId"];
        names.iter().for_each(|name| push(found, "AWS::Config::ConfigRule", rule.get(name)));
    }
}

/// What the member `Name` is the name of.
fn named_by_cloudtrail(operation: &str) -> &'static str {
    match operation {
        "CreateChannel" | "UpdateChannel" => "AWS::CloudTrail::Channel",
        "CreateEventDataStore" | "UpdateEventDataStore" => "AWS::CloudTrail::EventDataStore",
        "CreateDashboard" => "AWS::CloudTrail::Dashboard",
        _ => "AWS::CloudTrail::Trail",
    }
}

fn sts(operation: &str, request: &Json, response: &Json, found: &mut Vec<Found>) {
    if !matches!(operation, "AssumeRole" | "GetSessionToken") {
        return;
    }
    push(found, "AWS::IAM::AccessKey", response.pointer("/credentials/accessKeyId"));
    if operation == "AssumeRole" {
        push(found, "AWS::STS::AssumedRole", request.get("roleSessionName"));
        push(found, "AWS::STS::AssumedRole", response.pointer("/assumedRoleUser/assumedRoleId"));
        push(found, "AWS::STS::AssumedRole", response.pointer("/assumedRoleUser/arn"));
        push(found, "AWS::IAM::Role", request.get("roleArn"));
    }
}

fn push(found: &mut Vec<Found>, resource_type: &str, name: Option<&Json>) {
    let Some(name) = name.and_then(Json::as_str).filter(|name| !name.is_empty()) else { return };
    let entry = (Some(resource_type.to_owned()), name.to_owned());
    if !found.contains(&entry) {
        found.push(entry);
    }
}
