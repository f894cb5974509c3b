//! `PutAnomalyDetector`: makes a detector or replaces its configuration (cloudwatch.md §4.6).

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::CloudWatch;
use crate::anomaly_detectors::subject::Given;
use crate::anomaly_detectors::{DETECTORS_MAX, EXCLUDED_MAX, key_of};
use crate::record::{AnomalyDetectorRecord, Busy, ExcludedRange, change};

pub(super) async fn put_anomaly_detector(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::PutAnomalyDetectorInput,
) -> Result<types::PutAnomalyDetectorOutput, ServiceError> {
    let flat = types::SingleMetricAnomalyDetector {
        account_id: None,
        namespace: input.namespace,
        metric_name: input.metric_name,
        dimensions: input.dimensions,
        stat: input.stat,
    };
    let given = Given { flat, single: input.single_metric_anomaly_detector, math: input.metric_math_anomaly_detector };
    let configuration = input.configuration.unwrap_or_default();
    let record = AnomalyDetectorRecord {
        subject: given.subject(cx)?,
        excluded: excluded(configuration.excluded_time_ranges.unwrap_or_default())?,
        timezone: configuration.metric_timezone,
        periodic_spikes: input.metric_characteristics.and_then(|characteristics| characteristics.periodic_spikes),
        created: cx.now,
    };
    let catalog = &cloudwatch.parts.catalog;
    let key = key_of(&cx.scope(), &record.subject);
    change(catalog, Busy::Internal, || {
        let mut transaction = Transaction::default();
        match catalog.get::<AnomalyDetectorRecord>(&key) {
            Some(found) => {
                let record = AnomalyDetectorRecord { created: found.value.created, ..record.clone() };
                transaction.update(key.clone(), found.version, &record);
            }
            None => {
                let present = catalog.list::<AnomalyDetectorRecord>(cx.account(), Some(&cx.region));
                if present.len() >= DETECTORS_MAX {
                    let message =
                        format!("An account can have no more than {DETECTORS_MAX} anomaly detectors in a region.");
                    return Err(errors::limit_exceeded_exception(message));
                }
                transaction.create(key.clone(), &record);
            }
        }
        Ok((transaction, ()))
    })
    .await?;
    Ok(types::PutAnomalyDetectorOutput {})
}

fn excluded(given: Vec<types::Range>) -> Result<Vec<ExcludedRange>, ServiceError> {
    const PATH: &str = "Configuration.ExcludedTimeRanges";
    if given.len() > EXCLUDED_MAX {
        let message = format!("The collection {PATH} must not have a size greater than {EXCLUDED_MAX}.");
        return Err(errors::invalid_parameter_value_exception(message));
    }
    let range = |(at, given): (usize, types::Range)| {
        if given.start_time >= given.end_time {
            let path = format!("{PATH}.member.{}", at + 1);
            let message = format!("The parameter {path}.StartTime must be less than the parameter {path}.EndTime.");
            return Err(errors::invalid_parameter_value_exception(message));
        }
        Ok(ExcludedRange { start: given.start_time, end: given.end_time })
    };
    given.into_iter().enumerate().map(range).collect()
}
