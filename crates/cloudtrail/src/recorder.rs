//! Turns finished calls into stored audit events.

use std::sync::Arc;

use base::Entropy;
use base::id;
use store::StoreError;
use store::trail_event::TrailEvents;

use crate::classify;
use crate::record::foreign::{self, Class, ForeignCall};
use crate::record::{self, FinishedCall};

/// Writes one event for each finished call.
pub struct Recorder {
    events: Arc<TrailEvents>,
    entropy: Arc<dyn Entropy>,
}

impl Recorder {
    /// A recorder into this table.
    pub fn new(events: Arc<TrailEvents>, entropy: Arc<dyn Entropy>) -> Self {
        Self { events, entropy }
    }

    /// Records the call. A write is on disk when this returns; a read is queued, shows in
    /// look-ups at once, and is on disk soon and after every clean stop.
    ///
    /// Calls of the data plane are not part of the event history and leave nothing here
    /// (cloudtrail.md §2.1).
    ///
    /// # Errors
    /// The event could not be stored; the caller must not answer as if the call had succeeded.
    pub async fn record(&self, call: &FinishedCall<'_>) -> Result<(), StoreError> {
        if !classify::is_recorded(call.service, call.operation) {
            return Ok(());
        }
        let event = record::build(call, id::uuid(&*self.entropy).to_string());
        if event.read_only { self.events.append_batched(event) } else { self.events.append(event).await.map(|_| ()) }
    }

    /// Records a call that did not come through the pipeline, in the same way.
    ///
    /// # Errors
    /// The same.
    pub async fn record_foreign(&self, call: ForeignCall<'_>) -> Result<(), StoreError> {
        if call.class == Class::Data || call.read_only {
            return self.record_foreign_read(call);
        }
        let event = foreign::build(call, id::uuid(&*self.entropy).to_string());
        self.events.append(event).await.map(|_| ())
    }

    /// Queues the event of such a call that only read. Those of the data plane leave nothing here.
    ///
    /// # Errors
    /// The same.
    pub fn record_foreign_read(&self, call: ForeignCall<'_>) -> Result<(), StoreError> {
        match call.class {
            Class::Data => Ok(()),
            Class::Management => self.events.append_batched(foreign::build(call, id::uuid(&*self.entropy).to_string())),
        }
    }
}
