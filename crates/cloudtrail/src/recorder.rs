//! Turns finished calls into stored audit events.

use std::sync::Arc;

use api::CallContext;
use base::Entropy;
use base::id;
use store::StoreError;
use store::trail_event::TrailEvents;
use wire::schema::{Operation, Service};

use crate::classify::{self, Category};
use crate::followers::Followers;
use crate::record::{self, FinishedCall};
use crate::service::Signals;

/// Writes one event for each finished call.
pub struct Recorder {
    events: Arc<TrailEvents>,
    data_events: Arc<TrailEvents>,
    followers: Arc<Followers>,
    signals: Arc<Signals>,
    entropy: Arc<dyn Entropy>,
}

impl Recorder {
    /// A recorder into these tables, for these trails, that wakes their jobs.
    pub fn new(
        events: Arc<TrailEvents>,
        data_events: Arc<TrailEvents>,
        followers: Arc<Followers>,
        signals: Arc<Signals>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { events, data_events, followers, signals, entropy }
    }

    /// Whether a call can leave an event: all of the control plane do, those of the data plane when a trail of the
    /// account may ask for them. Who asks keeps the call's input for [`Recorder::record`].
    pub fn records(&self, cx: &CallContext, service: &Service, operation: &Operation) -> bool {
        match classify::category(service, operation) {
            Category::Management => true,
            Category::Data(resource_type) => self.followers.want_data(cx.account(), resource_type),
        }
    }

    /// Records the call. A write is on disk when this returns; a read is queued, shows in
    /// look-ups at once, and is on disk soon and after every clean stop.
    ///
    /// Calls of the data plane are not part of the event history (cloudtrail.md §2.1): one that a trail takes is kept
    /// until it is delivered, any other leaves nothing.
    ///
    /// # Errors
    /// The event could not be stored; the caller must not answer as if the call had succeeded.
    pub async fn record(&self, call: &FinishedCall<'_>) -> Result<(), StoreError> {
        if !self.records(call.cx, call.service, call.operation) {
            return Ok(());
        }
        let event = record::build(call, id::uuid(&*self.entropy).to_string());
        let is_data = classify::category(call.service, call.operation) != Category::Management;
        if is_data && !self.followers.take(&event) {
            return Ok(());
        }
        let to_log_group = self.followers.have_log_groups(&event.account);
        let table = if is_data { &self.data_events } else { &self.events };
        let stored = match event.read_only {
            true => table.append_batched(event),
            false => table.append(event).await.map(|_| ()),
        };
        if to_log_group {
            self.signals.logs.notify_one();
        }
        stored
    }
}
