//! Who may do what: one table from operations to actions, asked before an operation sees its input, and the further
//! questions that some ask.

mod actions;
mod conditions;

use std::sync::Arc;

use api::{Authorization, Principal, ResourcePolicy};
use async_trait::async_trait;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3ErrorCode, S3Result};

use crate::call::Call;
use crate::errors;
use crate::ports::{Asked, Refused};
use crate::shared::{Bucket, Shared};

pub(crate) use actions::{Event, event};

/// Looks up secrets for the adapter, and judges what a request asks for.
pub(crate) struct Gatekeeper {
    pub(crate) shared: Arc<Shared>,
    pub(crate) call: Arc<Call>,
}

#[async_trait]
impl S3Auth for Gatekeeper {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let token = self.call.claim.as_ref().and_then(|claim| claim.session_token.as_deref());
        match self.shared.credentials.lookup(access_key, token, self.call.now) {
            Ok((secret, principal)) => {
                self.call.known().principal = Some(principal);
                Ok(SecretKey::from(secret))
            }
            Err(refused) => {
                self.call.known().principal = self.shared.credentials.claimed(access_key);
                Err(errors::error(match refused {
                    Refused::UnknownKey => S3ErrorCode::InvalidAccessKeyId,
                    Refused::InvalidToken => S3ErrorCode::InvalidToken,
                    Refused::ExpiredToken => S3ErrorCode::ExpiredToken,
                }))
            }
        }
    }
}

#[async_trait]
impl S3Access for Gatekeeper {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let operation = cx.s3_op().name();
        let (bucket, key) = (cx.s3_path().get_bucket_name(), cx.s3_path().get_object_key());
        {
            let mut known = self.call.known();
            // The adapter asks only once the signature holds.
            known.proved = cx.credentials().is_some();
            known.judged = true;
            known.operation = Some(event(operation).operation);
            known.bucket = bucket.map(str::to_owned);
            known.key = key.map(str::to_owned);
        }
        let bucket = match bucket {
            Some(name) if operation != "CreateBucket" => {
                let bucket = self.shared.bucket(name)?;
                self.call.known().bucket_record = Some(bucket.record.clone());
                self.check_owner(&bucket)?;
                Some(bucket)
            }
            _ => None,
        };
        self.judge(operation, bucket.as_ref(), key)?;
        if !event(operation).read_only {
            // Nothing may be changed that could not be recorded.
            self.shared.log.has_room().map_err(|message| errors::with(S3ErrorCode::ServiceUnavailable, message))?;
        }
        Ok(())
    }
}

impl Gatekeeper {
    /// # Errors
    /// `AccessDenied` when the bucket is not whose the client thinks it is.
    fn check_owner(&self, bucket: &Bucket) -> S3Result<()> {
        match self.call.header("x-amz-expected-bucket-owner") {
            Some(expected) if expected != bucket.record.owner.as_str() => Err(errors::error(S3ErrorCode::AccessDenied)),
            _ => Ok(()),
        }
    }

    fn judge(&self, operation: &str, bucket: Option<&Bucket>, key: Option<&str>) -> S3Result<()> {
        let known = event(operation);
        // Of a multiple delete every key is judged by itself.
        if operation == "DeleteObjects" {
            return Ok(());
        }
        let versioned = self.call.parameter("versionId").is_some();
        let action = known.action(versioned);
        let own_policy = matches!(operation, "GetBucketPolicy" | "PutBucketPolicy" | "DeleteBucketPolicy");
        if own_policy && let Some(bucket) = bucket && self.is_owners_root(bucket) {
            // Documented: no policy locks the owner's root out of the policy itself.
            return Ok(());
        }
        let name = self.call.known().bucket.clone();
        let target = match (bucket, name.as_deref()) {
            (Some(bucket), _) => Target::In(bucket, key),
            (None, Some(name)) => Target::NewBucket(name),
            (None, None) => Target::Everything,
        };
        may(&self.shared, &self.call, &action, target)?;
        for further in conditions::further_actions(&self.call, operation) {
            may(&self.shared, &self.call, further, target)?;
        }
        Ok(())
    }

    fn is_owners_root(&self, bucket: &Bucket) -> bool {
        let known = self.call.known();
        let principal = known.principal.as_ref().filter(|_| known.proved);
        matches!(principal, Some(Principal::Root { account, session: None, .. }) if *account == bucket.record.owner)
    }
}

/// What an action is on.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a> {
    /// All buckets.
    Everything,
    /// A bucket that is not there yet.
    NewBucket(&'a str),
    /// A bucket, or a key in it.
    In(&'a Bucket, Option<&'a str>),
}

/// Whether the caller may do `action`.
///
/// # Errors
/// `AccessDenied`, with the reason as AWS words it.
pub(crate) fn may(shared: &Shared, call: &Call, action: &str, target: Target<'_>) -> S3Result<()> {
    let cx = call.context();
    let resource = match target {
        Target::Everything => "*".to_owned(),
        Target::NewBucket(name) => format!("arn:{}:s3:::{name}", cx.partition.as_str()),
        Target::In(bucket, None) => bucket.arn(cx.partition),
        Target::In(bucket, Some(key)) => format!("{}/{key}", bucket.arn(cx.partition)),
    };
    let conditions = conditions::of(shared, call, action, target);
    let bucket = match target {
        Target::In(bucket, _) => Some(bucket),
        Target::Everything | Target::NewBucket(_) => None,
    };
    let policy = bucket.and_then(|bucket| policy_for(shared, call, bucket));
    if !call.known().proved {
        let asked = Asked { action, resource: &resource, conditions: &conditions };
        return match policy {
            Some(policy) if shared.policies.anyone_may(&cx, &policy, &asked) => Ok(()),
            _ => Err(errors::error(S3ErrorCode::AccessDenied)),
        };
    }
    let resource_policies = bucket
        .map(|bucket| ResourcePolicy {
            resource: resource.clone(),
            owner: bucket.record.owner.clone(),
            policy: policy.map(Into::into),
        })
        .into_iter()
        .collect();
    let wanted = Authorization {
        action: action.to_owned(),
        resources: vec![resource],
        conditions,
        resource_conditions: Vec::new(),
        resource_policies,
        exempt: false,
    };
    shared.policies.authorize(&cx, &wanted).map_err(|refusal| errors::refused(&refusal))
}

/// The bucket's policy, as far as it counts for the caller: where public buckets are restricted, a public policy is for
/// the owner's account alone.
fn policy_for(shared: &Shared, call: &Call, bucket: &Bucket) -> Option<String> {
    let policy = bucket.record.policy.clone()?;
    let restricted = bucket.record.public_access_block.is_some_and(|block| block.restrict_public_buckets);
    let is_stranger = {
        let known = call.known();
        let account = known.principal.as_ref().filter(|_| known.proved).map(Principal::account);
        account != Some(&bucket.record.owner)
    };
    match restricted && is_stranger && shared.policies.is_public(&policy) {
        true => None,
        false => Some(policy),
    }
}
