//! `ACM_CERTIFICATE_EXPIRATION_CHECK`: certificates do not expire within a number of days.

use base::Timestamp;

use crate::item::Item;
use crate::rule::{Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::{DAY_MILLIS, told_text, untold};

/// `ACM_CERTIFICATE_EXPIRATION_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "ACM_CERTIFICATE_EXPIRATION_CHECK",
    trigger: Trigger::ChangeAndPeriodic,
    subject: Subject::Resources(&["AWS::ACM::Certificate"]),
    parameters: &[Parameter::optional("daysToExpiration", ParameterKind::Integer).with_default("14")],
    facts: &[],
    evaluate: |item, parameters, inventory| judge(item, parameters, inventory).unwrap_or_else(|untold| untold),
};

/// A certificate that is not issued yet does not tell when it ends.
fn judge(item: &Item, parameters: &Parameters, inventory: &dyn Inventory) -> Result<Verdict, Verdict> {
    let end = Timestamp::parse_iso(told_text(item, "notAfter")?).ok_or_else(|| untold("notAfter as a time"))?;
    let days = parameters.integer("daysToExpiration").unwrap_or(14);
    let is_near = end <= inventory.now().plus_millis(days.saturating_mul(DAY_MILLIS));
    Ok(Verdict::of(is_near.then(|| format!("The certificate expires at {}.", end.iso_secs()))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn a_certificate_lasts_for_more_than_the_days() {
        // The tests' time is 2026-07-04T09:30:00Z.
        for (end, parameters, expected) in [
            (json!("2026-07-18T09:30:01.000Z"), json!({}), Compliance::Compliant),
            (json!("2026-07-18T09:30:00.000Z"), json!({}), Compliance::NonCompliant),
            (json!("2026-07-01T00:00:00.000Z"), json!({}), Compliance::NonCompliant),
            (json!("2026-07-18T09:30:00.000Z"), json!({ "daysToExpiration": "13" }), Compliance::Compliant),
            (json!("2026-08-01T00:00:00.000Z"), json!({ "daysToExpiration": "30" }), Compliance::NonCompliant),
            (json!(null), json!({}), Compliance::InsufficientData),
        ] {
            let configuration = json!({ "domainName": "acme.example", "status": "ISSUED", "notAfter": end });
            let item = shelf::item("AWS::ACM::Certificate", "arn:aws:acm:eu-west-1:1:certificate/1", configuration);
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{end} {parameters}");
        }
    }
}
