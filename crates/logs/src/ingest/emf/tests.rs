//! What events carry along.

use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_772_000_030);
const NOW_MS: i64 = NOW.millis();

/// What these messages give: each datum as `namespace/metric[dimensions] unit@seconds: count sum`, sorted; and the
/// errors of parsing and of validation.
fn told(messages: &[&str]) -> (Vec<String>, (u64, u64)) {
    let event = |message: &&str| NewEvent { time: NOW.plus_millis(-1), message: (*message).to_owned() };
    let events: Vec<NewEvent> = messages.iter().map(event).collect();
    let mut samples = Samples::default();
    let errors = extract(&events, NOW, &mut samples);
    let datum = |datum: store::metric::Datum| {
        let dimensions: Vec<_> =
            datum.metric.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (namespace, name, unit) = (&datum.metric.namespace, &datum.metric.name, datum.unit.as_str());
        let fine = if datum.high_resolution { " fine" } else { "" };
        let (count, sum, time) = (datum.sample.count, datum.sample.sum, datum.time_secs);
        format!("{namespace}/{name}[{}] {unit}@{time}{fine}: {count} {sum}", dimensions.join(","))
    };
    let mut told: Vec<String> = samples.into_data().into_iter().map(datum).collect();
    told.sort();
    (told, (errors.parsing, errors.validation))
}

/// A message with one directive, and members beside it.
fn message(directive: &str, members: &str) -> String {
    format!(r#"{{"_aws":{{"Timestamp":{NOW_MS},"CloudWatchMetrics":[{directive}]}},{members}}}"#)
}

#[test]
fn each_metric_is_put_for_each_set_of_dimensions() {
    let directive = r#"{"Namespace":"App","Dimensions":[["fn","ver"],["fn"],[]],"Metrics":[{"Name":"time","Unit":"Milliseconds"},{"Name":"n"}]}"#;
    let message = message(directive, r#""fn":"f","ver":"1","time":100,"n":2,"other":"x""#);
    let (data, errors) = told(&[&message]);
    assert_eq!(
        data,
        [
            "App/n[] None@1772000000: 1 2",
            "App/n[fn=f,ver=1] None@1772000000: 1 2",
            "App/n[fn=f] None@1772000000: 1 2",
            "App/time[] Milliseconds@1772000000: 1 100",
            "App/time[fn=f,ver=1] Milliseconds@1772000000: 1 100",
            "App/time[fn=f] Milliseconds@1772000000: 1 100",
        ]
        .map(|line| line.replace("1772000000", &minute().to_string()))
    );
    assert_eq!(errors, (0, 0));
}

fn minute() -> i64 {
    super::super::samples::minute_secs(NOW)
}

#[test]
fn arrays_are_several_values_and_events_of_a_minute_are_one_datum() {
    let directive = r#"{"Namespace":"App","Dimensions":[[]],"Metrics":[{"Name":"n"}]}"#;
    let (one, two) = (message(directive, r#""n":[1,2,2.5]"#), message(directive, r#""n":4"#));
    assert_eq!(told(&[&one, &two]), (vec![format!("App/n[] None@{}: 4 9.5", minute())], (0, 0)));
}

#[test]
fn high_resolution_keeps_the_second() {
    let directive = r#"{"Namespace":"App","Dimensions":[[]],"Metrics":[{"Name":"n","StorageResolution":1},{"Name":"m","StorageResolution":60}]}"#;
    let (data, errors) = told(&[&message(directive, r#""n":1,"m":1"#)]);
    assert_eq!(data, [format!("App/m[] None@{}: 1 1", minute()), format!("App/n[] None@{} fine: 1 1", NOW.secs())]);
    assert_eq!(errors, (0, 0));
}

#[test]
fn without_time_and_dimensions_the_events_time_and_none_are_taken() {
    let message = r#"{"_aws":{"CloudWatchMetrics":[{"Namespace":"App","Metrics":[{"Name":"n"}]}]},"n":1}"#;
    assert_eq!(told(&[message]), (vec![format!("App/n[] None@{}: 1 1", minute())], (0, 0)));
}

#[test]
fn names_are_of_top_level_members_whatever_they_hold() {
    let directive = r#"{"Namespace":"App","Dimensions":[[]],"Metrics":[{"Name":"A.a"}],"Extra":true}"#;
    let (data, errors) = told(&[&message(directive, r#""A.a":1,"A":{"a":2}"#)]);
    assert_eq!((data, errors), (vec![format!("App/A.a[] None@{}: 1 1", minute())], (0, 0)));
    assert_eq!(told(&[&message(directive, r#""A":{"a":2}"#)]), (vec![], (0, 1)));
}

#[test]
fn what_is_not_of_the_format_is_no_error() {
    for message in [
        "plain text",
        "{\"a\":1}",
        "{\"_aws\":1}",
        "not json \"_aws\" \"CloudWatchMetrics\"",
        r#"{"wrapped":{"_aws":{"CloudWatchMetrics":[]}}}"#,
        r#"{"_aws":{},"CloudWatchMetrics":[]}"#,
        r#"{"_aws":{"CloudWatchMetrics":[]}}"#,
    ] {
        assert_eq!(told(&[message]), (vec![], (0, 0)), "{message}");
    }
}

#[test]
fn what_claims_the_format_and_cannot_be_read_is_a_parsing_error() {
    for message in [
        r#"{"_aws":{"CloudWatchMetrics":[]}} more"#,
        r#"{"_aws":{"CloudWatchMetrics":["#,
        r#"{"_aws":{"CloudWatchMetrics":{}}}"#,
    ] {
        assert_eq!(told(&[message]), (vec![], (1, 0)), "{message}");
    }
}

#[test]
fn a_part_that_breaks_a_rule_is_left_out_and_counted_once_an_event() {
    let good =
        |metrics: &str| format!(r#"{{"Namespace":"App","Dimensions":[["d"]],"Metrics":[{{"Name":"n"}}{metrics}]}}"#);
    let members = r#""d":"x","n":1,"text":"t","many":[1,"2"],"bad":5"#;
    let kept = vec![format!("App/n[d=x] None@{}: 1 1", minute())];
    for metrics in [
        r#",{"Name":"missing"}"#,
        r#",{"Name":"text"}"#,
        r#",{"Name":"many"},{"Name":"text"}"#,
        r#",{"Name":"bad","Unit":"Bananas"}"#,
        r#",{"Name":"bad","StorageResolution":30}"#,
        r#",{"Name":""}"#,
        r#",{"Unit":"Count"}"#,
    ] {
        assert_eq!(told(&[&message(&good(metrics), members)]), (kept.clone(), (0, 1)), "{metrics}");
    }
    for other in [
        r#"{"Dimensions":[[]],"Metrics":[{"Name":"n"}]}"#,
        r#"{"Namespace":"","Dimensions":[[]],"Metrics":[{"Name":"n"}]}"#,
        r#"{"Namespace":"X","Dimensions":[],"Metrics":[{"Name":"n"}]}"#,
        r#"{"Namespace":"X","Dimensions":["d"],"Metrics":[{"Name":"n"}]}"#,
        r#"{"Namespace":"X","Dimensions":[["missing"]],"Metrics":[{"Name":"n"}]}"#,
        r#"{"Namespace":"X","Dimensions":[["n"]],"Metrics":[{"Name":"n"}]}"#,
        r#"{"Namespace":"X","Dimensions":[[]]}"#,
        "5",
    ] {
        let both = format!("{other},{}", good(""));
        assert_eq!(told(&[&message(&both, members)]), (kept.clone(), (0, 1)), "{other}");
    }
}

#[test]
fn sizes_are_bounded() {
    let many = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join(",");
    let of = |metrics: &str, dimensions: &str, members: &str| {
        let directive = format!(r#"{{"Namespace":"App","Dimensions":[[{dimensions}]],"Metrics":[{metrics}]}}"#);
        let (data, errors) = told(&[&message(&directive, members)]);
        (data.len(), errors.1)
    };
    let metrics = |count: usize| many(count, &|n| format!(r#"{{"Name":"m{n}"}}"#));
    let members = |count: usize| many(count, &|n| format!(r#""m{n}":1"#));
    assert_eq!(of(&metrics(100), "", &members(100)), (100, 0));
    assert_eq!(of(&metrics(101), "", &members(101)), (0, 1));
    let values = |count: usize| format!(r#""m0":[{}]"#, many(count, &|n| n.to_string()));
    assert_eq!(of(&metrics(1), "", &values(100)), (1, 0));
    assert_eq!(of(&metrics(1), "", &values(101)), (0, 1));
    let keys = |count: usize| many(count, &|n| format!("\"d{n}\""));
    let named = |count: usize| format!("{},\"m0\":1", many(count, &|n| format!(r#""d{n}":"v""#)));
    assert_eq!(of(&metrics(1), &keys(30), &named(30)), (1, 0));
    assert_eq!(of(&metrics(1), &keys(31), &named(31)), (0, 1));
    let long = |count: usize| format!(r#""d0":"{}","m0":1"#, "v".repeat(count));
    assert_eq!(of(&metrics(1), &keys(1), &long(1024)), (1, 0));
    assert_eq!(of(&metrics(1), &keys(1), &long(1025)), (0, 1));
}

#[test]
fn times_are_those_that_metrics_may_be_of() {
    for (offset_ms, valid) in
        [(-BEHIND_MS_MAX, true), (-BEHIND_MS_MAX - 1, false), (AHEAD_MS_MAX, true), (AHEAD_MS_MAX + 1, false)]
    {
        let time = NOW_MS + offset_ms;
        let message = format!(
            r#"{{"_aws":{{"Timestamp":{time},"CloudWatchMetrics":[{{"Namespace":"A","Dimensions":[[]],"Metrics":[{{"Name":"n"}}]}}]}},"n":1}}"#
        );
        let (data, errors) = told(&[&message]);
        assert_eq!((data.len(), errors), (usize::from(valid), (0, u64::from(!valid))), "{offset_ms}");
    }
    let bad = r#"{"_aws":{"Timestamp":"now","CloudWatchMetrics":[]}}"#;
    assert_eq!(told(&[bad]), (vec![], (0, 1)));
}
