//! Times between the server's form and the adapter's.

use std::time::{Duration, SystemTime};

use base::Timestamp;
use s3s::dto;
use s3s::{S3ErrorCode, S3Result};

use crate::errors;
use crate::record::{LockMode, Retention};

/// As answers write it.
pub(crate) fn shown(at: Timestamp) -> dto::Timestamp {
    let millis = u64::try_from(at.millis()).unwrap_or(0);
    dto::Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
}

/// As requests say it.
pub(crate) fn given(at: &dto::Timestamp) -> Option<Timestamp> {
    let mut text = Vec::new();
    at.format(dto::TimestampFormat::DateTime, &mut text).ok()?;
    Timestamp::parse_iso(std::str::from_utf8(&text).ok()?)
}

/// A retention that starts now.
///
/// # Errors
/// `InvalidArgument` when it would be over already.
pub(crate) fn retention(mode: LockMode, until: Timestamp, now: Timestamp) -> S3Result<Retention> {
    match until > now {
        true => Ok(Retention { mode, until }),
        false => Err(errors::with(S3ErrorCode::InvalidArgument, "The retain until date must be in the future!")),
    }
}
