//! Names of buckets and prefixes in them (cloudtrail.md §4.2 step 3).

use api::ServiceError;
use api::cloudtrail::errors;

const PREFIX_CHARS_MAX: usize = 200;

/// Checks a bucket's name and the prefix of keys in it.
///
/// # Errors
/// `InvalidS3PrefixException`, `InvalidS3BucketNameException`
pub(crate) fn check_bucket_name(bucket: &str, prefix: Option<&str>) -> Result<(), ServiceError> {
    if let Some(prefix) = prefix {
        if prefix.chars().count() > PREFIX_CHARS_MAX {
            let message = format!("S3 prefix is longer than maximum length: {PREFIX_CHARS_MAX}");
            return Err(errors::invalid_s3_prefix_exception(message));
        }
        if prefix.contains("AWSLogs/") {
            return Err(errors::invalid_s3_prefix_exception("S3 prefix must not contain AWSLogs/."));
        }
    }
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_name = (3..=63).contains(&bucket.len())
        && bucket.bytes().all(inside)
        && end(bucket.bytes().next())
        && end(bucket.bytes().last())
        && !bucket.contains("..")
        && bucket.parse::<std::net::Ipv4Addr>().is_err();
    match is_name {
        true => Ok(()),
        false => Err(errors::invalid_s3_bucket_name_exception(format!("Bucket name '{bucket}' is not valid."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_and_prefixes_are_checked() {
        for bad in ["ab", "Upper", "-a-b", "a..b", "10.0.0.1", "a_b"] {
            assert_eq!(check_bucket_name(bad, None).unwrap_err().name, "InvalidS3BucketNameException", "{bad}");
        }
        assert_eq!(check_bucket_name("my.trail-1", Some("a/b")), Ok(()));
        for bad in ["x/AWSLogs/", &"p".repeat(201)] {
            assert_eq!(check_bucket_name("bucket", Some(bad)).unwrap_err().name, "InvalidS3PrefixException", "{bad}");
        }
    }
}
