//! What a crash, a full disk and a damaged file do to the table, and how tables share the log.

use std::path::Path;

use super::*;
use crate::disk::Disk;
use crate::trail_event::TrailEvent;

/// Puts, flushes, merges and rolls up until the disk dies; gives what was acknowledged, and
/// whether all was done.
async fn work(fixture: &Fixture) -> (f64, bool) {
    let mut acknowledged = 0.0;
    let mut now = NOW;
    for round in 0..9 {
        for second in 0..1 + round % 2 {
            let time_secs = now.secs() + second - (round % 3) * 2 * HOUR;
            let data = vec![
                high(datum(&numbered(1), time_secs, 1.0)),
                datum(&numbered(1), time_secs, 1.0),
                datum(&numbered(10 + round as u64), time_secs, 1.0),
            ];
            if fixture.metrics.put(&scope(), data).await.is_err() {
                return (acknowledged, false);
            }
            acknowledged += 2.0;
        }
        let flushed = fixture.metrics.flush(now).await;
        let merged = if round % 4 == 3 { fixture.metrics.compact(now).await } else { Ok(()) };
        let rolled = if round % 3 == 2 { fixture.metrics.roll_up(now).await } else { Ok(()) };
        if flushed.and(merged).and(rolled).is_err() {
            return (acknowledged, false);
        }
        now = now.plus_millis([40, 3_600, 10 * 86_400][round as usize % 3] * 1000);
    }
    let done = fixture.metrics.compact(now).await.and(fixture.metrics.roll_up(now).await);
    (acknowledged, done.is_ok())
}

/// The samples of metric 1 that are found, and of the others together.
async fn found(fixture: &Fixture) -> (f64, f64) {
    let now = NOW.plus_millis(60 * DAY * 1000);
    let metrics = fixture.metrics.list(&scope(), &MetricFilter::default(), None, 1000);
    let series: Vec<_> = metrics.iter().map(|metric| fixture.metrics.series(&scope(), metric)[0].1).collect();
    let start_secs = tier::floor(now.secs() - 100 * DAY, DAY);
    let read = BucketRead { series, start_secs, end_secs: now.secs(), period_secs: 100 * DAY, now };
    let (mut first, mut others) = (0.0, 0.0);
    for (metric, buckets) in metrics.iter().zip(fixture.metrics.read(read).await.unwrap()) {
        let total: f64 = buckets.iter().map(|bucket| bucket.sample.count).sum();
        *if *metric == numbered(1) { &mut first } else { &mut others } += total;
    }
    (first, others)
}

#[tokio::test]
async fn a_crash_at_any_step_loses_nothing_and_counts_nothing_twice() {
    let mut died = 0;
    for steps in 0.. {
        let fixture = Fixture::new().await;
        fixture.disk.die_after(steps);
        let (acknowledged, finished) = work(&fixture).await;
        let after = fixture.crashed().await.unwrap();
        let (first, others) = found(&after).await;
        // The unit that was on its way may be there, and then is there whole.
        assert!(first == acknowledged || first == acknowledged + 2.0, "{first} of {acknowledged} after {steps} steps");
        assert_eq!(others, first / 2.0, "units are whole after {steps} steps");
        // And the table goes on.
        let now = NOW.plus_millis(50 * DAY * 1000);
        after
            .metrics
            .put(&scope(), vec![datum(&numbered(1), now.secs(), 1.0), datum(&numbered(2), now.secs(), 1.0)])
            .await
            .unwrap();
        after.metrics.flush(now).await.unwrap();
        after.metrics.roll_up(now).await.unwrap();
        after.metrics.compact(now).await.unwrap();
        assert_eq!(found(&after).await, (first + 1.0, others + 1.0));
        assert_eq!(found(&after.crashed().await.unwrap()).await, (first + 1.0, others + 1.0));
        if finished {
            break;
        }
        died += 1;
    }
    assert!(died > 150, "the crashes reach into roll-up and merging: {died}");
}

async fn files_there(fixture: &Fixture) -> usize {
    let mut there = 0;
    for table in ["metric_1s", "metric_1m", "metric_5m", "metric_1h", "metric_series"] {
        let root = Path::new("/data/tables").join(table);
        for folder in fixture.disk.list(&root).unwrap() {
            there += fixture.disk.list(&root.join(folder)).unwrap().len();
        }
    }
    there
}

#[tokio::test]
async fn files_that_no_list_names_are_gone_after_every_step() {
    let fixture = Fixture::new().await;
    work(&fixture).await;
    assert_eq!(files_there(&fixture).await, fixture.catalog.load_files().await.unwrap().files.len());
    fixture.metrics.put(&scope(), vec![datum(&numbered(1), NOW_SECS, 1.0)]).await.unwrap();
    fixture.disk.set_full(true);
    assert!(matches!(fixture.metrics.flush(NOW).await, Err(StoreError::Full)));
    let before = found(&fixture).await;
    fixture.disk.set_full(false);
    assert_eq!(files_there(&fixture).await, fixture.catalog.load_files().await.unwrap().files.len());
    fixture.metrics.flush(NOW).await.unwrap();
    assert_eq!(fixture.metrics.memory_rows(), 0);
    assert_eq!(found(&fixture).await, before);
    assert_eq!(found(&fixture.crashed().await.unwrap()).await, before);
}

#[tokio::test]
async fn a_damaged_file_is_named_at_open() {
    for table in ["metric_1m", "metric_series"] {
        let fixture = Fixture::new().await;
        fixture.metrics.put(&scope(), vec![datum(&numbered(1), NOW_SECS, 1.0)]).await.unwrap();
        fixture.metrics.flush(NOW).await.unwrap();
        let lists = fixture.catalog.load_files().await.unwrap();
        let entry = lists.files.iter().find(|file| file.table == table).unwrap();
        let path = Path::new("/data/tables").join(table).join(&entry.name);
        fixture.disk.corrupt(&path, |bytes| bytes[20] ^= 1);
        match fixture.crashed().await {
            Err(StoreError::Damaged { file, .. }) => assert_eq!(file, path),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("the damage went unnoticed"),
        }
    }
}

fn event(number: u64) -> TrailEvent {
    TrailEvent {
        account: scope().account,
        region: scope().region,
        global: false,
        time: NOW,
        event_id: format!("event-{number}"),
        event_name: "CreateThing".to_owned(),
        event_source: "things.amazonaws.com".to_owned(),
        read_only: false,
        username: None,
        access_key_id: None,
        resources: vec![],
        // Long and not to be packed, so that segments fill.
        record: format!("{:?}", (0..2000).map(|_| Numbers::new(number).below(1 << 60)).collect::<Vec<_>>()),
    }
}

fn segments(fixture: &Fixture) -> usize {
    fixture.disk.list(Path::new("/data/wal")).unwrap().len()
}

/// Puts until there are several segments.
async fn fill_log(fixture: &Fixture) {
    let numbers = Numbers::new(4);
    while segments(fixture) < 6 {
        let data =
            (0..500).map(|_| datum(&numbered(1), NOW_SECS - numbers.below(9000) as i64, numbers.below(1 << 52) as f64));
        fixture.metrics.put(&scope(), data.collect()).await.unwrap();
    }
}

#[tokio::test]
async fn the_log_is_kept_until_every_table_has_its_rows_in_files() {
    let fixture = Fixture::new().await;
    fixture.trail_events.append(event(1)).await.unwrap();
    fill_log(&fixture).await;
    let all = segments(&fixture);
    fixture.metrics.flush(NOW).await.unwrap();
    fixture.log_events.flush(NOW).await.unwrap();
    fixture.data_events.flush(NOW).await.unwrap();
    fixture.lake_events.flush(NOW).await.unwrap();
    fixture.config_items.flush(NOW).await.unwrap();
    fixture.insight_events.flush(NOW).await.unwrap();
    assert_eq!(segments(&fixture), all, "the event is in the first segment alone");
    let after = fixture.crashed().await.unwrap();
    assert_eq!(after.trail_events.memory_rows(), 1);
    assert_eq!(after.metrics.memory_rows(), 0, "rows in files are not replayed");
    after.trail_events.flush(NOW).await.unwrap();
    assert!(segments(&after) < all);
    let after = after.crashed().await.unwrap();
    assert_eq!((after.trail_events.memory_rows(), after.metrics.memory_rows()), (0, 0));
    assert_eq!(after.trail_events.file_rows().1, 1);
}

#[tokio::test]
async fn a_table_without_new_rows_does_not_hold_the_log() {
    let fixture = Fixture::new().await;
    fill_log(&fixture).await;
    let all = segments(&fixture);
    fixture.metrics.flush(NOW).await.unwrap();
    fixture.log_events.flush(NOW).await.unwrap();
    fixture.trail_events.flush(NOW).await.unwrap();
    fixture.data_events.flush(NOW).await.unwrap();
    fixture.lake_events.flush(NOW).await.unwrap();
    fixture.config_items.flush(NOW).await.unwrap();
    fixture.insight_events.flush(NOW).await.unwrap();
    assert!(segments(&fixture) < all);
    let [(_, series)] = fixture.metrics.series(&scope(), &numbered(1))[..] else { panic!("one unit") };
    let before = fixture.total(series, NOW).await;
    assert_eq!(fixture.crashed().await.unwrap().total(series, NOW).await, before);
}

#[tokio::test]
async fn a_log_from_before_there_were_metrics_opens() {
    let fixture = Fixture::new().await;
    fill_log(&fixture).await;
    fixture.metrics.flush(NOW).await.unwrap();
    fixture.trail_events.flush(NOW).await.unwrap();
    // What such a catalog holds: the mark of audit events, and nothing of metrics.
    let lists = fixture.catalog.load_files().await.unwrap();
    let older = Arc::new(MemoryFiles::default());
    let marks = lists.marks.into_iter().filter(|(name, _)| name == crate::trail_event::HISTORY.name).collect();
    older.change_files(&crate::catalog::files::FileChange { marks, ..Default::default() }).await.unwrap();
    let opened = Fixture::open(fixture.disk.crash(), older).await.unwrap();
    assert_eq!(opened.metrics.series_count(), 0);
    opened.metrics.put(&scope(), vec![datum(&numbered(1), NOW_SECS, 1.0)]).await.unwrap();
    assert_eq!(opened.crashed().await.unwrap().metrics.memory_rows(), 1);
}
