//! `EC2_MANAGEDINSTANCE_APPLICATIONS_BLACKLISTED`: certain applications are not installed, or in later versions.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::software::{INVENTORY, applications, of_platform, versions};
use crate::shapes::version;

/// `EC2_MANAGEDINSTANCE_APPLICATIONS_BLACKLISTED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_MANAGEDINSTANCE_APPLICATIONS_BLACKLISTED",
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
    let is_installed = |(name, listed): &(&str, Option<&str>)| {
        let installed = versions(&applications, name, *listed);
        installed.iter().any(|own| listed.is_none_or(|listed| version::compare(own, listed).is_le()))
    };
    let found: Vec<&str> = parameters
        .map("applicationNames")
        .unwrap_or_default()
        .into_iter()
        .filter(is_installed)
        .map(|(name, _)| name)
        .collect();
    Ok(Verdict::of((!found.is_empty()).then(|| format!("Installed: {}.", found.join(", ")))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::software::examples::{debian, without_applications};

    #[test]
    fn applications_are_not_installed_or_later_than_those_listed() {
        for (names, platform, expected) in [
            ("telnetd", None, Compliance::Compliant),
            ("telnetd, nginx", None, Compliance::NonCompliant),
            ("nginx:1.22.1", None, Compliance::NonCompliant),
            ("nginx:1.30", None, Compliance::NonCompliant),
            ("nginx:1.22.0", None, Compliance::Compliant),
            ("openssl:3.0.15-1~deb12u0", None, Compliance::Compliant),
            ("Nginx", None, Compliance::Compliant),
            ("nginx", Some("Linux"), Compliance::NonCompliant),
            ("nginx", Some("Windows"), Compliance::NotApplicable),
        ] {
            let mut parameters = json!({ "applicationNames": names });
            if let Some(platform) = platform {
                parameters["platformType"] = json!(platform);
            }
            assert_eq!(shelf::judged(&RULE, &debian(), parameters), expected, "{names} {platform:?}");
        }
        let parameters = json!({ "applicationNames": "nginx" });
        assert_eq!(shelf::judged(&RULE, &without_applications(), parameters), Compliance::NotApplicable);
    }
}
