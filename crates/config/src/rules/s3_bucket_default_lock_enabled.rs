//! `S3_BUCKET_DEFAULT_LOCK_ENABLED`: what is put into buckets is locked by default.

use crate::item::{self, Item};
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::bucket::BUCKET;

/// `S3_BUCKET_DEFAULT_LOCK_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_BUCKET_DEFAULT_LOCK_ENABLED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[BUCKET]),
    parameters: &[Parameter::optional("mode", ParameterKind::Text)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters),
};

fn judge(item: &Item, parameters: &Parameters) -> Verdict {
    let lock = item.supplement("ObjectLockConfiguration");
    let said = |path| item::at(lock.as_ref()?, path)?.as_str();
    if said("objectLockEnabled") != Some("Enabled") {
        return Verdict::non_compliant("Object Lock is not enabled.");
    }
    let Some(wanted) = parameters.text("mode") else { return Verdict::compliant() };
    let is_kept = said("rule.defaultRetention.mode").is_some_and(|mode| mode.eq_ignore_ascii_case(wanted));
    Verdict::of((!is_kept).then(|| format!("The mode of the default retention is not {wanted}.")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::bucket::examples::bucket;

    #[test]
    fn a_bucket_locks_in_the_mode_that_is_asked_for() {
        let with = |rule: Value| json!({ "objectLockEnabled": "Enabled", "rule": rule });
        let governed = || with(json!({ "defaultRetention": { "mode": "GOVERNANCE", "days": 30, "years": null } }));
        for (lock, parameters, expected) in [
            (governed(), json!({}), Compliance::Compliant),
            (with(json!(null)), json!({}), Compliance::Compliant),
            (json!(null), json!({}), Compliance::NonCompliant),
            (governed(), json!({ "mode": "GOVERNANCE" }), Compliance::Compliant),
            (governed(), json!({ "mode": "COMPLIANCE" }), Compliance::NonCompliant),
            (with(json!(null)), json!({ "mode": "GOVERNANCE" }), Compliance::NonCompliant),
        ] {
            let item = bucket(json!({ "ObjectLockConfiguration": lock }));
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{lock} {parameters}");
        }
    }
}
