//! The condition keys of S3, and the further actions that some headers ask for.

use crate::call::Call;
use crate::objects::VersionId;
use crate::ports::Authentication;
use crate::shared::Shared;
use crate::tags;

use super::Target;

/// Headers whose values are condition keys of the same name.
const HEADERS: &[(&str, &str)] = &[
    ("x-amz-acl", "s3:x-amz-acl"),
    ("x-amz-copy-source", "s3:x-amz-copy-source"),
    ("x-amz-metadata-directive", "s3:x-amz-metadata-directive"),
    ("x-amz-server-side-encryption", "s3:x-amz-server-side-encryption"),
    ("x-amz-storage-class", "s3:x-amz-storage-class"),
    ("x-amz-content-sha256", "s3:x-amz-content-sha256"),
    ("x-amz-grant-full-control", "s3:x-amz-grant-full-control"),
    ("x-amz-grant-read", "s3:x-amz-grant-read"),
    ("x-amz-object-ownership", "s3:x-amz-object-ownership"),
    ("x-amz-object-lock-mode", "s3:object-lock-mode"),
    ("x-amz-object-lock-retain-until-date", "s3:object-lock-retain-until-date"),
    ("x-amz-object-lock-legal-hold", "s3:object-lock-legal-hold"),
    ("if-match", "s3:if-match"),
    ("if-none-match", "s3:if-none-match"),
];

/// Parameters whose values are condition keys, of the actions that list.
const PARAMETERS: &[(&str, &str)] =
    &[("prefix", "s3:prefix"), ("delimiter", "s3:delimiter"), ("max-keys", "s3:max-keys")];

/// The condition keys that a request has for an action.
pub(super) fn of(shared: &Shared, call: &Call, action: &str, target: Target<'_>) -> Vec<(String, Vec<String>)> {
    let mut conditions = Vec::new();
    let mut set = |name: &str, value: String| conditions.push((name.to_owned(), vec![value]));
    for (header, name) in HEADERS {
        if let Some(value) = call.header(header) {
            set(name, value.to_owned());
        }
    }
    if action.starts_with("s3:ListBucket") {
        for (parameter, name) in PARAMETERS {
            if let Some(value) = call.parameter(parameter) {
                set(name, value);
            }
        }
    }
    let version_id = call.parameter("versionId");
    if let Some(id) = &version_id {
        set("s3:VersionId", id.clone());
    }
    let kind = match call.authentication() {
        Authentication::Header => Some("REST-HEADER"),
        Authentication::Query => Some("REST-QUERY-STRING"),
        Authentication::None => None,
    };
    if let Some(kind) = kind {
        set("s3:authType", kind.to_owned());
        set("s3:signatureversion", "AWS4-HMAC-SHA256".to_owned());
    }
    if let Some(asked) = call.header("x-amz-tagging").and_then(|text| tags::of_header(text).ok()) {
        let keys = asked.iter().map(|(key, _)| key.clone()).collect();
        for (key, value) in asked {
            set(&format!("s3:RequestObjectTag/{key}"), value);
        }
        conditions.push(("s3:RequestObjectTagKeys".to_owned(), keys));
    }
    if let Target::In(bucket, key) = target {
        conditions.push(("s3:ResourceAccount".to_owned(), vec![bucket.record.owner.to_string()]));
        if let Some(key) = key {
            let found = shared.find(bucket, key, &VersionId::parse(version_id.as_deref()));
            let tags = found.and_then(|found| Some(found.version().content.as_ref()?.description.tags.clone()));
            for (key, value) in tags.unwrap_or_default() {
                conditions.push((format!("s3:ExistingObjectTag/{key}"), vec![value]));
            }
        }
    }
    conditions
}

/// What a request asks for beside its own action.
pub(super) fn further_actions(call: &Call, operation: &str) -> Vec<&'static str> {
    let makes_object = matches!(operation, "PutObject" | "CopyObject" | "CreateMultipartUpload");
    let mut actions = Vec::new();
    if makes_object && call.header("x-amz-tagging").is_some() {
        actions.push("s3:PutObjectTagging");
    }
    if makes_object && call.header("x-amz-object-lock-mode").is_some() {
        actions.push("s3:PutObjectRetention");
    }
    if makes_object && call.header("x-amz-object-lock-legal-hold").is_some() {
        actions.push("s3:PutObjectLegalHold");
    }
    if operation == "CreateBucket" && call.header("x-amz-bucket-object-lock-enabled").is_some_and(|on| on == "true") {
        actions.extend(["s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"]);
    }
    actions
}
