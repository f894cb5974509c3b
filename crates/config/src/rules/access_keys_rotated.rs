//! `ACCESS_KEYS_ROTATED`: no active access key of a user is older than a number of days.

use crate::item::Item;
use crate::rule::{Fact, Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::DAY_MILLIS;
use crate::shapes::iam_entity::{USER, credentials};

/// `ACCESS_KEYS_ROTATED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "ACCESS_KEYS_ROTATED",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&[USER]),
    parameters: &[Parameter::required("maxAccessKeyAge", ParameterKind::Integer).with_default("90")],
    facts: &[Fact::UserCredentials],
    evaluate: |item, parameters, inventory| judge(item, parameters, inventory).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    let credentials = credentials(item, inventory)?;
    let days = parameters.integer("maxAccessKeyAge").unwrap_or(90);
    let earliest = inventory.now().plus_millis(days.saturating_mul(-DAY_MILLIS));
    let old = credentials.access_keys.iter().find(|key| key.is_active && key.secret.made < earliest);
    Ok(Verdict::of(old.map(|key| format!("The access key {} is older than {days} days.", key.id))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::shelf::{self, Shelf};
    use crate::rule::{AccessKey, Compliance, SecretUse, UserCredentials};

    fn key(is_active: bool, made_days_ago: i64) -> AccessKey {
        let made = shelf::now().plus_millis(-made_days_ago * DAY_MILLIS);
        AccessKey { id: "AKIAEXAMPLE".to_owned(), is_active, secret: SecretUse { made, used: Some(shelf::now()) } }
    }

    #[test]
    fn active_keys_are_not_older_than_the_days() {
        let configuration = json!({ "userName": "ann", "userId": "AIDA1", "path": "/", "groupList": [] });
        let user = shelf::item(USER, "AIDA1", configuration);
        for (access_keys, days, expected) in [
            (vec![], "90", Compliance::Compliant),
            (vec![key(true, 90)], "90", Compliance::Compliant),
            (vec![key(true, 91)], "90", Compliance::NonCompliant),
            (vec![key(false, 400)], "90", Compliance::Compliant),
            (vec![key(true, 1), key(true, 91)], "90", Compliance::NonCompliant),
            (vec![key(true, 31)], "30", Compliance::NonCompliant),
        ] {
            let known = UserCredentials { password: None, mfa_devices: 0, access_keys };
            let shelf = Shelf { credentials: [("ann".to_owned(), known.clone())].into(), ..Shelf::default() };
            let told = shelf::judged_among(&RULE, &user, json!({ "maxAccessKeyAge": days }), &shelf);
            assert_eq!(told, expected, "{known:?} {days}");
        }
        assert_eq!(shelf::judged(&RULE, &user, json!({ "maxAccessKeyAge": "90" })), Compliance::InsufficientData);
    }
}
