//! `S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED`: buckets encrypt by default, or refuse what is not to be encrypted.

use crate::item::Item;
use crate::policy::{Condition, Policy, Statement};
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::bucket::{self, BUCKET, default_encryption};

/// `S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[BUCKET]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    if default_encryption(item).is_some() {
        return Ok(Verdict::compliant());
    }
    let is_refused = |policy: Policy| policy.denying().any(|statement| refuses_plain_objects(statement, item));
    let is_kept = bucket::policy(item)?.is_some_and(is_refused);
    Ok(Verdict::of((!is_kept).then_some("The bucket is not encrypted by default.")))
}

/// Whether a statement that denies keeps everyone from putting any object that is not to be encrypted.
fn refuses_plain_objects(statement: &Statement, item: &Item) -> bool {
    statement.principal.is_everyone()
        && statement.actions.cover("s3:putobject")
        && statement.resources.cover(&format!("{}/*", bucket::arn(item)))
        && !statement.conditions.is_empty()
        && statement.conditions.iter().all(holds_without_encryption)
}

/// Whether a condition holds for each request that does not ask for encryption. One that negates holds where the key is
/// not there at all.
fn holds_without_encryption(condition: &Condition) -> bool {
    let is_algorithm = |value: &String| ["AES256", "aws:kms", "aws:kms:dsse"].contains(&value.as_str());
    condition.key == "s3:x-amz-server-side-encryption"
        && match condition.operator.as_str() {
            "null" => condition.values == ["true"],
            "stringnotequals" | "stringnotequalsifexists" => condition.values.iter().all(is_algorithm),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::bucket::examples::{bucket, bucket_with_policy};

    #[test]
    fn a_bucket_encrypts_by_default() {
        let rule = |algorithm: Value| {
            json!({ "rules": [{
                "applyServerSideEncryptionByDefault": { "sseAlgorithm": algorithm, "kmsMasterKeyID": null },
                "bucketKeyEnabled": false,
            }] })
        };
        for (encryption, expected) in [
            (rule(json!("AES256")), Compliance::Compliant),
            (rule(json!("aws:kms")), Compliance::Compliant),
            (rule(json!(null)), Compliance::NonCompliant),
            (json!({ "rules": [] }), Compliance::NonCompliant),
            (json!(null), Compliance::NonCompliant),
        ] {
            let item = bucket(json!({ "ServerSideEncryptionConfiguration": encryption }));
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{encryption}");
        }
        let untold = bucket(json!({ "BucketPolicy": null }));
        assert_eq!(shelf::judged(&RULE, &untold, json!({})), Compliance::InsufficientData);
    }

    #[test]
    fn a_policy_that_refuses_plain_objects_will_do() {
        let deny = |principal: Value, action: &str, resource: &str, condition: Value| json!({ "Effect": "Deny", "Principal": principal, "Action": action, "Resource": resource, "Condition": condition });
        let objects = "arn:aws:s3:::acme/*";
        let absent = json!({ "Null": { "s3:x-amz-server-side-encryption": "true" } });
        let not = |values: Value| json!({ "StringNotEquals": { "s3:x-amz-server-side-encryption": values } });
        for (statement, expected) in [
            (deny(json!("*"), "s3:PutObject", objects, absent.clone()), Compliance::Compliant),
            (deny(json!("*"), "s3:PutObject", objects, not(json!("AES256"))), Compliance::Compliant),
            (deny(json!({ "AWS": "*" }), "s3:Put*", "*", not(json!(["AES256", "aws:kms"]))), Compliance::Compliant),
            (deny(json!("*"), "s3:PutObject", objects, not(json!("none"))), Compliance::NonCompliant),
            (deny(json!({ "AWS": "444455556666" }), "s3:PutObject", objects, absent.clone()), Compliance::NonCompliant),
            (deny(json!("*"), "s3:GetObject", objects, absent.clone()), Compliance::NonCompliant),
            (deny(json!("*"), "s3:PutObject", "arn:aws:s3:::acme/a/*", absent), Compliance::NonCompliant),
            (
                deny(json!("*"), "s3:PutObject", objects, json!({ "Bool": { "aws:SecureTransport": "false" } })),
                Compliance::NonCompliant,
            ),
        ] {
            let item = bucket_with_policy(statement.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{statement}");
        }
    }
}
