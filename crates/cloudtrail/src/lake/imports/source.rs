//! Which objects of a bucket are the log files of an import (cloudtrail.md §7.6).

/// What the segments of keys are called that log files are below.
const LOGS: &str = "CloudTrail";
/// And those that hold other files of CloudTrail.
const OTHERS: [&str; 2] = ["CloudTrail-Digest", "CloudTrail-Insight"];

/// A bucket, and what keys in it start with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) bucket: String,
    pub(crate) prefix: String,
}

/// The location that a URI such as `s3://bucket/AWSLogs/111122223333/CloudTrail/` names.
pub(crate) fn parse(uri: &str) -> Option<Location> {
    let (bucket, prefix) = match uri.strip_prefix("s3://")?.split_once('/') {
        Some((bucket, prefix)) => (bucket, prefix),
        None => (uri.strip_prefix("s3://")?, ""),
    };
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let valid = (3..=63).contains(&bucket.len()) && bucket.bytes().all(is_name);
    valid.then(|| Location { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

impl Location {
    /// Whether an object is a log file of this location: packed JSON, and below a folder `CloudTrail`, or anywhere below a
    /// location that names a folder which is none of CloudTrail's own tree.
    pub(crate) fn has(&self, key: &str) -> bool {
        let Some((folder, name)) = key.rsplit_once('/') else { return false };
        if !key.starts_with(&self.prefix) || !name.ends_with(".json.gz") {
            return false;
        }
        let mut segments = folder.split('/');
        if segments.clone().any(|segment| OTHERS.contains(&segment)) {
            return false;
        }
        let in_tree = segments.clone().any(|segment| segment == "AWSLogs");
        segments.any(|segment| segment == LOGS) || !(in_tree || self.prefix.is_empty())
    }

    /// The object's URI.
    pub(crate) fn uri(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }
}

/// What a key's object lies in.
pub(crate) fn folder(key: &str) -> &str {
    key.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The day that the folders of a log file name, as `2026/03/02`: no event in it is later.
pub(crate) fn day(key: &str) -> Option<&str> {
    let folder = folder(key);
    let day = folder.get(folder.len().checked_sub(10)?..)?;
    let is_day = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'/',
        _ => byte.is_ascii_digit(),
    });
    is_day.then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_bucket_and_a_prefix() {
        for (uri, expected) in [
            ("s3://logs", Some(("logs", ""))),
            ("s3://logs/", Some(("logs", ""))),
            ("s3://my.logs/AWSLogs/1/CloudTrail/", Some(("my.logs", "AWSLogs/1/CloudTrail/"))),
            ("s3:///x", None),
            ("s3://UPPER/x", None),
            ("https://logs/x", None),
            ("logs", None),
        ] {
            let location = parse(uri);
            let found = location.as_ref().map(|found| (found.bucket.as_str(), found.prefix.as_str()));
            assert_eq!(found, expected, "{uri}");
        }
    }

    #[test]
    fn log_files_are_told_from_other_objects() {
        let file = "AWSLogs/1/CloudTrail/eu-west-1/2026/03/02/a.json.gz";
        for (uri, key, expected) in [
            ("s3://logs", file, true),
            ("s3://logs/AWSLogs/1", file, true),
            ("s3://logs/AWSLogs/2", file, false),
            ("s3://logs", "p/AWSLogs/1/CloudTrail/eu-west-1/2026/03/02/a.json.gz", true),
            ("s3://logs", "AWSLogs/1/CloudTrail-Digest/eu-west-1/2026/03/02/a.json.gz", false),
            ("s3://logs", "AWSLogs/1/CloudTrail-Insight/eu-west-1/2026/03/02/a.json.gz", false),
            ("s3://logs/AWSLogs", "AWSLogs/1/Config/eu-west-1/2026/03/02/a.json.gz", false),
            ("s3://logs", "AWSLogs/1/CloudTrail/eu-west-1/2026/03/02/a.json", false),
            ("s3://logs", "AWSLogs/1/CloudTrail/", false),
            ("s3://logs", "others/a.json.gz", false),
            ("s3://logs/others/", "others/a.json.gz", true),
            ("s3://logs/others/", "a.json.gz", false),
        ] {
            assert_eq!(parse(uri).unwrap().has(key), expected, "{uri} {key}");
        }
    }

    #[test]
    fn the_day_of_a_file_is_in_its_folders() {
        assert_eq!(day("AWSLogs/1/CloudTrail/eu-west-1/2026/03/02/a.json.gz"), Some("2026/03/02"));
        assert_eq!(day("others/a.json.gz"), None);
        assert_eq!(day("a.json.gz"), None);
        assert_eq!(day("é26/03/02/a.json.gz"), None);
    }
}
