//! `DeleteMetricStream`: removes a stream. One that does not exist is no error: the
//! operation's model has none for it.

use api::cloudwatch::types;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::CloudWatch;
use crate::metric_streams::key;
use crate::record::{Busy, MetricStreamCursor, MetricStreamRecord, change};
use crate::tags;

pub(super) async fn delete_metric_stream(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::DeleteMetricStreamInput,
) -> Result<types::DeleteMetricStreamOutput, ServiceError> {
    let catalog = &cloudwatch.parts.catalog;
    change(catalog, Busy::ConcurrentModification, || {
        let key = key(cx, &input.name);
        let mut transaction = Transaction::default();
        if let Some(stream) = catalog.get::<MetricStreamRecord>(&key) {
            transaction.delete::<MetricStreamRecord>(key.clone(), stream.version);
            tags::remove(&mut transaction, catalog, &tags::Resource::metric_stream(cx, &input.name));
            if let Some(cursor) = catalog.get::<MetricStreamCursor>(&key) {
                transaction.delete::<MetricStreamCursor>(key, cursor.version);
            }
        }
        Ok((transaction, ()))
    })
    .await?;
    Ok(types::DeleteMetricStreamOutput {})
}
