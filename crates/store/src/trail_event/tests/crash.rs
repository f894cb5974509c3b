//! What a crash, a full disk, a failed sync and a damaged file do to the table.

use super::*;
use crate::crash_tests::{self, Subject, Turned, Worked};

impl Subject for Fixture {
    const ROOT: &str = "/data/tables/trail_event";

    async fn empty() -> Self {
        Self::new().await
    }

    async fn with_one_file() -> Self {
        let fixture = Self::new().await;
        let mut events = Events::new(4).take(600, 1);
        events.iter_mut().for_each(|event| event.time = NOW);
        fixture.table.append_many(events).await.unwrap();
        fixture.table.flush(NOW).await.unwrap();
        fixture
    }

    async fn after_crash(&self) -> Result<Self, StoreError> {
        self.crashed().await
    }

    fn disk(&self) -> &FailingDisk {
        &self.disk
    }

    fn lists(&self) -> &MemoryFiles {
        &self.catalog
    }

    /// The name is the event's id.
    async fn put(&self, name: &str, days_ago: i64) -> Result<(), StoreError> {
        let time = NOW.plus_millis(-days_ago * DAY);
        let event = TrailEvent { event_id: name.to_owned(), time, ..Events::new(12).next(1) };
        self.table.append(event).await.map(drop)
    }

    async fn flush(&self) -> Result<(), StoreError> {
        self.table.flush(NOW).await
    }

    async fn compact(&self, now: Timestamp) -> Result<(), StoreError> {
        self.table.compact(now).await
    }

    async fn names(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for account_number in 0..2 {
            // A global event shows in more than one region; take each region's own.
            for region_number in 0..3 {
                let lookup = Lookup { limit: 10_000, ..whole(account_number, region_number) };
                let page = self.table.lookup(lookup).await.unwrap();
                let own = page.events.into_iter().filter(|event| event.region == region(region_number));
                ids.extend(own.map(|event| event.event_id));
            }
        }
        ids
    }

    fn memory_rows(&self) -> usize {
        self.table.memory_rows()
    }

    /// Appends, flushes and merges.
    async fn work(&self) -> Worked {
        let mut worked = Worked::default();
        let mut events = Events::new(11);
        for round in 0..10 {
            for event in events.take(3, 2) {
                let id = event.event_id.clone();
                if self.table.append(event).await.is_err() {
                    // Of a call that failed it is not known what became of it.
                    worked.others.insert(id);
                    return worked;
                }
                worked.wanted.insert(id);
            }
            let flushed = self.table.flush(NOW).await;
            let merged = if round % 3 == 2 { self.table.compact(NOW.plus_millis(DAY)).await } else { Ok(()) };
            if flushed.and(merged).is_err() {
                return worked;
            }
        }
        Worked { finished: true, ..worked }
    }
}

#[tokio::test]
async fn a_crash_at_any_step_loses_and_doubles_nothing() {
    crash_tests::a_crash_at_any_step_loses_and_doubles_nothing::<Fixture>(100).await;
}

#[tokio::test]
async fn a_full_disk_refuses_and_goes_on_when_there_is_space() {
    crash_tests::a_full_disk_refuses_and_goes_on_when_there_is_space::<Fixture>().await;
}

#[tokio::test]
async fn a_failed_sync_stops_every_write() {
    let stopped = crash_tests::a_failed_sync_stops_every_write::<Fixture>().await;
    let batched = stopped.table.append_batched(Events::new(2).next(1));
    assert!(matches!(batched, Err(StoreError::Stopped { .. })));
    assert!(stopped.wal.fatal().borrow().is_some());
}

#[tokio::test]
async fn a_missing_or_cut_file_is_named_at_open() {
    crash_tests::a_missing_or_cut_file_is_named_at_open::<Fixture>().await;
}

/// Whole listings, and an event by its id in every account and region.
async fn answers(fixture: &Fixture) -> Vec<Result<Vec<TrailEvent>, StoreError>> {
    let attribute = Some(Attribute::EventId("event-77".to_owned()));
    let mut lookups = vec![Lookup { limit: 1000, ..whole(0, 0) }, Lookup { limit: 1000, ..whole(1, 2) }];
    lookups.extend((0..6).map(|n| Lookup { attribute: attribute.clone(), ..whole(n % 2, n / 2) }));
    let mut answers = Vec::new();
    for lookup in lookups {
        answers.push(fixture.table.lookup(lookup).await.map(|page| page.events));
    }
    answers
}

#[tokio::test]
async fn damage_before_the_start_gives_the_right_events_or_names_the_file() {
    let turned = Turned::BeforeTheStart;
    crash_tests::a_flipped_bit_gives_the_right_answers_or_names_the_file(turned, 100, answers).await;
}

#[tokio::test]
async fn damage_after_the_start_gives_the_right_events_or_names_the_file() {
    let turned = Turned::AfterTheStart;
    crash_tests::a_flipped_bit_gives_the_right_answers_or_names_the_file(turned, 20, answers).await;
}

#[tokio::test]
async fn a_damaged_file_keeps_no_other_day_from_being_merged() {
    crash_tests::a_damaged_file_keeps_no_other_day_from_being_merged::<Fixture>().await;
}
