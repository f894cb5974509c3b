//! `DeleteDeliveryDestinationPolicy` (logs.md §8.6).

use api::logs::types;
use api::{CallContext, ServiceError, Unit};

use super::put_delivery_destination_policy::set;
use crate::Logs;

pub(super) async fn delete_delivery_destination_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteDeliveryDestinationPolicyRequest,
) -> Result<Unit, ServiceError> {
    set(logs, cx, &input.delivery_destination_name, None).await?;
    Ok(Unit)
}
