//! `S3_BUCKET_ACL_PROHIBITED`: the access control lists of buckets grant nothing to anyone but the owner.

use crate::item::Item;
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::bucket::{BUCKET, Grantee, grants};

/// `S3_BUCKET_ACL_PROHIBITED`
///
/// Where access control lists are turned off (`BucketOwnerEnforced`), S3 tells a list of the owner alone.
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_BUCKET_ACL_PROHIBITED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[BUCKET]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    let is_wrong = grants(item)?.iter().any(|grant| grant.grantee != Grantee::Owner);
    Ok(Verdict::of(is_wrong.then_some("The bucket ACL grants access to others than the owner.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::bucket::examples::{OWNER, acl, bucket};

    #[test]
    fn a_list_grants_to_the_owner_alone() {
        let own = json!({ "grantee": { "id": OWNER, "displayName": null }, "permission": "FullControl" });
        for (grants, expected) in [
            (json!([own]), Compliance::Compliant),
            (json!([]), Compliance::Compliant),
            (json!([own, { "grantee": "AllUsers", "permission": "Read" }]), Compliance::NonCompliant),
            (json!([own, { "grantee": "LogDelivery", "permission": "Write" }]), Compliance::NonCompliant),
            (
                json!([own, { "grantee": { "id": "another", "displayName": "x" }, "permission": "Read" }]),
                Compliance::NonCompliant,
            ),
        ] {
            let item = bucket(json!({ "AccessControlList": acl(grants.clone()) }));
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{grants}");
        }
        let untold = bucket(json!({ "AccessControlList": null }));
        assert_eq!(shelf::judged(&RULE, &untold, json!({})), Compliance::InsufficientData);
    }
}
