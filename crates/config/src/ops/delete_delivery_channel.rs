//! `DeleteDeliveryChannel`

use api::config::errors;
use api::config::types::DeleteDeliveryChannelRequest;
use api::{CallContext, ServiceError, Unit};
use store::catalog::{Expect, Transaction};

use crate::change::change;
use crate::channel::{self, ChannelRecord, ChannelStatusRecord};
use crate::recorder::{self, RecorderRecord};
use crate::service::Config;

/// Removes the channel, unless the recorder runs (config.md §4.2).
pub async fn delete_delivery_channel(
    config: &Config,
    cx: &CallContext,
    input: DeleteDeliveryChannelRequest,
) -> Result<Unit, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    change(catalog, || {
        let name = &input.delivery_channel_name;
        let found = channel::named(catalog, &scope, name)?;
        let recorder = recorder::find(catalog, &scope);
        if recorder.as_ref().is_some_and(|found| found.value.is_recording) {
            // Recorded: the text says it twice.
            let message = format!(
                "Failed to delete last specified delivery channel with name '{name}', because there, because there is a running configuration recorder."
            );
            return Err(errors::last_delivery_channel_delete_failed_exception(message));
        }
        let mut transaction = Transaction::default();
        transaction.delete::<ChannelRecord>(channel::key(&scope), found.version);
        if let Some(status) = catalog.get::<ChannelStatusRecord>(&channel::key(&scope)) {
            transaction.delete::<ChannelStatusRecord>(channel::key(&scope), status.version);
        }
        let expect = recorder.map_or(Expect::Absent, |found| Expect::Version(found.version));
        transaction.check::<RecorderRecord>(recorder::key(&scope), expect);
        Ok((transaction, ()))
    })
    .await?;
    Ok(Unit)
}
