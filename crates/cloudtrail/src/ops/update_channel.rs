//! `UpdateChannel`

use api::cloudtrail::types::{UpdateChannelRequest, UpdateChannelResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::lake::changes::note_change;
use crate::lake::channel_settings::{check_name, destinations};
use crate::lake::channels::{Channel, ChannelRecord, found, in_region};
use crate::lake::shapes;
use crate::service::CloudTrail;

/// Changes a channel's name, or the stores that it leads to (cloudtrail.md §7.4).
pub async fn update_channel(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: UpdateChannelRequest,
) -> Result<UpdateChannelResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    let updated = change(catalog, || {
        let mut transaction = Transaction::default();
        let channel = found(catalog, cx, &input.channel)?;
        note_change(catalog, &channel.scope, &mut transaction);
        let mut record = ChannelRecord::clone(&channel.record);
        if let Some(name) = &input.name {
            check_name(&in_region(catalog, &channel.scope), name, Some(&channel.id))?;
            record.name.clone_from(name);
        }
        if let Some(given) = &input.destinations {
            record.destinations = destinations(catalog, cx, given)?;
        }
        transaction.update(channel.key(), channel.version, &record);
        Ok((transaction, Channel { record: record.into(), ..channel }))
    })
    .await?;
    Ok(UpdateChannelResponse {
        channel_arn: Some(updated.arn()),
        name: Some(updated.record.name.clone()),
        source: Some(updated.record.source.clone()),
        destinations: Some(shapes::destinations(&updated)),
    })
}
