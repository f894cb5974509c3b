//! `CLOUDWATCH_LOG_GROUP_ENCRYPTED`: log groups are encrypted with a key of KMS.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::{described, filled_text, kms_key};

/// `CLOUDWATCH_LOG_GROUP_ENCRYPTED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CLOUDWATCH_LOG_GROUP_ENCRYPTED",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&["AWS::Logs::LogGroup"]),
    parameters: &[Parameter::optional("KmsKeyId", ParameterKind::Text)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    described(item)?;
    let Some(key) = filled_text(item, "KmsKeyId") else {
        return Ok(Verdict::non_compliant("The log group has no KMS key."));
    };
    let is_other = parameters.text("KmsKeyId").is_some_and(|wanted| !kms_key::are_same(key, wanted));
    Ok(Verdict::of(is_other.then_some("The log group is encrypted with another KMS key.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn a_group_has_a_key_and_the_one_that_is_asked_for() {
        let key = json!("arn:aws:kms:eu-west-1:123456789012:key/1234abcd");
        for (key, parameters, expected) in [
            (&key, json!({}), Compliance::Compliant),
            (&key, json!({ "KmsKeyId": "1234abcd" }), Compliance::Compliant),
            (&key, json!({ "KmsKeyId": key }), Compliance::Compliant),
            (&key, json!({ "KmsKeyId": "5678abcd" }), Compliance::NonCompliant),
            (&json!(null), json!({}), Compliance::NonCompliant),
            (&json!(null), json!({ "KmsKeyId": "1234abcd" }), Compliance::NonCompliant),
        ] {
            let configuration = json!({ "LogGroupName": "/acme/db", "KmsKeyId": key });
            let item = shelf::item("AWS::Logs::LogGroup", "/acme/db", configuration);
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{key} {parameters}");
        }
    }
}
