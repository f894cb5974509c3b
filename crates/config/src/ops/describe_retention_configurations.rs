//! `DescribeRetentionConfigurations`

use api::config::types::{DescribeRetentionConfigurationsRequest, DescribeRetentionConfigurationsResponse};
use api::{CallContext, ServiceError};

use crate::retention::{self, RetentionRecord};
use crate::service::Config;

/// How many days items are kept, where somebody said it (config.md §3.6).
pub async fn describe_retention_configurations(
    config: &Config,
    cx: &CallContext,
    input: DescribeRetentionConfigurationsRequest,
) -> Result<DescribeRetentionConfigurationsResponse, ServiceError> {
    if input.next_token.is_some() {
        return Err(crate::paging::invalid_token());
    }
    let found = config.parts.catalog.get::<RetentionRecord>(&retention::key(&cx.scope()));
    let names = input.retention_configuration_names.unwrap_or_default();
    if let Some(unknown) = names.iter().find(|name| *name != retention::NAME || found.is_none()) {
        return Err(retention::no_such(unknown));
    }
    let configurations = found.iter().map(|found| found.value.to_api()).collect();
    Ok(DescribeRetentionConfigurationsResponse { retention_configurations: Some(configurations), next_token: None })
}
