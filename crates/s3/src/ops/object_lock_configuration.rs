//! `GetObjectLockConfiguration` and `PutObjectLockConfiguration`

use s3s::dto::{
    self, GetObjectLockConfigurationInput, GetObjectLockConfigurationOutput, ObjectLockConfiguration,
    ObjectLockEnabled, ObjectLockRule, PutObjectLockConfigurationInput, PutObjectLockConfigurationOutput,
};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result};

use super::Operations;
use super::object_retention::mode;
use crate::description::lock_mode;
use crate::errors;
use crate::record::{DefaultRetention, ObjectLock, Period, Versioning};

pub(super) async fn get(
    operations: &Operations,
    request: S3Request<GetObjectLockConfigurationInput>,
) -> S3Result<S3Response<GetObjectLockConfigurationOutput>> {
    let bucket = operations.bucket(&request.input.bucket)?;
    let lock = bucket.record.object_lock.as_ref();
    let lock = lock.ok_or_else(|| errors::error(S3ErrorCode::ObjectLockConfigurationNotFoundError))?;
    let rule = lock.default.map(|default| {
        let (days, years) = match default.period {
            Period::Days(days) => (Some(days), None),
            Period::Years(years) => (None, Some(years)),
        };
        let default_retention = dto::DefaultRetention { days, mode: Some(mode(default.mode)), years };
        ObjectLockRule { default_retention: Some(default_retention) }
    });
    let object_lock_enabled = Some(ObjectLockEnabled::from_static(ObjectLockEnabled::ENABLED));
    let shown = ObjectLockConfiguration { object_lock_enabled, rule };
    Ok(S3Response::new(GetObjectLockConfigurationOutput { object_lock_configuration: Some(shown) }))
}

pub(super) async fn put(
    operations: &Operations,
    request: S3Request<PutObjectLockConfigurationInput>,
) -> S3Result<S3Response<PutObjectLockConfigurationOutput>> {
    let input = request.input;
    let malformed = || errors::error(S3ErrorCode::MalformedXML);
    let asked = input.object_lock_configuration.ok_or_else(malformed)?;
    if asked.object_lock_enabled.as_ref().map(ObjectLockEnabled::as_str) != Some(ObjectLockEnabled::ENABLED) {
        return Err(malformed());
    }
    let default = asked.rule.and_then(|rule| rule.default_retention).map(default).transpose()?;
    operations
        .shared
        .change_bucket(&input.bucket, |record| {
            if record.versioning != Versioning::Enabled {
                let message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
                return Err(errors::with(S3ErrorCode::InvalidBucketState, message));
            }
            record.object_lock = Some(ObjectLock { default });
            Ok(())
        })
        .await?;
    Ok(S3Response::new(PutObjectLockConfigurationOutput::default()))
}

fn default(asked: dto::DefaultRetention) -> S3Result<DefaultRetention> {
    let malformed = || errors::error(S3ErrorCode::MalformedXML);
    let mode = lock_mode(asked.mode.ok_or_else(malformed)?.as_str()).map_err(|_| malformed())?;
    let period = match (asked.days, asked.years) {
        (Some(days), None) => Period::Days(days),
        (None, Some(years)) => Period::Years(years),
        _ => return Err(malformed()),
    };
    let invalid = |message: &str| Err(errors::with(S3ErrorCode::InvalidArgument, message.to_owned()));
    match period {
        Period::Days(days) | Period::Years(days) if days <= 0 => {
            invalid("Default retention period must be a positive integer value.")
        }
        Period::Days(36_501..) | Period::Years(101..) => invalid("Default retention period too large"),
        _ => Ok(DefaultRetention { mode, period }),
    }
}
