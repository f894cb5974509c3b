//! `DescribeDeliveryChannelStatus`

use api::config::types::{DescribeDeliveryChannelStatusRequest, DescribeDeliveryChannelStatusResponse};
use api::{CallContext, ServiceError};

use crate::channel::{self, ChannelStatusRecord, NextDeliveries};
use crate::delivery::{next_history, next_snapshot};
use crate::service::Config;

/// How deliveries went (config.md §4.2).
pub async fn describe_delivery_channel_status(
    config: &Config,
    cx: &CallContext,
    input: DescribeDeliveryChannelStatusRequest,
) -> Result<DescribeDeliveryChannelStatusResponse, ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    let found = channel::selected(&parts.catalog, &scope, input.delivery_channel_names.as_deref())?;
    let status = parts.catalog.get::<ChannelStatusRecord>(&channel::key(&scope));
    let status = status.map(|found| ChannelStatusRecord::clone(&found.value)).unwrap_or_default();
    let statuses = found.iter().map(|found| {
        let next =
            NextDeliveries { snapshot: next_snapshot(&found.value, &status), history: next_history(parts, &scope) };
        found.value.to_status(&status, next)
    });
    Ok(DescribeDeliveryChannelStatusResponse { delivery_channels_status: Some(statuses.collect()) })
}
