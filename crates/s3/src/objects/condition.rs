//! `If-Match` and its like, for reads and for writes.

use base::Timestamp;
use s3s::dto::{ETag, ETagCondition};
use s3s::{S3ErrorCode, S3Result};

use crate::errors;
use crate::record::{Content, Version};

/// What must hold of the newest version for a write to be done.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteCondition {
    /// `If-Match`
    pub(crate) matches: Option<ETagCondition>,
    /// `If-None-Match`
    pub(crate) none_matches: Option<ETagCondition>,
}

impl WriteCondition {
    /// Whether the write may be done.
    ///
    /// # Errors
    /// `PreconditionFailed`; `NoSuchKey` where there must be an object and is none; `NotImplemented` for an
    /// `If-None-Match` of anything but `*`, as at AWS.
    pub(crate) fn check(&self, newest: Option<&Version>) -> S3Result<()> {
        let content = newest.and_then(|version| version.content.as_ref());
        if let Some(condition) = &self.matches {
            let content = content.ok_or_else(|| errors::error(S3ErrorCode::NoSuchKey))?;
            if !matches(condition, content) {
                return Err(errors::error(S3ErrorCode::PreconditionFailed));
            }
        }
        match &self.none_matches {
            None => Ok(()),
            Some(ETagCondition::Any) if content.is_some() => Err(errors::error(S3ErrorCode::PreconditionFailed)),
            Some(ETagCondition::Any) => Ok(()),
            Some(ETagCondition::ETag(_)) => Err(errors::unsupported("If-None-Match with an ETag")),
        }
    }
}

/// What must hold of an object to be read, or copied from.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadCondition {
    pub(crate) matches: Option<ETagCondition>,
    pub(crate) none_matches: Option<ETagCondition>,
    pub(crate) modified_since: Option<Timestamp>,
    pub(crate) unmodified_since: Option<Timestamp>,
}

/// How a read's condition came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The object is wanted.
    Holds,
    /// The client has it already.
    NotModified,
    /// It is another one.
    Failed,
}

impl ReadCondition {
    /// RFC 9110 §13.2.2: an ETag's condition stands above a date's.
    pub(crate) fn judge(&self, version: &Version, content: &Content) -> Verdict {
        match &self.matches {
            Some(condition) if !matches(condition, content) => return Verdict::Failed,
            Some(_) => {}
            None if self.unmodified_since.is_some_and(|since| version.modified > since) => return Verdict::Failed,
            None => {}
        }
        match &self.none_matches {
            Some(condition) if matches(condition, content) => Verdict::NotModified,
            Some(_) => Verdict::Holds,
            None if self.modified_since.is_some_and(|since| version.modified <= since) => Verdict::NotModified,
            None => Verdict::Holds,
        }
    }

    /// # Errors
    /// `PreconditionFailed`, whichever condition does not hold: so it is for the source of a copy.
    pub(crate) fn check_source(&self, version: &Version, content: &Content) -> S3Result<()> {
        match self.judge(version, content) {
            Verdict::Holds => Ok(()),
            Verdict::NotModified | Verdict::Failed => Err(errors::error(S3ErrorCode::PreconditionFailed)),
        }
    }

    /// # Errors
    /// `PreconditionFailed` and `NotModified`.
    pub(crate) fn check(&self, version: &Version, content: &Content) -> S3Result<()> {
        match self.judge(version, content) {
            Verdict::Holds => Ok(()),
            Verdict::Failed => Err(errors::error(S3ErrorCode::PreconditionFailed)),
            Verdict::NotModified => {
                let mut error = errors::error(S3ErrorCode::NotModified);
                let mut headers = http::HeaderMap::new();
                if let Ok(etag) = http::HeaderValue::from_str(&format!("\"{}\"", content.etag)) {
                    headers.insert(http::header::ETAG, etag);
                }
                if let Ok(modified) = http::HeaderValue::from_str(&version.modified.http_date()) {
                    headers.insert(http::header::LAST_MODIFIED, modified);
                }
                error.set_headers(headers);
                Err(error)
            }
        }
    }
}

fn matches(condition: &ETagCondition, content: &Content) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(ETag::Strong(value) | ETag::Weak(value)) => *value == content.etag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(etag: &str) -> Version {
        let content = Content {
            bytes: 0,
            etag: etag.to_owned(),
            pieces: Vec::new(),
            parts: Vec::new(),
            checksum: None,
            description: Default::default(),
            retention: None,
            legal_hold: false,
        };
        Version { id: None, sequence: 0, modified: Timestamp::from_secs(100), content: Some(content) }
    }

    #[test]
    fn reads_are_judged_as_http_says() {
        let tag = |text: &str| Some(ETagCondition::ETag(ETag::Strong(text.to_owned())));
        let at = |secs| Some(Timestamp::from_secs(secs));
        let table = [
            (None, None, None, None, Verdict::Holds),
            (tag("a"), None, None, None, Verdict::Holds),
            (tag("b"), None, None, None, Verdict::Failed),
            (Some(ETagCondition::Any), None, None, None, Verdict::Holds),
            (None, tag("a"), None, None, Verdict::NotModified),
            (None, tag("b"), None, None, Verdict::Holds),
            (None, None, at(100), None, Verdict::NotModified),
            (None, None, at(99), None, Verdict::Holds),
            (None, None, None, at(100), Verdict::Holds),
            (None, None, None, at(99), Verdict::Failed),
            // An ETag's condition stands above a date's.
            (tag("a"), None, None, at(99), Verdict::Holds),
            (None, tag("b"), at(100), None, Verdict::Holds),
        ];
        for (matches, none_matches, modified_since, unmodified_since, expected) in table {
            let condition = ReadCondition { matches, none_matches, modified_since, unmodified_since };
            let version = version("a");
            assert_eq!(condition.judge(&version, version.content.as_ref().unwrap()), expected, "{condition:?}");
        }
    }

    #[test]
    fn writes_are_judged_by_the_newest_version() {
        let there = version("a");
        let marker = Version { content: None, ..version("a") };
        let any = || Some(ETagCondition::Any);
        let tag = |text: &str| Some(ETagCondition::ETag(ETag::Strong(text.to_owned())));
        let table = [
            (None, any(), Some(&there), Some(S3ErrorCode::PreconditionFailed)),
            (None, any(), Some(&marker), None),
            (None, any(), None, None),
            (tag("a"), None, Some(&there), None),
            (tag("b"), None, Some(&there), Some(S3ErrorCode::PreconditionFailed)),
            (tag("a"), None, None, Some(S3ErrorCode::NoSuchKey)),
        ];
        for (matches, none_matches, newest, expected) in table {
            let condition = WriteCondition { matches, none_matches };
            let refused = condition.check(newest).err().map(|error| error.code().clone());
            assert_eq!(refused, expected, "{condition:?}");
        }
    }
}
