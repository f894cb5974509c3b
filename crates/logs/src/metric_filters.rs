//! Metric filters as records and as the API has them (logs.md §4).

use api::ServiceError;
use api::logs::{errors, types};
use base::Timestamp;

use crate::record::{MetricFilterRecord, MetricTransformationRecord};

/// The most filters of a group (logs.md MF-1).
pub(crate) const FILTERS_MAX: u32 = 100;

/// The most dimensions of a filter, those of the system included (logs.md MF-4).
const DIMENSIONS_MAX: usize = 3;

/// The record of what a call asks for.
///
/// # Errors
/// logs.md MF-1, MF-4.
pub(crate) fn record(
    input: &types::PutMetricFilterRequest,
    created: Timestamp,
) -> Result<MetricFilterRecord, ServiceError> {
    let [transformation] = input.metric_transformations.as_slice() else {
        let message = "Exactly one metric transformation must be specified.";
        return Err(errors::invalid_parameter_exception(message));
    };
    let dimensions = transformation.dimensions.clone().unwrap_or_default();
    let system_field_dimensions = input.emit_system_field_dimensions.clone().unwrap_or_default();
    if dimensions.len() + system_field_dimensions.len() > DIMENSIONS_MAX {
        let message = format!("Invalid metric transformation: more than {DIMENSIONS_MAX} dimensions");
        return Err(errors::invalid_parameter_exception(message));
    }
    Ok(MetricFilterRecord {
        pattern: input.filter_pattern.clone(),
        created,
        transformation: MetricTransformationRecord {
            namespace: transformation.metric_namespace.clone(),
            name: transformation.metric_name.clone(),
            value: transformation.metric_value.clone(),
            default_value: transformation.default_value,
            unit: transformation.unit.map(|unit| unit.as_str().to_owned()),
            dimensions,
        },
        field_selection_criteria: input.field_selection_criteria.clone(),
        system_field_dimensions,
        on_transformed: input.apply_on_transformed_logs == Some(true),
    })
}

/// What DescribeMetricFilters gives of a filter (logs.md MF-5).
pub(crate) fn described(group: &str, name: String, record: &MetricFilterRecord) -> types::MetricFilter {
    let transformation = &record.transformation;
    let dimensions = &transformation.dimensions;
    let system = &record.system_field_dimensions;
    types::MetricFilter {
        filter_name: Some(name),
        filter_pattern: Some(record.pattern.clone()),
        metric_transformations: Some(vec![types::MetricTransformation {
            metric_name: transformation.name.clone(),
            metric_namespace: transformation.namespace.clone(),
            metric_value: transformation.value.clone(),
            default_value: transformation.default_value,
            dimensions: (!dimensions.is_empty()).then(|| dimensions.clone()),
            unit: transformation.unit.as_deref().and_then(|unit| unit.parse().ok()),
        }]),
        creation_time: Some(record.created.millis()),
        log_group_name: Some(group.to_owned()),
        apply_on_transformed_logs: Some(record.on_transformed),
        field_selection_criteria: record.field_selection_criteria.clone(),
        emit_system_field_dimensions: (!system.is_empty()).then(|| system.clone()),
    }
}
