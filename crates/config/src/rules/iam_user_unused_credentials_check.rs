//! `IAM_USER_UNUSED_CREDENTIALS_CHECK`: passwords and active access keys of users are in use.

use base::Timestamp;

use crate::item::Item;
use crate::rule::{
    Fact, Inventory, ManagedRule, Parameter, ParameterKind, Parameters, SecretUse, Subject, Trigger, Verdict,
};
use crate::shapes::iam_entity::{USER, credentials};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// `IAM_USER_UNUSED_CREDENTIALS_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "IAM_USER_UNUSED_CREDENTIALS_CHECK",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&[USER]),
    parameters: &[Parameter::required("maxCredentialUsageAge", ParameterKind::Integer).with_default("90")],
    facts: &[Fact::UserCredentials],
    evaluate: |item, parameters, inventory| judge(item, parameters, inventory).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    let credentials = credentials(item, inventory)?;
    let days = parameters.integer("maxCredentialUsageAge").unwrap_or(90);
    let earliest = inventory.now().plus_millis(days.saturating_mul(-DAY_MILLIS));
    if credentials.password.is_some_and(|password| is_unused_since(password, earliest)) {
        return Ok(Verdict::non_compliant(format!("The password has not been used for more than {days} days.")));
    }
    let mut active = credentials.access_keys.iter().filter(|key| key.is_active);
    let unused = active.find(|key| is_unused_since(key.secret, earliest));
    Ok(Verdict::of(unused.map(|key| format!("The access key {} has not been used for more than {days} days.", key.id))))
}

/// Of what was never used, it counts when it was made.
fn is_unused_since(secret: SecretUse, earliest: Timestamp) -> bool {
    secret.used.map_or(secret.made, |used| used.max(secret.made)) < earliest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::shelf::{self, Shelf};
    use crate::rule::{AccessKey, Compliance, UserCredentials};
    use crate::shapes::iam_entity::examples::entity;

    fn secret(made_days_ago: i64, used_days_ago: Option<i64>) -> SecretUse {
        let ago = |days: i64| shelf::now().plus_millis(-days * DAY_MILLIS);
        SecretUse { made: ago(made_days_ago), used: used_days_ago.map(ago) }
    }

    fn key(is_active: bool, secret: SecretUse) -> AccessKey {
        AccessKey { id: "AKIAEXAMPLE".to_owned(), is_active, secret }
    }

    #[test]
    fn passwords_and_active_keys_are_used_within_the_days() {
        for (password, access_keys, days, expected) in [
            (None, vec![], "90", Compliance::Compliant),
            (Some(secret(400, Some(90))), vec![], "90", Compliance::Compliant),
            (Some(secret(400, Some(91))), vec![], "90", Compliance::NonCompliant),
            (Some(secret(91, None)), vec![], "90", Compliance::NonCompliant),
            (Some(secret(10, None)), vec![], "90", Compliance::Compliant),
            // A password that was changed since it was last used.
            (Some(secret(10, Some(200))), vec![], "90", Compliance::Compliant),
            (Some(secret(5, None)), vec![key(true, secret(400, Some(91)))], "90", Compliance::NonCompliant),
            (None, vec![key(false, secret(400, None))], "90", Compliance::Compliant),
            (None, vec![key(true, secret(5, Some(1))), key(true, secret(400, None))], "90", Compliance::NonCompliant),
            (None, vec![key(true, secret(400, Some(31)))], "30", Compliance::NonCompliant),
        ] {
            let known = UserCredentials { password, mfa_devices: 0, access_keys };
            let shelf = Shelf { credentials: [("acme".to_owned(), known.clone())].into(), ..Shelf::default() };
            let parameters = json!({ "maxCredentialUsageAge": days });
            let told = shelf::judged_among(&RULE, &entity(USER, json!({})), parameters, &shelf);
            assert_eq!(told, expected, "{known:?} {days}");
        }
        let parameters = json!({ "maxCredentialUsageAge": "90" });
        assert_eq!(shelf::judged(&RULE, &entity(USER, json!({})), parameters), Compliance::InsufficientData);
    }
}
