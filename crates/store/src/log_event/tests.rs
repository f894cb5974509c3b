//! Tests of the table against a naive model, over a disk that fails.

mod crash;
mod expire;
mod model;
mod reads;

use std::sync::Arc;

use base::{SimulatedClock, Timestamp};

use super::*;
use crate::catalog::files::{FileCatalog, MemoryFiles};
use crate::crash_tests::{DAY, NOW};
use crate::disk::failing::FailingDisk;
use crate::{StoreError, StoreOptions, Tables, begin_marks, open_tables};

/// A table on a disk in memory.
struct Fixture {
    disk: FailingDisk,
    catalog: Arc<MemoryFiles>,
    table: Arc<LogEvents>,
}

impl Fixture {
    async fn new() -> Self {
        Self::open(FailingDisk::new(), Arc::default()).await.unwrap()
    }

    async fn open(disk: FailingDisk, catalog: Arc<MemoryFiles>) -> Result<Self, StoreError> {
        let mut lists = catalog.load_files().await.unwrap();
        begin_marks(&*catalog, &mut lists).await?;
        let mut options = StoreOptions::new("/data", Arc::new(SimulatedClock::new(NOW)));
        options.disk = Arc::new(disk.clone());
        options.wal_segment_bytes = 16 << 10;
        let Tables { log_events, .. } = open_tables(options, catalog.clone(), &lists)?;
        Ok(Self { disk, catalog, table: Arc::new(log_events) })
    }

    /// The table as found after a crash now.
    async fn crashed(&self) -> Result<Self, StoreError> {
        Self::open(self.disk.crash(), self.catalog.clone()).await
    }

    /// All that a read finds, page by page.
    async fn all(&self, read: &LogRead, wanted: fn(&LogEvent) -> bool) -> Vec<LogEvent> {
        self.try_all(read, wanted).await.unwrap()
    }

    async fn try_all(&self, read: &LogRead, wanted: fn(&LogEvent) -> bool) -> Result<Vec<LogEvent>, StoreError> {
        let (mut read, mut events) = (read.clone(), Vec::new());
        loop {
            let page = self.table.read(read.clone(), wanted).await?;
            assert!(page.events.len() <= read.limit);
            let bytes: usize = page.events.iter().map(|event| event.message.len() + 26).sum();
            assert!(bytes <= read.bytes_max || page.events.len() == 1);
            events.extend(page.events);
            match page.next {
                Some(next) => read.after = Some(next),
                None => return Ok(events),
            }
        }
    }

    /// All arrivals after a position, in steps.
    async fn arrivals(&self, group: GroupId, mut after: Position, limit: usize) -> Vec<LogEvent> {
        let mut events = Vec::new();
        loop {
            let (some, looked) = self.table.arrivals(group, after, limit, 100).await.unwrap();
            assert!(some.len() <= limit && looked >= after);
            assert!(some.iter().all(|event| event.position > after && event.position <= looked));
            events.extend(some);
            if looked == self.table.last_position() {
                return events;
            }
            assert!(looked > after);
            after = looked;
        }
    }

    /// All rows of a scan, in the order of positions, with what it said that there are.
    async fn scanned(&self, scan: LogScan) -> (Vec<(GroupId, LogEvent)>, u64, u64) {
        use arrow_array::cast::AsArray;
        use arrow_array::types::{Int64Type, UInt64Type};
        let Scan { parts, events, bytes } = self.table.scan(scan.clone()).await.unwrap();
        let mut rows = Vec::new();
        let mut skipped = 0;
        for batch in parts.into_iter().flatten() {
            let ScanBatch { rows: batch, skipped_events, .. } = batch.unwrap();
            skipped += skipped_events;
            assert_eq!(batch.num_columns(), if scan.messages { 6 } else { 5 });
            for at in 0..batch.num_rows() {
                let message = batch.columns().get(5).map_or("", |messages| messages.as_string_view().value(at));
                let number = |column| batch.column(column).as_primitive::<UInt64Type>().value(at);
                let time = |column| Timestamp::from_millis(batch.column(column).as_primitive::<Int64Type>().value(at));
                let event = LogEvent {
                    stream: StreamId(number(1)),
                    time: time(2),
                    ingested: time(3),
                    position: Position(number(4)),
                    message: message.into(),
                };
                rows.push((GroupId(number(0)), event));
            }
        }
        assert_eq!(rows.len() as u64 + skipped, events);
        rows.sort_by_key(|(_, event)| event.position);
        (rows, events, bytes)
    }
}

/// Some streams are wanted, from a time on.
struct Only {
    streams: Vec<u64>,
    from: Timestamp,
}

impl Keep for Only {
    fn group(&self, _: GroupId, _: Timestamp) -> Option<Timestamp> {
        Some(self.from)
    }

    fn stream(&self, _: GroupId, stream: StreamId) -> bool {
        self.streams.contains(&stream.0)
    }
}

fn everything(group: u64, direction: Direction) -> LogRead {
    LogRead {
        group: GroupId(group),
        streams: None,
        from: Timestamp::MIN,
        to: Timestamp::MAX,
        direction,
        after: None,
        needle: Needle::Anything,
        limit: 1000,
        bytes_max: usize::MAX,
    }
}

fn put(group: u64, stream: u64, events: &[(i64, &str)]) -> LogPut {
    let new = |(ago, message): &(i64, &str)| NewEvent { time: NOW.plus_millis(-ago), message: (*message).to_owned() };
    LogPut {
        group: GroupId(group),
        stream: StreamId(stream),
        ingested: NOW,
        retention_days: None,
        events: events.iter().map(new).collect(),
    }
}

fn messages(events: &[LogEvent]) -> Vec<&str> {
    events.iter().map(|event| &*event.message).collect()
}

#[tokio::test]
async fn who_puts_events_faster_than_they_are_flushed_makes_room() {
    let fixture = Fixture::new().await;
    let long = "x".repeat(100 << 10);
    for number in 0..20 {
        fixture.table.make_room(NOW).await.unwrap();
        fixture.table.put(put(1, 1, &[(0, &format!("{number} {long}"))])).await.unwrap();
        assert!(fixture.table.memory_events() <= 4, "after {number} puts");
    }
    assert!(fixture.table.file_events().1 >= 16);
    assert_eq!(fixture.all(&everything(1, Direction::Forward), |_| true).await.len(), 20);
}

#[tokio::test]
async fn a_put_is_seen_by_the_next_read_in_the_order_of_time() {
    let fixture = Fixture::new().await;
    let position = fixture.table.put(put(1, 1, &[(5, "b"), (9, "a"), (5, "c")])).await.unwrap();
    fixture.table.put(put(1, 2, &[(7, "between")])).await.unwrap();
    let events = fixture.all(&everything(1, Direction::Forward), |_| true).await;
    assert_eq!(messages(&events), ["a", "between", "b", "c"]);
    assert_eq!(events[2].position, position);
    let events = fixture.all(&everything(1, Direction::Backward), |_| true).await;
    assert_eq!(messages(&events), ["c", "b", "between", "a"]);
}

#[tokio::test]
async fn one_event_fits_however_long_it_is() {
    let fixture = Fixture::new().await;
    fixture.table.put(put(1, 1, &[(2, "a long message"), (1, "another")])).await.unwrap();
    let read = LogRead { bytes_max: 1, ..everything(1, Direction::Forward) };
    let page = fixture.table.read(read.clone(), |_| true).await.unwrap();
    assert_eq!(messages(&page.events), ["a long message"]);
    let page = fixture.table.read(LogRead { after: page.next, ..read }, |_| true).await.unwrap();
    assert_eq!((messages(&page.events), page.next), (vec!["another"], None));
}

#[tokio::test]
async fn a_put_of_more_events_than_positions_is_refused() {
    let fixture = Fixture::new().await;
    let many: Vec<_> = (0..(1 << Position::INDEX_BITS) + 1).map(|_| (0, "x")).collect();
    fixture.table.put(put(1, 1, &many)).await.unwrap_err();
    assert!(fixture.all(&everything(1, Direction::Forward), |_| true).await.is_empty());
}

#[tokio::test]
async fn an_acknowledged_put_is_there_once_after_a_crash() {
    let mut fixture = Fixture::new().await;
    for round in 0..5 {
        let last = fixture.table.last_position();
        let position = fixture.table.put(put(1, round, &[(3, "x"), (2, "y")])).await.unwrap();
        assert!(position > last);
        fixture = fixture.crashed().await.unwrap();
        let events = fixture.all(&everything(1, Direction::Forward), |_| true).await;
        assert_eq!(events.len() as u64, 2 * (round + 1));
        let stats = StreamStats { first: NOW.plus_millis(-3), last: NOW.plus_millis(-2), last_ingested: NOW };
        assert_eq!(fixture.table.stream_stats(StreamId(round)), Some(stats));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_every_acknowledged_event_once_while_files_change() {
    let fixture = Arc::new(Fixture::new().await);
    let keeper = tokio::spawn({
        let fixture = fixture.clone();
        async move {
            for round in 0..60 {
                fixture.table.flush(NOW).await.unwrap();
                if round % 4 == 3 {
                    fixture.table.compact(NOW).await.unwrap();
                }
            }
        }
    });
    let follower = tokio::spawn({
        let fixture = fixture.clone();
        async move {
            let (mut followed, mut after) = (Vec::new(), Position(0));
            while followed.len() < 300 {
                let (events, looked) = fixture.table.arrivals(GroupId(1), after, 7, usize::MAX).await.unwrap();
                followed.extend(events.into_iter().map(|event| event.position));
                after = looked;
                tokio::task::yield_now().await;
            }
            followed
        }
    });
    let mut stored = Vec::new();
    for number in 0..150u64 {
        let first = fixture.table.put(put(1, number % 5, &[(2, "x"), (1, "y")])).await.unwrap();
        stored.extend([first, Position(first.0 + 1)]);
        let events = fixture.all(&everything(1, Direction::Forward), |_| true).await;
        let mut seen: Vec<_> = events.iter().map(|event| event.position).collect();
        seen.sort();
        assert_eq!(seen, stored);
        assert_eq!(fixture.table.stored_bytes(GroupId(1), Timestamp::MIN).await.unwrap(), 27 * stored.len() as u64);
    }
    keeper.await.unwrap();
    assert_eq!(follower.await.unwrap(), stored);
}
