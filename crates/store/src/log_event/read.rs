//! Reading a page of a group's events in order: heads and files as one.
//!
//! Every put in memory and every stream's rows in a file is a source in the order of time and position. The
//! sources stand in a heap by the lowest place that their next event may have, and a file is opened only
//! when that is the lowest of all: the first page does not open a year of days.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use base::Timestamp;
use lang::needle::Needle;

use super::block::{Block, EVENT_BYTES};
use super::contents::Contents;
use super::file_source::{ClosedFile, SelectRun, StreamRun};
use super::table::{Inner, State};
use super::{Direction, GroupId, LogEvent, LogPage, LogRead, Place, Position};
use crate::error::StoreError;
use crate::table_work::blocking;

/// A page ends when so many bytes of messages were looked at, if that brought it on: no call works for ever, however
/// little it finds.
const LOOKED_BYTES_MAX: u64 = if cfg!(test) { 2 << 10 } else { 1 << 30 };

impl Inner {
    /// See [`LogEvents::read`](super::LogEvents::read).
    pub async fn read(
        &self,
        read: LogRead,
        wanted: impl Fn(&LogEvent) -> bool + Send + Sync + 'static,
    ) -> Result<LogPage, StoreError> {
        let reading = Reading::new(read, &self.state(), &self.contents);
        if reading.is_quick() {
            return reading.page(&wanted);
        }
        blocking("reading log events", move || reading.page(&wanted)).await
    }

    /// See [`LogEvents::event`](super::LogEvents::event).
    pub async fn event(&self, group: GroupId, place: Place) -> Result<Option<LogEvent>, StoreError> {
        // The first event after the place before it is the one, if there is one.
        let before = place.position.0.checked_sub(1).map(|before| Place { position: Position(before), ..place });
        let read = LogRead {
            group,
            streams: None,
            from: place.time,
            to: place.time.plus_millis(1),
            direction: Direction::Forward,
            after: before,
            needle: Needle::Anything,
            limit: 1,
            bytes_max: usize::MAX,
        };
        let page = self.read(read, |_| true).await?;
        Ok(page.events.into_iter().find(|event| event.position == place.position))
    }
}

/// A place in the direction of a read: what comes first is lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(i64, u64);

impl Rank {
    /// The rank of a place.
    pub fn of(direction: Direction, place: Place) -> Self {
        let (time, position) = (place.time.millis(), place.position.0);
        match direction {
            Direction::Forward => Self(time, position),
            // Taking all bits the other way round reverses the order of both.
            Direction::Backward => Self(!time, !position),
        }
    }

    /// The rank just before; `None` before the first of all.
    fn before(self) -> Option<Self> {
        match self.1.checked_sub(1) {
            Some(position) => Some(Self(self.0, position)),
            None => Some(Self(self.0.checked_sub(1)?, u64::MAX)),
        }
    }

    fn place(self, direction: Direction) -> Place {
        let (time, position) = match direction {
            Direction::Forward => (self.0, self.1),
            Direction::Backward => (!self.0, !self.1),
        };
        Place { time: Timestamp::from_millis(time), position: Position(position) }
    }
}

/// What a source has at a rank.
pub(super) enum Step {
    /// An event.
    Event(LogEvent),
    /// An event whose message cannot hold the needle.
    Passed,
    /// Nothing at hand yet: the rank was a bound. So many bytes of messages were looked through to come nearer.
    Unread(u64),
    /// It becomes other sources.
    Opened(Vec<Source>),
}

/// Events of one put or file that a read may want.
pub(super) enum Source {
    /// A put in memory.
    Block(BlockRun),
    /// A file that was not opened yet, as long as its turn has not come.
    Closed(Option<ClosedFile>),
    /// One stream in a file.
    Stream(StreamRun),
    /// Many streams in a file.
    Select(SelectRun),
}

impl Source {
    /// The rank of the next event, or the lowest it may have; `None` at the end.
    fn bound(&self) -> Option<Rank> {
        match self {
            Self::Block(run) => run.next(),
            Self::Closed(file) => file.as_ref().map(ClosedFile::bound),
            Self::Stream(run) => run.bound(),
            Self::Select(run) => run.bound(),
        }
    }

    /// Takes the event at the rank that [`bound`](Self::bound) gave, or comes nearer to it.
    fn take(&mut self, rank: Rank, needle: &Needle) -> Result<Step, StoreError> {
        match self {
            Self::Block(run) => Ok(run.take(needle)),
            Self::Closed(file) => Ok(Step::Opened(file.take().map_or(Ok(Vec::new()), |file| file.open())?)),
            Self::Stream(run) => run.take(rank),
            Self::Select(run) => run.take(rank),
        }
    }
}

/// A read over what there was at one moment.
pub(super) struct Reading {
    read: Arc<LogRead>,
    sources: Vec<Source>,
}

impl Reading {
    /// Of what the table has now, what the read may want.
    pub fn new(read: LogRead, state: &State, contents: &Contents) -> Self {
        let read = Arc::new(read);
        let blocks = state.heads().flat_map(|head| head.blocks(read.group, read.streams.as_deref()));
        let blocks = blocks.filter_map(|block| BlockRun::new(block, &read)).map(Source::Block);
        let times = (read.from.millis(), read.to.millis().saturating_sub(1));
        let files = contents.files_with(&state.files, &[read.group], times, Position(0));
        let files = files.iter().filter_map(|file| ClosedFile::new(file, &read));
        let sources = blocks.chain(files.map(|file| Source::Closed(Some(file)))).collect();
        Self { read, sources }
    }

    /// Whether all that may be looked at is in memory, and little.
    pub fn is_quick(&self) -> bool {
        const QUICK_EVENTS: usize = 4096;
        let events = |source: &Source| match source {
            Source::Block(run) => Some(run.left.len()),
            _ => None,
        };
        self.sources.iter().map(events).sum::<Option<usize>>().is_some_and(|events| events <= QUICK_EVENTS)
    }

    /// The page. Blocks.
    pub fn page(mut self, wanted: &dyn Fn(&LogEvent) -> bool) -> Result<LogPage, StoreError> {
        let mut page = LogPage::default();
        if self.read.limit == 0 {
            return Ok(LogPage { next: self.read.after, ..page });
        }
        let mut heap = BinaryHeap::with_capacity(self.sources.len());
        for (at, source) in self.sources.iter().enumerate() {
            heap.extend(source.bound().map(|bound| Reverse((bound, at))));
        }
        let (mut bytes, mut looked) = (0, 0);
        let start = self.read.after.map(|after| Rank::of(self.read.direction, after));
        // All up to here was looked at.
        let mut done = start;
        while let Some(Reverse((rank, at))) = heap.pop() {
            let next = done.max(rank.before());
            if looked > LOOKED_BYTES_MAX && next > start {
                page.next = next.map(|next| next.place(self.read.direction));
                return Ok(page);
            }
            let mut step = self.sources[at].take(rank, &self.read.needle)?;
            heap.extend(self.sources[at].bound().map(|bound| Reverse((bound, at))));
            if let Step::Opened(sources) = &mut step {
                let more = (self.sources.len()..).zip(sources.iter());
                heap.extend(more.filter_map(|(at, source)| Some(Reverse((source.bound()?, at)))));
                self.sources.append(sources);
            }
            let event = match step {
                Step::Event(event) => event,
                Step::Passed => {
                    done = Some(rank);
                    continue;
                }
                Step::Unread(bytes) => {
                    looked += bytes;
                    continue;
                }
                Step::Opened(_) => continue,
            };
            done = Some(rank);
            looked += event.message.len() as u64 + EVENT_BYTES;
            if !wanted(&event) {
                continue;
            }
            let place = Place { time: event.time, position: event.position };
            bytes += event.message.len() as u64 + EVENT_BYTES;
            if !page.events.is_empty() && bytes > self.read.bytes_max as u64 {
                return Ok(page);
            }
            page.next = Some(place);
            page.events.push(event);
            if page.events.len() == self.read.limit && !heap.is_empty() {
                return Ok(page);
            }
            if page.events.len() == self.read.limit {
                break;
            }
        }
        page.next = None;
        Ok(page)
    }
}

/// The events of a put that a read has not come to.
pub(super) struct BlockRun {
    block: Arc<Block>,
    left: Range<usize>,
    direction: Direction,
}

impl BlockRun {
    /// The events of a put that a read asks for; `None` when there are none.
    pub fn new(block: &Arc<Block>, read: &LogRead) -> Option<Self> {
        let mut left = block.in_window(read.from, read.to);
        match (read.direction, read.after) {
            (Direction::Forward, Some(after)) => left.start = left.start.max(block.up_to(after)),
            (Direction::Backward, Some(after)) => left.end = left.end.min(block.before(after)),
            (_, None) => {}
        }
        (!left.is_empty()).then(|| Self { block: block.clone(), left, direction: read.direction })
    }

    fn at(&self) -> usize {
        match self.direction {
            Direction::Forward => self.left.start,
            Direction::Backward => self.left.end - 1,
        }
    }

    fn next(&self) -> Option<Rank> {
        (!self.left.is_empty()).then(|| Rank::of(self.direction, self.block.place(self.at())))
    }

    fn take(&mut self, needle: &Needle) -> Step {
        let at = self.at();
        match self.direction {
            Direction::Forward => self.left.start += 1,
            Direction::Backward => self.left.end -= 1,
        }
        if may_hold(needle, self.block.message(at)) { Step::Event(self.block.event(at)) } else { Step::Passed }
    }
}

/// Whether it is worth the while to ask about a message. What is dear to tell is left to who asks.
pub(super) fn may_hold(needle: &Needle, message: &str) -> bool {
    match needle {
        Needle::Contains { exact_case: false, .. } => true,
        Needle::All(needles) => needles.iter().all(|needle| may_hold(needle, message)),
        Needle::AnyOf(needles) => needles.iter().any(|needle| may_hold(needle, message)),
        other => other.may_match(message),
    }
}
