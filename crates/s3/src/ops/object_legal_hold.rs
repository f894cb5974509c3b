//! `GetObjectLegalHold` and `PutObjectLegalHold`

use s3s::dto::{
    GetObjectLegalHoldInput, GetObjectLegalHoldOutput, ObjectLockLegalHold, ObjectLockLegalHoldStatus,
    PutObjectLegalHoldInput, PutObjectLegalHoldOutput,
};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::Operations;
use super::object_retention::require_lock;
use crate::errors;
use crate::objects::VersionId;

pub(super) async fn get(
    operations: &Operations,
    request: S3Request<GetObjectLegalHoldInput>,
) -> S3Result<S3Response<GetObjectLegalHoldOutput>> {
    let input = request.input;
    let bucket = operations.bucket(&input.bucket)?;
    require_lock(&bucket)?;
    let found = operations.shared.find_object(&bucket, &input.key, &VersionId::parse(input.version_id.as_deref()))?;
    let held = found.version().content.as_ref().is_some_and(|content| content.legal_hold);
    let status = if held { ObjectLockLegalHoldStatus::ON } else { ObjectLockLegalHoldStatus::OFF };
    let legal_hold = ObjectLockLegalHold { status: Some(ObjectLockLegalHoldStatus::from_static(status)) };
    Ok(S3Response::new(GetObjectLegalHoldOutput { legal_hold: Some(legal_hold) }))
}

pub(super) async fn put(
    operations: &Operations,
    request: S3Request<PutObjectLegalHoldInput>,
) -> S3Result<S3Response<PutObjectLegalHoldOutput>> {
    let input = request.input;
    require_lock(&operations.bucket(&input.bucket)?)?;
    let status = input.legal_hold.and_then(|hold| hold.status);
    let held = match status.as_ref().map(ObjectLockLegalHoldStatus::as_str) {
        Some(ObjectLockLegalHoldStatus::ON) => true,
        Some(ObjectLockLegalHoldStatus::OFF) => false,
        _ => return Err(errors::error(S3ErrorCode::MalformedXML)),
    };
    let id = VersionId::parse(input.version_id.as_deref());
    let altered = operations.shared.alter(&input.bucket, &input.key, &id, |_, content, _| {
        content.legal_hold = held;
        Ok(())
    });
    altered.await?;
    Ok(S3Response::new(PutObjectLegalHoldOutput::default()))
}
