//! Series of multi-series alarms (cloudwatch.md §6.5, §6.10).

use super::{alarm, drawn, minutes};
use crate::alarms::decide::{CONTRIBUTOR_GONE, Verdict, decide_contributor, of_contributors};
use crate::record::{Comparison, MetricAlarm, StateValue, TreatMissingData};

fn parts(verdict: Verdict) -> (StateValue, String) {
    match verdict {
        Verdict::State { value, reason, .. } => (value, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_series_names_its_newest_deciding_point() {
    let below = |n, m| MetricAlarm { comparison: Comparison::LessThanThreshold, ..alarm(n, m) };
    for (alarm, points, value, reason) in [
        (
            below(1, None),
            "0",
            StateValue::Alarm,
            "Threshold Crossed: 1 datapoint was less than the threshold (1.0). The most recent datapoint which \
             crossed the threshold: [0.0 (26/02/26 10:14:00)].",
        ),
        (
            below(2, None),
            "0 0",
            StateValue::Alarm,
            "Threshold Crossed: 2 datapoints were less than the threshold (1.0). The most recent datapoints which \
             crossed the threshold: [0.0 (26/02/26 10:14:00)].",
        ),
        (
            below(3, Some(2)),
            "X 0 X",
            StateValue::Ok,
            "Threshold Crossed: 2 out of the last 3 datapoints were not less than the threshold (1.0). The most recent \
             datapoints which did not cross the threshold: [1.0 (26/02/26 10:14:00)] \
             (minimum 2 datapoints for ALARM -> OK transition).",
        ),
    ] {
        assert_eq!(parts(decide_contributor(&alarm, &drawn(points))), (value, reason.to_owned()));
    }
}

#[test]
fn a_series_follows_the_treatment_of_missing_data() {
    let treated = |treatment| MetricAlarm { treat_missing_data: Some(treatment), ..alarm(1, None) };
    let found = |treatment| decide_contributor(&treated(treatment), &minutes(&[None, None, None]));
    assert_eq!(parts(found(TreatMissingData::Breaching)).0, StateValue::Alarm);
    assert_eq!(parts(found(TreatMissingData::NotBreaching)).0, StateValue::Ok);
    assert_eq!(found(TreatMissingData::Ignore), Verdict::Keep);
    // A series has no INSUFFICIENT_DATA.
    assert_eq!(parts(found(TreatMissingData::Missing)), (StateValue::Ok, CONTRIBUTOR_GONE.to_owned()));
}

#[test]
fn the_alarm_is_in_alarm_when_a_series_is() {
    let of = |in_alarm, total| parts(of_contributors(&alarm(3, None), 1_772_100_904_399, 60, in_alarm, total));
    for (in_alarm, total, value, reason) in [
        (6, 6, StateValue::Alarm, "6 out of 6 time series evaluated to ALARM"),
        (1, 500, StateValue::Alarm, "1 out of 500 time series evaluated to ALARM"),
        (100, 100, StateValue::Alarm, "100 out of 100 time series evaluated to ALARM"),
        (101, 120, StateValue::Alarm, "100+ time series evaluated to ALARM"),
        (0, 4, StateValue::Ok, "0 out of 4 time series evaluated to ALARM"),
        (0, 0, StateValue::InsufficientData, "Insufficient Data: 3 datapoints were unknown."),
    ] {
        assert_eq!(of(in_alarm, total), (value, reason.to_owned()));
    }
}

#[test]
fn the_data_of_a_multi_series_alarm_names_no_points() {
    let Verdict::State { reason_data, .. } = of_contributors(&alarm(3, None), 1_772_100_904_399, 60, 1, 2) else {
        panic!()
    };
    assert_eq!(
        reason_data,
        r#"{"version":"1.0","queryDate":"2026-02-26T10:15:04.399+0000","period":60,"recentDatapoints":[],"threshold":1.0,"evaluatedDatapoints":[]}"#
    );
}
