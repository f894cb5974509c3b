//! `S3_BUCKET_VERSIONING_ENABLED`: buckets keep former versions, and let them be deleted with a second factor alone.

use serde_json::Value;

use crate::item::{self, Item};
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::bucket::BUCKET;
use crate::shapes::untold;

/// `S3_BUCKET_VERSIONING_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_BUCKET_VERSIONING_ENABLED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[BUCKET]),
    parameters: &[Parameter::optional("isMfaDeleteEnabled", ParameterKind::Text)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters),
};

fn judge(item: &Item, parameters: &Parameters) -> Verdict {
    let Some(versioning) = item.supplement("BucketVersioningConfiguration") else {
        return untold("BucketVersioningConfiguration");
    };
    if item::at(&versioning, "status").and_then(Value::as_str) != Some("Enabled") {
        return Verdict::non_compliant("Versioning is not enabled.");
    }
    let has_mfa = item::at(&versioning, "isMfaDeleteEnabled").and_then(item::as_flag).unwrap_or_default();
    let lacks_mfa = parameters.is_true("isMfaDeleteEnabled") && !has_mfa;
    Verdict::of(lacks_mfa.then_some("MFA delete is not enabled."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::bucket::examples::bucket;

    #[test]
    fn versions_are_kept() {
        let versioning = |status: &str, mfa: Option<bool>| json!({ "status": status, "isMfaDeleteEnabled": mfa });
        for (versioning, parameters, expected) in [
            (versioning("Enabled", None), json!({}), Compliance::Compliant),
            (versioning("Suspended", None), json!({}), Compliance::NonCompliant),
            (versioning("Off", None), json!({}), Compliance::NonCompliant),
            (versioning("Enabled", None), json!({ "isMfaDeleteEnabled": "true" }), Compliance::NonCompliant),
            (versioning("Enabled", Some(false)), json!({ "isMfaDeleteEnabled": "true" }), Compliance::NonCompliant),
            (versioning("Enabled", Some(true)), json!({ "isMfaDeleteEnabled": "true" }), Compliance::Compliant),
            (versioning("Enabled", Some(true)), json!({ "isMfaDeleteEnabled": "false" }), Compliance::Compliant),
            (json!(null), json!({}), Compliance::InsufficientData),
        ] {
            let item = bucket(json!({ "BucketVersioningConfiguration": versioning }));
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{versioning} {parameters}");
        }
    }
}
