//! Listing, its index, and what of it survives a restart.

use super::*;

fn filter(namespace: Option<&str>, name: Option<&str>, dimensions: &[(&str, Option<&str>)]) -> MetricFilter {
    MetricFilter {
        namespace: namespace.map(str::to_owned),
        name: name.map(str::to_owned),
        dimensions: dimensions.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect(),
        active_since: None,
    }
}

/// All pages of a listing.
fn pages(metrics: &Metrics, filter: &MetricFilter, limit: usize) -> Vec<Metric> {
    let mut all: Vec<Metric> = Vec::new();
    loop {
        let page = metrics.list(&scope(), filter, all.last(), limit);
        assert!(page.len() <= limit);
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

fn some_metrics() -> Vec<Metric> {
    let mut metrics = Vec::new();
    for host in 0..40 {
        for name in ["Busy", "Free", "Idle"] {
            let host = format!("h{host:02}");
            metrics.push(metric("Hosts", name, &[("Host", &host)]));
            metrics.push(metric("Hosts", name, &[("Disk", "sda"), ("Host", &host)]));
        }
    }
    metrics.push(metric("App", "Busy", &[]));
    metrics.push(metric("Zoo", "Busy", &[("Disk", "sdb")]));
    metrics
}

#[tokio::test]
async fn pages_of_a_listing_are_all_that_matches_in_order() {
    let fixture = Fixture::new().await;
    let mut metrics = some_metrics();
    let data: Vec<_> = metrics.iter().rev().map(|metric| datum(metric, NOW_SECS, 1.0)).collect();
    fixture.metrics.put(&scope(), data).await.unwrap();
    metrics.sort();
    for (filter, count) in [
        (filter(None, None, &[]), 242),
        (filter(Some("Hosts"), None, &[]), 240),
        (filter(Some("Hosts"), Some("Free"), &[]), 80),
        (filter(None, Some("Busy"), &[]), 82),
        (filter(None, None, &[("Disk", None)]), 121),
        (filter(None, None, &[("Disk", Some("sda"))]), 120),
        (filter(None, None, &[("Host", Some("h07"))]), 6),
        (filter(Some("Hosts"), Some("Idle"), &[("Host", Some("h07")), ("Disk", None)]), 1),
        (filter(None, None, &[("Host", Some("h99"))]), 0),
        (filter(None, None, &[("Rack", None)]), 0),
        (filter(Some("Host"), None, &[]), 0),
        (filter(Some("Hosts"), Some("Bus"), &[]), 0),
    ] {
        let matches = |metric: &&Metric| {
            filter.namespace.as_ref().is_none_or(|namespace| **namespace == *metric.namespace)
                && filter.name.as_ref().is_none_or(|name| **name == *metric.name)
                && filter.dimensions.iter().all(|(name, value)| {
                    metric.dimensions.iter().any(|(own, own_value)| {
                        **name == **own && value.as_ref().is_none_or(|value| **value == **own_value)
                    })
                })
        };
        let expected: Vec<_> = metrics.iter().filter(matches).cloned().collect();
        assert_eq!(expected.len(), count);
        for limit in [1, 7, 500] {
            assert_eq!(pages(&fixture.metrics, &filter, limit), expected, "{filter:?}");
        }
    }
    assert!(fixture.metrics.list(&scope_of("us-east-1"), &filter(None, None, &[]), None, 500).is_empty());
}

#[tokio::test]
async fn what_was_active_is_told_after_a_restart() {
    let mut fixture = Fixture::new().await;
    let (old, new) = (numbered(1), numbered(2));
    let mut now = NOW;
    fixture.metrics.put(&scope(), vec![datum(&old, NOW_SECS, 1.0)]).await.unwrap();
    for step in 0..12 {
        now = NOW.plus_millis(step * 600_000);
        fixture.metrics.put(&scope(), vec![datum(&new, now.secs(), 1.0)]).await.unwrap();
        fixture.metrics.flush(now).await.unwrap();
        fixture.metrics.compact(now).await.unwrap();
    }
    for _ in 0..2 {
        let since =
            |millis: i64| MetricFilter { active_since: Some(now.plus_millis(-millis)), ..MetricFilter::default() };
        let active = |millis| fixture.metrics.list(&scope(), &since(millis), None, 10);
        assert_eq!(active(14 * DAY * 1000), [new.clone(), old.clone()]);
        assert_eq!(active(111 * 60_000), [new.clone(), old.clone()]);
        assert_eq!(active(109 * 60_000), std::slice::from_ref(&new));
        // Documented slop is 50 minutes (cloudwatch.md §2); ours is 30.
        assert_eq!(active(30 * 60_000), std::slice::from_ref(&new));
        fixture = fixture.crashed().await.unwrap();
    }
}

#[tokio::test]
async fn a_series_keeps_its_id_over_restarts_and_ids_are_never_used_again() {
    let mut fixture = Fixture::new().await;
    fixture.metrics.put(&scope(), vec![datum(&numbered(1), NOW_SECS, 1.0)]).await.unwrap();
    let first = fixture.metrics.series(&scope(), &numbered(1));
    for flush in [false, true, true] {
        if flush {
            fixture.metrics.flush(NOW).await.unwrap();
        }
        fixture = fixture.crashed().await.unwrap();
        assert_eq!(fixture.metrics.series(&scope(), &numbered(1)), first);
        fixture.metrics.put(&scope(), vec![datum(&numbered(1), NOW_SECS, 1.0)]).await.unwrap();
        assert_eq!(fixture.metrics.series(&scope(), &numbered(1)), first);
    }
    // Sixteen months on all is gone, and the same metric comes anew.
    let later = NOW.plus_millis(480 * DAY * 1000);
    fixture.metrics.flush(later).await.unwrap();
    fixture.metrics.roll_up(later).await.unwrap();
    assert_eq!(fixture.metrics.series_count(), 0);
    assert!(fixture.metrics.list(&scope(), &MetricFilter::default(), None, 10).is_empty());
    fixture = fixture.crashed().await.unwrap();
    assert_eq!(fixture.metrics.series_count(), 0);
    fixture.metrics.put(&scope(), vec![datum(&numbered(1), later.secs(), 1.0)]).await.unwrap();
    let second = fixture.metrics.series(&scope(), &numbered(1));
    assert!(second[0].1 > first[0].1);
    fixture.metrics.flush(later).await.unwrap();
    fixture = fixture.crashed().await.unwrap();
    assert_eq!(fixture.metrics.series(&scope(), &numbered(1)), second);
}

#[tokio::test]
async fn a_series_stays_as_long_as_it_has_data() {
    let fixture = Fixture::new().await;
    fixture
        .metrics
        .put(&scope(), vec![datum(&numbered(1), NOW_SECS, 1.0), datum(&numbered(2), NOW_SECS, 1.0)])
        .await
        .unwrap();
    fixture.metrics.flush(NOW).await.unwrap();
    let later = NOW.plus_millis(300 * DAY * 1000);
    fixture.metrics.put(&scope(), vec![datum(&numbered(2), later.secs(), 1.0)]).await.unwrap();
    fixture.metrics.flush(later).await.unwrap();
    fixture.metrics.roll_up(NOW.plus_millis(454 * DAY * 1000)).await.unwrap();
    assert_eq!(fixture.metrics.series_count(), 2);
    fixture.metrics.roll_up(NOW.plus_millis(470 * DAY * 1000)).await.unwrap();
    assert_eq!(fixture.metrics.list(&scope(), &MetricFilter::default(), None, 10), [numbered(2)]);
}

#[tokio::test]
async fn a_refused_write_makes_no_metric() {
    let fixture = Fixture::new().await;
    fixture.metrics.put(&scope(), vec![datum(&numbered(1), NOW_SECS, 1.0)]).await.unwrap();
    fixture.disk.set_full(true);
    let mut number = 2;
    // What is left of the segment is used up first.
    while fixture.metrics.put(&scope(), vec![datum(&numbered(number), NOW_SECS, 1.0)]).await.is_ok() {
        number += 1;
    }
    assert!(fixture.metrics.series(&scope(), &numbered(number)).is_empty());
    assert_eq!(fixture.metrics.list(&scope(), &MetricFilter::default(), None, 10_000).len() as u64, number - 1);
    fixture.disk.set_full(false);
    fixture.metrics.roll_up(NOW).await.unwrap();
    assert_eq!(fixture.metrics.series_count() as u64, number - 1);
    fixture.metrics.put(&scope(), vec![datum(&numbered(number), NOW_SECS, 1.0)]).await.unwrap();
    let fixture = fixture.crashed().await.unwrap();
    assert_eq!(fixture.metrics.series(&scope(), &numbered(number)).len(), 1);
}
