//! `GetDelivery` (logs.md §8.6).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::deliveries;

pub(super) async fn get_delivery(
    logs: &Logs,
    cx: &CallContext,
    input: types::GetDeliveryRequest,
) -> Result<types::GetDeliveryResponse, ServiceError> {
    let scope = cx.scope();
    let found = deliveries::delivery(&logs.parts.catalog, &scope, &input.id)?;
    let delivery = Some(deliveries::described(&scope, &input.id, &found.value));
    Ok(types::GetDeliveryResponse { delivery })
}
