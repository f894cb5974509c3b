//! `GetPolicy`: gives a managed policy, without its document.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::find::Found;
use crate::iam::shapes;

pub(super) async fn get_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetPolicyRequest,
) -> Result<types::GetPolicyResponse, ServiceError> {
    let found = iam.existing_policy(cx, &input.policy_arn)?;
    let usage = iam.usage(cx).remove(&found.reference()).unwrap_or_default();
    let policy = match found {
        Found::Aws(policy) => types::Policy {
            description: Some(policy.description.to_owned()),
            ..shapes::aws_policy_in_list(cx, policy, usage)
        },
        Found::Own(_, policy) => types::Policy {
            description: policy.value.description.clone(),
            tags: Some(shapes::tag_list(&policy.value.tags)),
            ..shapes::policy_in_list(cx, &policy.value, usage)
        },
    };
    Ok(types::GetPolicyResponse { policy: Some(policy) })
}
