//! `RDS_INSTANCE_DELETION_PROTECTION_ENABLED`: databases are protected from being deleted.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, Subject, Trigger, Verdict};
use crate::shapes::{told_flag, untold};

/// `RDS_INSTANCE_DELETION_PROTECTION_ENABLED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "RDS_INSTANCE_DELETION_PROTECTION_ENABLED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::RDS::DBInstance"]),
    parameters: &[Parameter::optional("databaseEngines", ParameterKind::List)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item, parameters: &Parameters) -> Result<Verdict, Verdict> {
    if let Some(engines) = parameters.list("databaseEngines") {
        let engine = item.text("engine").ok_or_else(|| untold("engine"))?;
        if !engines.contains(&engine) {
            return Ok(Verdict::not_applicable());
        }
    }
    let is_kept = told_flag(item, "deletionProtection")?;
    Ok(Verdict::of((!is_kept).then_some("Deletion protection is not enabled.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn databases_of_the_engines_are_protected() {
        let database =
            |engine: &str, is_protected: bool| json!({ "engine": engine, "deletionProtection": is_protected });
        for (configuration, parameters, expected) in [
            (database("postgres", true), json!({}), Compliance::Compliant),
            (database("postgres", false), json!({}), Compliance::NonCompliant),
            (database("postgres", false), json!({ "databaseEngines": "mysql, postgres" }), Compliance::NonCompliant),
            (database("postgres", false), json!({ "databaseEngines": "mysql" }), Compliance::NotApplicable),
            (json!({ "engine": "postgres" }), json!({}), Compliance::InsufficientData),
            (json!({}), json!({ "databaseEngines": "mysql" }), Compliance::InsufficientData),
        ] {
            let item = shelf::item("AWS::RDS::DBInstance", "db-ACME", configuration.clone());
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{configuration} {parameters}");
        }
    }
}
