//! `IAM_POLICY_IN_USE`: a managed policy is attached to somebody who can use it.

use std::sync::Arc;

use crate::item::Item;
use crate::policy::{Policy, Principal};
use crate::rule::{Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::iam_entity::{GROUP, ROLE, USER, attached_policy_arns};

/// `IAM_POLICY_IN_USE`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "IAM_POLICY_IN_USE",
    trigger: Trigger::Periodic,
    subject: Subject::Account,
    parameters: &[
        Parameter::required("policyARN", ParameterKind::Text),
        Parameter::optional("policyUsageType", ParameterKind::Text),
    ],
    facts: &[],
    evaluate: |_, parameters, inventory| judge(parameters, inventory),
};

fn judge(parameters: &Parameters, inventory: &dyn Inventory) -> Verdict {
    let Some(arn) = parameters.text("policyARN") else {
        return Verdict::insufficient_data("The rule has no policyARN.");
    };
    let types: &[&str] = match parameters.text("policyUsageType") {
        Some("IAM_USER") => &[USER],
        Some("IAM_GROUP") => &[GROUP],
        Some("IAM_ROLE") => &[ROLE],
        _ => &[USER, GROUP, ROLE],
    };
    let entities: Vec<Arc<Item>> = types.iter().flat_map(|of| inventory.items(of)).collect();
    if entities.is_empty() {
        return Verdict::insufficient_data("No users, groups or roles are recorded that could use the policy.");
    }
    let is_used = entities.iter().any(|entity| {
        attached_policy_arns(entity).is_ok_and(|attached| attached.contains(&arn)) && has_somebody(entity, inventory)
    });
    Verdict::of((!is_used).then(|| format!("The policy {arn} is not in use.")))
}

/// Whether there is somebody to use what is attached: a group has a user, a role trusts an entity.
fn has_somebody(entity: &Item, inventory: &dyn Inventory) -> bool {
    match entity.resource_type.as_str() {
        GROUP => {
            let is_named = || inventory.naming(GROUP, &entity.resource_id).iter().any(|key| key.resource_type == USER);
            entity.related(USER).next().is_some() || is_named()
        }
        ROLE => {
            let trusts = |policy: Policy| policy.allowing().any(|statement| statement.principal != Principal::Unsaid);
            entity.at("assumeRolePolicyDocument").and_then(Policy::of).is_some_and(trusts)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::item::Relationship;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};
    use crate::shapes::iam_entity::examples::entity;

    const ARN: &str = "arn:aws:iam::aws:policy/SupportAccess";

    fn attached(resource_type: &str) -> Item {
        entity(
            resource_type,
            json!({ "attachedManagedPolicies": [{ "policyName": "SupportAccess", "policyArn": ARN }] }),
        )
    }

    #[test]
    fn the_policy_is_attached_to_somebody_who_can_use_it() {
        let user = || attached(USER);
        let with_user = || {
            let relationship = Relationship {
                resource_type: USER.to_owned(),
                resource_id: Some("AIDAEXAMPLE".to_owned()),
                resource_name: Some("acme".to_owned()),
                name: "Contains User".to_owned(),
            };
            Item { relationships: vec![relationship], ..attached(GROUP) }
        };
        let trusting = |statement: Value| {
            let mut role = attached(ROLE);
            role.configuration["assumeRolePolicyDocument"] = json!(json!({ "Statement": statement }).to_string());
            role
        };
        let ec2 =
            json!([{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }]);
        let nobody = json!([{ "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole" }]);
        let usage = |word: &str| json!({ "policyARN": ARN, "policyUsageType": word });
        for (items, parameters, expected) in [
            (vec![user()], json!({ "policyARN": ARN }), Compliance::Compliant),
            (vec![user()], json!({ "policyARN": "arn:aws:iam::aws:policy/Other" }), Compliance::NonCompliant),
            (vec![entity(USER, json!({}))], usage("ANY"), Compliance::NonCompliant),
            (vec![attached(GROUP)], usage("IAM_GROUP"), Compliance::NonCompliant),
            (vec![with_user()], usage("IAM_GROUP"), Compliance::Compliant),
            (vec![trusting(ec2.clone())], usage("IAM_ROLE"), Compliance::Compliant),
            (vec![trusting(nobody)], usage("IAM_ROLE"), Compliance::NonCompliant),
            (vec![trusting(ec2), entity(USER, json!({}))], usage("IAM_USER"), Compliance::NonCompliant),
            (vec![], usage("ANY"), Compliance::InsufficientData),
        ] {
            let shelf = Shelf { items: items.iter().cloned().map(Arc::new).collect(), ..Shelf::default() };
            let account = Item::of_account(&shelf.scope, shelf.now);
            let told = shelf::judged_among(&RULE, &account, parameters.clone(), &shelf);
            assert_eq!(told, expected, "{items:?} {parameters}");
        }
    }
}
