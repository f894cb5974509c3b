//! `CLOUD_TRAIL_ENCRYPTION_ENABLED`: trails encrypt what they deliver with a key of KMS.

use crate::item::Item;
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::trail::TRAIL;
use crate::shapes::{described, filled_text};

/// `CLOUD_TRAIL_ENCRYPTION_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CLOUD_TRAIL_ENCRYPTION_ENABLED",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&[TRAIL]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    described(item)?;
    let has_key = filled_text(item, "kmsKeyId").is_some();
    Ok(Verdict::of((!has_key).then_some("The trail has no KMS key.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::trail::examples::trail_item;

    #[test]
    fn a_trail_has_a_key() {
        for (more, expected) in [
            (json!({}), Compliance::Compliant),
            (json!({ "kmsKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab" }), Compliance::Compliant),
            (json!({ "kmsKeyId": null }), Compliance::NonCompliant),
            (json!({ "kmsKeyId": "" }), Compliance::NonCompliant),
        ] {
            let item = trail_item(more.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{more}");
        }
    }
}
