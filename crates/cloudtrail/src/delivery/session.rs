//! Sessions: the time between StartLogging and StopLogging, and how far its events are delivered.

use std::sync::Arc;

use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::catalog::{Catalog, CatalogError, Key, Record, Transaction, Versioned};

use super::BatchRecord;
use crate::digests::{ChainRecord, PendingDigest};
use crate::service::Parts;
use crate::trails::{StatusRecord, Trail, TrailRecord};

/// A session. The key is the trail's account and home region, and its id and the session's number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionRecord {
    /// The trail's name.
    pub(crate) trail: String,
    /// Files were decided on for all events up to here.
    pub(crate) after: u64,
    /// The last event, once logging has stopped.
    pub(crate) until: Option<u64>,
    /// When files were last decided on.
    pub(crate) decided: Timestamp,
    /// Everything was delivered, and the last digests are due.
    pub(crate) finished: bool,
}

impl Record for SessionRecord {
    const KIND: &'static str = "cloudtrail.session";
    const FORMAT: u32 = 1;
}

/// How far a session's events are in the log group. It has the session's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogsPlace {
    pub(crate) after: u64,
}

impl Record for LogsPlace {
    const KIND: &'static str = "cloudtrail.logs_place";
    const FORMAT: u32 = 1;
}

/// A trail that was deleted while something of it was still to be delivered. The key is its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClosedTrailRecord {
    pub(crate) name: String,
    pub(crate) record: TrailRecord,
}

impl Record for ClosedTrailRecord {
    const KIND: &'static str = "cloudtrail.closed_trail";
    const FORMAT: u32 = 1;
}

/// The key of a trail's session.
pub(crate) fn session_key(trail: &Trail, number: u64) -> Key {
    Key::regional(&trail.scope.account, &trail.scope.region, format!("{}/{number:08}", trail.record.id))
}

/// Lets a trail's running session end with the event at `until`.
pub(crate) fn end_session(catalog: &Catalog, trail: &Trail, until: u64, transaction: &mut Transaction) {
    let Some(number) = trail.record.session else { return };
    let key = session_key(trail, number);
    if let Some(session) = catalog.get::<SessionRecord>(&key) {
        // The place may have moved on since the position was asked for.
        let until = Some(until.max(session.value.after));
        let ended = SessionRecord { until, ..(*session.value).clone() };
        transaction.update(key, session.version, &ended);
    }
}

/// Up to where events of all tables are there to be read: all that were recorded before now.
pub(crate) async fn settled_position(parts: &Parts) -> Result<u64, StoreError> {
    let history = parts.events.settled_position().await?;
    let data = parts.data_events.settled_position().await?;
    Ok(parts.insight_events.settled_position().await?.max(data).max(history))
}

/// The trail of a session, as it is set up now or was when it was deleted.
pub(crate) fn trail_of_session(catalog: &Catalog, key: &Key, session: &SessionRecord) -> Option<Trail> {
    let scope = Scope { account: key.account.clone(), region: key.region.clone()? };
    let (id, _) = key.name.split_once('/')?;
    let present = catalog.get::<TrailRecord>(&Key::regional(&scope.account, &scope.region, &*session.trail));
    if let Some(Versioned { value, version }) = present.filter(|found| found.value.id == id) {
        return Some(Trail { scope, name: session.trail.clone(), record: value, version });
    }
    let closed = catalog.get::<ClosedTrailRecord>(&Key::regional(&scope.account, &scope.region, id))?;
    let record = Arc::new(closed.value.record.clone());
    Some(Trail { scope, name: closed.value.name.clone(), record, version: closed.version })
}

/// Removes a session of which nothing is left to do; with it, the last of a deleted trail.
///
/// # Errors
/// The catalog's.
pub(crate) async fn remove_finished(catalog: &Catalog, key: &Key) -> Result<(), CatalogError> {
    let Some(session) = catalog.get::<SessionRecord>(key).filter(|session| session.value.finished) else {
        return Ok(());
    };
    let (account, home, below) = (&key.account, key.region.as_ref(), format!("{}/", key.name));
    let is_busy = !catalog.list_prefix::<BatchRecord>(account, home, &below).is_empty()
        || !catalog.list_prefix::<ChainRecord>(account, home, &below).is_empty()
        || !catalog.list_prefix::<PendingDigest>(account, home, &below).is_empty()
        || catalog.get::<LogsPlace>(key).is_some();
    if is_busy {
        return Ok(());
    }
    let mut transaction = Transaction::default();
    transaction.delete::<SessionRecord>(key.clone(), session.version);
    let id = key.name.split('/').next().unwrap_or_default();
    let of_trail = format!("{id}/");
    let closed = Key { name: id.to_owned(), ..key.clone() };
    if let Some(found) = catalog.get::<ClosedTrailRecord>(&closed)
        && catalog.list_prefix::<SessionRecord>(account, home, &of_trail).len() == 1
    {
        transaction.delete::<ClosedTrailRecord>(closed, found.version);
        for (name, status) in catalog.list_prefix::<StatusRecord>(account, home, &of_trail) {
            transaction.delete::<StatusRecord>(Key { name, ..key.clone() }, status.version);
        }
    }
    match catalog.commit(transaction).await {
        // Another run did it, or will.
        Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
        Err(other) => Err(other),
    }
}
