//! `GetObjectAcl` and `PutObjectAcl`: every object is its bucket's owner's alone.

use s3s::dto::{GetObjectAclInput, GetObjectAclOutput, PutObjectAclInput, PutObjectAclOutput};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::bucket_acl::{owners_grants, refuse_policy};
use super::{Operations, owner};
use crate::description;
use crate::errors;
use crate::objects::VersionId;

pub(super) async fn get(
    operations: &Operations,
    request: S3Request<GetObjectAclInput>,
) -> S3Result<S3Response<GetObjectAclOutput>> {
    let input = request.input;
    let bucket = operations.bucket(&input.bucket)?;
    operations.shared.find_object(&bucket, &input.key, &VersionId::parse(input.version_id.as_deref()))?;
    Ok(S3Response::new(GetObjectAclOutput {
        grants: Some(owners_grants(&bucket.record.owner)),
        owner: Some(owner(&bucket.record.owner)),
        ..GetObjectAclOutput::default()
    }))
}

pub(super) async fn put(
    operations: &Operations,
    request: S3Request<PutObjectAclInput>,
) -> S3Result<S3Response<PutObjectAclOutput>> {
    description::refuse_acls(&request.headers)?;
    let input = request.input;
    let bucket = operations.bucket(&input.bucket)?;
    operations.shared.find_object(&bucket, &input.key, &VersionId::parse(input.version_id.as_deref()))?;
    match (&input.acl, &input.access_control_policy) {
        (Some(_), None) => {}
        (None, Some(policy)) => refuse_policy(policy, &bucket.record.owner)?,
        _ => return Err(errors::error(S3ErrorCode::MalformedXML)),
    }
    Ok(S3Response::new(PutObjectAclOutput::default()))
}
