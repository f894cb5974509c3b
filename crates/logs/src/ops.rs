//! The operations, one file each, and the table that names them.

use api::OperationTable;

use crate::Logs;

mod associate_kms_key;
mod cancel_export_task;
mod create_export_task;
mod create_log_group;
mod create_log_stream;
mod create_lookup_table;
mod delete_data_protection_policy;
mod delete_destination;
mod delete_index_policy;
mod delete_log_group;
mod delete_log_stream;
mod delete_lookup_table;
mod delete_metric_filter;
mod delete_query_definition;
mod delete_resource_policy;
mod delete_retention_policy;
mod delete_subscription_filter;
mod delete_transformer;
mod describe_destinations;
mod describe_export_tasks;
mod describe_field_indexes;
mod describe_index_policies;
mod describe_log_groups;
mod describe_log_streams;
mod describe_lookup_tables;
mod describe_metric_filters;
mod describe_queries;
mod describe_query_definitions;
mod describe_resource_policies;
mod describe_subscription_filters;
mod disassociate_kms_key;
mod filter_log_events;
mod get_data_protection_policy;
mod get_log_events;
mod get_log_group_fields;
mod get_log_record;
mod get_lookup_table;
mod get_query_results;
mod get_transformer;
mod list_log_groups;
mod list_log_groups_for_query;
mod list_tags_for_resource;
mod list_tags_log_group;
mod put_data_protection_policy;
mod put_destination;
mod put_destination_policy;
mod put_index_policy;
mod put_log_events;
mod put_log_group_deletion_protection;
mod put_metric_filter;
mod put_query_definition;
mod put_resource_policy;
mod put_retention_policy;
mod put_subscription_filter;
mod put_transformer;
pub(crate) mod start_live_tail;
mod start_query;
mod stop_query;
mod tag_log_group;
mod tag_resource;
mod test_metric_filter;
mod test_transformer;
mod untag_log_group;
mod untag_resource;
mod update_lookup_table;

/// Operations that are answered with a stream, which the table has no place for.
pub const STREAMED: [&str; 1] = ["StartLiveTail"];

/// Every operation that is built, but for [`STREAMED`].
pub fn table() -> OperationTable<Logs> {
    api::operations! {
        Logs;
        api::logs::AssociateKmsKey => associate_kms_key::associate_kms_key;
        api::logs::CancelExportTask => cancel_export_task::cancel_export_task;
        api::logs::CreateExportTask => create_export_task::create_export_task;
        api::logs::CreateLogGroup => create_log_group::create_log_group;
        api::logs::CreateLogStream => create_log_stream::create_log_stream;
        api::logs::CreateLookupTable => create_lookup_table::create_lookup_table;
        api::logs::DeleteDataProtectionPolicy => delete_data_protection_policy::delete_data_protection_policy;
        api::logs::DeleteDestination => delete_destination::delete_destination;
        api::logs::DeleteIndexPolicy => delete_index_policy::delete_index_policy;
        api::logs::DeleteLogGroup => delete_log_group::delete_log_group;
        api::logs::DeleteLogStream => delete_log_stream::delete_log_stream;
        api::logs::DeleteLookupTable => delete_lookup_table::delete_lookup_table;
        api::logs::DeleteMetricFilter => delete_metric_filter::delete_metric_filter;
        api::logs::DeleteQueryDefinition => delete_query_definition::delete_query_definition;
        api::logs::DeleteResourcePolicy => delete_resource_policy::delete_resource_policy;
        api::logs::DeleteRetentionPolicy => delete_retention_policy::delete_retention_policy;
        api::logs::DeleteSubscriptionFilter => delete_subscription_filter::delete_subscription_filter;
        api::logs::DeleteTransformer => delete_transformer::delete_transformer;
        api::logs::DescribeDestinations => describe_destinations::describe_destinations;
        api::logs::DescribeExportTasks => describe_export_tasks::describe_export_tasks;
        api::logs::DescribeFieldIndexes => describe_field_indexes::describe_field_indexes;
        api::logs::DescribeIndexPolicies => describe_index_policies::describe_index_policies;
        api::logs::DescribeLogGroups => describe_log_groups::describe_log_groups;
        api::logs::DescribeLogStreams => describe_log_streams::describe_log_streams;
        api::logs::DescribeLookupTables => describe_lookup_tables::describe_lookup_tables;
        api::logs::DescribeMetricFilters => describe_metric_filters::describe_metric_filters;
        api::logs::DescribeQueries => describe_queries::describe_queries;
        api::logs::DescribeQueryDefinitions => describe_query_definitions::describe_query_definitions;
        api::logs::DescribeResourcePolicies => describe_resource_policies::describe_resource_policies;
        api::logs::DescribeSubscriptionFilters => describe_subscription_filters::describe_subscription_filters;
        api::logs::DisassociateKmsKey => disassociate_kms_key::disassociate_kms_key;
        api::logs::FilterLogEvents => filter_log_events::filter_log_events, ignoring ["interleaved"];
        api::logs::GetDataProtectionPolicy => get_data_protection_policy::get_data_protection_policy;
        api::logs::GetLogEvents => get_log_events::get_log_events;
        api::logs::GetLookupTable => get_lookup_table::get_lookup_table;
        api::logs::GetLogGroupFields => get_log_group_fields::get_log_group_fields;
        api::logs::GetLogRecord => get_log_record::get_log_record;
        api::logs::GetQueryResults => get_query_results::get_query_results;
        api::logs::GetTransformer => get_transformer::get_transformer;
        api::logs::ListLogGroups => list_log_groups::list_log_groups;
        api::logs::ListLogGroupsForQuery => list_log_groups_for_query::list_log_groups_for_query;
        api::logs::ListTagsForResource => list_tags_for_resource::list_tags_for_resource;
        api::logs::ListTagsLogGroup => list_tags_log_group::list_tags_log_group;
        api::logs::PutDataProtectionPolicy => put_data_protection_policy::put_data_protection_policy;
        api::logs::PutDestination => put_destination::put_destination, ignoring ["roleArn"];
        api::logs::PutDestinationPolicy => put_destination_policy::put_destination_policy, ignoring ["forceUpdate"];
        api::logs::PutIndexPolicy => put_index_policy::put_index_policy;
        api::logs::PutLogEvents => put_log_events::put_log_events, ignoring ["sequenceToken", "entity"];
        api::logs::PutLogGroupDeletionProtection => put_log_group_deletion_protection::put_log_group_deletion_protection;
        api::logs::PutMetricFilter => put_metric_filter::put_metric_filter;
        api::logs::PutQueryDefinition => put_query_definition::put_query_definition;
        api::logs::PutResourcePolicy => put_resource_policy::put_resource_policy;
        api::logs::PutRetentionPolicy => put_retention_policy::put_retention_policy;
        api::logs::PutSubscriptionFilter => put_subscription_filter::put_subscription_filter, ignoring ["roleArn"];
        api::logs::PutTransformer => put_transformer::put_transformer;
        api::logs::StartQuery => start_query::start_query;
        api::logs::StopQuery => stop_query::stop_query;
        api::logs::TagLogGroup => tag_log_group::tag_log_group;
        api::logs::TagResource => tag_resource::tag_resource;
        api::logs::TestMetricFilter => test_metric_filter::test_metric_filter;
        api::logs::TestTransformer => test_transformer::test_transformer;
        api::logs::UntagLogGroup => untag_log_group::untag_log_group;
        api::logs::UntagResource => untag_resource::untag_resource;
        api::logs::UpdateLookupTable => update_lookup_table::update_lookup_table;
    }
}

#[cfg(test)]
mod tests;
