//! `MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS`: users who have a password have a device for a second factor.

use crate::item::Item;
use crate::rule::{Fact, Inventory, ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::iam_entity::{USER, credentials};

/// `MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&[USER]),
    parameters: &[],
    facts: &[Fact::UserCredentials],
    evaluate: |item, _, inventory| judge(item, inventory).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    let credentials = credentials(item, inventory)?;
    if credentials.password.is_none() {
        return Ok(Verdict::not_applicable());
    }
    let has_none = credentials.mfa_devices == 0;
    Ok(Verdict::of(has_none.then_some("The user has a password and no MFA device.")))
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
    fn a_user_with_a_password_has_a_device() {
        let password = Some(SecretUse { made: shelf::now(), used: None });
        for (known, expected) in [
            (Some((password, 1)), Compliance::Compliant),
            (Some((password, 0)), Compliance::NonCompliant),
            (Some((None, 0)), Compliance::NotApplicable),
            (Some((None, 1)), Compliance::NotApplicable),
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
