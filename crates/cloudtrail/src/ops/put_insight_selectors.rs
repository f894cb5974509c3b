//! `PutInsightSelectors`

use api::cloudtrail::errors;
use api::cloudtrail::types::{InsightSelector as ApiSelector, PutInsightSelectorsRequest, PutInsightSelectorsResponse};
use api::{CallContext, ServiceError};
use lang::event_selector::StoreContent;
use store::catalog::Transaction;

use crate::change::{change, store_failure};
use crate::delivery::settled_position;
use crate::insights::begin;
use crate::lake::stores::{EventDataStoreRecord, StoreInsights, found_active};
use crate::service::CloudTrail;
use crate::trails::{
    InsightSelector, InsightType, Selectors, SourceCategory, TrailRecord, can_tell, check_insight_folder,
    found_at_home, insights_of_api, insights_to_api,
};

/// Has rates of calls and errors watched, or none with an empty list (cloudtrail.md §4.9).
pub async fn put_insight_selectors(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: PutInsightSelectorsRequest,
) -> Result<PutInsightSelectorsResponse, ServiceError> {
    let PutInsightSelectorsRequest { trail_name, insight_selectors, event_data_store, insights_destination } = input;
    let answer = match (trail_name, event_data_store, insights_destination) {
        (Some(name), None, None) => of_trail(cloudtrail, cx, &name, insight_selectors).await?,
        (None, Some(store), destination) => {
            of_store(cloudtrail, cx, &store, destination.as_deref(), insight_selectors).await?
        }
        (Some(_), Some(_), _) => return Err(combination("Specify either TrailName or EventDataStore, but not both.")),
        (Some(_), None, Some(_)) => return Err(combination("InsightsDestination is for event data stores only.")),
        (None, None, _) => return Err(combination("Specify either TrailName or EventDataStore.")),
    };
    cloudtrail.parts.signals.insights.notify_one();
    Ok(answer)
}

async fn of_trail(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    name: &str,
    selectors: Vec<ApiSelector>,
) -> Result<PutInsightSelectorsResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let trail = found_at_home(&parts.catalog, cx, name)?;
    let insights = insights_of_api(selectors).map_err(errors::invalid_insight_selectors_exception)?;
    if !insights.is_empty() {
        check_insight_folder(parts, &trail).await?;
    }
    let after = settled_position(parts).await.map_err(|error| store_failure(&error))?;
    let trail_arn = change(&parts.catalog, || {
        let trail = found_at_home(&parts.catalog, cx, name)?;
        check_can_tell(&trail.arn(), &trail.record.selectors, &insights)?;
        let mut transaction = Transaction::default();
        let record = TrailRecord { insights: insights.clone(), ..(*trail.record).clone() };
        transaction.update(trail.key(), trail.version, &record);
        if !insights.is_empty() {
            begin(&parts.catalog, cx.account(), after, cx.now, &mut transaction);
        }
        Ok((transaction, trail.arn()))
    })
    .await?;
    Ok(PutInsightSelectorsResponse {
        trail_arn: Some(trail_arn),
        insight_selectors: Some(insights_to_api(&insights)),
        event_data_store_arn: None,
        insights_destination: None,
    })
}

/// A store's rates are those of the account's management events; what is found goes to a store for Insights events.
async fn of_store(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    store: &str,
    destination: Option<&str>,
    selectors: Vec<ApiSelector>,
) -> Result<PutInsightSelectorsResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let insights = insights_of_api(selectors).map_err(errors::invalid_insight_selectors_exception)?;
    if insights.iter().any(|selector| selector.categories.contains(&SourceCategory::Data)) {
        let message = "Insights on data events are not supported for event data stores.";
        return Err(errors::invalid_insight_selectors_exception(message));
    }
    let after = settled_position(parts).await.map_err(|error| store_failure(&error))?;
    let (arn, destination) = change(&parts.catalog, || {
        let source = found_active(&parts.catalog, cx, store)?;
        let events = Selectors::Advanced(source.record.selectors.clone());
        check_can_tell(&source.arn(), &events, &insights)?;
        let mut transaction = Transaction::default();
        let destination = match destination {
            _ if insights.is_empty() => None,
            None => return Err(errors::invalid_parameter_exception("Specify an InsightsDestination.")),
            Some(named) => {
                let destination = found_active(&parts.catalog, cx, named)?;
                if destination.content() != StoreContent::Insights || destination.scope != source.scope {
                    return Err(errors::invalid_parameter_exception(format!(
                        "The event data store {named} does not keep Insights events of this account."
                    )));
                }
                begin(&parts.catalog, &source.scope.account, after, cx.now, &mut transaction);
                Some(destination)
            }
        };
        let before = source.record.insights.as_ref();
        let kept = destination.as_ref().map(|destination| StoreInsights {
            selectors: insights.clone(),
            destination: destination.id.clone(),
            // What was found before and went there is not missed out because selectors are put again.
            after: before.filter(|before| before.destination == destination.id).map_or(after, |before| before.after),
        });
        let record = EventDataStoreRecord { insights: kept, updated: cx.now, ..(*source.record).clone() };
        transaction.update(source.key(), source.version, &record);
        Ok((transaction, (source.arn(), destination.map(|destination| destination.arn()))))
    })
    .await?;
    Ok(PutInsightSelectorsResponse {
        trail_arn: None,
        insight_selectors: Some(insights_to_api(&insights)),
        event_data_store_arn: Some(arn),
        insights_destination: destination,
    })
}

/// What is watched must be logged.
fn check_can_tell(arn: &str, events: &Selectors, insights: &[InsightSelector]) -> Result<(), ServiceError> {
    for selector in insights {
        for category in &selector.categories {
            if !can_tell(events, selector.insight_type, *category) {
                let needed = match (selector.insight_type, category) {
                    (_, SourceCategory::Data) => "data events",
                    (InsightType::ApiCallRate, SourceCategory::Management) => "write management events",
                    (InsightType::ApiErrorRate, SourceCategory::Management) => "management events",
                };
                let watched = selector.insight_type.as_str();
                let message = format!("{arn} must log {needed} for {watched}.");
                return Err(errors::invalid_insight_selectors_exception(message));
            }
        }
    }
    Ok(())
}

fn combination(message: &str) -> ServiceError {
    errors::invalid_parameter_combination_exception(message)
}
