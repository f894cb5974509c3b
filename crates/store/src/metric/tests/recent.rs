//! The last hours are read from memory, as long as there is room for them.

use std::path::Path;

use super::*;
use crate::disk::Disk;

/// Makes every file of rows unreadable.
async fn spoil_files(fixture: &Fixture) {
    for file in fixture.catalog.load_files().await.unwrap().files {
        if file.table != "metric_series" {
            let path = Path::new("/data/tables").join(&file.table).join(&file.name);
            fixture.disk.remove(&path).unwrap();
        }
    }
}

/// Reads some hours up to now, one bucket an hour.
async fn hours(fixture: &Fixture, now: Timestamp, hours: i64) -> Result<Vec<f64>, StoreError> {
    let [(_, series)] = fixture.metrics.series(&scope(), &numbered(1))[..] else { panic!("one unit") };
    let end_secs = tier::ceil(now.secs(), HOUR);
    let read =
        BucketRead { series: vec![series], start_secs: end_secs - hours * HOUR, end_secs, period_secs: HOUR, now };
    let buckets = fixture.metrics.read(read).await?.remove(0);
    Ok(buckets.iter().map(|bucket| bucket.sample.count).collect())
}

/// Puts and flushes a datum every ten minutes for some hours; gives the time at the end.
async fn fill(fixture: &Fixture, start: Timestamp, hours: i64) -> Timestamp {
    let mut now = start;
    for _ in 0..hours * 6 {
        fixture.metrics.put(&scope(), vec![datum(&numbered(1), now.secs(), 1.0)]).await.unwrap();
        now = now.plus_millis(600_000);
        fixture.metrics.flush(now).await.unwrap();
        fixture.metrics.compact(now).await.unwrap();
    }
    now
}

#[tokio::test]
async fn the_last_three_hours_need_no_file() {
    let start = Timestamp::from_secs(tier::floor(NOW_SECS, HOUR));
    let fixture = Fixture::new().await;
    let now = fill(&fixture, start, 7).await;
    assert_eq!(fixture.metrics.memory_rows(), 0);
    assert_eq!(hours(&fixture, now, 7).await.unwrap(), [6.0; 7]);
    // What the cache of open files holds is not read again either.
    let after = fixture.crashed().await.unwrap();
    let now = fill(&after, now, 4).await;
    spoil_files(&after).await;
    assert_eq!(hours(&after, now, 3).await.unwrap(), [6.0; 3]);
    assert!(matches!(hours(&after, now, 11).await, Err(StoreError::Damaged { .. })));
}

#[tokio::test]
async fn after_a_restart_files_and_memory_make_one_whole() {
    let start = Timestamp::from_secs(tier::floor(NOW_SECS, HOUR));
    let mut fixture = Fixture::new().await;
    let mut now = start;
    for round in 1..=3 {
        now = fill(&fixture, now, 2).await;
        assert_eq!(hours(&fixture, now, 2 * round).await.unwrap(), vec![6.0; 2 * round as usize]);
        fixture = fixture.crashed().await.unwrap();
        assert_eq!(hours(&fixture, now, 2 * round).await.unwrap(), vec![6.0; 2 * round as usize]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn reads_see_every_row_once_while_files_change() {
    let fixture = Arc::new(Fixture::new().await);
    fixture.metrics.put(&scope(), vec![high(datum(&numbered(1), NOW_SECS, 1.0))]).await.unwrap();
    let [(_, series)] = fixture.metrics.series(&scope(), &numbered(1))[..] else { panic!("one unit") };
    let writer = tokio::spawn({
        let fixture = fixture.clone();
        async move {
            for round in 1..400 {
                let time_secs = NOW_SECS - round * 97 % (5 * HOUR);
                fixture.metrics.put(&scope(), vec![high(datum(&numbered(1), time_secs, 1.0))]).await.unwrap();
            }
        }
    });
    let keeper = tokio::spawn({
        let (fixture, writing) = (fixture.clone(), writer.abort_handle());
        async move {
            while !writing.is_finished() {
                fixture.metrics.flush(NOW).await.unwrap();
                fixture.metrics.roll_up(NOW).await.unwrap();
                fixture.metrics.compact(NOW).await.unwrap();
            }
        }
    });
    let mut before = 1.0;
    while !keeper.is_finished() {
        let count = fixture.total(series, NOW).await;
        assert!(count >= before, "a read saw {count} samples after one saw {before}");
        before = count;
    }
    writer.await.unwrap();
    keeper.await.unwrap();
    assert_eq!(fixture.total(series, NOW).await, 400.0);
}
