//! `PutRetentionConfiguration`

use api::config::types::{PutRetentionConfigurationRequest, PutRetentionConfigurationResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::retention::{self, RetentionRecord};
use crate::service::Config;

/// Says how many days items are kept; the last one who says it is right (config.md §3.6).
pub async fn put_retention_configuration(
    config: &Config,
    cx: &CallContext,
    input: PutRetentionConfigurationRequest,
) -> Result<PutRetentionConfigurationResponse, ServiceError> {
    let record = RetentionRecord { days: input.retention_period_in_days.into() };
    change(&config.parts.catalog, || {
        let mut transaction = Transaction::default();
        transaction.put(retention::key(&cx.scope()), &record);
        Ok((transaction, ()))
    })
    .await?;
    config.parts.items.expire_soon();
    Ok(PutRetentionConfigurationResponse { retention_configuration: Some(record.to_api()) })
}
