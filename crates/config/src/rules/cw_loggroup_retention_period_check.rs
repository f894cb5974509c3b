//! `CW_LOGGROUP_RETENTION_PERIOD_CHECK`: log groups keep their events for long enough.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::described;

/// What is long enough where nothing is said.
const RETENTION_DAYS_MIN: i64 = 365;

/// `CW_LOGGROUP_RETENTION_PERIOD_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CW_LOGGROUP_RETENTION_PERIOD_CHECK",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&["AWS::Logs::LogGroup"]),
    parameters: &[
        Parameter::optional("LogGroupNames", ParameterKind::List),
        Parameter::optional("MinRetentionTime", ParameterKind::Integer),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

/// A group without a retention keeps its events for ever.
fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    described(item)?;
    let name = item.text("LogGroupName").unwrap_or(&item.resource_id);
    if parameters.list("LogGroupNames").is_some_and(|names| !names.contains(&name)) {
        return Ok(Verdict::not_applicable());
    }
    let days_min = parameters.integer("MinRetentionTime").unwrap_or(RETENTION_DAYS_MIN);
    let short = item.integer("RetentionInDays").filter(|days| *days < days_min);
    Ok(Verdict::of(short.map(|days| format!("Events are kept for {days} days, not for {days_min}."))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn events_are_kept_for_long_enough() {
        for (days, parameters, expected) in [
            (json!(365), json!({}), Compliance::Compliant),
            (json!(364), json!({}), Compliance::NonCompliant),
            (json!(null), json!({}), Compliance::Compliant),
            (json!(30), json!({ "MinRetentionTime": "30" }), Compliance::Compliant),
            (json!(14), json!({ "MinRetentionTime": "30" }), Compliance::NonCompliant),
            (json!(365), json!({ "MinRetentionTime": "400" }), Compliance::NonCompliant),
            (json!(1), json!({ "LogGroupNames": "/acme/web, /acme/db" }), Compliance::NonCompliant),
            (json!(1), json!({ "LogGroupNames": "/acme/web" }), Compliance::NotApplicable),
        ] {
            let configuration =
                json!({ "LogGroupName": "/acme/db", "LogGroupClass": "STANDARD", "RetentionInDays": days });
            let item = shelf::item("AWS::Logs::LogGroup", "/acme/db", configuration);
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{days} {parameters}");
        }
        let empty = shelf::item("AWS::Logs::LogGroup", "/acme/db", json!(null));
        assert_eq!(shelf::judged(&RULE, &empty, json!({})), Compliance::InsufficientData);
    }
}
