//! `DescribeDeliveries` (logs.md §8.6).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::deliveries;

pub(super) async fn describe_deliveries(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeDeliveriesRequest,
) -> Result<types::DescribeDeliveriesResponse, ServiceError> {
    let token = input.next_token.as_deref();
    let (page, next_token) = deliveries::page(logs, cx, input.limit, token, deliveries::described)?;
    Ok(types::DescribeDeliveriesResponse { deliveries: Some(page), next_token })
}
