//! `IAM_POLICY_BLACKLISTED_CHECK`: users, groups and roles do not have some managed policies attached.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::iam_entity::{GROUP, ROLE, USER, attached_policy_arns, name};

/// `IAM_POLICY_BLACKLISTED_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "IAM_POLICY_BLACKLISTED_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[USER, GROUP, ROLE]),
    parameters: &[
        Parameter::required("policyArns", ParameterKind::List)
            .with_default("arn:aws:iam::aws:policy/AdministratorAccess"),
        Parameter::optional("exceptionList", ParameterKind::List),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    if is_excepted(item, parameters) {
        return Ok(Verdict::compliant());
    }
    let listed = parameters.list("policyArns").unwrap_or_default();
    let found = attached_policy_arns(item)?.into_iter().find(|arn| listed.contains(arn));
    Ok(Verdict::of(found.map(|arn| format!("The policy {arn} is attached."))))
}

/// Whether `users:[a;b], groups:[c], roles:[d]` names an entity; names and no ARNs are what AWS takes.
fn is_excepted(item: &Item, parameters: &Parameters) -> bool {
    let kind = match item.resource_type.as_str() {
        USER => "users",
        GROUP => "groups",
        _ => "roles",
    };
    let Some(name) = name(item) else { return false };
    let has_it = |(key, names): (&str, Option<&str>)| {
        let names = names.unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        key == kind && names.split(';').any(|excepted| excepted.trim() == name)
    };
    parameters.map("exceptionList").unwrap_or_default().into_iter().any(has_it)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::iam_entity::examples::entity;

    const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
    const READER: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

    #[test]
    fn listed_policies_are_attached_to_nobody_but_the_excepted() {
        let lists = |exceptions: &str| json!({ "policyArns": ADMINISTRATOR, "exceptionList": exceptions });
        for (resource_type, attached, parameters, expected) in [
            (USER, vec![READER], json!({ "policyArns": ADMINISTRATOR }), Compliance::Compliant),
            (USER, vec![READER, ADMINISTRATOR], json!({ "policyArns": ADMINISTRATOR }), Compliance::NonCompliant),
            (
                GROUP,
                vec![READER],
                json!({ "policyArns": format!("{ADMINISTRATOR}, {READER}") }),
                Compliance::NonCompliant,
            ),
            (ROLE, vec![ADMINISTRATOR], lists("users:[x;acme], groups:[acme]"), Compliance::NonCompliant),
            (ROLE, vec![ADMINISTRATOR], lists("users:[x], roles:[other;acme]"), Compliance::Compliant),
            (USER, vec![ADMINISTRATOR], lists("users:[acme]"), Compliance::Compliant),
            (USER, vec![ADMINISTRATOR], lists("users:[arn:aws:iam::1:user/acme]"), Compliance::NonCompliant),
            (GROUP, vec![], lists("users:[acme]"), Compliance::Compliant),
        ] {
            let list: Vec<_> = attached.iter().map(|arn| json!({ "policyName": "p", "policyArn": arn })).collect();
            let item = entity(resource_type, json!({ "attachedManagedPolicies": list }));
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{resource_type} {parameters}");
        }
    }
}
