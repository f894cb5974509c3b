//! StateReasonData: keys, their order, what is absent when (cloudwatch.md §6.6).

use super::{END_SECS, alarm, band_alarm, banded, data, drawn, minutes};
use crate::record::{Comparison, MetricAlarm, TreatMissingData, Watched};

#[test]
fn a_single_metric_has_statistic_and_sample_counts() {
    let mut alarm = MetricAlarm { threshold: Some(21.0), ..alarm(1, None) };
    let Watched::Metric(metric) = &mut alarm.watched else { panic!() };
    metric.unit = Some("Seconds".to_owned());
    metric.stat = "Average".to_owned();
    metric.period_secs = 10;
    let mut observed = minutes(&[Some(21.5)]);
    observed.period_secs = 10;
    assert_eq!(
        data(&alarm, &observed),
        r#"{"version":"1.0","queryDate":"2026-02-26T10:15:04.399+0000","startDate":"2026-02-26T10:14:00.000+0000","unit":"Seconds","statistic":"Average","period":10,"recentDatapoints":[21.5],"threshold":21.0,"evaluatedDatapoints":[{"timestamp":"2026-02-26T10:14:00.000+0000","sampleCount":2.0,"value":21.5}]}"#
    );
}

#[test]
fn recent_points_are_oldest_first_and_evaluated_ones_newest_first() {
    assert_eq!(
        data(&alarm(2, Some(1)), &minutes(&[Some(3.0), Some(0.5), Some(9.0)])),
        r#"{"version":"1.0","queryDate":"2026-02-26T10:15:04.399+0000","startDate":"2026-02-26T10:13:00.000+0000","statistic":"Sum","period":60,"recentDatapoints":[0.5,3.0],"threshold":1.0,"evaluatedDatapoints":[{"timestamp":"2026-02-26T10:14:00.000+0000","sampleCount":2.0,"value":3.0},{"timestamp":"2026-02-26T10:13:00.000+0000","sampleCount":2.0,"value":0.5}]}"#
    );
}

#[test]
fn without_a_point_there_is_no_start_and_buckets_have_times_alone() {
    assert_eq!(
        data(&alarm(2, None), &drawn("- - - -")),
        r#"{"version":"1.0","queryDate":"2026-02-26T10:15:04.399+0000","statistic":"Sum","period":60,"recentDatapoints":[],"threshold":1.0,"evaluatedDatapoints":[{"timestamp":"2026-02-26T10:14:00.000+0000"},{"timestamp":"2026-02-26T10:13:00.000+0000"}]}"#
    );
}

#[test]
fn missing_buckets_that_count_are_evaluated_ones_too() {
    let alarm = MetricAlarm { treat_missing_data: Some(TreatMissingData::Breaching), ..alarm(3, None) };
    assert_eq!(
        data(&alarm, &drawn("0 - - - -")),
        r#"{"version":"1.0","queryDate":"2026-02-26T10:15:04.399+0000","startDate":"2026-02-26T10:10:00.000+0000","statistic":"Sum","period":60,"recentDatapoints":[0.0],"threshold":1.0,"evaluatedDatapoints":[{"timestamp":"2026-02-26T10:14:00.000+0000"},{"timestamp":"2026-02-26T10:13:00.000+0000"},{"timestamp":"2026-02-26T10:10:00.000+0000","sampleCount":2.0,"value":0.0}]}"#
    );
}

#[test]
fn bands_have_thresholds_of_each_point_and_no_statistic() {
    let both = band_alarm(Comparison::LessThanLowerOrGreaterThanUpperThreshold, 2, None);
    assert_eq!(
        data(&both, &banded(&[9.0, 8.0], 1.5, 2.5)),
        r#"{"version":"1.0","queryDate":"2026-02-26T10:15:04.399+0000","startDate":"2026-02-26T10:13:00.000+0000","period":60,"recentDatapoints":[8.0,9.0],"recentLowerThresholds":[2.5,1.5],"recentUpperThresholds":[3.5,2.5],"evaluatedDatapoints":[{"timestamp":"2026-02-26T10:14:00.000+0000","value":9.0},{"timestamp":"2026-02-26T10:13:00.000+0000","value":8.0}]}"#
    );
    // Recorded: a side that is not watched is not there.
    let upper = data(&band_alarm(Comparison::GreaterThanUpperThreshold, 1, None), &banded(&[9.0], 1.5, 2.5));
    assert!(upper.contains(r#""recentDatapoints":[9.0],"recentUpperThresholds":[2.5],"evaluated"#), "{upper}");
    assert!(!upper.contains("Lower"), "{upper}");
}

#[test]
fn long_data_is_cut_to_the_newest_buckets() {
    let observed = minutes(&[Some(0.123_456_789_012_345_67); 1440]);
    let text = data(&alarm(1440, None), &observed);
    assert!((3_800..=4_000).contains(&text.len()), "{}", text.len());
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let evaluated = json["evaluatedDatapoints"].as_array().unwrap();
    assert_eq!(evaluated[0]["timestamp"], "2026-02-26T10:14:00.000+0000");
    assert_eq!(json["recentDatapoints"].as_array().unwrap().len(), evaluated.len());
    assert_eq!(json["startDate"], evaluated.last().unwrap()["timestamp"]);
    let minutes_listed = i64::try_from(evaluated.len()).unwrap();
    let oldest = base::Timestamp::from_secs(END_SECS - 60 * minutes_listed).iso_millis();
    assert_eq!(json["startDate"].as_str().unwrap().trim_end_matches("+0000"), oldest.trim_end_matches('Z'));
}
