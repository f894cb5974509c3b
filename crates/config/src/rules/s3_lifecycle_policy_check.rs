//! `S3_LIFECYCLE_POLICY_CHECK`: buckets have a lifecycle rule as asked.

use serde_json::Value;

use crate::item::{self, Item};
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::bucket::BUCKET;

/// `S3_LIFECYCLE_POLICY_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_LIFECYCLE_POLICY_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[BUCKET]),
    parameters: &[
        Parameter::optional("targetTransitionDays", ParameterKind::Integer),
        Parameter::optional("targetExpirationDays", ParameterKind::Integer),
        Parameter::optional("targetTransitionStorageClass", ParameterKind::Text),
        Parameter::optional("targetPrefix", ParameterKind::Text),
        Parameter::optional("bucketNames", ParameterKind::List),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters),
};

fn judge(item: &Item, parameters: &Parameters) -> Verdict {
    let name = item.resource_name.as_deref().unwrap_or(&item.resource_id);
    if parameters.list("bucketNames").is_some_and(|names| !names.contains(&name)) {
        return Verdict::not_applicable();
    }
    let lifecycle = item.supplement("BucketLifecycleConfiguration");
    let rules = lifecycle.as_ref().and_then(|lifecycle| item::at(lifecycle, "rules")?.as_array());
    let is_enabled = |rule: &&Value| item::at(rule, "status").is_some_and(|status| status == "Enabled");
    let enabled: Vec<&Value> = rules.into_iter().flatten().filter(is_enabled).collect();
    if enabled.is_empty() {
        return Verdict::non_compliant("The bucket has no lifecycle rule that is enabled.");
    }
    let is_kept = enabled.iter().any(|rule| fits(rule, parameters));
    Verdict::of((!is_kept).then_some("No enabled lifecycle rule matches the parameters of the rule."))
}

/// Whether one rule is all that is asked; days and classes are of one and the same transition.
fn fits(rule: &Value, parameters: &Parameters) -> bool {
    let expires = match parameters.integer("targetExpirationDays") {
        Some(wanted) => item::at(rule, "expirationInDays").and_then(item::as_integer) == Some(wanted),
        None => true,
    };
    let (days, class) = (parameters.integer("targetTransitionDays"), parameters.text("targetTransitionStorageClass"));
    let moves = |transition: &Value| {
        days.is_none_or(|wanted| item::at(transition, "days").and_then(item::as_integer) == Some(wanted))
            && class.is_none_or(|wanted| is_class(transition, wanted))
    };
    let transitions = item::at(rule, "transitions").and_then(Value::as_array);
    let transits = (days.is_none() && class.is_none()) || transitions.is_some_and(|all| all.iter().any(moves));
    expires && transits && parameters.text("targetPrefix").is_none_or(|wanted| prefix(rule) == Some(wanted))
}

/// `STANDARD_IA` and `StandardInfrequentAccess` are both written; the first is S3's word and the parameter's.
fn is_class(transition: &Value, wanted: &str) -> bool {
    let Some(class) = item::at(transition, "storageClass").and_then(Value::as_str) else { return false };
    let class = match class {
        "StandardInfrequentAccess" => "STANDARD_IA",
        "OneZoneInfrequentAccess" => "ONEZONE_IA",
        "IntelligentTiering" => "INTELLIGENT_TIERING",
        "DeepArchive" => "DEEP_ARCHIVE",
        "GlacierInstantRetrieval" => "GLACIER_IR",
        other => other,
    };
    class.eq_ignore_ascii_case(wanted)
}

/// The prefix of a rule: its own in the old form, or within its filter.
fn prefix(rule: &Value) -> Option<&str> {
    let own = item::at(rule, "prefix").and_then(Value::as_str);
    own.or_else(|| prefix_of(item::at(rule, "filter.predicate")?))
}

fn prefix_of(predicate: &Value) -> Option<&str> {
    let own = item::at(predicate, "prefix").and_then(Value::as_str);
    own.or_else(|| item::at(predicate, "operands")?.as_array()?.iter().find_map(prefix_of))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::bucket::examples::bucket;

    fn rule(status: &str, predicate: Value) -> Value {
        json!({
            "id": "one", "prefix": null, "status": status, "filter": { "predicate": predicate },
            "expirationInDays": 365, "noncurrentVersionExpirationInDays": -1,
            "transitions": [
                { "days": 30, "date": null, "storageClass": "STANDARD_IA" },
                { "days": 90, "date": null, "storageClass": "GLACIER" },
            ],
        })
    }

    #[test]
    fn an_enabled_rule_is_all_that_is_asked() {
        let by_prefix = json!({ "type": "LifecyclePrefixPredicate", "prefix": "logs/" });
        let by_both = json!({
            "type": "LifecycleAndOperator",
            "operands": [{ "type": "LifecycleTagPredicate", "tag": { "key": "a", "value": "b" } }, by_prefix],
        });
        let on = || json!({ "rules": [rule("Enabled", by_prefix.clone())] });
        for (lifecycle, parameters, expected) in [
            (on(), json!({}), Compliance::Compliant),
            (json!({ "rules": [rule("Disabled", json!(null))] }), json!({}), Compliance::NonCompliant),
            (json!(null), json!({}), Compliance::NonCompliant),
            (json!(null), json!({ "bucketNames": "other" }), Compliance::NotApplicable),
            (json!(null), json!({ "bucketNames": "acme" }), Compliance::NonCompliant),
            (on(), json!({ "targetExpirationDays": "365" }), Compliance::Compliant),
            (on(), json!({ "targetExpirationDays": "30" }), Compliance::NonCompliant),
            (
                on(),
                json!({ "targetTransitionDays": "90", "targetTransitionStorageClass": "GLACIER" }),
                Compliance::Compliant,
            ),
            (
                on(),
                json!({ "targetTransitionDays": "30", "targetTransitionStorageClass": "GLACIER" }),
                Compliance::NonCompliant,
            ),
            (on(), json!({ "targetPrefix": "logs/" }), Compliance::Compliant),
            (on(), json!({ "targetPrefix": "data/" }), Compliance::NonCompliant),
            (json!({ "rules": [rule("Enabled", by_both)] }), json!({ "targetPrefix": "logs/" }), Compliance::Compliant),
        ] {
            let item = bucket(json!({ "BucketLifecycleConfiguration": lifecycle }));
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{lifecycle} {parameters}");
        }
    }
}
