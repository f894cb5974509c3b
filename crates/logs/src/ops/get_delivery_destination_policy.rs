//! `GetDeliveryDestinationPolicy` (logs.md §8.6). Where there is none the answer has an empty one.

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::deliveries;

pub(super) async fn get_delivery_destination_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::GetDeliveryDestinationPolicyRequest,
) -> Result<types::GetDeliveryDestinationPolicyResponse, ServiceError> {
    let found = deliveries::destination(&logs.parts.catalog, &cx.scope(), &input.delivery_destination_name)?;
    let policy = Some(types::Policy { delivery_destination_policy: found.value.policy.clone() });
    Ok(types::GetDeliveryDestinationPolicyResponse { policy })
}
