//! `DescribeConfigurationAggregators`

use api::config::errors;
use api::config::types::{DescribeConfigurationAggregatorsRequest, DescribeConfigurationAggregatorsResponse};
use api::{CallContext, ServiceError};

use crate::aggregators::{self, AggregatorRecord};
use crate::paging;
use crate::service::Config;

/// Aggregators of a page, unless fewer are asked for.
const PAGE: usize = 100;

/// Aggregators, by name (config.md §8.1).
pub async fn describe_configuration_aggregators(
    config: &Config,
    cx: &CallContext,
    input: DescribeConfigurationAggregatorsRequest,
) -> Result<DescribeConfigurationAggregatorsResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let asked = format!("DescribeConfigurationAggregators\n{scope:?}\n{:?}", input.configuration_aggregator_names);
    let mut found = Vec::new();
    match input.configuration_aggregator_names.filter(|names| !names.is_empty()) {
        None => {
            let all = catalog.list::<AggregatorRecord>(&scope.account, Some(&scope.region));
            found.extend(all.into_iter().map(|(_, found)| found.value));
        }
        Some(mut names) => {
            names.sort();
            names.dedup();
            for name in &names {
                let one = aggregators::named(catalog, &scope, name);
                found.push(one.map_err(|error| if names.len() == 1 { error } else { one_is_missing() })?.value);
            }
        }
    }
    let limit = paging::limit(input.limit, PAGE);
    let place = |record: &std::sync::Arc<AggregatorRecord>| record.name.clone();
    let (page, next_token) = paging::page_of(found, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    Ok(DescribeConfigurationAggregatorsResponse {
        configuration_aggregators: Some(page.iter().map(|record| record.to_api(&scope)).collect()),
        next_token,
    })
}

fn one_is_missing() -> ServiceError {
    errors::no_such_configuration_aggregator_exception(
        "At least one of the configuration aggregators does not exist. Check the configuration aggregator names and try again.",
    )
}
