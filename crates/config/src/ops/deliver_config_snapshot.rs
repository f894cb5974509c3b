//! `DeliverConfigSnapshot`

use api::config::types::{DeliverConfigSnapshotRequest, DeliverConfigSnapshotResponse};
use api::{CallContext, ServiceError};
use base::id;
use store::catalog::{Key, Transaction};

use crate::change::change;
use crate::delivery::{SnapshotRecord, recent_snapshot};
use crate::service::Config;
use crate::{channel, recorder};

/// Asks for a snapshot; one that was asked for within the last minute and is under way is the answer to this too
/// (config.md §4.2).
pub async fn deliver_config_snapshot(
    config: &Config,
    cx: &CallContext,
    input: DeliverConfigSnapshotRequest,
) -> Result<DeliverConfigSnapshotResponse, ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    let made = id::uuid(&*parts.entropy).to_string();
    let snapshot = change(&parts.catalog, || {
        channel::named(&parts.catalog, &scope, &input.delivery_channel_name)?;
        recorder::running(&parts.catalog, &scope)?;
        let mut transaction = Transaction::default();
        if let Some(recent) = recent_snapshot(parts, &scope, cx.now) {
            return Ok((transaction, recent));
        }
        let key = Key::regional(&scope.account, &scope.region, &*made);
        transaction.create(key, &SnapshotRecord { asked: cx.now, begun: None });
        Ok((transaction, made.clone()))
    })
    .await?;
    parts.signals.delivery.notify_one();
    Ok(DeliverConfigSnapshotResponse { config_snapshot_id: Some(snapshot) })
}
