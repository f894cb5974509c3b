//! `AWS_CONFIG_PROCESS_CHECK`: what somebody outside says of a process; PutExternalEvaluation puts its results.

use crate::rule::{ManagedRule, Subject, Trigger, Verdict};

/// `AWS_CONFIG_PROCESS_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "AWS_CONFIG_PROCESS_CHECK",
    trigger: Trigger::External,
    subject: Subject::Account,
    parameters: &[],
    facts: &[],
    // Nothing but what is put tells it, so that asking for an evaluation has no verdict.
    evaluate: |_, _, _| Verdict::insufficient_data("Its results are put by PutExternalEvaluation."),
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item::Item;
    use crate::rule::{Compliance, shelf};

    #[test]
    fn nothing_in_the_inventory_tells_it() {
        let account = Item::of_account(&shelf::scope(), shelf::now());
        assert_eq!(shelf::judged(&RULE, &account, json!({})), Compliance::InsufficientData);
        assert!(!RULE.trigger.is_by_change() && !RULE.trigger.is_by_period());
    }
}
