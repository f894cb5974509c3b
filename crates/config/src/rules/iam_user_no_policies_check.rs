//! `IAM_USER_NO_POLICIES_CHECK`: users have policies by their groups alone.

use crate::item::Item;
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::iam_entity::{USER, attached_policy_arns, inline_policies};

/// `IAM_USER_NO_POLICIES_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "IAM_USER_NO_POLICIES_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[USER]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    let (inline, attached) = (inline_policies(item)?.len(), attached_policy_arns(item)?.len());
    let is_wrong = inline + attached > 0;
    Ok(Verdict::of(is_wrong.then(|| format!("The user has {inline} inline and {attached} attached policies."))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::iam_entity::examples::entity;

    #[test]
    fn users_have_neither_inline_nor_attached_policies() {
        let inline = json!([{ "policyName": "p", "policyDocument": "%7B%7D" }]);
        let attached = json!([{ "policyName": "p", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess" }]);
        for (more, expected) in [
            (json!({ "userPolicyList": [], "attachedManagedPolicies": [], "groupList": ["g"] }), Compliance::Compliant),
            (json!({ "groupList": ["g"] }), Compliance::Compliant),
            (json!({ "userPolicyList": inline, "attachedManagedPolicies": [] }), Compliance::NonCompliant),
            (json!({ "userPolicyList": [], "attachedManagedPolicies": attached }), Compliance::NonCompliant),
            (json!({ "userPolicyList": inline, "attachedManagedPolicies": attached }), Compliance::NonCompliant),
        ] {
            assert_eq!(shelf::judged(&RULE, &entity(USER, more.clone()), json!({})), expected, "{more}");
        }
        let untold = shelf::item(USER, "AIDAEXAMPLE", json!(null));
        assert_eq!(shelf::judged(&RULE, &untold, json!({})), Compliance::InsufficientData);
    }
}
