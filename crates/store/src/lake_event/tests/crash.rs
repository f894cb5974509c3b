//! What a crash, a full disk, a failed sync and a damaged file do to the table.

use super::*;
use crate::crash_tests::{self, Subject, Turned, Worked};
use crate::disk::Disk as _;

/// An event whose id is a name.
fn named_event(name: &str, days_ago: i64) -> LakeEvent {
    let record = serde_json::json!({ "eventID": name, "eventName": "CreateQueue" }).to_string();
    LakeEvent { time: NOW.plus_millis(-days_ago * DAY), source: 0, record }
}

impl Subject for Fixture {
    const ROOT: &str = "/data/tables/lake_event";

    async fn empty() -> Self {
        Self::new().await
    }

    async fn with_one_file() -> Self {
        let fixture = Self::new().await;
        let events = Events::new(4).take(300, 1).into_iter().map(|made| LakeEvent { time: NOW, ..made.event });
        fixture.table.append(1, events.collect()).await.unwrap();
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

    /// Into store 1.
    async fn put(&self, name: &str, days_ago: i64) -> Result<(), StoreError> {
        self.table.append(1, vec![named_event(name, days_ago)]).await
    }

    async fn flush(&self) -> Result<(), StoreError> {
        self.table.flush(NOW).await
    }

    async fn compact(&self, now: Timestamp) -> Result<(), StoreError> {
        self.table.compact(now).await
    }

    async fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for number in 1..=3 {
            names.extend(self.ids(whole_store(number)).await);
        }
        names
    }

    fn memory_rows(&self) -> usize {
        self.table.memory_events()
    }

    /// Appends to two stores, flushes, merges, and drops one of the stores.
    async fn work(&self) -> Worked {
        let mut worked = Worked::default();
        for round in 0..4 {
            for number in 1..=2 {
                let name = format!("{round} {number}");
                if self.table.append(number, vec![named_event(&name, round % 2)]).await.is_err() {
                    // Of a call that failed it is not known what became of it.
                    worked.others.insert(name);
                    return worked;
                }
                worked.wanted.insert(name);
            }
            let flushed = self.table.flush(NOW).await;
            let merged = if round == 2 { self.table.compact(NOW.plus_millis(DAY)).await } else { Ok(()) };
            if flushed.and(merged).is_err() {
                return worked;
            }
        }
        worked.wanted.retain(|name| {
            let stays = name.ends_with('1');
            if !stays {
                worked.others.insert(name.clone());
            }
            stays
        });
        match self.table.drop_store(2).await {
            Ok(()) => Worked { finished: true, ..worked },
            Err(_) => worked,
        }
    }
}

#[tokio::test]
async fn a_crash_at_any_step_loses_and_doubles_nothing() {
    crash_tests::a_crash_at_any_step_loses_and_doubles_nothing::<Fixture>(60).await;
}

#[tokio::test]
async fn a_crash_leaves_all_of_an_append_or_nothing_and_knows_what_it_copied() {
    let (mut whole, mut nothing) = (0, 0);
    for steps in 0..12 {
        let fixture = Fixture::new().await;
        fixture.disk.die_after(steps);
        let events = (1..=50).map(|source| LakeEvent { source, ..named_event(&source.to_string(), 0) });
        let appended = fixture.table.append(1, events.collect()).await;
        let after = fixture.crashed().await.unwrap();
        match after.names().await.len() {
            50 => {
                whole += 1;
                assert_eq!(after.table.last_source(1), 50);
            }
            0 => {
                nothing += 1;
                assert!(appended.is_err());
                assert_eq!(after.table.last_source(1), 0);
            }
            some => panic!("{some} rows after {steps} steps"),
        }
    }
    assert!(whole > 0 && nothing > 0, "{whole} and {nothing}");
}

#[tokio::test]
async fn a_full_disk_refuses_and_goes_on_when_there_is_space() {
    crash_tests::a_full_disk_refuses_and_goes_on_when_there_is_space::<Fixture>().await;
}

#[tokio::test]
async fn a_failed_sync_stops_every_write() {
    let stopped = crash_tests::a_failed_sync_stops_every_write::<Fixture>().await;
    let copied = LakeEvent { source: 9, ..named_event("lost", 0) };
    assert!(stopped.table.append(1, vec![copied]).await.is_err());
    assert_eq!(stopped.table.last_source(1), 0);
}

#[tokio::test]
async fn a_missing_or_cut_file_is_named_at_open() {
    crash_tests::a_missing_or_cut_file_is_named_at_open::<Fixture>().await;
}

#[tokio::test]
async fn damage_before_the_start_gives_the_right_events_or_names_the_file() {
    let answers = async |fixture: &Fixture| vec![try_ids(&fixture.table, whole_store(1)).await];
    let turned = Turned::BeforeTheStart;
    crash_tests::a_flipped_bit_gives_the_right_answers_or_names_the_file(turned, 100, answers).await;
}

#[tokio::test]
async fn a_damaged_file_keeps_no_other_day_from_being_merged() {
    crash_tests::a_damaged_file_keeps_no_other_day_from_being_merged::<Fixture>().await;
}

#[tokio::test]
async fn files_that_no_list_names_are_removed_at_start() {
    let fixture = Fixture::new().await;
    store(&fixture, &Events::new(2).take(30, 1)).await;
    fixture.table.flush(NOW).await.unwrap();
    let left = Path::new("/data/tables/lake_event/store=9/day=2024-01-31/000000000077.parquet");
    fixture.disk.create_dir(left.parent().unwrap()).unwrap();
    fixture.disk.create(left).unwrap().sync_data().unwrap();
    fixture.disk.sync_dir(left.parent().unwrap()).unwrap();
    let after = fixture.crashed().await.unwrap();
    assert_eq!(after.names().await.len(), 30);
    assert!(after.disk.open(left).is_err());
}
