//! What happens to events once they are accepted (logs.md PE-11).
//!
//! What filters make of the events is worked out first, from the events as they came. Then events and metric data are
//! given to the log together, and the answer waits for both: when a caller hears that its events were taken, they and
//! all that was derived from them are on disk. What comes after hears of the events only then: subscriptions read them
//! from the store, by the order of arrival, and live tails are told.

pub(crate) mod derived;
pub(crate) mod emf;
pub(crate) mod metric_filter;
pub(crate) mod samples;
mod transformed;
pub(crate) mod vended;

use api::ServiceError;
use base::Timestamp;
use store::log_event::{LogPut, NewEvent, Position};

use crate::change::store_failure;
use crate::groups::Group;
use crate::streams::Stream;
use crate::subscriptions::SubscriptionRecord;
use crate::{Logs, data_protection, transformers};
use derived::{Derived, Taken};
use transformed::Transformed;

/// Events of one stream that were accepted.
pub(crate) struct Batch<'a> {
    /// The group.
    pub(crate) group: &'a Group,
    /// The stream.
    pub(crate) stream: &'a Stream,
    /// The events, in the order given; at least one.
    pub(crate) events: Vec<NewEvent>,
    /// When they were taken.
    pub(crate) taken: Timestamp,
}

impl Logs {
    /// Takes events: stores them and what is derived of them. Resolves, with the position of the first, when all of it
    /// is on disk and can be read.
    ///
    /// # Errors
    /// The store's: then none of the events were taken, and the caller may try again.
    pub(crate) async fn ingest(&self, batch: Batch<'_>) -> Result<Position, ServiceError> {
        let Batch { group, stream, events, taken } = batch;
        // Filters and live tails see what readers see (logs.md DP-2).
        let masking = data_protection::masked(self, &group.scope, &group.record);
        let shown = masking.events(taken, &events);
        let transforms = transformers::transforms(self, group);
        let transformed = Transformed::of(&transforms, &masking, &stream.name, taken, &events);
        let account = self.account_effects.of(&self.parts.catalog, &group.scope);
        let seen =
            Taken { events: &events, shown: &shown, taken, transformed: transformed.as_ref(), account: &account };
        let mut derived = Derived::of(&self.metric_filters, &self.parts.catalog, group, seen);
        let tailed = self.live_tails.wanted(group.id(), &stream.name, &shown, taken);
        // Both are in the log before either is waited for, so that they share a sync.
        let data = self.parts.metrics.put(&group.scope, std::mem::take(&mut derived.data));
        let put = self.parts.events.put(LogPut {
            group: group.id(),
            stream: stream.id(),
            ingested: taken,
            retention_days: group.record.retention_days,
            events,
        });
        let (position, stored) = tokio::join!(put, data);
        let position = stored.and(position).map_err(|error| {
            derived.undo();
            store_failure(&error)
        })?;
        let of_account =
            account.subscription.as_ref().is_some_and(|policy| policy.holds(&group.name, group.record.class));
        if of_account {
            self.arrivals.note(group.id());
        }
        if of_account || group.has::<SubscriptionRecord>(&self.parts.catalog) {
            self.parts.signals.subscriptions.notify_one();
        }
        tailed.tell();
        Ok(position)
    }
}
