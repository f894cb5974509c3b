//! What holds for all alarms and points.

use proptest::prelude::*;

use super::{alarm, band_alarm};
use crate::alarms::decide::{DataPoint, Observation, Outcome, Part, Verdict, decide, explain, outcome};
use crate::record::{Comparison, LowSamples, MetricAlarm, StateValue, TreatMissingData};

fn comparison() -> impl Strategy<Value = Comparison> {
    prop_oneof![
        Just(Comparison::GreaterThanOrEqualToThreshold),
        Just(Comparison::GreaterThanThreshold),
        Just(Comparison::LessThanThreshold),
        Just(Comparison::LessThanOrEqualToThreshold),
        Just(Comparison::LessThanLowerOrGreaterThanUpperThreshold),
        Just(Comparison::LessThanLowerThreshold),
        Just(Comparison::GreaterThanUpperThreshold),
    ]
}

fn treatment() -> impl Strategy<Value = TreatMissingData> {
    prop_oneof![
        Just(TreatMissingData::Missing),
        Just(TreatMissingData::Ignore),
        Just(TreatMissingData::Breaching),
        Just(TreatMissingData::NotBreaching),
    ]
}

fn any_alarm() -> impl Strategy<Value = MetricAlarm> {
    let low = prop_oneof![Just(None), Just(Some(LowSamples::Evaluate)), Just(Some(LowSamples::Ignore))];
    let threshold = prop_oneof![Just(None), any::<f64>().prop_map(Some)];
    let base = (any::<bool>(), 0..60u32, proptest::option::of(0..70u32), comparison(), threshold);
    (base, proptest::option::of(treatment()), low).prop_map(
        |((banded, n, m, comparison, threshold), treatment, low)| {
            let alarm = if banded { band_alarm(comparison, n, m) } else { alarm(n, m) };
            MetricAlarm { comparison, threshold, treat_missing_data: treatment, low_samples: low, ..alarm }
        },
    )
}

fn observation(points: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Observation> {
    let value =
        prop_oneof![Just(None), (-2..3i32).prop_map(|value| Some(f64::from(value))), any::<f64>().prop_map(Some)];
    let band = proptest::option::of((any::<f64>(), any::<f64>()));
    let point = (any::<i64>(), value, proptest::option::of(any::<f64>()), band)
        .prop_map(|(start_secs, value, samples, band)| DataPoint { start_secs, value, samples, band });
    (any::<i64>(), proptest::collection::vec(point, points)).prop_map(|(query_millis, points)| Observation {
        query_millis,
        period_secs: 60,
        points,
    })
}

proptest! {
    #[test]
    fn nothing_makes_a_decision_fail_and_its_words_fit(alarm in any_alarm(), observed in observation(0..80)) {
        let verdict = decide(&alarm, StateValue::Ok, &observed);
        if let Verdict::State { reason, reason_data, .. } = &verdict {
            prop_assert!(reason.chars().count() <= 1023, "{}", reason);
            prop_assert!(reason_data.chars().count() <= 4000, "{}", reason_data);
            prop_assert!(serde_json::from_str::<serde_json::Value>(reason_data).is_ok(), "{}", reason_data);
        }
        let wordless = match &verdict {
            Verdict::State { value, .. } => Outcome::State(*value),
            Verdict::Keep => Outcome::Keep,
            Verdict::Problem(problem) => Outcome::Problem(*problem),
        };
        prop_assert_eq!(outcome(&alarm, &observed), wordless);
    }

    #[test]
    fn an_explanation_says_what_was_decided(alarm in any_alarm(), observed in observation(0..80)) {
        let explanation = explain(&alarm, StateValue::Alarm, &observed);
        prop_assert_eq!(&explanation.verdict, &decide(&alarm, StateValue::Alarm, &observed));
        let of = |part| explanation.points.iter().filter(|point| point.part == part).count();
        prop_assert_eq!(of(Part::Counted), explanation.breaching + explanation.not_breaching);
        prop_assert!(of(Part::Filled) <= explanation.fillers);
        prop_assert!(explanation.datapoints_to_alarm <= explanation.evaluation_periods);
    }

    #[test]
    fn n_points_make_the_treatment_of_missing_ones_indifferent(
        values in proptest::collection::vec(proptest::option::of(0..3u8), 5..40),
        n in 1..5u32,
        m in 1..5u32,
        one in treatment(),
        other in treatment(),
    ) {
        let values: Vec<Option<f64>> = values.into_iter().map(|value| value.map(f64::from)).collect();
        prop_assume!(values.iter().flatten().count() >= n as usize);
        let observed = super::minutes(&values);
        let treated = |treatment| MetricAlarm { treat_missing_data: Some(treatment), ..alarm(n, Some(m.min(n))) };
        let (one, other) = (treated(one), treated(other));
        prop_assert_eq!(decide(&one, StateValue::Ok, &observed), decide(&other, StateValue::Ok, &observed));
    }

    #[test]
    fn a_point_that_breaches_more_never_calms_an_alarm(
        values in proptest::collection::vec(0..3u8, 6),
        n in 1..5u32,
        m in 1..5u32,
        raised in 0..6usize,
    ) {
        let mut values: Vec<Option<f64>> = values.into_iter().map(|value| Some(f64::from(value))).collect();
        let alarm = alarm(n, Some(m.min(n)));
        let before = outcome(&alarm, &super::minutes(&values));
        values[raised] = Some(3.0);
        let after = outcome(&alarm, &super::minutes(&values));
        if before == Outcome::State(StateValue::Alarm) {
            prop_assert_eq!(after, before);
        }
    }
}
