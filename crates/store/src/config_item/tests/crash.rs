//! What a crash, a full disk, a failed sync and a damaged file do to the table.

use super::*;
use crate::crash_tests::{self, Subject, Turned, Worked};
use crate::disk::Disk as _;

/// A row whose id is a name.
fn named(name: &str, months_ago: i64) -> PastItem {
    let ended = NOW.plus_millis(-months_ago * 31 * DAY);
    past(&resource(1, name), ended.plus_millis(-1), ended)
}

impl Subject for Fixture {
    const ROOT: &str = "/data/tables/config_item";

    async fn empty() -> Self {
        Self::new().await
    }

    async fn with_one_file() -> Self {
        let fixture = Self::new().await;
        fixture.table.append((0..300).map(|n| named(&format!("{n:04}"), 0)).collect()).await.unwrap();
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

    async fn put(&self, name: &str, days_ago: i64) -> Result<(), StoreError> {
        self.table.append(vec![named(name, days_ago)]).await
    }

    async fn flush(&self) -> Result<(), StoreError> {
        self.table.flush(NOW).await
    }

    async fn compact(&self, now: Timestamp) -> Result<(), StoreError> {
        self.table.compact(now).await
    }

    async fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for part in
            self.table.scan(ItemScan { columns: vec![ItemColumn::ResourceId], ..whole(scope(1)) }).await.unwrap()
        {
            for batch in part {
                let batch = batch.unwrap();
                names.extend(batch.column(0).as_string::<i32>().iter().map(|id| id.unwrap().to_owned()));
            }
        }
        names
    }

    fn memory_rows(&self) -> usize {
        self.table.memory_items()
    }

    /// Appends to two months, flushes, merges, and lets go of the older month.
    async fn work(&self) -> Worked {
        let mut worked = Worked::default();
        for round in 0..4 {
            for months_ago in 0..=1 {
                let name = format!("{round} {months_ago}");
                if self.put(&name, months_ago).await.is_err() {
                    // Of a call that failed it is not known what became of it.
                    worked.others.insert(name);
                    return worked;
                }
                worked.wanted.insert(name);
            }
            let flushed = self.flush().await;
            let merged = if round == 2 { self.compact(NOW.plus_millis(DAY)).await } else { Ok(()) };
            if flushed.and(merged).is_err() {
                return worked;
            }
        }
        worked.wanted.retain(|name| {
            let stays = name.ends_with('0');
            if !stays {
                worked.others.insert(name.clone());
            }
            stays
        });
        struct ThisMonth;
        impl ItemKeep for ThisMonth {
            fn keeps_from(&self, _scope: &Scope, _now: Timestamp) -> Timestamp {
                partition::end_of(partition::partition(NOW) - 1)
            }

            fn keeps_from_anywhere(&self, now: Timestamp) -> Timestamp {
                self.keeps_from(&scope(1), now)
            }
        }
        self.table.set_keep(Arc::new(ThisMonth));
        match self.table.expire(NOW).await {
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
async fn a_full_disk_refuses_and_goes_on_when_there_is_space() {
    crash_tests::a_full_disk_refuses_and_goes_on_when_there_is_space::<Fixture>().await;
}

#[tokio::test]
async fn a_failed_sync_stops_every_write() {
    let stopped = crash_tests::a_failed_sync_stops_every_write::<Fixture>().await;
    assert!(stopped.table.append(vec![named("lost", 0)]).await.is_err());
}

#[tokio::test]
async fn a_missing_or_cut_file_is_named_at_open() {
    crash_tests::a_missing_or_cut_file_is_named_at_open::<Fixture>().await;
}

#[tokio::test]
async fn damage_gives_the_right_items_or_names_the_file() {
    let answers = async |fixture: &Fixture| {
        let scanned = try_scanned(&fixture.table, whole(scope(1))).await;
        let history = fixture.table.history(&resource(1, "0123"), all()).await;
        let history = history.map(|items| items.into_iter().map(|item| (item.item, item.ended)).collect());
        vec![scanned, history]
    };
    let turned = Turned::BeforeTheStart;
    crash_tests::a_flipped_bit_gives_the_right_answers_or_names_the_file(turned, 100, answers).await;
}

#[tokio::test]
async fn files_that_no_list_names_are_removed_at_start() {
    let fixture = Fixture::new().await;
    fixture.table.append(vec![named("a", 0), named("b", 1)]).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    let left = Path::new("/data/tables/config_item/month=2024-01/000000000077.parquet");
    fixture.disk.create_dir(left.parent().unwrap()).unwrap();
    fixture.disk.create(left).unwrap().sync_data().unwrap();
    fixture.disk.sync_dir(left.parent().unwrap()).unwrap();
    let after = fixture.crashed().await.unwrap();
    assert_eq!(after.names().await.len(), 2);
    assert!(after.disk.open(left).is_err());
}
