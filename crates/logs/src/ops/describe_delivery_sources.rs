//! `DescribeDeliverySources` (logs.md §8.6).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::deliveries::{self, DeliverySourceRecord};

pub(super) async fn describe_delivery_sources(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeDeliverySourcesRequest,
) -> Result<types::DescribeDeliverySourcesResponse, ServiceError> {
    let token = input.next_token.as_deref();
    let (page, next_token) = deliveries::page(logs, cx, input.limit, token, DeliverySourceRecord::described)?;
    Ok(types::DescribeDeliverySourcesResponse { delivery_sources: Some(page), next_token })
}
