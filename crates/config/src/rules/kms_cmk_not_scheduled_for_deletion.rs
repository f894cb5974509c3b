//! `KMS_CMK_NOT_SCHEDULED_FOR_DELETION`: keys are not going to be deleted.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::{kms_key, untold};

/// `KMS_CMK_NOT_SCHEDULED_FOR_DELETION`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "KMS_CMK_NOT_SCHEDULED_FOR_DELETION",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&["AWS::KMS::Key"]),
    // A text for AWS, and a list of ids with commas between them.
    parameters: &[Parameter::optional("kmsKeyIds", ParameterKind::Text)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters),
};

fn judge(item: &Item, parameters: &Parameters) -> Verdict {
    let is_it = |listed: Vec<&str>| {
        let names = [Some(item.resource_id.as_str()), item.arn.as_deref(), item.text("arn")];
        names.into_iter().flatten().any(|name| listed.iter().any(|one| kms_key::are_same(one, name)))
    };
    if !parameters.list("kmsKeyIds").is_none_or(is_it) {
        return Verdict::not_applicable();
    }
    match item.text("keyState") {
        None => untold("keyState"),
        Some("PendingDeletion" | "PendingReplicaDeletion") => {
            Verdict::non_compliant("The KMS key is scheduled for deletion.")
        }
        Some(_) => Verdict::compliant(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn keys_are_not_pending_deletion() {
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
        let key = |state: &str| json!({ "keyId": "1234abcd", "arn": arn, "keyState": state, "keyManager": "CUSTOMER" });
        for (configuration, parameters, expected) in [
            (key("Enabled"), json!({}), Compliance::Compliant),
            (key("Disabled"), json!({}), Compliance::Compliant),
            (key("PendingDeletion"), json!({}), Compliance::NonCompliant),
            (key("PendingDeletion"), json!({ "kmsKeyIds": "5678,1234abcd" }), Compliance::NonCompliant),
            (key("PendingDeletion"), json!({ "kmsKeyIds": arn }), Compliance::NonCompliant),
            (key("PendingDeletion"), json!({ "kmsKeyIds": "5678" }), Compliance::NotApplicable),
            (json!({ "keyId": "1234abcd" }), json!({}), Compliance::InsufficientData),
        ] {
            let item = shelf::item("AWS::KMS::Key", "1234abcd", configuration.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{configuration} {parameters}");
        }
    }
}
