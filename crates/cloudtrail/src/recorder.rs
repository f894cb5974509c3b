//! Turns finished calls into stored audit events.

use std::sync::Arc;

use api::CallContext;
use base::{AccountId, Entropy, id};
use serde_json::Value as Json;
use store::StoreError;
use store::trail_event::{TrailEvent, TrailEvents};
use wire::schema::{Operation, Service};

use crate::classify::{self, Category};
use crate::followers::Followers;
use crate::record::foreign::{self, Class, ForeignCall};
use crate::record::sign_in::{self, SignInStep};
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

    /// Whether a trail of the account may ask for events about such resources.
    pub fn wants_data(&self, account: &AccountId, resource_type: &str) -> bool {
        self.followers.want_data(account, resource_type)
    }

    /// Whether a trail delivers to the log group or tells the topic of this ARN: what goes on from there is not recorded,
    /// as each record would be the reason for the next.
    pub fn trails_deliver_to(&self, arn: &str) -> bool {
        self.followers.deliver_to(arn)
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
        self.store(event, is_data).await
    }

    /// Records the events of a call that did not come through the pipeline, in the same way.
    ///
    /// # Errors
    /// The same.
    pub async fn record_foreign(&self, calls: Vec<ForeignCall<'_>>) -> Result<(), StoreError> {
        let (mut history, mut data, mut to_log_group) = (Vec::new(), Vec::new(), false);
        for (event, is_data) in calls.into_iter().filter_map(|call| self.foreign(call)) {
            let Some(table) = self.wanted(&event, is_data) else { continue };
            if event.read_only {
                self.queue(table, event)?;
                continue;
            }
            to_log_group |= self.followers.have_log_groups(&event.account);
            if is_data { data.push(event) } else { history.push(event) }
        }
        let in_history = self.events.append_many(history).await;
        let stored = in_history.and(self.data_events.append_many(data).await).map(|_| ());
        self.tell(to_log_group);
        stored
    }

    /// Queues the events of such a call that only read, for who cannot wait.
    ///
    /// # Errors
    /// The same.
    pub fn record_foreign_read(&self, calls: Vec<ForeignCall<'_>>) -> Result<(), StoreError> {
        for (event, is_data) in calls.into_iter().filter_map(|call| self.foreign(call)) {
            if let Some(table) = self.wanted(&event, is_data) {
                self.queue(table, event)?;
            }
        }
        Ok(())
    }

    /// Records a step of a sign-in; it is on disk when this returns.
    ///
    /// # Errors
    /// The event could not be stored; nobody may be signed in then.
    pub async fn record_sign_in(&self, step: &SignInStep<'_>) -> Result<(), StoreError> {
        self.store(sign_in::build(step, id::uuid(&*self.entropy).to_string()), false).await
    }

    /// Queues the event of a step that another follows, for the two to be on disk together.
    ///
    /// # Errors
    /// The same.
    pub fn queue_sign_in(&self, step: &SignInStep<'_>) -> Result<(), StoreError> {
        self.queue(&self.events, sign_in::build(step, id::uuid(&*self.entropy).to_string()))
    }

    /// The event of a foreign call, unless it is of the data plane and no trail can ask for it; and whether it is.
    fn foreign(&self, call: ForeignCall<'_>) -> Option<(TrailEvent, bool)> {
        let is_data = call.class == Class::Data;
        if is_data {
            let resources = call.resources.as_ref().and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
            let mut types = resources.iter().filter_map(|resource| resource["type"].as_str());
            types.find(|resource_type| self.followers.want_data(call.recipient, resource_type))?;
        }
        Some((foreign::build(call, id::uuid(&*self.entropy).to_string()), is_data))
    }

    /// The table that an event goes to; none for one of the data plane that no trail takes.
    fn wanted(&self, event: &TrailEvent, is_data: bool) -> Option<&TrailEvents> {
        match is_data {
            false => Some(&self.events),
            true => self.followers.take(event).then_some(&*self.data_events),
        }
    }

    async fn store(&self, event: TrailEvent, is_data: bool) -> Result<(), StoreError> {
        let Some(table) = self.wanted(&event, is_data) else { return Ok(()) };
        if event.read_only {
            return self.queue(table, event);
        }
        let to_log_group = self.followers.have_log_groups(&event.account);
        let stored = table.append(event).await.map(|_| ());
        self.tell(to_log_group);
        stored
    }

    fn queue(&self, table: &TrailEvents, event: TrailEvent) -> Result<(), StoreError> {
        let to_log_group = self.followers.have_log_groups(&event.account);
        let queued = table.append_batched(event);
        self.tell(to_log_group);
        queued
    }

    fn tell(&self, to_log_group: bool) {
        self.signals.event_recorded();
        if to_log_group {
            self.signals.logs.notify_one();
        }
    }
}
