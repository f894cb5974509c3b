//! What PutMetricStream asks for, checked. Where no words of AWS's are known, they are ours.

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use base::Arn;

use super::deliver::delivery_stream_name;
use super::destination::Destinations;
use crate::record::{MetricStreamRecord, OutputFormat, StatisticsConfiguration, StreamFilter, StreamState};
use crate::statistic::Statistic;

/// Configurations of statistics, metrics in one, and statistics in one (documented).
const STATISTICS_CONFIGURATIONS_MAX: usize = 100;
const METRICS_MAX: usize = 100;
const STATISTICS_MAX: usize = 20;

/// Namespaces and metric names of all filters together (documented).
const FILTERS_MAX: usize = 1000;

/// The record that a request makes, as of a stream that is new: running since now.
///
/// # Errors
/// `InvalidParameterValue`, `InvalidParameterCombination`, `MissingParameter`.
pub(crate) fn stream(
    cx: &CallContext,
    destinations: &Destinations,
    input: &types::PutMetricStreamInput,
) -> Result<MetricStreamRecord, ServiceError> {
    check_name(&input.name)?;
    let filter = filter(input)?;
    let statistics = statistics(input.statistics_configurations.as_deref().unwrap_or_default())?;
    if input.include_linked_accounts_metrics == Some(true) {
        return Err(invalid("IncludeLinkedAccountsMetrics cannot be true: this server links no accounts."));
    }
    check_role(&input.role_arn)?;
    check_destination(cx, destinations, &input.firehose_arn)?;
    Ok(MetricStreamRecord {
        firehose_arn: input.firehose_arn.clone(),
        role_arn: input.role_arn.clone(),
        output_format: output_format(input.output_format)?,
        filter,
        statistics,
        state: StreamState::Running,
        created: cx.now,
        updated: cx.now,
    })
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return Ok(());
    }
    Err(invalid(
        "The value for field Name contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).",
    ))
}

fn output_format(format: types::MetricStreamOutputFormat) -> Result<OutputFormat, ServiceError> {
    match format {
        types::MetricStreamOutputFormat::Json => Ok(OutputFormat::Json),
        other => Err(invalid(format!("The output format {other} is not built. Use json."))),
    }
}

fn check_role(role_arn: &str) -> Result<(), ServiceError> {
    let role = role_arn.parse::<Arn>().ok().filter(|arn| arn.service == "iam" && arn.resource.starts_with("role/"));
    role.map(|_| ()).ok_or_else(|| invalid(format!("The value {role_arn} for parameter RoleArn is invalid.")))
}

fn check_destination(cx: &CallContext, destinations: &Destinations, firehose_arn: &str) -> Result<(), ServiceError> {
    let malformed = || invalid(format!("The value {firehose_arn} for parameter FirehoseArn is invalid."));
    let name = delivery_stream_name(firehose_arn).ok_or_else(malformed)?;
    let expected = cx.arn_of("firehose", cx.region.as_str(), format!("deliverystream/{name}")).to_string();
    if expected != firehose_arn {
        return Err(invalid(format!(
            "The value {firehose_arn} for parameter FirehoseArn is invalid: the delivery stream must be in the account \
             and region of the metric stream."
        )));
    }
    if !destinations.contains_key(&name) {
        return Err(invalid(format!(
            "There is no delivery stream {name}. Give it a destination with the server's option \
             --metric-stream-destination {name}=URL."
        )));
    }
    Ok(())
}

fn filter(input: &types::PutMetricStreamInput) -> Result<StreamFilter, ServiceError> {
    let include = input.include_filters.as_deref().unwrap_or_default();
    let exclude = input.exclude_filters.as_deref().unwrap_or_default();
    match (include, exclude) {
        ([], []) => Ok(StreamFilter::All),
        (include, []) => filters(include, "IncludeFilters").map(StreamFilter::Include),
        ([], exclude) => filters(exclude, "ExcludeFilters").map(StreamFilter::Exclude),
        _ => {
            let message = "The parameters IncludeFilters and ExcludeFilters are mutually exclusive and you have \
                           specified both.";
            Err(errors::invalid_parameter_combination_exception(message))
        }
    }
}

fn filters(given: &[types::MetricStreamFilter], path: &str) -> Result<Vec<(String, Vec<String>)>, ServiceError> {
    let mut size = 0;
    let mut filters = Vec::with_capacity(given.len());
    for (at, filter) in given.iter().enumerate() {
        let namespace = filter.namespace.clone().ok_or_else(|| {
            let message = format!("The parameter {path}.member.{}.Namespace is required.", at + 1);
            errors::missing_required_parameter_exception(message)
        })?;
        let names = filter.metric_names.clone().unwrap_or_default();
        size += names.len().max(1);
        filters.push((namespace, names));
    }
    if size > FILTERS_MAX {
        return Err(too_many(path, FILTERS_MAX));
    }
    Ok(filters)
}

fn statistics(
    given: &[types::MetricStreamStatisticsConfiguration],
) -> Result<Vec<StatisticsConfiguration>, ServiceError> {
    const PATH: &str = "StatisticsConfigurations";
    if given.len() > STATISTICS_CONFIGURATIONS_MAX {
        return Err(too_many(PATH, STATISTICS_CONFIGURATIONS_MAX));
    }
    let read = |(at, given): (usize, &types::MetricStreamStatisticsConfiguration)| {
        let path = format!("{PATH}.member.{}", at + 1);
        if given.include_metrics.len() > METRICS_MAX {
            return Err(too_many(&format!("{path}.IncludeMetrics"), METRICS_MAX));
        }
        if given.additional_statistics.len() > STATISTICS_MAX {
            return Err(too_many(&format!("{path}.AdditionalStatistics"), STATISTICS_MAX));
        }
        if let Some(unknown) = given.additional_statistics.iter().find(|name| Statistic::parse(name).is_none()) {
            return Err(invalid(format!(
                "The value {unknown} for parameter {path}.AdditionalStatistics is not supported."
            )));
        }
        let metrics = given.include_metrics.iter();
        Ok(StatisticsConfiguration {
            metrics: metrics.map(|metric| (metric.namespace.clone(), metric.metric_name.clone())).collect(),
            statistics: given.additional_statistics.clone(),
        })
    };
    given.iter().enumerate().map(read).collect()
}

fn too_many(path: &str, max: usize) -> ServiceError {
    invalid(format!("The collection {path} must not have a size greater than {max}."))
}

fn invalid(message: impl Into<String>) -> ServiceError {
    errors::invalid_parameter_value_exception(message)
}
