//! Looking at single resources of upstreams: those that a recorded call has changed, once it is quiet for a moment, and
//! those that name what changed (D-6, CI-3, CI-14).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::{Region, Scope, Timestamp};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::Value;
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::lister::{Lister, Looked, Upstream};
use super::plans::{Cause, Look, NamedLook, Wanted};
use super::table::{Handle, ResourceType, resource_type};
use super::told::handle;
use super::touched::{Touched, touched};
use crate::observe::ObserveError;
use crate::recorder;
use crate::relations;
use crate::rule::ResourceKey;
use crate::service::Parts;
use crate::sweep::recording;

/// How long calls on a resource are waited for before it is looked at.
const QUIET: Duration = Duration::from_secs(2);
/// The same before a type is listed of which a call may have changed any.
const QUIET_OF_TYPE: Duration = Duration::from_secs(30);
/// How many resources are looked at at once.
const AT_ONCE: usize = 8;
/// The pause after the first look in vain; each further one is twice as long.
const PAUSE_MIN: Duration = Duration::from_secs(5);
/// After so many in vain the type is listed.
const ATTEMPTS_MAX: u32 = 6;
/// How often an idle job looks whether there is something.
const PERIOD: Duration = Duration::from_secs(3600);

impl Parts {
    /// Says that an upstream did what a call asked for: what it changed is looked at in a moment. `service` is the name of
    /// the API's model, such as `elbv2`; `input` and `answer` are as in the record of the call, which knows no secrets.
    pub fn upstream_called(
        &self,
        scope: &Scope,
        service: &str,
        operation: &str,
        input: &Value,
        answer: Option<&Value>,
        now: Timestamp,
    ) {
        if self.outlets.upstream.is_none() {
            return;
        }
        for Touched { resource_type: name, key } in touched(service, operation, input, answer) {
            let Some(of) = resource_type(name) else { continue };
            for scope in self.recorded_in(scope, of) {
                match &key {
                    Some(key) => {
                        let look = Look { due: now.plus(QUIET), cause: Cause::Touched, attempts: 0 };
                        self.plans.look_at(&scope, of, key.clone(), look);
                        self.signals.looks.notify_one();
                    }
                    None => {
                        self.plans.list_at(&scope, of, now.plus(QUIET_OF_TYPE));
                        self.signals.listing.notify_one();
                    }
                }
            }
        }
    }

    /// Where resources of a type are recorded that a call in an account and region changed: there, and anywhere in the
    /// account where a resource may be of another region than the call.
    fn recorded_in(&self, scope: &Scope, of: &ResourceType) -> Vec<Scope> {
        let may_be_elsewhere = of.is_global() || of.here.is_some();
        let all = match may_be_elsewhere {
            true => recording(self).into_iter().filter(|recording| recording.account == scope.account).collect(),
            false => vec![scope.clone()],
        };
        let records = |scope: &Scope| {
            let found = recorder::find(&self.catalog, scope).map(|found| found.value);
            found.is_some_and(|recorder| recorder.is_recording && recorder.group.records(of.name()))
        };
        all.into_iter().filter(records).collect()
    }

    /// Lets what names resources that changed be looked at: its description may hold parts of theirs (CI-14).
    pub(super) fn look_at_related(&self, scope: &Scope, changed: &[ResourceKey], now: Timestamp) {
        for key in changed {
            for naming in relations::naming(&self.catalog, scope, &key.resource_type, &key.resource_id) {
                let Some(of) = resource_type(&naming.resource_type) else { continue };
                let key = match of.asked_by() {
                    Handle::Id => Some(naming.resource_id),
                    Handle::Name | Handle::Arn => {
                        let found = crate::present::find(&self.catalog, scope, of.name(), &naming.resource_id);
                        found.and_then(|found| handle(of, &found.present.item))
                    }
                };
                let Some(key) = key else { continue };
                self.plans.look_at(scope, of, key, Look { due: now, cause: Cause::Related, attempts: 0 });
                self.signals.looks.notify_one();
            }
        }
    }
}

/// Looks at resources of upstreams that may have changed.
pub struct LookAtChanged {
    parts: Parts,
    home: Region,
}

impl LookAtChanged {
    /// The job over these parts. `home` is the region in which what belongs to none is recorded.
    pub fn new(parts: Parts, home: Region) -> Self {
        Self { parts, home }
    }

    async fn look(&self, upstream: Arc<dyn Upstream>, wanted: &NamedLook, now: Timestamp) -> Result<(), ObserveError> {
        let NamedLook { scope, of, key, look } = wanted;
        let door = self.parts.plans.door(scope, of);
        let _inside = door.lock().await;
        let looked = Lister::new(&*upstream, scope).look(of, key).await;
        if upstream.is_stopping() {
            return Ok(());
        }
        let looked = match looked {
            Ok(Looked::Untold) => {
                self.again(wanted, now);
                return Ok(());
            }
            Ok(looked) => looked,
            Err(failure) if failure.is_unsupported() => return Ok(()),
            Err(failure) => {
                tracing::info!(resource_type = of.name(), key, %failure, "a resource of an upstream could not be read");
                self.again(wanted, now);
                return Ok(());
            }
        };
        let outcome = match self.parts.observe_looked(scope, of, key, looked, now).await {
            // A recorder that was stopped meanwhile has everything listed when it starts.
            Err(ObserveError::NotRecording) => return Ok(()),
            outcome => outcome?,
        };
        if look.cause == Cause::Touched {
            self.parts.look_at_related(scope, &outcome.changed, now);
        }
        Ok(())
    }

    /// Looks at several resources.
    async fn look_at(
        &self,
        upstream: &Arc<dyn Upstream>,
        looks: Vec<NamedLook>,
        now: Timestamp,
    ) -> Result<(), ObserveError> {
        let mut under_way = Vec::with_capacity(looks.len());
        for look in &looks {
            under_way.push(self.look(upstream.clone(), look, now).boxed());
        }
        let ended: Vec<Result<(), ObserveError>> = stream::iter(under_way).buffer_unordered(AT_ONCE).collect().await;
        let ended: Result<(), _> = ended.into_iter().collect();
        if ended.is_err() {
            // Nothing that was said to have changed is forgotten.
            for NamedLook { scope, of, key, look } in looks {
                self.parts.plans.look_at(&scope, of, key, look);
            }
        }
        ended
    }

    /// Lets a resource be looked at once more, or the type be listed.
    fn again(&self, wanted: &NamedLook, now: Timestamp) {
        let NamedLook { scope, of, key, look } = wanted;
        let attempts = look.attempts + 1;
        if attempts >= ATTEMPTS_MAX {
            self.parts.plans.list_at(scope, of, now);
            self.parts.signals.listing.notify_one();
            return;
        }
        let due = now.plus(PAUSE_MIN.saturating_mul(1 << look.attempts));
        self.parts.plans.look_at(scope, of, key.clone(), Look { due, attempts, ..*look });
    }
}

#[async_trait]
impl Job for LookAtChanged {
    fn name(&self) -> &str {
        "config.look"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let latest = last_run.plus(PERIOD);
        Some(self.parts.plans.next_look().map_or(latest, |due| due.min(latest)))
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.looks
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let Some(upstream) = self.parts.outlets.upstream.clone() else { return Ok(()) };
        let wanted = self.parts.wanted(&*upstream, &self.home);
        loop {
            let mut looks = self.parts.plans.take_looks(now);
            looks.retain(|look| is_wanted(&wanted, look));
            if looks.is_empty() {
                return Ok(());
            }
            self.look_at(&upstream, looks, now).await?;
            // What changed may be named by others, which are looked at in the same moment.
        }
    }
}

fn is_wanted(wanted: &[Wanted], look: &NamedLook) -> bool {
    let here = wanted.iter().find(|wanted| wanted.scope == look.scope);
    here.is_some_and(|wanted| wanted.types.iter().any(|of| of.name() == look.of.name()))
}
