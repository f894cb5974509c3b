//! `GetChannel`

use api::cloudtrail::types::{GetChannelRequest, GetChannelResponse};
use api::{CallContext, ServiceError};

use crate::lake::channels::{ChannelStatusRecord, found};
use crate::lake::shapes;
use crate::service::CloudTrail;

/// Gives a channel, with what became of its latest events once there were any (cloudtrail.md §7.4).
pub async fn get_channel(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: GetChannelRequest,
) -> Result<GetChannelResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    let channel = found(catalog, cx, &input.channel)?;
    let status = catalog.get::<ChannelStatusRecord>(&channel.key());
    Ok(GetChannelResponse {
        channel_arn: Some(channel.arn()),
        name: Some(channel.record.name.clone()),
        source: Some(channel.record.source.clone()),
        source_config: None,
        destinations: Some(shapes::destinations(&channel)),
        ingestion_status: status.map(|status| shapes::ingestion_status(&status.value)),
    })
}
