//! `CMK_BACKING_KEY_ROTATION_ENABLED`: keys of the customer are rotated, where KMS can do so.

use crate::item::{self, Item};
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::{told_text, untold};

/// `CMK_BACKING_KEY_ROTATION_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CMK_BACKING_KEY_ROTATION_ENABLED",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&["AWS::KMS::Key"]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    if !can_rotate(item)? {
        return Ok(Verdict::not_applicable());
    }
    let status = item.supplement("KeyRotationStatus").and_then(|status| item::as_flag(&status));
    let is_rotated = status.ok_or_else(|| untold("KeyRotationStatus"))?;
    Ok(Verdict::of((!is_rotated).then_some("Automatic rotation is not enabled.")))
}

/// KMS rotates enabled symmetric keys that it made itself. Those of AWS are its own business.
fn can_rotate(item: &Item) -> Result<bool, Verdict> {
    let spec = item.text("keySpec").or_else(|| item.text("customerMasterKeySpec"));
    Ok(told_text(item, "keyManager")? == "CUSTOMER"
        && told_text(item, "origin")? == "AWS_KMS"
        && told_text(item, "keyState")? == "Enabled"
        && spec.ok_or_else(|| untold("keySpec"))? == "SYMMETRIC_DEFAULT")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn keys_that_can_be_rotated_are() {
        for (more, status, expected) in [
            (json!({}), json!(true), Compliance::Compliant),
            (json!({}), json!("true"), Compliance::Compliant),
            (json!({}), json!(false), Compliance::NonCompliant),
            (json!({}), json!(null), Compliance::InsufficientData),
            (
                json!({ "keySpec": null, "customerMasterKeySpec": "SYMMETRIC_DEFAULT" }),
                json!(false),
                Compliance::NonCompliant,
            ),
            (json!({ "keySpec": "RSA_2048" }), json!(null), Compliance::NotApplicable),
            (json!({ "keySpec": "HMAC_256" }), json!(null), Compliance::NotApplicable),
            (json!({ "origin": "EXTERNAL" }), json!(false), Compliance::NotApplicable),
            (json!({ "origin": "AWS_CLOUDHSM" }), json!(false), Compliance::NotApplicable),
            (json!({ "keyManager": "AWS" }), json!(true), Compliance::NotApplicable),
            (json!({ "keyState": "PendingDeletion" }), json!(false), Compliance::NotApplicable),
            (json!({ "keyManager": null }), json!(true), Compliance::InsufficientData),
        ] {
            let mut configuration = json!({
                "awsaccountId": "123456789012",
                "keyId": "1234abcd-12ab-34cd-56ef-1234567890ab",
                "enabled": true,
                "keyManager": "CUSTOMER",
                "keySpec": "SYMMETRIC_DEFAULT",
                "keyState": "Enabled",
                "keyUsage": "ENCRYPT_DECRYPT",
                "origin": "AWS_KMS",
            });
            configuration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let mut item = shelf::item("AWS::KMS::Key", "1234abcd-12ab-34cd-56ef-1234567890ab", configuration);
            if status != Value::Null {
                item.supplementary.insert("KeyRotationStatus".to_owned(), status.clone());
            }
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{more} {status}");
        }
    }
}
