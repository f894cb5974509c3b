//! Which resources a call changed, by the operation and what it said: they are asked for at once (D-6).

use base::operation_name::tells_reading;
use serde_json::Value;

use super::path::cut_arn;
use super::table::{Handle, Reach, ResourceType, Touch, resource_types};

/// What is to be asked for again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touched {
    /// The type.
    pub resource_type: &'static str,
    /// What the resource is asked for by ([`ResourceType::asked_by`]); `None` when it may be any of the type.
    pub key: Option<String>,
}

/// What a call that succeeded changed. `service` is the name that the API's model has, such as `elbv2`; the input and the
/// answer are as they are on the wire or in the record of the call: members are found in both by their names, whatever
/// their case.
///
/// Nothing is changed by calls that read, by those that only move data (D-8), and by those on S3's objects. Of a call of
/// a service that no type names, all types of the service are to be asked for.
pub fn touched(service: &str, operation: &str, input: &Value, answer: Option<&Value>) -> Vec<Touched> {
    let operation = without_version(operation);
    let types = || resource_types().iter().filter(|of| of.service.name == service);
    let mut found = Vec::new();
    let mut is_known = false;
    for of in types() {
        for touch in of.touches.iter().filter(|touch| touch.operations.contains(&operation)) {
            is_known = true;
            found.extend(keys(of, touch, input, answer));
        }
    }
    let is_quiet = || types().any(|of| of.quiet.contains(&"*") || of.quiet.contains(&operation));
    if !is_known && !tells_reading(operation) && !is_quiet() {
        found.extend(types().map(|of| Touched { resource_type: of.name, key: None }));
    }
    found.sort();
    found.dedup();
    found
}

fn keys(of: &ResourceType, touch: &Touch, input: &Value, answer: Option<&Value>) -> Vec<Touched> {
    let mut texts = Vec::new();
    for said in std::iter::once(input).chain(answer) {
        gather(said, &touch.members, &mut texts);
    }
    let of_type = |key: Option<String>| Touched { resource_type: of.name, key };
    let key = |text: &str| match of.by {
        // What is asked for by its ARN, or has an ARN for an id, is named in full.
        Handle::Arn => text.to_owned(),
        Handle::Id if of.arn == format!("{{{}}}", of.id) => text.to_owned(),
        Handle::Id | Handle::Name => {
            cut_arn(text).rsplit_once("hostedzone/").map_or(cut_arn(text), |cut| cut.1).to_owned()
        }
    };
    let named = |texts: Vec<&str>| texts.into_iter().map(|text| of_type(Some(key(text)))).collect::<Vec<_>>();
    match touch.reach {
        Reach::NamedOrAny if texts.is_empty() => vec![of_type(None)],
        Reach::NamedOrAny => named(texts),
        Reach::Named(mark) => named(texts.into_iter().filter(|text| is_marked(text, mark)).collect()),
        Reach::AnyIf(mark) => {
            texts.iter().any(|text| is_marked(text, mark)).then(|| of_type(None)).into_iter().collect()
        }
    }
}

fn is_marked(text: &str, mark: &str) -> bool {
    match mark.starts_with([':', '/']) {
        true => text.contains(mark),
        false => text.starts_with(mark),
    }
}

/// The texts of members with these names, wherever they stand.
fn gather<'v>(value: &'v Value, names: &[&str], into: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)) {
                    true => all_texts(value, into),
                    false => gather(value, names, into),
                }
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| gather(element, names, into)),
        _ => {}
    }
}

fn all_texts<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::String(text) if !text.is_empty() => into.push(text),
        Value::Array(elements) => elements.iter().for_each(|element| all_texts(element, into)),
        Value::Object(members) => members.values().for_each(|member| all_texts(member, into)),
        _ => {}
    }
}

/// Lambda's events name operations with the API's date: `UpdateFunctionCode20150331v2`.
fn without_version(operation: &str) -> &str {
    let bare = operation.trim_end_matches("v2").trim_end_matches(|c: char| c.is_ascii_digit());
    if operation.len() - bare.len() >= 8 { bare } else { operation }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(service: &str, operation: &str, input: Value, answer: Value) -> Vec<String> {
        let touched = touched(service, operation, &input, Some(&answer));
        touched
            .into_iter()
            .map(|found| format!("{} {}", &found.resource_type[5..], found.key.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn calls_lead_to_the_resources_that_they_change() {
        let lambda = "arn:aws:lambda:eu-west-1:111122223333:function:f";
        let database = "arn:aws:rds:eu-west-1:111122223333:db:d";
        let balancer = "arn:aws:elasticloadbalancing:r:1:loadbalancer/app/l/1";
        for (service, operation, input, answer, expected) in [
            (
                "ec2",
                "RevokeSecurityGroupIngress",
                json!({"GroupId": "sg-1", "IpPermissions": [{"Groups": [{"UserId": "1"}]}]}),
                json!({}),
                vec!["EC2::SecurityGroup sg-1"],
            ),
            // As records of calls have it.
            (
                "ec2",
                "StopInstances",
                json!({"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}}),
                json!({}),
                vec!["EC2::Instance i-1", "EC2::Instance i-2"],
            ),
            (
                "ec2",
                "AttachVolume",
                json!({"VolumeId": "vol-1", "InstanceId": "i-1"}),
                json!({}),
                vec!["EC2::Instance i-1", "EC2::Volume vol-1"],
            ),
            ("ec2", "CreateTags", json!({"ResourceId": ["vol-1", "snap-1"]}), json!({}), vec!["EC2::Volume vol-1"]),
            ("ec2", "CreateTags", json!({"ResourceId": ["key-1"]}), json!({}), vec!["EC2::KeyPair "]),
            (
                "ec2",
                "DisassociateAddress",
                json!({"AssociationId": "a"}),
                json!({}),
                vec!["EC2::EIP ", "EC2::Instance ", "EC2::NetworkInterface "],
            ),
            ("s3", "PutBucketPolicy", json!({"Bucket": "b"}), json!({}), vec!["S3::Bucket b"]),
            ("s3", "PutBucketTagging", json!({"bucketName": "b", "Host": "h"}), json!({}), vec!["S3::Bucket b"]),
            ("s3", "PutObject", json!({"Bucket": "b"}), json!({}), vec![]),
            ("s3", "CreateMultipartUpload", json!({"Bucket": "b"}), json!({}), vec![]),
            (
                "lambda",
                "UpdateFunctionConfiguration20150331v2",
                json!({"functionName": lambda}),
                json!({}),
                vec!["Lambda::Function f"],
            ),
            ("lambda", "TagResource", json!({"Resource": lambda}), json!({}), vec!["Lambda::Function f"]),
            ("lambda", "Invoke", json!({"FunctionName": "f"}), json!({}), vec![]),
            ("dynamodb", "PutItem", json!({"TableName": "t"}), json!({}), vec![]),
            ("dynamodb", "DescribeTable", json!({"TableName": "t"}), json!({}), vec![]),
            ("rds", "AddTagsToResource", json!({"ResourceName": database}), json!({}), vec!["RDS::DBInstance d"]),
            (
                "elbv2",
                "CreateLoadBalancer",
                json!({"Name": "l"}),
                json!({"LoadBalancers": [{"LoadBalancerArn": balancer}]}),
                vec![&format!("ElasticLoadBalancingV2::LoadBalancer {balancer}")],
            ),
            (
                "iam",
                "AttachRolePolicy",
                json!({"RoleName": "r", "PolicyArn": "arn:aws:iam::1:policy/p"}),
                json!({}),
                vec!["IAM::Policy arn:aws:iam::1:policy/p", "IAM::Role r"],
            ),
            (
                "route53",
                "CreateHostedZone",
                json!({"Name": "a."}),
                json!({"HostedZone": {"Id": "/hostedzone/Z1"}}),
                vec!["Route53::HostedZone Z1"],
            ),
            // Nobody knows what it does: all of the service is asked for.
            ("kms", "ReplicateKey", json!({}), json!({}), vec!["KMS::Key "]),
            ("unheardof", "CreateThing", json!({}), json!({}), vec![]),
        ] {
            let expected: Vec<&str> = expected.into_iter().collect();
            assert_eq!(names(service, operation, input, answer), expected, "{operation}");
        }
    }
}
