//! What a call acts on: for policies, and for the `resources` of its event (cloudtrail.md §1.7, §11.8).

use serde_json::{Map, Value as Json, json};

use crate::classify::{self, Class};
use crate::copy_source::CopySource;
use crate::identify::Call;
use crate::names::lower_first;

/// Where a call is made.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Such as `aws`.
    pub partition: &'a str,
    /// The region.
    pub region: &'a str,
    /// The account.
    pub account: &'a str,
}

/// A permission that a call takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Such as `s3:GetObject`.
    pub action: String,
    /// An ARN, or `*` where the call names none.
    pub resource: String,
}

/// Members that name resources, as records spell them: service, member, what follows the account in the ARN with `{}`
/// for the name, the resource's type in records where it has one there.
const NAMED: &[(&str, &str, &str, &str)] = &[
    ("cloudformation", "stackName", "stack/{}/*", ""),
    ("codebuild", "projectName", "project/{}", ""),
    ("codecommit", "repositoryName", "{}", ""),
    ("codepipeline", "pipelineName", "{}", ""),
    ("cognito-idp", "userPoolId", "userpool/{}", ""),
    ("cognito-identity", "identityPoolId", "identitypool/{}", "AWS::Cognito::IdentityPool"),
    ("dynamodb", "globalTableName", "table/{}", "AWS::DynamoDB::Table"),
    ("dynamodb", "requestItems", "table/{}", "AWS::DynamoDB::Table"),
    ("dynamodb", "sourceTableName", "table/{}", "AWS::DynamoDB::Table"),
    ("dynamodb", "tableName", "table/{}", "AWS::DynamoDB::Table"),
    ("dynamodb", "targetTableName", "table/{}", "AWS::DynamoDB::Table"),
    ("ebs", "snapshotId", "snapshot/{}", "AWS::EC2::Snapshot"),
    ("ec2", "imageId", "image/{}", ""),
    ("ec2", "instanceId", "instance/{}", ""),
    ("ec2", "internetGatewayId", "internet-gateway/{}", ""),
    ("ec2", "keyName", "key-pair/{}", ""),
    ("ec2", "networkInterfaceId", "network-interface/{}", ""),
    ("ec2", "routeTableId", "route-table/{}", ""),
    ("ec2", "securityGroupId", "security-group/{}", ""),
    ("ec2", "groupId", "security-group/{}", ""),
    ("ec2", "snapshotId", "snapshot/{}", ""),
    ("ec2", "subnetId", "subnet/{}", ""),
    ("ec2", "volumeId", "volume/{}", ""),
    ("ec2", "vpcId", "vpc/{}", ""),
    ("ecr", "repositoryName", "repository/{}", ""),
    ("ecs", "cluster", "cluster/{}", ""),
    ("efs", "fileSystemId", "file-system/{}", ""),
    ("eks", "clusterName", "cluster/{}", ""),
    ("eks", "name", "cluster/{}", ""),
    ("elasticache", "cacheClusterId", "cluster:{}", ""),
    ("emr", "clusterId", "cluster/{}", ""),
    ("events", "eventBusName", "event-bus/{}", "AWS::Events::EventBus"),
    ("events", "name", "rule/{}", ""),
    ("events", "rule", "rule/{}", ""),
    ("firehose", "deliveryStreamName", "deliverystream/{}", ""),
    ("glue", "databaseName", "database/{}", ""),
    ("kinesis", "streamName", "stream/{}", "AWS::Kinesis::Stream"),
    ("kms", "aliasName", "{}", ""),
    ("kms", "destinationKeyId", "key/{}", "AWS::KMS::Key"),
    ("kms", "keyId", "key/{}", "AWS::KMS::Key"),
    ("kms", "sourceKeyId", "key/{}", "AWS::KMS::Key"),
    ("kms", "targetKeyId", "key/{}", "AWS::KMS::Key"),
    ("lambda", "functionName", "function:{}", "AWS::Lambda::Function"),
    ("lambda", "layerName", "layer:{}", ""),
    ("rds", "dBClusterIdentifier", "cluster:{}", ""),
    ("rds", "dBInstanceIdentifier", "db:{}", ""),
    ("redshift", "clusterIdentifier", "cluster:{}", ""),
    ("secretsmanager", "name", "secret:{}", "AWS::SecretsManager::Secret"),
    ("secretsmanager", "secretId", "secret:{}", "AWS::SecretsManager::Secret"),
    ("sns", "name", "{}", ""),
    ("sqs", "queueName", "{}", "AWS::SQS::Queue"),
    ("sqs", "queueUrl", "{}", "AWS::SQS::Queue"),
    ("ssm", "name", "parameter/{}", ""),
    ("ssm", "names", "parameter/{}", ""),
    ("ssm", "path", "parameter/{}", ""),
];

/// Services whose management events have no resources, though their data events do (cloudtrail.md §1.7).
const WITHOUT: &[&str] = &["events", "lambda"];

/// Types of the resources that records of these services name, where members hold whole ARNs.
const TYPES: &[(&str, &str)] = &[
    ("dynamodbstreams", "AWS::DynamoDB::Stream"),
    ("sns", "AWS::SNS::Topic"),
    ("stepfunctions", "AWS::StepFunctions::StateMachine"),
];

/// A resource that a call names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Resource {
    arn: String,
    resource_type: String,
}

/// The permissions that a call takes: one for each resource that it names, each with its own action. All must be
/// given: which of its resources a call is held against is not known of every service. Of an operation that the tables
/// do not know nobody can say what it acts on.
pub fn wanted(call: &Call, input: &Map<String, Json>, place: Place<'_>) -> Vec<Wanted> {
    let action = classify::action(call);
    if call.service.name == "s3" {
        return of_s3(call, &action, place, input);
    }
    let found = named(call, input, place);
    let all = (found.is_empty() || !call.is_known).then(|| Wanted { action: action.clone(), resource: "*".to_owned() });
    let each = found.into_iter().map(|resource| Wanted { action: action.clone(), resource: resource.arn });
    each.chain(all).collect()
}

/// The `resources` of the event; `None` where records have none.
pub fn in_record(call: &Call, input: &Map<String, Json>, place: Place<'_>) -> Option<Json> {
    if call.service.name == "s3" {
        return s3_in_record(call, place);
    }
    let class = classify::class(call);
    let resources = named(call, input, place).into_iter().filter(|found| match class {
        Class::Data(_) => true,
        Class::Management => !found.resource_type.is_empty() && !WITHOUT.contains(&call.service.name),
    });
    let entries: Vec<Json> = resources
        .map(|Resource { arn, resource_type }| {
            let fallback = if let Class::Data(of) = class { of.to_owned() } else { String::new() };
            let resource_type = if resource_type.is_empty() { fallback } else { resource_type };
            let owner = arn.split(':').nth(4).filter(|account| !account.is_empty()).unwrap_or(place.account);
            json!({"accountId": owner, "type": resource_type, "ARN": arn})
        })
        .collect();
    match (entries.is_empty(), class) {
        (false, _) => Some(Json::Array(entries)),
        (true, Class::Data(resource_type)) => Some(json!([{"accountId": place.account, "type": resource_type}])),
        (true, Class::Management) => None,
    }
}

/// What look-ups find the event by: types, where they are known, and names as they were given.
pub fn named_in(call: &Call, input: &Map<String, Json>, place: Place<'_>) -> Vec<(Option<String>, String)> {
    if call.service.name == "s3" {
        let bucket = label(call, "Bucket").map(|bucket| (Some("AWS::S3::Bucket".to_owned()), bucket.to_owned()));
        return bucket.into_iter().collect();
    }
    let mut found = Vec::new();
    for Resource { arn, resource_type } in named(call, input, place) {
        let name =
            arn.splitn(6, ':').nth(5).map_or(arn.as_str(), |rest| rest.rsplit(['/', ':']).next().unwrap_or(rest));
        let resource_type = (!resource_type.is_empty()).then_some(resource_type);
        found.push((resource_type, name.to_owned()));
    }
    found
}

/// Whether a member of this name, in any case, names resources of a service.
pub(crate) fn is_named_by(service: &str, member: &str) -> bool {
    NAMED.iter().any(|(of, name, ..)| *of == service && name.eq_ignore_ascii_case(member))
}

/// What the members of the input name: by table, and whatever is an ARN of the service.
fn named(call: &Call, input: &Map<String, Json>, place: Place<'_>) -> Vec<Resource> {
    let mut found = Vec::new();
    let mut add = |arn: String, resource_type: &str| {
        let resource = Resource { arn, resource_type: resource_type.to_owned() };
        if !found.contains(&resource) {
            found.push(resource);
        }
    };
    let service = call.service.name;
    if let Some(path) = call.queue_path() {
        add(full_arn(call, place, "{}", &path), "AWS::SQS::Queue");
    }
    for (member, text) in texts(input) {
        // A member that the operation does not have is one that no server looks at: it must not speak for another.
        if call.is_known && !call.service.takes(&call.operation, member) {
            continue;
        }
        let member = lower_first(call.service.member(&call.operation, member)).into_owned();
        if service == "kms" && text.starts_with("alias/") {
            add(arn(call, place, text), "");
            continue;
        }
        if let Some((_, _, template, resource_type)) =
            NAMED.iter().find(|(of, name, ..)| *of == service && name.eq_ignore_ascii_case(&member))
        {
            add(full_arn(call, place, template, text), resource_type);
        } else if text.starts_with("arn:") && text.split(':').nth(2) == Some(call.service.signing_name) {
            let known = TYPES.iter().find(|(of, _)| *of == service).map_or("", |(_, resource_type)| *resource_type);
            add(text.to_owned(), known);
        }
    }
    found
}

/// Texts that members hold, alone or in lists, at the top; and what objects in lists and maps name there.
fn texts(input: &Map<String, Json>) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (member, value) in input {
        match value {
            Json::String(text) => found.push((member.as_str(), text.as_str())),
            Json::Array(elements) => {
                for element in elements {
                    match element {
                        Json::String(text) => found.push((member.as_str(), text.as_str())),
                        Json::Object(below) => {
                            found.extend(shallow(below));
                            below.values().filter_map(Json::as_object).for_each(|below| found.extend(shallow(below)));
                        }
                        _ => {}
                    }
                }
            }
            // Of a batch the keys are tables.
            Json::Object(below) if member == "RequestItems" => {
                found.extend(below.keys().map(|table| (member.as_str(), table.as_str())));
            }
            _ => {}
        }
    }
    found
}

fn shallow(members: &Map<String, Json>) -> impl Iterator<Item = (&str, &str)> {
    members.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
}

fn arn(call: &Call, place: Place<'_>, rest: &str) -> String {
    let Place { partition, region, account } = place;
    format!("arn:{partition}:{}:{region}:{account}:{rest}", call.service.signing_name)
}

/// A name in its template; an ARN as it is, without the qualifier of a function.
fn full_arn(call: &Call, place: Place<'_>, template: &str, text: &str) -> String {
    let service = call.service.name;
    if text.starts_with("arn:") {
        let parts: Vec<&str> = text.split(':').collect();
        return match service {
            "lambda" if parts.len() > 7 => parts[..7].join(":"),
            _ => text.to_owned(),
        };
    }
    match service {
        "lambda" => {
            let (place, name) = function(text, place);
            arn(call, place, &template.replace("{}", name))
        }
        "sqs" => match queue(text, place) {
            Some((place, name)) => arn(call, place, name),
            // Servers differ in what they make of it.
            None => "*".to_owned(),
        },
        // Names of parameters begin with a slash or without one.
        "ssm" => arn(call, place, &template.replace("{}", text.trim_start_matches('/'))),
        _ => arn(call, place, &template.replace("{}", text)),
    }
}

/// `[REGION:][ACCOUNT:][function:]NAME[:QUALIFIER]`
fn function<'a>(text: &'a str, place: Place<'a>) -> (Place<'a>, &'a str) {
    let (mut place, mut rest) = (place, text);
    if let Some((region, below)) = rest.split_once(':')
        && region.split('-').count() > 2
        && region.ends_with(|c: char| c.is_ascii_digit())
        && (below.starts_with("function:") || below.split(':').next().is_some_and(is_account))
    {
        (place.region, rest) = (region, below);
    }
    if let Some((account, below)) = rest.split_once(':')
        && is_account(account)
    {
        (place.account, rest) = (account, below);
    }
    let name = rest.strip_prefix("function:").unwrap_or(rest);
    (place, name.split(':').next().unwrap_or(name))
}

/// A queue by its name or its URL: `…/ACCOUNT/NAME`, or `…/queue/NAME` and `…/queue/REGION/ACCOUNT/NAME` as other
/// servers have it. `None` for what could be another queue to somebody.
fn queue<'a>(text: &'a str, place: Place<'a>) -> Option<(Place<'a>, &'a str)> {
    let path = match text.split_once("://") {
        Some((_, after)) => after.split_once('/')?.1,
        None => text.strip_prefix('/').unwrap_or(text),
    };
    if !path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/')) {
        return None;
    }
    match path.split('/').collect::<Vec<_>>().as_slice() {
        [name] | ["queue", name] if !name.is_empty() => Some((place, name)),
        [account, name] if is_account(account) && !name.is_empty() => Some((Place { account, ..place }, name)),
        ["queue", region, account, name] if is_account(account) && !name.is_empty() => {
            Some((Place { region, account, ..place }, name))
        }
        _ => None,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn label<'c>(call: &'c Call, name: &str) -> Option<&'c str> {
    call.labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str())
}

/// Objects have neither region nor account in their ARNs. A copy reads its source too, and a version takes leave for
/// versions.
fn of_s3(call: &Call, action: &str, place: Place<'_>, input: &Map<String, Json>) -> Vec<Wanted> {
    let partition = place.partition;
    let wanted = |action: &str, resource: String| Wanted { action: action.to_owned(), resource };
    let Some(bucket) = label(call, "Bucket") else { return vec![wanted(action, "*".to_owned())] };
    let bucket_arn = format!("arn:{partition}:s3:::{bucket}");
    let has_version = call.parameters.iter().any(|(name, _)| name == "versionId");
    let mut all = Vec::new();
    match label(call, "Key") {
        Some(key) => {
            let versioned = match action {
                "s3:GetObject"
                | "s3:DeleteObject"
                | "s3:GetObjectAcl"
                | "s3:PutObjectAcl"
                | "s3:GetObjectTagging"
                | "s3:PutObjectTagging"
                | "s3:DeleteObjectTagging"
                    if has_version =>
                {
                    action.replacen("Object", "ObjectVersion", 1)
                }
                _ => action.to_owned(),
            };
            all.push(wanted(&versioned, format!("{bucket_arn}/{key}")));
            if call.operation == "RenameObject" {
                // Which object it takes away, a header says.
                all.push(wanted("s3:DeleteObject", format!("{bucket_arn}/*")));
            }
        }
        // Which objects, its body says; leave is taken for all.
        None if call.operation == "DeleteObjects" => all.push(wanted(action, format!("{bucket_arn}/*"))),
        None => all.push(wanted(action, bucket_arn)),
    }
    if let Some(source) = input.get("CopySource").and_then(Json::as_str) {
        // One that cannot be read is refused before; leave for everything is the answer to what should not happen.
        all.push(match CopySource::read(source) {
            Some(CopySource { object, version: None }) => {
                wanted("s3:GetObject", format!("arn:{partition}:s3:::{object}"))
            }
            Some(CopySource { object, version: Some(_) }) => {
                wanted("s3:GetObjectVersion", format!("arn:{partition}:s3:::{object}"))
            }
            None => wanted("s3:GetObject", "*".to_owned()),
        });
    }
    all
}

/// The bucket, then the object or what a listing was of.
fn s3_in_record(call: &Call, place: Place<'_>) -> Option<Json> {
    let arn = format!("arn:{}:s3:::{}", place.partition, label(call, "Bucket")?);
    let mut all = vec![json!({"accountId": place.account, "type": "AWS::S3::Bucket", "ARN": arn})];
    if let Class::Data(_) = classify::class(call) {
        all.push(match label(call, "Key") {
            Some(key) => json!({"type": "AWS::S3::Object", "ARN": format!("{arn}/{key}")}),
            None => {
                let prefix = call.parameters.iter().find(|(name, _)| name == "prefix").map_or("", |(_, prefix)| prefix);
                json!({"type": "AWS::S3::Object", "ARNPrefix": format!("{arn}/{prefix}")})
            }
        });
    }
    Some(Json::Array(all))
}

#[cfg(test)]
mod tests;
