//! `S3_BUCKET_PUBLIC_READ_PROHIBITED`: the public cannot read buckets.

use crate::rule::{Fact, ManagedRule, Subject, Trigger};
use crate::shapes::bucket::{Access, BUCKET, judge_public_access};

/// `S3_BUCKET_PUBLIC_READ_PROHIBITED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_BUCKET_PUBLIC_READ_PROHIBITED",
    trigger: Trigger::ChangeAndPeriodic,
    subject: Subject::Resources(&[BUCKET]),
    parameters: &[],
    facts: &[Fact::AccountPublicAccessBlock],
    evaluate: |item, _, inventory| judge_public_access(item, inventory, Access::Read).unwrap_or_else(|untold| untold),
};

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rule::shelf::{self, Shelf};
    use crate::rule::{Asked, Compliance, PublicAccessBlock};
    use crate::shapes::bucket::examples::{OWNER, acl, bucket, bucket_with_policy};

    fn judged(item: &crate::Item, public_access_block: Asked<PublicAccessBlock>) -> Compliance {
        let shelf = Shelf { public_access_block, ..Shelf::default() };
        shelf::judged_among(&RULE, item, json!({}), &shelf)
    }

    fn allowing(principal: &Value, action: &Value, condition: &Value) -> Value {
        let resource = ["arn:aws:s3:::acme", "arn:aws:s3:::acme/*"];
        json!({ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, "Condition": condition })
    }

    #[test]
    fn no_policy_lets_the_public_read() {
        let (all, none) = (json!("*"), json!({}));
        for (statements, expected) in [
            (allowing(&all, &json!("s3:GetObject"), &none), Compliance::NonCompliant),
            (
                allowing(&json!({ "AWS": "*" }), &json!(["s3:PutObject", "s3:ListBucket"]), &none),
                Compliance::NonCompliant,
            ),
            (allowing(&all, &json!("*"), &none), Compliance::NonCompliant),
            (allowing(&all, &json!("s3:*Object"), &none), Compliance::NonCompliant),
            (allowing(&all, &json!("s3:PutObject"), &none), Compliance::Compliant),
            (
                allowing(&json!({ "AWS": "arn:aws:iam::444455556666:root" }), &json!("s3:*"), &none),
                Compliance::Compliant,
            ),
            (
                allowing(&json!({ "Service": "cloudtrail.amazonaws.com" }), &json!("s3:GetBucketAcl"), &none),
                Compliance::Compliant,
            ),
            (
                allowing(&all, &json!("s3:GetObject"), &json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } })),
                Compliance::Compliant,
            ),
            (
                allowing(&all, &json!("s3:GetObject"), &json!({ "IpAddress": { "aws:SourceIp": "0.0.0.0/0" } })),
                Compliance::NonCompliant,
            ),
            (
                allowing(&all, &json!("s3:GetObject"), &json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } })),
                Compliance::Compliant,
            ),
            (
                allowing(&all, &json!("s3:GetObject"), &json!({ "StringLike": { "aws:SourceVpce": "vpce-*" } })),
                Compliance::NonCompliant,
            ),
            (
                json!({ "Effect": "Allow", "NotPrincipal": { "AWS": "444455556666" }, "Action": "s3:GetObject", "Resource": "*" }),
                Compliance::NonCompliant,
            ),
            (
                json!({ "Effect": "Allow", "Principal": "*", "NotAction": "s3:Put*", "Resource": "*" }),
                Compliance::NonCompliant,
            ),
            (
                json!({ "Effect": "Allow", "Principal": "*", "NotAction": ["s3:Get*", "s3:List*"], "Resource": "*" }),
                Compliance::Compliant,
            ),
            (
                json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" }),
                Compliance::Compliant,
            ),
        ] {
            let item = bucket_with_policy(statements.clone());
            assert_eq!(judged(&item, Asked::Nothing), expected, "{statements}");
        }
    }

    #[test]
    fn no_access_control_list_lets_the_public_read() {
        let own = json!({ "grantee": { "id": OWNER }, "permission": "FullControl" });
        for (grantee, permission, expected) in [
            (json!("AllUsers"), "Read", Compliance::NonCompliant),
            (json!("AllUsers"), "ReadAcp", Compliance::NonCompliant),
            (json!("AuthenticatedUsers"), "FullControl", Compliance::NonCompliant),
            (json!("AllUsers"), "Write", Compliance::Compliant),
            (json!("LogDelivery"), "Read", Compliance::Compliant),
            (json!({ "id": "another", "displayName": null }), "Read", Compliance::Compliant),
        ] {
            let grants = json!([own, { "grantee": grantee, "permission": permission }]);
            let item = bucket(json!({ "AccessControlList": acl(grants) }));
            assert_eq!(judged(&item, Asked::Nothing), expected, "{grantee} {permission}");
        }
    }

    #[test]
    fn what_is_blocked_for_the_bucket_or_the_account_is_not_public() {
        let public_acl = acl(json!([{ "grantee": "AllUsers", "permission": "Read" }]));
        let block = |acls: bool, policies: bool| {
            json!({
                "blockPublicAcls": false, "ignorePublicAcls": acls,
                "blockPublicPolicy": false, "restrictPublicBuckets": policies,
            })
        };
        let account = |ignore_acls, restrict_buckets| {
            Asked::Known(PublicAccessBlock { ignore_acls, restrict_buckets, ..PublicAccessBlock::default() })
        };
        for (own, of_account, by_acl, by_policy) in [
            (block(false, false), account(false, false), Compliance::NonCompliant, Compliance::NonCompliant),
            (block(true, false), account(false, false), Compliance::Compliant, Compliance::NonCompliant),
            (block(false, true), account(false, false), Compliance::NonCompliant, Compliance::Compliant),
            (block(false, false), account(true, false), Compliance::Compliant, Compliance::NonCompliant),
            (block(false, false), account(false, true), Compliance::NonCompliant, Compliance::Compliant),
            (json!(null), account(true, true), Compliance::Compliant, Compliance::Compliant),
            (block(true, true), Asked::Unknown, Compliance::Compliant, Compliance::Compliant),
            (json!(null), Asked::Unknown, Compliance::InsufficientData, Compliance::InsufficientData),
        ] {
            let with_acl = bucket(json!({ "AccessControlList": public_acl, "PublicAccessBlockConfiguration": own }));
            assert_eq!(judged(&with_acl, of_account.clone()), by_acl, "ACL, {own} {of_account:?}");
            let mut with_policy = bucket_with_policy(allowing(&json!("*"), &json!("s3:*"), &json!({})));
            with_policy.supplementary.insert("PublicAccessBlockConfiguration".to_owned(), own.clone());
            assert_eq!(judged(&with_policy, of_account.clone()), by_policy, "policy, {own} {of_account:?}");
        }
    }

    #[test]
    fn a_bucket_that_is_not_public_needs_nothing_of_the_account() {
        assert_eq!(judged(&bucket(json!({})), Asked::Unknown), Compliance::Compliant);
    }

    #[test]
    fn a_bucket_whose_parts_are_missing_cannot_be_judged() {
        for missing in ["BucketPolicy", "AccessControlList"] {
            let item = bucket(json!({ missing: null }));
            assert_eq!(judged(&item, Asked::Nothing), Compliance::InsufficientData, "{missing}");
        }
        let unreadable = bucket(json!({ "BucketPolicy": { "policyText": "{" } }));
        assert_eq!(judged(&unreadable, Asked::Nothing), Compliance::InsufficientData);
    }
}
