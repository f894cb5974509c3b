//! `GetPolicyVersion`: gives a version of a managed policy with its document.

use api::iam::{errors, types};
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::find::Found;
use crate::iam::shapes::{encoded, policy_version};
use crate::managed;
use crate::record::{Policy, PolicyVersion};

pub(super) async fn get_policy_version(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetPolicyVersionRequest,
) -> Result<types::GetPolicyVersionResponse, ServiceError> {
    let shape = match iam.existing_policy(cx, &input.policy_arn)? {
        Found::Aws(policy) if input.version_id == "v1" => types::PolicyVersion {
            document: Some(encoded(policy.text)),
            version_id: Some(input.version_id),
            is_default_version: Some(true),
            create_date: Some(managed::CREATED),
        },
        Found::Aws(_) => return Err(no_version(&input.policy_arn, &input.version_id)),
        Found::Own(_, policy) => {
            let version = version(&policy.value, &input.policy_arn, &input.version_id)?;
            types::PolicyVersion {
                document: Some(encoded(version.document.text())),
                ..policy_version(&policy.value, version)
            }
        }
    };
    Ok(types::GetPolicyVersionResponse { policy_version: Some(shape) })
}

/// The version that an id such as `v3` names.
pub(super) fn version<'a>(policy: &'a Policy, arn: &str, id: &str) -> Result<&'a PolicyVersion, ServiceError> {
    let number = id.strip_prefix('v').and_then(|number| number.parse().ok());
    number.and_then(|number| policy.version(number)).ok_or_else(|| no_version(arn, id))
}

fn no_version(arn: &str, id: &str) -> ServiceError {
    let message = format!("Policy {arn} version {id} does not exist or is not attachable.");
    errors::no_such_entity_exception(message)
}
