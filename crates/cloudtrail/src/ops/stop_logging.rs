//! `StopLogging`

use api::cloudtrail::types::{StopLoggingRequest, StopLoggingResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::{change, store_failure};
use crate::delivery::{end_session, settled_position};
use crate::service::CloudTrail;
use crate::trails::{TrailRecord, found_at_home};

/// Ends a session: what was recorded until now is delivered at once, with a last digest (cloudtrail.md §4.6, §6.5).
pub async fn stop_logging(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: StopLoggingRequest,
) -> Result<StopLoggingResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let until = settled_position(parts).await.map_err(|error| store_failure(&error))?;
    change(&parts.catalog, || {
        let trail = found_at_home(&parts.catalog, cx, &input.name)?;
        let mut transaction = Transaction::default();
        if trail.record.session.is_none() {
            return Ok((transaction, ()));
        }
        end_session(&parts.catalog, &trail, until, &mut transaction);
        let record = TrailRecord { session: None, stopped: Some(cx.now), ..(*trail.record).clone() };
        transaction.update(trail.key(), trail.version, &record);
        Ok((transaction, ()))
    })
    .await?;
    parts.signals.files.notify_one();
    parts.signals.logs.notify_one();
    Ok(StopLoggingResponse {})
}
