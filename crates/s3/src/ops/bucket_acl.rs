//! `GetBucketAcl` and `PutBucketAcl`: a bucket is its owner's alone.

use base::AccountId;
use s3s::dto::{
    AccessControlPolicy, GetBucketAclInput, GetBucketAclOutput, Grant, Grantee, Permission, PutBucketAclInput,
    PutBucketAclOutput, Type,
};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::{Operations, canonical_id, owner};
use crate::description;
use crate::errors;

pub(super) async fn get(
    operations: &Operations,
    request: S3Request<GetBucketAclInput>,
) -> S3Result<S3Response<GetBucketAclOutput>> {
    let bucket = operations.bucket(&request.input.bucket)?;
    let account = &bucket.record.owner;
    Ok(S3Response::new(GetBucketAclOutput { grants: Some(owners_grants(account)), owner: Some(owner(account)) }))
}

pub(super) async fn put(
    operations: &Operations,
    request: S3Request<PutBucketAclInput>,
) -> S3Result<S3Response<PutBucketAclOutput>> {
    description::refuse_acls(&request.headers)?;
    let input = request.input;
    let bucket = operations.bucket(&input.bucket)?;
    match (&input.acl, &input.access_control_policy) {
        (Some(_), None) => {}
        (None, Some(policy)) => refuse_policy(policy, &bucket.record.owner)?,
        _ => return Err(errors::error(S3ErrorCode::MalformedXML)),
    }
    Ok(S3Response::new(PutBucketAclOutput {}))
}

/// Full control for the owner.
pub(super) fn owners_grants(account: &AccountId) -> Vec<Grant> {
    let grantee = Grantee {
        display_name: None,
        email_address: None,
        id: Some(canonical_id(account)),
        type_: Type::from_static(Type::CANONICAL_USER),
        uri: None,
    };
    vec![Grant { grantee: Some(grantee), permission: Some(Permission::from_static(Permission::FULL_CONTROL)) }]
}

/// # Errors
/// `AccessControlListNotSupported` unless the owner alone has full control.
pub(super) fn refuse_policy(policy: &AccessControlPolicy, account: &AccountId) -> S3Result<()> {
    let id = canonical_id(account);
    let is_owners = |grant: &Grant| {
        let full = grant.permission.as_ref().map(Permission::as_str) == Some(Permission::FULL_CONTROL);
        full && grant.grantee.as_ref().and_then(|grantee| grantee.id.as_ref()) == Some(&id)
    };
    match policy.grants.as_deref().unwrap_or_default() {
        [grant] if is_owners(grant) => Ok(()),
        _ => Err(errors::error(S3ErrorCode::AccessControlListNotSupported)),
    }
}
