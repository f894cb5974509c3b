//! `SimulateCustomPolicy`: evaluates policies that are given against calls that are given.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::simulate;

pub(super) async fn simulate_custom_policy(
    _iam: &Iam,
    cx: &CallContext,
    input: types::SimulateCustomPolicyRequest,
) -> Result<types::SimulatePolicyResponse, ServiceError> {
    let policies = simulate::Given {
        identity: Vec::new(),
        inputs: input.policy_input_list,
        boundary: None,
        boundary_inputs: input.permissions_boundary_policy_input_list,
    };
    let calls = simulate::Calls {
        actions: input.action_names,
        resources: input.resource_arns,
        context: input.context_entries,
        resource_policy: input.resource_policy,
        resource_owner: input.resource_owner,
        caller: input.caller_arn,
    };
    simulate::simulate(cx, policies, &calls, input.marker.as_deref(), input.max_items)
}
