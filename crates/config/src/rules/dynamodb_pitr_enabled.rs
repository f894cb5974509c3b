//! `DYNAMODB_PITR_ENABLED`: tables can be restored to any point in time.

use serde_json::Value;

use crate::item::{self, Item};
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::untold;

const STATUS: &str = "pointInTimeRecoveryDescription.pointInTimeRecoveryStatus";

/// `DYNAMODB_PITR_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "DYNAMODB_PITR_ENABLED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::DynamoDB::Table"]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    let backups = item.supplement("ContinuousBackupsDescription");
    let backups = backups.as_deref().ok_or_else(|| untold("ContinuousBackupsDescription"))?;
    let is_enabled = item::at(backups, STATUS).and_then(Value::as_str) == Some("ENABLED");
    Ok(Verdict::of((!is_enabled).then_some("Point-in-time recovery is not enabled.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn recovery_is_enabled() {
        let backups = |status: &str| {
            json!({
                "continuousBackupsStatus": "ENABLED",
                "pointInTimeRecoveryDescription": { "pointInTimeRecoveryStatus": status },
            })
        };
        for (backups, expected) in [
            (backups("ENABLED"), Compliance::Compliant),
            (json!(backups("ENABLED").to_string()), Compliance::Compliant),
            (backups("DISABLED"), Compliance::NonCompliant),
            (json!({ "continuousBackupsStatus": "ENABLED" }), Compliance::NonCompliant),
            (json!(null), Compliance::InsufficientData),
        ] {
            let mut item = shelf::item("AWS::DynamoDB::Table", "acme", json!({ "tableName": "acme" }));
            item.supplementary.insert("ContinuousBackupsDescription".to_owned(), backups.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{backups}");
        }
    }
}
