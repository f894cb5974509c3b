//! `S3_BUCKET_PUBLIC_WRITE_PROHIBITED`: the public cannot write buckets.

use crate::rule::{Fact, ManagedRule, Subject, Trigger};
use crate::shapes::bucket::{Access, BUCKET, judge_public_access};

/// `S3_BUCKET_PUBLIC_WRITE_PROHIBITED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_BUCKET_PUBLIC_WRITE_PROHIBITED",
    trigger: Trigger::ChangeAndPeriodic,
    subject: Subject::Resources(&[BUCKET]),
    parameters: &[],
    facts: &[Fact::AccountPublicAccessBlock],
    evaluate: |item, _, inventory| judge_public_access(item, inventory, Access::Write).unwrap_or_else(|untold| untold),
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

    #[test]
    fn no_policy_lets_the_public_write() {
        let statement = |principal: Value, action: Value, condition: Value| json!([{ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "arn:aws:s3:::acme/*", "Condition": condition }]);
        for (statements, expected) in [
            (statement(json!("*"), json!("s3:PutObject"), json!({})), Compliance::NonCompliant),
            (statement(json!("*"), json!(["s3:GetObject", "s3:DeleteObject*"]), json!({})), Compliance::NonCompliant),
            (statement(json!({ "AWS": "*" }), json!("s3:*"), json!({})), Compliance::NonCompliant),
            (statement(json!("*"), json!(["s3:GetObject", "s3:ListBucket"]), json!({})), Compliance::Compliant),
            (statement(json!({ "AWS": "444455556666" }), json!("s3:PutObject"), json!({})), Compliance::Compliant),
            (
                statement(
                    json!("*"),
                    json!("s3:PutObject"),
                    json!({ "StringEquals": { "aws:SourceAccount": "444455556666" } }),
                ),
                Compliance::Compliant,
            ),
            (
                statement(json!("*"), json!("s3:PutObject"), json!({ "StringEquals": { "s3:x-amz-acl": "private" } })),
                Compliance::NonCompliant,
            ),
        ] {
            let item = bucket_with_policy(statements.clone());
            assert_eq!(judged(&item, Asked::Nothing), expected, "{statements}");
        }
    }

    #[test]
    fn no_access_control_list_lets_the_public_write() {
        let blocked = Asked::Known(PublicAccessBlock { ignore_acls: true, ..PublicAccessBlock::default() });
        for (grantee, permission, account, expected) in [
            ("AllUsers", "Write", Asked::Nothing, Compliance::NonCompliant),
            ("AllUsers", "WRITE_ACP", Asked::Nothing, Compliance::NonCompliant),
            ("AuthenticatedUsers", "FullControl", Asked::Nothing, Compliance::NonCompliant),
            ("AllUsers", "Read", Asked::Nothing, Compliance::Compliant),
            ("LogDelivery", "Write", Asked::Nothing, Compliance::Compliant),
            ("AllUsers", "Write", blocked, Compliance::Compliant),
            ("AllUsers", "Write", Asked::Unknown, Compliance::InsufficientData),
        ] {
            let own = json!({ "grantee": { "id": OWNER }, "permission": "FullControl" });
            let grants = json!([own, { "grantee": grantee, "permission": permission }]);
            let item = bucket(json!({ "AccessControlList": acl(grants) }));
            assert_eq!(judged(&item, account.clone()), expected, "{grantee} {permission} {account:?}");
        }
    }
}
