//! The object that a copy is made of, as `x-amz-copy-source` names it.
//!
//! Servers read this header as a path, as a URL, or as text, and decode it before or after they look for a version. So
//! it is read strictly and written anew: one slash after the bucket, everything encoded that means something to anybody.

use wire::percent;

/// An object, perhaps of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopySource {
    /// `BUCKET/KEY`, decoded.
    pub(crate) object: String,
    /// The version.
    pub(crate) version: Option<String>,
}

impl CopySource {
    /// Reads `[/]BUCKET/KEY[?versionId=VERSION]`, percent-encoded. `None` for what somebody may read otherwise.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix('/').unwrap_or(text);
        let (path, version) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query.strip_prefix("versionId=")?.to_owned())),
            None => (text, None),
        };
        let is_plain = |version: &String| {
            !version.is_empty()
                && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~'))
        };
        let object = String::from_utf8(percent::decode(path.as_bytes()).into_owned()).ok()?;
        let (bucket, key) = object.split_once('/')?;
        let is_bucket = bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        let steps = |part: &str| matches!(part, "." | "..");
        let is_sound = is_bucket
            && !bucket.is_empty()
            && !steps(bucket)
            && !key.is_empty()
            && !key.split(['/', '\\']).any(steps)
            && !object.chars().any(char::is_control)
            && !object.contains("?versionId=")
            && version.as_ref().is_none_or(is_plain);
        is_sound.then_some(Self { object, version })
    }

    /// The header as it is sent on.
    pub(crate) fn written(&self) -> String {
        let mut text = String::new();
        for (at, segment) in self.object.split('/').enumerate() {
            if at > 0 {
                text.push('/');
            }
            percent::encode_into(&mut text, segment.as_bytes());
        }
        if let Some(version) = &self.version {
            text.push_str("?versionId=");
            text.push_str(version);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_written_in_one_way() {
        for (text, expected) in [
            ("b/k", "b/k"),
            ("/b/a/k", "b/a/k"),
            ("b%2Fk", "b/k"),
            ("b/k?versionId=v.1", "b/k?versionId=v.1"),
            ("b/k#.txt", "b/k%23.txt"),
            ("b/k;x+y", "b/k%3Bx%2By"),
            ("b/a%3Fx=%25", "b/a%3Fx%3D%25"),
        ] {
            let source = CopySource::read(text).expect(text);
            assert_eq!(source.written(), expected, "{text}");
            assert_eq!(CopySource::read(expected), Some(source), "{text}");
        }
    }

    #[test]
    fn what_servers_read_in_several_ways_names_no_source() {
        for text in [
            "",
            "b",
            "b/",
            "//b/k",
            "/%2Fb/k",
            "b/../c/k",
            "b/%2e%2e/c/k",
            "b/..%2Fc",
            "../c/k",
            "b/x\\..\\k",
            "b/k?x=y",
            "b/k?versionId=",
            "b/k?versionId=a&b",
            "b/k%3FversionId=a",
            "b/k%00",
            "http://h/b/k",
            "arn:aws:s3:us-east-1:111122223333:accesspoint/a/object/k",
        ] {
            assert_eq!(CopySource::read(text), None, "{text}");
        }
    }
}
