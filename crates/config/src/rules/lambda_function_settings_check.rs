//! `LAMBDA_FUNCTION_SETTINGS_CHECK`: functions have a runtime, role, memory and time-out as asked.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::untold;

/// `LAMBDA_FUNCTION_SETTINGS_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "LAMBDA_FUNCTION_SETTINGS_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::Lambda::Function"]),
    parameters: &[
        Parameter::required("runtime", ParameterKind::List),
        Parameter::optional("role", ParameterKind::Text),
        Parameter::optional("memorySize", ParameterKind::Integer).with_default("128"),
        Parameter::optional("timeout", ParameterKind::Integer).with_default("3"),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    // The runtime of an image is within it.
    if item.text("packageType") == Some("Image") {
        return Ok(Verdict::not_applicable());
    }
    let runtime = item.text("runtime").ok_or_else(|| untold("runtime"))?;
    if !parameters.list("runtime").unwrap_or_default().contains(&runtime) {
        return Ok(Verdict::non_compliant(format!("The runtime is {runtime}.")));
    }
    if let Some(wanted) = parameters.text("role") {
        let role = item.text("role").ok_or_else(|| untold("role"))?;
        if role != wanted && role.rsplit('/').next() != Some(wanted) {
            return Ok(Verdict::non_compliant(format!("The role is {role}.")));
        }
    }
    for setting in ["memorySize", "timeout"] {
        let Some(wanted) = parameters.integer(setting) else { continue };
        let actual = item.integer(setting).ok_or_else(|| untold(setting))?;
        if actual != wanted {
            return Ok(Verdict::non_compliant(format!("{setting} is {actual}.")));
        }
    }
    Ok(Verdict::compliant())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn settings_are_those_of_the_parameters() {
        let role = "arn:aws:iam::123456789012:role/service-role/acme";
        let plain =
            json!({ "packageType": "Zip", "runtime": "python3.13", "role": role, "memorySize": 128, "timeout": 3 });
        let large =
            json!({ "packageType": "Zip", "runtime": "java21", "role": role, "memorySize": 512, "timeout": 30 });
        for (configuration, parameters, expected) in [
            (&plain, json!({ "runtime": "java21, python3.13" }), Compliance::Compliant),
            (&plain, json!({ "runtime": "nodejs22.x" }), Compliance::NonCompliant),
            (&plain, json!({ "runtime": "python3.13", "role": role }), Compliance::Compliant),
            (&plain, json!({ "runtime": "python3.13", "role": "acme" }), Compliance::Compliant),
            (&plain, json!({ "runtime": "python3.13", "role": "other" }), Compliance::NonCompliant),
            (&plain, json!({ "runtime": "python3.13", "memorySize": "256" }), Compliance::NonCompliant),
            (&plain, json!({ "runtime": "python3.13", "timeout": "4" }), Compliance::NonCompliant),
            (&large, json!({ "runtime": "java21" }), Compliance::NonCompliant),
            (&large, json!({ "runtime": "java21", "memorySize": "512", "timeout": "30" }), Compliance::Compliant),
            (
                &json!({ "packageType": "Image", "memorySize": 128 }),
                json!({ "runtime": "x" }),
                Compliance::NotApplicable,
            ),
            (&json!({ "packageType": "Zip" }), json!({ "runtime": "x" }), Compliance::InsufficientData),
        ] {
            let item = shelf::item("AWS::Lambda::Function", "acme", configuration.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{configuration} {parameters}");
        }
    }
}
