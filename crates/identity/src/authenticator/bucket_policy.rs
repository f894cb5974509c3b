//! Policies of buckets, which may let in whoever comes, and services with more conditions than others.

use std::collections::BTreeMap;

use api::CallContext;
use base::{AccountId, Timestamp};

use super::Authenticator;
use crate::policy::{Caller, Context, Document, Effect, PolicyKind, Request, TrustDecision, evaluate_trust};

/// A service that acts for a resource of an account.
#[derive(Clone, Copy, Debug)]
pub struct ServiceCaller<'a> {
    /// Such as `cloudtrail.amazonaws.com`.
    pub service: &'a str,
    /// The resource that it acts for.
    pub source_arn: &'a str,
    /// The account of that resource.
    pub source_account: &'a AccountId,
}

/// One action on one resource.
#[derive(Clone, Copy, Debug)]
pub struct ResourceRequest<'a> {
    /// Such as `s3:PutObject`.
    pub action: &'a str,
    /// The resource's ARN.
    pub resource: &'a str,
    /// Condition keys of the action, with their values.
    pub conditions: &'a [(String, Vec<String>)],
}

/// Conditions on these keys, when they are compared for equality with fixed values, keep a policy from being public
/// (documented for S3's Block Public Access).
const FIXING_KEYS: [&str; 9] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
];

impl Authenticator {
    /// Whether the policy of a resource lets anyone do it who does not say who it is. A policy that cannot be read lets
    /// nobody.
    pub fn anyone_may(&self, cx: &CallContext, policy: &str, asked: &ResourceRequest<'_>) -> bool {
        let context = self.context(cx);
        allows(policy, &Caller::Anyone, asked, context)
    }

    /// Whether the policy of a resource lets a service do it. A policy that cannot be read lets nobody.
    pub fn service_may_do(
        policy: &str,
        service: &ServiceCaller<'_>,
        asked: &ResourceRequest<'_>,
        now: Timestamp,
    ) -> bool {
        let mut context = Context::default();
        context.set("aws:CurrentTime", now.iso_secs());
        context.set("aws:EpochTime", now.secs().to_string());
        context.set("aws:SourceArn", service.source_arn);
        context.set("aws:SourceAccount", service.source_account.as_str());
        context.set("aws:PrincipalIsAWSService", "true");
        context.set("aws:PrincipalServiceName", service.service);
        context.set("aws:SecureTransport", "true");
        let caller = Caller::ServiceUsing { name: service.service.to_owned() };
        allows(policy, &caller, asked, context)
    }

    /// Whether a policy of a resource lets in whoever comes: it allows `*` something, under no condition that tells
    /// callers apart by fixed values.
    pub fn is_public(policy: &str) -> bool {
        let Ok(document) = Document::parse(policy, PolicyKind::Resource) else { return false };
        document.statements.iter().any(|statement| {
            let everyone = statement
                .principal
                .as_ref()
                .is_some_and(|element| element.inverted || element.aws.iter().any(|name| name == "*"));
            let fixed = statement.conditions.iter().any(|condition| {
                FIXING_KEYS.contains(&condition.name().to_ascii_lowercase().as_str())
            });
            statement.effect == Effect::Allow && everyone && !fixed
        })
    }
}

fn allows(policy: &str, caller: &Caller, asked: &ResourceRequest<'_>, mut context: Context) -> bool {
    let Ok(document) = Document::parse(policy, PolicyKind::Resource) else { return false };
    for (name, values) in asked.conditions {
        context.set_all(name, values.clone());
    }
    let request = Request { action: asked.action, resource: asked.resource, context: &context };
    evaluate_trust(&document, caller, &BTreeMap::new(), &request) == TrustDecision::Direct
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_public_when_it_lets_in_whoever_comes() {
        let policy = |principal: &str, condition: &str| {
            format!(
                r#"{{"Statement": [{{"Effect": "Allow", "Principal": {principal}, "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::b/*", "Condition": {condition}}}]}}"#
            )
        };
        let table = [
            (r#""*""#, "{}", true),
            (r#"{"AWS": "*"}"#, "{}", true),
            (r#"{"AWS": "111122223333"}"#, "{}", false),
            (r#"{"Service": "cloudtrail.amazonaws.com"}"#, "{}", false),
            (r#""*""#, r#"{"StringEquals": {"aws:SourceAccount": "111122223333"}}"#, false),
            (r#""*""#, r#"{"StringEquals": {"s3:x-amz-acl": "private"}}"#, true),
        ];
        for (principal, condition, expected) in table {
            assert_eq!(Authenticator::is_public(&policy(principal, condition)), expected, "{principal} {condition}");
        }
    }

    #[test]
    fn a_service_is_let_in_under_the_conditions_of_the_policy() {
        let policy = r#"{"Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/AWSLogs/111122223333/*", "Condition":
            {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": "arn:trail"}}}]}"#;
        let account: AccountId = "111122223333".parse().unwrap();
        let may = |service: &str, source_arn: &str, resource: &str, acl: &str| {
            let service = ServiceCaller { service, source_arn, source_account: &account };
            let conditions = [("s3:x-amz-acl".to_owned(), vec![acl.to_owned()])];
            let asked = ResourceRequest { action: "s3:PutObject", resource, conditions: &conditions };
            Authenticator::service_may_do(policy, &service, &asked, Timestamp::from_secs(0))
        };
        let (trail, key, acl) = ("cloudtrail.amazonaws.com", "arn:aws:s3:::b/AWSLogs/111122223333/x", "bucket-owner-full-control");
        assert!(may(trail, "arn:trail", key, acl));
        assert!(!may("logs.amazonaws.com", "arn:trail", key, acl));
        assert!(!may(trail, "arn:other", key, acl));
        assert!(!may(trail, "arn:trail", "arn:aws:s3:::b/other", acl));
        assert!(!may(trail, "arn:trail", key, "private"));
    }
}
