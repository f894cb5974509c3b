//! Live tails: sessions that are told of events as they are taken (logs.md §2.6).
//!
//! Whoever takes events looks whether some session watches their group, and gives it those that it wants once they are
//! on disk. A session collects what comes within a second, at most [`EVENTS_MAX`] of it, and a task of its own turns
//! that into an update. Where the client reads slowly, the oldest updates go.

mod session;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use base::{AccountId, Entropy, Timestamp};
use lang::filter_pattern::FilterPattern;
use store::log_event::{GroupId, NewEvent};

pub(crate) use session::Session;

/// Sessions that an account can have at once (logs.md LT-7).
pub(crate) const SESSIONS_MAX: usize = 15;

/// Events of an update; of more a sample is taken (logs.md LT-5).
pub(crate) const EVENTS_MAX: usize = 500;

/// All sessions.
#[derive(Default)]
pub(crate) struct LiveTails {
    by_group: RwLock<HashMap<GroupId, Vec<Arc<Watch>>>>,
    // How many there are, so that nobody who takes events waits for a lock when there are none.
    watching: AtomicUsize,
    by_account: Mutex<HashMap<AccountId, usize>>,
}

/// What one session watches, and what it has not told yet.
pub(crate) struct Watch {
    /// The groups, with their ARNs.
    pub(crate) groups: HashMap<GroupId, Arc<str>>,
    /// Which streams of them.
    pub(crate) streams: Streams,
    /// Which events.
    pub(crate) pattern: FilterPattern,
    /// Chooses the sample.
    pub(crate) entropy: Arc<dyn Entropy>,
    collected: Mutex<Collected>,
}

/// Streams that a session watches.
#[derive(Clone, Debug)]
pub(crate) enum Streams {
    /// All.
    All,
    /// Those with these names.
    Named(Vec<String>),
    /// Those whose names start so.
    Starting(Vec<String>),
}

impl Streams {
    fn holds(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|known| known == name),
            Self::Starting(prefixes) => prefixes.iter().any(|prefix| name.starts_with(prefix.as_str())),
        }
    }
}

/// An event as a session tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tailed {
    /// The ARN of its group.
    pub(crate) group: Arc<str>,
    /// The name of its stream.
    pub(crate) stream: Arc<str>,
    /// When it happened.
    pub(crate) time: Timestamp,
    /// When it was taken.
    pub(crate) taken: Timestamp,
    /// What it says.
    pub(crate) message: String,
}

/// What came since the last update.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// The events, at most [`EVENTS_MAX`].
    pub(crate) events: Vec<Tailed>,
    /// How many there were.
    pub(crate) seen: usize,
}

/// Events that sessions want, to be told once they are on disk.
#[derive(Default)]
pub(crate) struct Wanted(Vec<(Arc<Watch>, Vec<Tailed>)>);

impl LiveTails {
    /// Adds a session of an account; `None` when it has as many as it can. It ends when what is given is dropped.
    pub(crate) fn watch(self: &Arc<Self>, account: &AccountId, watch: Watch) -> Option<Watching> {
        let mut by_account = self.by_account.lock().unwrap_or_else(PoisonError::into_inner);
        let sessions = by_account.entry(account.clone()).or_default();
        if *sessions >= SESSIONS_MAX {
            return None;
        }
        *sessions += 1;
        drop(by_account);
        let watch = Arc::new(watch);
        let mut by_group = self.by_group.write().unwrap_or_else(PoisonError::into_inner);
        for group in watch.groups.keys() {
            by_group.entry(*group).or_default().push(watch.clone());
        }
        self.watching.fetch_add(1, Ordering::Release);
        Some(Watching { tails: self.clone(), account: account.clone(), watch })
    }

    /// What sessions want of events that are about to be stored.
    pub(crate) fn wanted(&self, group: GroupId, stream: &str, events: &[NewEvent], taken: Timestamp) -> Wanted {
        if self.watching.load(Ordering::Acquire) == 0 {
            return Wanted::default();
        }
        let watches = self.by_group.read().unwrap_or_else(PoisonError::into_inner).get(&group).cloned();
        let mut wanted = Wanted::default();
        let name: Arc<str> = stream.into();
        for watch in watches.unwrap_or_default() {
            let Some(arn) = watch.groups.get(&group).filter(|_| watch.streams.holds(stream)) else { continue };
            let matching = events.iter().filter(|event| watch.pattern.matches(&event.message));
            let tailed = matching.map(|event| Tailed {
                group: arn.clone(),
                stream: name.clone(),
                time: event.time,
                taken,
                message: event.message.clone(),
            });
            let tailed: Vec<Tailed> = tailed.collect();
            if !tailed.is_empty() {
                wanted.0.push((watch, tailed));
            }
        }
        wanted
    }
}

impl Wanted {
    /// Tells the sessions.
    pub(crate) fn tell(self) {
        for (watch, events) in self.0 {
            watch.collect(events);
        }
    }
}

impl Watch {
    /// Nothing collected yet.
    pub(crate) fn new(
        groups: HashMap<GroupId, Arc<str>>,
        streams: Streams,
        pattern: FilterPattern,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { groups, streams, pattern, entropy, collected: Mutex::default() }
    }

    /// Takes events in; past [`EVENTS_MAX`] each has the same chance to stay as all before it.
    fn collect(&self, events: Vec<Tailed>) {
        let mut collected = self.collected.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            collected.seen += 1;
            if collected.events.len() < EVENTS_MAX {
                collected.events.push(event);
                continue;
            }
            let mut random = [0; 8];
            self.entropy.fill(&mut random);
            let at = u64::from_le_bytes(random) % collected.seen as u64;
            if let Some(place) = usize::try_from(at).ok().and_then(|at| collected.events.get_mut(at)) {
                *place = event;
            }
        }
    }

    /// What came since this was last asked, by time.
    pub(crate) fn take(&self) -> Collected {
        let mut collected = std::mem::take(&mut *self.collected.lock().unwrap_or_else(PoisonError::into_inner));
        collected.events.sort_by_key(|event| event.time);
        collected
    }
}

/// A session's place among the others, until it is dropped.
pub(crate) struct Watching {
    tails: Arc<LiveTails>,
    account: AccountId,
    /// What it watches.
    pub(crate) watch: Arc<Watch>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.tails.watching.fetch_sub(1, Ordering::Release);
        let mut by_group = self.tails.by_group.write().unwrap_or_else(PoisonError::into_inner);
        by_group.retain(|_, watches| {
            watches.retain(|watch| !Arc::ptr_eq(watch, &self.watch));
            !watches.is_empty()
        });
        drop(by_group);
        let mut by_account = self.tails.by_account.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sessions) = by_account.get_mut(&self.account) {
            *sessions -= 1;
            if *sessions == 0 {
                by_account.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests;
