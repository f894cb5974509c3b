//! Scans against what was put, in memory, in files, and after roll-up.

use super::*;

fn scan_of(from_secs: i64, to_secs: i64, now: Timestamp) -> MetricScan {
    MetricScan { account: None, region: None, filter: MetricFilter::default(), from_secs, to_secs, now }
}

/// Namespace, host, time, period, count and sum of all rows, sorted.
fn rows(metrics: &Metrics, scan: &MetricScan) -> Vec<(String, String, i64, i64, f64, f64)> {
    let mut rows = Vec::new();
    for series in metrics.scan(scan).into_iter().flatten() {
        let series = series.unwrap();
        let host = series.metric.dimensions.first().map_or(String::new(), |(_, value)| value.to_string());
        for row in series.rows {
            let namespace = series.metric.namespace.to_string();
            rows.push((namespace, host.clone(), row.time_secs, row.period_secs, row.count, row.sum));
        }
    }
    rows.sort_by(|a, b| a.partial_cmp(b).unwrap());
    rows
}

#[tokio::test]
async fn scans_find_the_same_in_memory_and_in_files_and_after_roll_up() {
    let fixture = Fixture::new().await;
    let numbers = Numbers::new(3);
    for batch in 0..20 {
        let data = (0..50).map(|_| {
            // Dense near now and reaching past every tier.
            let ago = 1_i64 << numbers.below(25);
            let datum = datum(&numbered(numbers.below(10)), NOW_SECS - numbers.below(ago as u64) as i64, 1.0);
            if numbers.below(3) == 0 { high(datum) } else { datum }
        });
        let region = ["eu-west-1", "us-east-1"][batch % 2];
        fixture.metrics.put(&scope_of(region), data.collect()).await.unwrap();
    }
    let mut scans = vec![scan_of(i64::MIN, i64::MAX, NOW)];
    for _ in 0..30 {
        let ago = |bits| numbers.below(1 << numbers.below(bits)) as i64;
        let (from, to) = (NOW_SECS - ago(25), NOW_SECS - ago(20) + 60);
        let filter = MetricFilter {
            namespace: (numbers.below(2) == 0).then(|| "App".to_owned()),
            name: (numbers.below(2) == 0).then(|| "Requests".to_owned()),
            dimensions: (0..numbers.below(2)).map(|_| ("Host".to_owned(), Some("h4".to_owned()))).collect(),
            active_since: None,
        };
        let region = (numbers.below(2) == 0).then(|| "us-east-1".parse().unwrap());
        scans.push(MetricScan { filter, region, ..scan_of(from, to, NOW) });
    }
    let before: Vec<_> = scans.iter().map(|scan| rows(&fixture.metrics, scan)).collect();
    let total: f64 = before[0].iter().map(|row| row.4).sum();
    assert_eq!(total, 1000.0);
    assert!(before.iter().filter(|rows| !rows.is_empty()).count() > 10);
    fixture.metrics.flush(NOW).await.unwrap();
    let flushed: Vec<_> = scans.iter().map(|scan| rows(&fixture.metrics, scan)).collect();
    assert_eq!(flushed, before);
    fixture.metrics.roll_up(NOW).await.unwrap();
    let reopened = fixture.crashed().await.unwrap();
    let after: Vec<_> = scans.iter().map(|scan| rows(&reopened.metrics, scan)).collect();
    assert_eq!(after, before);
}

#[tokio::test]
async fn periods_tell_the_grain_of_the_datas_age() {
    let fixture = Fixture::new().await;
    let metric = numbered(1);
    let at = |ago| datum(&metric, NOW_SECS - ago, 1.0);
    let data = vec![high(at(1)), at(2 * MINUTE), high(at(4 * HOUR)), at(20 * DAY), at(100 * DAY), at(456 * DAY)];
    fixture.metrics.put(&scope(), data).await.unwrap();
    let rows = rows(&fixture.metrics, &scan_of(i64::MIN, i64::MAX, NOW));
    let periods: Vec<_> = rows.iter().map(|row| row.3).collect();
    assert_eq!(periods, [3600, 300, 60, 60, 1]);
}
