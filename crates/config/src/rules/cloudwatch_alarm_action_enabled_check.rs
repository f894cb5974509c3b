//! `CLOUDWATCH_ALARM_ACTION_ENABLED_CHECK`: the actions of alarms are enabled.

use crate::item::Item;
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::told_flag;

/// `CLOUDWATCH_ALARM_ACTION_ENABLED_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CLOUDWATCH_ALARM_ACTION_ENABLED_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::CloudWatch::Alarm"]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    let is_enabled = told_flag(item, "actionsEnabled")?;
    Ok(Verdict::of((!is_enabled).then_some("The alarm's actions are not enabled.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn actions_are_enabled() {
        for (configuration, expected) in [
            (json!({ "alarmName": "high", "actionsEnabled": true }), Compliance::Compliant),
            (json!({ "alarmName": "high", "actionsEnabled": false, "alarmActions": ["a"] }), Compliance::NonCompliant),
            (json!({ "alarmName": "high", "actionsEnabled": "false" }), Compliance::NonCompliant),
            (json!({ "alarmName": "high" }), Compliance::InsufficientData),
        ] {
            let item = shelf::item("AWS::CloudWatch::Alarm", "high", configuration.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{configuration}");
        }
    }
}
