//! `CreateBucket`

use base::Region;
use s3s::dto::{BucketLocationConstraint, CreateBucketInput, CreateBucketOutput, ObjectOwnership};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};
use store::catalog::Transaction;

use super::Operations;
use super::bucket_ownership_controls::ownership;
use crate::description;
use crate::errors;
use crate::names::{new_id, record_key};
use crate::record::{BucketRecord, ObjectLock, Ownership, PublicAccessBlock, Versioning};

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<CreateBucketInput>,
) -> S3Result<S3Response<CreateBucketOutput>> {
    let Operations { shared, call } = operations;
    description::refuse_acls(&request.headers)?;
    let input = request.input;
    let configuration = input.create_bucket_configuration.unwrap_or_default();
    if configuration.bucket.is_some() || configuration.location.is_some() {
        return Err(errors::unsupported("directory buckets"));
    }
    let constraint = configuration.location_constraint.as_ref().map(BucketLocationConstraint::as_str);
    let region = place(&call.region, constraint)?;
    let owner = call.context().account().clone();
    let locked = input.object_lock_enabled_for_bucket == Some(true);
    let record = BucketRecord {
        id: new_id(&*shared.entropy),
        owner: owner.clone(),
        region,
        created: shared.clock.now(),
        versioning: if locked { Versioning::Enabled } else { Versioning::Off },
        object_lock: locked.then(ObjectLock::default),
        policy: None,
        tags: Vec::new(),
        public_access_block: Some(PublicAccessBlock::ALL),
        ownership: Some(match input.object_ownership.as_ref().map(ObjectOwnership::as_str) {
            Some(text) => ownership(text)?,
            None => Ownership::BucketOwnerEnforced,
        }),
        bucket_key_enabled: false,
    };
    shared
        .change(|| {
            let mut transaction = Transaction::default();
            match shared.find_bucket(&input.bucket) {
                Some(there) if there.record.owner != owner => {
                    return Err(errors::error(S3ErrorCode::BucketAlreadyExists));
                }
                // In the oldest region making a bucket again is no error (documented).
                Some(there) if there.record.region.as_str() == "us-east-1" && call.region.as_str() == "us-east-1" => {}
                Some(_) => return Err(errors::error(S3ErrorCode::BucketAlreadyOwnedByYou)),
                None => {
                    transaction.create(record_key(input.bucket.as_str()), &record);
                }
            }
            Ok((transaction, ()))
        })
        .await?;
    call.known().bucket_record = shared.find_bucket(&input.bucket).map(|bucket| bucket.record);
    Ok(S3Response::new(CreateBucketOutput { location: Some(format!("/{}", input.bucket)) }))
}

/// The region of a new bucket, from that of the request and the constraint.
fn place(asked: &Region, constraint: Option<&str>) -> S3Result<Region> {
    let refused = |named: &str| {
        let message = format!(
            "The {named} location constraint is incompatible for the region specific endpoint this request was sent to."
        );
        errors::with(S3ErrorCode::IllegalLocationConstraintException, message)
    };
    let is_oldest = asked.as_str() == "us-east-1";
    match constraint {
        None | Some("") if is_oldest => Ok(asked.clone()),
        None | Some("") => Err(refused("unspecified")),
        Some("EU") if is_oldest || asked.as_str() == "eu-west-1" => Ok("eu-west-1".parse().expect("a region name")),
        Some(named) if is_oldest || named == asked.as_str() => named.parse().map_err(|_| {
            errors::with(S3ErrorCode::InvalidLocationConstraint, "The specified location-constraint is not valid")
        }),
        Some(named) => Err(refused(named)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_where_the_constraint_says_if_the_region_of_the_request_agrees() {
        let table = [
            ("us-east-1", None, Some("us-east-1")),
            ("us-east-1", Some("eu-west-1"), Some("eu-west-1")),
            ("eu-west-1", Some("eu-west-1"), Some("eu-west-1")),
            ("eu-west-1", Some("EU"), Some("eu-west-1")),
            ("eu-west-1", None, None),
            ("eu-west-1", Some("us-west-2"), None),
            ("us-east-1", Some("Not A Region"), None),
        ];
        for (asked, constraint, expected) in table {
            let region = place(&asked.parse().unwrap(), constraint).ok();
            assert_eq!(region.as_ref().map(Region::as_str), expected, "{asked} {constraint:?}");
        }
    }
}
