//! `RDS_INSTANCE_PUBLIC_ACCESS_CHECK`: databases have no public address.

use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::told_flag;

/// `RDS_INSTANCE_PUBLIC_ACCESS_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "RDS_INSTANCE_PUBLIC_ACCESS_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::RDS::DBInstance"]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| match told_flag(item, "publiclyAccessible") {
        Ok(is_public) => Verdict::of(is_public.then_some("The DB instance is publicly accessible.")),
        Err(untold) => untold,
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn a_database_is_not_publicly_accessible() {
        for (configuration, expected) in [
            (json!({ "dBInstanceIdentifier": "acme", "publiclyAccessible": false }), Compliance::Compliant),
            (json!({ "dBInstanceIdentifier": "acme", "publiclyAccessible": true }), Compliance::NonCompliant),
            (json!({ "engine": "postgres", "publiclyAccessible": "true" }), Compliance::NonCompliant),
            (json!({ "dBInstanceIdentifier": "acme" }), Compliance::InsufficientData),
            (json!(null), Compliance::InsufficientData),
        ] {
            let item = shelf::item("AWS::RDS::DBInstance", "db-ACME", configuration.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{configuration}");
        }
    }
}
