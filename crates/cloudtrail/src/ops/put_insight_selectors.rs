//! `PutInsightSelectors`

use api::cloudtrail::errors;
use api::cloudtrail::types::{PutInsightSelectorsRequest, PutInsightSelectorsResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::{change, store_failure};
use crate::delivery::settled_position;
use crate::insights::begin;
use crate::service::CloudTrail;
use crate::trails::{
    InsightSelector, InsightType, SourceCategory, Trail, TrailRecord, can_tell, check_insight_folder, found_at_home,
    insights_of_api, insights_to_api,
};

/// Has rates of calls and errors watched, or none with an empty list (cloudtrail.md §4.9).
pub async fn put_insight_selectors(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: PutInsightSelectorsRequest,
) -> Result<PutInsightSelectorsResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let PutInsightSelectorsRequest { trail_name, insight_selectors, event_data_store, insights_destination } = input;
    let name = match (trail_name, event_data_store, insights_destination) {
        (Some(name), None, None) => name,
        (Some(_), Some(_), _) => return Err(combination("Specify either TrailName or EventDataStore, but not both.")),
        (Some(_), None, Some(_)) => return Err(combination("InsightsDestination is for event data stores only.")),
        (None, Some(_), _) => {
            let message = "Insights of event data stores are not supported by this server.";
            return Err(errors::unsupported_operation_exception(message));
        }
        (None, None, _) => return Err(combination("Specify either TrailName or EventDataStore.")),
    };
    let trail = found_at_home(&parts.catalog, cx, &name)?;
    let insights = insights_of_api(insight_selectors).map_err(errors::invalid_insight_selectors_exception)?;
    if !insights.is_empty() {
        check_insight_folder(parts, &trail).await?;
    }
    let after = settled_position(parts).await.map_err(|error| store_failure(&error))?;
    let trail_arn = change(&parts.catalog, || {
        let trail = found_at_home(&parts.catalog, cx, &name)?;
        check_can_tell(&trail, &insights)?;
        let mut transaction = Transaction::default();
        let record = TrailRecord { insights: insights.clone(), ..(*trail.record).clone() };
        transaction.update(trail.key(), trail.version, &record);
        if !insights.is_empty() {
            begin(&parts.catalog, cx.account(), after, cx.now, &mut transaction);
        }
        Ok((transaction, trail.arn()))
    })
    .await?;
    parts.signals.insights.notify_one();
    Ok(PutInsightSelectorsResponse {
        trail_arn: Some(trail_arn),
        insight_selectors: Some(insights_to_api(&insights)),
        event_data_store_arn: None,
        insights_destination: None,
    })
}

/// What is watched must be logged.
fn check_can_tell(trail: &Trail, insights: &[InsightSelector]) -> Result<(), ServiceError> {
    for selector in insights {
        for category in &selector.categories {
            if !can_tell(&trail.record.selectors, selector.insight_type, *category) {
                let needed = match (selector.insight_type, category) {
                    (_, SourceCategory::Data) => "data events",
                    (InsightType::ApiCallRate, SourceCategory::Management) => "write management events",
                    (InsightType::ApiErrorRate, SourceCategory::Management) => "management events",
                };
                let (name, watched) = (&trail.name, selector.insight_type.as_str());
                let message = format!("The trail {name} must log {needed} for {watched}.");
                return Err(errors::invalid_insight_selectors_exception(message));
            }
        }
    }
    Ok(())
}

fn combination(message: &str) -> ServiceError {
    errors::invalid_parameter_combination_exception(message)
}
