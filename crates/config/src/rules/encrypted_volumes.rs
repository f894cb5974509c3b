//! `ENCRYPTED_VOLUMES`: volumes that are attached are encrypted.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::volume::{VOLUME, attachments};
use crate::shapes::{kms_key, told_flag};

/// `ENCRYPTED_VOLUMES`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "ENCRYPTED_VOLUMES",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[VOLUME]),
    parameters: &[Parameter::optional("kmsId", ParameterKind::Text)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    if attachments(item)?.is_empty() {
        return Ok(Verdict::not_applicable());
    }
    if !told_flag(item, "encrypted")? {
        return Ok(Verdict::non_compliant("The volume is not encrypted."));
    }
    let own = item.text("kmsKeyId").unwrap_or_default();
    let is_other = parameters.text("kmsId").is_some_and(|wanted| !kms_key::are_same(own, wanted));
    Ok(Verdict::of(is_other.then_some("The volume is encrypted with another KMS key.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::volume::examples::{attachment, volume};

    #[test]
    fn attached_volumes_are_encrypted_with_the_key() {
        for (more, parameters, expected) in [
            (json!({ "encrypted": true }), json!({}), Compliance::Compliant),
            (json!({ "encrypted": false, "kmsKeyId": null }), json!({}), Compliance::NonCompliant),
            (
                json!({ "encrypted": false, "attachments": [], "state": "available" }),
                json!({}),
                Compliance::NotApplicable,
            ),
            (
                json!({ "encrypted": false, "attachments": [attachment("detached", true)] }),
                json!({}),
                Compliance::NotApplicable,
            ),
            (json!({}), json!({ "kmsId": "1234abcd-12ab-34cd-56ef-1234567890ab" }), Compliance::Compliant),
            (
                json!({}),
                json!({ "kmsId": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }),
                Compliance::Compliant,
            ),
            (json!({}), json!({ "kmsId": "5678abcd-12ab-34cd-56ef-1234567890ab" }), Compliance::NonCompliant),
            (
                json!({ "encrypted": false }),
                json!({ "kmsId": "1234abcd-12ab-34cd-56ef-1234567890ab" }),
                Compliance::NonCompliant,
            ),
            (json!({ "encrypted": null }), json!({}), Compliance::InsufficientData),
            (json!({ "attachments": null }), json!({}), Compliance::InsufficientData),
        ] {
            let item = volume(more.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{more} {parameters}");
        }
    }
}
