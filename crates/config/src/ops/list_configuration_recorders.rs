//! `ListConfigurationRecorders`

use api::config::errors;
use api::config::types::{
    ConfigurationRecorderFilterName, ConfigurationRecorderSummary, ListConfigurationRecordersRequest,
    ListConfigurationRecordersResponse, RecordingScope,
};
use api::{CallContext, ServiceError};

use crate::recorder;
use crate::service::Config;

/// The recorder in short; there are no service-linked ones. One page holds all there can be.
pub async fn list_configuration_recorders(
    config: &Config,
    cx: &CallContext,
    input: ListConfigurationRecordersRequest,
) -> Result<ListConfigurationRecordersResponse, ServiceError> {
    if input.next_token.is_some() {
        return Err(crate::paging::invalid_token());
    }
    let mut is_wanted = true;
    for filter in input.filters.unwrap_or_default() {
        let values = filter.filter_value.unwrap_or_default();
        match filter.filter_name {
            Some(ConfigurationRecorderFilterName::RecordingScope) => {
                is_wanted &= values.iter().any(|value| value == RecordingScope::Paid.as_str());
            }
            None => return Err(errors::validation_exception("A filter must have a name.")),
        }
    }
    let found = recorder::find(&config.parts.catalog, &cx.scope()).filter(|_| is_wanted);
    let summary = found.map(|found| ConfigurationRecorderSummary {
        arn: found.value.arn(&cx.scope()),
        name: found.value.name.clone(),
        service_principal: None,
        recording_scope: RecordingScope::Paid,
    });
    Ok(ListConfigurationRecordersResponse {
        configuration_recorder_summaries: summary.into_iter().collect(),
        next_token: None,
    })
}
