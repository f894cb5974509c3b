//! `DescribeDeliveryChannels`

use api::config::types::{DescribeDeliveryChannelsRequest, DescribeDeliveryChannelsResponse};
use api::{CallContext, ServiceError};

use crate::channel;
use crate::service::Config;

/// The channel as it was stored (config.md §4.2).
pub async fn describe_delivery_channels(
    config: &Config,
    cx: &CallContext,
    input: DescribeDeliveryChannelsRequest,
) -> Result<DescribeDeliveryChannelsResponse, ServiceError> {
    let found = channel::selected(&config.parts.catalog, &cx.scope(), input.delivery_channel_names.as_deref())?;
    let channels = found.iter().map(|found| found.value.to_api()).collect();
    Ok(DescribeDeliveryChannelsResponse { delivery_channels: Some(channels) })
}
