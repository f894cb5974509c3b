//! `EC2_MANAGEDINSTANCE_PLATFORM_CHECK`: managed instances are of a platform, and their agent of a version.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::software::{INVENTORY, information};
use crate::shapes::{untold, version};

/// `EC2_MANAGEDINSTANCE_PLATFORM_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_MANAGEDINSTANCE_PLATFORM_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[INVENTORY]),
    parameters: &[
        Parameter::required("platformType", ParameterKind::Text),
        Parameter::optional("platformVersion", ParameterKind::Text),
        Parameter::optional("agentVersion", ParameterKind::Text),
        Parameter::optional("platformName", ParameterKind::Text),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

/// The platform's type is a thing to have here, as the others are; in the rules about applications it only tells which
/// instances they are about.
fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    for (parameter, key) in [
        ("platformType", "PlatformType"),
        ("platformName", "PlatformName"),
        ("platformVersion", "PlatformVersion"),
        ("agentVersion", "AgentVersion"),
    ] {
        let Some(wanted) = parameters.text(parameter) else { continue };
        let own = information(item, key).ok_or_else(|| untold(&format!("the {key} of AWS:InstanceInformation")))?;
        if !is_as_wanted(own, wanted, key) {
            return Ok(Verdict::non_compliant(format!("The instance's {key} is {own}.")));
        }
    }
    Ok(Verdict::compliant())
}

/// Versions with a `+` at their end are the earliest that will do.
fn is_as_wanted(own: &str, wanted: &str, key: &str) -> bool {
    match wanted.strip_suffix('+') {
        Some(earliest) if key.ends_with("Version") => version::compare(own, earliest).is_ge(),
        _ if key == "PlatformType" => own.eq_ignore_ascii_case(wanted),
        _ => own == wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::software::examples::debian;

    #[test]
    fn the_platform_is_as_wanted() {
        for (parameters, expected) in [
            (json!({ "platformType": "Linux" }), Compliance::Compliant),
            (json!({ "platformType": "Windows" }), Compliance::NonCompliant),
            (json!({ "platformType": "Linux", "platformName": "Debian GNU/Linux" }), Compliance::Compliant),
            (json!({ "platformType": "Linux", "platformName": "Amazon Linux" }), Compliance::NonCompliant),
            (json!({ "platformType": "Linux", "platformVersion": "12" }), Compliance::Compliant),
            (json!({ "platformType": "Linux", "platformVersion": "11" }), Compliance::NonCompliant),
            (json!({ "platformType": "Linux", "platformVersion": "9+" }), Compliance::Compliant),
            (json!({ "platformType": "Linux", "agentVersion": "3.3.0" }), Compliance::NonCompliant),
            (json!({ "platformType": "Linux", "agentVersion": "3.3.0+" }), Compliance::Compliant),
            (json!({ "platformType": "Linux", "agentVersion": "3.4+" }), Compliance::NonCompliant),
        ] {
            assert_eq!(shelf::judged(&RULE, &debian(), parameters.clone()), expected, "{parameters}");
        }
        let empty = shelf::item(INVENTORY, "mi-1", json!({}));
        assert_eq!(shelf::judged(&RULE, &empty, json!({ "platformType": "Linux" })), Compliance::InsufficientData);
    }
}
