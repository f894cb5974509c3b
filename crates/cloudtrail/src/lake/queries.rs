//! Queries over event data stores: they run beside the calls, and their results are kept for a week (cloudtrail.md
//! §7.3).
//!
//! A query's record is in the catalog from its start, and its rows are documents of a thousand at most. A query that
//! was under way when the server stopped is run again: it has no effect but its results.

pub(crate) mod deliver;
#[cfg(test)]
pub(crate) mod fake;
mod job;
mod record;
mod results;
mod runs;
#[cfg(test)]
mod tests;

pub use job::KeepQueries;
pub(crate) use record::{Delivery, DeliveryState, QueryRecord, QueryState};
pub(crate) use results::read_rows;
pub(crate) use runs::{Runs, lake_stores};

use api::cloudtrail::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::{Catalog, Key, Versioned};

use crate::service::CloudTrail;

/// How long results are kept.
pub(crate) const KEPT_MS: i64 = 7 * base::time::DAY_MS;

/// The query of this id, when it is one of the stores that the caller means.
///
/// # Errors
/// `QueryIdNotFoundException`
pub(crate) fn found(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    id: &str,
    named: &Named<'_>,
) -> Result<Versioned<QueryRecord>, ServiceError> {
    let found = current(&cloudtrail.parts.catalog, cx, id).filter(|found| {
        let store = named.store.is_none_or(|store| {
            let id = store.rsplit('/').next().unwrap_or(store).to_ascii_lowercase();
            found.value.stores.contains(&id)
        });
        store && named.owner.is_none_or(|owner| found.value.owner.as_str() == owner)
    });
    let found = found.ok_or_else(|| errors::query_id_not_found_exception(format!("Query {id} does not exist.")))?;
    // What a stop of the server cut off goes on when somebody asks for it, if not before.
    if found.value.state == QueryState::Running {
        cloudtrail.queries.resume(&cloudtrail.parts, &key(cx, id), &found.value);
    }
    Ok(found)
}

/// What a call names beside a query's id; both may be left out.
#[derive(Default)]
pub(crate) struct Named<'a> {
    /// A store, by its ARN or its id.
    pub(crate) store: Option<&'a str>,
    /// The account that owns the stores.
    pub(crate) owner: Option<&'a str>,
}

/// The query of this id, as long as it is kept.
pub(crate) fn current(catalog: &Catalog, cx: &CallContext, id: &str) -> Option<Versioned<QueryRecord>> {
    catalog.get::<QueryRecord>(&key(cx, id)).filter(|found| found.value.created.millis() > cx.now.millis() - KEPT_MS)
}

/// The key of a query's record.
pub(crate) fn key(cx: &CallContext, id: &str) -> Key {
    Key::regional(cx.account(), &cx.region, id)
}

/// cloudtrail.md §7.3.
pub(crate) fn status(state: QueryState) -> types::QueryStatus {
    match state {
        QueryState::Running => types::QueryStatus::Running,
        QueryState::Finished => types::QueryStatus::Finished,
        QueryState::Failed => types::QueryStatus::Failed,
        QueryState::Cancelled => types::QueryStatus::Cancelled,
        QueryState::TimedOut => types::QueryStatus::TimedOut,
    }
}
