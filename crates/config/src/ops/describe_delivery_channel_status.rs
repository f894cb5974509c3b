//! `DescribeDeliveryChannelStatus`

use api::config::types::{DescribeDeliveryChannelStatusRequest, DescribeDeliveryChannelStatusResponse};
use api::{CallContext, ServiceError};

use crate::channel::{self, ChannelStatusRecord, NextDeliveries};
use crate::delivery::{next_history, next_snapshot};
use crate::recorder;
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
    // While the recorder is stopped no snapshot is made by itself.
    let is_recording = recorder::find(&parts.catalog, &scope).is_some_and(|found| found.value.is_recording);
    let statuses = found.iter().map(|found| {
        let snapshot = next_snapshot(&found.value, &status).filter(|_| is_recording);
        let next = NextDeliveries { snapshot, history: next_history(parts, &scope) };
        found.value.to_status(&status, next)
    });
    Ok(DescribeDeliveryChannelStatusResponse { delivery_channels_status: Some(statuses.collect()) })
}
