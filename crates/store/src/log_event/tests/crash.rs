//! What a crash, a full disk, a failed sync and a damaged file do to the table.

use super::*;
use crate::crash_tests::{self, Subject, Turned, Worked};

impl Subject for Fixture {
    const ROOT: &str = "/data/tables/log_event";

    async fn empty() -> Self {
        Self::new().await
    }

    async fn with_one_file() -> Self {
        let fixture = Self::new().await;
        let texts: Vec<_> = (0..90).map(|number| format!("event {number} of many")).collect();
        for stream in 1..5 {
            let events: Vec<_> = texts.iter().enumerate().map(|(ago, text)| (ago as i64, text.as_str())).collect();
            fixture.table.put(put(1, stream, &events)).await.unwrap();
        }
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
        self.table.put(put(2, 4, &[(days_ago * DAY, name)])).await.map(drop)
    }

    async fn flush(&self) -> Result<(), StoreError> {
        self.table.flush(NOW).await
    }

    async fn compact(&self, now: Timestamp) -> Result<(), StoreError> {
        self.table.compact(now).await
    }

    /// Messages of groups 1 and 2.
    async fn names(&self) -> Vec<String> {
        let mut found = Vec::new();
        for group in 1..=2 {
            let events = self.all(&everything(group, Direction::Forward), |_| true).await;
            found.extend(events.iter().map(|event| event.message.to_string()));
        }
        found
    }

    fn memory_rows(&self) -> usize {
        self.table.memory_events()
    }

    /// Puts, flushes, merges and drops; stream 2 is not wanted.
    async fn work(&self) -> Worked {
        let mut worked = Worked::default();
        self.table.set_keep(Arc::new(Only { streams: vec![1, 3, 4], from: NOW.plus_millis(-2 * DAY) }));
        for round in 0..9i64 {
            for (group, stream) in [(1, 1), (1, 2), (2, 3)] {
                let messages: Vec<_> = (0..3).map(|number| format!("{stream} {round} {number}")).collect();
                let ago = round % 3 * DAY;
                let events: Vec<_> = messages.iter().map(|message| (ago, message.as_str())).collect();
                let stored = self.table.put(put(group, stream, &events)).await;
                // Of a call that failed it is not known what became of it.
                let gone = stream == 2 || stored.is_err();
                if gone { &mut worked.others } else { &mut worked.wanted }.extend(messages);
                if stored.is_err() {
                    return worked;
                }
            }
            let flushed = self.table.flush(NOW).await;
            let merged = if round % 3 == 2 { self.table.compact(NOW.plus_millis(3 * 3_600_000)).await } else { Ok(()) };
            let dropped = if round % 4 == 3 { self.table.expire(NOW).await } else { Ok(()) };
            if flushed.and(merged).and(dropped).is_err() {
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
async fn a_failed_sync_stops_every_put() {
    crash_tests::a_failed_sync_stops_every_write::<Fixture>().await;
}

#[tokio::test]
async fn a_missing_or_cut_file_is_named_at_open() {
    crash_tests::a_missing_or_cut_file_is_named_at_open::<Fixture>().await;
}

#[tokio::test]
async fn damage_after_the_start_gives_the_right_events_or_names_the_file() {
    let answers = async |fixture: &Fixture| {
        let needle = Needle::contains("event 77 ");
        let reads = [
            LogRead { streams: Some(Arc::from([StreamId(2)])), ..everything(1, Direction::Forward) },
            LogRead { needle, limit: 10, ..everything(1, Direction::Backward) },
        ];
        let mut answers = Vec::new();
        for read in reads {
            answers.push(fixture.try_all(&read, |event| event.message.contains("77")).await);
        }
        answers
    };
    let turned = Turned::AfterTheStart;
    crash_tests::a_flipped_bit_gives_the_right_answers_or_names_the_file(turned, 20, answers).await;
}

#[tokio::test]
async fn a_damaged_file_keeps_no_other_day_from_being_merged() {
    crash_tests::a_damaged_file_keeps_no_other_day_from_being_merged::<Fixture>().await;
}

#[tokio::test]
async fn a_folder_from_before_there_were_log_events_opens() {
    let fixture = Fixture::new().await;
    fixture.table.put(put(1, 1, &[(0, "x")])).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    // What such a catalog holds: the marks of the older tables alone.
    let marks = [crate::trail_event::HISTORY.name, crate::metric::MARK].map(|name| (name.to_owned(), 1)).to_vec();
    let older = Arc::new(MemoryFiles::default());
    older.change_files(&crate::catalog::files::FileChange { marks, ..Default::default() }).await.unwrap();
    let opened = Fixture::open(fixture.disk.crash(), older).await.unwrap();
    assert!(opened.names().await.is_empty());
    opened.table.put(put(1, 1, &[(0, "y")])).await.unwrap();
    assert_eq!(opened.crashed().await.unwrap().names().await, ["y"]);
}
