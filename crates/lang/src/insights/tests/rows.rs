//! What rows come out, where the page has no place for it.

use super::notation::{compile, environment, run, run_shared, show};
use crate::insights::{Plan, Query, Value};

fn plan_with_limit(query: &str, limit: u64) -> Plan {
    let environment = crate::insights::Environment { limit: Some(limit), ..environment() };
    Plan::compile(&Query::parse(query).unwrap(), &environment).unwrap()
}

fn messages(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{{\"n\":{number},\"m\":{}}}", number % 7)).collect()
}

fn count_rows(plan: &Plan, count: usize) -> usize {
    let messages = messages(count);
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    run_shared(plan, &messages, &|position| position % 3).unwrap().len()
}

#[test]
fn the_smaller_limit_wins() {
    assert_eq!(count_rows(&plan_with_limit("fields n | limit 3", 5), 10), 3);
    assert_eq!(count_rows(&plan_with_limit("fields n | limit 7", 5), 10), 5);
    assert_eq!(count_rows(&plan_with_limit("fields n", 5), 10), 5);
}

#[test]
fn without_a_limit_there_are_ten_thousand_rows() {
    assert_eq!(count_rows(&compile("fields n").unwrap(), 10_001), 10_000);
    assert_eq!(count_rows(&compile("fields n | limit 10001").unwrap(), 10_002), 10_001);
}

#[test]
fn a_limit_in_the_middle_keeps_the_newest() {
    let rows = run("limit 2 | stats min(n) as n", &[r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#]);
    assert_eq!(rows, ["n: 2"]);
}

#[test]
fn fields_can_be_computed_behind_a_limit() {
    let rows = run(
        "sort @timestamp asc | limit 1 | parse @message \"a=*\" as a | fields a, strlen(@message) as l",
        &["a=1", "a=22"],
    );
    assert_eq!(rows, ["a: 1; l: 3"]);
}

#[test]
fn rows_of_events_end_with_their_pointer() {
    let last = |query: &str| {
        let rows = run_shared(&compile(query).unwrap(), &["x"], &|_| 0).unwrap();
        rows[0].last().map(|(name, value)| (name.to_string(), value.clone()))
    };
    let pointer = Some(("@ptr".to_owned(), Value::from("ptr-1-0")));
    for query in
        ["fields @message", "display @message", "limit 1", "sort @timestamp | limit 1 | display @log", "dedup @log"]
    {
        assert_eq!(last(query), pointer, "{query}");
    }
    assert_eq!(last("display @ptr as p | limit 1 | display p").unwrap().1, Value::from("ptr-1-0"));
    assert_eq!(last("stats count(*) as c").unwrap().0, "c");
}

#[test]
fn messages_are_needed_only_where_something_looks_at_them() {
    let table = [
        ("stats count(*) by bin(1m)", false),
        ("fields @timestamp, @message | stats count(*) by bin(1m), @logStream", false),
        ("fields strlen(@message) as n | stats count(*)", false),
        ("filter @logStream = \"a\" | stats count(*)", false),
        ("parse @message \"*\" as x | stats count(*)", false),
        ("limit 10 | stats count(*)", false),
        ("stats sum(x)", true),
        ("limit 10", true),
        ("filter @message like \"x\" | stats count(*)", true),
        ("filter x = 1 | stats count(*)", true),
        ("fields @message | limit 10 | stats count_distinct(@message)", true),
    ];
    for (query, needed) in table {
        assert_eq!(compile(query).unwrap().needs_message(), needed, "{query}");
    }
}

#[test]
fn a_filter_does_not_wait_for_what_it_does_not_read() {
    let plan = compile("parse @message \"*\" as x | fields strlen(x) as n | filter @message like \"a\"").unwrap();
    let shown = format!("{plan:?}");
    assert!(shown.find("Keep").unwrap() < shown.find("Extract").unwrap(), "{shown}");
}

#[test]
fn events_that_match_are_counted_once() {
    let plan = compile("fields jsonParse(@message) as j | filter @message like \"a\" | unnest j.a into e").unwrap();
    let mut worker = plan.worker();
    for (position, message) in [r#"{"a":[1,2,3]}"#, r#"{"b":1}"#, r#"{"a":[]}"#].iter().enumerate() {
        worker.push(&super::notation::event(position, message)).unwrap();
    }
    assert_eq!(worker.matched(), 1);
}

#[test]
fn memory_is_accounted() {
    for query in
        ["fields @message", "stats count(*) by n", "stats count_distinct(n), pct(n, 50)", "stats values(n)", "dedup n"]
    {
        let plan = compile(query).unwrap();
        let mut worker = plan.worker();
        let messages = messages(1000);
        for (position, message) in messages.iter().enumerate() {
            worker.push(&super::notation::event(position, message)).unwrap();
        }
        assert!(worker.memory_bytes() > 8_000, "{query}: {}", worker.memory_bytes());
    }
}

#[test]
fn a_limit_bounds_memory() {
    for query in ["limit 10", "sort n | limit 10", "dedup n | limit 10"] {
        let plan = compile(query).unwrap();
        let mut worker = plan.worker();
        let messages = messages(5000);
        for (position, message) in messages.iter().enumerate() {
            worker.push(&super::notation::event(position, message)).unwrap();
        }
        assert!(worker.memory_bytes() < 50_000, "{query}: {}", worker.memory_bytes());
        let rows = plan.finish(vec![worker]).unwrap();
        assert_eq!(rows.len(), 10, "{query}");
    }
}

#[test]
fn fields_are_discovered_in_what_a_transformer_made() {
    let plan = compile("display a, @message").unwrap();
    let mut worker = plan.worker();
    let event = crate::insights::Event { transformed: Some(r#"{"a":2}"#), ..super::notation::event(0, r#"{"a":1}"#) };
    worker.push(&event).unwrap();
    let rows = plan.finish(vec![worker]).unwrap();
    assert_eq!(show(&rows[0]), r#"a: 2; @message: {"a":1}"#);
}

#[test]
fn a_column_of_a_row_is_found_by_the_text_of_its_expression() {
    let messages = [r#"{"l":"a"}"#, r#"{"l":"b"}"#, r#"{"l":"a"}"#];
    for query in [
        "stats count(*) by l | sort count(*) desc | limit 1",
        "stats COUNT( * ) by l | filter count(*) > 1",
        "stats count(*) as n by l | filter count(*) > 1",
    ] {
        let rows = run(query, &messages);
        assert_eq!(rows.len(), 1, "{query}");
        assert!(rows[0].starts_with("l: a; ") && rows[0].ends_with(": 2"), "{query}: {rows:?}");
    }
}

#[test]
fn a_field_that_is_shown_hides_no_longer_name() {
    let rows =
        run("fields user, @message | filter user.name = \"Ann\" | display user.name", &[r#"{"user":{"name":"Ann"}}"#]);
    assert_eq!(rows, ["user.name: Ann"]);
}

#[test]
fn many_groups_come_in_an_order_too() {
    let messages = messages(10_001);
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    let plan = compile("stats count(*) as c by n").unwrap();
    let rows = |worker: &dyn Fn(usize) -> usize| run_shared(&plan, &messages, worker).unwrap();
    assert_eq!(rows(&|_| 0), rows(&|position| position % 4));
}
