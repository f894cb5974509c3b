//! `DeleteChannel`

use api::cloudtrail::types::{DeleteChannelRequest, DeleteChannelResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::lake::changes::note_change;
use crate::lake::channels::{ChannelRecord, ChannelStatusRecord, RESOURCE, found};
use crate::lake::policies;
use crate::service::CloudTrail;

/// Deletes a channel with its policy; what came through it stays (cloudtrail.md §7.4).
pub async fn delete_channel(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: DeleteChannelRequest,
) -> Result<DeleteChannelResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    change(catalog, || {
        let mut transaction = Transaction::default();
        let channel = found(catalog, cx, &input.channel)?;
        note_change(catalog, &channel.scope, &mut transaction);
        transaction.delete::<ChannelRecord>(channel.key(), channel.version);
        if let Some(status) = catalog.get::<ChannelStatusRecord>(&channel.key()) {
            transaction.delete::<ChannelStatusRecord>(channel.key(), status.version);
        }
        policies::remove(catalog, &channel.scope, RESOURCE, &channel.id, &mut transaction);
        Ok((transaction, ()))
    })
    .await?;
    Ok(DeleteChannelResponse {})
}
