//! `IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS`: in customers' policies, no statement allows all actions of a service.

use crate::item::Item;
use crate::policy::Statement;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::iam_entity::{default_document, is_only_boundary};

/// `IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS",
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
    Ok(Verdict::of(is_wrong.then_some("A statement allows all actions of a service.")))
}

/// Whether an action is all of a service's, or of all services; `ec2:Describe*` is neither.
fn allows_too_much(statement: &Statement) -> bool {
    statement.actions.named().iter().any(|action| action == "*" || action.ends_with(":*"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::iam_entity::examples::policy;

    #[test]
    fn no_statement_allows_a_whole_service() {
        for (statement, expected) in [
            (json!([{ "Effect": "Allow", "Action": "ec2:*", "Resource": "*" }]), Compliance::NonCompliant),
            (json!([{ "Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::acme" }]), Compliance::NonCompliant),
            (
                json!({ "Effect": "Allow", "Action": ["s3:GetObject", "S3:*"], "Resource": "*" }),
                Compliance::NonCompliant,
            ),
            (json!([{ "Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*" }]), Compliance::Compliant),
            (json!([{ "Effect": "Deny", "Action": "ec2:*", "Resource": "*" }]), Compliance::Compliant),
        ] {
            assert_eq!(shelf::judged(&RULE, &policy(statement.clone()), json!({})), expected, "{statement}");
        }
    }

    #[test]
    fn boundaries_are_left_out_where_that_is_asked() {
        let mut item = policy(json!({ "Effect": "Allow", "Action": "ec2:*", "Resource": "*" }));
        item.configuration["permissionsBoundaryUsageCount"] = json!(1);
        for (excluded, expected) in [("true", Compliance::NotApplicable), ("false", Compliance::NonCompliant)] {
            let parameters = json!({ "excludePermissionBoundaryPolicy": excluded });
            assert_eq!(shelf::judged(&RULE, &item, parameters), expected);
        }
    }
}
