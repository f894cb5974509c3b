//! `EC2_MANAGEDINSTANCE_ASSOCIATION_COMPLIANCE_STATUS_CHECK`: on managed instances, associations are carried out as they should be.

use crate::rule::{ManagedRule, Subject, Trigger};
use crate::shapes::compliance::is_compliant;

const COMPLIANCE: &str = "AWS::SSM::AssociationCompliance";

/// `EC2_MANAGEDINSTANCE_ASSOCIATION_COMPLIANCE_STATUS_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_MANAGEDINSTANCE_ASSOCIATION_COMPLIANCE_STATUS_CHECK",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[COMPLIANCE]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| is_compliant(item),
};

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::compliance::examples::complying;

    #[test]
    fn everything_complies() {
        for (item, expected) in [
            (complying(COMPLIANCE, "Association", ["COMPLIANT", "COMPLIANT"]), Compliance::Compliant),
            (complying(COMPLIANCE, "Association", ["COMPLIANT", "NON_COMPLIANT"]), Compliance::NonCompliant),
            (complying(COMPLIANCE, "Association", ["COMPLIANT", "UNSPECIFIED_DATA"]), Compliance::NonCompliant),
            (shelf::item(COMPLIANCE, "mi-1", json!({ "AWS:ComplianceItem": {} })), Compliance::InsufficientData),
            (shelf::item(COMPLIANCE, "mi-1", Value::Null), Compliance::InsufficientData),
        ] {
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{}", item.configuration);
        }
    }
}
