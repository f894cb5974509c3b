//! `SNS_ENCRYPTED_KMS`: topics are encrypted with a key of KMS.

use crate::item::Item;
use crate::rule::{Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::{kms_key, untold};

/// `SNS_ENCRYPTED_KMS`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "SNS_ENCRYPTED_KMS",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::SNS::Topic"]),
    parameters: &[Parameter::optional("kmsKeyIds", ParameterKind::List)],
    facts: &[],
    evaluate: judge_topic,
};

fn judge_topic(item: &Item, parameters: &Parameters, _: &dyn Inventory) -> Verdict {
    if !item.configuration.is_object() {
        return untold("KmsMasterKeyId");
    }
    // The attribute is not there until it is set, and empty where it was taken away.
    let Some(key) = item.text("KmsMasterKeyId").filter(|key| !key.is_empty()) else {
        return Verdict::non_compliant("The topic is not encrypted with a KMS key.");
    };
    let is_listed = |listed: Vec<&str>| listed.iter().any(|one| kms_key::are_same(one, key));
    let is_wrong = !parameters.list("kmsKeyIds").is_none_or(is_listed);
    Verdict::of(is_wrong.then_some("The topic is encrypted with a KMS key that is not in kmsKeyIds."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn topics_have_a_key_and_one_that_is_listed() {
        let topic = "arn:aws:sns:eu-west-1:123456789012:acme";
        let by_id = json!({ "TopicArn": topic, "KmsMasterKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab" });
        let by_alias = json!({ "TopicArn": topic, "KmsMasterKeyId": "alias/aws/sns" });
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        for (configuration, parameters, expected) in [
            (&by_id, json!({}), Compliance::Compliant),
            (&by_alias, json!({}), Compliance::Compliant),
            (&json!({ "TopicArn": topic }), json!({}), Compliance::NonCompliant),
            (&json!({ "TopicArn": topic, "KmsMasterKeyId": "" }), json!({}), Compliance::NonCompliant),
            (&by_id, json!({ "kmsKeyIds": format!("alias/other,{arn}") }), Compliance::Compliant),
            (&by_alias, json!({ "kmsKeyIds": arn }), Compliance::NonCompliant),
            (&by_alias, json!({ "kmsKeyIds": "alias/aws/sns" }), Compliance::Compliant),
            (&json!(null), json!({}), Compliance::InsufficientData),
        ] {
            let item = shelf::item("AWS::SNS::Topic", topic, configuration.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{configuration} {parameters}");
        }
    }
}
