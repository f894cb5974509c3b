//! Listing what upstreams have: all of it when a recorder starts and by period, a type when a call may have changed any of
//! it (D-2, D-3, D-5).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::{Region, Scope, Timestamp};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::lister::{CallFailed, Lister, Listing, Upstream};
use super::plans::{Ended, PERIOD, Problem, Wanted};
use super::table::{ResourceType, resource_types};
use super::told::Taken;
use crate::observe::ObserveError;
use crate::recorder::{self, SweepStatus};
use crate::service::Parts;
use crate::sweep::recording;
use crate::sweep_status::Swept;

/// How many types are listed at once.
const AT_ONCE: usize = 4;
/// So much of what an upstream says is told in the recorder's status.
const MESSAGE_CHARS_MAX: usize = 1000;

impl Parts {
    /// Whether the resources of a type are those of an upstream.
    pub(crate) fn is_upstreams(&self, resource_type: &str) -> bool {
        let of = super::table::resource_type(resource_type);
        let upstream = self.outlets.upstream.as_ref();
        of.zip(upstream).is_some_and(|(of, upstream)| upstream.serves(of.service()))
    }

    /// The types that are recorded of upstreams, by account and region. What belongs to no region is recorded in the
    /// home region alone (REC-12).
    pub(super) fn wanted(&self, upstream: &dyn Upstream, home: &Region) -> Vec<Wanted> {
        let of_scope = |scope: Scope| {
            let recorder = recorder::find(&self.catalog, &scope)?;
            let is_wanted = |of: &&ResourceType| {
                let is_here = !of.is_global() || scope.region == *home;
                is_here && upstream.serves(of.service()) && recorder.value.group.records(of.name())
            };
            let types = resource_types().iter().filter(is_wanted).collect();
            Some(Wanted { scope, types })
        };
        recording(self).into_iter().filter_map(of_scope).collect()
    }
}

/// Lists what upstreams have.
pub struct DiscoverUpstreams {
    parts: Parts,
    home: Region,
}

impl DiscoverUpstreams {
    /// The job over these parts. `home` is the region in which what belongs to none is recorded.
    pub fn new(parts: Parts, home: Region) -> Self {
        Self { parts, home }
    }

    /// Lists a type, page by page.
    async fn list(
        &self,
        upstream: &dyn Upstream,
        scope: &Scope,
        of: &'static ResourceType,
        now: Timestamp,
    ) -> Result<(), ObserveError> {
        let door = self.parts.plans.door(scope, of);
        let (mut taken, mut failures) = (Taken::default(), Failures::default());
        let mut reading = Lister::new(upstream, scope).reading(of);
        loop {
            let _inside = door.lock().await;
            let Some(page) = reading.next().await else { break };
            if upstream.is_stopping() {
                return Ok(());
            }
            failures.gather(&page);
            let outcome = self.parts.observe_page(scope, of, page, &mut taken, now).await?;
            self.parts.look_at_related(scope, &outcome.changed, now);
        }
        let missed = match failures.end {
            None => self.parts.observe_end(scope, of, &taken, now).await?,
            Some(_) => 0,
        };
        let ended = failures.ended(of, missed);
        match &ended {
            Ended::Failed(problem) => {
                let Problem { code, message } = problem;
                tracing::warn!(account = %scope.account, region = %scope.region, code, message, "an upstream could not be listed");
            }
            Ended::Unsupported => tracing::info!(resource_type = of.name(), "the upstream has no such resources"),
            Ended::Whole | Ended::Lacking => {}
        }
        self.parts.plans.listed(scope, of, ended, now);
        Ok(())
    }
}

/// What a listing could not read.
#[derive(Default)]
struct Failures {
    /// Why it broke off.
    end: Option<CallFailed>,
    /// The first resource that could not be read, and how many there are.
    untold: Option<(String, CallFailed, usize)>,
}

impl Failures {
    fn gather(&mut self, page: &Listing) {
        self.end = page.end.as_ref().err().cloned();
        for untold in &page.untold {
            // What is on its way to another state is no failure, nor is what the upstream does not have (D-3).
            let Some(failure) = untold.failure.as_ref().filter(|failure| !failure.is_unsupported()) else { continue };
            match &mut self.untold {
                Some((_, _, count)) => *count += 1,
                None => self.untold = Some((untold.key.clone(), failure.clone(), 1)),
            }
        }
    }

    /// How a listing ended that is the first to lack so many resources.
    fn ended(self, of: &ResourceType, missed: usize) -> Ended {
        let name = of.name();
        match (self.end, self.untold) {
            (Some(failure), _) if failure.is_unsupported() => Ended::Unsupported,
            (Some(failure), _) => Ended::Failed(problem(&failure, format!("{name} could not be listed"))),
            (None, Some((key, failure, count))) => {
                let told = format!("{count} of {name} could not be read, such as {key}");
                Ended::Failed(problem(&failure, told))
            }
            (None, None) if missed > 0 => Ended::Lacking,
            (None, None) => Ended::Whole,
        }
    }
}

/// A failure as the recorder's status has it (REC-14).
fn problem(failure: &CallFailed, what: String) -> Problem {
    let code = match failure {
        _ if failure.is_denied() => "AccessDenied",
        CallFailed::Refused { code, .. } => code,
        CallFailed::Unanswered(_) => "UpstreamUnavailable",
    };
    let message = format!("{what}: {failure}").chars().take(MESSAGE_CHARS_MAX).collect();
    Problem { code: code.to_owned(), message }
}

#[async_trait]
impl Job for DiscoverUpstreams {
    fn name(&self) -> &str {
        "config.discover"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        self.parts.outlets.upstream.as_ref()?;
        let latest = last_run.plus(PERIOD);
        Some(self.parts.plans.next_listing().map_or(latest, |due| due.min(latest)))
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.listing
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let Some(upstream) = self.parts.outlets.upstream.clone() else { return Ok(()) };
        let wanted = self.parts.wanted(&*upstream, &self.home);
        let due = self.parts.plans.due_types(&wanted, now);
        let mut listings = Vec::with_capacity(due.len());
        for (scope, of) in due {
            listings.push(self.list_of(upstream.clone(), scope, of, now).boxed());
        }
        let ended: Vec<Result<(), ObserveError>> = stream::iter(listings).buffer_unordered(AT_ONCE).collect().await;
        if upstream.is_stopping() {
            return Ok(());
        }
        for wanted in &wanted {
            let status = match self.parts.plans.problem(wanted) {
                None => continue,
                Some(Ok(())) => SweepStatus::Success,
                Some(Err(Problem { code, message })) => SweepStatus::Failure { code, message },
            };
            self.parts.note_sweep(&wanted.scope, Swept::Upstream, status, now).await;
        }
        ended.into_iter().collect::<Result<(), _>>().map_err(JobError::from)
    }
}

impl DiscoverUpstreams {
    async fn list_of(
        &self,
        upstream: Arc<dyn Upstream>,
        scope: Scope,
        of: &'static ResourceType,
        now: Timestamp,
    ) -> Result<(), ObserveError> {
        match self.list(&*upstream, &scope, of, now).await {
            // A recorder that was stopped meanwhile has everything listed when it starts.
            Err(ObserveError::NotRecording) => Ok(()),
            ended => ended,
        }
    }
}
