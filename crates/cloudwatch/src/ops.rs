//! The operations, one file each, and the table that names them.

mod delete_alarm_mute_rule;
mod delete_alarms;
mod delete_anomaly_detector;
mod delete_dashboards;
mod delete_metric_stream;
mod describe_alarm_contributors;
mod describe_alarm_history;
mod describe_alarms;
mod describe_alarms_for_metric;
mod describe_anomaly_detectors;
mod disable_alarm_actions;
mod enable_alarm_actions;
mod get_alarm_mute_rule;
mod get_dashboard;
mod get_metric_data;
mod get_metric_statistics;
mod get_metric_stream;
pub mod get_metric_widget_image;
mod list_alarm_mute_rules;
mod list_dashboards;
mod list_metric_streams;
mod list_metrics;
mod list_tags_for_resource;
mod put_alarm_mute_rule;
mod put_anomaly_detector;
mod put_composite_alarm;
mod put_dashboard;
mod put_metric_alarm;
pub mod put_metric_data;
mod put_metric_stream;
mod set_alarm_state;
mod start_metric_streams;
mod stop_metric_streams;
mod tag_resource;
mod untag_resource;

use api::OperationTable;

use crate::CloudWatch;

/// Every operation that is built.
pub fn table() -> OperationTable<CloudWatch> {
    api::operations! {
        CloudWatch;
        api::cloudwatch::DeleteAlarmMuteRule => delete_alarm_mute_rule::delete_alarm_mute_rule;
        api::cloudwatch::DeleteAlarms => delete_alarms::delete_alarms;
        api::cloudwatch::DeleteAnomalyDetector => delete_anomaly_detector::delete_anomaly_detector;
        api::cloudwatch::DeleteDashboards => delete_dashboards::delete_dashboards;
        api::cloudwatch::DeleteMetricStream => delete_metric_stream::delete_metric_stream;
        api::cloudwatch::DescribeAlarmContributors => describe_alarm_contributors::describe_alarm_contributors;
        api::cloudwatch::DescribeAlarmHistory => describe_alarm_history::describe_alarm_history;
        api::cloudwatch::DescribeAlarms => describe_alarms::describe_alarms;
        api::cloudwatch::DescribeAlarmsForMetric => describe_alarms_for_metric::describe_alarms_for_metric;
        api::cloudwatch::DescribeAnomalyDetectors => describe_anomaly_detectors::describe_anomaly_detectors;
        api::cloudwatch::DisableAlarmActions => disable_alarm_actions::disable_alarm_actions;
        api::cloudwatch::EnableAlarmActions => enable_alarm_actions::enable_alarm_actions;
        api::cloudwatch::GetAlarmMuteRule => get_alarm_mute_rule::get_alarm_mute_rule;
        api::cloudwatch::GetDashboard => get_dashboard::get_dashboard;
        api::cloudwatch::GetMetricData => get_metric_data::get_metric_data, ignoring [
            "MetricDataQueries.Period beside MetricStat",
        ];
        api::cloudwatch::GetMetricStatistics => get_metric_statistics::get_metric_statistics;
        api::cloudwatch::GetMetricStream => get_metric_stream::get_metric_stream;
        api::cloudwatch::GetMetricWidgetImage => get_metric_widget_image::get_metric_widget_image;
        api::cloudwatch::ListAlarmMuteRules => list_alarm_mute_rules::list_alarm_mute_rules;
        api::cloudwatch::ListDashboards => list_dashboards::list_dashboards;
        api::cloudwatch::ListMetricStreams => list_metric_streams::list_metric_streams;
        api::cloudwatch::ListMetrics => list_metrics::list_metrics;
        api::cloudwatch::ListTagsForResource => list_tags_for_resource::list_tags_for_resource;
        api::cloudwatch::PutAlarmMuteRule => put_alarm_mute_rule::put_alarm_mute_rule;
        api::cloudwatch::PutAnomalyDetector => put_anomaly_detector::put_anomaly_detector, ignoring [
            "Configuration.MetricTimezone", "MetricCharacteristics",
        ];
        api::cloudwatch::PutCompositeAlarm => put_composite_alarm::put_composite_alarm;
        api::cloudwatch::PutDashboard => put_dashboard::put_dashboard;
        api::cloudwatch::PutMetricAlarm => put_metric_alarm::put_metric_alarm;
        api::cloudwatch::PutMetricData => put_metric_data::put_metric_data, ignoring ["EntityMetricData.Entity"];
        api::cloudwatch::PutMetricStream => put_metric_stream::put_metric_stream, ignoring ["RoleArn"];
        api::cloudwatch::SetAlarmState => set_alarm_state::set_alarm_state;
        api::cloudwatch::StartMetricStreams => start_metric_streams::start_metric_streams;
        api::cloudwatch::StopMetricStreams => stop_metric_streams::stop_metric_streams;
        api::cloudwatch::TagResource => tag_resource::tag_resource;
        api::cloudwatch::UntagResource => untag_resource::untag_resource;
    }
}
