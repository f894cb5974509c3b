//! `DescribeDeliveryDestinations` (logs.md §8.6).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::deliveries::{self, DeliveryDestinationRecord};

pub(super) async fn describe_delivery_destinations(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeDeliveryDestinationsRequest,
) -> Result<types::DescribeDeliveryDestinationsResponse, ServiceError> {
    let token = input.next_token.as_deref();
    let (page, next_token) = deliveries::page(logs, cx, input.limit, token, DeliveryDestinationRecord::described)?;
    Ok(types::DescribeDeliveryDestinationsResponse { delivery_destinations: Some(page), next_token })
}
