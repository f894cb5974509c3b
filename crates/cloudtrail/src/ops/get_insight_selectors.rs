//! `GetInsightSelectors`

use api::cloudtrail::errors;
use api::cloudtrail::types::{GetInsightSelectorsRequest, GetInsightSelectorsResponse};
use api::{CallContext, ServiceError};

use crate::service::CloudTrail;
use crate::trails::{NotFoundAs, found_visible, insights_to_api};

/// Gives the rates that a trail has watched; having none is an error (cloudtrail.md §4.9).
pub async fn get_insight_selectors(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: GetInsightSelectorsRequest,
) -> Result<GetInsightSelectorsResponse, ServiceError> {
    let name = match (input.trail_name, input.event_data_store) {
        (Some(name), None) => name,
        (None, Some(_)) => {
            let message = "Insights of event data stores are not supported by this server.";
            return Err(errors::unsupported_operation_exception(message));
        }
        (given, _) => {
            let but = if given.is_some() { ", but not both" } else { "" };
            let message = format!("Specify either TrailName or EventDataStore{but}.");
            return Err(errors::invalid_parameter_combination_exception(message));
        }
    };
    let trail = found_visible(&cloudtrail.parts.catalog, cx, &name, NotFoundAs::Arn)?;
    if trail.record.insights.is_empty() {
        let message = format!("Insights is not enabled for the trail: {}.", trail.arn());
        return Err(errors::insight_not_enabled_exception(message));
    }
    Ok(GetInsightSelectorsResponse {
        trail_arn: Some(trail.arn()),
        insight_selectors: Some(insights_to_api(&trail.record.insights)),
        event_data_store_arn: None,
        insights_destination: None,
    })
}
