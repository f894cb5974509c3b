//! Files of log events: what is written is read, and damage is told.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt64Type};
use base::Timestamp;
use lang::needle::Needle;
use proptest::prelude::*;

use super::reader::OpenFile;
use super::scan::FileScan;
use super::schema::Row;
use super::writer::FileWriter;
use super::{GroupId, Position, StreamId};
use crate::blobs::{Blobs, LocalBlobs};
use crate::catalog::files::FileEntry;
use crate::disk::failing::FailingDisk;
use crate::error::StoreError;
use crate::table_files::TableFile;

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

/// A row that owns its message. The order of fields is that of rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    group: u64,
    stream: u64,
    time: i64,
    position: u64,
    ingested: i64,
    message: String,
}

impl Event {
    fn row(&self) -> Row<'_> {
        Row {
            group: GroupId(self.group),
            stream: StreamId(self.stream),
            time: Timestamp::from_millis(self.time),
            ingested: Timestamp::from_millis(self.ingested),
            position: Position(self.position),
            message: &self.message,
        }
    }
}

fn blobs() -> LocalBlobs {
    LocalBlobs::open(Arc::new(FailingDisk::default()), PathBuf::from("/log_event")).unwrap()
}

fn write(blobs: &LocalBlobs, events: &[Event]) -> FileEntry {
    let mut writer = FileWriter::create(blobs, 7, 3, "partition=3", 0, NOW).unwrap();
    events.iter().for_each(|event| writer.push(event.row()).unwrap());
    assert_eq!(writer.rows(), events.len() as u64);
    assert_eq!(writer.message_bytes(), events.iter().map(|event| event.message.len() as u64).sum::<u64>());
    writer.finish().unwrap()
}

fn open(blobs: &LocalBlobs, entry: &FileEntry) -> Result<Arc<OpenFile>, StoreError> {
    let blob = blobs.open(&entry.name).unwrap();
    OpenFile::load(blob, blobs.locate(&entry.name), entry).map(Arc::new)
}

fn file_of(events: &[Event]) -> Arc<OpenFile> {
    let blobs = blobs();
    let entry = write(&blobs, events);
    open(&blobs, &entry).unwrap()
}

fn read_all(file: &Arc<OpenFile>) -> Result<Vec<Event>, StoreError> {
    let mut stream = file.clone().row_stream();
    let mut events = Vec::new();
    while let Some(row) = stream.peek()? {
        events.push(Event {
            group: row.group.0,
            stream: row.stream.0,
            time: row.time.millis(),
            position: row.position.0,
            ingested: row.ingested.millis(),
            message: row.message.to_owned(),
        });
        stream.advance();
    }
    Ok(events)
}

/// Events in the order of files: `streams` streams of two groups, with messages of some length.
fn events(streams: u64, each: u64, message: impl Fn(u64) -> String) -> Vec<Event> {
    let mut events = Vec::new();
    for stream in 0..streams {
        for at in 0..each {
            let number = stream * each + at;
            events.push(Event {
                group: 1 + stream * 2 / streams,
                stream: 10 + stream,
                time: 1_000_000 + at as i64 * 10,
                position: number * 7 + 1,
                ingested: 2_000_000 + (at as i64 / 5) * 100,
                message: message(number),
            });
        }
    }
    events
}

fn scan_all(messages: bool, needle: Needle, file: &OpenFile) -> FileScan {
    let all = 0..file.page_rows(file.pages() - 1).end;
    FileScan { ranges: vec![all], from: Timestamp::MIN, to: Timestamp::MAX, needle, messages }
}

prop_compose! {
    fn any_event()(
        group in 0u64..3, stream in 0u64..4, time in -5i64..40, position: u64, ingested in 0i64..1000,
        message in prop_oneof![
            4 => "[a-c]{0,3} (error|Error|timeout) [0-9]{1,9} \u{e9}?",
            2 => "\\PC{0,40}",
            1 => Just(String::new()),
            1 => "[0-9a-f]{8}-[0-9a-f]{4}",
            1 => "x{300,900}",
        ],
    ) -> Event {
        Event { group, stream, time, position, ingested, message }
    }
}

prop_compose! {
    fn any_events()(mut events in proptest::collection::vec(any_event(), 1..400)) -> Vec<Event> {
        events.sort();
        events.dedup_by_key(|event| (event.group, event.stream, event.time, event.position));
        events
    }
}

fn any_needle() -> impl Strategy<Value = Needle> {
    let literal = prop_oneof!["error [0-9]{1,3}", "[0-9a-f]{2,8}-", "[ -~]{1,3}", "\\PC{1,5}", "timeout", "x{9}"];
    let leaf = prop_oneof![
        6 => (literal, any::<bool>()).prop_map(|(literal, exact_case)| Needle::Contains { literal, exact_case }),
        1 => Just(Needle::Anything),
        1 => Just(Needle::Nothing),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Needle::All),
            proptest::collection::vec(inner, 0..3).prop_map(Needle::AnyOf),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(events in any_events()) {
        let file = file_of(&events);
        prop_assert_eq!(&read_all(&file).unwrap(), &events);
        let every_third: Vec<usize> = (0..events.len()).step_by(3).collect();
        for (row, event) in every_third.iter().zip(file.events(&every_third).unwrap()) {
            prop_assert_eq!(&*event.message, &*events[*row].message);
            prop_assert_eq!(event.position.0, events[*row].position);
            prop_assert_eq!(event.time.millis(), events[*row].time);
            prop_assert_eq!(event.ingested.millis(), events[*row].ingested);
            prop_assert_eq!(event.stream.0, events[*row].stream);
        }
    }

    #[test]
    fn the_summary_is_of_all_rows(events in any_events()) {
        let file = file_of(&events);
        let mut at = 0;
        for stream in file.summary().unwrap().streams() {
            let of = &events[stream.rows.clone()];
            prop_assert_eq!(stream.rows.start, at);
            at = stream.rows.end;
            prop_assert!(of.iter().all(|event| (event.group, event.stream) == (stream.group.0, stream.stream.0)));
            prop_assert_eq!(stream.bytes, of.iter().map(|event| event.message.len() as u64).sum::<u64>());
            prop_assert_eq!(Some(stream.stats.first.millis()), of.iter().map(|event| event.time).min());
            prop_assert_eq!(Some(stream.stats.last.millis()), of.iter().map(|event| event.time).max());
            prop_assert_eq!(Some(stream.stats.last_ingested.millis()), of.iter().map(|event| event.ingested).max());
        }
        prop_assert_eq!(at, events.len());
        for group in 0..3 {
            let streams = file.summary().unwrap().group(GroupId(group));
            let rows = streams.iter().map(|stream| stream.rows.len()).sum::<usize>();
            prop_assert_eq!(rows, events.iter().filter(|event| event.group == group).count());
            prop_assert!(streams.iter().all(|stream| stream.group == GroupId(group)));
        }
    }

    #[test]
    fn a_window_of_a_stream_has_the_rows_between_two_times(events in any_events(), from in -9i64..45, length in 0i64..30) {
        let file = file_of(&events);
        let (from, to) = (from, from + length);
        for stream in file.summary().unwrap().streams() {
            let (start, end) = (Timestamp::from_millis(from), Timestamp::from_millis(to));
            let window = file.window(stream.rows.clone(), start, end).unwrap();
            let before = events[stream.rows.clone()].iter().filter(|event| event.time < from).count();
            let within = events[stream.rows.clone()].iter().filter(|event| (from..to).contains(&event.time)).count();
            prop_assert_eq!(window, stream.rows.start + before..stream.rows.start + before + within);
        }
    }

    #[test]
    fn the_index_drops_no_page_with_a_match(events in any_events(), needle in any_needle()) {
        let file = file_of(&events);
        let candidates = file.candidates(&needle).unwrap();
        for (row, _) in events.iter().enumerate().filter(|(_, event)| needle.may_match(&event.message)) {
            prop_assert!(candidates.contains(file.pages_of(&(row..row + 1)).start));
        }
    }

    #[test]
    fn a_scan_gives_the_rows_that_match(
        events in any_events(), needle in any_needle(), messages: bool, from in -9i64..45, length in 0i64..60,
        cut in 0usize..200,
    ) {
        let file = file_of(&events);
        let to = from + length;
        let rows = cut.min(events.len())..events.len();
        let in_window = |event: &&Event| (from..to).contains(&event.time);
        let scan = FileScan {
            ranges: vec![rows.clone()],
            from: Timestamp::from_millis(from),
            to: Timestamp::from_millis(to),
            needle: needle.clone(),
            messages,
        };
        let (mut found, mut skipped) = (Vec::new(), 0);
        for batch in file.scan(scan) {
            let batch = batch.unwrap();
            skipped += batch.skipped_events;
            let positions = batch.rows.column(4).as_primitive::<UInt64Type>().values().to_vec();
            let times = batch.rows.column(2).as_primitive::<Int64Type>();
            prop_assert!(times.values().iter().all(|time| (from..to).contains(time)));
            prop_assert_eq!(batch.rows.num_columns(), if messages { 6 } else { 5 });
            if messages {
                let texts = batch.rows.column(5).as_string_view();
                found.extend(positions.iter().zip(texts).map(|(at, text)| (*at, text.unwrap().to_owned())));
            } else {
                found.extend(positions.iter().map(|at| (*at, String::new())));
            }
        }
        let all = events[rows].iter().filter(in_window);
        let expected: Vec<_> = all.clone().filter(|event| needle.may_match(&event.message))
            .map(|event| (event.position, if messages { event.message.clone() } else { String::new() })).collect();
        prop_assert_eq!(found.len() + skipped as usize, all.count());
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_literal_that_one_message_holds_leaves_few_pages() {
    let events = events(4, 5000, |number| match number {
        12_345 => "request 8f14e45f-ceea-467f finished".to_owned(),
        _ => format!("request {number:05} of 10.0.{}.7 took {} ms", number % 251, number * 7919 % 1000),
    });
    let file = file_of(&events);
    assert!(file.pages() > 256, "more than one segment of the index is needed to tell");
    let candidates = file.candidates(&Needle::contains("8F14E45F-CEEA-467F")).unwrap();
    assert!(candidates.contains(file.pages_of(&(12_345..12_346)).start));
    assert!(candidates.len() <= 2, "{} of {} pages", candidates.len(), file.pages());
    assert_eq!(file.candidates(&Needle::contains("no such words")).unwrap().len(), 0);
    assert_eq!(file.candidates(&Needle::contains("req")).unwrap().len(), file.pages());
}

#[test]
fn pages_of_many_numbers_are_sampled_and_still_found() {
    let text = |number: u64| -> String {
        (0..16_000u64)
            .map(|at| format!("{:x}", (number * 16_000 + at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            .collect()
    };
    let events = events(1, 3, text);
    let file = file_of(&events);
    for (row, event) in events.iter().enumerate() {
        let literal = &event.message[100_000..100_200];
        let candidates = file.candidates(&Needle::contains(literal)).unwrap();
        assert!(candidates.contains(row));
        assert_eq!(candidates.len(), 1);
    }
}

#[test]
fn a_value_in_json_is_looked_for_in_few_pages() {
    let events = events(1, 2000, |number| format!(r#"{{"id":{number},"path":"/orders/{number:06}"}}"#));
    let file = file_of(&events);
    assert!(file.pages() > 10);
    assert_eq!(file.candidates(&Needle::json_string("shipments")).unwrap().len(), 0);
    assert!(file.candidates(&Needle::json_string("orders")).unwrap().len() == file.pages());
}

#[test]
fn empty_and_huge_messages_are_kept() {
    let mut rows = events(1, 200, |number| match number % 50 {
        7 => "h".repeat(1 << 20),
        _ => String::new(),
    });
    rows[199].message = "the end".to_owned();
    let file = file_of(&rows);
    assert_eq!(read_all(&file).unwrap(), rows);
    let batches: Vec<_> = file.clone().scan(scan_all(true, Needle::contains("the end"), &file)).collect();
    let found: usize = batches.iter().map(|batch| batch.as_ref().unwrap().rows.num_rows()).sum();
    assert_eq!(found, 1);
}

#[test]
fn a_hundred_thousand_streams_fit_in_a_file() {
    let events = events(100_000, 1, |number| format!("stream {number}"));
    let file = file_of(&events);
    assert_eq!(file.summary().unwrap().streams().len(), 100_000);
    let second = file.summary().unwrap().group(GroupId(2));
    let stream = &second[second.partition_point(|rows| rows.stream < StreamId(10 + 77_777))];
    assert_eq!((stream.stream, stream.rows.clone()), (StreamId(10 + 77_777), 77_777..77_778));
    assert_eq!(&*file.events(&[77_777]).unwrap()[0].message, "stream 77777");
}

#[test]
fn a_search_of_a_page_maps_hits_to_rows() {
    let mut rows = events(1, 8, |_| String::new());
    for (row, message) in ["ab", "", "ab ab", "a", "b", "xab", "", "abab"].into_iter().enumerate() {
        rows[row].message = message.to_owned();
    }
    let page = file_of(&rows).messages(0).unwrap();
    let found = |rows, word: &str| {
        let mut found = Vec::new();
        page.rows_with(rows, &memchr::memmem::Finder::new(word), |row| found.push(row));
        found
    };
    assert_eq!(found(0..8, "ab"), [0, 2, 5, 7]);
    assert_eq!(found(1..6, "ab"), [2, 5]);
    assert_eq!(found(3..5, "ab"), [0usize; 0], "one that begins in a message and ends in the next is none");
    assert_eq!(found(2..4, ""), [2, 3]);
}

fn flip(disk: &FailingDisk, path: &Path, byte: usize) {
    disk.corrupt(path, |content| content[byte] ^= 0x10);
}

/// Whatever byte is damaged: what is read is right, or an error that names the file.
#[test]
fn a_flipped_bit_is_told_or_does_not_matter() {
    let events = events(5, 60, |number| format!("request {number} of user{} failed", number % 7));
    let disk = FailingDisk::default();
    let blobs = LocalBlobs::open(Arc::new(disk.clone()), PathBuf::from("/log_event")).unwrap();
    let entry = write(&blobs, &events);
    let path = blobs.locate(&entry.name);
    let mut told = 0;
    for byte in (0..entry.bytes as usize).step_by(7) {
        flip(&disk, &path, byte);
        let read = open(&blobs, &entry).and_then(|file| {
            let rows: usize = file
                .clone()
                .scan(scan_all(true, Needle::contains("user3"), &file))
                .map(|batch| Ok(batch?.rows.num_rows()))
                .sum::<Result<usize, StoreError>>()?;
            Ok((read_all(&file)?, file.summary()?.streams().len(), rows))
        });
        match read {
            Ok((read, streams, rows)) => {
                assert_eq!(read, events, "byte {byte}");
                assert_eq!((streams, rows), (5, 43), "byte {byte}");
            }
            Err(StoreError::Damaged { file, .. }) => {
                assert_eq!(file, path);
                told += 1;
            }
            Err(other) => panic!("byte {byte}: {other:?}"),
        }
        flip(&disk, &path, byte);
    }
    assert!(told > 100, "most of the file matters: {told}");
    assert_eq!(read_all(&open(&blobs, &entry).unwrap()).unwrap(), events);
}
