//! What filters make of events.

use super::*;
use crate::record::MetricTransformationRecord;

const ACCOUNT: &str = "111122223333";

fn scope() -> Scope {
    Scope { account: ACCOUNT.parse().unwrap(), region: "eu-west-1".parse().unwrap() }
}

fn record(pattern: &str, value: &str) -> MetricFilterRecord {
    MetricFilterRecord {
        pattern: pattern.to_owned(),
        created: Timestamp::from_millis(0),
        transformation: MetricTransformationRecord {
            namespace: "App".to_owned(),
            name: "m".to_owned(),
            value: value.to_owned(),
            default_value: None,
            unit: None,
            dimensions: Vec::new(),
        },
        field_selection_criteria: None,
        system_field_dimensions: Vec::new(),
        on_transformed: false,
    }
}

fn with_default(pattern: &str, value: &str, default: f64) -> MetricFilterRecord {
    let mut record = record(pattern, value);
    record.transformation.default_value = Some(default);
    record
}

fn with_dimensions(pattern: &str, value: &str, dimensions: &[(&str, &str)]) -> MetricFilterRecord {
    let mut record = record(pattern, value);
    record.transformation.dimensions =
        dimensions.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    record
}

fn compiled(record: &MetricFilterRecord) -> CompiledFilter {
    CompiledFilter::compile(&scope(), record).unwrap()
}

fn refused(record: &MetricFilterRecord) -> String {
    CompiledFilter::compile(&scope(), record).unwrap_err()
}

/// Events at these seconds.
fn events(events: &[(i64, &str)]) -> Vec<NewEvent> {
    let event =
        |(secs, message): &(i64, &str)| NewEvent { time: Timestamp::from_secs(*secs), message: (*message).to_owned() };
    events.iter().map(event).collect()
}

/// Each datum as `dimensions@seconds: count sum min max`, sorted.
fn told(filter: &CompiledFilter, put: &[(i64, &str)]) -> Vec<String> {
    let mut samples = Samples::default();
    filter.apply(&events(put), &mut samples);
    let datum = |datum: store::metric::Datum| {
        assert_eq!((&*datum.metric.namespace, &*datum.metric.name), ("App", "m"));
        assert!(!datum.high_resolution);
        let dimensions: Vec<_> =
            datum.metric.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let sample = datum.sample;
        let (count, sum, min, max) = (sample.count, sample.sum, sample.min, sample.max);
        format!("{}@{}: {count} {sum} {min} {max}", dimensions.join(","), datum.time_secs)
    };
    let mut told: Vec<String> = samples.into_data().into_iter().map(datum).collect();
    told.sort();
    told
}

#[test]
fn matches_are_counted_by_the_minute_of_the_event() {
    let filter = compiled(&record("ERROR", "1"));
    let put = [(0, "ERROR a"), (59, "ERROR b"), (59, "ok"), (60, "ERROR c")];
    assert_eq!(told(&filter, &put), ["@0: 2 2 1 1", "@60: 1 1 1 1"]);
}

#[test]
fn without_a_default_minutes_without_a_match_are_silent() {
    assert_eq!(told(&compiled(&record("ERROR", "1")), &[(0, "ok")]), [""; 0]);
}

#[test]
fn values_come_from_the_event() {
    let filter = compiled(&record("{ $.latency = * }", "$.latency"));
    let put = [(0, r#"{"latency":5}"#), (1, r#"{"latency":"2.5"}"#), (2, r#"{"latency":5}"#)];
    assert_eq!(told(&filter, &put), ["@0: 3 12.5 2.5 5"]);
    let filter = compiled(&record("[..., status=4*, bytes]", "$bytes"));
    assert_eq!(told(&filter, &[(0, "GET 404 15"), (1, "GET 200 99"), (2, "GET 400 5")]), ["@0: 2 20 5 15"]);
    let filter = compiled(&record("[w, n]", "$2"));
    assert_eq!(told(&filter, &[(0, "a 7")]), ["@0: 1 7 7 7"]);
}

#[test]
fn an_event_without_a_number_gives_nothing() {
    let filter = compiled(&record("{ $.a = * }", "$.latency"));
    let put = [
        (0, r#"{"a":1}"#),
        (0, r#"{"a":1,"latency":"slow"}"#),
        (0, r#"{"a":1,"latency":[1]}"#),
        (0, r#"{"a":1,"latency":null}"#),
    ];
    assert_eq!(told(&filter, &put), [""; 0]);
}

#[test]
fn dimensions_come_from_the_event_and_split_the_data() {
    let filter = compiled(&with_dimensions("{ $.v = * }", "$.v", &[("Host", "$.h"), ("Az", "$.z")]));
    let put = [
        (0, r#"{"v":1,"h":"a","z":"x"}"#),
        (1, r#"{"v":2,"h":"b","z":"x"}"#),
        (2, r#"{"v":3,"h":"a","z":"x"}"#),
        // A missing or blank dimension gives nothing (MF-4).
        (3, r#"{"v":4,"h":"a"}"#),
        (3, r#"{"v":4,"h":" ","z":"x"}"#),
    ];
    assert_eq!(told(&filter, &put), ["Az=x,Host=a@0: 2 4 1 3", "Az=x,Host=b@0: 1 2 2 2"]);
}

#[test]
fn system_fields_are_dimensions() {
    let mut record = with_dimensions("[h, v]", "$v", &[("Host", "$h")]);
    record.system_field_dimensions = vec!["@aws.region".to_owned(), "@aws.account".to_owned()];
    let expected = format!("@aws.account={ACCOUNT},@aws.region=eu-west-1,Host=a@0: 1 1 1 1");
    assert_eq!(told(&compiled(&record), &[(0, "a 1")]), [expected]);
    record.system_field_dimensions = vec!["@aws.service".to_owned()];
    assert_eq!(refused(&record), "Invalid system field: @aws.service");
}

#[test]
fn a_minute_without_a_match_gets_the_default_once() {
    let filter = compiled(&with_default("ERROR", "1", 0.0));
    assert_eq!(told(&filter, &[(0, "ok"), (1, "ok"), (60, "ERROR"), (61, "ok")]), ["@0: 1 0 0 0", "@60: 1 1 1 1"]);
    // The minutes are remembered, matched or not.
    assert_eq!(told(&filter, &[(2, "ok"), (62, "ok"), (120, "ok")]), ["@120: 1 0 0 0"]);
    // A match always counts.
    assert_eq!(told(&filter, &[(3, "ERROR")]), ["@0: 1 1 1 1"]);
}

#[test]
fn a_match_without_a_number_needs_no_default() {
    let filter = compiled(&with_default("{ $.a = * }", "$.v", 0.0));
    assert_eq!(told(&filter, &[(0, r#"{"a":1}"#)]), [""; 0]);
    assert_eq!(told(&filter, &[(60, "{}")]), ["@60: 1 0 0 0"]);
}

#[test]
fn what_could_not_be_stored_is_not_remembered() {
    let filter = compiled(&with_default("ERROR", "1", 0.0));
    let minutes = filter.apply(&events(&[(0, "ok")]), &mut Samples::default());
    assert_eq!(minutes, [0]);
    filter.forget(&minutes);
    assert_eq!(told(&filter, &[(0, "ok")]), ["@0: 1 0 0 0"]);
}

#[test]
fn the_memory_of_minutes_is_bounded() {
    let filter = compiled(&with_default("ERROR", "1", 0.0));
    let put: Vec<(i64, &str)> = (0..MINUTES_MAX as i64 + 10).map(|minute| (minute * 60, "ok")).collect();
    assert_eq!(told(&filter, &put).len(), MINUTES_MAX + 10);
    assert_eq!(filter.reported.lock().unwrap().len(), MINUTES_MAX);
    assert_eq!(told(&filter, &put[put.len() - 1..]), [""; 0]);
}

#[test]
fn a_filter_for_other_accounts_or_regions_gives_nothing() {
    for (criteria, applies) in [
        ("@aws.region = \"eu-west-1\"", true),
        ("@aws.region NOT IN [\"eu-west-1\"]", false),
        ("@aws.account = \"999999999999\" OR @aws.region = \"eu-west-1\"", true),
        ("", true),
    ] {
        let mut record = with_default("ERROR", "1", 0.0);
        record.field_selection_criteria = Some(criteria.to_owned());
        assert_eq!(told(&compiled(&record), &[(0, "ERROR"), (60, "ok")]).is_empty(), !applies, "{criteria}");
    }
    let mut record = record("ERROR", "1");
    record.field_selection_criteria = Some("@aws.region is here".to_owned());
    assert_eq!(refused(&record), "Invalid field selection criteria at char 12, must be: =, !=, IN or NOT IN");
}

#[test]
fn what_cannot_work_is_refused() {
    let mut dimensions_and_default = with_dimensions("[a, b]", "1", &[("A", "$a")]);
    dimensions_and_default.transformation.default_value = Some(0.0);
    let mut twice = with_dimensions("[a, b]", "1", &[("A", "$a")]);
    twice.transformation.dimensions.push(("A".to_owned(), "$b".to_owned()));
    for (record, expected) in [
        (record("a-b", "1"), "Invalid character(s) in term 'a-b'"),
        (record("{ $.a }", "1"), "Invalid filter pattern"),
        (
            record("ERROR", "x"),
            "Invalid metric transformation: metricValue 'x' is not a number, and the pattern has no fields",
        ),
        (
            record("ERROR", "NaN"),
            "Invalid metric transformation: metricValue 'NaN' is not a number, and the pattern has no fields",
        ),
        (
            record("[a, b]", "$c"),
            "Invalid metric transformation: metricValue '$c' is not a number, and the pattern has no such field",
        ),
        (
            record("{ $.a = 1 }", "$.a[*]"),
            "Invalid metric transformation: metricValue '$.a[*]' is not a number, and it is not a selector of one value",
        ),
        (with_dimensions("ERROR", "1", &[("A", "$a")]), "The specified filter pattern does not support dimensions"),
        (
            dimensions_and_default,
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties",
        ),
        (twice, "Invalid metric transformation: a dimension is named twice"),
        (
            with_dimensions("[a, b]", "1", &[("A", "$c")]),
            "Invalid metric transformation: dimension value '$c': the pattern has no such field",
        ),
    ] {
        assert_eq!(refused(&record), expected);
    }
}
