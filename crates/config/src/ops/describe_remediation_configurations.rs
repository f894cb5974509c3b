//! `DescribeRemediationConfigurations`

use api::config::types::{DescribeRemediationConfigurationsRequest, DescribeRemediationConfigurationsResponse};
use api::{CallContext, ServiceError};

use crate::remediation;
use crate::service::Config;

/// What is done about resources that break rules; of a rule without anything there is nothing (config.md §8.4).
pub async fn describe_remediation_configurations(
    config: &Config,
    cx: &CallContext,
    input: DescribeRemediationConfigurationsRequest,
) -> Result<DescribeRemediationConfigurationsResponse, ServiceError> {
    let scope = cx.scope();
    let described = |name: &String| {
        let found = remediation::find(&config.parts.catalog, &scope, name)?;
        Some(found.value.to_api(&scope, name))
    };
    let found = input.config_rule_names.iter().filter_map(described).collect();
    Ok(DescribeRemediationConfigurationsResponse { remediation_configurations: Some(found) })
}
