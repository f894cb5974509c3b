//! `DeleteRetentionConfiguration`

use api::config::types::DeleteRetentionConfigurationRequest;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::change::change;
use crate::retention::{self, RetentionRecord};
use crate::service::Config;

/// Lets items be kept for seven years again (config.md §3.6).
pub async fn delete_retention_configuration(
    config: &Config,
    cx: &CallContext,
    input: DeleteRetentionConfigurationRequest,
) -> Result<Unit, ServiceError> {
    let (catalog, key) = (&config.parts.catalog, retention::key(&cx.scope()));
    let name = &input.retention_configuration_name;
    change(catalog, || {
        let found = catalog.get::<RetentionRecord>(&key).filter(|_| name == retention::NAME);
        let found = found.ok_or_else(|| retention::no_such(name))?;
        let mut transaction = Transaction::default();
        transaction.delete::<RetentionRecord>(key.clone(), found.version);
        Ok((transaction, ()))
    })
    .await?;
    Ok(Unit)
}
