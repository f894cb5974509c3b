//! `DescribeConfigurationAggregatorSourcesStatus`

use api::config::types::{
    AggregatedSourceStatus, AggregatedSourceStatusType, AggregatedSourceType,
    DescribeConfigurationAggregatorSourcesStatusRequest, DescribeConfigurationAggregatorSourcesStatusResponse,
};
use api::{CallContext, ServiceError};

use crate::aggregators::{self, AggregatorSource};
use crate::paging;
use crate::service::Config;

/// Sources of a page, unless fewer are asked for.
const PAGE: usize = 100;

/// The accounts and regions that an aggregator names, and whether it may look there (config.md §8.1). What it shows is
/// read when it is asked for, so that what may be read is as of now, and nothing is ever outdated.
pub async fn describe_configuration_aggregator_sources_status(
    config: &Config,
    cx: &CallContext,
    input: DescribeConfigurationAggregatorSourcesStatusRequest,
) -> Result<DescribeConfigurationAggregatorSourcesStatusResponse, ServiceError> {
    let (catalog, scope, name) = (&config.parts.catalog, cx.scope(), input.configuration_aggregator_name);
    let found = aggregators::named(catalog, &scope, &name)?;
    let asked = format!("DescribeConfigurationAggregatorSourcesStatus\n{scope:?}\n{name}\n{:?}", input.update_status);
    let mut sources = aggregators::sources(catalog, &scope, &found.value);
    if let Some(wanted) = &input.update_status {
        sources.retain(|source| wanted.contains(&status(source)));
    }
    let limit = paging::limit(input.limit, PAGE);
    let place = |source: &AggregatorSource| format!("{}/{}", source.scope.account, source.scope.region);
    let (page, next_token) = paging::page_of(sources, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    let to_api = |source: &AggregatorSource| {
        let refused = (!source.is_authorized).then(|| {
            format!(
                "Account {} has not authorized account {} in {} to aggregate its data of {}.",
                source.scope.account, scope.account, scope.region, source.scope.region
            )
        });
        AggregatedSourceStatus {
            source_id: Some(source.scope.account.to_string()),
            source_type: Some(AggregatedSourceType::Account),
            aws_region: Some(source.scope.region.to_string()),
            last_update_status: Some(status(source)),
            last_update_time: Some(cx.now),
            last_error_code: refused.as_ref().map(|_| "AccessDeniedException".to_owned()),
            last_error_message: refused,
        }
    };
    Ok(DescribeConfigurationAggregatorSourcesStatusResponse {
        aggregated_source_status_list: Some(page.iter().map(to_api).collect()),
        next_token,
    })
}

fn status(source: &AggregatorSource) -> AggregatedSourceStatusType {
    match source.is_authorized {
        true => AggregatedSourceStatusType::Succeeded,
        false => AggregatedSourceStatusType::Failed,
    }
}
