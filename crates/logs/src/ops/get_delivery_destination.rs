//! `GetDeliveryDestination` (logs.md §8.6).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::deliveries::{self, DeliveryDestinationRecord};

pub(super) async fn get_delivery_destination(
    logs: &Logs,
    cx: &CallContext,
    input: types::GetDeliveryDestinationRequest,
) -> Result<types::GetDeliveryDestinationResponse, ServiceError> {
    let scope = cx.scope();
    let found = deliveries::destination(&logs.parts.catalog, &scope, &input.name)?;
    let delivery_destination = Some(DeliveryDestinationRecord::described(&scope, &input.name, &found.value));
    Ok(types::GetDeliveryDestinationResponse { delivery_destination })
}
