//! `PutMetricStream`: makes a stream, which runs at once, or replaces one, whose state stays.

use api::cloudwatch::types;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::CloudWatch;
use crate::metric_streams::{arn, key, minute_of, stream};
use crate::record::{Busy, MetricStreamCursor, MetricStreamRecord, change};
use crate::tags;

pub(super) async fn put_metric_stream(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::PutMetricStreamInput,
) -> Result<types::PutMetricStreamOutput, ServiceError> {
    let asked = stream(cx, &cloudwatch.parts.metric_stream_destinations, &input)?;
    // Tags are for a new stream only; those of one that exists stay as they are (documented).
    let tags = tags::merged(Vec::new(), input.tags.as_deref().unwrap_or_default())?;
    let catalog = &cloudwatch.parts.catalog;
    change(catalog, Busy::ConcurrentModification, || {
        let key = key(cx, &input.name);
        let mut transaction = Transaction::default();
        match catalog.get::<MetricStreamRecord>(&key) {
            Some(found) => {
                let before = found.value;
                let stream = MetricStreamRecord { state: before.state, created: before.created, ..asked.clone() };
                transaction.update(key, found.version, &stream);
            }
            None => {
                let cursor = MetricStreamCursor { next_minute_secs: minute_of(cx.now) };
                transaction.create(key.clone(), &asked).create(key, &cursor);
                tags::create(&mut transaction, &tags::Resource::metric_stream(cx, &input.name), tags.clone());
            }
        }
        Ok((transaction, ()))
    })
    .await?;
    Ok(types::PutMetricStreamOutput { arn: Some(arn(cx, &input.name)) })
}
