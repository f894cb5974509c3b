//! Condition keys that a call sets for policies, and the further permissions that some headers ask for.

use crate::identify::{Asked, Call};

/// Headers of S3 whose values are condition keys.
const S3_HEADERS: &[(&str, &str)] = &[
    ("x-amz-acl", "s3:x-amz-acl"),
    ("x-amz-content-sha256", "s3:x-amz-content-sha256"),
    ("x-amz-copy-source", "s3:x-amz-copy-source"),
    ("x-amz-grant-full-control", "s3:x-amz-grant-full-control"),
    ("x-amz-grant-read", "s3:x-amz-grant-read"),
    ("x-amz-metadata-directive", "s3:x-amz-metadata-directive"),
    ("x-amz-object-lock-legal-hold", "s3:object-lock-legal-hold"),
    ("x-amz-object-lock-mode", "s3:object-lock-mode"),
    ("x-amz-object-lock-retain-until-date", "s3:object-lock-retain-until-date"),
    ("x-amz-object-ownership", "s3:x-amz-object-ownership"),
    ("x-amz-server-side-encryption", "s3:x-amz-server-side-encryption"),
    ("x-amz-storage-class", "s3:x-amz-storage-class"),
    ("if-match", "s3:if-match"),
    ("if-none-match", "s3:if-none-match"),
];

/// Parameters of S3's listings that are condition keys.
const S3_PARAMETERS: &[(&str, &str)] = &[
    ("delimiter", "s3:delimiter"),
    ("max-keys", "s3:max-keys"),
    ("prefix", "s3:prefix"),
    ("versionId", "s3:VersionId"),
];

/// The condition keys that a call sets, with their values. Those of services other than S3 are not known.
pub fn conditions(call: &Call, asked: &Asked<'_>) -> Vec<(String, Vec<String>)> {
    if call.service.name != "s3" {
        return Vec::new();
    }
    let of_header = |(header, key): &(&str, &str)| {
        let value = asked.headers.get(*header)?.to_str().ok()?;
        Some(((*key).to_owned(), vec![value.to_owned()]))
    };
    let of_parameter = |(parameter, key): &(&str, &str)| {
        let (_, value) = call.parameters.iter().find(|(name, _)| name == parameter)?;
        Some(((*key).to_owned(), vec![value.clone()]))
    };
    let headers = S3_HEADERS.iter().filter_map(of_header);
    headers.chain(S3_PARAMETERS.iter().filter_map(of_parameter)).collect()
}

/// What a request to S3 asks for beside its own action.
pub fn further_actions(call: &Call, asked: &Asked<'_>) -> Vec<&'static str> {
    if call.service.name != "s3" {
        return Vec::new();
    }
    let has = |name: &str| asked.headers.contains_key(name);
    let makes_object = matches!(call.operation.as_str(), "PutObject" | "CopyObject" | "CreateMultipartUpload");
    let mut actions = Vec::new();
    let mut ask = |wanted: bool, action| {
        if wanted {
            actions.push(action)
        }
    };
    ask(makes_object && has("x-amz-tagging"), "s3:PutObjectTagging");
    ask(makes_object && has("x-amz-object-lock-mode"), "s3:PutObjectRetention");
    ask(makes_object && has("x-amz-object-lock-legal-hold"), "s3:PutObjectLegalHold");
    let grants = asked.headers.keys().any(|name| name.as_str().starts_with("x-amz-grant-"));
    ask(makes_object && (has("x-amz-acl") || grants), "s3:PutObjectAcl");
    let locks = call.operation == "CreateBucket" && has("x-amz-bucket-object-lock-enabled");
    ask(locks, "s3:PutBucketObjectLockConfiguration");
    ask(locks, "s3:PutBucketVersioning");
    actions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captured::Request;

    #[test]
    fn listings_and_headers_of_s3_set_conditions() {
        let request = Request::new("s3", "GET", "/bucket?list-type=2&prefix=a%2F");
        let found = conditions(&request.call(), &request.asked());
        assert_eq!(found, [("s3:prefix".to_owned(), vec!["a/".to_owned()])]);
        let request =
            Request::new("s3", "PUT", "/bucket/key").header("x-amz-acl", "private").header("x-amz-tagging", "a=b");
        assert_eq!(
            conditions(&request.call(), &request.asked()),
            [("s3:x-amz-acl".to_owned(), vec!["private".to_owned()])]
        );
        assert_eq!(further_actions(&request.call(), &request.asked()), ["s3:PutObjectTagging", "s3:PutObjectAcl"]);
    }
}
