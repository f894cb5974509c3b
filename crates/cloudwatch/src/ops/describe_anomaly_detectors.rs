//! `DescribeAnomalyDetectors`: detectors with what they watch and whether they have learnt.

use std::sync::Arc;

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};

use crate::CloudWatch;
use crate::anomaly_detectors::{detector, training};
use crate::list_page::page;
use crate::record::{AnomalyDetectorRecord, Subject, SubjectQueryForm};
use crate::validation::store_error;

/// Detectors a page, at most and when the caller does not say (documented).
const PAGE: i32 = 100;

pub(super) async fn describe_anomaly_detectors(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::DescribeAnomalyDetectorsInput,
) -> Result<types::DescribeAnomalyDetectorsOutput, ServiceError> {
    let limit = input.max_results.unwrap_or(PAGE);
    if limit > PAGE {
        let message = format!("The value {limit} for parameter MaxResults is invalid: it must not exceed {PAGE}.");
        return Err(errors::invalid_parameter_value_exception(message));
    }
    let scope = cx.scope();
    let mut found: Vec<(String, Arc<AnomalyDetectorRecord>)> = Vec::new();
    for (key, record) in cloudwatch.parts.catalog.list::<AnomalyDetectorRecord>(cx.account(), Some(&cx.region)) {
        if wanted(&input, &record.value.subject) {
            found.push((key, record.value));
        }
    }
    let asked = format!(
        "anomaly detectors {:?}",
        (&input.namespace, &input.metric_name, &input.dimensions, &input.anomaly_detector_types)
    );
    let limit = usize::try_from(limit).expect("the model's range starts at 1");
    let page = page(&asked, found, input.next_token.as_deref(), limit, cx.now)
        .map_err(|_| errors::invalid_next_token("Request parameter NextToken is invalid"))?;
    let records: Vec<&AnomalyDetectorRecord> = page.items.iter().map(AsRef::as_ref).collect();
    let states = training::states(&cloudwatch.parts.metrics, &scope, cx.now, &records).await;
    let states = states.map_err(|error| store_error(cx, "reading what detectors learn from", &error))?;
    let shapes = records.into_iter().zip(states).map(|(record, state)| detector(cx.account(), record, state));
    Ok(types::DescribeAnomalyDetectorsOutput { anomaly_detectors: Some(shapes.collect()), next_token: page.next_token })
}

/// Whether a detector is asked for. Without types, those of single metrics are (documented).
fn wanted(input: &types::DescribeAnomalyDetectorsInput, subject: &Subject) -> bool {
    let kind = match subject {
        Subject::SingleMetric { .. } => types::AnomalyDetectorType::SingleMetric,
        Subject::MetricMath(_) => types::AnomalyDetectorType::MetricMath,
    };
    let kinds = input.anomaly_detector_types.as_deref().filter(|kinds| !kinds.is_empty());
    kinds.unwrap_or(&[types::AnomalyDetectorType::SingleMetric]).contains(&kind) && names_metric(input, subject)
}

/// Whether a detector looks at a metric with the namespace, the name and all of the dimensions
/// that are asked for; the metric may have more dimensions.
fn names_metric(input: &types::DescribeAnomalyDetectorsInput, subject: &Subject) -> bool {
    let metric = |namespace: &str, name: &str, dimensions: &[(String, String)]| {
        let asked = input.dimensions.iter().flatten();
        input.namespace.as_ref().is_none_or(|asked| asked == namespace)
            && input.metric_name.as_ref().is_none_or(|asked| asked == name)
            && asked.into_iter().all(|one| dimensions.iter().any(|(n, v)| *n == one.name && *v == one.value))
    };
    match subject {
        Subject::SingleMetric { namespace, name, dimensions, .. } => metric(namespace, name, dimensions),
        Subject::MetricMath(queries) => queries.iter().any(|query| match &query.form {
            SubjectQueryForm::Metric { namespace, name, dimensions, .. } => metric(namespace, name, dimensions),
            SubjectQueryForm::Expression(_) => false,
        }),
    }
}
