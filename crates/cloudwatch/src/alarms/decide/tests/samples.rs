//! Percentiles over too few samples (cloudwatch.md §6.4).

use super::{alarm, decide, minutes, state};
use crate::alarms::decide::{Observation, Verdict};
use crate::record::{LowSamples, MetricAlarm, StateValue, Watched};

fn percentile(stat: &str, low_samples: Option<LowSamples>, n: u32) -> MetricAlarm {
    let mut alarm = MetricAlarm { low_samples, ..alarm(n, None) };
    let Watched::Metric(metric) = &mut alarm.watched else { panic!() };
    (metric.stat, metric.extended) = (stat.to_owned(), true);
    alarm
}

fn observed(samples: &[f64]) -> Observation {
    let mut observed = minutes(&vec![Some(5.0); samples.len()]);
    for (point, samples) in observed.points.iter_mut().zip(samples) {
        point.samples = Some(*samples);
    }
    observed
}

#[test]
fn a_percentile_needs_ten_samples_on_its_shorter_side() {
    for (stat, needed) in [
        ("p99", 1000.0),
        ("p50", 20.0),
        ("p10", 100.0),
        ("p90", 100.0),
        ("p99.9", 10_000.0),
        ("p0.1", 10_000.0),
        ("p95", 200.0),
    ] {
        let alarm = percentile(stat, Some(LowSamples::Ignore), 1);
        let found = |samples| decide(&alarm, StateValue::Ok, &observed(&[samples]));
        assert_eq!(found(needed - 1.0), Verdict::Keep, "{stat}");
        assert_eq!(state(&found(needed)), Some(StateValue::Alarm), "{stat}");
    }
}

#[test]
fn the_samples_of_all_points_that_count_are_added() {
    let alarm = percentile("p50", Some(LowSamples::Ignore), 2);
    let found = |samples: &[f64]| decide(&alarm, StateValue::Ok, &observed(samples));
    assert_eq!(state(&found(&[10.0, 10.0, 0.0])), Some(StateValue::Alarm));
    assert_eq!(found(&[10.0, 9.0, 1000.0]), Verdict::Keep);
}

#[test]
fn without_samples_the_state_is_kept_too() {
    let alarm = percentile("p50", Some(LowSamples::Ignore), 1);
    assert_eq!(decide(&alarm, StateValue::Alarm, &minutes(&[None, None, None])), Verdict::Keep);
}

#[test]
fn too_few_samples_count_unless_they_are_to_be_ignored() {
    for low_samples in [None, Some(LowSamples::Evaluate)] {
        let alarm = percentile("p99", low_samples, 1);
        assert_eq!(state(&decide(&alarm, StateValue::Ok, &observed(&[1.0]))), Some(StateValue::Alarm));
    }
}

#[test]
fn the_smallest_and_the_largest_need_no_number_of_samples() {
    for stat in ["p0", "p100"] {
        let alarm = percentile(stat, Some(LowSamples::Ignore), 1);
        assert_eq!(state(&decide(&alarm, StateValue::Ok, &observed(&[1.0]))), Some(StateValue::Alarm), "{stat}");
    }
}
