//! What a request asks for by its look, for those that are refused before the adapter says.

use http::Method;

use crate::call::Call;

/// What a request seems to ask for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Guess {
    pub(super) operation: Option<&'static str>,
    pub(super) bucket: Option<String>,
    pub(super) key: Option<String>,
}

/// The subresources of buckets: what reads, writes and deletes each.
const OF_BUCKETS: &[(&str, &str, &str, &str)] = &[
    ("acl", "GetBucketAcl", "PutBucketAcl", ""),
    ("policy", "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"),
    ("policyStatus", "GetBucketPolicyStatus", "", ""),
    ("versioning", "GetBucketVersioning", "PutBucketVersioning", ""),
    ("tagging", "GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging"),
    ("object-lock", "GetObjectLockConfiguration", "PutObjectLockConfiguration", ""),
    ("publicAccessBlock", "GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock"),
    (
        "ownershipControls",
        "GetBucketOwnershipControls",
        "PutBucketOwnershipControls",
        "DeleteBucketOwnershipControls",
    ),
    ("location", "GetBucketLocation", "", ""),
    ("versions", "ListObjectVersions", "", ""),
    ("uploads", "ListMultipartUploads", "", ""),
    ("lifecycle", "GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"),
    ("cors", "GetBucketCors", "PutBucketCors", "DeleteBucketCors"),
    ("website", "GetBucketWebsite", "PutBucketWebsite", "DeleteBucketWebsite"),
    ("encryption", "GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption"),
    ("replication", "GetBucketReplication", "PutBucketReplication", "DeleteBucketReplication"),
    ("logging", "GetBucketLogging", "PutBucketLogging", ""),
    ("notification", "GetBucketNotificationConfiguration", "PutBucketNotificationConfiguration", ""),
    ("requestPayment", "GetBucketRequestPayment", "PutBucketRequestPayment", ""),
    ("accelerate", "GetBucketAccelerateConfiguration", "PutBucketAccelerateConfiguration", ""),
];

/// The same of objects.
const OF_OBJECTS: &[(&str, &str, &str, &str)] = &[
    ("acl", "GetObjectAcl", "PutObjectAcl", ""),
    ("tagging", "GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging"),
    ("retention", "GetObjectRetention", "PutObjectRetention", ""),
    ("legal-hold", "GetObjectLegalHold", "PutObjectLegalHold", ""),
    ("attributes", "GetObjectAttributes", "", ""),
    ("uploadId", "ListParts", "UploadPart", "AbortMultipartUpload"),
];

pub(super) fn guess(call: &Call) -> Guess {
    let path = crate::call::decoded_path(call.uri.path());
    let path = path.strip_prefix('/').unwrap_or(&path);
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let names: Vec<String> = call.parameters().into_iter().map(|(name, _)| name).collect();
    let has = |name: &str| names.iter().any(|found| found == name);
    let copies = call.headers.contains_key("x-amz-copy-source");
    let operation = operation(&call.method, !bucket.is_empty(), !key.is_empty(), copies, &has);
    let kept = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Guess { operation, bucket: kept(bucket), key: kept(key) }
}

fn operation(
    method: &Method,
    bucket: bool,
    key: bool,
    copies: bool,
    has: &dyn Fn(&str) -> bool,
) -> Option<&'static str> {
    let table = if key { OF_OBJECTS } else { OF_BUCKETS };
    let of_table = table.iter().find(|(name, ..)| has(name)).and_then(|(_, reads, writes, deletes)| {
        let name: &'static str = match *method {
            Method::GET => reads,
            Method::PUT => writes,
            Method::DELETE => deletes,
            _ => "",
        };
        (!name.is_empty()).then_some(name)
    });
    match (of_table, method.as_str(), bucket, key) {
        (Some("UploadPart"), ..) if copies => Some("UploadPartCopy"),
        (Some(name), _, true, _) => Some(name),
        (_, "GET", false, _) => Some("ListBuckets"),
        (_, "GET", true, false) if has("list-type") => Some("ListObjectsV2"),
        (_, "GET", true, false) => Some("ListObjects"),
        (_, "HEAD", true, false) => Some("HeadBucket"),
        (_, "PUT", true, false) => Some("CreateBucket"),
        (_, "DELETE", true, false) => Some("DeleteBucket"),
        (_, "POST", true, false) if has("delete") => Some("DeleteObjects"),
        (_, "GET", true, true) => Some("GetObject"),
        (_, "HEAD", true, true) => Some("HeadObject"),
        (_, "PUT", true, true) if copies => Some("CopyObject"),
        (_, "PUT", true, true) => Some("PutObject"),
        (_, "DELETE", true, true) => Some("DeleteObject"),
        (_, "POST", true, true) if has("uploads") => Some("CreateMultipartUpload"),
        (_, "POST", true, true) if has("uploadId") => Some("CompleteMultipartUpload"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_by_their_look() {
        let of = |method: Method, bucket, key, names: &[&str]| {
            operation(&method, bucket, key, false, &|name| names.contains(&name))
        };
        let table: [(Method, bool, bool, &[&str], Option<&str>); 9] = [
            (Method::GET, false, false, &[], Some("ListBuckets")),
            (Method::GET, true, false, &["list-type"], Some("ListObjectsV2")),
            (Method::PUT, true, false, &["policy"], Some("PutBucketPolicy")),
            (Method::PUT, true, false, &[], Some("CreateBucket")),
            (Method::PUT, true, true, &[], Some("PutObject")),
            (Method::PUT, true, true, &["partNumber", "uploadId"], Some("UploadPart")),
            (Method::GET, true, true, &["tagging"], Some("GetObjectTagging")),
            (Method::POST, true, false, &["delete"], Some("DeleteObjects")),
            (Method::PATCH, true, true, &[], None),
        ];
        for (method, bucket, key, names, expected) in table {
            assert_eq!(of(method.clone(), bucket, key, names), expected, "{method} {names:?}");
        }
    }
}
