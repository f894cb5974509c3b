//! `EC2_INSTANCE_PROFILE_ATTACHED`: instances have an instance profile.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::instance::{INSTANCE, not_terminated};

/// `EC2_INSTANCE_PROFILE_ATTACHED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_INSTANCE_PROFILE_ATTACHED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[INSTANCE]),
    parameters: &[Parameter::optional("IamInstanceProfileArnList", ParameterKind::List)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    not_terminated(item)?;
    if item.at("iamInstanceProfile").is_none() {
        return Ok(Verdict::non_compliant("The instance has no instance profile."));
    }
    let arn = item.text("iamInstanceProfile.arn").unwrap_or_default();
    let is_wrong = parameters.list("IamInstanceProfileArnList").is_some_and(|allowed| !allowed.contains(&arn));
    Ok(Verdict::of(is_wrong.then(|| format!("The instance profile {arn} is not in the list."))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::instance::examples::instance;

    const WEB: &str = "arn:aws:iam::123456789012:instance-profile/web";
    const DB: &str = "arn:aws:iam::123456789012:instance-profile/db";

    #[test]
    fn a_profile_is_attached_and_in_the_list() {
        for (more, parameters, expected) in [
            (json!({}), json!({}), Compliance::NonCompliant),
            (json!({ "iamInstanceProfile": { "arn": WEB, "id": "AIPA1" } }), json!({}), Compliance::Compliant),
            (
                json!({ "iamInstanceProfile": { "arn": WEB } }),
                json!({ "IamInstanceProfileArnList": WEB }),
                Compliance::Compliant,
            ),
            (
                json!({ "iamInstanceProfile": { "arn": WEB } }),
                json!({ "IamInstanceProfileArnList": DB }),
                Compliance::NonCompliant,
            ),
            (
                json!({ "iamInstanceProfile": { "arn": WEB } }),
                json!({ "IamInstanceProfileArnList": format!("{DB}, {WEB}") }),
                Compliance::Compliant,
            ),
            (json!({ "state": { "name": "terminated" } }), json!({}), Compliance::NotApplicable),
        ] {
            let item = instance(more.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{more} {parameters}");
        }
    }
}
