//! `IAM_PASSWORD_POLICY`: the account asks enough of passwords.

use crate::rule::{
    Asked, Fact, Inventory, ManagedRule, Parameter, ParameterKind, Parameters, PasswordPolicy, Subject, Trigger,
    Verdict,
};

/// `IAM_PASSWORD_POLICY`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "IAM_PASSWORD_POLICY",
    trigger: Trigger::Periodic,
    subject: Subject::Account,
    parameters: &[
        Parameter::optional("RequireUppercaseCharacters", ParameterKind::Boolean).with_default("true"),
        Parameter::optional("RequireLowercaseCharacters", ParameterKind::Boolean).with_default("true"),
        Parameter::optional("RequireSymbols", ParameterKind::Boolean).with_default("true"),
        Parameter::optional("RequireNumbers", ParameterKind::Boolean).with_default("true"),
        Parameter::optional("MinimumPasswordLength", ParameterKind::Integer).with_default("14"),
        Parameter::optional("PasswordReusePrevention", ParameterKind::Integer).with_default("24"),
        Parameter::optional("MaxPasswordAge", ParameterKind::Integer).with_default("90"),
    ],
    facts: &[Fact::PasswordPolicy],
    evaluate: |_, parameters, inventory| judge(parameters, inventory),
};

fn judge(parameters: &Parameters, inventory: &dyn Inventory) -> Verdict {
    match inventory.password_policy() {
        Asked::Unknown => Verdict::insufficient_data("The account's password policy is not known."),
        Asked::Nothing => Verdict::non_compliant("The account has no password policy."),
        Asked::Known(policy) => {
            let wrong = shortcomings(&policy, parameters);
            Verdict::of(
                (!wrong.is_empty()).then(|| format!("The password policy falls short in: {}.", wrong.join(", "))),
            )
        }
    }
}

/// The parameters that a policy does not fulfil.
fn shortcomings(policy: &PasswordPolicy, parameters: &Parameters) -> Vec<&'static str> {
    // AWS asks for nothing where the text is anything but `true` to the letter (config.md §6.7).
    let lacks = |name, has: bool| parameters.text(name) == Some("true") && !has;
    let at_least =
        |name, has: Option<u32>| parameters.integer(name).is_some_and(|least| has.map_or(0, i64::from) < least);
    let is_too_old = parameters.integer("MaxPasswordAge").is_some_and(|most| {
        let age = policy.age_days_max.map_or(0, i64::from);
        age == 0 || age > most
    });
    [
        ("RequireUppercaseCharacters", lacks("RequireUppercaseCharacters", policy.uppercase)),
        ("RequireLowercaseCharacters", lacks("RequireLowercaseCharacters", policy.lowercase)),
        ("RequireSymbols", lacks("RequireSymbols", policy.symbols)),
        ("RequireNumbers", lacks("RequireNumbers", policy.numbers)),
        ("MinimumPasswordLength", at_least("MinimumPasswordLength", Some(policy.length_min))),
        ("PasswordReusePrevention", at_least("PasswordReusePrevention", policy.reuse_prevention)),
        ("MaxPasswordAge", is_too_old),
    ]
    .into_iter()
    .filter_map(|(name, is_wrong)| is_wrong.then_some(name))
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item::Item;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};

    fn strong() -> PasswordPolicy {
        PasswordPolicy {
            length_min: 14,
            symbols: true,
            numbers: true,
            uppercase: true,
            lowercase: true,
            age_days_max: Some(90),
            reuse_prevention: Some(24),
        }
    }

    #[test]
    fn a_policy_asks_at_least_what_the_parameters_say() {
        for (policy, parameters, expected) in [
            (Asked::Known(strong()), json!({}), Compliance::Compliant),
            (Asked::Known(PasswordPolicy { length_min: 13, ..strong() }), json!({}), Compliance::NonCompliant),
            (
                Asked::Known(PasswordPolicy { length_min: 13, ..strong() }),
                json!({ "MinimumPasswordLength": "12" }),
                Compliance::Compliant,
            ),
            (Asked::Known(PasswordPolicy { symbols: false, ..strong() }), json!({}), Compliance::NonCompliant),
            (
                Asked::Known(PasswordPolicy { symbols: false, ..strong() }),
                json!({ "RequireSymbols": "True" }),
                Compliance::Compliant,
            ),
            (
                Asked::Known(PasswordPolicy { uppercase: false, ..strong() }),
                json!({ "RequireUppercaseCharacters": "false" }),
                Compliance::Compliant,
            ),
            (Asked::Known(PasswordPolicy { lowercase: false, ..strong() }), json!({}), Compliance::NonCompliant),
            (Asked::Known(PasswordPolicy { numbers: false, ..strong() }), json!({}), Compliance::NonCompliant),
            (Asked::Known(PasswordPolicy { age_days_max: None, ..strong() }), json!({}), Compliance::NonCompliant),
            (Asked::Known(PasswordPolicy { age_days_max: Some(91), ..strong() }), json!({}), Compliance::NonCompliant),
            (Asked::Known(PasswordPolicy { age_days_max: Some(30), ..strong() }), json!({}), Compliance::Compliant),
            (Asked::Known(PasswordPolicy { reuse_prevention: None, ..strong() }), json!({}), Compliance::NonCompliant),
            (Asked::Nothing, json!({}), Compliance::NonCompliant),
            (Asked::Unknown, json!({}), Compliance::InsufficientData),
        ] {
            let shelf = Shelf { password_policy: policy.clone(), ..Shelf::default() };
            let account = Item::of_account(&shelf.scope, shelf.now);
            let told = shelf::judged_among(&RULE, &account, parameters.clone(), &shelf);
            assert_eq!(told, expected, "{policy:?} {parameters}");
        }
    }
}
