//! `DeleteAggregationAuthorization`

use api::config::types::DeleteAggregationAuthorizationRequest;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::aggregation_authorizations::{self, AuthorizationRecord};
use crate::change::change;
use crate::service::Config;

/// Lets the aggregators of an account and region look here no more; that they were never let in is no error
/// (config.md §8.1).
pub async fn delete_aggregation_authorization(
    config: &Config,
    cx: &CallContext,
    input: DeleteAggregationAuthorizationRequest,
) -> Result<Unit, ServiceError> {
    let catalog = &config.parts.catalog;
    let key = aggregation_authorizations::key(&cx.scope(), &input.authorized_account_id, &input.authorized_aws_region);
    change(catalog, || {
        let mut transaction = Transaction::default();
        if let Some(found) = catalog.get::<AuthorizationRecord>(&key) {
            transaction.delete::<AuthorizationRecord>(key.clone(), found.version);
        }
        Ok((transaction, Unit))
    })
    .await
}
