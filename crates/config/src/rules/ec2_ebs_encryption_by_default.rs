//! `EC2_EBS_ENCRYPTION_BY_DEFAULT`: new volumes are encrypted unless said otherwise.

use crate::rule::{Asked, Fact, ManagedRule, Subject, Trigger, Verdict};

/// `EC2_EBS_ENCRYPTION_BY_DEFAULT`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "EC2_EBS_ENCRYPTION_BY_DEFAULT",
    trigger: Trigger::Periodic,
    subject: Subject::Account,
    parameters: &[],
    facts: &[Fact::EbsEncryptionByDefault],
    evaluate: |_, _, inventory| match inventory.ebs_encryption_by_default() {
        Asked::Known(true) => Verdict::compliant(),
        Asked::Known(false) | Asked::Nothing => Verdict::non_compliant("Volumes are not encrypted by default."),
        Asked::Unknown => Verdict::insufficient_data("Whether volumes are encrypted by default is not known."),
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item::Item;
    use crate::rule::Compliance;
    use crate::rule::shelf::{self, Shelf};

    #[test]
    fn volumes_are_encrypted_by_default() {
        for (ebs_encryption_by_default, expected) in [
            (Asked::Known(true), Compliance::Compliant),
            (Asked::Known(false), Compliance::NonCompliant),
            (Asked::Nothing, Compliance::NonCompliant),
            (Asked::Unknown, Compliance::InsufficientData),
        ] {
            let shelf = Shelf { ebs_encryption_by_default, ..Shelf::default() };
            let account = Item::of_account(&shelf.scope, shelf.now);
            assert_eq!(shelf::judged_among(&RULE, &account, json!({}), &shelf), expected);
        }
    }
}
