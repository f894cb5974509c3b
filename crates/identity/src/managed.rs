//! The managed policies that every account has: AWS's names, written to their effect over
//! the services that are here. One file each beside this, and a line in the table below.

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
    pub text: &'static str,
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
        let policies = POLICIES.iter().map(|(name, description, text)| build(name, description, text));
        policies.collect()
    });
    &ALL
}

/// The policy of this path and name, such as `job-function/ViewOnlyAccess`.
pub fn find(path_and_name: &str) -> Option<&'static AwsPolicy> {
    all().get(path_and_name)
}

fn build(full_name: &str, description: &'static str, text: &'static str) -> (String, AwsPolicy) {
    let (path, name) = match full_name.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), full_name),
    };
    let document = Document::parse(text, PolicyKind::Managed).expect("every built-in policy is tested to parse");
    let policy = AwsPolicy { path, name: name.to_owned(), description, text, document: Arc::new(document) };
    (full_name.to_owned(), policy)
}

/// Path and name, description, document.
const POLICIES: &[(&str, &str, &str)] = &[
    (
        "AdministratorAccess",
        "Provides full access to AWS services and resources.",
        include_str!("managed/AdministratorAccess.json"),
    ),
    (
        "ReadOnlyAccess",
        "Provides read-only access to AWS services and resources.",
        include_str!("managed/ReadOnlyAccess.json"),
    ),
    (
        "job-function/ViewOnlyAccess",
        "This policy grants permissions to view resources and basic metadata across all AWS services.",
        include_str!("managed/ViewOnlyAccess.json"),
    ),
    (
        "SecurityAudit",
        "The security audit template grants access to read security configuration metadata.",
        include_str!("managed/SecurityAudit.json"),
    ),
    (
        "AWSCloudTrail_FullAccess",
        "Provides full access to AWS CloudTrail.",
        include_str!("managed/AWSCloudTrail_FullAccess.json"),
    ),
    (
        "AWSCloudTrail_ReadOnlyAccess",
        "Provides read only access to AWS CloudTrail.",
        include_str!("managed/AWSCloudTrail_ReadOnlyAccess.json"),
    ),
    ("CloudWatchFullAccess", "Provides full access to CloudWatch.", include_str!("managed/CloudWatchFullAccess.json")),
    (
        "CloudWatchFullAccessV2",
        "Provides full access to CloudWatch.",
        include_str!("managed/CloudWatchFullAccessV2.json"),
    ),
    (
        "CloudWatchReadOnlyAccess",
        "Provides read only access to CloudWatch.",
        include_str!("managed/CloudWatchReadOnlyAccess.json"),
    ),
    (
        "CloudWatchLogsFullAccess",
        "Provides full access to CloudWatch Logs",
        include_str!("managed/CloudWatchLogsFullAccess.json"),
    ),
    (
        "CloudWatchLogsReadOnlyAccess",
        "Provides read only access to CloudWatch Logs",
        include_str!("managed/CloudWatchLogsReadOnlyAccess.json"),
    ),
    (
        "CloudWatchAgentServerPolicy",
        "Permissions required to use AmazonCloudWatchAgent on servers",
        include_str!("managed/CloudWatchAgentServerPolicy.json"),
    ),
    (
        "AWSConfigUserAccess",
        "Provides access to use AWS Config, including searching by tags on resources, and reading all tags.",
        include_str!("managed/AWSConfigUserAccess.json"),
    ),
    (
        "service-role/AWS_ConfigRole",
        "Default policy for AWS Config service role. Provides permissions required for AWS Config to track changes to your AWS resources.",
        include_str!("managed/AWS_ConfigRole.json"),
    ),
    (
        "AmazonSNSFullAccess",
        "Provides full access to Amazon SNS via the AWS Management Console.",
        include_str!("managed/AmazonSNSFullAccess.json"),
    ),
    (
        "AmazonSNSReadOnlyAccess",
        "Provides read only access to Amazon SNS via the AWS Management Console.",
        include_str!("managed/AmazonSNSReadOnlyAccess.json"),
    ),
    (
        "IAMFullAccess",
        "Provides full access to IAM via the AWS Management Console.",
        include_str!("managed/IAMFullAccess.json"),
    ),
    (
        "IAMReadOnlyAccess",
        "Provides read only access to IAM via the AWS Management Console.",
        include_str!("managed/IAMReadOnlyAccess.json"),
    ),
    ("AmazonSSMFullAccess", "Provides full access to Amazon SSM.", include_str!("managed/AmazonSSMFullAccess.json")),
    (
        "AmazonSSMReadOnlyAccess",
        "Provides read only access to Amazon SSM.",
        include_str!("managed/AmazonSSMReadOnlyAccess.json"),
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
        assert!(all().values().all(
            |policy| policy.text.split_whitespace().map(str::len).sum::<usize>() <= 6144 && policy.id().len() == 21
        ));
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
