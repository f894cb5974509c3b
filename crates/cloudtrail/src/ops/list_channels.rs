//! `ListChannels`

use api::cloudtrail::types::{Channel, ListChannelsRequest, ListChannelsResponse};
use api::{CallContext, ServiceError};

use crate::lake::channels;
use crate::lake::page::page;
use crate::service::CloudTrail;

/// Lists the account's channels in this region (cloudtrail.md §7.4).
pub async fn list_channels(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: ListChannelsRequest,
) -> Result<ListChannelsResponse, ServiceError> {
    let channels = channels::in_region(&cloudtrail.parts.catalog, &cx.scope());
    let (channels, next_token) =
        page(cx, "ListChannels", channels, |channel| &channel.id, (input.next_token, input.max_results))?;
    let listed = |channel: &channels::Channel| Channel {
        channel_arn: Some(channel.arn()),
        name: Some(channel.record.name.clone()),
    };
    Ok(ListChannelsResponse { channels: Some(channels.iter().map(listed).collect()), next_token })
}
