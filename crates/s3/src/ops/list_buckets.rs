//! `ListBuckets`

use s3s::dto::{Bucket, ListBucketsInput, ListBucketsOutput};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::{Operations, owner};
use crate::errors;
use crate::names::record_key;
use crate::record::BucketRecord;
use crate::times;

/// Buckets that a page can have.
const BUCKETS_MAX: i32 = 10_000;

pub(super) async fn run(
    operations: &Operations,
    request: S3Request<ListBucketsInput>,
) -> S3Result<S3Response<ListBucketsOutput>> {
    let Operations { shared, call } = operations;
    let input = request.input;
    let limit = input.max_buckets.unwrap_or(BUCKETS_MAX);
    if !(1..=BUCKETS_MAX).contains(&limit) {
        let message = "Argument max-buckets must be an integer between 1 and 10000";
        return Err(errors::with(S3ErrorCode::InvalidArgument, message));
    }
    let limit = usize::try_from(limit).expect("it is small");
    let account = call.context().account().clone();
    let from = record_key("");
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = input.continuation_token.clone().unwrap_or_default();
    let all = shared.catalog.list_prefix::<BucketRecord>(&from.account, None, &prefix);
    let wanted = |name: &str, record: &BucketRecord| {
        record.owner == account
            && name > after.as_str()
            && input.bucket_region.as_deref().is_none_or(|region| region == record.region.as_str())
    };
    let mut found: Vec<_> = all.into_iter().filter(|(name, found)| wanted(name, &found.value)).take(limit + 1).collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let continuation_token = found.last().filter(|_| more).map(|(name, _)| name.clone());
    let buckets = found.into_iter().map(|(name, found)| Bucket {
        bucket_region: Some(found.value.region.to_string()),
        creation_date: Some(times::shown(found.value.created)),
        name: Some(name),
    });
    Ok(S3Response::new(ListBucketsOutput {
        buckets: Some(buckets.collect()),
        continuation_token,
        owner: Some(owner(&account)),
        prefix: input.prefix,
    }))
}
