//! `GetDeliverySource` (logs.md §8.6).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::deliveries::{self, DeliverySourceRecord};

pub(super) async fn get_delivery_source(
    logs: &Logs,
    cx: &CallContext,
    input: types::GetDeliverySourceRequest,
) -> Result<types::GetDeliverySourceResponse, ServiceError> {
    let scope = cx.scope();
    let found = deliveries::source(&logs.parts.catalog, &scope, &input.name)?;
    let delivery_source = Some(DeliverySourceRecord::described(&scope, &input.name, &found.value));
    Ok(types::GetDeliverySourceResponse { delivery_source })
}
