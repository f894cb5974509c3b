//! `PutAggregationAuthorization`

use api::config::errors;
use api::config::types::{PutAggregationAuthorizationRequest, PutAggregationAuthorizationResponse};
use api::{CallContext, ServiceError};
use base::{AccountId, Region};
use store::catalog::Transaction;

use crate::aggregation_authorizations::{self, AuthorizationRecord, DeclinedRecord};
use crate::change::change;
use crate::service::Config;
use crate::tags;

/// Lets the aggregators of an account and region look at this one. Said again, nothing changes, tags neither
/// (config.md §8.1).
pub async fn put_aggregation_authorization(
    config: &Config,
    cx: &CallContext,
    input: PutAggregationAuthorizationRequest,
) -> Result<PutAggregationAuthorizationResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let invalid = |error| errors::invalid_parameter_value_exception(format!("{error}."));
    let account: AccountId = input.authorized_account_id.parse().map_err(invalid)?;
    let region: Region = input.authorized_aws_region.parse().map_err(invalid)?;
    let tags = tags::with(Vec::new(), &input.tags.unwrap_or_default())?;
    let record = change(catalog, || {
        let key = aggregation_authorizations::key(&scope, account.as_str(), region.as_str());
        let mut transaction = Transaction::default();
        if let Some(found) = catalog.get::<AuthorizationRecord>(&key) {
            return Ok((transaction, AuthorizationRecord::clone(&found.value)));
        }
        let (account, region, tags) = (account.clone(), region.clone(), tags.clone());
        let record = AuthorizationRecord { account, region, created: cx.now, tags };
        if let Some(declined) = catalog.get::<DeclinedRecord>(&key) {
            transaction.delete::<DeclinedRecord>(key.clone(), declined.version);
        }
        transaction.create(key, &record);
        Ok((transaction, record))
    })
    .await?;
    Ok(PutAggregationAuthorizationResponse { aggregation_authorization: Some(record.to_api(&scope)) })
}
