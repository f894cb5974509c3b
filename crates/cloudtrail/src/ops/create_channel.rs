//! `CreateChannel`

use api::cloudtrail::errors;
use api::cloudtrail::types::{CreateChannelRequest, CreateChannelResponse};
use api::{CallContext, ServiceError};
use base::id;
use store::catalog::Transaction;

use crate::change::change;
use crate::lake::changes::note_change;
use crate::lake::channel_settings::{check_name, check_source, destinations};
use crate::lake::channels::{Channel, ChannelRecord, in_region};
use crate::lake::shapes;
use crate::service::CloudTrail;
use crate::tags;

/// Channels of an account in a region (cloudtrail.md §10.1).
const CHANNELS_MAX: usize = 25;

/// Makes a channel to one or more event data stores of audit events (cloudtrail.md §7.4).
pub async fn create_channel(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: CreateChannelRequest,
) -> Result<CreateChannelResponse, ServiceError> {
    let (parts, scope) = (&cloudtrail.parts, cx.scope());
    let catalog = &parts.catalog;
    let channel_tags = tags::with(Vec::new(), input.tags.as_deref().unwrap_or_default())?;
    let channel_id = id::uuid(&*parts.entropy).to_string();
    let made = change(catalog, || {
        let mut transaction = Transaction::default();
        note_change(catalog, &scope, &mut transaction);
        let others = in_region(catalog, &scope);
        check_name(&others, &input.name, None)?;
        check_source(&others, &input.source)?;
        let record = ChannelRecord {
            name: input.name.clone(),
            source: input.source.clone(),
            destinations: destinations(catalog, cx, &input.destinations)?,
            tags: channel_tags.clone(),
        };
        if others.len() >= CHANNELS_MAX {
            let message = format!("User: {} already has {CHANNELS_MAX} channels in {}.", cx.account(), cx.region);
            return Err(errors::channel_max_limit_exceeded_exception(message));
        }
        let channel = Channel { scope: scope.clone(), id: channel_id.clone(), record: record.into(), version: 0 };
        transaction.create(channel.key(), &*channel.record);
        Ok((transaction, channel))
    })
    .await?;
    Ok(CreateChannelResponse {
        channel_arn: Some(made.arn()),
        name: Some(made.record.name.clone()),
        source: Some(made.record.source.clone()),
        destinations: Some(shapes::destinations(&made)),
        tags: input.tags,
    })
}
