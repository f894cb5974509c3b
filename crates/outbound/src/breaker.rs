//! When to leave an upstream in peace: one that failed several times in a row is not called for a while, then by one
//! call that tries whether it is back.
//!
//! All of it is pure: time comes as an argument, and so does what became of a call.

use std::time::Duration;

use base::Timestamp;

/// So many failures in a row open it.
const FAILURES_MAX: u32 = 5;
/// The first rest, in seconds, and the longest: each that ends in a failure doubles the next one.
const REST_SECONDS: u64 = 5;
const REST_SECONDS_MAX: u64 = 60;

/// Whether calls are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// All are.
    Closed,
    /// None is, for a while.
    Open,
    /// One is, to see whether it gets an answer.
    HalfOpen,
}

impl BreakerState {
    /// Its name, as pages for people show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// Why a call was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is left in peace {}, after {failures} failures in a row, the last of them: {last_error}", when(*.left))]
pub struct Resting {
    /// How long it rests yet; zero where another call is trying whether it is back.
    pub left: Duration,
    /// Failures in a row until now.
    pub failures: u32,
    /// What the last of them was.
    pub last_error: String,
}

fn when(left: Duration) -> String {
    match left.as_millis().div_ceil(1000) {
        0 => "while another call tries whether it is back".to_owned(),
        seconds => format!("for {seconds} s more"),
    }
}

/// Leave to make a call. What became of it is told with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leave {
    generation: u64,
}

/// What an outcome changed, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It was opened, for so long.
    Opened(Duration),
    /// It was closed.
    Closed,
}

/// The breaker of one upstream.
#[derive(Clone, Debug)]
pub(crate) struct Breaker {
    phase: Phase,
    /// Counts the changes of phase: a call from before one tells nothing of what came after.
    generation: u64,
    since: Timestamp,
    failures: u32,
    last_error: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Calls are made.
    Closed,
    /// None is.
    Resting { rest: Duration },
    /// The next one that is wanted is to try; the rest before this was so long.
    Ready { rest: Duration },
    /// One tries.
    Trying { rest: Duration },
}

impl Breaker {
    /// A closed one.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { phase: Phase::Closed, generation: 0, since: now, failures: 0, last_error: None }
    }

    /// Whether a call may be made now.
    pub(crate) fn admit(&mut self, now: Timestamp) -> Result<Leave, Resting> {
        match self.phase {
            Phase::Closed => {}
            Phase::Resting { rest } => match self.left(rest, now) {
                Some(left) => return Err(self.resting(left)),
                None => self.turn(Phase::Trying { rest }, now),
            },
            Phase::Ready { rest } => self.turn(Phase::Trying { rest }, now),
            Phase::Trying { .. } => return Err(self.resting(Duration::ZERO)),
        }
        Ok(Leave { generation: self.generation })
    }

    /// The call got an answer, whatever that says. It came just now, so the upstream is there, however long ago the
    /// call began.
    pub(crate) fn succeeded(&mut self, now: Timestamp) -> Option<Turn> {
        self.failures = 0;
        if matches!(self.phase, Phase::Closed) {
            return None;
        }
        self.turn(Phase::Closed, now);
        Some(Turn::Closed)
    }

    /// The call got none.
    pub(crate) fn failed(&mut self, leave: Leave, error: String, now: Timestamp) -> Option<Turn> {
        self.last_error = Some(error);
        // Of many calls at once that fail together the first ones open it, and the others say nothing new.
        if leave.generation != self.generation {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        let rest = match self.phase {
            Phase::Closed if self.failures < FAILURES_MAX => return None,
            Phase::Closed => Duration::from_secs(REST_SECONDS),
            // Invariant: only the call that tries has this generation's leave.
            Phase::Resting { rest } | Phase::Ready { rest } | Phase::Trying { rest } => {
                (rest * 2).min(Duration::from_secs(REST_SECONDS_MAX))
            }
        };
        self.turn(Phase::Resting { rest }, now);
        Some(Turn::Opened(rest))
    }

    /// Nothing is known of what became of the call: whoever made it did not wait. The next one may try.
    pub(crate) fn abandoned(&mut self, leave: Leave, now: Timestamp) {
        if let Phase::Trying { rest } = self.phase
            && leave.generation == self.generation
        {
            self.turn(Phase::Ready { rest }, now);
        }
    }

    /// Whether calls are made now.
    pub(crate) fn state(&self, now: Timestamp) -> BreakerState {
        match self.phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Resting { rest } if self.left(rest, now).is_some() => BreakerState::Open,
            Phase::Resting { .. } | Phase::Ready { .. } | Phase::Trying { .. } => BreakerState::HalfOpen,
        }
    }

    /// Since when it is in that state.
    pub(crate) fn since(&self, now: Timestamp) -> Timestamp {
        match self.phase {
            Phase::Resting { rest } if self.left(rest, now).is_none() => self.since.plus(rest).min(now),
            _ => self.since,
        }
    }

    /// Failures in a row until now.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// The last failure, however long ago.
    pub(crate) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// What is left of a rest; nothing where the clock went back behind its beginning, so that a clock that is set
    /// lengthens no rest.
    fn left(&self, rest: Duration, now: Timestamp) -> Option<Duration> {
        let gone = u64::try_from(now.millis() - self.since.millis()).ok()?;
        rest.checked_sub(Duration::from_millis(gone)).filter(|left| !left.is_zero())
    }

    fn turn(&mut self, phase: Phase, now: Timestamp) {
        (self.phase, self.since) = (phase, now);
        self.generation += 1;
    }

    fn resting(&self, left: Duration) -> Resting {
        let last_error = self.last_error.clone().unwrap_or_default();
        Resting { left, failures: self.failures, last_error }
    }
}

#[cfg(test)]
mod tests;
