//! `DescribeConfigurationRecorderStatus`

use api::config::types::{DescribeConfigurationRecorderStatusRequest, DescribeConfigurationRecorderStatusResponse};
use api::{CallContext, ServiceError};

use crate::recorder;
use crate::service::Config;

/// Whether the recorder runs, and how its last look at everything went (config.md §1.4).
pub async fn describe_configuration_recorder_status(
    config: &Config,
    cx: &CallContext,
    input: DescribeConfigurationRecorderStatusRequest,
) -> Result<DescribeConfigurationRecorderStatusResponse, ServiceError> {
    let found = recorder::selected(
        &config.parts.catalog,
        &cx.scope(),
        input.configuration_recorder_names.as_deref(),
        input.service_principal.as_deref(),
        input.arn.as_deref(),
    )?;
    let statuses = found.iter().map(|record| record.to_status(&cx.scope())).collect();
    Ok(DescribeConfigurationRecorderStatusResponse { configuration_recorders_status: Some(statuses) })
}
