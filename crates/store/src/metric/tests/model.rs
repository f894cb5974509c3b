//! Reads give what a scan over all data gives, whatever was flushed, merged or rolled up.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// All data that was put, by the number of its metric.
#[derive(Default)]
struct Model(Vec<(u64, Datum)>);

impl Model {
    /// What a read must give, computed datum by datum (cloudwatch.md §2, §3.4).
    fn buckets(&self, metric: u64, read: &BucketRead) -> Buckets {
        let mut buckets: BTreeMap<i64, StatSample> = BTreeMap::new();
        let past = |time: i64, kept: i64| (time + kept) * 1000 < read.now.millis();
        for (_, datum) in self.0.iter().filter(|(number, _)| *number == metric) {
            let mut time = datum.time_secs;
            if !datum.high_resolution || past(time, 3 * HOUR) {
                time -= time.rem_euclid(MINUTE);
            }
            if past(time, 15 * DAY) {
                time -= time.rem_euclid(5 * MINUTE);
            }
            if past(time, 63 * DAY) {
                time -= time.rem_euclid(HOUR);
            }
            if past(time, 455 * DAY) || time < read.start_secs || time >= read.end_secs {
                continue;
            }
            let start = read.start_secs + (time - read.start_secs) / read.period_secs * read.period_secs;
            let grain = match () {
                () if past(start, 63 * DAY) => HOUR,
                () if past(start, 15 * DAY) => 5 * MINUTE,
                () if past(start, 3 * HOUR) => MINUTE,
                () => 1,
            };
            if read.period_secs % grain == 0 {
                let sample = datum.sample.clone();
                buckets.entry(start).and_modify(|bucket| bucket.merge(&sample)).or_insert(sample);
            }
        }
        buckets.into_iter().map(|(start_secs, sample)| Bucket { start_secs, sample }).collect()
    }
}

fn any_datum(numbers: &Numbers, now_secs: i64) -> (u64, Datum) {
    let number = numbers.below(4);
    let ago = match numbers.below(8) {
        0..=3 => numbers.below(600) as i64,
        4..=5 => numbers.below(4 * HOUR as u64) as i64,
        6 => -(numbers.below(2 * HOUR as u64) as i64),
        _ => numbers.below(14 * DAY as u64) as i64,
    };
    let mut datum = datum(&numbered(number), now_secs - ago, numbers.below(50) as f64);
    datum.high_resolution = numbers.below(2) == 0;
    match numbers.below(6) {
        0 => {
            let values: Vec<_> =
                (0..numbers.below(40) + 1).map(|n| (n as f64, 1.0 + numbers.below(3) as f64)).collect();
            datum.sample = StatSample::of_values(&values).unwrap();
        }
        1 => datum.sample = StatSample::of_statistics(4.0, 20.0, 1.0, 9.0, None),
        _ => {}
    }
    (number, datum)
}

/// A read whose start is rounded as callers do (cloudwatch.md §3.4).
fn any_read(numbers: &Numbers, now: Timestamp) -> BucketRead {
    let ago = match numbers.below(3) {
        0 => numbers.below(HOUR as u64) as i64,
        1 => numbers.below(20 * DAY as u64) as i64,
        _ => numbers.below(480 * DAY as u64) as i64,
    };
    let start = now.secs() - ago;
    let periods = [1, 5, 10, 30, 60, 120, 300, 900, 3600, 86_400];
    let period_secs = periods[numbers.below(periods.len() as u64) as usize];
    let grain = if ago > 63 * DAY {
        HOUR
    } else if ago > 15 * DAY {
        300
    } else {
        period_secs.min(60)
    };
    let start_secs = tier::floor(start, grain);
    let end_secs = start + 1 + numbers.below((ago + 3 * HOUR) as u64) as i64;
    BucketRead { series: Vec::new(), start_secs, end_secs, period_secs, now }
}

async fn check(fixture: &Fixture, model: &Model, numbers: &Numbers, now: Timestamp) {
    for _ in 0..6 {
        let mut read = any_read(numbers, now);
        let mut asked = Vec::new();
        for _ in 0..numbers.below(5) {
            let number = numbers.below(5);
            if let [(_, id)] = fixture.metrics.series(&scope(), &numbered(number))[..] {
                asked.push(number);
                read.series.push(id);
            }
        }
        let expected: Vec<_> = asked.iter().map(|number| model.buckets(*number, &read)).collect();
        assert_eq!(fixture.metrics.read(read.clone()).await.unwrap(), expected, "{read:?}");
    }
}

async fn run(seed: u64, steps: Vec<(u8, u64)>) {
    let (mut fixture, mut model, numbers) = (Fixture::new().await, Model::default(), Numbers::new(seed));
    let mut now = NOW;
    for (step, size) in steps {
        match step {
            0..=2 => {
                let data: Vec<_> = (0..=size).map(|_| any_datum(&numbers, now.secs())).collect();
                fixture.metrics.put(&scope(), data.iter().map(|(_, datum)| datum.clone()).collect()).await.unwrap();
                model.0.extend(data);
            }
            3 => fixture.metrics.flush(now).await.unwrap(),
            4 => fixture.metrics.compact(now).await.unwrap(),
            5 => fixture.metrics.roll_up(now).await.unwrap(),
            6 => fixture = fixture.crashed().await.unwrap(),
            7 => now = now.plus_millis(numbers.below(30_000) as i64),
            8 => now = now.plus_millis((numbers.below(5 * HOUR as u64) * 1000) as i64),
            _ => now = now.plus_millis((numbers.below(40 * DAY as u64) * 1000) as i64),
        }
        check(&fixture, &model, &numbers, now).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn reads_agree_with_a_scan(seed in any::<u64>(), steps in prop::collection::vec((0u8..10, 0u64..60), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(seed, steps));
    }
}

#[tokio::test]
async fn many_small_flushes_and_merges_agree_with_a_scan() {
    let steps = (0..60).flat_map(|n| [(0, 9), (3, 0), (if n % 4 == 0 { 4 } else { 7 }, 0)]);
    run(5, steps.chain([(8, 0), (5, 0), (4, 0), (9, 0), (5, 0), (9, 0), (5, 0)]).collect()).await;
}

#[tokio::test]
async fn data_of_one_time_is_merged_wherever_it_is() {
    let fixture = Fixture::new().await;
    let metric = numbered(1);
    let minute = tier::floor(NOW_SECS, 60);
    let mut put = 0.0;
    for round in 0..3 {
        let twice = vec![datum(&metric, minute + round, 2.0), datum(&metric, minute + 40, 4.0)];
        fixture.metrics.put(&scope(), twice).await.unwrap();
        put += 2.0;
        let [(_, series)] = fixture.metrics.series(&scope(), &metric)[..] else { panic!("one unit") };
        let read =
            BucketRead { series: vec![series], start_secs: minute, end_secs: minute + 60, period_secs: 60, now: NOW };
        let buckets = fixture.metrics.read(read).await.unwrap().remove(0);
        assert_eq!(buckets.len(), 1);
        assert_eq!((buckets[0].sample.count, buckets[0].sample.sum), (put, put * 3.0));
        fixture.metrics.flush(NOW).await.unwrap();
    }
    assert_eq!(fixture.metrics.memory_rows(), 0);
}

#[tokio::test]
async fn standard_data_shows_at_minute_starts_under_short_periods() {
    let fixture = Fixture::new().await;
    let (metric, minute) = (numbered(1), tier::floor(NOW_SECS, 60));
    fixture.metrics.put(&scope(), vec![datum(&metric, minute + 37, 1.0)]).await.unwrap();
    fixture.metrics.put(&scope(), vec![high(datum(&metric, minute + 38, 2.0))]).await.unwrap();
    let [(_, series)] = fixture.metrics.series(&scope(), &metric)[..] else { panic!("one unit") };
    let read = BucketRead { series: vec![series], start_secs: minute, end_secs: minute + 60, period_secs: 1, now: NOW };
    let buckets = fixture.metrics.read(read).await.unwrap().remove(0);
    let starts: Vec<_> = buckets.iter().map(|bucket| bucket.start_secs - minute).collect();
    assert_eq!(starts, [0, 38]);
}

#[tokio::test]
async fn units_are_kept_apart_and_so_are_regions() {
    let fixture = Fixture::new().await;
    let metric = numbered(1);
    let seconds = Datum { unit: Unit::parse("Seconds").unwrap(), ..datum(&metric, NOW_SECS, 1.0) };
    fixture.metrics.put(&scope(), vec![datum(&metric, NOW_SECS, 1.0), seconds.clone()]).await.unwrap();
    fixture.metrics.put(&scope_of("us-east-1"), vec![seconds]).await.unwrap();
    let units = fixture.metrics.series(&scope(), &metric);
    assert_eq!(units.len(), 2);
    let elsewhere = fixture.metrics.series(&scope_of("us-east-1"), &metric);
    assert_eq!(elsewhere.len(), 1);
    for (_, id) in units.into_iter().chain(elsewhere) {
        assert_eq!(fixture.total(id, NOW).await, 1.0);
    }
    assert_eq!(fixture.metrics.series_count(), 3);
    assert!(fixture.metrics.series(&scope_of("eu-north-1"), &metric).is_empty());
}
