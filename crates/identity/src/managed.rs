//! The managed policies that every account has: AWS's names, written to their effect over
//! the services that are here.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use base::{Partition, Timestamp};
use ring::digest;

use crate::policy::{Document, PolicyKind};
use crate::record::policy_arn;

/// One of AWS's managed policies.
#[derive(Debug)]
pub struct AwsPolicy {
    /// The path, such as `/service-role/`.
    pub path: String,
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: &'static str,
    /// The document's text.
    pub text: String,
    /// The document.
    pub document: Arc<Document>,
}

/// When AWS's managed policies came to be.
pub const CREATED: Timestamp = Timestamp::from_secs(1_423_247_940);

impl AwsPolicy {
    /// `arn:aws:iam::aws:policy/…`
    pub fn arn(&self, partition: Partition) -> String {
        policy_arn(partition, "aws", &self.path, &self.name)
    }

    /// A unique id that is the same on every server.
    pub fn id(&self) -> String {
        let hash = digest::digest(&digest::SHA256, self.name.as_bytes());
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let tail: String = hash.as_ref()[..17].iter().map(|byte| char::from(letters[usize::from(byte & 31)])).collect();
        format!("ANPA{tail}")
    }
}

/// All of them, by path and name without the first `/`.
pub fn all() -> &'static BTreeMap<String, AwsPolicy> {
    static ALL: LazyLock<BTreeMap<String, AwsPolicy>> = LazyLock::new(|| {
        let policies = POLICIES.iter().map(|(name, description, statements)| build(name, description, statements));
        policies.collect()
    });
    &ALL
}

/// The policy of this path and name, such as `job-function/ViewOnlyAccess`.
pub fn find(path_and_name: &str) -> Option<&'static AwsPolicy> {
    all().get(path_and_name)
}

fn build(full_name: &str, description: &'static str, statements: &str) -> (String, AwsPolicy) {
    let (path, name) = match full_name.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), full_name),
    };
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let document = Document::parse(&text, PolicyKind::Managed).expect("every built-in policy is tested to parse");
    let policy = AwsPolicy { path, name: name.to_owned(), description, text, document: Arc::new(document) };
    (full_name.to_owned(), policy)
}

const READ_CLOUDWATCH: &str = r#"{"Effect":"Allow","Action":["cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","logs:Describe*","logs:Get*","logs:List*","logs:FilterLogEvents","logs:StartQuery","logs:StopQuery","logs:TestMetricFilter","logs:StartLiveTail","logs:StopLiveTail","sns:Get*","sns:List*","iam:GetPolicy","iam:GetPolicyVersion","iam:GetRole"],"Resource":"*"}"#;

/// Path and name, description, statements.
const POLICIES: &[(&str, &str, &str)] = &[
    (
        "AdministratorAccess",
        "Provides full access to AWS services and resources.",
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
    ),
    (
        "ReadOnlyAccess",
        "Provides read-only access to AWS services and resources.",
        r#"{"Effect":"Allow","Action":["cloudtrail:Describe*","cloudtrail:Get*","cloudtrail:List*","cloudtrail:LookupEvents","cloudtrail:SearchSampleQueries","cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","config:BatchGet*","config:Deliver*","config:Describe*","config:Get*","config:List*","config:Select*","iam:Get*","iam:List*","iam:Simulate*","logs:Describe*","logs:FilterLogEvents","logs:Get*","logs:List*","logs:StartQuery","logs:StopQuery","logs:StartLiveTail","logs:StopLiveTail","logs:TestMetricFilter","s3:Describe*","s3:Get*","s3:List*","sns:Check*","sns:Get*","sns:List*","ssm:Describe*","ssm:Get*","ssm:List*","sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken"],"Resource":"*"}"#,
    ),
    (
        "job-function/ViewOnlyAccess",
        "This policy grants permissions to view resources and basic metadata across all AWS services.",
        r#"{"Effect":"Allow","Action":["cloudtrail:DescribeTrails","cloudtrail:GetTrail","cloudtrail:GetTrailStatus","cloudtrail:ListTrails","cloudtrail:LookupEvents","cloudwatch:Describe*","cloudwatch:GetMetricData","cloudwatch:GetMetricStatistics","cloudwatch:List*","config:Describe*","config:Get*","config:List*","iam:GetAccountSummary","iam:List*","logs:Describe*","s3:ListAllMyBuckets","s3:ListBucket","sns:List*","ssm:Describe*","ssm:List*"],"Resource":"*"}"#,
    ),
    (
        "SecurityAudit",
        "The security audit template grants access to read security configuration metadata.",
        r#"{"Effect":"Allow","Action":["cloudtrail:Describe*","cloudtrail:GetEventDataStore","cloudtrail:GetEventSelectors","cloudtrail:GetInsightSelectors","cloudtrail:GetTrail","cloudtrail:GetTrailStatus","cloudtrail:List*","cloudtrail:LookupEvents","cloudwatch:Describe*","cloudwatch:List*","config:BatchGet*","config:Deliver*","config:Describe*","config:Get*","config:List*","config:Select*","iam:GenerateCredentialReport","iam:Get*","iam:List*","iam:Simulate*","logs:Describe*","logs:List*","s3:GetAccelerateConfiguration","s3:GetBucket*","s3:GetEncryptionConfiguration","s3:GetLifecycleConfiguration","s3:GetObjectAcl","s3:ListAllMyBuckets","sns:GetTopicAttributes","sns:List*","ssm:Describe*","ssm:GetInventory*","ssm:List*"],"Resource":"*"}"#,
    ),
    (
        "AWSCloudTrail_FullAccess",
        "Provides full access to AWS CloudTrail.",
        r#"{"Effect":"Allow","Action":["cloudtrail:*","cloudtrail-data:*"],"Resource":"*"},{"Effect":"Allow","Action":["sns:AddPermission","sns:CreateTopic","sns:SetTopicAttributes","sns:GetTopicAttributes"],"Resource":"arn:*:sns:*:*:aws-cloudtrail-logs*"},{"Effect":"Allow","Action":"sns:ListTopics","Resource":"*"},{"Effect":"Allow","Action":["s3:CreateBucket","s3:PutBucketPolicy","s3:PutBucketPublicAccessBlock"],"Resource":"arn:*:s3:::aws-cloudtrail-logs*"},{"Effect":"Allow","Action":["s3:ListAllMyBuckets","s3:GetBucketLocation","s3:GetBucketPolicy"],"Resource":"*"},{"Effect":"Allow","Action":"logs:CreateLogGroup","Resource":"arn:*:logs:*:*:log-group:aws-cloudtrail-logs*"},{"Effect":"Allow","Action":["iam:ListRoles","iam:GetRolePolicy","iam:GetUser","logs:DescribeLogGroups"],"Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"cloudtrail.amazonaws.com"}}}"#,
    ),
    (
        "AWSCloudTrail_ReadOnlyAccess",
        "Provides read only access to AWS CloudTrail.",
        r#"{"Effect":"Allow","Action":["cloudtrail:Get*","cloudtrail:Describe*","cloudtrail:List*","cloudtrail:LookupEvents","cloudtrail:SearchSampleQueries"],"Resource":"*"}"#,
    ),
    (
        "CloudWatchFullAccess",
        "Provides full access to CloudWatch.",
        r#"{"Effect":"Allow","Action":["cloudwatch:*","logs:*","sns:*","iam:GetPolicy","iam:GetPolicyVersion","iam:GetRole"],"Resource":"*"}"#,
    ),
    (
        "CloudWatchFullAccessV2",
        "Provides full access to CloudWatch.",
        r#"{"Effect":"Allow","Action":["cloudwatch:*","logs:*","sns:CreateTopic","sns:ListSubscriptions","sns:ListSubscriptionsByTopic","sns:ListTopics","sns:Subscribe","iam:GetPolicy","iam:GetPolicyVersion","iam:GetRole"],"Resource":"*"}"#,
    ),
    ("CloudWatchReadOnlyAccess", "Provides read only access to CloudWatch.", READ_CLOUDWATCH),
    (
        "CloudWatchLogsFullAccess",
        "Provides full access to CloudWatch Logs",
        r#"{"Effect":"Allow","Action":["logs:*","cloudwatch:GenerateQuery"],"Resource":"*"}"#,
    ),
    (
        "CloudWatchLogsReadOnlyAccess",
        "Provides read only access to CloudWatch Logs",
        r#"{"Effect":"Allow","Action":["logs:Describe*","logs:Get*","logs:List*","logs:StartQuery","logs:StopQuery","logs:TestMetricFilter","logs:FilterLogEvents","logs:StartLiveTail","logs:StopLiveTail","cloudwatch:GenerateQuery"],"Resource":"*"}"#,
    ),
    (
        "CloudWatchAgentServerPolicy",
        "Permissions required to use AmazonCloudWatchAgent on servers",
        r#"{"Effect":"Allow","Action":["cloudwatch:PutMetricData","logs:PutLogEvents","logs:PutRetentionPolicy","logs:DescribeLogStreams","logs:DescribeLogGroups","logs:CreateLogStream","logs:CreateLogGroup"],"Resource":"*"},{"Effect":"Allow","Action":"ssm:GetParameter","Resource":"arn:*:ssm:*:*:parameter/AmazonCloudWatch-*"}"#,
    ),
    (
        "AWSConfigUserAccess",
        "Provides access to use AWS Config, including searching by tags on resources, and reading all tags.",
        r#"{"Effect":"Allow","Action":["config:Get*","config:Describe*","config:Deliver*","config:List*","config:Select*","cloudtrail:DescribeTrails","cloudtrail:GetTrailStatus","cloudtrail:LookupEvents"],"Resource":"*"}"#,
    ),
    (
        "service-role/AWS_ConfigRole",
        "Default policy for AWS Config service role. Provides permissions required for AWS Config to track changes to your AWS resources.",
        r#"{"Effect":"Allow","Action":["cloudtrail:Describe*","cloudtrail:Get*","cloudtrail:List*","cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","config:BatchGet*","config:Describe*","config:Get*","config:List*","config:Put*","config:Select*","iam:Get*","iam:List*","logs:Describe*","logs:List*","s3:GetAccelerateConfiguration","s3:GetBucket*","s3:GetEncryptionConfiguration","s3:GetLifecycleConfiguration","s3:GetReplicationConfiguration","s3:ListAllMyBuckets","s3:ListBucket","sns:Get*","sns:List*","ssm:Describe*","ssm:Get*","ssm:List*"],"Resource":"*"}"#,
    ),
    (
        "AmazonSNSFullAccess",
        "Provides full access to Amazon SNS via the AWS Management Console.",
        r#"{"Effect":"Allow","Action":"sns:*","Resource":"*"}"#,
    ),
    (
        "AmazonSNSReadOnlyAccess",
        "Provides read only access to Amazon SNS via the AWS Management Console.",
        r#"{"Effect":"Allow","Action":["sns:GetTopicAttributes","sns:List*","sns:CheckIfPhoneNumberIsOptedOut","sns:GetEndpointAttributes","sns:GetDataProtectionPolicy","sns:GetPlatformApplicationAttributes","sns:GetSMSAttributes","sns:GetSMSSandboxAccountStatus","sns:GetSubscriptionAttributes"],"Resource":"*"}"#,
    ),
    (
        "IAMFullAccess",
        "Provides full access to IAM via the AWS Management Console.",
        r#"{"Effect":"Allow","Action":"iam:*","Resource":"*"}"#,
    ),
    (
        "IAMReadOnlyAccess",
        "Provides read only access to IAM via the AWS Management Console.",
        r#"{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"}"#,
    ),
    (
        "AmazonSSMFullAccess",
        "Provides full access to Amazon SSM.",
        r#"{"Effect":"Allow","Action":["ssm:*","cloudwatch:PutMetricData","logs:*"],"Resource":"*"}"#,
    ),
    (
        "AmazonSSMReadOnlyAccess",
        "Provides read only access to Amazon SSM.",
        r#"{"Effect":"Allow","Action":["ssm:Describe*","ssm:Get*","ssm:List*"],"Resource":"*"}"#,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Context, Origin, Policies, Request, Source, evaluate};

    fn allows(policy: &str, action: &str) -> bool {
        let policy = find(policy).unwrap();
        let source =
            Source { name: policy.name.clone(), origin: Origin::AwsManaged, document: policy.document.clone() };
        let policies = Policies { identity: vec![source], ..Policies::default() };
        let request = Request { action, resource: "arn:aws:x:::y", context: &Context::default() };
        evaluate(&policies, &request).is_allowed()
    }

    #[test]
    fn every_built_in_policy_parses_and_fits() {
        assert_eq!(all().len(), POLICIES.len());
        assert!(all().values().all(|policy| policy.text.len() <= 6144 && policy.id().len() == 21));
        assert_eq!(
            find("service-role/AWS_ConfigRole").unwrap().arn(Partition::China),
            "arn:aws-cn:iam::aws:policy/service-role/AWS_ConfigRole"
        );
    }

    #[test]
    fn built_in_policies_do_what_their_names_say() {
        for (policy, action, expected) in [
            ("AdministratorAccess", "iam:CreateUser", true),
            ("ReadOnlyAccess", "logs:GetLogEvents", true),
            ("ReadOnlyAccess", "cloudtrail:LookupEvents", true),
            ("ReadOnlyAccess", "logs:PutLogEvents", false),
            ("ReadOnlyAccess", "config:SelectResourceConfig", true),
            ("job-function/ViewOnlyAccess", "logs:GetLogEvents", false),
            ("job-function/ViewOnlyAccess", "logs:DescribeLogGroups", true),
            ("SecurityAudit", "iam:GetRole", true),
            ("SecurityAudit", "iam:CreateRole", false),
            ("AWSCloudTrail_FullAccess", "cloudtrail:DeleteTrail", true),
            ("AWSCloudTrail_ReadOnlyAccess", "cloudtrail:DeleteTrail", false),
            ("CloudWatchFullAccess", "cloudwatch:PutMetricAlarm", true),
            ("CloudWatchReadOnlyAccess", "cloudwatch:PutMetricData", false),
            ("CloudWatchReadOnlyAccess", "logs:FilterLogEvents", true),
            ("CloudWatchLogsFullAccess", "logs:DeleteLogGroup", true),
            ("CloudWatchLogsReadOnlyAccess", "logs:DeleteLogGroup", false),
            ("CloudWatchAgentServerPolicy", "cloudwatch:PutMetricData", true),
            ("CloudWatchAgentServerPolicy", "cloudwatch:GetMetricData", false),
            ("AmazonSNSFullAccess", "sns:Publish", true),
            ("AmazonSNSReadOnlyAccess", "sns:Publish", false),
            ("IAMFullAccess", "iam:CreateUser", true),
            ("IAMReadOnlyAccess", "iam:CreateUser", false),
            ("AmazonSSMFullAccess", "ssm:PutParameter", true),
            ("AmazonSSMReadOnlyAccess", "ssm:PutParameter", false),
            ("AWSConfigUserAccess", "config:PutConfigRule", false),
            ("service-role/AWS_ConfigRole", "iam:GetUser", true),
        ] {
            assert_eq!(allows(policy, action), expected, "{policy} {action}");
        }
    }
}
