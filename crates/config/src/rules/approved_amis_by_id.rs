//! `APPROVED_AMIS_BY_ID`: instances run images that are approved.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::instance::{INSTANCE, running};
use crate::shapes::told_text;

/// `APPROVED_AMIS_BY_ID`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "APPROVED_AMIS_BY_ID",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[INSTANCE]),
    parameters: &[Parameter::required("amiIds", ParameterKind::List)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    running(item)?;
    let image = told_text(item, "imageId")?;
    let is_approved = parameters.list("amiIds").unwrap_or_default().contains(&image);
    Ok(Verdict::of((!is_approved).then(|| format!("The image {image} is not approved."))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::instance::examples::instance;

    #[test]
    fn the_image_of_a_running_instance_is_in_the_list() {
        for (more, parameters, expected) in [
            (json!({ "imageId": "ami-1" }), json!({ "amiIds": "ami-1" }), Compliance::Compliant),
            (json!({ "imageId": "ami-1" }), json!({ "amiIds": "ami-2, ami-1" }), Compliance::Compliant),
            (json!({ "imageId": "ami-1" }), json!({ "amiIds": "ami-2,ami-11" }), Compliance::NonCompliant),
            (json!({ "state": { "name": "stopped" } }), json!({ "amiIds": "ami-2" }), Compliance::NotApplicable),
            (json!({ "state": null }), json!({ "amiIds": "ami-2" }), Compliance::InsufficientData),
            (json!({ "imageId": null }), json!({ "amiIds": "ami-2" }), Compliance::InsufficientData),
        ] {
            let item = instance(more.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{more} {parameters}");
        }
    }
}
