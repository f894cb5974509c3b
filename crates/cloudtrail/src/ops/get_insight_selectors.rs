//! `GetInsightSelectors`

use api::cloudtrail::errors;
use api::cloudtrail::types::{GetInsightSelectorsRequest, GetInsightSelectorsResponse};
use api::{CallContext, ServiceError};

use crate::lake::stores::{self, found_active};
use crate::service::CloudTrail;
use crate::trails::{NotFoundAs, found_visible, insights_to_api};

/// Gives the rates that a trail or an event data store has watched; having none is an error (cloudtrail.md §4.9).
pub async fn get_insight_selectors(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: GetInsightSelectorsRequest,
) -> Result<GetInsightSelectorsResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    match (input.trail_name, input.event_data_store) {
        (Some(name), None) => {
            let trail = found_visible(catalog, cx, &name, NotFoundAs::Arn)?;
            if trail.record.insights.is_empty() {
                return Err(not_enabled("trail", &trail.arn()));
            }
            Ok(GetInsightSelectorsResponse {
                trail_arn: Some(trail.arn()),
                insight_selectors: Some(insights_to_api(&trail.record.insights)),
                event_data_store_arn: None,
                insights_destination: None,
            })
        }
        (None, Some(store)) => {
            let store = found_active(catalog, cx, &store)?;
            let Some(insights) = &store.record.insights else {
                return Err(not_enabled("event data store", &store.arn()));
            };
            Ok(GetInsightSelectorsResponse {
                trail_arn: None,
                insight_selectors: Some(insights_to_api(&insights.selectors)),
                event_data_store_arn: Some(store.arn()),
                insights_destination: Some(stores::arn(&store.scope, &insights.destination)),
            })
        }
        (given, _) => {
            let but = if given.is_some() { ", but not both" } else { "" };
            let message = format!("Specify either TrailName or EventDataStore{but}.");
            Err(errors::invalid_parameter_combination_exception(message))
        }
    }
}

fn not_enabled(what: &str, arn: &str) -> ServiceError {
    errors::insight_not_enabled_exception(format!("Insights is not enabled for the {what}: {arn}."))
}
