//! `GetMetricStream`: all of a stream.

use api::cloudwatch::types;
use api::{CallContext, ServiceError};

use crate::CloudWatch;
use crate::metric_streams::{arn, find};
use crate::record::{OutputFormat, StatisticsConfiguration, StreamFilter};

pub(super) async fn get_metric_stream(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::GetMetricStreamInput,
) -> Result<types::GetMetricStreamOutput, ServiceError> {
    let stream = find(&cloudwatch.parts.catalog, cx, &input.name)?.value;
    let (include, exclude) = match &stream.filter {
        StreamFilter::All => (Vec::new(), Vec::new()),
        StreamFilter::Include(filters) => (filters.iter().map(filter).collect(), Vec::new()),
        StreamFilter::Exclude(filters) => (Vec::new(), filters.iter().map(filter).collect()),
    };
    Ok(types::GetMetricStreamOutput {
        arn: Some(arn(cx, &input.name)),
        name: Some(input.name),
        include_filters: Some(include),
        exclude_filters: Some(exclude),
        firehose_arn: Some(stream.firehose_arn.clone()),
        role_arn: Some(stream.role_arn.clone()),
        state: Some(stream.state.as_str().to_owned()),
        creation_date: Some(stream.created),
        last_update_date: Some(stream.updated),
        output_format: Some(output_format(stream.output_format)),
        statistics_configurations: Some(stream.statistics.iter().map(statistics).collect()),
        include_linked_accounts_metrics: Some(false),
    })
}

/// The format as the API spells it.
pub(super) fn output_format(format: OutputFormat) -> types::MetricStreamOutputFormat {
    match format {
        OutputFormat::Json => types::MetricStreamOutputFormat::Json,
    }
}

fn filter((namespace, names): &(String, Vec<String>)) -> types::MetricStreamFilter {
    types::MetricStreamFilter { namespace: Some(namespace.clone()), metric_names: Some(names.clone()) }
}

fn statistics(configuration: &StatisticsConfiguration) -> types::MetricStreamStatisticsConfiguration {
    let metric = |(namespace, name): &(String, String)| types::MetricStreamStatisticsMetric {
        namespace: namespace.clone(),
        metric_name: name.clone(),
    };
    types::MetricStreamStatisticsConfiguration {
        include_metrics: configuration.metrics.iter().map(metric).collect(),
        additional_statistics: configuration.statistics.clone(),
    }
}
