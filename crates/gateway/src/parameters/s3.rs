//! Requests to S3 as it records them (cloudtrail.md §1.8): bucket, host and key, the query string and headers as they
//! are spelled, and documents as they are. Bodies of objects never.

use serde_json::{Map, Value as Json};

use crate::identify::{Asked, Call};

/// Parameters of a presigned request that are recorded.
const PRESIGNED: &[&str] = &["X-Amz-Date", "X-Amz-Algorithm", "X-Amz-Expires", "X-Amz-SignedHeaders"];
/// Headers of S3's own that say nothing of what is done, or hold keys and signatures.
const UNTOLD: &[&str] = &[
    "x-amz-date",
    "x-amz-content-sha256",
    "x-amz-security-token",
    "x-amz-decoded-content-length",
    "x-amz-trailer",
    "x-amz-user-agent",
    "x-amz-te",
];

/// Parts of names that are never told: keys, signatures, and metadata of objects.
const SECRET_PARTS: &[&str] = &["customer-key", "x-amz-meta-", "signature", "token"];

pub(super) fn request(call: &Call, asked: &Asked<'_>, input: Map<String, Json>) -> Map<String, Json> {
    let mut out = Map::new();
    let label = |name: &str| call.labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.clone());
    if let Some(bucket) = label("Bucket") {
        out.insert("bucketName".to_owned(), Json::String(bucket));
    }
    let host = asked.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    out.insert("Host".to_owned(), Json::String(host.to_owned()));
    if let Some(key) = label("Key") {
        out.insert("key".to_owned(), Json::String(key));
    }
    for (name, value) in &call.parameters {
        if is_told(&name.to_ascii_lowercase()) {
            out.insert(name.clone(), Json::String(value.clone()));
        }
    }
    for (name, value) in wire::percent::pairs(asked.query.as_bytes()) {
        if PRESIGNED.contains(&&*name) {
            out.insert(name.into_owned(), Json::String(value.into_owned()));
        }
    }
    for (name, value) in asked.headers {
        if let (true, Ok(value)) = (name.as_str().starts_with("x-amz-") && is_told(name.as_str()), value.to_str()) {
            out.insert(name.to_string(), Json::String(value.to_owned()));
        }
    }
    if call.operation == "PutBucketPolicy" {
        let policy: Option<Json> = serde_json::from_slice(asked.body).ok();
        out.extend(policy.map(|policy| ("bucketPolicy".to_owned(), policy)));
        return out;
    }
    // Objects' bodies may look like documents.
    if label("Key").is_none() || is_on_description(&call.operation) {
        out.extend(input.into_iter().filter(|(_, value)| value.get("xmlns").is_some()));
    }
    out
}

fn is_told(name: &str) -> bool {
    !UNTOLD.contains(&name) && !SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// Operations on an object whose body is a document.
fn is_on_description(operation: &str) -> bool {
    const OPERATIONS: &[&str] = &[
        "CompleteMultipartUpload",
        "PutObjectAcl",
        "PutObjectLegalHold",
        "PutObjectRetention",
        "PutObjectTagging",
        "RestoreObject",
        "SelectObjectContent",
        "UpdateObjectEncryption",
    ];
    OPERATIONS.contains(&operation)
}
