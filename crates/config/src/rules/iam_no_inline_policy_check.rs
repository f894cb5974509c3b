//! `IAM_NO_INLINE_POLICY_CHECK`: users, groups and roles have no policies within them.

use crate::item::Item;
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::iam_entity::{GROUP, ROLE, USER, inline_policies};

/// `IAM_NO_INLINE_POLICY_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "IAM_NO_INLINE_POLICY_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[GROUP, ROLE, USER]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    let count = inline_policies(item)?.len();
    // Whoever owns the account cannot change the role of a service (config.md §6.7).
    let is_of_service = item.text("path").is_some_and(|path| path.starts_with("/aws-service-role/"));
    let is_wrong = count > 0 && !is_of_service;
    Ok(Verdict::of(is_wrong.then(|| format!("The number of inline policies is {count}."))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::iam_entity::examples::entity;

    #[test]
    fn users_groups_and_roles_have_no_inline_policies() {
        let inline = json!([{ "policyName": "p", "policyDocument": "%7B%7D" }]);
        let attached = json!([{ "policyName": "p", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess" }]);
        for (resource_type, more, expected) in [
            (USER, json!({ "userPolicyList": [], "attachedManagedPolicies": attached }), Compliance::Compliant),
            (USER, json!({}), Compliance::Compliant),
            (USER, json!({ "userPolicyList": inline }), Compliance::NonCompliant),
            (GROUP, json!({ "groupPolicyList": inline }), Compliance::NonCompliant),
            (GROUP, json!({ "groupPolicyList": [] }), Compliance::Compliant),
            (ROLE, json!({ "rolePolicyList": inline }), Compliance::NonCompliant),
            (
                ROLE,
                json!({ "rolePolicyList": inline, "path": "/aws-service-role/support.amazonaws.com/" }),
                Compliance::Compliant,
            ),
        ] {
            let item = entity(resource_type, more.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{resource_type} {more}");
        }
    }

    #[test]
    fn a_user_without_a_description_cannot_be_judged() {
        let item = shelf::item(USER, "AIDAEXAMPLE", json!(null));
        assert_eq!(shelf::judged(&RULE, &item, json!({})), Compliance::InsufficientData);
    }
}
