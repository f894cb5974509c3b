//! `IAM_ROOT_ACCESS_KEY_CHECK`: the account's root has no access keys.

use crate::rule::{Asked, Fact, ManagedRule, Subject, Trigger, Verdict};

/// `IAM_ROOT_ACCESS_KEY_CHECK`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "IAM_ROOT_ACCESS_KEY_CHECK",
    trigger: Trigger::Periodic,
    subject: Subject::Account,
    parameters: &[],
    facts: &[Fact::AccountSummary],
    evaluate: |_, _, inventory| match inventory.account_summary() {
        Asked::Known(summary) => {
            Verdict::of(summary.root_has_access_keys.then_some("The root user has an access key."))
        }
        Asked::Unknown | Asked::Nothing => Verdict::insufficient_data("IAM's summary of the account is not known."),
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item::Item;
    use crate::rule::shelf::{self, Shelf};
    use crate::rule::{AccountSummary, Compliance};

    #[test]
    fn the_root_has_no_access_keys() {
        let known =
            |root_has_access_keys, root_has_mfa| Asked::Known(AccountSummary { root_has_access_keys, root_has_mfa });
        for (account_summary, expected) in [
            (known(false, false), Compliance::Compliant),
            (known(false, true), Compliance::Compliant),
            (known(true, true), Compliance::NonCompliant),
            (known(true, false), Compliance::NonCompliant),
            (Asked::Unknown, Compliance::InsufficientData),
        ] {
            let shelf = Shelf { account_summary: account_summary.clone(), ..Shelf::default() };
            let account = Item::of_account(&shelf.scope, shelf.now);
            assert_eq!(shelf::judged_among(&RULE, &account, json!({}), &shelf), expected, "{account_summary:?}");
        }
    }
}
