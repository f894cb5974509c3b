//! The steps of a decision.

use super::{alarm, decide, drawn, minutes};
use crate::alarms::decide::{Explanation, Part, PointClass, Verdict, explain};
use crate::record::{LowSamples, MetricAlarm, StateValue, TreatMissingData, Watched};

fn of(n: u32, m: u32, treatment: TreatMissingData, points: &str) -> Explanation {
    let alarm = MetricAlarm { treat_missing_data: Some(treatment), ..alarm(n, Some(m)) };
    let explanation = explain(&alarm, StateValue::Ok, &drawn(points));
    assert_eq!(explanation.verdict, decide(&alarm, StateValue::Ok, &drawn(points)));
    explanation
}

fn parts(explanation: &Explanation) -> String {
    let mark = |part| match part {
        Part::Counted => "c",
        Part::Filled => "f",
        Part::PassedOver => ".",
    };
    explanation.points.iter().rev().map(|point| mark(point.part)).collect()
}

#[test]
fn every_bucket_has_its_class_and_part() {
    let explanation = of(3, 2, TreatMissingData::Breaching, "0 - X - -");
    assert_eq!(parts(&explanation), "c.c.f");
    let classes: Vec<PointClass> = explanation.points.iter().map(|point| point.class).collect();
    assert_eq!(classes[2], PointClass::Breaching);
    assert_eq!(classes[4], PointClass::NotBreaching);
    assert_eq!(classes[0], PointClass::Missing);
    assert_eq!((explanation.breaching, explanation.not_breaching, explanation.fillers), (1, 1, 1));
    assert_eq!((explanation.evaluation_periods, explanation.datapoints_to_alarm, explanation.range), (3, 2, 5));
}

#[test]
fn the_newest_points_count_and_nothing_stands_in_when_there_are_enough() {
    assert_eq!(parts(&of(3, 3, TreatMissingData::Breaching, "X X 0 - X")), ".cc.c");
    assert_eq!(parts(&of(3, 3, TreatMissingData::Missing, "- - X - -")), "..c..");
    assert_eq!(parts(&of(3, 3, TreatMissingData::NotBreaching, "- - - - -")), "..fff");
}

#[test]
fn every_rule_has_its_sentence() {
    use TreatMissingData::{Breaching, Ignore, Missing, NotBreaching};
    for (n, m, treatment, points, why) in [
        (
            3,
            3,
            Missing,
            "0 X X - X",
            "ALARM because there are 3 points, so that missing data plays no part; 3 breach and 3 must.",
        ),
        (
            3,
            2,
            Breaching,
            "0 - X - -",
            "ALARM because 2 of 3 points are there and 1 missing ones are treated as breaching, which makes 2 that breach, and 2 must.",
        ),
        (
            3,
            2,
            NotBreaching,
            "0 - X - -",
            "OK because 2 of 3 points are there and 1 missing ones are treated as not breaching, which makes 1 that breach, and 2 must.",
        ),
        (3, 2, Missing, "0 - X - -", "OK because 1 of 2 points breach, 2 must, and 1 do not."),
        (3, 2, Missing, "- - - X X", "ALARM because 2 of 2 points breach and 2 must, so that 3 are not needed."),
        (3, 3, Missing, "- - - - -", "INSUFFICIENT_DATA because none of the 5 buckets has a point."),
        (3, 3, Ignore, "- - - - -", "Still OK because none of the 5 buckets has a point, and that is to be ignored."),
        (
            3,
            3,
            Ignore,
            "- - X - -",
            "Still OK because there are only breaching points, 1 where 3 must breach, and missing ones are to be ignored.",
        ),
        (
            3,
            3,
            Missing,
            "- - X - -",
            "ALARM because there are only breaching points, 1 where 3 must breach, but the oldest of the last 3 buckets among them is 3 buckets old, as old as 3 points would be.",
        ),
        (
            3,
            3,
            Missing,
            "- - - X -",
            "Still OK because there are only breaching points, 1 where 3 must breach, and none in the last 3 buckets is 3 buckets old: that would be premature.",
        ),
    ] {
        assert_eq!(of(n, m, treatment, points).why, why);
    }
}

#[test]
fn samples_that_are_too_few_are_counted() {
    let mut alarm = MetricAlarm { low_samples: Some(LowSamples::Ignore), ..alarm(1, None) };
    let Watched::Metric(metric) = &mut alarm.watched else { panic!() };
    metric.stat = "p99".to_owned();
    let explanation = explain(&alarm, StateValue::Alarm, &minutes(&[Some(5.0)]));
    assert_eq!(explanation.verdict, Verdict::Keep);
    assert_eq!(
        explanation.why,
        "Still ALARM because the percentile is over 2 samples, it needs 1000 to say something, and fewer are to be \
         ignored."
    );
}
