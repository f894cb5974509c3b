//! `CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED`: trails sign a digest of what they deliver.

use crate::item::Item;
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::told_flag;
use crate::shapes::trail::TRAIL;

/// `CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED",
    trigger: Trigger::Periodic,
    subject: Subject::Resources(&[TRAIL]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    let is_on = told_flag(item, "logFileValidationEnabled")?;
    Ok(Verdict::of((!is_on).then_some("Log file validation is not enabled.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::trail::examples::trail_item;

    #[test]
    fn validation_is_enabled() {
        for (more, expected) in [
            (json!({ "logFileValidationEnabled": true }), Compliance::Compliant),
            (json!({ "logFileValidationEnabled": "true" }), Compliance::Compliant),
            (json!({ "logFileValidationEnabled": false }), Compliance::NonCompliant),
            (json!({ "logFileValidationEnabled": null }), Compliance::InsufficientData),
        ] {
            let item = trail_item(more.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{more}");
        }
    }
}
