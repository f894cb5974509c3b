//! Cutting requests by the rules of PutLogEvents (logs.md §1.4). Pure.

use bytes::Bytes;
use serde_json::json;

/// Events of a request at most (PE-2).
pub const EVENTS_MAX: usize = 10_000;
/// Bytes of a request at most, each event counted with [`EVENT_OVERHEAD`] (PE-1, PE-2).
pub const BATCH_BYTES_MAX: usize = 1 << 20;
/// What every event counts besides its message (PE-1).
pub const EVENT_OVERHEAD: usize = 26;
/// Bytes of a message at most (PE-3).
pub const MESSAGE_BYTES_MAX: usize = BATCH_BYTES_MAX - EVENT_OVERHEAD;
/// How far the events of a request may lie apart (PE-5).
const SPAN_MS: i64 = base::time::DAY_MS;

/// An event to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its time, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Its message, which is neither empty nor too long.
    pub message: String,
    /// Where in the file what follows it begins; in a journal, the number of the last entry that is
    /// done when it is.
    pub end: u64,
}

impl Event {
    /// What it counts.
    pub fn bytes(&self) -> usize {
        self.message.len() + EVENT_OVERHEAD
    }
}

/// How many of these events, from the first on, may go into one request. They are in the order
/// of the file, so that what was acknowledged is always a whole start of it.
pub fn cut<'a>(events: impl Iterator<Item = &'a Event>) -> usize {
    let (mut bytes, mut first, mut last, mut count) = (0, i64::MAX, i64::MIN, 0);
    for event in events.take(EVENTS_MAX) {
        bytes += event.bytes();
        (first, last) = (first.min(event.at_ms), last.max(event.at_ms));
        if bytes > BATCH_BYTES_MAX || last - first > SPAN_MS {
            break;
        }
        count += 1;
    }
    count
}

/// The request of these events, in the order of their times (PE-4); those of the same time stay
/// in the order of the file.
pub fn request<'a>(group: &str, stream: &str, events: impl Iterator<Item = &'a Event>) -> Bytes {
    let mut events: Vec<&Event> = events.collect();
    events.sort_by_key(|event| event.at_ms);
    let events: Vec<serde_json::Value> =
        events.iter().map(|event| json!({ "timestamp": event.at_ms, "message": event.message })).collect();
    json!({ "logGroupName": group, "logStreamName": stream, "logEvents": events }).to_string().into()
}

/// The pieces of a message that are no longer than a message may be.
pub fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while rest.len() > MESSAGE_BYTES_MAX {
        let (piece, more) = rest.split_at(rest.floor_char_boundary(MESSAGE_BYTES_MAX));
        pieces.push(piece);
        rest = more;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(at_ms: i64, length: usize) -> Event {
        Event { at_ms, message: "x".repeat(length), end: 0 }
    }

    #[test]
    fn requests_keep_to_number_size_and_span() {
        for (events, expected, why) in [
            (vec![event(1, 1); 3], 3, "all fit"),
            (vec![event(1, 1); EVENTS_MAX + 1], EVENTS_MAX, "PE-2: number"),
            (vec![event(1, MESSAGE_BYTES_MAX)], 1, "PE-3: the longest event"),
            (vec![event(1, 500_000), event(1, BATCH_BYTES_MAX - 500_000 - 52)], 2, "PE-2: exactly the size"),
            (vec![event(1, 500_000), event(1, BATCH_BYTES_MAX - 500_000 - 51)], 1, "PE-2: a byte more"),
            (vec![event(SPAN_MS, 1), event(0, 1)], 2, "PE-5: exactly a day, backwards"),
            (vec![event(SPAN_MS + 1, 1), event(5, 1), event(0, 1)], 2, "PE-5: a millisecond more"),
            (vec![], 0, "none"),
        ] {
            assert_eq!(cut(events.iter()), expected, "{why}");
        }
    }

    #[test]
    fn events_are_in_the_order_of_their_times_and_then_of_the_file() {
        let event = |at_ms, message: &str| Event { at_ms, message: message.to_owned(), end: 0 };
        let events = [event(2, "b"), event(1, "a"), event(2, "c")];
        let body: serde_json::Value = serde_json::from_slice(&request("g", "s", events.iter())).unwrap();
        let messages: Vec<&str> =
            body["logEvents"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap()).collect();
        assert_eq!(messages, ["a", "b", "c"]);
        assert_eq!((&body["logGroupName"], &body["logStreamName"]), (&"g".into(), &"s".into()));
    }

    #[test]
    fn a_message_that_is_too_long_is_cut_between_characters() {
        let long = format!("{}é!", "x".repeat(MESSAGE_BYTES_MAX - 1));
        assert_eq!(pieces(&long), [&long[..MESSAGE_BYTES_MAX - 1], "é!"]);
        assert_eq!(pieces(""), [""; 0]);
    }

    proptest! {
        #[test]
        fn every_first_event_makes_a_request(times in prop::collection::vec(any::<i32>(), 1..50)) {
            let events: Vec<Event> = times.into_iter().map(|at| event(i64::from(at) * 100_000, 10)).collect();
            prop_assert!((1..=events.len()).contains(&cut(events.iter())));
        }
    }
}
