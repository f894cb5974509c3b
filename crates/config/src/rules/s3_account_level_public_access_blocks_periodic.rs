//! `S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC`: the account blocks public access as asked, looked at by the clock.

use crate::rule::{Fact, ManagedRule, Parameter, ParameterKind, Subject, Trigger};
use crate::shapes::bucket::{account_block, judge_account_block};

/// `S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC",
    trigger: Trigger::Periodic,
    subject: Subject::Account,
    parameters: &[
        Parameter::optional("IgnorePublicAcls", ParameterKind::Text),
        Parameter::optional("BlockPublicPolicy", ParameterKind::Text),
        Parameter::optional("BlockPublicAcls", ParameterKind::Text),
        Parameter::optional("RestrictPublicBuckets", ParameterKind::Text),
    ],
    facts: &[Fact::AccountPublicAccessBlock],
    evaluate: |_, parameters, inventory| match account_block(inventory) {
        Ok(block) => judge_account_block(block, parameters),
        Err(unknown) => unknown,
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::item::Item;
    use crate::rule::shelf::{self, Shelf};
    use crate::rule::{Asked, Compliance, PublicAccessBlock};

    #[test]
    fn each_flag_is_as_asked_and_true_where_nothing_is() {
        let all = PublicAccessBlock { block_acls: true, ignore_acls: true, block_policy: true, restrict_buckets: true };
        let but_one = PublicAccessBlock { ignore_acls: false, ..all };
        for (public_access_block, parameters, expected) in [
            (Asked::Known(all), json!({}), Compliance::Compliant),
            (Asked::Known(but_one), json!({}), Compliance::NonCompliant),
            (Asked::Known(but_one), json!({ "IgnorePublicAcls": "False" }), Compliance::Compliant),
            (Asked::Known(all), json!({ "IgnorePublicAcls": "False" }), Compliance::NonCompliant),
            (Asked::Nothing, json!({}), Compliance::NonCompliant),
            (Asked::Unknown, json!({}), Compliance::InsufficientData),
        ] {
            let shelf = Shelf { public_access_block: public_access_block.clone(), ..Shelf::default() };
            let account = Item::of_account(&shelf.scope, shelf.now);
            let told = shelf::judged_among(&RULE, &account, parameters.clone(), &shelf);
            assert_eq!(told, expected, "{public_access_block:?} {parameters}");
        }
    }
}
