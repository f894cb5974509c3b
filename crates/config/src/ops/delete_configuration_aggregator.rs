//! `DeleteConfigurationAggregator`

use api::config::types::DeleteConfigurationAggregatorRequest;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::aggregators::{self, AggregatorRecord};
use crate::change::change;
use crate::service::Config;

/// Removes an aggregator; what it showed stays where it is (config.md §8.1).
pub async fn delete_configuration_aggregator(
    config: &Config,
    cx: &CallContext,
    input: DeleteConfigurationAggregatorRequest,
) -> Result<Unit, ServiceError> {
    let (catalog, scope, name) = (&config.parts.catalog, cx.scope(), input.configuration_aggregator_name);
    change(catalog, || {
        let found = aggregators::named(catalog, &scope, &name)?;
        let mut transaction = Transaction::default();
        transaction.delete::<AggregatorRecord>(aggregators::key(&scope, &name), found.version);
        Ok((transaction, Unit))
    })
    .await
}
