//! Copies of Insights events in the event data stores that take them (cloudtrail.md §4.9, §7.2).
//!
//! They go as copies of calls do: in the order of their positions, and the highest position that a store holds says
//! where to go on (ADR 10).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;
use store::job::JobError;
use store::lake_event::LakeEvent;
use store::trail_event::TrailEvent;

use super::event::Found;
use crate::delivery::settled_position;
use crate::lake::stores::{self, EventDataStore};
use crate::service::Parts;
use crate::trails::{self, Selectors, SourceCategory};

/// Bytes of records that are copied in one step.
const STEP_BYTES: usize = 8 << 20;

/// Copies what was found to the stores that take it.
///
/// # Errors
/// The store's.
pub(super) async fn to_stores(parts: &Parts) -> Result<(), JobError> {
    let mut sources: BTreeMap<u32, Vec<EventDataStore>> = BTreeMap::new();
    for store in stores::all(&parts.catalog) {
        let Some(insights) = &store.record.insights else { continue };
        let destination = stores::at(&parts.catalog, &store.scope, &insights.destination);
        if let Some(destination) = destination.filter(EventDataStore::is_ingesting) {
            sources.entry(destination.record.number).or_default().push(store);
        }
    }
    if sources.is_empty() {
        return Ok(());
    }
    let settled = settled_position(parts).await?;
    // Rows of a run that was broken off may still be on their way.
    parts.lake_events.settle().await;
    for (number, sources) in sources {
        let first = sources.iter().filter_map(since).min().unwrap_or(settled);
        let mut after = first.max(parts.lake_events.last_source(number));
        while after < settled {
            let (events, to) = parts.insight_events.arrivals(after, settled, STEP_BYTES).await?;
            let mut copies = Vec::new();
            for (position, event) in &events {
                let takers = sources.iter().filter(|store| since(store).is_some_and(|since| since < *position));
                for store in takers.filter(|store| takes(store, event)) {
                    let record = of_store(&event.record, store)?;
                    copies.push(LakeEvent { time: event.time, source: *position, record });
                }
            }
            parts.lake_events.append(number, copies).await?;
            after = to;
        }
    }
    Ok(())
}

/// Up to which position what was found does not go to the store's destination.
fn since(store: &EventDataStore) -> Option<u64> {
    store.record.insights.as_ref().map(|insights| insights.after)
}

/// Whether what was found is of a rate that the store has watched, where and while it takes events.
fn takes(store: &EventDataStore, event: &TrailEvent) -> bool {
    let Some(insights) = &store.record.insights else { return false };
    let events = Selectors::Advanced(store.record.selectors.clone());
    let selectors = trails::told_by(&insights.selectors, &events);
    store.is_ingesting()
        && event.account == store.scope.account
        && (store.record.multi_region || event.region == store.scope.region)
        && Found::of_record(&event.record).is_some_and(|found| {
            found.category == SourceCategory::Management
                && trails::names(&selectors, found.insight_type, SourceCategory::Management)
        })
}

/// Keys in the order of AWS's records for event data stores.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    event_version: &'a Json,
    event_category: &'a Json,
    event_type: &'a Json,
    #[serde(rename = "eventID")]
    event_id: &'a Json,
    event_time: &'a Json,
    aws_region: &'a Json,
    recipient_account_id: &'a Json,
    #[serde(rename = "sharedEventID")]
    shared_event_id: &'a Json,
    insight_source: &'a str,
    insight_state: &'a Json,
    insight_event_source: &'a Json,
    insight_event_name: &'a Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    insight_error_code: Option<&'a Json>,
    insight_type: &'a Json,
    insight_context: Context<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    baseline_average: &'a Json,
    insight_average: &'a Json,
    baseline_duration: &'a Json,
    insight_duration: &'a Json,
    attributions: &'a Json,
}

/// The record as event data stores have it: what trails have as `insightDetails` is spread out.
fn of_store(record: &str, store: &EventDataStore) -> Result<String, serde_json::Error> {
    let record: Json = serde_json::from_str(record)?;
    let details = &record["insightDetails"];
    let statistics = &details["insightContext"]["statistics"];
    serde_json::to_string(&Record {
        event_version: &record["eventVersion"],
        event_category: &record["eventCategory"],
        event_type: &record["eventType"],
        event_id: &record["eventID"],
        event_time: &record["eventTime"],
        aws_region: &record["awsRegion"],
        recipient_account_id: &record["recipientAccountId"],
        shared_event_id: &record["sharedEventID"],
        insight_source: &store.arn(),
        insight_state: &details["state"],
        insight_event_source: &details["eventSource"],
        insight_event_name: &details["eventName"],
        insight_error_code: details.get("errorCode"),
        insight_type: &details["insightType"],
        insight_context: Context {
            baseline_average: &statistics["baseline"]["average"],
            insight_average: &statistics["insight"]["average"],
            baseline_duration: &statistics["baselineDuration"],
            insight_duration: &statistics["insightDuration"],
            attributions: &details["insightContext"]["attributions"],
        },
    })
}
