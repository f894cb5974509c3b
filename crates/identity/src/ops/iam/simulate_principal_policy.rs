//! `SimulatePrincipalPolicy`: evaluates the policies of a user, group or role against calls that are given.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::simulate;

pub(super) async fn simulate_principal_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::SimulatePrincipalPolicyRequest,
) -> Result<types::SimulatePolicyResponse, ServiceError> {
    let source = simulate::source(iam, cx, &input.policy_source_arn)?;
    let policies = simulate::Given {
        identity: source.identity,
        inputs: input.policy_input_list.unwrap_or_default(),
        boundary: source.boundary,
        boundary_inputs: input.permissions_boundary_policy_input_list,
    };
    let calls = simulate::Calls {
        actions: input.action_names,
        resources: input.resource_arns,
        context: input.context_entries,
        resource_policy: input.resource_policy,
        resource_owner: input.resource_owner,
        caller: input.caller_arn.or(Some(input.policy_source_arn)),
    };
    simulate::simulate(cx, policies, &calls, input.marker.as_deref(), input.max_items)
}
