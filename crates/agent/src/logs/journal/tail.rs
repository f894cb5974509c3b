//! What was read of a journal and waits to be acknowledged, and up to where it was.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use base::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::Receiver;

use super::settings::JournalSource;
use crate::logs::batch::{self, BATCH_BYTES_MAX, EVENTS_MAX, Event};

/// A place in a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Before its first entry.
    Beginning,
    /// At the entry of this cursor, which was dealt with.
    Entry(String),
}

impl Place {
    /// The cursor.
    pub fn cursor(&self) -> Option<&str> {
        match self {
            Self::Beginning => None,
            Self::Entry(cursor) => Some(cursor),
        }
    }
}

/// How far a journal was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalPosition {
    /// Where its events go: group and stream.
    pub to: (String, String),
    /// Its folder, when it is not the machine's.
    pub directory: Option<PathBuf>,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Up to where.
    pub place: Place,
}

impl JournalPosition {
    /// Whether this source's journal is meant.
    pub fn is_of(&self, source: &JournalSource) -> bool {
        (&self.to.0, &self.to.1, &self.directory, &self.namespace)
            == (&source.group, &source.stream, &source.directory, &source.namespace)
    }
}

/// What was read of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its time, in milliseconds since the epoch.
    pub at_ms: i64,
    /// What is sent of it; empty when nothing is.
    pub message: String,
    /// Where the journal is once it was dealt with.
    pub place: Place,
}

/// A journal that is read.
#[derive(Debug)]
pub struct JournalTail {
    incoming: Receiver<Vec<Read>>,
    /// What was taken from there and did not fit.
    rest: VecDeque<Read>,
    /// The number of the last entry that was read.
    read: u64,
    /// Its place; `None` until it was found out where to begin.
    read_place: Option<Place>,
    acked_place: Option<Place>,
    ready: VecDeque<Event>,
    ready_bytes: usize,
    /// The places of the entries that wait, by their numbers.
    places: VecDeque<(u64, Place)>,
    /// When the first of what is ready became so.
    waits_since: Option<Timestamp>,
}

impl JournalTail {
    /// Takes in what comes of a journal that was acknowledged up to a place.
    pub fn new(place: Option<Place>, incoming: Receiver<Vec<Read>>) -> Self {
        Self {
            incoming,
            rest: VecDeque::new(),
            read: 0,
            read_place: place.clone(),
            acked_place: place,
            ready: VecDeque::new(),
            ready_bytes: 0,
            places: VecDeque::new(),
            waits_since: None,
        }
    }

    /// Takes in what is there until there is enough for a request.
    pub fn fill(&mut self, now: Timestamp) {
        while !self.is_full() {
            let Some(read) = self.rest.pop_front() else {
                match self.incoming.try_recv() {
                    Ok(more) => self.rest.extend(more),
                    Err(_) => break,
                }
                continue;
            };
            self.add(read, now);
        }
    }

    /// Whether a request can be made: there is enough for one, or something waited long enough.
    pub fn is_ready(&self, flush: Duration, now: Timestamp) -> bool {
        self.is_full() || self.waits_since.is_some_and(|since| now.since(since) >= flush)
    }

    /// Bytes of the events that wait.
    pub fn held_bytes(&self) -> usize {
        self.ready_bytes
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// The events that go into the next request.
    pub fn next_events(&self) -> impl Iterator<Item = &Event> {
        self.ready.iter().take(batch::cut(self.ready.iter()))
    }

    /// So many events were acknowledged, or are not to be sent.
    pub fn acknowledged(&mut self, count: usize, now: Timestamp) {
        for event in self.ready.drain(..count.min(self.ready.len())) {
            self.ready_bytes -= event.bytes();
            while let Some((_, place)) = self.places.pop_front_if(|(number, _)| *number <= event.end) {
                self.acked_place = Some(place);
            }
        }
        self.waits_since = (!self.ready.is_empty()).then_some(now);
    }

    /// Up to where it was acknowledged; nothing before it was found out where to begin.
    pub fn position(&self, source: &JournalSource) -> Option<JournalPosition> {
        // Entries that are left out move the position as well, once nothing before them waits.
        let place = if self.ready.is_empty() { &self.read_place } else { &self.acked_place };
        Some(JournalPosition {
            to: (source.group.clone(), source.stream.clone()),
            directory: source.directory.clone(),
            namespace: source.namespace.clone(),
            place: place.clone()?,
        })
    }

    fn is_full(&self) -> bool {
        self.ready_bytes >= BATCH_BYTES_MAX || self.ready.len() >= EVENTS_MAX
    }

    fn add(&mut self, Read { at_ms, message, place }: Read, now: Timestamp) {
        // Nothing waits: what was left out before this entry was dealt with.
        if self.ready.is_empty() {
            self.acked_place.clone_from(&self.read_place);
        }
        let before = self.read;
        self.read += 1;
        let pieces = batch::pieces(&message);
        for (index, piece) in pieces.iter().enumerate() {
            // An entry in pieces was acknowledged when its last one was.
            let end = if index + 1 == pieces.len() { self.read } else { before };
            let event = Event { at_ms, message: (*piece).to_owned(), end };
            self.ready_bytes += event.bytes();
            self.ready.push_back(event);
            self.waits_since.get_or_insert(now);
        }
        if !pieces.is_empty() {
            self.places.push_back((self.read, place.clone()));
        }
        self.read_place = Some(place);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{Sender, channel};

    use super::super::settings::tests::source;
    use super::*;
    use crate::logs::batch::MESSAGE_BYTES_MAX;

    const FLUSH: Duration = Duration::from_secs(5);

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(1_772_000_000 + secs)
    }

    fn place(cursor: &str) -> Place {
        Place::Entry(cursor.to_owned())
    }

    fn read(cursor: &str, message: &str) -> Read {
        Read { at_ms: 1, message: message.to_owned(), place: place(cursor) }
    }

    fn tail(start: Option<Place>, reads: Vec<Read>) -> (JournalTail, Sender<Vec<Read>>) {
        let (send, receive) = channel(10);
        send.try_send(reads).unwrap();
        let mut tail = JournalTail::new(start, receive);
        tail.fill(at(0));
        (tail, send)
    }

    fn placed(tail: &JournalTail) -> Option<Place> {
        tail.position(&source("")).map(|position| position.place)
    }

    #[test]
    fn the_position_is_the_last_entry_that_was_acknowledged() {
        let (mut tail, _send) = tail(Some(place("0")), vec![read("1", "a"), read("2", "b"), read("3", "c")]);
        assert_eq!(placed(&tail), Some(place("0")), "what was only read");
        tail.acknowledged(2, at(1));
        assert_eq!(placed(&tail), Some(place("2")));
        tail.acknowledged(1, at(1));
        assert_eq!(placed(&tail), Some(place("3")));
    }

    #[test]
    fn entries_that_are_left_out_move_the_position_when_nothing_before_them_waits() {
        let (mut tail, _send) = tail(Some(place("0")), vec![read("1", ""), read("2", "b"), read("3", "")]);
        assert_eq!(placed(&tail), Some(place("1")));
        tail.acknowledged(1, at(1));
        assert_eq!(placed(&tail), Some(place("3")));
    }

    #[test]
    fn an_entry_in_pieces_is_acknowledged_with_its_last_one() {
        let long = "x".repeat(MESSAGE_BYTES_MAX + 1);
        let (mut tail, _send) = tail(Some(place("0")), vec![read("1", &long)]);
        assert_eq!(tail.next_events().count(), 1, "a request of its own");
        tail.acknowledged(1, at(1));
        assert_eq!(placed(&tail), Some(place("0")));
        tail.acknowledged(1, at(1));
        assert_eq!(placed(&tail), Some(place("1")));
    }

    #[test]
    fn there_is_no_position_before_it_was_found_out_where_to_begin() {
        let (mut tail, send) = tail(None, vec![]);
        assert_eq!(placed(&tail), None);
        send.try_send(vec![Read { at_ms: 0, message: String::new(), place: Place::Beginning }]).unwrap();
        tail.fill(at(0));
        assert_eq!(placed(&tail), Some(Place::Beginning));
        assert!(tail.is_empty());
    }

    #[test]
    fn no_more_is_taken_in_than_a_request_holds() {
        let half = "x".repeat(BATCH_BYTES_MAX / 2);
        let (mut tail, send) = tail(None, (0..3).map(|at| read(&at.to_string(), &half)).collect());
        send.try_send(vec![read("9", "y")]).unwrap();
        tail.fill(at(0));
        assert_eq!(tail.ready.len(), 2);
        assert!(tail.is_ready(FLUSH, at(0)), "it is full");
        tail.acknowledged(2, at(0));
        tail.fill(at(0));
        assert_eq!(tail.ready.len(), 2, "the rest, and what came");
    }

    #[test]
    fn an_event_waits_for_others() {
        let (tail, _send) = tail(None, vec![read("1", "a")]);
        assert_eq!((tail.is_ready(FLUSH, at(4)), tail.is_ready(FLUSH, at(5))), (false, true));
    }
}
