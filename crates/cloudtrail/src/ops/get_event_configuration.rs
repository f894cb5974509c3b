//! `GetEventConfiguration`

use api::cloudtrail::types::{GetEventConfigurationRequest, GetEventConfigurationResponse, MaxEventSize};
use api::{CallContext, ServiceError};

use crate::lake::configuration::{Configured, check_category, configured};
use crate::lake::stores;
use crate::service::CloudTrail;
use crate::trails::{NotFoundAs, found_visible};

/// Tells what events of a store or a trail have beyond the ordinary: nothing (cloudtrail.md §9.1).
pub async fn get_event_configuration(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: GetEventConfigurationRequest,
) -> Result<GetEventConfigurationResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    match configured(input.trail_name.as_deref(), input.event_data_store.as_deref())? {
        Configured::EventDataStore(text) => {
            let store = stores::found(catalog, cx, text)?;
            check_category(&store)?;
            Ok(GetEventConfigurationResponse {
                event_data_store_arn: Some(store.arn()),
                max_event_size: Some(MaxEventSize::Standard),
                context_key_selectors: Some(Vec::new()),
                ..GetEventConfigurationResponse::default()
            })
        }
        Configured::Trail(text) => {
            let trail = found_visible(catalog, cx, text, NotFoundAs::Arn)?;
            Ok(GetEventConfigurationResponse {
                trail_arn: Some(trail.arn()),
                aggregation_configurations: Some(Vec::new()),
                ..GetEventConfigurationResponse::default()
            })
        }
    }
}
