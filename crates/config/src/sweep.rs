//! Looking at the server's own resources: all of them at a recorder's start and by the hour, one at once when it is said
//! to have changed (D-7, CI-1).
//!
//! Only a listing that was read to its end tells that something is gone (D-2). One that failed leaves the recorder's
//! status, and every resource as it was.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use store::catalog::Transaction;
use store::job::{Job, JobError};
use tokio::sync::Notify;

use crate::item::Item;
use crate::observe::{Description, Observation, ObserveError, Source};
use crate::ports::PortError;
use crate::present::{self, LiveRecord, OtherRecord, Present};
use crate::recorder::{self, RecorderRecord, SweepStatus};
use crate::service::Parts;
use crate::sweep_status::Swept;

/// How often everything is looked at.
const PERIOD: Duration = Duration::from_secs(3600);

/// What is to be looked at again; filled by whoever hears of a change.
#[derive(Debug, Default)]
pub(crate) struct Stale(Mutex<BTreeMap<Scope, Wanted>>);

/// What is to be looked at in an account and region.
#[derive(Debug, Default)]
struct Wanted {
    everything: bool,
    types: BTreeSet<String>,
    resources: BTreeSet<(String, String)>,
}

impl Stale {
    fn note(&self, scope: &Scope, with: impl FnOnce(&mut Wanted)) {
        with(self.0.lock().expect("no holder of this lock panics").entry(scope.clone()).or_default());
    }

    fn take(&self) -> BTreeMap<Scope, Wanted> {
        std::mem::take(&mut *self.0.lock().expect("no holder of this lock panics"))
    }
}

impl Parts {
    /// Says that one of the server's own resources was made, changed or removed: it is looked at soon.
    pub fn own_resource_changed(&self, scope: &Scope, resource_type: &str, resource_id: &str) {
        self.stale.note(scope, |wanted| {
            wanted.resources.insert((resource_type.to_owned(), resource_id.to_owned()));
        });
        self.signals.sweep.notify_one();
    }

    /// Says that some of the server's own resources of a type changed: all of them are looked at soon.
    pub fn own_type_changed(&self, scope: &Scope, resource_type: &str) {
        self.stale.note(scope, |wanted| {
            wanted.types.insert(resource_type.to_owned());
        });
        self.signals.sweep.notify_one();
    }

    /// Lets everything in an account and region be looked at soon.
    pub(crate) fn sweep_soon(&self, scope: &Scope) {
        self.stale.note(scope, |wanted| wanted.everything = true);
        self.signals.sweep.notify_one();
        self.plans.list_everything(scope);
        self.signals.listing.notify_one();
    }

    /// Takes note of a listing of all resources of a type that a source has, which was read to its end.
    ///
    /// What the source told of before and the listing lacks is gone: at once for the server's own, and for others when
    /// the next listing lacks it too.
    ///
    /// # Errors
    /// See [`ObserveError`].
    pub async fn observe_listing(
        &self,
        scope: &Scope,
        source: Source,
        resource_type: &str,
        listing: Vec<(String, Description)>,
        now: Timestamp,
    ) -> Result<(), ObserveError> {
        let listed = listing.iter().map(|(id, _)| id.clone()).collect();
        let Absent { gone, missed } = self.absent(scope, source, resource_type, &listed);
        let mut observations: Vec<_> =
            gone.into_iter().map(|id| observation(source, resource_type, id, None)).collect();
        let listing = listing.into_iter();
        observations.extend(listing.map(|(id, description)| observation(source, resource_type, id, Some(description))));
        self.observe(scope, observations, now).await?;
        self.note_missed(scope, resource_type, &missed, now).await
    }

    /// Takes note of what a listing of all resources of a type lacks, whose resources were observed. Tells how many it is
    /// the first to lack: they are gone when the next one lacks them too.
    ///
    /// # Errors
    /// See [`ObserveError`].
    pub(crate) async fn observe_absent(
        &self,
        scope: &Scope,
        source: Source,
        resource_type: &str,
        listed: &HashSet<String>,
        now: Timestamp,
    ) -> Result<usize, ObserveError> {
        let Absent { gone, missed } = self.absent(scope, source, resource_type, listed);
        let gone = gone.into_iter().map(|id| observation(source, resource_type, id, None)).collect();
        self.observe(scope, gone, now).await?;
        self.note_missed(scope, resource_type, &missed, now).await?;
        Ok(missed.len())
    }

    /// What a source told of before and a listing lacks.
    fn absent(&self, scope: &Scope, source: Source, resource_type: &str, listed: &HashSet<String>) -> Absent {
        let mut absent = Absent::default();
        for present in self.of_type(scope, resource_type) {
            let id = present.item.resource_id;
            if present.source != source || present.item.status.is_gone() || listed.contains(&id) {
                continue;
            }
            match source == Source::Own || present.missed.is_some() {
                true => absent.gone.push(id),
                false => absent.missed.push(id),
            }
        }
        absent
    }

    /// All that is known of a type, whether or not it is recorded, each read when its turn comes.
    pub(crate) fn of_type(&self, scope: &Scope, resource_type: &str) -> impl Iterator<Item = Present> + use<> {
        let prefix = present::type_prefix(resource_type);
        let live = present::page::<LiveRecord>(&self.catalog, scope, &prefix, "", usize::MAX);
        let other = present::page::<OtherRecord>(&self.catalog, scope, &prefix, "", usize::MAX);
        let live = live.into_iter().map(|(_, found)| Arc::unwrap_or_clone(found.read().value).0);
        live.chain(other.into_iter().map(|(_, found)| Arc::unwrap_or_clone(found.read().value).0))
    }

    async fn note_missed(
        &self,
        scope: &Scope,
        resource_type: &str,
        ids: &[String],
        now: Timestamp,
    ) -> Result<(), ObserveError> {
        let mut transaction = Transaction::default();
        for id in ids {
            let found = present::find(&self.catalog, scope, resource_type, id);
            let Some(found) = found.filter(|found| !found.present.item.status.is_gone()) else { continue };
            let present = Present { missed: Some(now), ..found.present.clone() };
            present::put(&mut transaction, Some(&found), present);
        }
        match self.catalog.commit(transaction).await {
            // Somebody told of one of them meanwhile. The next listing tells again what is missing.
            Ok(()) | Err(store::CatalogError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// What a listing lacks.
#[derive(Default)]
struct Absent {
    /// It is gone.
    gone: Vec<String>,
    /// It is gone when the next listing lacks it too.
    missed: Vec<String>,
}

fn observation(
    source: Source,
    resource_type: &str,
    resource_id: String,
    description: Option<Description>,
) -> Observation {
    Observation { resource_type: resource_type.to_owned(), resource_id, description, source }
}

/// The accounts and regions in which a recorder runs.
pub(crate) fn recording(parts: &Parts) -> Vec<Scope> {
    let all = parts.catalog.list_all::<RecorderRecord>().into_iter().filter(|(_, found)| found.value.is_recording);
    all.filter_map(|(key, _)| Some(Scope { account: key.account, region: key.region? })).collect()
}

/// Looks at the server's own resources.
pub struct SweepOwn {
    parts: Parts,
    // When everything was last looked at, since the server started.
    last: Mutex<HashMap<Scope, Timestamp>>,
}

impl SweepOwn {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, last: Mutex::default() }
    }

    /// Whether everything was not looked at for so long.
    fn is_due(&self, scope: &Scope, now: Timestamp) -> bool {
        let last = self.last.lock().expect("no holder of this lock panics").get(scope).copied();
        last.is_none_or(|last| now >= last.plus(PERIOD) || now < last)
    }

    /// Looks at everything in an account and region, and says in the recorder's status how it went (REC-14).
    async fn everything(&self, scope: &Scope, now: Timestamp) -> Result<(), ObserveError> {
        self.let_go_of_types(scope, now).await?;
        let mut failure = None;
        for resource_type in self.parts.outlets.own.resource_types() {
            if let Err(error) = self.of_type(scope, resource_type, now).await? {
                failure = failure.or(Some(error));
            }
        }
        let status = match failure {
            None => SweepStatus::Success,
            Some(error) => SweepStatus::Failure { code: error.code, message: error.message },
        };
        self.parts.note_sweep(scope, Swept::Own, status, now).await;
        self.last.lock().expect("no holder of this lock panics").insert(scope.clone(), now);
        Ok(())
    }

    /// Records of what left the recording group, whoever tells of it, that it is recorded no more (CI-8).
    async fn let_go_of_types(&self, scope: &Scope, now: Timestamp) -> Result<(), ObserveError> {
        let catalog = &self.parts.catalog;
        let Some(recorder) = recorder::find(catalog, scope) else { return Ok(()) };
        let live = present::page::<LiveRecord>(catalog, scope, "", "", usize::MAX);
        let is_dropped = |key: &str| !recorder.value.group.records(present::names(key).0);
        let dropped = live.into_iter().filter(|(key, _)| is_dropped(key)).map(|(_, found)| {
            let Present { source, item, .. } = found.read().value.0.clone();
            let description = Description {
                aws_region: item.aws_region,
                resource_name: item.resource_name,
                arn: item.arn,
                ..Description::default()
            };
            let Item { resource_type, resource_id, .. } = item;
            Observation { resource_type, resource_id, description: Some(description), source }
        });
        self.parts.observe(scope, dropped.collect(), now).await.map(drop)
    }

    async fn of_type(
        &self,
        scope: &Scope,
        resource_type: &str,
        now: Timestamp,
    ) -> Result<Result<(), PortError>, ObserveError> {
        let listed = match self.parts.is_upstreams(resource_type) {
            // What the server itself has of it is none of the account's any more.
            true => Ok(Vec::new()),
            false => self.parts.outlets.own.list(scope, resource_type).await,
        };
        match listed {
            Ok(listing) => {
                self.parts.observe_listing(scope, Source::Own, resource_type, listing, now).await?;
                Ok(Ok(()))
            }
            Err(error) => {
                tracing::warn!(%error, resource_type, "the server's own resources could not be listed");
                Ok(Err(error))
            }
        }
    }

    async fn one(
        &self,
        scope: &Scope,
        resource_type: String,
        resource_id: String,
        now: Timestamp,
    ) -> Result<(), ObserveError> {
        match self.parts.outlets.own.describe(scope, &resource_type, &resource_id).await {
            Ok(description) => {
                let observation = Observation { resource_type, resource_id, description, source: Source::Own };
                self.parts.observe(scope, vec![observation], now).await.map(drop)
            }
            Err(error) => {
                tracing::warn!(%error, resource_type, "one of the server's own resources could not be described");
                Ok(())
            }
        }
    }
}

#[async_trait]
impl Job for SweepOwn {
    fn name(&self) -> &str {
        "config.sweep"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.sweep
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let mut stale = self.parts.stale.take();
        for scope in recording(&self.parts) {
            let mut wanted = stale.remove(&scope).unwrap_or_default();
            wanted.everything |= self.is_due(&scope, now);
            if let Err(error) = self.look(&scope, wanted, now).await {
                // Nothing that was said to have changed is forgotten.
                self.parts.stale.note(&scope, |wanted| wanted.everything = true);
                return Err(error.into());
            }
        }
        Ok(())
    }
}

impl SweepOwn {
    async fn look(&self, scope: &Scope, wanted: Wanted, now: Timestamp) -> Result<(), ObserveError> {
        let done = self.look_at(scope, wanted, now).await;
        // A recorder that was stopped meanwhile looks at everything when it starts.
        match done {
            Err(ObserveError::NotRecording) => Ok(()),
            other => other,
        }
    }

    async fn look_at(&self, scope: &Scope, wanted: Wanted, now: Timestamp) -> Result<(), ObserveError> {
        if wanted.everything {
            return self.everything(scope, now).await;
        }
        for (resource_type, resource_id) in wanted.resources {
            if !wanted.types.contains(&resource_type) {
                self.one(scope, resource_type, resource_id, now).await?;
            }
        }
        for resource_type in wanted.types {
            drop(self.of_type(scope, &resource_type, now).await?);
        }
        Ok(())
    }
}
