//! `LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED`: the policies of functions do not let the public in.

use crate::item::Item;
use crate::policy::public_access::{is_limited, lets_public_in};
use crate::policy::{Policy, Statement};
use crate::rule::{ManagedRule, Subject, Trigger, Verdict};

/// `LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED`
pub static RULE: ManagedRule = ManagedRule {
    identifier: "LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED",
    trigger: Trigger::Change,
    subject: Subject::Resources(&["AWS::Lambda::Function"]),
    parameters: &[],
    facts: &[],
    evaluate: |item, _, _| judge(item),
};

fn judge(item: &Item) -> Verdict {
    // A function has none until a permission is added.
    let Some(held) = item.supplement("Policy") else { return Verdict::compliant() };
    let Some(policy) = Policy::of(&held) else {
        return Verdict::insufficient_data("The function's policy is not a policy document that can be read.");
    };
    let lets_in = |statement: &Statement| lets_public_in(statement) || lets_any_bucket_in(statement);
    Verdict::of(policy.allowing().any(lets_in).then_some("The function's policy allows public access."))
}

/// Whether S3 may call for anyone's bucket, as it may where nothing says whose.
fn lets_any_bucket_in(statement: &Statement) -> bool {
    statement.principal.has_service("s3.amazonaws.com") && !is_limited(statement)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rule::{Compliance, shelf};

    fn function(policy: Option<Value>) -> Item {
        let configuration = json!({
            "functionName": "acme",
            "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:acme",
            "runtime": "python3.13",
            "role": "arn:aws:iam::123456789012:role/acme",
            "packageType": "Zip",
        });
        let mut item = shelf::item("AWS::Lambda::Function", "acme", configuration);
        item.supplementary =
            policy.into_iter().map(|policy| ("Policy".to_owned(), json!(policy.to_string()))).collect();
        item
    }

    fn statement(principal: Value, condition: Value) -> Value {
        let resource = "arn:aws:lambda:eu-west-1:123456789012:function:acme";
        let statement = json!({
            "Sid": "s", "Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction",
            "Resource": resource, "Condition": condition,
        });
        json!({ "Version": "2012-10-17", "Id": "default", "Statement": [statement] })
    }

    #[test]
    fn nobody_unknown_may_call_a_function() {
        let s3 = json!({ "Service": "s3.amazonaws.com" });
        let any = json!({ "AWS": "*" });
        for (policy, expected) in [
            (None, Compliance::Compliant),
            (Some(statement(json!("*"), json!({}))), Compliance::NonCompliant),
            (Some(statement(any.clone(), json!({}))), Compliance::NonCompliant),
            (Some(statement(json!({ "AWS": "" }), json!({}))), Compliance::NonCompliant),
            (
                Some(statement(any.clone(), json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }))),
                Compliance::Compliant,
            ),
            (
                Some(statement(any, json!({ "StringEquals": { "lambda:FunctionUrlAuthType": "NONE" } }))),
                Compliance::NonCompliant,
            ),
            (Some(statement(json!({ "AWS": "arn:aws:iam::444455556666:root" }), json!({}))), Compliance::Compliant),
            (Some(statement(json!({ "Service": "events.amazonaws.com" }), json!({}))), Compliance::Compliant),
            (Some(statement(s3.clone(), json!({}))), Compliance::NonCompliant),
            (
                Some(statement(s3.clone(), json!({ "StringEquals": { "AWS:SourceAccount": "123456789012" } }))),
                Compliance::Compliant,
            ),
            (
                Some(statement(s3, json!({ "ArnLike": { "AWS:SourceArn": "arn:aws:s3:::*" } }))),
                Compliance::NonCompliant,
            ),
            (Some(json!({ "Statement": 1 })), Compliance::InsufficientData),
        ] {
            assert_eq!(shelf::judged(&RULE, &function(policy.clone()), json!({})), expected, "{policy:?}");
        }
    }
}
