//! `CLOUDWATCH_ALARM_SETTINGS_CHECK`: alarms on a metric have certain settings.

use crate::item::{self, Item};
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::described;

/// `CLOUDWATCH_ALARM_SETTINGS_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CLOUDWATCH_ALARM_SETTINGS_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::CloudWatch::Alarm"]),
    parameters: &[
        Parameter::required("metricName", ParameterKind::Text),
        Parameter::optional("period", ParameterKind::Integer).with_default("300"),
        Parameter::optional("statistic", ParameterKind::Text),
        Parameter::optional("comparisonOperator", ParameterKind::Text),
        Parameter::optional("threshold", ParameterKind::Integer),
        Parameter::optional("evaluationPeriods", ParameterKind::Integer),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

/// An alarm on an expression has no metric's name, and is not what the rule is about.
fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    described(item)?;
    if item.text("metricName") != parameters.text("metricName") {
        return Ok(Verdict::not_applicable());
    }
    let number = |name| {
        let wanted = parameters.number(name);
        wanted.is_some_and(|wanted| item.at(name).and_then(as_number) != Some(wanted))
    };
    let text = |name| {
        let wanted = parameters.text(name);
        wanted.is_some_and(|wanted| item.text(name) != Some(wanted))
    };
    let wrong = ["period", "threshold", "evaluationPeriods"].into_iter().find(|name| number(name));
    let wrong = wrong.or_else(|| ["statistic", "comparisonOperator"].into_iter().find(|name| text(name)));
    Ok(Verdict::of(wrong.map(|name| format!("The alarm has another {name}."))))
}

fn as_number(value: &serde_json::Value) -> Option<f64> {
    value.as_f64().or_else(|| item::as_integer(value).map(|whole| whole as f64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn an_alarm_on_the_metric_has_the_settings() {
        for (more, parameters, expected) in [
            (json!({}), json!({}), Compliance::Compliant),
            (json!({ "period": 60 }), json!({}), Compliance::NonCompliant),
            (json!({ "period": 60 }), json!({ "period": "60" }), Compliance::Compliant),
            (json!({ "threshold": 80.0 }), json!({ "threshold": "80" }), Compliance::Compliant),
            (json!({ "threshold": 80.5 }), json!({ "threshold": "80" }), Compliance::NonCompliant),
            (json!({}), json!({ "statistic": "Average", "evaluationPeriods": "2" }), Compliance::Compliant),
            (json!({}), json!({ "statistic": "Maximum" }), Compliance::NonCompliant),
            (json!({}), json!({ "evaluationPeriods": "3" }), Compliance::NonCompliant),
            (json!({}), json!({ "comparisonOperator": "GreaterThanThreshold" }), Compliance::Compliant),
            (json!({}), json!({ "comparisonOperator": "LessThanThreshold" }), Compliance::NonCompliant),
            (json!({ "metricName": "NetworkIn" }), json!({ "statistic": "Maximum" }), Compliance::NotApplicable),
            (json!({ "metricName": null }), json!({}), Compliance::NotApplicable),
        ] {
            let mut configuration = json!({
                "alarmName": "high",
                "metricName": "CPUUtilization",
                "namespace": "AWS/EC2",
                "period": 300,
                "statistic": "Average",
                "comparisonOperator": "GreaterThanThreshold",
                "threshold": 80.0,
                "evaluationPeriods": 2,
            });
            configuration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let mut given = json!({ "metricName": "CPUUtilization" });
            given.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
            let item = shelf::item("AWS::CloudWatch::Alarm", "high", configuration);
            assert_eq!(shelf::judged(&RULE, &item, given), expected, "{more} {parameters}");
        }
    }
}
