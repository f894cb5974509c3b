//! `S3_BUCKET_LOGGING_ENABLED`: accesses to buckets are logged.

use serde_json::Value;

use crate::item::{self, Item};
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::bucket::BUCKET;
use crate::shapes::untold;

/// `S3_BUCKET_LOGGING_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_BUCKET_LOGGING_ENABLED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[BUCKET]),
    parameters: &[
        Parameter::optional("targetPrefix", ParameterKind::Text),
        Parameter::optional("targetBucket", ParameterKind::Text),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters),
};

fn judge(item: &Item, parameters: &Parameters) -> Verdict {
    let Some(logging) = item.supplement("BucketLoggingConfiguration") else {
        return untold("BucketLoggingConfiguration");
    };
    let said = |key| item::at(&logging, key).and_then(Value::as_str);
    let Some(bucket) = said("destinationBucketName") else {
        return Verdict::non_compliant("Server access logging is not enabled.");
    };
    if parameters.text("targetBucket").is_some_and(|wanted| wanted != bucket) {
        return Verdict::non_compliant(format!("The target bucket is {bucket}."));
    }
    let prefix = said("logFilePrefix").unwrap_or_default();
    let is_other = parameters.text("targetPrefix").is_some_and(|wanted| wanted != prefix);
    Verdict::of(is_other.then(|| format!("The target prefix is {prefix}.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::bucket::examples::bucket;

    #[test]
    fn accesses_are_logged_where_it_is_asked() {
        let on = json!({ "destinationBucketName": "logs", "logFilePrefix": "acme/" });
        let off = json!({ "destinationBucketName": null, "logFilePrefix": null });
        for (logging, parameters, expected) in [
            (&on, json!({}), Compliance::Compliant),
            (&off, json!({}), Compliance::NonCompliant),
            (&on, json!({ "targetBucket": "logs" }), Compliance::Compliant),
            (&on, json!({ "targetBucket": "other" }), Compliance::NonCompliant),
            (&on, json!({ "targetBucket": "logs", "targetPrefix": "acme/" }), Compliance::Compliant),
            (&on, json!({ "targetPrefix": "other/" }), Compliance::NonCompliant),
            (&json!(null), json!({}), Compliance::InsufficientData),
        ] {
            let item = bucket(json!({ "BucketLoggingConfiguration": logging }));
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{logging} {parameters}");
        }
    }
}
