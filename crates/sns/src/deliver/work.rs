//! One run of the job: starts what is due, takes note of what ended, and writes it down.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base::Timestamp;
use store::catalog::{CatalogError, Changed, Key, Transaction};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::attempt::Courier;
use super::counts::DeliveryCounts;
use super::next::{Next, Outcome, next};
use super::parcel::Parcel;
use super::place::Place;
use super::queue::{Queue, Rewrite, Spot};
use crate::Parts;
use crate::record::{DeliveryRecord, Target};
use crate::subscriptions::endpoint::shown;

/// How long a run starts deliveries.
const STARTING: Duration = Duration::from_secs(2);
/// How long it then waits for those under way; those that hang go on without it.
const ENDING: Duration = Duration::from_millis(100);
/// How long a stop waits for what is under way: as long as an HTTP endpoint may take.
const DRAINING: Duration = Duration::from_secs(16);
/// How long what ended may wait to be written down, with others.
const UNWRITTEN: Duration = Duration::from_millis(50);
/// How many may wait.
const UNWRITTEN_MAX: usize = 200;

/// What a run leaves.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Glance {
    /// The count of changes of the catalog that the queue reflects.
    pub seen: Option<u64>,
    /// Deliveries have not ended, or ended and are not written down.
    pub under_way: bool,
    /// When the next one is due.
    pub earliest: Option<Timestamp>,
}

/// The job's state between runs.
pub(super) struct Work {
    parts: Parts,
    courier: Arc<Courier>,
    counts: Arc<DeliveryCounts>,
    queue: Queue,
    under_way: JoinSet<Outcome>,
    spots: HashMap<Id, (Spot, Place)>,
    seen: Option<u64>,
    unwritten: usize,
    written_at: Instant,
}

impl Work {
    pub fn new(parts: Parts, courier: Arc<Courier>, counts: Arc<DeliveryCounts>) -> Self {
        Self {
            parts,
            courier,
            counts,
            queue: Queue::default(),
            under_way: JoinSet::new(),
            spots: HashMap::new(),
            seen: None,
            unwritten: 0,
            written_at: Instant::now(),
        }
    }

    /// How things stand.
    pub fn glance(&self) -> Glance {
        let under_way = !self.under_way.is_empty() || self.unwritten > 0;
        Glance { seen: self.seen, under_way, earliest: self.queue.earliest() }
    }

    /// Delivers until nothing is due and nothing under way, or for a while.
    ///
    /// # Errors
    /// What ended could not be written down; it is kept in mind, and written by a later run.
    pub async fn run(&mut self, public_url: &str) -> Result<(), CatalogError> {
        let parts = self.parts.clone();
        let stop_starting = Instant::now() + STARTING;
        loop {
            self.sync();
            let is_starting = Instant::now() < stop_starting;
            if is_starting {
                self.start_due(public_url);
            }
            if self.under_way.is_empty() || Instant::now() >= stop_starting + ENDING {
                self.write().await?;
                if !is_starting || !self.has_work() {
                    return Ok(());
                }
                continue;
            }
            tokio::select! {
                Some(ended) = self.under_way.join_next_with_id() => self.ended(ended),
                () = parts.signals.deliveries.notified(), if is_starting => {}
                // Others fall due while these are under way.
                _ = tokio::time::timeout(UNWRITTEN, std::future::pending::<()>()) => {}
            }
            while let Some(ended) = self.under_way.try_join_next_with_id() {
                self.ended(ended);
            }
            let is_long_ago = self.unwritten > 0 && self.written_at.elapsed() >= UNWRITTEN;
            if is_long_ago || self.unwritten >= UNWRITTEN_MAX {
                self.write().await?;
            }
        }
    }

    /// Waits for what is under way, for as long as an endpoint may take, and writes down how it
    /// ended. What then still hangs is sent again after the next start.
    pub async fn drain(&mut self) {
        let all_ended = async {
            while let Some(ended) = self.under_way.join_next_with_id().await {
                self.ended(ended);
            }
        };
        let in_time = tokio::time::timeout(DRAINING, all_ended).await.is_ok();
        if let Err(error) = self.write().await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "what was delivered could not be written down; it is delivered again"
            );
        }
        if !in_time {
            let deliveries = self.under_way.len();
            tracing::warn!(deliveries, "deliveries are cut off by the stop; they are made again");
        }
    }

    fn has_work(&self) -> bool {
        let is_new = self.seen != Some(self.parts.catalog.changes::<DeliveryRecord>());
        is_new || self.queue.earliest().is_some_and(|due| due <= self.parts.clock.now())
    }

    /// Takes over what changed.
    fn sync(&mut self) {
        let catalog = &self.parts.catalog;
        let Some(seen) = self.seen else {
            // Invariant: counted before it is read, so that nothing is missed.
            self.seen = Some(catalog.changes::<DeliveryRecord>());
            return self.queue.take_over_all(catalog.list_all());
        };
        if seen == catalog.changes::<DeliveryRecord>() {
            return;
        }
        let (changed, count) = catalog.changed_since::<DeliveryRecord>(seen);
        self.seen = Some(count);
        match changed {
            Changed::Keys(keys) => self.queue.take_over(keys.into_iter().map(|key| {
                let found = catalog.get(&key);
                (key, found)
            })),
            Changed::Many => self.queue.take_over_all(catalog.list_all()),
        }
    }

    fn start_due(&mut self, public_url: &str) {
        let now = self.parts.clock.now();
        while let Some(start) = self.queue.take(now) {
            let (courier, public_url) = (self.courier.clone(), public_url.to_owned());
            let (place, parcel, target) = (Place::of(&start.target), start.parcel, start.target);
            let attempt = async move { courier.attempt(&parcel, &target, &public_url).await };
            let id = self.under_way.spawn(attempt).id();
            self.spots.insert(id, (start.spot, place));
        }
    }

    fn ended(&mut self, ended: Result<(Id, Outcome), JoinError>) {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            Err(error) => (error.id(), Outcome::Passing(format!("the attempt was cut off: {error}"))),
        };
        let Some((spot, place)) = self.spots.remove(&id) else { return };
        self.queue.release(&place);
        // A record that was removed or changed meanwhile decides anew.
        let Some((parcel, target)) = self.queue.started(spot) else { return };
        self.unwritten += 1;
        if self.unwritten == 1 {
            self.written_at = Instant::now();
        }
        let attempts = target.attempts.saturating_add(1);
        if outcome == Outcome::Delivered {
            self.counts.add_delivered();
        } else if outcome != Outcome::Gone {
            self.counts.add_failed_attempt();
        }
        match next(&parcel, &target, attempts, outcome, self.parts.clock.now()) {
            Next::Done => self.queue.done(spot, None),
            Next::Again(due) => self.queue.again(spot, attempts, due),
            Next::DeadLetter(record, cause) => {
                self.counts.add_dead_lettered();
                log_given_up(&parcel, &target, &cause, "a message goes to its dead-letter queue");
                let name = format!("{}/dead/{}", parcel.key.name, target.subscription);
                let key = Key { name, ..parcel.key.clone() };
                self.queue.done(spot, Some((key, *record)));
            }
            Next::Lost(cause) => {
                self.counts.add_lost();
                log_given_up(&parcel, &target, &cause, "a message could not be delivered, and is lost");
                self.queue.done(spot, None);
            }
        }
    }

    /// Writes down what ended, in one transaction; where that is in the way of another's
    /// change, record by record.
    async fn write(&mut self) -> Result<(), CatalogError> {
        let rewrites = self.queue.rewrites();
        if !rewrites.is_empty() {
            match self.commit(&rewrites).await {
                Err(CatalogError::Conflict { .. }) => {
                    for rewrite in &rewrites {
                        self.write_alone(rewrite).await?;
                    }
                }
                other => other?,
            }
        }
        self.unwritten = 0;
        self.written_at = Instant::now();
        Ok(())
    }

    async fn write_alone(&mut self, rewrite: &Rewrite) -> Result<(), CatalogError> {
        match self.commit(std::slice::from_ref(rewrite)).await {
            Err(CatalogError::Conflict { .. }) => {
                // Whoever changed the record knows better.
                self.queue.forget(&rewrite.key);
                self.seen = None;
                Ok(())
            }
            other => other,
        }
    }

    async fn commit(&mut self, rewrites: &[Rewrite]) -> Result<(), CatalogError> {
        let mut transaction = Transaction::default();
        for rewrite in rewrites {
            match &rewrite.left {
                Some(record) => transaction.update(rewrite.key.clone(), rewrite.version, record),
                None => transaction.delete::<DeliveryRecord>(rewrite.key.clone(), rewrite.version),
            };
            for (key, record) in &rewrite.dead_letters {
                transaction.put(key.clone(), record);
            }
        }
        self.parts.catalog.commit(transaction).await?;
        for rewrite in rewrites {
            let version = self.parts.catalog.get::<DeliveryRecord>(&rewrite.key).map(|found| found.version);
            self.queue.rewritten(rewrite, version);
        }
        Ok(())
    }
}

fn log_given_up(parcel: &Parcel, target: &Target, cause: &str, what: &'static str) {
    // A URL may hold a password, and its query a token.
    let endpoint = target.endpoint.parse::<outbound::Endpoint>().map(|endpoint| endpoint.to_string());
    tracing::warn!(
        topic = parcel.topic_arn(),
        message = parcel.record.message.id,
        protocol = target.protocol.as_str(),
        endpoint = endpoint.unwrap_or_else(|_| shown(&target.endpoint)),
        cause,
        "{what}"
    );
}
