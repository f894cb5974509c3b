//! `S3_DEFAULT_ENCRYPTION_KMS`: buckets encrypt by default with a key of KMS.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::bucket::{BUCKET, default_encryption};
use crate::shapes::kms_key;

/// `S3_DEFAULT_ENCRYPTION_KMS`
///
/// AWS's page names keys among its types, of which the rule says nothing.
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_DEFAULT_ENCRYPTION_KMS",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[BUCKET, "AWS::KMS::Key"]),
    parameters: &[Parameter::optional("kmsKeyArns", ParameterKind::List)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters),
};

fn judge(item: &Item, parameters: &Parameters) -> Verdict {
    if item.resource_type != BUCKET {
        return Verdict::not_applicable();
    }
    let is_by_key = |algorithm: &str| ["aws:kms", "aws:kms:dsse"].contains(&algorithm);
    let Some(encryption) = default_encryption(item).filter(|encryption| is_by_key(&encryption.algorithm)) else {
        return Verdict::non_compliant("The bucket is not encrypted by default with a KMS key.");
    };
    let Some(listed) = parameters.list("kmsKeyArns") else { return Verdict::compliant() };
    // Without a key of its own, the bucket is encrypted with the one of S3, which nobody can list.
    let is_listed = |key: &String| listed.iter().any(|one| kms_key::are_same(one, key));
    let is_kept = encryption.key.as_ref().is_some_and(is_listed);
    Verdict::of((!is_kept).then_some("The bucket is encrypted with a KMS key that is not in kmsKeyArns."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::bucket::examples::bucket;

    #[test]
    fn the_default_is_a_key_and_one_that_is_listed() {
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
        let with = |algorithm: &str, key: Option<&str>| {
            let by_default = json!({ "sseAlgorithm": algorithm, "kmsMasterKeyID": key });
            json!({ "rules": [{ "applyServerSideEncryptionByDefault": by_default, "bucketKeyEnabled": true }] })
        };
        for (encryption, parameters, expected) in [
            (with("aws:kms", Some(arn)), json!({}), Compliance::Compliant),
            (with("aws:kms", None), json!({}), Compliance::Compliant),
            (with("aws:kms:dsse", Some(arn)), json!({}), Compliance::Compliant),
            (with("AES256", None), json!({}), Compliance::NonCompliant),
            (json!(null), json!({}), Compliance::NonCompliant),
            (
                with("aws:kms", Some(arn)),
                json!({ "kmsKeyArns": format!("arn:aws:kms:x:1:key/2,{arn}") }),
                Compliance::Compliant,
            ),
            (with("aws:kms", Some("1234abcd")), json!({ "kmsKeyArns": arn }), Compliance::Compliant),
            (with("aws:kms", Some("5678")), json!({ "kmsKeyArns": arn }), Compliance::NonCompliant),
            (with("aws:kms", None), json!({ "kmsKeyArns": arn }), Compliance::NonCompliant),
        ] {
            let item = bucket(json!({ "ServerSideEncryptionConfiguration": encryption }));
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{encryption} {parameters}");
        }
        let key = shelf::item("AWS::KMS::Key", "1234abcd", json!({ "keyState": "Enabled" }));
        assert_eq!(shelf::judged(&RULE, &key, json!({})), Compliance::NotApplicable);
    }
}
