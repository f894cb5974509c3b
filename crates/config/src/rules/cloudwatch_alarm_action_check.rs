//! `CLOUDWATCH_ALARM_ACTION_CHECK`: alarms do something when their state changes.

use serde_json::Value;

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::described;

/// The parameter that asks for a state's actions, where an alarm has them, and the state.
const STATES: [(&str, &str, &str); 3] = [
    ("alarmActionRequired", "alarmActions", "ALARM"),
    ("insufficientDataActionRequired", "insufficientDataActions", "INSUFFICIENT_DATA"),
    ("okActionRequired", "okactions", "OK"),
];

/// `CLOUDWATCH_ALARM_ACTION_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CLOUDWATCH_ALARM_ACTION_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::CloudWatch::Alarm"]),
    parameters: &[
        Parameter::required("okActionRequired", ParameterKind::Text).with_default("false"),
        Parameter::required("insufficientDataActionRequired", ParameterKind::Text).with_default("true"),
        Parameter::required("alarmActionRequired", ParameterKind::Text).with_default("true"),
        Parameter::optional("action1", ParameterKind::Text),
        Parameter::optional("action2", ParameterKind::Text),
        Parameter::optional("action3", ParameterKind::Text),
        Parameter::optional("action4", ParameterKind::Text),
        Parameter::optional("action5", ParameterKind::Text),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

/// Items leave lists out that are empty.
fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    described(item)?;
    let required = || STATES.into_iter().filter(|(parameter, ..)| parameters.is_true(parameter));
    if let Some((.., state)) = required().find(|(_, path, _)| item.list(path).is_empty()) {
        return Ok(Verdict::non_compliant(format!("The alarm has no action for the state {state}.")));
    }
    let names = ["action1", "action2", "action3", "action4", "action5"];
    let wanted: Vec<&str> = names.into_iter().filter_map(|name| parameters.text(name)).collect();
    // Where no state's actions are asked for, those of any do.
    let any_state = || STATES.into_iter().filter(|_| required().next().is_none());
    let actions = required().chain(any_state()).flat_map(|(_, path, _)| item.list(path)).filter_map(Value::as_str);
    let is_missing = !wanted.is_empty() && !actions.into_iter().any(|action| wanted.contains(&action));
    Ok(Verdict::of(is_missing.then_some("The alarm has none of the actions of the rule.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:alerts";

    fn parameters(alarm: &str, insufficient_data: &str, ok: &str, action: Option<&str>) -> Value {
        let mut parameters = json!({
            "alarmActionRequired": alarm,
            "insufficientDataActionRequired": insufficient_data,
            "okActionRequired": ok,
        });
        if let Some(action) = action {
            parameters["action2"] = json!(action);
        }
        parameters
    }

    #[test]
    fn states_have_actions() {
        let other = "arn:aws:sns:eu-west-1:123456789012:other";
        let on_alarm = json!({ "alarmActions": [TOPIC] });
        for (lists, parameters, expected) in [
            (&on_alarm, parameters("true", "false", "false", None), Compliance::Compliant),
            (&on_alarm, parameters("true", "true", "false", None), Compliance::NonCompliant),
            (&on_alarm, parameters("true", "false", "true", None), Compliance::NonCompliant),
            (&on_alarm, parameters("true", "false", "false", Some(TOPIC)), Compliance::Compliant),
            (&on_alarm, parameters("true", "false", "false", Some(other)), Compliance::NonCompliant),
            (&on_alarm, parameters("false", "false", "false", Some(TOPIC)), Compliance::Compliant),
            (&json!({ "okactions": [TOPIC] }), parameters("false", "false", "true", None), Compliance::Compliant),
            (&json!({ "okactions": [TOPIC] }), parameters("true", "false", "true", None), Compliance::NonCompliant),
            (
                &json!({ "alarmActions": [other], "okactions": [TOPIC] }),
                parameters("true", "false", "false", Some(TOPIC)),
                Compliance::NonCompliant,
            ),
            (&json!({ "alarmActions": [] }), parameters("true", "false", "false", None), Compliance::NonCompliant),
            (&json!({}), parameters("false", "false", "false", None), Compliance::Compliant),
        ] {
            let mut configuration =
                json!({ "alarmName": "high", "metricName": "CPUUtilization", "actionsEnabled": true });
            configuration.as_object_mut().unwrap().extend(lists.as_object().unwrap().clone());
            let item = shelf::item("AWS::CloudWatch::Alarm", "high", configuration);
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{lists} {parameters}");
        }
    }
}
