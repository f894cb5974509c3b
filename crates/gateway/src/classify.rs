//! What class of event a call is, and what it is called in records (cloudtrail.md §2.3 to §2.7, §11.4, §11.5, §11.10).

use base::operation_name::tells_reading;

use crate::identify::{Call, Path};
use crate::tables::{Dialect, Service};

/// Operations that read although their names do not say so (cloudtrail.md §2.3).
const READS: &[(&str, &[&str])] = &[
    ("bedrock-runtime", &["InvokeModel", "InvokeModelWithResponseStream", "Converse", "ConverseStream"]),
    ("dynamodb", &["TransactGetItems"]),
    (
        "kms",
        &[
            "Encrypt",
            "Decrypt",
            "ReEncrypt",
            "GenerateDataKey",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
            "GenerateDataKeyWithoutPlaintext",
            "GenerateRandom",
            "GenerateMac",
            "VerifyMac",
            "Sign",
            "Verify",
            "DeriveSharedSecret",
            "GetParametersForImport",
        ],
    ),
    ("s3", &["CreateSession"]),
    ("sqs", &["ReceiveMessage"]),
    ("sts", &["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "DecodeAuthorizationMessage"]),
];

/// Operations that write although their names do not say so.
const WRITES: &[(&str, &[&str])] = &[
    ("cognito-identity", &["GetCredentialsForIdentity", "GetId", "GetOpenIdToken"]),
    ("sts", &["GetSessionToken", "GetFederationToken", "GetWebIdentityToken", "GetDelegatedAccessToken"]),
];

/// Operations of the data plane: service, type of resource, operations (cloudtrail.md §2.6, §2.7).
const DATA: &[(&str, &str, &[&str])] = &[
    (
        "cognito-identity",
        "AWS::Cognito::IdentityPool",
        &[
            "GetCredentialsForIdentity",
            "GetId",
            "GetOpenIdToken",
            "GetOpenIdTokenForDeveloperIdentity",
            "UnlinkIdentity",
        ],
    ),
    (
        "dynamodb",
        "AWS::DynamoDB::Table",
        &[
            "GetItem",
            "BatchGetItem",
            "PutItem",
            "UpdateItem",
            "DeleteItem",
            "BatchWriteItem",
            "Query",
            "Scan",
            "TransactGetItems",
            "TransactWriteItems",
            "ExecuteStatement",
            "BatchExecuteStatement",
            "ExecuteTransaction",
        ],
    ),
    ("dynamodbstreams", "AWS::DynamoDB::Stream", &["GetRecords", "GetShardIterator"]),
    (
        "ebs",
        "AWS::EC2::Snapshot",
        &[
            "CompleteSnapshot",
            "GetSnapshotBlock",
            "ListChangedBlocks",
            "ListSnapshotBlocks",
            "PutSnapshotBlock",
            "StartSnapshot",
        ],
    ),
    ("events", "AWS::Events::EventBus", &["PutEvents"]),
    (
        "kinesis",
        "AWS::Kinesis::Stream",
        &["GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard"],
    ),
    ("lambda", "AWS::Lambda::Function", &["Invoke", "InvokeAsync", "InvokeWithResponseStream"]),
    (
        "s3",
        "AWS::S3::Object",
        &[
            "AbortMultipartUpload",
            "CompleteMultipartUpload",
            "CopyObject",
            "CreateMultipartUpload",
            "DeleteObject",
            "DeleteObjectTagging",
            "DeleteObjects",
            "GetObject",
            "GetObjectAcl",
            "GetObjectAttributes",
            "GetObjectLegalHold",
            "GetObjectRetention",
            "GetObjectTagging",
            "GetObjectTorrent",
            "HeadObject",
            "HeadBucket",
            "ListObjectVersions",
            "ListObjects",
            "ListObjectsV2",
            "ListParts",
            "PutObject",
            "PutObjectAcl",
            "PutObjectLegalHold",
            "PutObjectRetention",
            "PutObjectTagging",
            "RenameObject",
            "RestoreObject",
            "SelectObjectContent",
            "UpdateObjectEncryption",
            "UploadPart",
            "UploadPartCopy",
        ],
    ),
    ("sns", "AWS::SNS::Topic", &["Publish", "PublishBatch"]),
    (
        "sqs",
        "AWS::SQS::Queue",
        &[
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "DeleteMessageBatch",
            "GetQueueAttributes",
            "GetQueueUrl",
            "ListDeadLetterSourceQueues",
            "ListQueues",
            "ListQueueTags",
            "ReceiveMessage",
            "SendMessage",
            "SendMessageBatch",
        ],
    ),
    ("stepfunctions", "AWS::StepFunctions::StateMachine", &["StartSyncExecution"]),
];

/// Event sources that are not `<signing name>.amazonaws.com` (cloudtrail.md §11.4), by model.
const SOURCES: &[(&str, &str)] = &[
    ("application-autoscaling", "autoscaling"),
    ("cloudwatch", "monitoring"),
    ("iot-data", "iotdata"),
    ("msk", "kafka"),
    ("rds-data", "rdsdata"),
    ("s3control", "s3"),
    ("stepfunctions", "states"),
];

/// Prefixes of IAM's actions that are not the signing name, by model.
const ACTION_PREFIXES: &[(&str, &str)] = &[
    ("cloudwatch", "cloudwatch"),
    ("lex-models", "lex"),
    ("resource-groups", "resource-groups"),
    ("stepfunctions", "states"),
];

/// Services whose events are of one region of the partition, whatever was asked (cloudtrail.md §2.4).
const GLOBAL: &[&str] = &[
    "account",
    "budgets",
    "ce",
    "cloudfront",
    "health",
    "iam",
    "organizations",
    "route53",
    "route53domains",
    "shield",
    "support",
    "trustedadvisor",
    "waf",
];

/// Events of S3 that are not called after their operation (cloudtrail.md §2.6).
const S3_NAMES: &[(&str, &str)] = &[
    ("DeletePublicAccessBlock", "DeleteBucketPublicAccessBlock"),
    ("GetBucketAccelerateConfiguration", "GetAccelerateConfiguration"),
    ("GetBucketLifecycleConfiguration", "GetBucketLifecycle"),
    ("GetBucketNotificationConfiguration", "GetBucketNotification"),
    ("GetObjectLockConfiguration", "GetBucketObjectLockConfiguration"),
    ("GetPublicAccessBlock", "GetBucketPublicAccessBlock"),
    ("ListObjectsV2", "ListObjects"),
    ("PutBucketAccelerateConfiguration", "PutAccelerateConfiguration"),
    ("PutBucketLifecycleConfiguration", "PutBucketLifecycle"),
    ("PutBucketNotificationConfiguration", "PutBucketNotification"),
    ("PutObjectLockConfiguration", "PutBucketObjectLockConfiguration"),
    ("PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
];

/// Events of Lambda that carry the date of its API (cloudtrail.md §11.5).
const LAMBDA_NAMES: &[(&str, &str)] = &[
    ("AddLayerVersionPermission", "20181031"),
    ("AddPermission", "20150331v2"),
    ("CreateAlias", "20150331"),
    ("CreateEventSourceMapping", "20150331"),
    ("CreateFunction", "20150331"),
    ("DeleteAlias", "20150331"),
    ("DeleteEventSourceMapping", "20150331"),
    ("DeleteFunction", "20150331"),
    ("DeleteFunctionConcurrency", "20171031"),
    ("DeleteLayerVersion", "20181031"),
    ("GetAccountSettings", "20160819"),
    ("GetAlias", "20150331"),
    ("GetEventSourceMapping", "20150331"),
    ("GetFunction", "20150331v2"),
    ("GetFunctionConfiguration", "20150331v2"),
    ("GetLayerVersion", "20181031"),
    ("GetLayerVersionByArn", "20181031"),
    ("GetLayerVersionPolicy", "20181031"),
    ("GetPolicy", "20150331v2"),
    ("ListAliases", "20150331"),
    ("ListEventSourceMappings", "20150331"),
    ("ListFunctions", "20150331"),
    ("ListLayerVersions", "20181031"),
    ("ListLayers", "20181031"),
    ("ListTags", "20170331"),
    ("ListVersionsByFunction", "20150331"),
    ("PublishLayerVersion", "20181031"),
    ("PublishVersion", "20150331"),
    ("PutFunctionConcurrency", "20171031"),
    ("RemoveLayerVersionPermission", "20181031"),
    ("RemovePermission", "20150331v2"),
    ("TagResource", "20170331v2"),
    ("UntagResource", "20170331v2"),
    ("UpdateAlias", "20150331"),
    ("UpdateEventSourceMapping", "20150331"),
    ("UpdateFunctionCode", "20150331v2"),
    ("UpdateFunctionConfiguration", "20150331v2"),
];

/// The class of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Control plane.
    Management,
    /// Data plane, on resources of this type.
    Data(&'static str),
}

/// Whether a call only reads (cloudtrail.md §2.3). One that is known by method and path alone reads when it gets.
pub fn read_only(call: &Call) -> bool {
    let (service, operation) = (call.service, call.operation.as_str());
    if let Some((method, _)) = operation.split_once(' ') {
        return matches!(method, "GET" | "HEAD" | "OPTIONS");
    }
    if listed(WRITES, service, operation) {
        return false;
    }
    listed(READS, service, operation) || service.reads(operation) || tells_reading(operation)
}

fn listed(table: &[(&str, &[&str])], service: &Service, operation: &str) -> bool {
    table.iter().any(|(of, operations)| *of == service.name && operations.contains(&operation))
}

/// Whether a call is of the control or the data plane.
pub fn class(call: &Call) -> Class {
    let of = |(service, _, operations): &&(&str, &str, &[&str])| {
        *service == call.service.name && operations.contains(&call.operation.as_str())
    };
    DATA.iter().find(of).map_or(Class::Management, |(_, resource_type, _)| Class::Data(resource_type))
}

/// What records say of an operation, for who has no request of it but calls it.
#[derive(Clone, Debug)]
pub struct Told {
    /// `eventSource`
    pub event_source: String,
    /// `eventName`
    pub event_name: String,
    /// The class of event.
    pub class: Class,
    /// Whether it only reads.
    pub read_only: bool,
    /// Whether the event is of the partition's global region.
    pub is_global: bool,
    service: Option<&'static Service>,
}

/// What records say of an operation of the service that is signed for. Of a service that the tables do not know its
/// name and the operation's tell.
pub fn told(signed_for: &str, operation: &str) -> Told {
    let mut services = Service::signed_as(signed_for).peekable();
    let first = services.peek().copied();
    let Some(service) = services.find(|service| service.operation(operation).is_some()).or(first) else {
        return Told {
            event_source: format!("{signed_for}.amazonaws.com"),
            event_name: operation.to_owned(),
            class: Class::Management,
            read_only: tells_reading(operation),
            is_global: false,
            service: None,
        };
    };
    let call = Call {
        service,
        operation: operation.to_owned(),
        method: http::Method::POST,
        dialect: service.dialects[0],
        is_known: service.operation(operation).is_some(),
        labels: Vec::new(),
        parameters: Vec::new(),
        version: None,
        path: Path::default(),
    };
    Told {
        event_source: event_source(service),
        event_name: event_name(&call),
        class: class(&call),
        read_only: read_only(&call),
        is_global: is_global(service),
        service: Some(service),
    }
}

impl Told {
    /// `errorCode` for a code that was answered with this status (cloudtrail.md §1.6).
    pub fn error_code(&self, code: &str, status: u16) -> String {
        let code = code.strip_prefix("AWS.SimpleQueueService.").unwrap_or(code);
        match self.service {
            Some(service) if service.speaks(Dialect::Ec2) => {
                format!("{}.{code}", if status < 500 { "Client" } else { "Server" })
            }
            Some(service) => service.error_shape(code).to_owned(),
            None => code.to_owned(),
        }
    }
}

/// `eventSource`
pub fn event_source(service: &Service) -> String {
    let named = SOURCES.iter().find(|(of, _)| *of == service.name).map(|(_, source)| *source);
    format!("{}.amazonaws.com", named.unwrap_or(service.signing_name))
}

/// `eventName`
pub fn event_name(call: &Call) -> String {
    let found = |table: &[(&str, &'static str)]| {
        table.iter().find(|(operation, _)| *operation == call.operation).map(|(_, name)| *name)
    };
    match call.service.name {
        "s3" => found(S3_NAMES).map_or_else(|| call.operation.clone(), str::to_owned),
        "lambda" => format!("{}{}", call.operation, found(LAMBDA_NAMES).unwrap_or_default()),
        "cloudfront" if call.is_known => format!("{}{}", call.operation, call.service.version.replace('-', "_")),
        _ => call.operation.clone(),
    }
}

/// Whether the event is of the partition's global region (cloudtrail.md §2.4).
pub fn is_global(service: &Service) -> bool {
    GLOBAL.contains(&service.name)
}

/// The IAM action of a call. Of a call that is known by method and path alone nobody can tell which action it is, so
/// that it takes leave for all of the service's.
pub fn action(call: &Call) -> String {
    let service = call.service;
    let named = ACTION_PREFIXES.iter().find(|(of, _)| *of == service.name).map(|(_, prefix)| *prefix);
    let prefix = named.unwrap_or(service.signing_name);
    let operation = match (service.name, call.operation.as_str()) {
        // Its actions are the methods of HTTP.
        ("apigateway" | "apigatewayv2", _) => call.method.as_str(),
        (_, operation) if operation.contains(' ') => "*",
        ("s3", operation) => s3_action(operation),
        ("lambda", "Invoke" | "InvokeWithResponseStream") => "InvokeFunction",
        (_, operation) => operation,
    };
    format!("{prefix}:{operation}")
}

/// Actions of S3 are not its operations.
fn s3_action(operation: &str) -> &str {
    match operation {
        "ListBuckets" | "ListDirectoryBuckets" => "ListAllMyBuckets",
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => "ListBucket",
        "ListObjectVersions" => "ListBucketVersions",
        "ListMultipartUploads" => "ListBucketMultipartUploads",
        "ListParts" => "ListMultipartUploadParts",
        "HeadObject" | "SelectObjectContent" => "GetObject",
        "CopyObject"
        | "CreateMultipartUpload"
        | "UploadPart"
        | "UploadPartCopy"
        | "CompleteMultipartUpload"
        | "RenameObject" => "PutObject",
        "DeleteObjects" => "DeleteObject",
        "GetBucketLifecycleConfiguration" => "GetLifecycleConfiguration",
        "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle" => "PutLifecycleConfiguration",
        "GetBucketNotificationConfiguration" => "GetBucketNotification",
        "PutBucketNotificationConfiguration" => "PutBucketNotification",
        "GetBucketEncryption" => "GetEncryptionConfiguration",
        "PutBucketEncryption" | "DeleteBucketEncryption" => "PutEncryptionConfiguration",
        "GetBucketReplication" => "GetReplicationConfiguration",
        "PutBucketReplication" | "DeleteBucketReplication" => "PutReplicationConfiguration",
        "GetObjectLockConfiguration" => "GetBucketObjectLockConfiguration",
        "PutObjectLockConfiguration" => "PutBucketObjectLockConfiguration",
        "GetPublicAccessBlock" => "GetBucketPublicAccessBlock",
        "PutPublicAccessBlock" | "DeletePublicAccessBlock" => "PutBucketPublicAccessBlock",
        "DeleteBucketTagging" => "PutBucketTagging",
        "DeleteBucketCors" => "PutBucketCORS",
        "GetBucketAccelerateConfiguration" => "GetAccelerateConfiguration",
        "PutBucketAccelerateConfiguration" => "PutAccelerateConfiguration",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(service: &str, operation: &str) -> Call {
        Call {
            service: Service::named(service).unwrap(),
            operation: operation.to_owned(),
            method: http::Method::POST,
            dialect: Dialect::Json,
            is_known: true,
            labels: Vec::new(),
            parameters: Vec::new(),
            version: None,
            path: Path::default(),
        }
    }

    #[test]
    fn calls_read_or_write_by_name_but_for_those_that_do_not() {
        for (service, operation, expected) in [
            ("ec2", "DescribeInstances", true),
            ("ec2", "RunInstances", false),
            ("sqs", "ReceiveMessage", true),
            ("sqs", "SendMessage", false),
            ("kms", "Decrypt", true),
            ("kms", "CreateGrant", false),
            ("sts", "GetSessionToken", false),
            ("sts", "AssumeRole", true),
            ("dynamodb", "ExecuteStatement", false),
            ("iam", "Issue", false),
            ("grafana", "GET /things", true),
            ("grafana", "POST /things", false),
        ] {
            assert_eq!(read_only(&call(service, operation)), expected, "{service} {operation}");
        }
    }

    #[test]
    fn calls_of_the_data_plane_are_on_a_type_of_resource() {
        assert_eq!(class(&call("dynamodb", "PutItem")), Class::Data("AWS::DynamoDB::Table"));
        assert_eq!(class(&call("dynamodb", "CreateTable")), Class::Management);
        assert_eq!(class(&call("kms", "Decrypt")), Class::Management);
        assert_eq!(class(&call("s3", "CreateBucket")), Class::Management);
    }

    #[test]
    fn every_operation_of_the_tables_here_is_one_of_its_service() {
        let all = READS.iter().chain(WRITES).map(|(service, operations)| (*service, *operations));
        for (service, operations) in all.chain(DATA.iter().map(|(service, _, operations)| (*service, *operations))) {
            let service = Service::named(service).unwrap_or_else(|| panic!("no service {service}"));
            for operation in operations {
                assert_eq!(service.operation(operation), Some(*operation), "{}", service.name);
            }
        }
        let lambda = Service::named("lambda").unwrap();
        assert!(LAMBDA_NAMES.iter().all(|(operation, _)| lambda.operation(operation).is_some()));
        let s3 = Service::named("s3").unwrap();
        assert!(S3_NAMES.iter().all(|(operation, _)| s3.operation(operation).is_some()));
    }

    #[test]
    fn events_have_the_names_of_records() {
        assert_eq!(event_name(&call("lambda", "GetFunction")), "GetFunction20150331v2");
        assert_eq!(event_name(&call("lambda", "GetPolicy")), "GetPolicy20150331v2");
        assert_eq!(event_name(&call("lambda", "Invoke")), "Invoke");
        assert_eq!(event_name(&call("s3", "ListObjectsV2")), "ListObjects");
        assert_eq!(event_name(&call("cloudfront", "CreateDistribution")), "CreateDistribution2020_05_31");
        assert_eq!(event_source(Service::named("cloudwatch").unwrap()), "monitoring.amazonaws.com");
        assert_eq!(event_source(Service::named("opensearch").unwrap()), "es.amazonaws.com");
        assert_eq!(event_source(Service::named("efs").unwrap()), "elasticfilesystem.amazonaws.com");
        assert_eq!(event_source(Service::named("bedrock-runtime").unwrap()), "bedrock.amazonaws.com");
    }

    #[test]
    fn operations_are_told_of_without_a_request() {
        for (signed_for, operation, expected) in [
            ("ec2", "StopInstances", ("ec2.amazonaws.com", "StopInstances", None, false)),
            ("sqs", "SendMessage", ("sqs.amazonaws.com", "SendMessage", Some("AWS::SQS::Queue"), false)),
            ("sqs", "GetQueueUrl", ("sqs.amazonaws.com", "GetQueueUrl", Some("AWS::SQS::Queue"), true)),
            ("lambda", "Invoke", ("lambda.amazonaws.com", "Invoke", Some("AWS::Lambda::Function"), false)),
            ("kinesis", "PutRecord", ("kinesis.amazonaws.com", "PutRecord", Some("AWS::Kinesis::Stream"), false)),
            ("autoscaling", "ExecutePolicy", ("autoscaling.amazonaws.com", "ExecutePolicy", None, false)),
            ("autoscaling", "DescribePolicies", ("autoscaling.amazonaws.com", "DescribePolicies", None, true)),
            ("ssm", "CreateOpsItem", ("ssm.amazonaws.com", "CreateOpsItem", None, false)),
            ("ssm-incidents", "StartIncident", ("ssm-incidents.amazonaws.com", "StartIncident", None, false)),
            ("nobodys", "ListThings", ("nobodys.amazonaws.com", "ListThings", None, true)),
        ] {
            let told = told(signed_for, operation);
            let class = match told.class {
                Class::Management => None,
                Class::Data(resource_type) => Some(resource_type),
            };
            let found = (told.event_source.as_str(), told.event_name.as_str(), class, told.read_only);
            assert_eq!(found, expected, "{signed_for} {operation}");
        }
        assert!(told("iam", "CreateUser").is_global && !told("ec2", "StopInstances").is_global);
    }

    #[test]
    fn codes_of_errors_are_those_of_records() {
        for (signed_for, code, status, expected) in [
            ("ec2", "InvalidInstanceID.NotFound", 400, "Client.InvalidInstanceID.NotFound"),
            ("ec2", "InternalError", 500, "Server.InternalError"),
            ("sqs", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400, "BatchEntryIdsNotDistinct"),
            ("lambda", "ResourceNotFoundException", 404, "ResourceNotFoundException"),
            ("nobodys", "Gone", 410, "Gone"),
        ] {
            assert_eq!(told(signed_for, "Anything").error_code(code, status), expected, "{signed_for} {code}");
        }
    }

    #[test]
    fn actions_are_those_of_policies() {
        assert_eq!(action(&call("s3", "ListObjectsV2")), "s3:ListBucket");
        assert_eq!(action(&call("lambda", "Invoke")), "lambda:InvokeFunction");
        assert_eq!(action(&call("cloudwatch", "PutMetricData")), "cloudwatch:PutMetricData");
        assert_eq!(action(&call("grafana", "GET /x")), "grafana:*");
    }
}
