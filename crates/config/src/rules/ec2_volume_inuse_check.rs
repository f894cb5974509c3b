//! `EC2_VOLUME_INUSE_CHECK`: volumes are attached to instances, and go with them where that is asked for.

use crate::item::{self, Item};
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::volume::{VOLUME, attachments};

/// `EC2_VOLUME_INUSE_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_VOLUME_INUSE_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[VOLUME]),
    parameters: &[Parameter::optional("deleteOnTermination", ParameterKind::Boolean)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    let attachments = attachments(item)?;
    if attachments.is_empty() {
        return Ok(Verdict::non_compliant("The volume is not attached to an instance."));
    }
    let stays = |attachment| item::at(attachment, "deleteOnTermination").and_then(item::as_flag) != Some(true);
    let is_wrong = parameters.is_true("deleteOnTermination") && attachments.into_iter().any(stays);
    Ok(Verdict::of(is_wrong.then_some("The volume is not deleted when its instance is terminated.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::volume::examples::{attachment, volume};

    #[test]
    fn a_volume_is_attached_and_goes_with_its_instance() {
        for (more, parameters, expected) in [
            (json!({}), json!({}), Compliance::Compliant),
            (json!({ "attachments": [], "state": "available" }), json!({}), Compliance::NonCompliant),
            (json!({ "attachments": null, "state": "available" }), json!({}), Compliance::NonCompliant),
            (json!({ "attachments": [attachment("attached", false)] }), json!({}), Compliance::Compliant),
            (
                json!({ "attachments": [attachment("attached", false)] }),
                json!({ "deleteOnTermination": "false" }),
                Compliance::Compliant,
            ),
            (
                json!({ "attachments": [attachment("attached", false)] }),
                json!({ "deleteOnTermination": "True" }),
                Compliance::NonCompliant,
            ),
            (json!({}), json!({ "deleteOnTermination": "true" }), Compliance::Compliant),
            (
                json!({ "attachments": [attachment("attached", true), attachment("attached", false)] }),
                json!({ "deleteOnTermination": "true" }),
                Compliance::NonCompliant,
            ),
            (json!({ "attachments": null }), json!({}), Compliance::InsufficientData),
        ] {
            let item = volume(more.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{more} {parameters}");
        }
    }
}
