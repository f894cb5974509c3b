//! `DeleteTrail`

use api::cloudtrail::types::{DeleteTrailRequest, DeleteTrailResponse};
use api::{CallContext, ServiceError};
use store::catalog::{Key, Transaction};

use crate::change::{change, store_failure};
use crate::delivery::{ClosedTrailRecord, SessionRecord, end_session, settled_position};
use crate::service::CloudTrail;
use crate::trails::{StatusRecord, TrailRecord, found_at_home};

/// Deletes a trail. What it took until now is delivered, with a last digest; objects stay (cloudtrail.md §4.5).
pub async fn delete_trail(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: DeleteTrailRequest,
) -> Result<DeleteTrailResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let until = settled_position(parts).await.map_err(|error| store_failure(&error))?;
    change(&parts.catalog, || {
        let trail = found_at_home(&parts.catalog, cx, &input.name)?;
        let (account, home) = (&trail.scope.account, &trail.scope.region);
        let mut transaction = Transaction::default();
        if trail.record.session.is_some() {
            end_session(&parts.catalog, &trail, until, &mut transaction);
        }
        transaction.delete::<TrailRecord>(trail.key(), trail.version);
        let of_trail = format!("{}/", trail.record.id);
        let sessions = parts.catalog.list_prefix::<SessionRecord>(account, Some(home), &of_trail);
        match sessions.is_empty() {
            // The sessions still need to know where to deliver to.
            false => {
                let closed = ClosedTrailRecord { name: trail.name.clone(), record: (*trail.record).clone() };
                transaction.create(Key::regional(account, home, &*trail.record.id), &closed);
            }
            true => {
                for (name, status) in parts.catalog.list_prefix::<StatusRecord>(account, Some(home), &of_trail) {
                    transaction.delete::<StatusRecord>(Key::regional(account, home, name), status.version);
                }
            }
        }
        Ok((transaction, ()))
    })
    .await?;
    parts.signals.files.notify_one();
    parts.signals.logs.notify_one();
    Ok(DeleteTrailResponse {})
}
