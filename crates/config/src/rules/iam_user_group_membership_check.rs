//! `IAM_USER_GROUP_MEMBERSHIP_CHECK`: users are in a group.

use serde_json::Value;

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::iam_entity::USER;
use crate::shapes::untold;

/// `IAM_USER_GROUP_MEMBERSHIP_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "IAM_USER_GROUP_MEMBERSHIP_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[USER]),
    parameters: &[Parameter::optional("groupNames", ParameterKind::List)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters),
};

fn judge(item: &Item, parameters: &Parameters) -> Verdict {
    if !item.configuration.is_object() {
        return untold("groupList");
    }
    let groups: Vec<&str> = item.list("groupList").iter().filter_map(Value::as_str).collect();
    match parameters.list("groupNames") {
        None => Verdict::of(groups.is_empty().then_some("The user is not in a group.")),
        // One of them will do; AWS does not say whether it asks for all of them.
        Some(wanted) => {
            let is_kept = groups.iter().any(|group| wanted.contains(group));
            Verdict::of((!is_kept).then_some("The user is in none of the groups of groupNames."))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::iam_entity::examples::entity;

    #[test]
    fn users_are_in_a_group_and_in_one_that_is_named() {
        for (more, parameters, expected) in [
            (json!({ "groupList": ["dev"] }), json!({}), Compliance::Compliant),
            (json!({ "groupList": [] }), json!({}), Compliance::NonCompliant),
            (json!({}), json!({}), Compliance::NonCompliant),
            (json!({ "groupList": ["dev", "ops"] }), json!({ "groupNames": "admin, ops" }), Compliance::Compliant),
            (json!({ "groupList": ["dev"] }), json!({ "groupNames": "admin,ops" }), Compliance::NonCompliant),
        ] {
            let item = entity(USER, more.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{more} {parameters}");
        }
        let untold = shelf::item(USER, "AIDAEXAMPLE", json!(null));
        assert_eq!(shelf::judged(&RULE, &untold, json!({})), Compliance::InsufficientData);
    }
}
