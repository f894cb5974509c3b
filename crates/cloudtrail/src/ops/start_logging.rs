//! `StartLogging`

use api::cloudtrail::types::{StartLoggingRequest, StartLoggingResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::{change, store_failure};
use crate::delivery::{LogsPlace, SessionRecord, session_key, settled_position};
use crate::digests::{ChainRecord, chain_key};
use crate::service::CloudTrail;
use crate::trails::{TrailRecord, found_at_home};

/// Begins a session: events that are recorded from now on are delivered. A trail that is logging goes on
/// (cloudtrail.md §4.6).
pub async fn start_logging(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: StartLoggingRequest,
) -> Result<StartLoggingResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let after = settled_position(parts).await.map_err(|error| store_failure(&error))?;
    change(&parts.catalog, || {
        let trail = found_at_home(&parts.catalog, cx, &input.name)?;
        let mut transaction = Transaction::default();
        if trail.record.session.is_some() {
            return Ok((transaction, ()));
        }
        let number = trail.record.sessions + 1;
        let record =
            TrailRecord { session: Some(number), sessions: number, started: Some(cx.now), ..(*trail.record).clone() };
        let key = session_key(&trail, number);
        let session = SessionRecord { trail: trail.name.clone(), after, until: None, decided: cx.now, finished: false };
        transaction.update(trail.key(), trail.version, &record);
        transaction.create(key.clone(), &session);
        if record.logs.is_some() {
            transaction.create(key.clone(), &LogsPlace { after });
        }
        if record.validation {
            let home = &trail.scope.region;
            transaction.create(chain_key(&key, home), &ChainRecord::begun(home.clone(), cx.now));
        }
        Ok((transaction, ()))
    })
    .await?;
    parts.signals.files.notify_one();
    parts.signals.digests.notify_one();
    Ok(StartLoggingResponse {})
}
