//! `RDS_SNAPSHOTS_PUBLIC_PROHIBITED`: not everyone can restore snapshots of databases.

use serde_json::Value;

use crate::item::{self, Item};
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::untold;

const CLUSTER_SNAPSHOT: &str = "AWS::RDS::DBClusterSnapshot";

/// `RDS_SNAPSHOTS_PUBLIC_PROHIBITED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "RDS_SNAPSHOTS_PUBLIC_PROHIBITED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[CLUSTER_SNAPSHOT, "AWS::RDS::DBSnapshot"]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item),
};

fn judge(item: &Item) -> Verdict {
    let is_of_cluster = item.resource_type == CLUSTER_SNAPSHOT;
    let key = if is_of_cluster { "DBClusterSnapshotAttributes" } else { "DBSnapshotAttributes" };
    let Some(attributes) = item.supplement(key) else { return untold(key) };
    let is_wrong = attributes.as_array().is_some_and(|attributes| attributes.iter().any(is_restorable_by_all));
    Verdict::of(is_wrong.then_some("The snapshot is public."))
}

fn is_restorable_by_all(attribute: &Value) -> bool {
    let values = item::at(attribute, "attributeValues").and_then(Value::as_array);
    item::at(attribute, "attributeName").is_some_and(|name| name == "restore")
        && values.is_some_and(|values| values.iter().any(|value| value == "all"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn snapshots_are_not_for_all() {
        let restore = |values: Value| json!([{ "attributeName": "restore", "attributeValues": values }]);
        for (resource_type, key, attributes, expected) in [
            ("AWS::RDS::DBSnapshot", "DBSnapshotAttributes", restore(json!([])), Compliance::Compliant),
            ("AWS::RDS::DBSnapshot", "DBSnapshotAttributes", restore(json!(["444455556666"])), Compliance::Compliant),
            ("AWS::RDS::DBSnapshot", "DBSnapshotAttributes", restore(json!(["all"])), Compliance::NonCompliant),
            (CLUSTER_SNAPSHOT, "DBClusterSnapshotAttributes", restore(json!(["1", "all"])), Compliance::NonCompliant),
            (CLUSTER_SNAPSHOT, "DBClusterSnapshotAttributes", restore(json!(["1"])), Compliance::Compliant),
            (CLUSTER_SNAPSHOT, "DBSnapshotAttributes", restore(json!(["1"])), Compliance::InsufficientData),
        ] {
            let mut item = shelf::item(resource_type, "rds:acme-1", json!({ "engine": "postgres" }));
            item.supplementary.insert(key.to_owned(), attributes.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{resource_type} {attributes}");
        }
    }
}
