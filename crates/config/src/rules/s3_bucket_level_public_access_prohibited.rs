//! `S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED`: all public access is blocked for each bucket itself.

use crate::item::Item;
use crate::rule::{ManagedRule, Parameter, ParameterKind, Parameters, PublicAccessBlock, Subject, Trigger, Verdict};
use crate::shapes::bucket::{BUCKET, own_block};

/// `S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[BUCKET]),
    parameters: &[Parameter::optional("excludedPublicBuckets", ParameterKind::List)],
    facts: &[],
    evaluate: |item, parameters, _| judge(item, parameters),
};

fn judge(item: &Item, parameters: &Parameters) -> Verdict {
    let name = item.resource_name.as_deref().unwrap_or(&item.resource_id);
    if parameters.list("excludedPublicBuckets").unwrap_or_default().contains(&name) {
        return Verdict::compliant();
    }
    let all = PublicAccessBlock { block_acls: true, ignore_acls: true, block_policy: true, restrict_buckets: true };
    Verdict::of((own_block(item) != all).then_some("Not all public access is blocked at the level of the bucket."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::bucket::examples::bucket;

    #[test]
    fn a_bucket_blocks_everything_or_is_excluded() {
        let block = |acls: bool, policies: bool| {
            json!({
                "blockPublicAcls": acls, "ignorePublicAcls": acls,
                "blockPublicPolicy": policies, "restrictPublicBuckets": policies,
            })
        };
        for (block, parameters, expected) in [
            (block(true, true), json!({}), Compliance::Compliant),
            (block(true, false), json!({}), Compliance::NonCompliant),
            (block(false, true), json!({}), Compliance::NonCompliant),
            (json!(null), json!({}), Compliance::NonCompliant),
            (json!(null), json!({ "excludedPublicBuckets": "other, acme" }), Compliance::Compliant),
            (json!(null), json!({ "excludedPublicBuckets": "acme-2" }), Compliance::NonCompliant),
        ] {
            let item = bucket(json!({ "PublicAccessBlockConfiguration": block }));
            assert_eq!(shelf::judged(&RULE, &item, parameters.clone()), expected, "{block} {parameters}");
        }
    }
}
