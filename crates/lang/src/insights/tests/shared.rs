//! However the work is shared, the rows are the same; and no event that matches is missed by its needle.

use proptest::prelude::*;

use super::notation::{compile, event, run_shared, show};

const QUERIES: [&str; 27] = [
    "filter @type = \"REPORT\" | fields @requestId, @duration",
    "filter action = \"REJECT\" and srcAddr like \"10.\" | fields dstPort",
    "filter @requestId =~ /^8f5/ | stats max(@memorySize) as m",
    "fields @message",
    "fields @message | limit 3",
    "fields level | sort level, n desc | limit 5",
    "sort n desc | limit 4 | stats sum(n) as s by level",
    "dedup level",
    "dedup level, n | limit 3",
    "sort n asc | dedup level | limit 2",
    "stats count(*) as c by level",
    "stats count(*) as c by bin(3s), level",
    "stats count(*) as c, count(n), sum(n), avg(n), min(n), max(n) by level",
    "stats pct(n, 50) as p, stddev(n) as d, variance(n) as v",
    "stats count_distinct(n) as d, values(n) as v by level",
    "stats earliest(n) as e, latest(n) as l, sortsFirst(n) as f, sortsLast(n) as g by level",
    "stats topk(2, level)",
    "stats sum(n) as s by level, bin(2s) | stats max(s) as m by level | sort m desc | limit 2",
    "filter @message like /(?i)ERR[a-z]+/ | stats count(*) as c",
    "filter level = \"error\" | fields n",
    "filter level like \"err\" | fields n",
    "filter level in [\"error\", \"warn\"] or @message like \"plain\" | fields n",
    "filter level =~ /(err|wa)\\w+/ | fields n",
    "parse @message \"\\\"level\\\":\\\"*\\\"\" as l | filter l = \"error\" | fields l",
    "fields jsonParse(@message) as j | unnest j.list into e | stats count(*) as c by e",
    "filter text = \"a/b\\\"c é\" | fields text",
    "filter n = 2 | fields n",
];

fn message() -> impl Strategy<Value = String> {
    let level = prop::sample::select(vec!["error", "warn", "info", "Error", "erratic"]);
    let number = prop::sample::select(vec!["1", "2", "2.0", "2e0", "\"2\"", "10", "0.5", "\"x\"", "null"]);
    let text = prop::sample::select(vec![r#""a\/b\"c é""#, r#""a/b\"c \u00e9""#, r#""\u0061/b\u0022c é""#, "1"]);
    let list = prop::sample::select(vec!["[1,2]", "[]", "7", "[{\"a\":1}]"]);
    let json = (level, number, text, list).prop_map(|(level, number, text, list)| {
        format!(r#"{{"level":"{level}","n":{number},"text":{text},"list":{list}}}"#)
    });
    prop_oneof![
        8 => json,
        1 => Just("REPORT RequestId: 8f507cfc-b3e4-4a71-8c25-1d2e1e6a3b11\tDuration: 102.25 ms\tBilled Duration: 103 ms\tMemory Size: 128 MB\tMax Memory Used: 30 MB".to_owned()),
        1 => Just("2 123456789010 eni-1235b8ca123456789 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 REJECT OK".to_owned()),
        1 => Just("plain ERRor text".to_owned()),
        1 => Just(r#"{"level":"\u0065rror","n":3}"#.to_owned()),
        1 => "[a-z \"{}:,]{0,20}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn sharing_the_work_changes_no_row(
        query in prop::sample::select(QUERIES.to_vec()),
        messages in prop::collection::vec(message(), 0..40),
        shares in prop::collection::vec(0..4usize, 40),
    ) {
        let plan = compile(query).unwrap();
        let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
        let rows = |worker: &dyn Fn(usize) -> usize| -> Vec<String> {
            run_shared(&plan, &messages, worker).unwrap().iter().map(show).collect()
        };
        prop_assert_eq!(rows(&|_| 0), rows(&|position| shares[position]), "{}", query);
    }

    #[test]
    fn what_matches_is_found_by_the_needle(
        query in prop::sample::select(QUERIES.to_vec()),
        message in message(),
    ) {
        let plan = compile(query).unwrap();
        let mut worker = plan.worker();
        worker.push(&event(0, &message)).unwrap();
        let needle = plan.needle();
        prop_assert!(worker.matched() == 0 || needle.may_match(&message), "{query} {needle:?} {message}");
    }
}
