//! Data ages through every grain, and nothing of it is lost or counted twice.

use super::*;

/// The rows of each table.
fn rows(fixture: &Fixture) -> [u64; 4] {
    fixture.metrics.file_rows().map(|(_, rows)| rows)
}

#[tokio::test]
async fn sixteen_months_leave_every_grain_at_its_time() {
    let mut fixture = Fixture::new().await;
    // An hour of seconds on an hour, so that it rolls up to whole rows.
    let start = tier::floor(NOW_SECS, HOUR);
    let metric = numbered(1);
    let data = (0..HOUR).map(|second| high(datum(&metric, start + second, second as f64)));
    fixture.metrics.put(&scope(), data.collect()).await.unwrap();
    let [(_, series)] = fixture.metrics.series(&scope(), &metric)[..] else { panic!("one unit") };
    for (age, expected) in [
        (HOUR, [3600, 0, 0, 0]),
        (4 * HOUR - 1, [3600, 0, 0, 0]),
        (4 * HOUR, [0, 60, 0, 0]),
        (15 * DAY, [0, 60, 0, 0]),
        (16 * DAY, [0, 0, 12, 0]),
        (63 * DAY, [0, 0, 12, 0]),
        (71 * DAY, [0, 0, 0, 1]),
        (455 * DAY, [0, 0, 0, 1]),
        (487 * DAY, [0, 0, 0, 0]),
    ] {
        let now = Timestamp::from_secs(start + age);
        fixture.metrics.flush(now).await.unwrap();
        fixture.metrics.roll_up(now).await.unwrap();
        fixture.metrics.compact(now).await.unwrap();
        assert_eq!(rows(&fixture), expected, "at {age}");
        let (count, sum) = if expected == [0; 4] { (0.0, 0.0) } else { (3600.0, (0..HOUR).sum::<i64>() as f64) };
        let read =
            BucketRead { series: vec![series], start_secs: start, end_secs: start + HOUR, period_secs: HOUR, now };
        for _ in 0..2 {
            let buckets = fixture.metrics.read(read.clone()).await.unwrap().remove(0);
            assert_eq!(buckets.iter().map(|bucket| bucket.sample.count).sum::<f64>(), count, "at {age}");
            assert_eq!(buckets.iter().map(|bucket| bucket.sample.sum).sum::<f64>(), sum, "at {age}");
            fixture = fixture.crashed().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_run_after_months_cascades_to_the_end() {
    for (days, expected) in [(1, [0, 60, 0, 0]), (20, [0, 0, 12, 0]), (80, [0, 0, 0, 1]), (490, [0, 0, 0, 0])] {
        let fixture = Fixture::new().await;
        let start = tier::floor(NOW_SECS, HOUR);
        let data = (0..HOUR).map(|second| high(datum(&numbered(1), start + second, 1.0)));
        fixture.metrics.put(&scope(), data.collect()).await.unwrap();
        fixture.metrics.flush(Timestamp::from_secs(start + HOUR)).await.unwrap();
        fixture.metrics.roll_up(Timestamp::from_secs(start + days * DAY)).await.unwrap();
        assert_eq!(rows(&fixture), expected);
    }
}

#[tokio::test]
async fn rows_flushed_late_are_written_at_the_grain_of_their_age() {
    let fixture = Fixture::new().await;
    let start = tier::floor(NOW_SECS, HOUR);
    let data = (0..HOUR).map(|second| high(datum(&numbered(1), start + second, 1.0)));
    fixture.metrics.put(&scope(), data.collect()).await.unwrap();
    fixture.metrics.flush(Timestamp::from_secs(start + 20 * DAY)).await.unwrap();
    assert_eq!(rows(&fixture), [0, 0, 12, 0]);
}

#[tokio::test]
async fn late_data_joins_what_was_rolled_up() {
    let fixture = Fixture::new().await;
    let metric = numbered(1);
    let start = tier::floor(NOW_SECS, HOUR);
    for round in 1..=3 {
        let now = Timestamp::from_secs(start + round * 5 * HOUR);
        let data = (0..60).map(|minute| high(datum(&metric, start + minute * 60 + round, 1.0)));
        fixture.metrics.put(&scope(), data.collect()).await.unwrap();
        fixture.metrics.flush(now).await.unwrap();
        fixture.metrics.roll_up(now).await.unwrap();
        let [(_, series)] = fixture.metrics.series(&scope(), &metric)[..] else { panic!("one unit") };
        let read = BucketRead { series: vec![series], start_secs: start, end_secs: start + HOUR, period_secs: 60, now };
        let buckets = fixture.metrics.read(read).await.unwrap().remove(0);
        assert_eq!(buckets.len(), 60);
        assert!(buckets.iter().all(|bucket| bucket.sample.count == round as f64));
    }
    // The day is over and quiet: one file, and one row a minute.
    fixture.metrics.compact(Timestamp::from_secs(start + 3 * DAY)).await.unwrap();
    assert_eq!(fixture.metrics.file_rows()[1], (1, 60));
}

#[tokio::test]
async fn a_period_that_the_grain_does_not_divide_gives_nothing() {
    let fixture = Fixture::new().await;
    let (metric, start) = (numbered(1), tier::floor(NOW_SECS, HOUR));
    let data = (0..60).map(|minute| high(datum(&metric, start + minute * 60, 1.0)));
    fixture.metrics.put(&scope(), data.collect()).await.unwrap();
    let [(_, series)] = fixture.metrics.series(&scope(), &metric)[..] else { panic!("one unit") };
    for (age, shortest) in [(HOUR, 1), (5 * HOUR, 60), (16 * DAY, 300), (64 * DAY, 3600)] {
        for period_secs in [1, 30, 60, 300, 600, 3600] {
            let now = Timestamp::from_secs(start + age);
            let read = BucketRead { series: vec![series], start_secs: start, end_secs: start + HOUR, period_secs, now };
            let buckets = fixture.metrics.read(read).await.unwrap().remove(0);
            let expected = if period_secs < shortest { 0 } else { HOUR / period_secs.max(60) };
            assert_eq!(buckets.len() as i64, expected, "age {age}, period {period_secs}");
        }
    }
}

#[tokio::test]
async fn small_files_of_a_partition_become_one() {
    let fixture = Fixture::new().await;
    let metric = numbered(1);
    for round in 0..64 {
        fixture.metrics.put(&scope(), vec![datum(&metric, NOW_SECS + round * 10, 1.0)]).await.unwrap();
        fixture.metrics.flush(Timestamp::from_secs(NOW_SECS + round * 10)).await.unwrap();
        fixture.metrics.compact(Timestamp::from_secs(NOW_SECS + round * 10)).await.unwrap();
    }
    let [(_, series)] = fixture.metrics.series(&scope(), &metric)[..] else { panic!("one unit") };
    assert!(fixture.metrics.file_rows()[1].0 < 3);
    let later = Timestamp::from_secs(NOW_SECS + 2 * DAY);
    fixture.metrics.compact(later).await.unwrap();
    assert_eq!(fixture.metrics.file_rows()[1].0, 1);
    assert_eq!(fixture.total(series, later).await, 64.0);
}
