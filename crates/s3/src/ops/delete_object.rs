//! `DeleteObject`

use s3s::dto::{DeleteObjectInput, DeleteObjectOutput};
use s3s::{S3Request, S3Response, S3Result};

use super::Operations;
use crate::authorization::{Target, may};
use crate::errors;
use crate::lock::Governance;
use crate::objects::{VersionId, WriteCondition};
use crate::shared::Bucket;

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<S3Response<DeleteObjectOutput>> {
    let input = request.input;
    if input.mfa.is_some() || input.if_match_size.is_some() || input.if_match_last_modified_time.is_some() {
        return Err(errors::unsupported("x-amz-mfa, x-amz-if-match-size and x-amz-if-match-last-modified-time"));
    }
    let bucket = operations.bucket(&input.bucket)?;
    let governance = governance(operations, &bucket, &input.key, input.bypass_governance_retention)?;
    let id = VersionId::parse(input.version_id.as_deref());
    let condition = WriteCondition { matches: input.if_match, none_matches: None };
    let removed = operations.shared.remove(&input.bucket, &input.key, &id, governance, &condition).await?;
    if let Some(bytes) = removed.bytes {
        operations.note_bytes(bytes);
    }
    let output = DeleteObjectOutput {
        delete_marker: removed.delete_marker.then_some(true),
        version_id: removed.version_id,
        ..DeleteObjectOutput::default()
    };
    Ok(S3Response::with_status(output, http::StatusCode::NO_CONTENT))
}

/// Whether governance is bypassed: it is where the client says so and may.
///
/// # Errors
/// `AccessDenied`
pub(super) fn governance(
    operations: &Operations,
    bucket: &Bucket,
    key: &str,
    bypass: Option<bool>,
) -> S3Result<Governance> {
    if bypass != Some(true) {
        return Ok(Governance::Kept);
    }
    let Operations { shared, call } = operations;
    may(shared, call, "s3:BypassGovernanceRetention", Target::In(bucket, Some(key)))?;
    Ok(Governance::Bypassed)
}
