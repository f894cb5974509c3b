//! `DB_INSTANCE_BACKUP_ENABLED`: databases are backed up, for long enough and at the right hours.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::{filled_text, untold};

/// `DB_INSTANCE_BACKUP_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "DB_INSTANCE_BACKUP_ENABLED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::RDS::DBInstance"]),
    parameters: &[
        Parameter::optional("backupRetentionMinimum", ParameterKind::Integer),
        Parameter::optional("backupRetentionPeriod", ParameterKind::Integer),
        Parameter::optional("checkReadReplicas", ParameterKind::Boolean),
        Parameter::optional("preferredBackupWindow", ParameterKind::Text),
    ],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    let days = item.integer("backupRetentionPeriod").ok_or_else(|| untold("backupRetentionPeriod"))?;
    if is_read_replica(item) && !parameters.is_true("checkReadReplicas") {
        return Ok(Verdict::not_applicable());
    }
    if days <= 0 {
        return Ok(Verdict::non_compliant("Backups are not enabled."));
    }
    if parameters.integer("backupRetentionPeriod").is_some_and(|wanted| wanted != days) {
        return Ok(Verdict::non_compliant(format!("Backups are kept for {days} days.")));
    }
    if parameters.integer("backupRetentionMinimum").is_some_and(|wanted| days < wanted) {
        return Ok(Verdict::non_compliant(format!("Backups are kept for {days} days only.")));
    }
    let window = item.text("preferredBackupWindow").unwrap_or_default();
    let is_other = parameters.text("preferredBackupWindow").is_some_and(|wanted| wanted != window);
    Ok(Verdict::of(is_other.then(|| format!("Backups are made at {window}."))))
}

fn is_read_replica(item: &Item) -> bool {
    ["readReplicaSourceDBInstanceIdentifier", "readReplicaSourceDBClusterIdentifier"]
        .into_iter()
        .any(|path| filled_text(item, path).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn backups_are_made_as_asked() {
        let replica = json!({ "readReplicaSourceDBInstanceIdentifier": "acme", "backupRetentionPeriod": 0 });
        for (more, parameters, expected) in [
            (json!({}), json!({}), Compliance::Compliant),
            (json!({ "backupRetentionPeriod": 0 }), json!({}), Compliance::NonCompliant),
            (json!({ "backupRetentionPeriod": null }), json!({}), Compliance::InsufficientData),
            (json!({}), json!({ "backupRetentionPeriod": "7" }), Compliance::Compliant),
            (json!({}), json!({ "backupRetentionPeriod": "8" }), Compliance::NonCompliant),
            (json!({}), json!({ "backupRetentionMinimum": "7" }), Compliance::Compliant),
            (json!({}), json!({ "backupRetentionMinimum": "8" }), Compliance::NonCompliant),
            (json!({}), json!({ "preferredBackupWindow": "03:00-03:30" }), Compliance::Compliant),
            (json!({}), json!({ "preferredBackupWindow": "04:00-04:30" }), Compliance::NonCompliant),
            (replica.clone(), json!({}), Compliance::NotApplicable),
            (replica.clone(), json!({ "checkReadReplicas": "false" }), Compliance::NotApplicable),
            (replica, json!({ "checkReadReplicas": "true" }), Compliance::NonCompliant),
        ] {
            let mut configuration = json!({
                "dBInstanceIdentifier": "acme",
                "dbiResourceId": "db-ACME",
                "engine": "mysql",
                "backupRetentionPeriod": 7,
                "preferredBackupWindow": "03:00-03:30",
                "readReplicaSourceDBInstanceIdentifier": null,
            });
            configuration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let item = shelf::item("AWS::RDS::DBInstance", "db-ACME", configuration);
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{more} {parameters}");
        }
    }
}
