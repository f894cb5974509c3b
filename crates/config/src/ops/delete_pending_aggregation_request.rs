//! `DeletePendingAggregationRequest`

use api::config::types::DeletePendingAggregationRequestRequest;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::aggregation_authorizations::{self, DeclinedRecord};
use crate::change::change;
use crate::service::Config;

/// Turns down what aggregators of an account and region ask; asked anew, by putting the aggregator, it is there again
/// (config.md §8.1). What was not asked is no error.
pub async fn delete_pending_aggregation_request(
    config: &Config,
    cx: &CallContext,
    input: DeletePendingAggregationRequestRequest,
) -> Result<Unit, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let (account, region) = (input.requester_account_id, input.requester_aws_region);
    let key = aggregation_authorizations::key(&scope, &account, &region);
    change(catalog, || {
        let mut transaction = Transaction::default();
        let pending = aggregation_authorizations::pending(catalog, &scope);
        if pending.keys().any(|of| of.account.as_str() == account && of.region.as_str() == region) {
            transaction.put(key.clone(), &DeclinedRecord { declined: cx.now });
        }
        Ok((transaction, Unit))
    })
    .await
}
