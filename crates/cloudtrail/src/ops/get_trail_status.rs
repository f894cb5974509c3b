//! `GetTrailStatus`

use api::cloudtrail::types::{GetTrailStatusRequest, GetTrailStatusResponse};
use api::{CallContext, ServiceError};
use base::Timestamp;

use crate::service::CloudTrail;
use crate::trails::{NotFoundAs, StatusRecord, found_visible};

/// Says whether a trail is logging, and what became of its deliveries of this region's events (cloudtrail.md §4.6).
pub async fn get_trail_status(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: GetTrailStatusRequest,
) -> Result<GetTrailStatusResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    let trail = found_visible(catalog, cx, &input.name, NotFoundAs::Arn)?;
    let status = catalog.get::<StatusRecord>(&StatusRecord::key(&trail, &cx.region));
    let status = status.map(|found| (*found.value).clone()).unwrap_or_default();
    let record = &trail.record;
    // These six texts are there also when there is nothing to say.
    let text = |time: Option<Timestamp>| Some(time.map(Timestamp::iso_secs).unwrap_or_default());
    Ok(GetTrailStatusResponse {
        is_logging: Some(record.session.is_some()),
        latest_delivery_error: status.delivery.error,
        latest_notification_error: status.notification.error,
        latest_delivery_time: status.delivery.succeeded,
        latest_notification_time: status.notification.succeeded,
        start_logging_time: record.started,
        stop_logging_time: record.stopped,
        latest_cloud_watch_logs_delivery_error: status.logs.error,
        latest_cloud_watch_logs_delivery_time: status.logs.succeeded,
        latest_digest_delivery_time: status.digest.succeeded,
        latest_digest_delivery_error: status.digest.error,
        latest_delivery_attempt_time: text(status.delivery.attempted),
        latest_notification_attempt_time: text(status.notification.attempted),
        latest_notification_attempt_succeeded: text(status.notification.succeeded),
        latest_delivery_attempt_succeeded: text(status.delivery.succeeded),
        time_logging_started: text(record.started),
        time_logging_stopped: text(record.stopped),
    })
}
