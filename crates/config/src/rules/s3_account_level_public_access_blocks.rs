//! `S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS`: the account blocks public access as asked.

use crate::rule::{ManagedRule, Parameter, ParameterKind, Subject, Trigger};
use crate::shapes::bucket::{block_of, judge_account_block};
use crate::shapes::untold;

/// `S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS",
    trigger: Trigger::NewEvents,
    subject: Subject::Resources(&["AWS::S3::AccountPublicAccessBlock"]),
    parameters: &[
        Parameter::optional("RestrictPublicBuckets", ParameterKind::Text).with_default("True"),
        Parameter::optional("BlockPublicPolicy", ParameterKind::Text).with_default("True"),
        Parameter::optional("BlockPublicAcls", ParameterKind::Text).with_default("True"),
        Parameter::optional("IgnorePublicAcls", ParameterKind::Text).with_default("True"),
    ],
    facts: &[],
    evaluate: |item, parameters, _| {
        if !item.configuration.is_object() {
            return untold("what is blocked");
        }
        judge_account_block(block_of(&item.configuration), parameters)
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn each_flag_is_as_asked() {
        let block = |acls: bool, policies: bool| {
            json!({
                "blockPublicAcls": acls, "ignorePublicAcls": acls,
                "blockPublicPolicy": policies, "restrictPublicBuckets": policies,
            })
        };
        let no_acls = json!({ "BlockPublicAcls": "False", "IgnorePublicAcls": "false" });
        for (configuration, parameters, expected) in [
            (block(true, true), json!({}), Compliance::Compliant),
            (block(true, false), json!({}), Compliance::NonCompliant),
            (block(false, true), json!({}), Compliance::NonCompliant),
            (block(false, true), no_acls.clone(), Compliance::Compliant),
            (block(true, true), no_acls, Compliance::NonCompliant),
            (json!(null), json!({}), Compliance::InsufficientData),
        ] {
            let item = shelf::item("AWS::S3::AccountPublicAccessBlock", "123456789012", configuration.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{configuration} {parameters}");
        }
    }
}
