//! Tells AWS Config what hosts are like: each that changed at once, and all of them when the server starts and when it
//! changes what is recorded.
//!
//! Nothing of this is written down: what was not told of when a server was killed is told when it starts, and what is
//! told again changes nothing. A host is built, told of and let go before the next, so that the inventories of all of
//! them need not fit into memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use crate::instances;
use crate::item;
use crate::ports::ObserveError;
use crate::record::InstanceRecord;
use crate::service::Parts;

/// How often is looked whether something else is recorded now.
const PERIOD: Duration = Duration::from_secs(60);

/// Hosts that changed.
#[derive(Debug, Default)]
pub(crate) struct Untold(Mutex<BTreeMap<Scope, BTreeSet<String>>>);

impl Untold {
    fn note(&self, scope: &Scope, ids: impl IntoIterator<Item = String>) {
        self.0.lock().expect("no holder of this lock panics").entry(scope.clone()).or_default().extend(ids);
    }

    fn take(&self) -> BTreeMap<Scope, BTreeSet<String>> {
        std::mem::take(&mut *self.0.lock().expect("no holder of this lock panics"))
    }
}

impl Parts {
    /// Lets a host be told of soon.
    pub(crate) fn tell_soon(&self, scope: &Scope, instance_id: &str) {
        self.untold.note(scope, [instance_id.to_owned()]);
        self.signals.tell.notify_one();
    }
}

/// The job that tells.
pub struct TellInventory {
    parts: Parts,
    /// What was recorded when all hosts of an account and region were told of.
    told: Mutex<HashMap<Scope, String>>,
}

impl TellInventory {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, told: Mutex::default() }
    }

    /// Whether something else is recorded than when all hosts were told of; what is, when it is noted.
    fn is_recording_anew(&self, scope: &Scope, recording: &str) -> bool {
        self.told.lock().expect("no holder of this lock panics").get(scope).is_none_or(|told| told != recording)
    }

    fn note_recording(&self, scope: &Scope, recording: String) {
        self.told.lock().expect("no holder of this lock panics").insert(scope.clone(), recording);
    }

    fn forget_recording(&self, scope: &Scope) {
        self.told.lock().expect("no holder of this lock panics").remove(scope);
    }

    async fn tell(&self, scope: &Scope, id: &str, now: Timestamp) -> Result<(), ObserveError> {
        let Some(found) = instances::find(&self.parts.catalog, scope, id) else { return Ok(()) };
        for observed in item::observed(&self.parts, scope, id, &found.value, now) {
            self.parts.observers.observe(scope, observed, now).await?;
        }
        Ok(())
    }

    /// Tells of the hosts in a list; the first that fails leaves the rest for the next run.
    async fn tell_all(&self, scope: &Scope, mut ids: BTreeSet<String>, now: Timestamp) -> Result<(), ObserveError> {
        while let Some(id) = ids.pop_first() {
            if let Err(error) = self.tell(scope, &id, now).await {
                ids.insert(id);
                self.parts.untold.note(scope, ids);
                return Err(error);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Job for TellInventory {
    fn name(&self) -> &str {
        "ssm.tell"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.tell
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let mut untold = self.parts.untold.take();
        let hosts = self.parts.catalog.versions::<InstanceRecord>();
        let mut by_scope: BTreeMap<Scope, BTreeSet<String>> = BTreeMap::new();
        for (key, _) in hosts {
            let Some(scope) = instances::scope_of(&key) else { continue };
            by_scope.entry(scope).or_default().insert(key.name);
        }
        let mut failed = None;
        for (scope, all) in by_scope {
            let changed = untold.remove(&scope).unwrap_or_default();
            // Whatever changes while nothing is recorded is told when recording starts.
            let Some(recording) = self.parts.observers.recording(&scope) else {
                self.forget_recording(&scope);
                continue;
            };
            let is_anew = self.is_recording_anew(&scope, &recording);
            let due = if is_anew { all } else { changed };
            if is_anew {
                self.note_recording(&scope, recording);
            }
            if let Err(error) = self.tell_all(&scope, due, now).await {
                failed = failed.or(Some(error));
            }
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}
