//! A file as a source of events in the order of time and position.
//!
//! Few streams are read each by itself: its rows lie in order. Of many, those rows are selected by their times that
//! come next, and only their messages are read.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use base::Timestamp;

use super::files::LiveFile;
use super::page::PageSet;
use super::read::{Rank, Source, Step};
use super::reader::OpenFile;
use super::search::Search;
use super::smallest::Smallest;
use super::summary::StreamRows;
use super::{Direction, LogEvent, LogRead, Place, Position};
use crate::error::StoreError;
use lang::needle::Needle;

/// Up to so many streams are read each by itself: each holds a page of messages.
const STREAMS_MAX: usize = if cfg!(test) { 2 } else { 8 };
/// Events made at a time, at least and at most.
const CHUNK_ROWS_MIN: usize = if cfg!(test) { 2 } else { 64 };
const CHUNK_ROWS_MAX: usize = 16 << 10;
/// Rows selected at a time at most.
const SELECTED_ROWS_MAX: usize = 128 << 10;
/// Up to so many pages are searched before rows are selected.
const SEARCHED_PAGES_MAX: usize = if cfg!(test) { 2 } else { 32 };

/// A file that a read has not come to.
pub(super) struct ClosedFile {
    file: Arc<LiveFile>,
    read: Arc<LogRead>,
    bound: Rank,
}

impl ClosedFile {
    /// A file that may have what the read asks for; `None` when its times tell that it has not.
    pub fn new(file: &Arc<LiveFile>, read: &Arc<LogRead>) -> Option<Self> {
        let times = (Timestamp::from_millis(file.entry.time_min), Timestamp::from_millis(file.entry.time_max));
        let after = read.after.map(|after| Rank::of(read.direction, after));
        Some(Self { file: file.clone(), read: read.clone(), bound: bound(read, times, after)? })
    }

    /// The lowest rank that an event may have.
    pub fn bound(&self) -> Rank {
        self.bound
    }

    /// Opens the file: the sources that it is.
    pub fn open(&self) -> Result<Vec<Source>, StoreError> {
        let file = self.file.open()?;
        let read = &self.read;
        let wanted = |rows: &&StreamRows| {
            let streams = read.streams.as_deref();
            streams.is_none_or(|streams| streams.binary_search(&rows.stream).is_ok())
        };
        let after = read.after.map(|after| Rank::of(read.direction, after));
        let in_time = |rows: &StreamRows| {
            let lowest = bound(read, (rows.stats.first, rows.stats.last), after)?;
            Some((rows.rows.clone(), lowest))
        };
        let streams: Vec<_> = file.summary()?.group(read.group).iter().filter(wanted).filter_map(in_time).collect();
        let Some(lowest) = streams.iter().map(|(_, bound)| *bound).min() else { return Ok(Vec::new()) };
        let candidates = match read.needle {
            Needle::Anything => None,
            _ => Some(file.candidates(&read.needle)?),
        };
        let (search, live) = (Search::new(&read.needle), self.file.clone());
        let open = Arc::new(Opened { _live: live, read: read.clone(), search, candidates, file });
        if streams.len() <= STREAMS_MAX {
            let run = |(rows, bound)| Source::Stream(StreamRun::new(open.clone(), rows, bound));
            return Ok(streams.into_iter().map(run).collect());
        }
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for (rows, _) in streams {
            match ranges.last_mut() {
                Some(last) if last.end == rows.start => last.end = rows.end,
                _ => ranges.push(rows),
            }
        }
        Ok(vec![Source::Select(SelectRun::new(open, ranges, lowest))])
    }
}

/// The lowest rank past `after` that an event of these times may have in a read; `None` when it asks for none of them.
fn bound(read: &LogRead, (first, last): (Timestamp, Timestamp), after: Option<Rank>) -> Option<Rank> {
    let (first, last) = (first.max(read.from), last.min(read.to.plus_millis(-1)));
    if first > last {
        return None;
    }
    let low = Rank::of(read.direction, Place { time: first, position: Position(0) });
    let high = Rank::of(read.direction, Place { time: last, position: Position(u64::MAX) });
    let (low, high) = (low.min(high), low.max(high));
    match after {
        Some(after) if after >= high => None,
        Some(after) => Some(low.max(after)),
        None => Some(low),
    }
}

/// A file that is read.
struct Opened {
    // It stays on disk as long as it is read.
    _live: Arc<LiveFile>,
    read: Arc<LogRead>,
    search: Option<Search>,
    candidates: Option<PageSet>,
    file: Arc<OpenFile>,
}

impl Opened {
    fn after(&self) -> Option<Rank> {
        self.read.after.map(|after| Rank::of(self.read.direction, after))
    }

    fn rank(&self, time: Timestamp, position: Position) -> Rank {
        Rank::of(self.read.direction, Place { time, position })
    }

    fn may_match(&self, page: usize) -> bool {
        self.candidates.as_ref().is_none_or(|pages| pages.contains(page))
    }

    /// Those rows of a page, which ascend, whose message may be wanted.
    fn matching(&self, page: usize, rows: Vec<usize>) -> Result<Vec<usize>, StoreError> {
        let (Some(search), Some(first), Some(last)) = (&self.search, rows.first(), rows.last()) else {
            return Ok(rows);
        };
        let found = search.rows(&*self.file.messages(page)?, *first..*last + 1);
        Ok(rows.into_iter().filter(|row| found.binary_search(row).is_ok()).collect())
    }

    /// Bytes that a search of a page looks through.
    fn searched_bytes(&self, page: usize) -> u64 {
        if self.search.is_some() { self.file.page_message_bytes(page) as u64 } else { 0 }
    }

    /// How many events to make at a time, of messages as long as those of a page.
    fn chunk_rows(&self, page: usize) -> usize {
        let message_bytes = self.file.page_message_bytes(page) / self.file.page_rows(page).len().max(1) + 1;
        let fit = self.read.bytes_max / message_bytes;
        self.read.limit.min(fit).saturating_add(1).clamp(CHUNK_ROWS_MIN, CHUNK_ROWS_MAX)
    }

    /// The events of rows, which ascend, in the order of the read.
    fn events(&self, rows: &[usize]) -> Result<VecDeque<(Rank, LogEvent)>, StoreError> {
        let events = self.file.events(rows)?.into_iter();
        let mut ranked: Vec<_> = events.map(|event| (self.rank(event.time, event.position), event)).collect();
        ranked.sort_unstable_by_key(|(rank, _)| *rank);
        Ok(ranked.into())
    }
}

/// Events at hand, and the lowest rank that those after them may have.
struct Ready {
    events: VecDeque<(Rank, LogEvent)>,
    bound: Rank,
}

impl Ready {
    fn new(bound: Rank) -> Self {
        Self { events: VecDeque::new(), bound }
    }

    fn next(&self) -> Option<Rank> {
        self.events.front().map(|(rank, _)| *rank)
    }

    fn take(&mut self, at: Rank) -> Option<LogEvent> {
        let (rank, event) = self.events.pop_front_if(|(rank, _)| *rank == at)?;
        self.bound = rank;
        Some(event)
    }
}

/// The rows of one stream that a read has not come to.
pub(super) struct StreamRun {
    of: Arc<Opened>,
    // The rows outside the window are cut off once the stream's turn comes.
    cut: bool,
    left: Range<usize>,
    // Rows of a page that are to be read, ascending.
    pending: VecDeque<usize>,
    ready: Ready,
}

impl StreamRun {
    fn new(of: Arc<Opened>, left: Range<usize>, bound: Rank) -> Self {
        Self { of, cut: false, left, pending: VecDeque::new(), ready: Ready::new(bound) }
    }

    /// The rank of the next event, or the lowest it may have; `None` at the end.
    pub fn bound(&self) -> Option<Rank> {
        let more = !self.left.is_empty() || !self.pending.is_empty();
        self.ready.next().or_else(|| more.then_some(self.ready.bound))
    }

    /// Takes the event of a rank, or else reads on.
    pub fn take(&mut self, rank: Rank) -> Result<Step, StoreError> {
        if let Some(event) = self.ready.take(rank) {
            return Ok(Step::Event(event));
        }
        Ok(Step::Unread(if self.ready.events.is_empty() { self.fill()? } else { 0 }))
    }

    /// Reads on; gives the bytes of messages that were searched.
    fn fill(&mut self) -> Result<u64, StoreError> {
        let mut searched_bytes = 0;
        let of = self.of.clone();
        let direction = of.read.direction;
        if !self.cut {
            let (mut from, mut to) = (of.read.from, of.read.to);
            match (direction, of.read.after) {
                (Direction::Forward, Some(after)) => from = from.max(after.time),
                (Direction::Backward, Some(after)) => to = to.min(after.time.plus_millis(1)),
                (_, None) => {}
            }
            self.left = of.file.window(self.left.clone(), from, to)?;
            self.cut = true;
        }
        while self.pending.is_empty() && !self.left.is_empty() {
            let pages = of.file.pages_of(&self.left);
            let page = if direction == Direction::Forward { pages.start } else { pages.end - 1 };
            let rows = of.file.page_rows(page);
            let rows = self.left.start.max(rows.start)..self.left.end.min(rows.end);
            match direction {
                Direction::Forward => self.left.start = rows.end,
                Direction::Backward => self.left.end = rows.start,
            }
            if of.may_match(page) {
                searched_bytes = of.searched_bytes(page);
                self.pending = of.matching(page, rows.collect())?.into();
                let lowest = bound(&of.read, of.file.page_times(page), of.after());
                self.ready.bound = lowest.map_or(self.ready.bound, |lowest| lowest.max(self.ready.bound));
                // Others may have what comes first: this one reads no further than it must.
                break;
            }
        }
        let Some(first) = self.pending.front() else { return Ok(searched_bytes) };
        let take = of.chunk_rows(of.file.pages_of(&(*first..*first + 1)).start).min(self.pending.len());
        let chunk: Vec<usize> = match direction {
            Direction::Forward => self.pending.drain(..take).collect(),
            Direction::Backward => self.pending.drain(self.pending.len() - take..).collect(),
        };
        let after = of.after();
        self.ready.events = of.events(&chunk)?;
        self.ready.events.retain(|(rank, _)| after.is_none_or(|after| *rank > after));
        Ok(searched_bytes)
    }
}

/// The rows of many streams that a read has not come to.
pub(super) struct SelectRun {
    of: Arc<Opened>,
    ranges: Vec<Range<usize>>,
    // Rows up to this rank were selected before.
    done: Option<Rank>,
    // How many to select next; 0 when there are no more.
    select: usize,
    // What was selected and is to be read, in the order of the read.
    pending: VecDeque<(Rank, usize)>,
    ready: Ready,
}

impl SelectRun {
    fn new(of: Arc<Opened>, ranges: Vec<Range<usize>>, bound: Rank) -> Self {
        let select = of.read.limit.saturating_add(1).clamp(CHUNK_ROWS_MIN, CHUNK_ROWS_MAX);
        Self { done: of.after(), of, ranges, select, pending: VecDeque::new(), ready: Ready::new(bound) }
    }

    /// The rank of the next event, or the lowest it may have; `None` at the end.
    pub fn bound(&self) -> Option<Rank> {
        let pending = self.pending.front().map(|(rank, _)| *rank);
        self.ready.next().or(pending).or_else(|| (self.select > 0).then_some(self.ready.bound))
    }

    /// Takes the event of a rank, or else reads on.
    pub fn take(&mut self, rank: Rank) -> Result<Step, StoreError> {
        if let Some(event) = self.ready.take(rank) {
            return Ok(Step::Event(event));
        }
        Ok(Step::Unread(if self.ready.events.is_empty() { self.fill()? } else { 0 }))
    }

    /// Reads on; gives the bytes of messages that were searched.
    fn fill(&mut self) -> Result<u64, StoreError> {
        let mut searched_bytes = 0;
        let of = self.of.clone();
        let searched = of.candidates.as_ref().is_some_and(|pages| pages.len() <= SEARCHED_PAGES_MAX);
        if self.pending.is_empty() && self.select > 0 {
            let limit = if searched { SELECTED_ROWS_MAX } else { self.select };
            self.pending = self.select_rows(limit, searched)?.into();
            if searched && let Some(pages) = &of.candidates {
                searched_bytes += (0..of.file.pages())
                    .filter(|page| pages.contains(*page))
                    .map(|page| of.searched_bytes(page))
                    .sum::<u64>();
            }
            self.select = if self.pending.len() < limit { 0 } else { (self.select * 2).min(SELECTED_ROWS_MAX) };
            self.done = self.pending.back().map(|(rank, _)| *rank).or(self.done);
        }
        let Some((first, at)) = self.pending.front() else { return Ok(searched_bytes) };
        self.ready.bound = self.ready.bound.max(*first);
        let take = of.chunk_rows(of.file.pages_of(&(*at..*at + 1)).start).min(self.pending.len());
        let mut rows: Vec<usize> = self.pending.drain(..take).map(|(_, row)| row).collect();
        rows.sort_unstable();
        if !searched && of.search.is_some() {
            let mut found = Vec::new();
            let page_of = |row: &usize| of.file.pages_of(&(*row..*row + 1)).start;
            for of_page in rows.chunk_by(|a, b| page_of(a) == page_of(b)) {
                searched_bytes += of.searched_bytes(page_of(&of_page[0]));
                found.extend(of.matching(page_of(&of_page[0]), of_page.to_vec())?);
            }
            rows = found;
        }
        self.ready.events = of.events(&rows)?;
        Ok(searched_bytes)
    }

    /// The rows that come next, in the order of the read.
    fn select_rows(&self, limit: usize, searched: bool) -> Result<Vec<(Rank, usize)>, StoreError> {
        let (of, file) = (&self.of, &self.of.file);
        let (Some(first), Some(last)) = (self.ranges.first(), self.ranges.last()) else { return Ok(Vec::new()) };
        let mut smallest = Smallest::new(limit);
        let mut ranges = self.ranges.iter().peekable();
        for page in file.pages_of(&(first.start..last.end)) {
            let rows = file.page_rows(page);
            let mut within = Vec::new();
            while let Some(range) = ranges.next_if(|range| range.end <= rows.end) {
                within.push(range.start.max(rows.start)..range.end);
            }
            within.extend(ranges.peek().map(|range| range.start.max(rows.start)..rows.end));
            within.retain(|range| !range.is_empty());
            let times = file.page_times(page);
            let next = bound(&of.read, times, self.done).filter(|bound| smallest.wants(&(*bound, 0)));
            if within.is_empty() || next.is_none() || !of.may_match(page) {
                continue;
            }
            let (times, positions) = (file.times(rows.clone())?, file.positions(rows.clone())?);
            let window = of.read.from..of.read.to;
            for range in within {
                let range = if searched { of.matching(page, range.collect())? } else { range.collect() };
                for row in range {
                    let time = times[row - rows.start];
                    let rank = of.rank(time, positions[row - rows.start]);
                    if window.contains(&time) && self.done.is_none_or(|done| rank > done) {
                        smallest.offer((rank, row));
                    }
                }
            }
        }
        Ok(smallest.finish())
    }
}
