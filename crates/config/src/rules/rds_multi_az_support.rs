//! `RDS_MULTI_AZ_SUPPORT`: databases are in more than one zone.

use crate::item::Item;
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::told_flag;

/// `RDS_MULTI_AZ_SUPPORT`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "RDS_MULTI_AZ_SUPPORT",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::RDS::DBInstance"]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    // Of these, zones are the cluster's matter; AWS's page leaves them out.
    let is_of_cluster = |engine: &str| ["aurora", "docdb", "neptune"].iter().any(|word| engine.starts_with(word));
    if item.text("engine").is_some_and(is_of_cluster) {
        return Ok(Verdict::not_applicable());
    }
    let is_kept = told_flag(item, "multiAZ")?;
    Ok(Verdict::of((!is_kept).then_some("Multi-AZ is not enabled.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn databases_that_are_no_cluster_are_in_more_zones() {
        for (configuration, expected) in [
            (json!({ "engine": "postgres", "multiAZ": true }), Compliance::Compliant),
            (json!({ "engine": "postgres", "multiAZ": false }), Compliance::NonCompliant),
            (json!({ "engine": "aurora-mysql", "multiAZ": false }), Compliance::NotApplicable),
            (json!({ "engine": "docdb", "multiAZ": false }), Compliance::NotApplicable),
            (json!({ "engine": "mysql" }), Compliance::InsufficientData),
        ] {
            let item = shelf::item("AWS::RDS::DBInstance", "db-ACME", configuration.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{configuration}");
        }
    }
}
