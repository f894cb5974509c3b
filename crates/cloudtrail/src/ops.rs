//! CloudTrail's operations, one file each.

use api::{OperationTable, operations};

use crate::service::CloudTrail;

mod add_tags;
mod create_trail;
mod delete_trail;
mod describe_trails;
mod get_event_selectors;
mod get_insight_selectors;
mod get_trail;
mod get_trail_status;
mod list_insights_data;
mod list_insights_metric_data;
mod list_public_keys;
mod list_tags;
mod list_trails;
pub(crate) mod lookup_events;
mod put_event_selectors;
mod put_insight_selectors;
mod remove_tags;
mod start_logging;
mod stop_logging;
#[cfg(test)]
mod tests;
mod update_trail;

/// The operations that are built.
pub fn table() -> OperationTable<CloudTrail> {
    operations! { CloudTrail;
        api::cloudtrail::AddTags => add_tags::add_tags;
        api::cloudtrail::CreateTrail => create_trail::create_trail;
        api::cloudtrail::DeleteTrail => delete_trail::delete_trail;
        api::cloudtrail::DescribeTrails => describe_trails::describe_trails;
        api::cloudtrail::GetEventSelectors => get_event_selectors::get_event_selectors;
        api::cloudtrail::GetInsightSelectors => get_insight_selectors::get_insight_selectors;
        api::cloudtrail::GetTrail => get_trail::get_trail;
        api::cloudtrail::GetTrailStatus => get_trail_status::get_trail_status;
        api::cloudtrail::ListInsightsData => list_insights_data::list_insights_data;
        api::cloudtrail::ListInsightsMetricData => list_insights_metric_data::list_insights_metric_data;
        api::cloudtrail::ListPublicKeys => list_public_keys::list_public_keys, ignoring ["NextToken"];
        api::cloudtrail::ListTags => list_tags::list_tags, ignoring ["NextToken"];
        api::cloudtrail::ListTrails => list_trails::list_trails, ignoring ["NextToken"];
        api::cloudtrail::LookupEvents => lookup_events::lookup_events;
        api::cloudtrail::PutEventSelectors => put_event_selectors::put_event_selectors;
        api::cloudtrail::PutInsightSelectors => put_insight_selectors::put_insight_selectors;
        api::cloudtrail::RemoveTags => remove_tags::remove_tags;
        api::cloudtrail::StartLogging => start_logging::start_logging;
        api::cloudtrail::StopLogging => stop_logging::stop_logging;
        api::cloudtrail::UpdateTrail => update_trail::update_trail;
    }
}
