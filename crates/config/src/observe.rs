//! The one door for changes: what sources observe, compared with what is known, and written down where it differs
//! (config.md §2.3, §2.4).

mod decide;
mod follow;
mod pending;

use std::collections::{BTreeMap, HashMap};

use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::StoreError;
use store::catalog::{CatalogError, Transaction};
use store::config_item::PastItem;

use crate::due;
use crate::item::{ItemStatus, Relationship};
use crate::notices;
use crate::present::{self, Found, Present};
use crate::recorder;
use crate::recording_group::Frequency;
use crate::relations;
use crate::rule::ResourceKey;
use crate::service::Parts;

pub(crate) use decide::next_item;
pub use pending::RecordDaily;

/// Observations that are decided in one transaction.
const BATCH: usize = 256;
/// How often a batch is decided anew when others are faster.
const ATTEMPTS: usize = 16;

/// Who tells of a resource. Where two do, the first of these is believed (D-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// The server itself.
    Own,
    /// An upstream that was asked.
    Upstream,
    /// An agent on a host.
    Agent,
    /// A caller, by `PutResourceConfig`.
    Pushed,
}

/// What a resource is like, as a source tells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// The region, or `global`.
    pub aws_region: String,
    /// The name of it, where the type has one.
    pub resource_name: Option<String>,
    /// Its ARN.
    pub arn: Option<String>,
    /// A zone, or a word such as `Regional`.
    pub availability_zone: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What it is related to.
    pub relationships: Vec<Relationship>,
    /// What the source says of it, with the keys that Config has (config.md §10.3).
    pub configuration: Value,
    /// What further reads say of it.
    pub supplementary: BTreeMap<String, Value>,
}

/// Something that a source knows of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Its type.
    pub resource_type: String,
    /// What names it within its type.
    pub resource_id: String,
    /// What it is like; `None` when it is gone.
    pub description: Option<Description>,
    /// Who tells.
    pub source: Source,
}

/// What became of observations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Items that were written.
    pub items: usize,
    /// The resources that were known before, of which these are.
    pub changed: Vec<ResourceKey>,
}

/// Why nothing, or not all, was written down.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// No recorder is running in this account and region.
    #[error("no recorder is running")]
    NotRecording,
    /// The table of past items.
    #[error("the items could not be written")]
    Store(#[from] StoreError),
    /// The catalog.
    #[error("the items could not be written")]
    Catalog(#[from] CatalogError),
}

/// Whether a type that is recorded daily waits for its hour.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hour {
    Waits,
    Struck,
}

impl Parts {
    /// Takes note of what sources observed in an account and region. Of a resource that stands twice among the
    /// observations the last one counts. What is told again changes nothing.
    ///
    /// # Errors
    /// See [`ObserveError`]; some of the items may have been written, and the same observations can be told again.
    pub async fn observe(
        &self,
        scope: &Scope,
        observations: Vec<Observation>,
        now: Timestamp,
    ) -> Result<Outcome, ObserveError> {
        self.observe_at(Hour::Waits, scope, observations, now).await
    }

    async fn observe_at(
        &self,
        hour: Hour,
        scope: &Scope,
        observations: Vec<Observation>,
        now: Timestamp,
    ) -> Result<Outcome, ObserveError> {
        let mut outcome = Outcome::default();
        let observations = last_of_each(observations);
        for batch in observations.chunks(BATCH) {
            let Written { all, changed } = self.observe_batch(hour, scope, batch, now).await?;
            if all.is_empty() {
                continue;
            }
            outcome.items += all.len();
            outcome.changed.extend(changed);
            self.signals.notices.notify_one();
            self.signals.judge.notify_one();
            self.look_at_those_that_name(scope, &all);
        }
        Ok(outcome)
    }

    /// Decides a batch, until nobody was faster. What ended is in the table before the records say so: a crash in
    /// between leaves it there twice, which readers see once.
    async fn observe_batch(
        &self,
        hour: Hour,
        scope: &Scope,
        batch: &[Observation],
        now: Timestamp,
    ) -> Result<Written, ObserveError> {
        for attempt in 1.. {
            let Batch { transaction, ended, written, .. } = self.decide(hour, scope, batch, now)?;
            if transaction.is_empty() {
                return Ok(Written::default());
            }
            self.items.append(ended).await?;
            match self.catalog.commit(transaction).await {
                Ok(()) => return Ok(written),
                Err(CatalogError::Conflict { .. }) if attempt < ATTEMPTS => {}
                Err(error) => return Err(error.into()),
            }
        }
        unreachable!("the last attempt returns")
    }

    fn decide(&self, hour: Hour, scope: &Scope, batch: &[Observation], now: Timestamp) -> Result<Batch, ObserveError> {
        let recorder = recorder::find(&self.catalog, scope).filter(|found| found.value.is_recording);
        let recorder = recorder.ok_or(ObserveError::NotRecording)?.value;
        let (mut decided, mut changes) = (Batch::default(), follow::Changes::default());
        decided.is_heard = self.is_heard(scope);
        for observation in batch {
            let Observation { resource_type, resource_id, description, source } = observation;
            if [resource_type, resource_id].iter().any(|name| name.contains(present::SEPARATOR)) {
                tracing::warn!(resource_type, resource_id, "a resource whose name cannot be told apart is passed over");
                continue;
            }
            let found = present::find(&self.catalog, scope, resource_type, resource_id);
            if found.as_ref().is_some_and(|found| belongs_to_another(found, *source)) {
                continue;
            }
            let is_recorded = recorder.group.records(resource_type);
            let is_daily = is_recorded && recorder.mode.of(resource_type) == Frequency::Daily;
            let before = found.as_ref().map(|found| &found.present);
            let next = next_item(before, scope, observation, is_recorded, now);
            if is_daily && hour == Hour::Waits {
                pending::note(&self.catalog, &mut decided.transaction, scope, observation, next.is_some());
                continue;
            }
            let next = next.or_else(|| {
                let before = before.filter(|_| is_recorded && !is_daily)?;
                changes.item(&self.catalog, scope, before, observation, now)
            });
            let Some(mut next) = next else {
                decided.keep(found, description.is_some());
                continue;
            };
            next.item.delivered = is_daily.then_some(now);
            self.write(&mut decided, found.as_ref(), next);
        }
        Ok(decided)
    }

    /// Writes an item in the place of the one before, and what follows from it.
    fn write(&self, decided: &mut Batch, found: Option<&Found>, next: Present) {
        let (before, item) = (found.map(|found| &found.present.item), &next.item);
        if let Some(before) = before {
            decided.ended.push(PastItem {
                resource: present::resource_of(before),
                taken: before.taken,
                ended: item.taken,
                item: serde_json::to_string(before).expect("an item serializes to JSON"),
            });
        }
        relations::change(&self.catalog, &mut decided.transaction, before, item);
        if decided.is_heard {
            notices::add(&mut decided.transaction, item);
        }
        due::add(&self.catalog, &mut decided.transaction, before, item);
        let resource_type = item.resource_type.clone();
        let key = ResourceKey { resource_type, resource_id: item.resource_id.clone() };
        if item.status != ItemStatus::ResourceDiscovered {
            decided.written.changed.push(key.clone());
        }
        decided.written.all.push(key);
        present::put(&mut decided.transaction, found, next);
    }

    /// What names a resource that changed may be described with parts of it, and is looked at again (CI-14): of the
    /// server's own here; of upstreams by the jobs that ask these.
    fn look_at_those_that_name(&self, scope: &Scope, written: &[ResourceKey]) {
        let described = self.outlets.own.resource_types();
        for key in written {
            for naming in relations::naming(&self.catalog, scope, &key.resource_type, &key.resource_id) {
                // How a resource is judged names it, and is described by no service.
                if !described.contains(&&*naming.resource_type) {
                    continue;
                }
                let found = present::find(&self.catalog, scope, &naming.resource_type, &naming.resource_id);
                if found.is_some_and(|found| found.present.source == Source::Own) {
                    self.own_resource_changed(scope, &naming.resource_type, &naming.resource_id);
                }
            }
        }
    }
}

/// What is decided of observations.
#[derive(Default)]
struct Batch {
    /// Whether somebody hears of items.
    is_heard: bool,
    transaction: Transaction,
    ended: Vec<PastItem>,
    written: Written,
}

/// The resources of which items are written.
#[derive(Default)]
struct Written {
    all: Vec<ResourceKey>,
    /// Those of them that were known before.
    changed: Vec<ResourceKey>,
}

impl Batch {
    /// A resource that a listing lacked once is there after all.
    fn keep(&mut self, found: Option<Found>, is_there: bool) {
        let Some(found) = found.filter(|found| is_there && found.present.missed.is_some()) else { return };
        let present = Present { missed: None, ..found.present.clone() };
        present::put(&mut self.transaction, Some(&found), present);
    }
}

/// Whether a resource that is there was told of by a source that is believed before this one.
fn belongs_to_another(found: &Found, source: Source) -> bool {
    !found.present.item.status.is_gone() && found.present.source < source
}

/// Of each resource the last observation, in the order in which those came.
fn last_of_each(observations: Vec<Observation>) -> Vec<Observation> {
    let mut last: HashMap<(String, String), usize> = HashMap::new();
    for (at, observation) in observations.iter().enumerate() {
        last.insert((observation.resource_type.clone(), observation.resource_id.clone()), at);
    }
    let is_last = |at: usize, of: &Observation| {
        last.get(&(of.resource_type.clone(), of.resource_id.clone())).is_some_and(|last| *last == at)
    };
    observations.into_iter().enumerate().filter(|(at, of)| is_last(*at, of)).map(|(_, of)| of).collect()
}

#[cfg(test)]
mod tests;
