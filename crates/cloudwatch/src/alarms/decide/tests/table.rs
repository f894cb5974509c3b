//! Which state: the ten published rows under the four treatments, and what is beside them.

use super::{alarm, band_alarm, banded, decide, drawn, minutes, state};
use crate::alarms::decide::{Outcome, Verdict, evaluation_range, outcome, treatment};
use crate::record::{Comparison, EvaluationProblem, MetricAlarm, StateValue, TreatMissingData, Watched};

const ALARM: Option<StateValue> = Some(StateValue::Alarm);
const OK: Option<StateValue> = Some(StateValue::Ok);
const NONE: Option<StateValue> = Some(StateValue::InsufficientData);
const KEEP: Option<StateValue> = None;

const TREATMENTS: [TreatMissingData; 4] =
    [TreatMissingData::Missing, TreatMissingData::Ignore, TreatMissingData::Breaching, TreatMissingData::NotBreaching];

/// N, M, points, and the state under missing, ignore, breaching, notBreaching.
type Row = (u32, u32, &'static str, [Option<StateValue>; 4]);

/// The tables of the user guide (cloudwatch.md §6.4).
const PUBLISHED: [Row; 10] = [
    (3, 3, "0 - X - X", [OK, OK, OK, OK]),
    (3, 3, "0 - - - -", [OK, OK, OK, OK]),
    (3, 3, "- - - - -", [NONE, KEEP, ALARM, OK]),
    (3, 3, "0 X X - X", [ALARM, ALARM, ALARM, ALARM]),
    (3, 3, "- - X - -", [ALARM, KEEP, ALARM, OK]),
    (3, 2, "0 - X - X", [ALARM, ALARM, ALARM, ALARM]),
    (3, 2, "0 0 X 0 X", [ALARM, ALARM, ALARM, ALARM]),
    (3, 2, "0 - X - -", [OK, OK, ALARM, OK]),
    (3, 2, "- - - - 0", [OK, OK, ALARM, OK]),
    (3, 2, "- - - X -", [ALARM, KEEP, ALARM, OK]),
];

/// What the prose beside the tables says, and the edges of the rules.
const BESIDE: [Row; 9] = [
    (3, 3, "- - - - X", [KEEP, KEEP, ALARM, OK]),
    (3, 3, "- - - X -", [KEEP, KEEP, ALARM, OK]),
    // Breaching, and older than the last N buckets: it says nothing about them.
    (3, 3, "X - - - -", [KEEP, KEEP, ALARM, OK]),
    (3, 3, "- X - - -", [KEEP, KEEP, ALARM, OK]),
    (3, 3, "- X - - X", [KEEP, KEEP, ALARM, OK]),
    // M breach, although N are not there.
    (3, 2, "- - - X X", [ALARM, ALARM, ALARM, ALARM]),
    (3, 1, "0 - - - X", [ALARM, ALARM, ALARM, ALARM]),
    (1, 1, "0 - -", [OK, OK, OK, OK]),
    (1, 1, "X - -", [ALARM, ALARM, ALARM, ALARM]),
];

fn check(rows: &[Row]) {
    for (n, m, points, expected) in rows {
        for (treatment, expected) in TREATMENTS.into_iter().zip(expected) {
            // M that is not given is N, and says nothing else about the state.
            for given in [Some(*m), None].into_iter().filter(|given| given.is_some() || m == n) {
                let alarm = MetricAlarm { treat_missing_data: Some(treatment), ..alarm(*n, given) };
                for present in [StateValue::Ok, StateValue::Alarm, StateValue::InsufficientData] {
                    let found = state(&decide(&alarm, present, &drawn(points)));
                    assert_eq!(found, *expected, "{m} of {n}, {points}, {treatment:?}, {present:?}");
                }
                let wordless = match outcome(&alarm, &drawn(points)) {
                    Outcome::State(value) => Some(value),
                    _ => None,
                };
                assert_eq!(wordless, *expected, "{m} of {n}, {points}, {treatment:?}");
            }
        }
    }
}

#[test]
fn the_published_tables_hold() {
    check(&PUBLISHED);
}

#[test]
fn what_the_prose_beside_the_tables_says_holds() {
    check(&BESIDE);
}

#[test]
fn published_rows_are_of_the_evaluation_range() {
    for (n, _, points, _) in PUBLISHED {
        let length = u32::try_from(points.split(' ').count()).unwrap();
        assert_eq!(evaluation_range(n, 60), length);
    }
    // A minute of buckets more below a minute.
    for (period, extra) in [(10, 6), (20, 3), (30, 2), (60, 2), (86_400, 2)] {
        assert_eq!(evaluation_range(4, period), 4 + extra);
    }
}

#[test]
fn missing_data_is_missing_unless_it_is_of_dynamodb() {
    let mut alarm = alarm(1, None);
    assert_eq!(treatment(&alarm), TreatMissingData::Missing);
    let Watched::Metric(metric) = &mut alarm.watched else { panic!() };
    metric.namespace = "AWS/DynamoDB".to_owned();
    assert_eq!(treatment(&alarm), TreatMissingData::Ignore);
    assert_eq!(decide(&alarm, StateValue::Alarm, &drawn("- - -")), Verdict::Keep);
    alarm.treat_missing_data = Some(TreatMissingData::Missing);
    assert_eq!(state(&decide(&alarm, StateValue::Alarm, &drawn("- - -"))), NONE);
}

#[test]
fn numbers_are_compared_four_ways() {
    // Below, at and above the threshold.
    for (comparison, breaching) in [
        (Comparison::GreaterThanOrEqualToThreshold, [false, true, true]),
        (Comparison::GreaterThanThreshold, [false, false, true]),
        (Comparison::LessThanThreshold, [true, false, false]),
        (Comparison::LessThanOrEqualToThreshold, [true, true, false]),
    ] {
        for (value, breaching) in [0.5, 1.0, 1.5].into_iter().zip(breaching) {
            let alarm = MetricAlarm { comparison, ..alarm(1, None) };
            let found = state(&decide(&alarm, StateValue::Ok, &minutes(&[Some(value)])));
            assert_eq!(found, if breaching { ALARM } else { OK }, "{value}, {comparison:?}");
        }
    }
}

#[test]
fn bands_are_left_on_the_sides_that_are_watched() {
    for (comparison, breaching) in [
        (Comparison::LessThanLowerOrGreaterThanUpperThreshold, [true, false, false, false, true]),
        (Comparison::LessThanLowerThreshold, [true, false, false, false, false]),
        (Comparison::GreaterThanUpperThreshold, [false, false, false, false, true]),
    ] {
        for (value, breaching) in [0.5, 1.0, 1.5, 2.0, 2.5].into_iter().zip(breaching) {
            let alarm = band_alarm(comparison, 1, None);
            let found = state(&decide(&alarm, StateValue::Ok, &banded(&[value], 1.0, 2.0)));
            assert_eq!(found, if breaching { ALARM } else { OK }, "{value}, {comparison:?}");
        }
    }
}

#[test]
fn a_point_without_its_band_is_missing() {
    let alarm = band_alarm(Comparison::GreaterThanUpperThreshold, 2, None);
    let mut observed = banded(&[9.0, 9.0, 9.0], 1.0, 2.0);
    observed.points.iter_mut().for_each(|point| point.band = None);
    assert_eq!(state(&decide(&alarm, StateValue::Ok, &observed)), NONE);
    observed.points[1].band = Some((1.0, f64::NAN));
    assert_eq!(state(&decide(&alarm, StateValue::Ok, &observed)), NONE);
    observed.points[0].band = Some((1.0, 2.0));
    observed.points[2].band = Some((1.0, 2.0));
    assert_eq!(state(&decide(&alarm, StateValue::Ok, &observed)), ALARM);
}

#[test]
fn what_is_no_number_is_missing() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(state(&decide(&alarm(1, None), StateValue::Ok, &minutes(&[Some(value)]))), NONE);
    }
}

#[test]
fn an_alarm_without_anything_to_compare_with_cannot_be_evaluated() {
    let alarm = MetricAlarm { threshold: None, ..alarm(1, None) };
    let found = decide(&alarm, StateValue::Ok, &drawn("X"));
    assert_eq!(found, Verdict::Problem(EvaluationProblem::EvaluationError));
}
