//! `StartConfigurationRecorder`

use api::config::errors;
use api::config::types::StartConfigurationRecorderRequest;
use api::{CallContext, ServiceError, Unit};
use store::catalog::{Expect, Transaction};

use crate::change::change;
use crate::channel::{self, ChannelRecord};
use crate::recorder::{self, RecorderRecord, SweepStatus};
use crate::service::Config;

/// Begins recording, with a look at everything (REC-15). A recorder that runs goes on.
pub async fn start_configuration_recorder(
    config: &Config,
    cx: &CallContext,
    input: StartConfigurationRecorderRequest,
) -> Result<Unit, ServiceError> {
    let parts = &config.parts;
    let (catalog, scope) = (&parts.catalog, cx.scope());
    let has_begun = change(catalog, || {
        let found = recorder::named(catalog, &scope, &input.configuration_recorder_name)?;
        let mut transaction = Transaction::default();
        let Some(channel) = channel::find(catalog, &scope) else {
            let message = "Delivery channel is not available to start configuration recorder.";
            return Err(errors::no_available_delivery_channel_exception(message));
        };
        if found.value.is_recording {
            return Ok((transaction, false));
        }
        let record = RecorderRecord {
            is_recording: true,
            started: Some(cx.now),
            status: Some(SweepStatus::Pending),
            status_changed: Some(cx.now),
            ..RecorderRecord::clone(&found.value)
        };
        transaction.update(recorder::key(&scope), found.version, &record);
        // A channel cannot be deleted while a recorder runs.
        transaction.check::<ChannelRecord>(channel::key(&scope), Expect::Version(channel.version));
        Ok((transaction, true))
    })
    .await?;
    if has_begun {
        parts.sweeps.forget(&scope);
        parts.sweep_soon(&scope);
        parts.record_recorder(&scope, cx.now).await?;
        parts.judge_soon();
    }
    Ok(Unit)
}
