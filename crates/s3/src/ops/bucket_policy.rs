//! `GetBucketPolicy`, `PutBucketPolicy`, `DeleteBucketPolicy` and `GetBucketPolicyStatus`

use s3s::dto::{
    DeleteBucketPolicyInput, DeleteBucketPolicyOutput, GetBucketPolicyInput, GetBucketPolicyOutput,
    GetBucketPolicyStatusInput, GetBucketPolicyStatusOutput, PolicyStatus, PutBucketPolicyInput, PutBucketPolicyOutput,
};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};
use serde_json::Value as Json;

use super::Operations;
use crate::errors;

/// Bytes that a policy can have.
const POLICY_BYTES_MAX: usize = 20 * 1024;

pub(super) async fn get(
    operations: &Operations,
    request: S3Request<GetBucketPolicyInput>,
) -> S3Result<S3Response<GetBucketPolicyOutput>> {
    let bucket = operations.bucket(&request.input.bucket)?;
    let policy = bucket.record.policy.clone().ok_or_else(|| errors::error(S3ErrorCode::NoSuchBucketPolicy))?;
    Ok(S3Response::new(GetBucketPolicyOutput { policy: Some(policy) }))
}

pub(super) async fn put(
    operations: &Operations,
    request: S3Request<PutBucketPolicyInput>,
) -> S3Result<S3Response<PutBucketPolicyOutput>> {
    let shared = &operations.shared;
    let input = request.input;
    let policy = input.policy;
    let malformed = |message: String| errors::with(S3ErrorCode::MalformedPolicy, message);
    if policy.len() > POLICY_BYTES_MAX {
        return Err(errors::custom("PolicyTooLarge", 400, "Bucket policies are limited to 20 kilobytes"));
    }
    let json: Json = serde_json::from_str(&policy).map_err(|_| {
        malformed("Policies must be valid JSON and the first byte must be '{'".to_owned())
    })?;
    shared.policies.check(&policy).map_err(malformed)?;
    check_statements(&json, &input.bucket).map_err(|message| malformed(message.to_owned()))?;
    let is_public = shared.policies.is_public(&policy);
    shared
        .change_bucket(&input.bucket, |record| {
            if is_public && record.public_access_block.is_some_and(|block| block.block_public_policy) {
                let message = "User is not authorized to perform: s3:PutBucketPolicy because public policies are \
                               prevented by the BlockPublicPolicy setting in S3 Block Public Access.";
                return Err(errors::with(S3ErrorCode::AccessDenied, message));
            }
            record.policy = Some(policy.clone());
            Ok(())
        })
        .await?;
    Ok(S3Response::with_status(PutBucketPolicyOutput {}, http::StatusCode::NO_CONTENT))
}

pub(super) async fn delete(
    operations: &Operations,
    request: S3Request<DeleteBucketPolicyInput>,
) -> S3Result<S3Response<DeleteBucketPolicyOutput>> {
    let changed = operations.shared.change_bucket(&request.input.bucket, |record| {
        record.policy = None;
        Ok(())
    });
    changed.await?;
    Ok(S3Response::with_status(DeleteBucketPolicyOutput {}, http::StatusCode::NO_CONTENT))
}

pub(super) async fn status(
    operations: &Operations,
    request: S3Request<GetBucketPolicyStatusInput>,
) -> S3Result<S3Response<GetBucketPolicyStatusOutput>> {
    let bucket = operations.bucket(&request.input.bucket)?;
    let policy = bucket.record.policy.as_ref().ok_or_else(|| errors::error(S3ErrorCode::NoSuchBucketPolicy))?;
    let is_public = operations.shared.policies.is_public(policy);
    let policy_status = Some(PolicyStatus { is_public: Some(is_public) });
    Ok(S3Response::new(GetBucketPolicyStatusOutput { policy_status }))
}

/// Whether every statement is about S3's actions, the bucket and what is in it, and names whom it is for.
fn check_statements(policy: &Json, bucket: &str) -> Result<(), &'static str> {
    let statements = match policy.get("Statement") {
        Some(Json::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => return Err("Missing required field Statement"),
    };
    for statement in statements {
        if statement.get("Principal").is_none() && statement.get("NotPrincipal").is_none() {
            return Err("Missing required field Principal");
        }
        let texts = |name: &str| match statement.get(name) {
            Some(Json::Array(texts)) => texts.iter().filter_map(Json::as_str).collect(),
            Some(Json::String(text)) => vec![text.as_str()],
            _ => Vec::new(),
        };
        let own = |resource: &&str| {
            let name = resource.strip_prefix("arn:").and_then(|rest| rest.split_once(":s3:::")).map(|(_, name)| name);
            name.is_some_and(|name| name == bucket || name.split('/').next() == Some(bucket) || name == format!("{bucket}*"))
        };
        let mut resources = texts("Resource");
        resources.extend(texts("NotResource"));
        if resources.is_empty() {
            return Err("Missing required field Resource");
        }
        if !resources.iter().all(own) {
            return Err("Policy has invalid resource");
        }
        let mut actions = texts("Action");
        actions.extend(texts("NotAction"));
        if !actions.iter().all(|action| *action == "*" || action.to_ascii_lowercase().starts_with("s3:")) {
            return Err("Policy has invalid action");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_about_its_own_bucket() {
        let policy = |resource: Json, action: &str| {
            serde_json::json!({"Statement": [{"Principal": "*", "Resource": resource, "Action": action}]})
        };
        for good in ["arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b/x/${aws:username}/*", "arn:aws:s3:::b*"] {
            assert_eq!(check_statements(&policy(good.into(), "s3:GetObject"), "b"), Ok(()), "{good}");
        }
        for bad in ["arn:aws:s3:::c", "arn:aws:s3:::bc/*", "*", "arn:aws:sns:::b"] {
            let refused = check_statements(&policy(bad.into(), "s3:*"), "b");
            assert_eq!(refused, Err("Policy has invalid resource"), "{bad}");
        }
        let refused = check_statements(&policy("arn:aws:s3:::b".into(), "sns:Publish"), "b");
        assert_eq!(refused, Err("Policy has invalid action"));
    }
}
