//! `DeleteConfigurationRecorder`

use api::config::types::DeleteConfigurationRecorderRequest;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::change::change;
use crate::recorder::{self, RecorderRecord};
use crate::service::Config;

/// Removes the recorder, stopping it first. What was recorded can still be read (config.md §1.3).
pub async fn delete_configuration_recorder(
    config: &Config,
    cx: &CallContext,
    input: DeleteConfigurationRecorderRequest,
) -> Result<Unit, ServiceError> {
    let parts = &config.parts;
    let (catalog, scope) = (&parts.catalog, cx.scope());
    recorder::named(catalog, &scope, &input.configuration_recorder_name)?;
    parts.forget_recorder(&scope, cx.now).await?;
    change(catalog, || {
        let found = recorder::named(catalog, &scope, &input.configuration_recorder_name)?;
        let mut transaction = Transaction::default();
        transaction.delete::<RecorderRecord>(recorder::key(&scope), found.version);
        Ok((transaction, ()))
    })
    .await?;
    Ok(Unit)
}
