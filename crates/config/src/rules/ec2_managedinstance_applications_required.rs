//! `EC2_MANAGEDINSTANCE_APPLICATIONS_REQUIRED`: certain applications are installed, in certain versions or later ones.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::software::{INVENTORY, applications, of_platform, versions};
use crate::shapes::version;

/// `EC2_MANAGEDINSTANCE_APPLICATIONS_REQUIRED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_MANAGEDINSTANCE_APPLICATIONS_REQUIRED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[INVENTORY]),
    parameters: &[
        Parameter::required("applicationNames", ParameterKind::List),
        Parameter::optional("platformType", ParameterKind::Text),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    of_platform(item, parameters)?;
    let applications = applications(item)?;
    let is_missing = |(name, wanted): &(&str, Option<&str>)| {
        let installed = versions(&applications, name, *wanted);
        !installed.iter().any(|own| wanted.is_none_or(|wanted| version::compare(own, wanted).is_ge()))
    };
    let missing: Vec<&str> = parameters
        .map("applicationNames")
        .unwrap_or_default()
        .into_iter()
        .filter(is_missing)
        .map(|(name, _)| name)
        .collect();
    Ok(Verdict::of((!missing.is_empty()).then(|| format!("Not installed, or too old: {}.", missing.join(", ")))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::software::examples::{debian, without_applications};

    #[test]
    fn applications_are_installed_in_late_enough_versions() {
        for (names, platform, expected) in [
            ("openssl", None, Compliance::Compliant),
            ("openssl:3.0.9, nginx", None, Compliance::Compliant),
            ("openssl:3.0.15-1~deb12u1", None, Compliance::Compliant),
            ("openssl:3.0.15-1~deb12u2", None, Compliance::NonCompliant),
            ("openssl:3.1", None, Compliance::NonCompliant),
            ("nginx,curl", None, Compliance::NonCompliant),
            // Names are the same to the letter.
            ("OpenSSL", None, Compliance::NonCompliant),
            ("open*", None, Compliance::NonCompliant),
            ("openssl", Some("Linux"), Compliance::Compliant),
            ("curl", Some("Windows"), Compliance::NotApplicable),
        ] {
            let mut parameters = json!({ "applicationNames": names });
            if let Some(platform) = platform {
                parameters["platformType"] = json!(platform);
            }
            assert_eq!(shelf::judged(&RULE, &debian(), parameters), expected, "{names} {platform:?}");
        }
        let parameters = json!({ "applicationNames": "openssl" });
        assert_eq!(shelf::judged(&RULE, &without_applications(), parameters), Compliance::NotApplicable);
    }
}
