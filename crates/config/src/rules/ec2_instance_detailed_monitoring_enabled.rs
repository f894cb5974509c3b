//! `EC2_INSTANCE_DETAILED_MONITORING_ENABLED`: instances are monitored every minute.

use crate::item::Item;
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::instance::{INSTANCE, not_terminated};
use crate::shapes::told_text;

/// `EC2_INSTANCE_DETAILED_MONITORING_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_INSTANCE_DETAILED_MONITORING_ENABLED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[INSTANCE]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    not_terminated(item)?;
    let is_on = told_text(item, "monitoring.state")? == "enabled";
    Ok(Verdict::of((!is_on).then_some("Detailed monitoring is not enabled.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::instance::examples::instance;

    #[test]
    fn monitoring_is_enabled() {
        for (more, expected) in [
            (json!({ "monitoring": { "state": "enabled" } }), Compliance::Compliant),
            (json!({ "monitoring": { "state": "disabled" } }), Compliance::NonCompliant),
            (json!({ "monitoring": { "state": "pending" } }), Compliance::NonCompliant),
            (
                json!({ "monitoring": { "state": "disabled" }, "state": { "name": "terminated" } }),
                Compliance::NotApplicable,
            ),
            (json!({ "monitoring": null }), Compliance::InsufficientData),
        ] {
            let item = instance(more.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{more}");
        }
    }
}
