//! Tags of objects and buckets, and their rules.

use s3s::dto::{Tag, TagSet};
use s3s::{S3ErrorCode, S3Result};

use crate::errors;

/// Tags that an object can have.
pub(crate) const OBJECT_TAGS_MAX: usize = 10;
/// Tags that a bucket can have.
pub(crate) const BUCKET_TAGS_MAX: usize = 50;

/// The tags of an `x-amz-tagging` header: a query string.
///
/// # Errors
/// `InvalidArgument`
pub(crate) fn of_header(text: &str) -> S3Result<Vec<(String, String)>> {
    let tags = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (crate::call::decoded(key), crate::call::decoded(value))
    });
    checked(tags.collect(), OBJECT_TAGS_MAX)
}

/// The tags of a body.
///
/// # Errors
/// `MalformedXML` and `InvalidTag`.
pub(crate) fn of_set(set: TagSet, count_max: usize) -> S3Result<Vec<(String, String)>> {
    let tags = set.into_iter().map(|tag| match (tag.key, tag.value) {
        (Some(key), Some(value)) => Ok((key, value)),
        _ => Err(errors::error(S3ErrorCode::MalformedXML)),
    });
    checked(tags.collect::<S3Result<_>>()?, count_max)
}

/// Tags as answers write them.
pub(crate) fn set(tags: &[(String, String)]) -> TagSet {
    tags.iter().map(|(key, value)| Tag { key: Some(key.clone()), value: Some(value.clone()) }).collect()
}

fn checked(tags: Vec<(String, String)>, count_max: usize) -> S3Result<Vec<(String, String)>> {
    if tags.len() > count_max {
        let message = match count_max {
            OBJECT_TAGS_MAX => "Object tags cannot be greater than 10",
            _ => "Bucket tag count cannot be greater than 50",
        };
        return Err(errors::with(S3ErrorCode::InvalidTag, message));
    }
    for (at, (key, value)) in tags.iter().enumerate() {
        if key.is_empty() || key.chars().count() > 128 || !key.chars().all(may_be_in_tags) {
            return Err(errors::with(S3ErrorCode::InvalidTag, "The TagKey you have provided is invalid"));
        }
        if value.chars().count() > 256 || !value.chars().all(may_be_in_tags) {
            return Err(errors::with(S3ErrorCode::InvalidTag, "The TagValue you have provided is invalid"));
        }
        if key.starts_with("aws:") {
            let message = "System tags cannot be added/updated by requester";
            return Err(errors::with(S3ErrorCode::InvalidTag, message));
        }
        if tags[..at].iter().any(|(other, _)| other == key) {
            return Err(errors::with(S3ErrorCode::InvalidTag, "Cannot provide multiple Tags with the same key"));
        }
    }
    Ok(tags)
}

fn may_be_in_tags(character: char) -> bool {
    character.is_alphanumeric() || character.is_whitespace() || "_.:/=+-@".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_judged_as_s3_does() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(of_header("a=1&b=x%20y&c").unwrap(), [pair("a", "1"), pair("b", "x y"), pair("c", "")]);
        let many: Vec<String> = (0..11).map(|number| format!("k{number}=v")).collect();
        for bad in [many.join("&"), "a=1&a=2".into(), "=1".into(), "aws:x=1".into(), "a=<".into(), "k".repeat(129)] {
            assert_eq!(*of_header(&bad).unwrap_err().code(), S3ErrorCode::InvalidTag, "{bad}");
        }
    }
}
