//! What an interval of lines comes to.

use super::*;

const START: Timestamp = Timestamp::from_secs(600);
const END: Timestamp = Timestamp::from_secs(660);

fn aggregate() -> Aggregate {
    Aggregate::new(START, Duration::from_secs(60), 18)
}

/// Each datum as name, tag values and what it says.
fn said(data: &[Datum]) -> Vec<(String, Vec<(f64, f64)>)> {
    let of = |datum: &Datum| {
        let tags: Vec<&str> = datum.series.dimensions.iter().map(|at| at.value.as_str()).collect();
        let values = match &datum.value {
            DatumValue::Single(value) => vec![(*value, 0.0)],
            DatumValue::Distribution(bins) => bins.iter().map(|bin| (bin.value(), bin.count)).collect(),
        };
        (format!("{} {}", datum.series.name, tags.join(",")), values)
    };
    data.iter().map(of).collect()
}

fn closed(aggregate: &mut Aggregate, lines: &str) -> Vec<(String, Vec<(f64, f64)>)> {
    aggregate.take(lines.as_bytes(), START);
    said(&aggregate.close(END))
}

/// A value of a series, as `said` has it.
fn single(series: &str, value: f64) -> (String, Vec<(f64, f64)>) {
    (series.to_owned(), vec![(value, 0.0)])
}

#[test]
fn counters_add_up_and_make_good_for_sampling() {
    let mut aggregate = aggregate();
    let got = closed(&mut aggregate, "hits:1|c\nhits:2|c|@0.5\nhits:5|c|#stage:test\n");
    assert_eq!(got, [single("hits counter", 5.0), single("hits test,counter", 5.0)]);
    assert_eq!(closed(&mut aggregate, ""), []);
}

#[test]
fn timers_are_distributions_weighted_by_their_rate() {
    let got = closed(&mut aggregate(), "took:20|ms\ntook:10|ms|@0.25\ntook:20|ms\nsize:7|h\n");
    assert_eq!(
        got,
        [("size histogram".to_owned(), vec![(7.0, 1.0)]), ("took timing".to_owned(), vec![(10.0, 4.0), (20.0, 2.0)]),]
    );
}

#[test]
fn gauges_keep_the_last_value_and_changes_start_from_it() {
    let mut aggregate = aggregate();
    assert_eq!(closed(&mut aggregate, "temp:20|g\ntemp:21|g"), [single("temp gauge", 21.0)]);
    assert_eq!(closed(&mut aggregate, ""), [], "nothing came, so nothing is said");
    assert_eq!(closed(&mut aggregate, "temp:-1.5|g\ntemp:+0.5|g"), [single("temp gauge", 20.0)]);
}

#[test]
fn a_gauge_is_forgotten_after_an_hour() {
    let mut aggregate = aggregate();
    closed(&mut aggregate, "temp:20|g");
    aggregate.close(START.plus_millis(3_600_001));
    assert_eq!(closed(&mut aggregate, "temp:+1|g"), [single("temp gauge", 1.0)]);
}

#[test]
fn sets_count_different_members() {
    let got = closed(&mut aggregate(), "users:ada|s\nusers:bob|s\nusers:ada|s\n");
    assert_eq!(got, [single("users set", 2.0)]);
}

#[test]
fn malformed_lines_are_counted_and_leave_the_others_alone() {
    let mut aggregate = aggregate();
    aggregate.take(b"hits:1|c\nwhat\n\xff\xfe\nhits:x|c\nhits:1|c\r\n\n", START);
    assert_eq!(aggregate.problems.malformed, 3);
    assert_eq!(aggregate.problems.example.as_deref(), Some("it is not of the form name:value|type: what"));
    assert_eq!(said(&aggregate.close(END)), [single("hits counter", 2.0)]);
    assert_eq!(aggregate.problems.malformed, 0);
}

#[test]
fn data_is_stamped_with_the_start_of_its_interval() {
    let mut aggregate = Aggregate::new(START, Duration::from_secs(5), 18);
    aggregate.take(b"hits:1|c", START);
    let first = aggregate.close(END);
    assert_eq!((first[0].timestamp, first[0].high_resolution), (START, true));
    aggregate.take(b"hits:1|c", END);
    assert_eq!(aggregate.close(END.plus_millis(1))[0].timestamp, END);
}

#[test]
fn series_and_members_are_bounded() {
    let mut aggregate = aggregate();
    for at in 0..=SERIES_MAX {
        aggregate.take(format!("m{at}:1|c").as_bytes(), START);
    }
    assert_eq!(aggregate.problems.too_many, 1);
    assert_eq!(aggregate.close(END).len(), SERIES_MAX);
    for at in 0..=MEMBERS_MAX {
        aggregate.take(format!("users:{at}|s").as_bytes(), START);
    }
    assert_eq!(aggregate.problems.too_many, 1);
    assert_eq!(said(&aggregate.close(END)), [single("users set", MEMBERS_MAX as f64)]);
}

#[test]
fn sums_that_no_server_takes_are_left_out() {
    let big = format!("{:e}", 2f64.powi(360));
    let got = closed(&mut aggregate(), &format!("a:{big}|c\na:{big}|c\nb:{big}|ms|@0.1\nc:1|c\n"));
    assert_eq!(got, [single("c counter", 1.0)]);
}
