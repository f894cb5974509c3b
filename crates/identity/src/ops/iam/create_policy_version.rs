//! `CreatePolicyVersion`: adds a version to a managed policy.

use api::iam::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::shapes::policy_version;
use crate::ops::iam::create_policy::managed_document;
use crate::record::PolicyVersion;

pub(super) async fn create_policy_version(
    iam: &Iam,
    cx: &CallContext,
    input: types::CreatePolicyVersionRequest,
) -> Result<types::CreatePolicyVersionResponse, ServiceError> {
    let document = managed_document(&input.policy_document)?;
    let created = cx.now.truncate_to_secs();
    let shape = iam
        .change(|| {
            let (key, found) = iam.own_policy(cx, &input.policy_arn, "CreatePolicyVersion")?;
            let mut policy = found.value.as_ref().clone();
            if policy.versions.len() >= VERSIONS_MAX {
                let message = format!(
                    "A managed policy can have up to {VERSIONS_MAX} versions. Before you create a new version, \
                     you must delete an existing version."
                );
                return Err(errors::limit_exceeded_exception(message));
            }
            policy.last_version += 1;
            let version = PolicyVersion { number: policy.last_version, created, document: document.clone() };
            if input.set_as_default == Some(true) {
                policy.default_version = version.number;
            }
            policy.updated = created;
            let shape = policy_version(&policy, &version);
            policy.versions.push(version);
            let mut transaction = Transaction::default();
            transaction.update(key, found.version, &policy);
            Ok((transaction, shape))
        })
        .await?;
    Ok(types::CreatePolicyVersionResponse { policy_version: Some(shape) })
}

/// Versions one managed policy can have (fixed quota).
pub(super) const VERSIONS_MAX: usize = 5;
