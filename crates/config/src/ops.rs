//! The operations of Config, one file each.

use api::{OperationTable, operations};

use crate::service::Config;

mod associate_resource_types;
mod batch_get_aggregate_resource_config;
mod batch_get_resource_config;
mod delete_aggregation_authorization;
mod delete_configuration_aggregator;
mod delete_configuration_recorder;
mod delete_delivery_channel;
mod delete_pending_aggregation_request;
mod delete_resource_config;
mod delete_retention_configuration;
mod deliver_config_snapshot;
mod describe_aggregation_authorizations;
mod describe_configuration_aggregator_sources_status;
mod describe_configuration_aggregators;
mod describe_configuration_recorder_status;
mod describe_configuration_recorders;
mod describe_delivery_channel_status;
mod describe_delivery_channels;
mod describe_pending_aggregation_requests;
mod describe_retention_configurations;
mod disassociate_resource_types;
mod get_aggregate_discovered_resource_counts;
mod get_aggregate_resource_config;
mod get_custom_rule_policy;
mod get_discovered_resource_counts;
mod get_resource_config_history;
mod list_aggregate_discovered_resources;
mod list_configuration_recorders;
mod list_discovered_resources;
mod list_tags_for_resource;
mod put_aggregation_authorization;
mod put_configuration_aggregator;
mod put_configuration_recorder;
mod put_delivery_channel;
mod put_evaluations;
mod put_external_evaluation;
mod put_resource_config;
mod put_retention_configuration;
mod select_resource_config;
mod start_configuration_recorder;
mod stop_configuration_recorder;
mod tag_resource;
#[cfg(test)]
mod tests;
mod untag_resource;

/// The operations that are built.
pub fn table() -> OperationTable<Config> {
    operations! { Config;
        api::config::AssociateResourceTypes => associate_resource_types::associate_resource_types;
        api::config::BatchGetAggregateResourceConfig => batch_get_aggregate_resource_config::batch_get_aggregate_resource_config;
        api::config::BatchGetResourceConfig => batch_get_resource_config::batch_get_resource_config;
        api::config::DeleteAggregationAuthorization => delete_aggregation_authorization::delete_aggregation_authorization;
        api::config::DeleteConfigurationAggregator => delete_configuration_aggregator::delete_configuration_aggregator;
        api::config::DeleteConfigurationRecorder => delete_configuration_recorder::delete_configuration_recorder;
        api::config::DeleteDeliveryChannel => delete_delivery_channel::delete_delivery_channel;
        api::config::DeletePendingAggregationRequest => delete_pending_aggregation_request::delete_pending_aggregation_request;
        api::config::DeleteResourceConfig => delete_resource_config::delete_resource_config;
        api::config::DeleteRetentionConfiguration => delete_retention_configuration::delete_retention_configuration;
        api::config::DeliverConfigSnapshot => deliver_config_snapshot::deliver_config_snapshot;
        api::config::DescribeAggregationAuthorizations => describe_aggregation_authorizations::describe_aggregation_authorizations;
        api::config::DescribeConfigurationAggregatorSourcesStatus => describe_configuration_aggregator_sources_status::describe_configuration_aggregator_sources_status;
        api::config::DescribeConfigurationAggregators => describe_configuration_aggregators::describe_configuration_aggregators;
        api::config::DescribeConfigurationRecorderStatus => describe_configuration_recorder_status::describe_configuration_recorder_status;
        api::config::DescribeConfigurationRecorders => describe_configuration_recorders::describe_configuration_recorders;
        api::config::DescribeDeliveryChannelStatus => describe_delivery_channel_status::describe_delivery_channel_status;
        api::config::DescribeDeliveryChannels => describe_delivery_channels::describe_delivery_channels;
        api::config::DescribePendingAggregationRequests => describe_pending_aggregation_requests::describe_pending_aggregation_requests;
        api::config::DescribeRetentionConfigurations => describe_retention_configurations::describe_retention_configurations;
        api::config::DisassociateResourceTypes => disassociate_resource_types::disassociate_resource_types;
        api::config::GetCustomRulePolicy => get_custom_rule_policy::get_custom_rule_policy;
        api::config::GetAggregateDiscoveredResourceCounts => get_aggregate_discovered_resource_counts::get_aggregate_discovered_resource_counts;
        api::config::GetAggregateResourceConfig => get_aggregate_resource_config::get_aggregate_resource_config;
        api::config::GetDiscoveredResourceCounts => get_discovered_resource_counts::get_discovered_resource_counts;
        api::config::GetResourceConfigHistory => get_resource_config_history::get_resource_config_history;
        api::config::ListAggregateDiscoveredResources => list_aggregate_discovered_resources::list_aggregate_discovered_resources;
        api::config::ListConfigurationRecorders => list_configuration_recorders::list_configuration_recorders;
        api::config::ListDiscoveredResources => list_discovered_resources::list_discovered_resources;
        api::config::ListTagsForResource => list_tags_for_resource::list_tags_for_resource;
        api::config::PutAggregationAuthorization => put_aggregation_authorization::put_aggregation_authorization;
        api::config::PutConfigurationAggregator => put_configuration_aggregator::put_configuration_aggregator;
        api::config::PutConfigurationRecorder => put_configuration_recorder::put_configuration_recorder;
        api::config::PutDeliveryChannel => put_delivery_channel::put_delivery_channel;
        api::config::PutEvaluations => put_evaluations::put_evaluations;
        api::config::PutExternalEvaluation => put_external_evaluation::put_external_evaluation;
        api::config::PutResourceConfig => put_resource_config::put_resource_config, ignoring ["SchemaVersionId"];
        api::config::PutRetentionConfiguration => put_retention_configuration::put_retention_configuration;
        api::config::SelectResourceConfig => select_resource_config::select_resource_config;
        api::config::StartConfigurationRecorder => start_configuration_recorder::start_configuration_recorder;
        api::config::StopConfigurationRecorder => stop_configuration_recorder::stop_configuration_recorder;
        api::config::TagResource => tag_resource::tag_resource;
        api::config::UntagResource => untag_resource::untag_resource;
    }
}
