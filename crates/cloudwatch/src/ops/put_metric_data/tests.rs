//! What requests store, and how they are refused: code and words (cloudwatch.md §1.4).

use api::cloudwatch::types::{Dimension, EntityMetricData, StandardUnit, StatisticSet};
use store::metric::Distribution;

use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_767_225_630);

fn datum() -> MetricDatum {
    MetricDatum {
        metric_name: "latency".to_owned(),
        dimensions: None,
        timestamp: None,
        value: None,
        statistic_values: None,
        values: None,
        counts: None,
        unit: None,
        storage_resolution: None,
    }
}

fn of_value(value: f64) -> MetricDatum {
    MetricDatum { value: Some(value), ..datum() }
}

fn set(sample_count: f64, sum: f64, minimum: f64, maximum: f64) -> Option<StatisticSet> {
    Some(StatisticSet { sample_count, sum, minimum, maximum })
}

fn input(metric_data: Vec<MetricDatum>) -> PutMetricDataInput {
    PutMetricDataInput {
        namespace: "Shop".to_owned(),
        metric_data: Some(metric_data),
        entity_metric_data: None,
        strict_entity_validation: None,
    }
}

fn stored_sample(datum: MetricDatum) -> StatSample {
    data(input(vec![datum]), NOW).unwrap().remove(0).sample
}

fn refusal(input: PutMetricDataInput) -> (String, String) {
    let error = data(input, NOW).unwrap_err();
    (error.code.to_string(), error.message.unwrap())
}

#[test]
fn every_form_of_value() {
    let pairs = |pairs: &[(f64, f64)]| Distribution::of(pairs);
    let values = MetricDatum { values: Some(vec![3.0, 1.0]), ..datum() };
    let counted = MetricDatum { counts: Some(vec![0.5, 2.0]), ..values.clone() };
    let plain_set = MetricDatum { statistic_values: set(3.0, 9.0, 1.0, 5.0), ..datum() };
    let both = MetricDatum { statistic_values: set(3.0, 9.0, 1.0, 5.0), ..counted.clone() };
    let equal_set = MetricDatum { statistic_values: set(4.0, 8.0, 2.0, 2.0), ..datum() };
    for (datum, count, sum, min, max, distribution) in [
        (of_value(0.0), 1.0, 0.0, 0.0, 0.0, pairs(&[(0.0, 1.0)])),
        (values, 2.0, 4.0, 1.0, 3.0, pairs(&[(1.0, 1.0), (3.0, 1.0)])),
        (counted, 2.5, 3.5, 1.0, 3.0, pairs(&[(1.0, 2.0), (3.0, 0.5)])),
        (plain_set, 3.0, 9.0, 1.0, 5.0, Distribution::Unknown),
        (both, 3.0, 9.0, 1.0, 5.0, pairs(&[(1.0, 2.0), (3.0, 0.5)])),
        (equal_set, 4.0, 8.0, 2.0, 2.0, pairs(&[(2.0, 4.0)])),
    ] {
        assert_eq!(stored_sample(datum.clone()), StatSample { count, sum, min, max, distribution }, "{datum:?}");
    }
}

#[test]
fn empty_lists_are_as_good_as_absent() {
    let sent = MetricDatum { values: Some(Vec::new()), counts: Some(Vec::new()), ..of_value(7.0) };
    assert_eq!(stored_sample(sent).sum, 7.0);
}

#[test]
fn where_and_when_a_datum_is_stored() {
    let dimension = |name: &str, value: &str| Dimension { name: name.to_owned(), value: value.to_owned() };
    let at = Timestamp::from_millis(1_767_225_599_999);
    let precise = MetricDatum {
        timestamp: Some(at),
        unit: Some(StandardUnit::Bytes),
        storage_resolution: Some(1),
        dimensions: Some(vec![dimension("b", "2"), dimension("a", "1")]),
        ..of_value(1.0)
    };
    let stored = data(input(vec![precise, of_value(1.0)]), NOW).unwrap();
    assert_eq!(stored[0].time_secs, 1_767_225_599);
    assert!(stored[0].high_resolution);
    assert_eq!(stored[0].unit.as_str(), "Bytes");
    let dimensions: Vec<(&str, &str)> =
        stored[0].metric.dimensions.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(dimensions, [("a", "1"), ("b", "2")]);
    assert_eq!(stored[1].time_secs, 1_767_225_600, "standard resolution is stored at its minute");
    assert!(!stored[1].high_resolution);
    assert_eq!(stored[1].unit, MetricUnit::NONE);
}

#[test]
fn a_datum_that_cannot_be() {
    let two_weeks = 14 * 86_400;
    let at = |secs: i64| MetricDatum { timestamp: Some(Timestamp::from_secs(NOW.secs() + secs)), ..of_value(1.0) };
    let with_dimension = |name: &str, value: &str| MetricDatum {
        dimensions: Some(vec![Dimension { name: name.to_owned(), value: value.to_owned() }; 1]),
        ..of_value(1.0)
    };
    let values = |values: Vec<f64>, counts: Vec<f64>| MetricDatum {
        values: Some(values),
        counts: Some(counts).filter(|counts| !counts.is_empty()),
        ..datum()
    };
    let duplicate = Dimension { name: "Host".to_owned(), value: "a".to_owned() };
    let (value, combination, missing) = ("InvalidParameterValue", "InvalidParameterCombination", "MissingParameter");
    let exclusive = |other: &str| {
        format!(
            "The parameters MetricData.member.1.Value and MetricData.member.1.{other} are mutually exclusive and you \
             have specified both."
        )
    };
    let invalid = |shown: &str, parameter: &str| {
        format!("The value {shown} for parameter MetricData.member.1.{parameter} is invalid.")
    };
    for (datum, code, message) in [
        (MetricDatum { values: Some(vec![1.0]), ..of_value(1.0) }, combination, exclusive("Values")),
        (
            MetricDatum { statistic_values: set(1.0, 1.0, 1.0, 1.0), ..of_value(1.0) },
            combination,
            exclusive("StatisticValues"),
        ),
        (
            values(vec![1.0, 2.0], vec![1.0]),
            value,
            "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size."
                .to_owned(),
        ),
        (of_value(f64::NAN), value, invalid("NaN", "Value")),
        (of_value(f64::NEG_INFINITY), value, invalid("-Infinity", "Value")),
        (of_value(1e300), value, invalid("1e300", "Value")),
        (values(vec![1.0, f64::NAN], vec![]), value, invalid("NaN", "Values.member.2")),
        (values(vec![1.0], vec![-1.0]), value, invalid("-1", "Counts.member.1")),
        (values(vec![1.0], vec![0.0]), value, invalid("0", "Counts.member.1")),
        (
            at(-two_weeks - 1),
            value,
            "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.".to_owned(),
        ),
        (
            at(7201),
            value,
            "The parameter MetricData.member.1.Timestamp must specify a time no more than two hours in the future."
                .to_owned(),
        ),
        (
            values(vec![1.0; 151], vec![]),
            value,
            "The collection MetricData.member.1.Values must not have a size greater than 150.".to_owned(),
        ),
        (
            datum(),
            missing,
            "At least one of the parameters MetricData.member.1.Value or MetricData.member.1.StatisticValues must be \
             specified."
                .to_owned(),
        ),
        (
            MetricDatum { statistic_values: set(2.0, 3.0, 2.0, 1.0), ..datum() },
            value,
            "The parameter MetricData.member.1.StatisticValues.Maximum must be greater than \
             MetricData.member.1.StatisticValues.Minimum."
                .to_owned(),
        ),
        (
            MetricDatum { statistic_values: set(0.0, 0.0, 0.0, 0.0), ..datum() },
            value,
            "The parameter MetricData.member.1.StatisticValues.SampleCount must be greater than 0.".to_owned(),
        ),
        (
            MetricDatum { statistic_values: set(1.0, f64::NAN, 1.0, 1.0), ..datum() },
            value,
            invalid("NaN", "StatisticValues.Sum"),
        ),
        (MetricDatum { storage_resolution: Some(30), ..of_value(1.0) }, value, invalid("30", "StorageResolution")),
        (with_dimension(":x", "y"), value, invalid(":x", "Dimensions.member.1.Name")),
        (with_dimension("x", "  "), value, invalid("  ", "Dimensions.member.1.Value")),
        (
            with_dimension("x", "é"),
            value,
            "The value for parameter MetricData.member.1.Dimensions.member.1.Value contains non-ASCII characters."
                .to_owned(),
        ),
        (
            MetricDatum { dimensions: Some(vec![duplicate.clone(), duplicate]), ..of_value(1.0) },
            value,
            invalid("Host", "Dimensions"),
        ),
    ] {
        assert_eq!(refusal(input(vec![datum.clone()])), (code.to_owned(), message), "{datum:?}");
    }
    for edge in [at(-two_weeks), at(7200), of_value(2f64.powi(360)), of_value(-(2f64.powi(360)))] {
        assert!(data(input(vec![edge.clone()]), NOW).is_ok(), "{edge:?}");
    }
}

#[test]
fn a_request_that_cannot_be() {
    let required = ("MissingParameter".to_owned(), "The parameter MetricData is required.".to_owned());
    assert_eq!(refusal(PutMetricDataInput { metric_data: None, ..input(vec![]) }), required);
    assert_eq!(refusal(input(vec![])), required);
    let too_many = refusal(input(vec![of_value(1.0); 1001]));
    assert_eq!(too_many.1, "The collection MetricData must not have a size greater than 1000.");
    assert_eq!(data(input(vec![of_value(1.0); 1000]), NOW).unwrap().len(), 1000);
    let reserved = PutMetricDataInput { namespace: "AWS/EC2".to_owned(), ..input(vec![of_value(1.0)]) };
    let message = "The value AWS/ for parameter Namespace is invalid.";
    assert_eq!(refusal(reserved), ("InvalidParameterValue".to_owned(), message.to_owned()));
}

#[test]
fn several_violations_stand_on_lines_of_their_own() {
    let (code, message) = refusal(input(vec![of_value(f64::NAN), of_value(1.0), datum()]));
    assert_eq!(code, "InvalidParameterValue");
    assert_eq!(
        message,
        "The value NaN for parameter MetricData.member.1.Value is invalid.\n\
         At least one of the parameters MetricData.member.3.Value or MetricData.member.3.StatisticValues must be \
         specified."
    );
}

#[test]
fn data_of_entities_counts_with_the_rest() {
    let entity = EntityMetricData { entity: None, metric_data: Some(vec![of_value(2.0); 500]) };
    let both = |strict, entities: usize| PutMetricDataInput {
        entity_metric_data: Some(vec![entity.clone(); entities]),
        strict_entity_validation: strict,
        ..input(vec![of_value(1.0)])
    };
    assert_eq!(data(both(Some(false), 1), NOW).unwrap().len(), 501);
    let (_, message) = refusal(both(Some(false), 2));
    assert_eq!(message, "The collection MetricData must not have a size greater than 1000.");
    assert_eq!(refusal(both(None, 1)).1, "The parameter StrictEntityValidation is required.");
    assert_eq!(
        refusal(both(Some(true), 1)).1,
        "The parameter EntityMetricData.member.1.Entity is invalid: InvalidEntity."
    );
    let broken = EntityMetricData { entity: None, metric_data: Some(vec![datum()]) };
    let input = PutMetricDataInput { entity_metric_data: Some(vec![broken]), ..both(Some(false), 0) };
    assert!(refusal(input).1.contains("EntityMetricData.member.1.MetricData.member.1.Value"));
}
