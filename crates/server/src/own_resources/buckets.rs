//! Buckets, told as an S3 that is asked tells of its own, so that an item of one is the same wherever it is.

use std::sync::Arc;

use async_trait::async_trait;
use base::Scope;
use config::discovery::{Answer, Call, CallFailed, CallForm, Upstream};
use s3::Buckets;
use s3::record::{BucketRecord, LockMode, ObjectLock, Period, Versioning};
use serde_json::{Value as Json, json};

/// The server's own S3 as something that can be asked.
pub(super) struct OwnBuckets<'b>(pub &'b Buckets);

#[async_trait]
impl Upstream for OwnBuckets<'_> {
    fn serves(&self, _: &str) -> bool {
        true
    }

    async fn call(&self, scope: &Scope, call: &Call) -> Result<Answer, CallFailed> {
        if call.operation == "ListBuckets" {
            return Ok(Answer::Json(self.listed(scope)));
        }
        let record = bucket(call).and_then(|name| self.0.record(name)).filter(|record| record.owner == scope.account);
        let record = record.ok_or_else(|| refused("NoSuchBucket"))?;
        told(call.operation, &record)
    }
}

impl OwnBuckets<'_> {
    fn listed(&self, scope: &Scope) -> Json {
        let all = self.0.of(&scope.account, &scope.region).into_iter();
        let shown = |(name, record): (String, Arc<BucketRecord>)| json!({"Name": name, "CreationDate": record.created.truncate_to_secs().iso_millis()});
        json!({"Buckets": all.map(shown).collect::<Vec<_>>()})
    }
}

/// The bucket that a call is about: its path is `/BUCKET?SUBRESOURCE`, and names of buckets need no escapes.
fn bucket(call: &Call) -> Option<&str> {
    match &call.form {
        CallForm::Rest { path, .. } => path.strip_prefix('/')?.split('?').next(),
        _ => None,
    }
}

/// What S3 answers about a bucket. What cannot be set up here is told as it is where it is not set up.
fn told(operation: &str, record: &BucketRecord) -> Result<Answer, CallFailed> {
    let id = s3::canonical_id(&record.owner);
    let answer = match operation {
        "GetBucketLocation" => json!({"LocationConstraint": record.region.as_str()}),
        "GetBucketAcl" => json!({
            "Owner": {"ID": id},
            "AccessControlList": [{"Grantee": {"ID": id}, "Permission": "FULL_CONTROL"}],
        }),
        "GetBucketRequestPayment" => json!({"Payer": "BucketOwner"}),
        "GetBucketTagging" if record.tags.is_empty() => return Err(refused("NoSuchTagSet")),
        "GetBucketTagging" => {
            let tag = |(key, value): &(String, String)| json!({"Key": key, "Value": value});
            json!({"TagSet": record.tags.iter().map(tag).collect::<Vec<_>>()})
        }
        "GetBucketPolicy" => {
            return record.policy.clone().map(Answer::Text).ok_or_else(|| refused("NoSuchBucketPolicy"));
        }
        "GetBucketVersioning" => match record.versioning {
            Versioning::Off => json!({}),
            Versioning::Enabled => json!({"Status": "Enabled"}),
            Versioning::Suspended => json!({"Status": "Suspended"}),
        },
        "GetBucketEncryption" => json!({"Rule": [{
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": record.bucket_key_enabled,
        }]}),
        "GetPublicAccessBlock" => {
            let block = record.public_access_block.ok_or_else(|| refused("NoSuchPublicAccessBlockConfiguration"))?;
            json!({
                "BlockPublicAcls": block.block_public_acls,
                "IgnorePublicAcls": block.ignore_public_acls,
                "BlockPublicPolicy": block.block_public_policy,
                "RestrictPublicBuckets": block.restrict_public_buckets,
            })
        }
        "GetObjectLockConfiguration" => {
            let lock = record.object_lock.as_ref();
            locked(lock.ok_or_else(|| refused("ObjectLockConfigurationNotFoundError"))?)
        }
        _ => return Err(refused("NotImplemented")),
    };
    Ok(Answer::Json(answer))
}

fn locked(lock: &ObjectLock) -> Json {
    let rule = lock.default.map(|default| {
        let mode = match default.mode {
            LockMode::Governance => "GOVERNANCE",
            LockMode::Compliance => "COMPLIANCE",
        };
        let (days, years) = match default.period {
            Period::Days(days) => (Some(days), None),
            Period::Years(years) => (None, Some(years)),
        };
        json!({"DefaultRetention": {"Mode": mode, "Days": days, "Years": years}})
    });
    json!({"ObjectLockEnabled": "Enabled", "Rule": rule})
}

fn refused(code: &str) -> CallFailed {
    let status = if code == "NotImplemented" { 501 } else { 404 };
    CallFailed::Refused { status, code: code.to_owned(), message: String::new() }
}

#[cfg(test)]
mod tests {
    use base::Timestamp;
    use config::discovery::{Lister, resource_type};
    use s3::record::{DefaultRetention, Ownership, PublicAccessBlock};

    use super::*;

    /// One bucket.
    struct One(BucketRecord);

    #[async_trait]
    impl Upstream for One {
        fn serves(&self, _: &str) -> bool {
            true
        }

        async fn call(&self, _: &Scope, call: &Call) -> Result<Answer, CallFailed> {
            match call.operation {
                "ListBuckets" => {
                    Ok(Answer::Json(json!({"Buckets": [{"Name": "b", "CreationDate": "1970-01-01T00:00:07Z"}]})))
                }
                operation => told(operation, &self.0),
            }
        }
    }

    fn record() -> BucketRecord {
        BucketRecord {
            id: "id".to_owned(),
            owner: "111122223333".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            created: Timestamp::from_secs(7),
            versioning: Versioning::Off,
            object_lock: None,
            policy: None,
            tags: Vec::new(),
            public_access_block: None,
            ownership: Some(Ownership::BucketOwnerEnforced),
            bucket_key_enabled: false,
        }
    }

    async fn described(record: BucketRecord) -> config::Description {
        let scope = Scope { account: record.owner.clone(), region: record.region.clone() };
        let one = One(record);
        let listing = Lister::new(&one, &scope).list(resource_type("AWS::S3::Bucket").unwrap()).await;
        assert!(listing.is_whole(), "{listing:?}");
        listing.resources.into_iter().next().unwrap().1
    }

    #[tokio::test]
    async fn a_new_bucket_has_what_a_bucket_always_has() {
        let found = described(record()).await;
        let id = format!("{:0>64}", "111122223333");
        let expected = json!({
            "name": "b", "owner": {"displayName": null, "id": id}, "creationDate": "1970-01-01T00:00:07.000Z",
        });
        assert_eq!(found.configuration, expected);
        assert_eq!(found.arn.as_deref(), Some("arn:aws:s3:::b"));
        let keys: Vec<_> = found.supplementary.keys().map(String::as_str).collect();
        let always = [
            "AccessControlList",
            "BucketAccelerateConfiguration",
            "BucketLoggingConfiguration",
            "BucketNotificationConfiguration",
            "BucketPolicy",
            "BucketVersioningConfiguration",
            "IsRequesterPaysEnabled",
            "ServerSideEncryptionConfiguration",
        ];
        assert_eq!(keys, always);
        assert_eq!(found.supplementary["BucketPolicy"], json!({"policyText": null}));
        let acl: Json = serde_json::from_str(found.supplementary["AccessControlList"].as_str().unwrap()).unwrap();
        let grant = json!({"grantee": {"id": id, "displayName": null}, "permission": "FullControl"});
        assert_eq!((&acl["grantList"], &acl["isRequesterCharged"]), (&json!([grant]), &json!(false)));
    }

    #[tokio::test]
    async fn what_is_set_up_of_a_bucket_is_supplementary() {
        let default = DefaultRetention { mode: LockMode::Governance, period: Period::Days(30) };
        let found = described(BucketRecord {
            versioning: Versioning::Enabled,
            object_lock: Some(ObjectLock { default: Some(default) }),
            policy: Some("{}".to_owned()),
            tags: vec![("team".to_owned(), "red".to_owned())],
            public_access_block: Some(PublicAccessBlock { ignore_public_acls: false, ..PublicAccessBlock::ALL }),
            bucket_key_enabled: true,
            ..record()
        })
        .await;
        let of_key = |key: &str| found.supplementary[key].clone();
        let expected = json!({"status": "Enabled", "isMfaDeleteEnabled": null});
        assert_eq!(of_key("BucketVersioningConfiguration"), expected);
        let retention = json!({"mode": "GOVERNANCE", "days": 30, "years": null});
        let expected = json!({"objectLockEnabled": "Enabled", "rule": {"defaultRetention": retention}});
        assert_eq!(of_key("ObjectLockConfiguration"), expected);
        assert_eq!(of_key("BucketPolicy"), json!({"policyText": "{}"}));
        assert_eq!(of_key("BucketTaggingConfiguration"), json!({"tagSets": [{"tags": {"team": "red"}}]}));
        assert_eq!(found.tags["team"], "red");
        let expected = json!({"blockPublicAcls": true, "ignorePublicAcls": false, "blockPublicPolicy": true,
            "restrictPublicBuckets": true});
        assert_eq!(of_key("PublicAccessBlockConfiguration"), expected);
        assert_eq!(of_key("ServerSideEncryptionConfiguration")["rules"][0]["bucketKeyEnabled"], true);
    }

    #[tokio::test]
    async fn a_bucket_of_another_region_is_not_told_of() {
        let of_europe = BucketRecord { region: "us-east-1".parse().unwrap(), ..record() };
        let scope = Scope { account: of_europe.owner.clone(), region: "eu-west-1".parse().unwrap() };
        let one = One(of_europe);
        let listing = Lister::new(&one, &scope).list(resource_type("AWS::S3::Bucket").unwrap()).await;
        assert!(listing.resources.is_empty() && listing.is_whole());
    }
}
