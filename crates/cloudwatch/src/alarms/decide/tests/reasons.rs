//! StateReason texts, to the letter (cloudwatch.md §6.5).

use super::{alarm, band_alarm, banded, drawn, minutes, reason};
use crate::alarms::decide::number;
use crate::record::{Comparison, MetricAlarm, TreatMissingData};

fn over(threshold: f64, n: u32, m: Option<u32>) -> MetricAlarm {
    MetricAlarm { comparison: Comparison::GreaterThanThreshold, threshold: Some(threshold), ..alarm(n, m) }
}

fn treated(treatment: TreatMissingData, n: u32, m: Option<u32>) -> MetricAlarm {
    MetricAlarm { treat_missing_data: Some(treatment), ..alarm(n, m) }
}

#[test]
fn into_alarm_and_m_is_not_given() {
    assert_eq!(
        reason(&over(21.0, 1, None), &minutes(&[Some(21.5)])),
        "Threshold Crossed: 1 datapoint [21.5 (26/02/26 10:14:00)] was greater than the threshold (21.0)."
    );
    assert_eq!(
        reason(&over(21.0, 3, None), &minutes(&[Some(24.0), None, Some(23.0), Some(22.0), Some(0.0)])),
        "Threshold Crossed: 3 datapoints [24.0 (26/02/26 10:14:00), 23.0 (26/02/26 10:12:00), \
         22.0 (26/02/26 10:11:00)] were greater than the threshold (21.0)."
    );
}

#[test]
fn into_alarm_and_m_is_given() {
    assert_eq!(
        reason(&over(50.0, 1, Some(1)), &minutes(&[Some(99.5)])),
        "Threshold Crossed: 1 out of the last 1 datapoints [99.5 (26/02/26 10:14:00)] was greater than the \
         threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition)."
    );
    // Only the points that breach are counted and listed; the minimum is M, not their number.
    assert_eq!(
        reason(&over(0.0, 4, Some(2)), &minutes(&[Some(20000.0), Some(0.0), Some(20000.0), Some(20000.0)])),
        "Threshold Crossed: 3 out of the last 4 datapoints [20000.0 (26/02/26 10:14:00), \
         20000.0 (26/02/26 10:12:00), 20000.0 (26/02/26 10:11:00)] were greater than the threshold (0.0) \
         (minimum 2 datapoints for OK -> ALARM transition)."
    );
}

#[test]
fn into_ok_and_m_is_not_given() {
    assert_eq!(
        reason(&over(21.0, 1, None), &minutes(&[Some(0.0)])),
        "Threshold Crossed: 1 datapoint [0.0 (26/02/26 10:14:00)] was not greater than the threshold (21.0)."
    );
    assert_eq!(
        reason(&over(21.0, 3, None), &minutes(&[Some(1.0), Some(22.0), Some(2.0)])),
        "Threshold Crossed: 2 datapoints [1.0 (26/02/26 10:14:00), 2.0 (26/02/26 10:12:00)] were not greater than \
         the threshold (21.0)."
    );
}

#[test]
fn into_ok_and_m_is_given() {
    assert_eq!(
        reason(&over(50.0, 1, Some(1)), &minutes(&[Some(0.0666851903306472)])),
        "Threshold Crossed: 1 out of the last 1 datapoints [0.0666851903306472 (26/02/26 10:14:00)] was not greater \
         than the threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition)."
    );
    // The minimum of the way back is N-M+1.
    assert_eq!(
        reason(&over(0.0, 5, Some(3)), &drawn("0 X 0 X 0")),
        "Threshold Crossed: 3 out of the last 5 datapoints [0.0 (26/02/26 10:14:00), 0.0 (26/02/26 10:12:00), \
         0.0 (26/02/26 10:10:00)] were not greater than the threshold (0.0) \
         (minimum 3 datapoints for ALARM -> OK transition)."
    );
}

#[test]
fn the_operator_is_named() {
    for (comparison, value, words) in [
        (Comparison::GreaterThanOrEqualToThreshold, 1.0, "greater than or equal to"),
        (Comparison::GreaterThanThreshold, 2.0, "greater than"),
        (Comparison::LessThanThreshold, 0.0, "less than"),
        (Comparison::LessThanOrEqualToThreshold, 1.0, "less than or equal to"),
    ] {
        let alarm = MetricAlarm { comparison, ..alarm(1, None) };
        let text = reason(&alarm, &minutes(&[Some(value)]));
        assert!(text.ends_with(&format!("] was {words} the threshold (1.0).")), "{text}");
    }
}

#[test]
fn all_points_are_missing_and_stood_in_for() {
    for (treatment, n, m, text) in [
        (
            TreatMissingData::Breaching,
            2,
            None,
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as \
             [Breaching].",
        ),
        (
            TreatMissingData::NotBreaching,
            1,
            None,
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as \
             [NonBreaching].",
        ),
        (
            TreatMissingData::Breaching,
            3,
            Some(2),
            "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as \
             [Breaching].",
        ),
    ] {
        assert_eq!(reason(&treated(treatment, n, m), &drawn("- - - - -")), text);
    }
}

#[test]
fn some_points_are_missing_and_stood_in_for() {
    assert_eq!(
        reason(&treated(TreatMissingData::Breaching, 2, None), &drawn("- - 0 -")),
        "Threshold Crossed: 1 datapoint [0.0 (26/02/26 10:13:00)] was not greater than or equal to the threshold \
         (1.0) and 1 missing datapoint was treated as [Breaching]."
    );
    // Recorded of 1 out of 20.
    let nineteen = "- ".repeat(19);
    assert_eq!(
        reason(&treated(TreatMissingData::NotBreaching, 20, Some(1)), &drawn(&format!("{nineteen}X"))),
        "Threshold Crossed: 1 out of the last 20 datapoints [1.0 (26/02/26 10:14:00)] was greater than or equal to \
         the threshold (1.0) and 19 missing datapoints were treated as [NonBreaching] \
         (minimum 1 datapoint for OK -> ALARM transition)."
    );
}

#[test]
fn points_that_say_the_opposite_of_what_was_decided_are_counted_alone() {
    assert_eq!(
        reason(&treated(TreatMissingData::Breaching, 3, Some(2)), &drawn("- - - - 0")),
        "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as \
         [Breaching]."
    );
    assert_eq!(
        reason(&treated(TreatMissingData::NotBreaching, 3, None), &drawn("- - - X X")),
        "Threshold Crossed: 2 datapoints were received for 3 periods and 1 missing datapoint was treated as \
         [NonBreaching]."
    );
}

#[test]
fn nothing_is_said_to_stand_in_where_nothing_does() {
    assert_eq!(
        reason(&treated(TreatMissingData::Missing, 3, None), &drawn("- - X - -")),
        "Threshold Crossed: 1 datapoint [1.0 (26/02/26 10:12:00)] was greater than or equal to the threshold (1.0)."
    );
}

#[test]
fn there_is_no_data() {
    assert_eq!(reason(&alarm(1, None), &drawn("- - -")), "Insufficient Data: 1 datapoint was unknown.");
    assert_eq!(reason(&alarm(5, None), &drawn("- - - - - - -")), "Insufficient Data: 5 datapoints were unknown.");
}

#[test]
fn bands_list_both_sides_beside_the_points() {
    let both = Comparison::LessThanLowerOrGreaterThanUpperThreshold;
    assert_eq!(
        reason(&band_alarm(both, 1, Some(1)), &banded(&[0.0], 0.0206, 0.3007)),
        "Thresholds Crossed: 1 out of the last 1 datapoints [0.0 (26/02/26 10:14:00)] was less than the lower \
         thresholds [0.0206] or greater than the upper thresholds [0.3007] \
         (minimum 1 datapoint for OK -> ALARM transition)."
    );
    assert_eq!(
        reason(&band_alarm(both, 1, Some(1)), &banded(&[0.1], 0.0206, 0.3007)),
        "Thresholds Crossed: 1 out of the last 1 datapoints [0.1 (26/02/26 10:14:00)] was not less than the lower \
         thresholds [0.0206] or not greater than the upper thresholds [0.3007] \
         (minimum 1 datapoint for ALARM -> OK transition)."
    );
}

#[test]
fn bands_with_one_side_list_that_one() {
    assert_eq!(
        reason(&band_alarm(Comparison::GreaterThanUpperThreshold, 2, Some(2)), &banded(&[9.0, 8.0], 1.0, 2.5)),
        "Thresholds Crossed: 2 out of the last 2 datapoints [9.0 (26/02/26 10:14:00), 8.0 (26/02/26 10:13:00)] were \
         greater than the upper thresholds [2.5, 3.5] (minimum 2 datapoints for OK -> ALARM transition)."
    );
    assert_eq!(
        reason(&band_alarm(Comparison::LessThanLowerThreshold, 1, None), &banded(&[9.0], 1.0, 2.5)),
        "Thresholds Crossed: 1 datapoint [9.0 (26/02/26 10:14:00)] was not less than the lower thresholds [1.0]."
    );
}

#[test]
fn of_five_and_more_points_the_newest_five_are_listed() {
    let listed = "1.0 (26/02/26 10:14:00), 1.0 (26/02/26 10:13:00), 1.0 (26/02/26 10:12:00), \
                  1.0 (26/02/26 10:11:00), 1.0 (26/02/26 10:10:00)";
    assert_eq!(
        reason(&over(0.0, 24, None), &minutes(&[Some(1.0); 24])),
        format!(
            "Threshold Crossed: 24 datapoints were greater than the threshold (0.0). The most recent datapoints which \
             crossed the threshold: [{listed}]."
        )
    );
    assert_eq!(
        reason(&over(0.0, 5, Some(5)), &minutes(&[Some(1.0); 5])),
        format!(
            "Threshold Crossed: 5 out of the last 5 datapoints were greater than the threshold (0.0). The most recent \
             datapoints which crossed the threshold: [{listed}] (minimum 5 datapoints for OK -> ALARM transition)."
        )
    );
    assert_eq!(
        reason(&over(9.0, 6, None), &minutes(&[Some(1.0); 6])),
        format!(
            "Threshold Crossed: 6 datapoints were not greater than the threshold (9.0). The most recent datapoints \
             which did not cross the threshold: [{listed}]."
        )
    );
}

#[test]
fn of_five_and_more_points_outside_a_band_the_newest_five_are_listed() {
    let both = Comparison::LessThanLowerOrGreaterThanUpperThreshold;
    let values = [90.0, 91.0, 92.0, 93.0, 94.0, 95.0, 96.0, 5.0, 5.0, 5.0];
    assert_eq!(
        reason(&band_alarm(both, 10, Some(7)), &banded(&values, -4.0, 20.0)),
        "Thresholds Crossed: 7 out of the last 10 datapoints were less than the lower thresholds or greater than the \
         upper thresholds. Recent datapoints [90.0 (26/02/26 10:14:00), 91.0 (26/02/26 10:13:00), \
         92.0 (26/02/26 10:12:00), 93.0 (26/02/26 10:11:00), 94.0 (26/02/26 10:10:00)] crossed the lower thresholds \
         [-4.0, -3.0, -2.0, -1.0, 0.0] or upper thresholds [20.0, 21.0, 22.0, 23.0, 24.0] \
         (minimum 7 datapoints for OK -> ALARM transition)."
    );
}

#[test]
fn numbers_are_the_shortest_with_a_point() {
    for (value, text) in [
        (21.5, "21.5"),
        (0.0, "0.0"),
        (-0.5, "-0.5"),
        (20000.0, "20000.0"),
        (0.0666851903306472, "0.0666851903306472"),
        (9_999_999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (1e10, "1.0E10"),
        (-3_221_225_472.0, "-3.221225472E9"),
        (0.001, "0.001"),
        (0.00025, "2.5E-4"),
        (1.234e-7, "1.234E-7"),
        (f64::MAX, "1.7976931348623157E308"),
    ] {
        assert_eq!(number(value), text);
        assert_eq!(number(value).parse::<f64>().unwrap(), value);
    }
}
