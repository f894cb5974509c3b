//! `DeleteAnomalyDetector`: removes the detector of a metric and statistic, or of queries.

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::CloudWatch;
use crate::anomaly_detectors::key_of;
use crate::anomaly_detectors::subject::Given;
use crate::record::{AnomalyDetectorRecord, Busy, change};

pub(super) async fn delete_anomaly_detector(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::DeleteAnomalyDetectorInput,
) -> Result<types::DeleteAnomalyDetectorOutput, ServiceError> {
    let flat = types::SingleMetricAnomalyDetector {
        account_id: None,
        namespace: input.namespace,
        metric_name: input.metric_name,
        dimensions: input.dimensions,
        stat: input.stat,
    };
    let given = Given { flat, single: input.single_metric_anomaly_detector, math: input.metric_math_anomaly_detector };
    let key = key_of(&cx.scope(), &given.subject(cx)?);
    let catalog = &cloudwatch.parts.catalog;
    change(catalog, Busy::Internal, || {
        let found = catalog.get::<AnomalyDetectorRecord>(&key);
        let found =
            found.ok_or_else(|| errors::resource_not_found_exception("The anomaly detector does not exist."))?;
        let mut transaction = Transaction::default();
        transaction.delete::<AnomalyDetectorRecord>(key.clone(), found.version);
        Ok((transaction, ()))
    })
    .await?;
    Ok(types::DeleteAnomalyDetectorOutput {})
}
