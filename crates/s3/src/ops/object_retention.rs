//! `GetObjectRetention` and `PutObjectRetention`

use s3s::dto::{
    GetObjectRetentionInput, GetObjectRetentionOutput, ObjectLockRetention, ObjectLockRetentionMode,
    PutObjectRetentionInput, PutObjectRetentionOutput,
};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::Operations;
use super::delete_object::governance;
use crate::description::lock_mode;
use crate::errors;
use crate::lock;
use crate::objects::{VersionId, locked};
use crate::record::{LockMode, Retention};
use crate::shared::Bucket;
use crate::times;

pub(super) async fn get(
    operations: &Operations,
    request: S3Request<GetObjectRetentionInput>,
) -> S3Result<S3Response<GetObjectRetentionOutput>> {
    let input = request.input;
    let bucket = operations.bucket(&input.bucket)?;
    require_lock(&bucket)?;
    let found = operations.shared.find_object(&bucket, &input.key, &VersionId::parse(input.version_id.as_deref()))?;
    let retention = found.version().content.as_ref().and_then(|content| content.retention);
    let retention = retention.ok_or_else(|| errors::error(S3ErrorCode::NoSuchObjectLockConfiguration))?;
    let shown = ObjectLockRetention {
        mode: Some(mode(retention.mode)),
        retain_until_date: Some(times::shown(retention.until)),
    };
    Ok(S3Response::new(GetObjectRetentionOutput { retention: Some(shown) }))
}

pub(super) async fn put(
    operations: &Operations,
    request: S3Request<PutObjectRetentionInput>,
) -> S3Result<S3Response<PutObjectRetentionOutput>> {
    let input = request.input;
    let bucket = operations.bucket(&input.bucket)?;
    require_lock(&bucket)?;
    let governance = governance(operations, &bucket, &input.key, input.bypass_governance_retention)?;
    let after = asked(operations, input.retention)?;
    let id = VersionId::parse(input.version_id.as_deref());
    operations
        .shared
        .alter(&input.bucket, &input.key, &id, |_, content, now| {
            lock::may_change(content.retention, after, now, governance).map_err(|_| locked())?;
            content.retention = after;
            Ok(())
        })
        .await?;
    Ok(S3Response::new(PutObjectRetentionOutput::default()))
}

/// The retention that is asked for; an empty one takes it away.
fn asked(operations: &Operations, asked: Option<ObjectLockRetention>) -> S3Result<Option<Retention>> {
    let malformed = || errors::error(S3ErrorCode::MalformedXML);
    let asked = asked.ok_or_else(malformed)?;
    match (asked.mode, asked.retain_until_date) {
        (None, None) => Ok(None),
        (Some(mode), Some(until)) => {
            let until = times::given(&until).ok_or_else(malformed)?;
            times::retention(lock_mode(mode.as_str())?, until, operations.shared.clock.now()).map(Some)
        }
        _ => Err(malformed()),
    }
}

pub(super) fn mode(mode: LockMode) -> ObjectLockRetentionMode {
    ObjectLockRetentionMode::from_static(match mode {
        LockMode::Governance => ObjectLockRetentionMode::GOVERNANCE,
        LockMode::Compliance => ObjectLockRetentionMode::COMPLIANCE,
    })
}

/// # Errors
/// `InvalidRequest` where objects cannot be locked.
pub(super) fn require_lock(bucket: &Bucket) -> S3Result<()> {
    match bucket.record.object_lock {
        Some(_) => Ok(()),
        None => Err(errors::with(S3ErrorCode::InvalidRequest, "Bucket is missing Object Lock Configuration")),
    }
}
