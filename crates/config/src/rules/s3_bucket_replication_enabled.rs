//! `S3_BUCKET_REPLICATION_ENABLED`: buckets are replicated, into another region or the same where that is asked.

use serde_json::Value;

use crate::item::{self, Item};
use crate::rule::{Inventory, ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::bucket::BUCKET;

/// `S3_BUCKET_REPLICATION_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_BUCKET_REPLICATION_ENABLED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[BUCKET]),
    parameters: &[Parameter::optional("ReplicationType", ParameterKind::Text)],
    facts: &[],
    evaluate: judge,
};

fn judge(item: &Item, parameters: &Parameters, inventory: &dyn Inventory) -> Verdict {
    let replication = item.supplement("BucketReplicationConfiguration");
    let rules = replication.as_ref().and_then(|replication| item::at(replication, "rules"));
    let rules: Vec<&Value> = rules.and_then(Value::as_object).into_iter().flat_map(|rules| rules.values()).collect();
    let is_enabled = |rule: &&&Value| item::at(rule, "status").is_some_and(|status| status == "Enabled");
    let enabled: Vec<&Value> = rules.iter().filter(is_enabled).copied().collect();
    if enabled.is_empty() {
        return Verdict::non_compliant("The bucket has no replication rule that is enabled.");
    }
    let wanted = match parameters.text("ReplicationType") {
        None => return Verdict::compliant(),
        Some(word) if word.eq_ignore_ascii_case("CROSS-REGION") => Destination::OtherRegion,
        Some(_) => Destination::SameRegion,
    };
    let destinations: Vec<Destination> = enabled.iter().map(|rule| destination(rule, item, inventory)).collect();
    if destinations.contains(&wanted) {
        Verdict::compliant()
    } else if destinations.contains(&Destination::Unknown) {
        Verdict::insufficient_data("The region of a destination bucket of another account is not known.")
    } else {
        Verdict::non_compliant("No enabled replication rule is of the type in ReplicationType.")
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Destination {
    SameRegion,
    OtherRegion,
    Unknown,
}

/// Where a rule replicates to. The recorder of a region has all buckets of it, so that one it does not have is in
/// another, unless it is said to be another account's.
fn destination(rule: &Value, item: &Item, inventory: &dyn Inventory) -> Destination {
    let said = |path| item::at(rule, path).and_then(Value::as_str);
    let Some(name) = said("destinationConfig.bucketARN").and_then(|arn| arn.rsplit(':').next()) else {
        return Destination::Unknown;
    };
    match inventory.item(BUCKET, name) {
        Some(bucket) if bucket.aws_region == item.aws_region => Destination::SameRegion,
        Some(_) => Destination::OtherRegion,
        None => {
            let account = said("destinationConfig.Account").or_else(|| said("destinationConfig.account"));
            let is_own = account.is_none_or(|account| account == item.scope.account.to_string());
            if is_own { Destination::OtherRegion } else { Destination::Unknown }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};
    use crate::shapes::bucket::examples::bucket;

    #[test]
    fn a_rule_is_enabled_and_of_the_type_that_is_asked_for() {
        let to = |name: &str, status: &str, account: Option<&str>| {
            let destination =
                json!({ "bucketARN": format!("arn:aws:s3:::{name}"), "storageClass": null, "Account": account });
            json!({
                "roleARN": "arn:aws:iam::123456789012:role/replication",
                "rules": { "one": { "prefix": "", "status": status, "destinationConfig": destination } },
            })
        };
        let shelf = Shelf { items: vec![Arc::new(shelf::item(BUCKET, "near", json!({})))], ..Shelf::default() };
        let (cross, same) = (json!({ "ReplicationType": "CROSS-REGION" }), json!({ "ReplicationType": "SAME-REGION" }));
        for (replication, parameters, expected) in [
            (to("far", "Enabled", None), json!({}), Compliance::Compliant),
            (to("far", "Disabled", None), json!({}), Compliance::NonCompliant),
            (json!(null), json!({}), Compliance::NonCompliant),
            (to("far", "Enabled", None), cross.clone(), Compliance::Compliant),
            (to("far", "Enabled", None), same.clone(), Compliance::NonCompliant),
            (to("near", "Enabled", None), same, Compliance::Compliant),
            (to("near", "Enabled", None), cross.clone(), Compliance::NonCompliant),
            (to("theirs", "Enabled", Some("444455556666")), cross, Compliance::InsufficientData),
        ] {
            let item = bucket(json!({ "BucketReplicationConfiguration": replication }));
            let told = shelf::judged_among(&RULE, &item, parameters.clone(), &shelf);
            assert_eq!(told, expected, "{replication} {parameters}");
        }
    }
}
