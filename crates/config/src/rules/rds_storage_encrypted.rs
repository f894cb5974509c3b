//! `RDS_STORAGE_ENCRYPTED`: what databases store is encrypted.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::{kms_key, told_flag};

/// `RDS_STORAGE_ENCRYPTED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "RDS_STORAGE_ENCRYPTED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::RDS::DBInstance"]),
    parameters: &[Parameter::optional("kmsKeyId", ParameterKind::Text)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    if !told_flag(item, "storageEncrypted")? {
        return Ok(Verdict::non_compliant("The storage is not encrypted."));
    }
    let is_other = |wanted: &str| !item.text("kmsKeyId").is_some_and(|key| kms_key::are_same(key, wanted));
    let is_wrong = parameters.text("kmsKeyId").is_some_and(is_other);
    Ok(Verdict::of(is_wrong.then_some("The storage is encrypted with another KMS key.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn storage_is_encrypted_and_with_the_key_that_is_asked_for() {
        let key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let with_key = json!({ "storageEncrypted": true, "kmsKeyId": key });
        for (configuration, parameters, expected) in [
            (&with_key, json!({}), Compliance::Compliant),
            (&with_key, json!({ "kmsKeyId": key }), Compliance::Compliant),
            (&with_key, json!({ "kmsKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab" }), Compliance::Compliant),
            (&with_key, json!({ "kmsKeyId": "5678abcd-12ab-34cd-56ef-1234567890ab" }), Compliance::NonCompliant),
            (&json!({ "storageEncrypted": false }), json!({}), Compliance::NonCompliant),
            (&json!({ "storageEncrypted": false }), json!({ "kmsKeyId": key }), Compliance::NonCompliant),
            (&json!({ "engine": "mysql" }), json!({}), Compliance::InsufficientData),
        ] {
            let item = shelf::item("AWS::RDS::DBInstance", "db-ACME", configuration.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{configuration} {parameters}");
        }
    }
}
