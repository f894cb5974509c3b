//! One upstream as it is called: with its own trust, its breaker, and a count of what became of its calls.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use base::{Clock, Timestamp};
use http::Response;

use crate::breaker::{Breaker, BreakerState, Leave, Turn};
use crate::client::SendError;
use crate::route::Route;
use crate::streaming::{AnswerBody, StreamRequest, StreamingClient};

/// An upstream. Clones share everything.
#[derive(Clone)]
pub struct Outlet {
    /// Which one, and how it is called.
    pub route: Route,
    client: StreamingClient,
    health: Arc<Health>,
}

/// How it goes with an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutletState {
    /// The service that it is for; all that nobody else serves when absent.
    pub service: Option<String>,
    /// Where it is, without credentials.
    pub address: String,
    /// Whether calls are made.
    pub breaker: BreakerState,
    /// Since when that is so.
    pub since: Timestamp,
    /// Failures since the last answer.
    pub failures_in_a_row: u32,
    /// The last failure, however long ago.
    pub last_error: Option<String>,
    /// Calls that were made.
    pub calls: u64,
    /// Those of them that got no answer. What is no fault of the upstream is not among them.
    pub failures: u64,
}

struct Health {
    breaker: Mutex<Breaker>,
    calls: AtomicU64,
    failures: AtomicU64,
    // Rests are measured by the machine's clock: the upstream does not wait for one that is turned.
    machine_clock: Arc<dyn Clock>,
}

impl Outlet {
    pub(crate) fn new(route: Route, client: StreamingClient, machine_clock: Arc<dyn Clock>) -> Self {
        let health = Health {
            breaker: Mutex::new(Breaker::new(machine_clock.now())),
            calls: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            machine_clock,
        };
        Self { route, client, health: Arc::new(health) }
    }

    /// Sends a request and gives the answer as soon as its head is there, whatever its status. Redirects are not
    /// followed, and nothing is sent twice. Nothing is sent at all to an upstream that failed several times in a row
    /// and is left in peace: that is [`SendError::Resting`], at once.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn send(&self, request: StreamRequest) -> Result<Response<AnswerBody>, SendError> {
        let leave = self.health.breaker().admit(self.health.machine_clock.now())?;
        self.health.calls.fetch_add(1, Ordering::Relaxed);
        let sent = Sent { outlet: self, leave };
        let answer = self.client.send(request).await;
        match &answer {
            Ok(_) => self.succeeded(),
            Err(error) if is_its_fault(error) => self.failed(sent.leave, error),
            Err(_) => {}
        }
        answer
    }

    /// How it goes with it.
    pub fn state(&self) -> OutletState {
        let health = &*self.health;
        let (breaker, now) = (health.breaker(), health.machine_clock.now());
        OutletState {
            service: self.route.service.clone(),
            address: self.route.endpoint.to_string(),
            breaker: breaker.state(now),
            since: breaker.since(now),
            failures_in_a_row: breaker.failures(),
            last_error: breaker.last_error().map(str::to_owned),
            calls: health.calls.load(Ordering::Relaxed),
            failures: health.failures.load(Ordering::Relaxed),
        }
    }

    fn succeeded(&self) {
        let turn = self.health.breaker().succeeded(self.health.machine_clock.now());
        if turn == Some(Turn::Closed) {
            tracing::info!(upstream = %self.route.endpoint, "the upstream answers again");
        }
    }

    fn failed(&self, leave: Leave, error: &SendError) {
        self.health.failures.fetch_add(1, Ordering::Relaxed);
        let turn = self.health.breaker().failed(leave, error.to_string(), self.health.machine_clock.now());
        if let Some(Turn::Opened(rest)) = turn {
            let (upstream, error) = (&self.route.endpoint, error as &dyn std::error::Error);
            tracing::warn!(%upstream, error, seconds = rest.as_secs(), "the upstream does not answer and is left in peace");
        }
    }
}

impl Health {
    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().expect("no holder of this lock panics")
    }
}

/// A call on its way. One that is dropped before its outcome is known lets the next one try in its place.
struct Sent<'a> {
    outlet: &'a Outlet,
    leave: Leave,
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        let health = &*self.outlet.health;
        // It changes nothing once the outcome was told.
        health.breaker().abandoned(self.leave, health.machine_clock.now());
    }
}

/// Whether an upstream that gave no answer is to blame, and not the request or these settings.
fn is_its_fault(error: &SendError) -> bool {
    match error {
        SendError::Connection(_) | SendError::TimedOut(_) | SendError::ReplyTooLong(_) => true,
        SendError::Fenced | SendError::Body(_) | SendError::Resting(_) => false,
    }
}

#[cfg(test)]
mod tests;
