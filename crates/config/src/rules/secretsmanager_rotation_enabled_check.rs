//! `SECRETSMANAGER_ROTATION_ENABLED_CHECK`: secrets are rotated, and as often as asked.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::untold;

/// `SECRETSMANAGER_ROTATION_ENABLED_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "SECRETSMANAGER_ROTATION_ENABLED_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::SecretsManager::Secret"]),
    parameters: &[
        Parameter::optional("maximumAllowedRotationFrequencyInHours", ParameterKind::Integer),
        Parameter::optional("maximumAllowedRotationFrequency", ParameterKind::Integer),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters),
};

fn judge(item: &Item, parameters: &Parameters) -> Verdict {
    if !item.configuration.is_object() {
        return untold("RotationEnabled");
    }
    // It is not there until a rotation was set up.
    if !item.flag("RotationEnabled").unwrap_or_default() {
        return Verdict::non_compliant("The secret is not rotated.");
    }
    let days = parameters.integer("maximumAllowedRotationFrequency").map(|days| days.saturating_mul(24));
    let limits = [days, parameters.integer("maximumAllowedRotationFrequencyInHours")];
    let Some(most) = limits.into_iter().flatten().min() else { return Verdict::compliant() };
    match period_hours(item) {
        Some(hours) => Verdict::of((hours > most).then(|| format!("The secret is rotated every {hours} hours."))),
        None => untold("how often the secret is rotated"),
    }
}

/// How often a secret is rotated: a number of days, or an expression such as `rate(12 hours)`. Of a `cron(…)` it cannot
/// be told here.
fn period_hours(item: &Item) -> Option<i64> {
    if let Some(days) = item.integer("RotationRules.AutomaticallyAfterDays") {
        return days.checked_mul(24);
    }
    let expression = item.text("RotationRules.ScheduleExpression")?;
    let (number, unit) = expression.trim().strip_prefix("rate(")?.strip_suffix(')')?.trim().split_once(' ')?;
    let number: i64 = number.parse().ok()?;
    match unit.trim() {
        "hour" | "hours" => Some(number),
        "day" | "days" => number.checked_mul(24),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn secrets_are_rotated_often_enough() {
        let by = |rules: serde_json::Value| json!({ "Name": "acme", "RotationEnabled": true, "RotationRules": rules });
        let days = || by(json!({ "AutomaticallyAfterDays": 30 }));
        let hours = || by(json!({ "ScheduleExpression": "rate(12 hours)", "Duration": "2h" }));
        for (configuration, parameters, expected) in [
            (days(), json!({}), Compliance::Compliant),
            (json!({ "Name": "acme", "RotationEnabled": false }), json!({}), Compliance::NonCompliant),
            (json!({ "Name": "acme" }), json!({}), Compliance::NonCompliant),
            (days(), json!({ "maximumAllowedRotationFrequency": "30" }), Compliance::Compliant),
            (days(), json!({ "maximumAllowedRotationFrequency": "29" }), Compliance::NonCompliant),
            (hours(), json!({ "maximumAllowedRotationFrequencyInHours": "12" }), Compliance::Compliant),
            (hours(), json!({ "maximumAllowedRotationFrequencyInHours": "8" }), Compliance::NonCompliant),
            (
                by(json!({ "ScheduleExpression": "cron(0 8 1 * ? *)" })),
                json!({ "maximumAllowedRotationFrequency": "90" }),
                Compliance::InsufficientData,
            ),
            (json!(null), json!({}), Compliance::InsufficientData),
        ] {
            let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:acme-a1b2c3";
            let item = shelf::item("AWS::SecretsManager::Secret", arn, configuration.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{configuration} {parameters}");
        }
    }
}
