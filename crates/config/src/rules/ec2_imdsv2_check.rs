//! `EC2_IMDSV2_CHECK`: instances answer for their metadata only to who brings a token (IMDSv2).

use crate::item::Item;
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::instance::{INSTANCE, not_terminated};
use crate::shapes::told_text;

/// `EC2_IMDSV2_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_IMDSV2_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[INSTANCE]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    not_terminated(item)?;
    let is_kept = told_text(item, "metadataOptions.httpTokens")? == "required";
    Ok(Verdict::of((!is_kept).then_some("The instance's metadata can be read without a token.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::instance::examples::instance;

    #[test]
    fn tokens_are_required() {
        for (more, expected) in [
            (
                json!({ "metadataOptions": { "httpTokens": "required", "httpEndpoint": "enabled" } }),
                Compliance::Compliant,
            ),
            (
                json!({ "metadataOptions": { "httpTokens": "optional", "httpEndpoint": "enabled" } }),
                Compliance::NonCompliant,
            ),
            (
                json!({ "metadataOptions": { "httpTokens": "optional" }, "state": { "name": "stopped" } }),
                Compliance::NonCompliant,
            ),
            (
                json!({ "metadataOptions": { "httpTokens": "optional" }, "state": { "name": "terminated" } }),
                Compliance::NotApplicable,
            ),
            (json!({ "metadataOptions": null }), Compliance::InsufficientData),
        ] {
            let item = instance(more.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{more}");
        }
    }
}
