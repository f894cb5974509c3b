//! `S3_BUCKET_SSL_REQUESTS_ONLY`: buckets refuse all requests without TLS.

use crate::item::Item;
use crate::policy::{Condition, Statement};
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};
use crate::shapes::bucket::{self, BUCKET};

/// `S3_BUCKET_SSL_REQUESTS_ONLY`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "S3_BUCKET_SSL_REQUESTS_ONLY",
    trigger: Trigger::Change,
    subject: Subject::Resources(&[BUCKET]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item).unwrap_or_else(|untold| untold),
};

fn judge(item: &Item) -> Result<Verdict, Verdict> {
    let Some(policy) = bucket::policy(item)? else {
        return Ok(Verdict::non_compliant("The bucket has no policy that denies requests without TLS."));
    };
    let arn = bucket::arn(item);
    // One statement may be about the bucket and another about what is in it.
    let is_refused = |resource: &str| {
        policy.denying().any(|statement| refuses_plain_requests(statement) && statement.resources.cover(resource))
    };
    let is_kept = is_refused(arn.as_ref()) && is_refused(&format!("{arn}/*"));
    Ok(Verdict::of((!is_kept).then_some("The bucket policy does not deny all requests without TLS.")))
}

/// Whether a statement that denies is about everyone, all of S3's actions, and requests without TLS.
fn refuses_plain_requests(statement: &Statement) -> bool {
    statement.principal.is_everyone()
        && statement.actions.cover("s3:*")
        && !statement.conditions.is_empty()
        && statement.conditions.iter().all(is_without_tls)
}

/// A further condition would let requests without TLS through where it does not hold.
fn is_without_tls(condition: &Condition) -> bool {
    ["bool", "boolifexists"].contains(&condition.operator.as_str())
        && condition.key == "aws:securetransport"
        && condition.values.iter().any(|value| value.eq_ignore_ascii_case("false"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rule::{Compliance, shelf};
    use crate::shapes::bucket::examples::{bucket, bucket_with_policy};

    fn deny(principal: Value, action: Value, resource: Value, condition: Value) -> Value {
        json!({
            "Sid": "TLS", "Effect": "Deny", "Principal": principal, "Action": action, "Resource": resource,
            "Condition": condition,
        })
    }

    #[test]
    fn a_policy_denies_everything_without_tls() {
        let both = || json!(["arn:aws:s3:::acme", "arn:aws:s3:::acme/*"]);
        let plain = || json!({ "Bool": { "aws:SecureTransport": "false" } });
        let all = || json!("*");
        let s3 = || json!("s3:*");
        for (statements, expected) in [
            (deny(all(), s3(), both(), plain()), Compliance::Compliant),
            (deny(json!({ "AWS": "*" }), json!(["s3:*"]), json!("*"), plain()), Compliance::Compliant),
            (deny(all(), all(), json!("arn:aws:s3:::acme*"), plain()), Compliance::Compliant),
            (deny(all(), s3(), both(), json!({ "Bool": { "AWS:SecureTransport": false } })), Compliance::Compliant),
            (
                json!([
                    deny(all(), s3(), json!("arn:aws:s3:::acme"), plain()),
                    deny(all(), s3(), json!("arn:aws:s3:::acme/*"), plain()),
                ]),
                Compliance::Compliant,
            ),
            (deny(all(), s3(), json!("arn:aws:s3:::acme/*"), plain()), Compliance::NonCompliant),
            (deny(all(), s3(), json!("arn:aws:s3:::acme"), plain()), Compliance::NonCompliant),
            (
                deny(all(), s3(), json!(["arn:aws:s3:::acme", "arn:aws:s3:::acme/a/*"]), plain()),
                Compliance::NonCompliant,
            ),
            (deny(all(), json!("s3:GetObject"), both(), plain()), Compliance::NonCompliant),
            (deny(json!({ "AWS": "444455556666" }), s3(), both(), plain()), Compliance::NonCompliant),
            (deny(all(), s3(), both(), json!({ "Bool": { "aws:SecureTransport": "true" } })), Compliance::NonCompliant),
            (
                deny(
                    all(),
                    s3(),
                    both(),
                    json!({ "Bool": { "aws:SecureTransport": "false" }, "StringEquals": { "aws:SourceVpc": "vpc-1" } }),
                ),
                Compliance::NonCompliant,
            ),
            (
                json!({
                    "Effect": "Deny", "NotPrincipal": { "AWS": "444455556666" }, "Action": "s3:*", "Resource": "*",
                    "Condition": { "Bool": { "aws:SecureTransport": "false" } },
                }),
                Compliance::NonCompliant,
            ),
            (
                json!({
                    "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*",
                    "Condition": { "Bool": { "aws:SecureTransport": "true" } },
                }),
                Compliance::NonCompliant,
            ),
        ] {
            let item = bucket_with_policy(statements.clone());
            assert_eq!(shelf::judged(&RULE, &item, json!({})), expected, "{statements}");
        }
    }

    #[test]
    fn a_bucket_without_a_policy_takes_plain_requests() {
        assert_eq!(shelf::judged(&RULE, &bucket(json!({})), json!({})), Compliance::NonCompliant);
        let untold = bucket(json!({ "BucketPolicy": null }));
        assert_eq!(shelf::judged(&RULE, &untold, json!({})), Compliance::InsufficientData);
    }

    #[test]
    fn the_bucket_is_named_in_its_own_partition() {
        let statement = deny(
            json!("*"),
            json!("s3:*"),
            json!(["arn:aws-cn:s3:::acme", "arn:aws-cn:s3:::acme/*"]),
            json!({ "Bool": { "aws:SecureTransport": "false" } }),
        );
        let mut item = bucket_with_policy(statement);
        assert_eq!(shelf::judged(&RULE, &item, json!({})), Compliance::NonCompliant);
        item.arn = Some("arn:aws-cn:s3:::acme".to_owned());
        assert_eq!(shelf::judged(&RULE, &item, json!({})), Compliance::Compliant);
    }
}
