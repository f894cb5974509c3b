//! `IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS`: in customers' policies, no statement allows all actions on all resources.

use crate::item::Item;
use crate::policy::Statement;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::iam_entity::{default_document, is_only_boundary};

/// `IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::IAM::Policy"]),
    parameters: &[Parameter::optional("excludePermissionBoundaryPolicy", ParameterKind::Boolean)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    if parameters.is_true("excludePermissionBoundaryPolicy") && is_only_boundary(item) {
        return Ok(Verdict::not_applicable());
    }
    let is_wrong = default_document(item)?.allowing().any(allows_too_much);
    Ok(Verdict::of(is_wrong.then_some("A statement allows all actions on all resources.")))
}

/// Whether both actions and resources have a star that stands for all. Conditions change nothing, AWS says of none.
fn allows_too_much(statement: &Statement) -> bool {
    let has_all_actions = statement.actions.named().iter().any(|action| ["*", "*:*"].contains(&action.as_str()));
    has_all_actions && statement.resources.named().iter().any(|resource| resource == "*")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::iam_entity::examples::policy;

    #[test]
    fn no_statement_of_the_default_version_allows_everything() {
        for (statement, expected) in [
            (json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]), Compliance::NonCompliant),
            (json!({ "Effect": "Allow", "Action": ["s3:Get*", "*:*"], "Resource": ["*"] }), Compliance::NonCompliant),
            (
                json!([
                    { "Effect": "Allow", "Action": "s3:*", "Resource": "*" },
                    { "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } } },
                ]),
                Compliance::NonCompliant,
            ),
            (json!([{ "Effect": "Allow", "Action": "service:*", "Resource": "*" }]), Compliance::Compliant),
            (json!([{ "Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::acme" }]), Compliance::Compliant),
            (json!([{ "Effect": "Deny", "Action": "*", "Resource": "*" }]), Compliance::Compliant),
            (json!([{ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }]), Compliance::Compliant),
        ] {
            assert_eq!(shelf::judged(&RULE, &policy(statement.clone()), json!({})), expected, "{statement}");
        }
    }

    #[test]
    fn boundaries_are_left_out_where_that_is_asked() {
        let mut item = policy(json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }));
        let excluding = json!({ "excludePermissionBoundaryPolicy": "true" });
        assert_eq!(shelf::judged(&RULE, &item, excluding.clone()), Compliance::NonCompliant);
        item.configuration["permissionsBoundaryUsageCount"] = json!(2);
        assert_eq!(shelf::judged(&RULE, &item, json!({})), Compliance::NonCompliant);
        assert_eq!(shelf::judged(&RULE, &item, excluding.clone()), Compliance::NotApplicable);
        item.configuration["attachmentCount"] = json!(1);
        assert_eq!(shelf::judged(&RULE, &item, excluding), Compliance::NonCompliant);
    }

    #[test]
    fn a_policy_whose_document_is_not_there_cannot_be_judged() {
        let item =
            shelf::item("AWS::IAM::Policy", "ANPAEXAMPLE", json!({ "policyName": "acme", "policyVersionList": [] }));
        assert_eq!(shelf::judged(&RULE, &item, json!({})), Compliance::InsufficientData);
    }
}
