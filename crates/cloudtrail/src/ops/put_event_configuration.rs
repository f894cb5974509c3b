//! `PutEventConfiguration`

use api::cloudtrail::errors;
use api::cloudtrail::types::{MaxEventSize, PutEventConfigurationRequest, PutEventConfigurationResponse};
use api::{CallContext, ServiceError};

use crate::lake::configuration::{Configured, check_category, configured};
use crate::lake::stores;
use crate::service::CloudTrail;
use crate::trails::found_at_home;

/// Sets what events of a store or a trail have beyond the ordinary, of which this server has nothing: what is asked for
/// beside the defaults is refused (cloudtrail.md §9.1).
pub async fn put_event_configuration(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: PutEventConfigurationRequest,
) -> Result<PutEventConfigurationResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    let keys = input.context_key_selectors.unwrap_or_default();
    let aggregations = input.aggregation_configurations.unwrap_or_default();
    match configured(input.trail_name.as_deref(), input.event_data_store.as_deref())? {
        Configured::EventDataStore(text) => {
            let store = stores::found_active(catalog, cx, text)?;
            check_category(&store)?;
            if !aggregations.is_empty() {
                return Err(not_for("AggregationConfigurations", "an event data store"));
            }
            if !keys.is_empty() && input.max_event_size != Some(MaxEventSize::Large) {
                return Err(errors::invalid_parameter_exception(
                    "ContextKeySelectors can be specified only with the MaxEventSize Large.",
                ));
            }
            if input.max_event_size == Some(MaxEventSize::Large) {
                return Err(errors::unsupported_operation_exception(
                    "This server keeps events of 256 KB at most, and adds no context to them.",
                ));
            }
            Ok(PutEventConfigurationResponse {
                event_data_store_arn: Some(store.arn()),
                max_event_size: Some(MaxEventSize::Standard),
                context_key_selectors: Some(Vec::new()),
                ..PutEventConfigurationResponse::default()
            })
        }
        Configured::Trail(text) => {
            let trail = found_at_home(catalog, cx, text)?;
            if input.max_event_size.is_some() {
                return Err(not_for("MaxEventSize", "a trail"));
            }
            if !keys.is_empty() {
                return Err(not_for("ContextKeySelectors", "a trail"));
            }
            if !aggregations.is_empty() {
                return Err(errors::unsupported_operation_exception("This server does not aggregate events."));
            }
            Ok(PutEventConfigurationResponse {
                trail_arn: Some(trail.arn()),
                aggregation_configurations: Some(Vec::new()),
                ..PutEventConfigurationResponse::default()
            })
        }
    }
}

fn not_for(member: &str, of: &str) -> ServiceError {
    errors::invalid_parameter_combination_exception(format!("{member} cannot be specified for {of}."))
}
