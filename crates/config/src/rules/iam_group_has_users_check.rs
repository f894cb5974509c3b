//! `IAM_GROUP_HAS_USERS_CHECK`: groups have users.

use crate::item::Item;
use crate::rule::{Inventory, ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::iam_entity::{self, GROUP, USER};
use crate::shapes::untold;

/// `IAM_GROUP_HAS_USERS_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "IAM_GROUP_HAS_USERS_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[GROUP]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, inventory| judge(item, inventory).unwrap_or_else(|untold| untold),
};

/// A group names its users; where its source does not tell them, users name their groups.
fn judge(item: &Item, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    let name = iam_entity::name(item).ok_or_else(|| untold("groupName"))?;
    let is_in = |user: &Item| {
        let by_relation = user.related(GROUP).any(|group| {
            group.resource_id.as_deref() == Some(&item.resource_id) || group.resource_name.as_deref() == Some(name)
        });
        by_relation || user.list("groupList").iter().any(|group| group == name)
    };
    let has_users = item.related(USER).next().is_some() || inventory.items(USER).iter().any(|user| is_in(user));
    Ok(Verdict::of((!has_users).then_some("The group has no users.")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::item::Relationship;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};

    fn relation(resource_type: &str, id: Option<&str>, called: &str) -> Vec<Relationship> {
        vec![Relationship {
            resource_type: resource_type.to_owned(),
            resource_id: id.map(str::to_owned),
            resource_name: Some(called.to_owned()),
            name: "Contains User".to_owned(),
        }]
    }

    fn user(groups: &[&str], relationships: Vec<Relationship>) -> Item {
        let configuration = json!({ "userName": "ann", "userId": "AIDA1", "groupList": groups });
        Item { relationships, ..shelf::item(USER, "AIDA1", configuration) }
    }

    #[test]
    fn a_group_has_at_least_one_user() {
        for (relationships, users, expected) in [
            (vec![], vec![], Compliance::NonCompliant),
            (relation(USER, Some("AIDA1"), "ann"), vec![], Compliance::Compliant),
            (relation("AWS::IAM::Policy", Some("ANPA1"), "read"), vec![], Compliance::NonCompliant),
            (vec![], vec![user(&["admins"], vec![])], Compliance::Compliant),
            (vec![], vec![user(&["others"], vec![])], Compliance::NonCompliant),
            (vec![], vec![user(&[], relation(GROUP, Some("AGPA1"), "renamed"))], Compliance::Compliant),
            (vec![], vec![user(&[], relation(GROUP, None, "admins"))], Compliance::Compliant),
            (vec![], vec![user(&[], relation(GROUP, Some("AGPA2"), "others"))], Compliance::NonCompliant),
        ] {
            let configuration = json!({ "groupName": "admins", "groupId": "AGPA1", "path": "/" });
            let group = Item { relationships, ..shelf::item(GROUP, "AGPA1", configuration) };
            let shelf = Shelf { items: users.into_iter().map(Arc::new).collect(), ..Shelf::default() };
            assert_eq!(shelf::judged_among(&RULE, &group, json!({}), &shelf), expected, "{group:?}");
        }
    }
}
