//! `IAM_USER_MFA_ENABLED`: users have a device for a second factor.

use crate::item::Item;
use crate::rule::{Fact, Inventory, ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::iam_entity::{USER, credentials};

/// `IAM_USER_MFA_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "IAM_USER_MFA_ENABLED",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&[USER]),
    parameters: &[],
    facts: &[Fact::UserCredentials],
    evaluate: |item, _, inventory| judge(item, inventory).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    let has_none = credentials(item, inventory)?.mfa_devices == 0;
    Ok(Verdict::of(has_none.then_some("The user has no MFA device.")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::rule::shelf::{self, Shelf};
    use crate::rule::{Compliance, SecretUse, UserCredentials};
    use crate::shapes::iam_entity::examples::entity;

    #[test]
    fn a_user_has_a_device_whether_or_not_there_is_a_password() {
        let password = Some(SecretUse { made: shelf::now(), used: None });
        for (known, expected) in [
            (Some((password, 1)), Compliance::Compliant),
            (Some((None, 2)), Compliance::Compliant),
            (Some((password, 0)), Compliance::NonCompliant),
            (Some((None, 0)), Compliance::NonCompliant),
            (None, Compliance::InsufficientData),
        ] {
            let of = |(password, mfa_devices)| UserCredentials { password, mfa_devices, access_keys: Vec::new() };
            let credentials: BTreeMap<_, _> = known.map(|known| ("acme".to_owned(), of(known))).into_iter().collect();
            let shelf = Shelf { credentials, ..Shelf::default() };
            let told = shelf::judged_among(&RULE, &entity(USER, json!({})), json!({}), &shelf);
            assert_eq!(told, expected, "{known:?}");
        }
    }
}
