//! What is found in messages, and that one pass finds what a tree would.

use proptest::prelude::*;

use super::{Wanted, discover, discover_all};
use crate::insights::Value;

fn one(message: &str, name: &str) -> String {
    discover(message, &Wanted::new([name])).pop().unwrap().to_string()
}

#[test]
fn a_needle_says_what_a_message_must_contain_to_have_a_field() {
    let messages = [
        r#"{"a":{"b.c":[{"d":1}]}}"#,
        r#"prefix {"a.b":{"c":{"0":{"d":2}}}}"#,
        r#"{"\u0061":{"b":{"c":[{"d":3}]}}}"#,
        r#"{"@x/y \"z\"":1}"#,
        r#"{"@x\/y \"z\"":1}"#,
        "plain",
    ];
    for (name, having) in [("a.b.c.0.d", &[0, 1, 2][..]), ("@@x/y \"z\"", &[3, 4])] {
        let needle = Wanted::new([name]).needle();
        for (at, message) in messages.iter().enumerate() {
            assert_eq!(!one(message, name).is_empty(), having.contains(&at), "{name} in {message}");
            assert!(needle.may_match(message) || !having.contains(&at), "{name} in {message}");
        }
        assert!(!needle.may_match("plain"), "{name}");
    }
    assert!(Wanted::new(["@requestId", "a"]).needle().may_match("START RequestId: 1"));
    assert!(!Wanted::new(["@message"]).needle().may_match("@message"));
}

#[test]
fn json_flattens_with_dots_and_indexes() {
    // logs.md SY-2.
    let message = r#" {"requestParameters":{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}},
        "a.b":{"c":1.5}, "@example.com":"x", "esc\u0061ped \"key\"":"tab\there \ud83d\ude00 \ud83d.", "big":18446744073709551615,
        "no":null, "ok":true, "empty":{}, "list":[], "e":1e3, "neg":-12 } "#;
    let table = [
        ("requestParameters.instancesSet.items.0.instanceId", "i-1"),
        ("requestParameters.instancesSet.items.1.instanceId", "i-2"),
        ("requestParameters.instancesSet.items.2.instanceId", ""),
        ("requestParameters.instancesSet", ""),
        ("requestParameters.instancesSet.items.0", ""),
        ("requestParameters.instancesSet.items.0.instanceId.x", ""),
        ("a.b.c", "1.5"),
        ("a.b", ""),
        ("@@example.com", "x"),
        ("@example.com", ""),
        ("escaped \"key\"", "tab\there 😀 \u{fffd}."),
        ("big", "18446744073709551615"),
        ("no", ""),
        ("ok", "1"),
        ("empty", ""),
        ("list", ""),
        ("e", "1000"),
        ("neg", "-12"),
        ("", ""),
    ];
    for (name, expected) in table {
        assert_eq!(one(message, name), expected, "{name}");
    }
    let (names, expected): (Vec<&str>, Vec<&str>) = table.into_iter().unzip();
    let together: Vec<String> = discover(message, &Wanted::new(names)).iter().map(Value::to_string).collect();
    assert_eq!(together, expected);
}

#[test]
fn the_first_fragment_of_json_in_a_text_is_found() {
    assert_eq!(one(r#"INFO {"a":1} and {"a":2}"#, "a"), "1");
    assert_eq!(one(r#"took {x} ms {"a":{"b":3}}"#, "a.b"), "3");
    assert_eq!(one(r#"{"a":1} then text"#, "a"), "1");
    let cut_off = discover(r#"{"a":1,"b":{"a":2}"#, &Wanted::new(["a", "z"]));
    assert_eq!(cut_off, [Value::Int(2), Value::Null], "the inner object is the first that is whole");
    assert_eq!(discover_all(r#"INFO {"a":1} and {"b":2}"#), [("a".to_owned(), Value::Int(1))]);
}

#[test]
fn what_is_not_json_has_no_fields() {
    let messages = [
        "",
        "{",
        "{}",
        "plain",
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a":01}"#,
        r#"{"a":tru}"#,
        r#"{"a" 1}"#,
        r#"{'a':1}"#,
        r#"{"a":1"#,
        "{\"a\":\"line\nbreak\"}",
        r#"{"a":"\x"}"#,
        r#"{"a":"\u12g4"}"#,
        r#"{"a":1.}"#,
        r#"{"a":.5}"#,
        r#"{"a":[1,2}"#,
        r#"{"a":+1}"#,
        r#"{"a":1 2}"#,
        "[1]",
        "{{{{{{{{{{",
    ];
    for message in messages {
        assert_eq!(discover(message, &Wanted::new(["a", "z"])), [Value::Null, Value::Null], "{message}");
        assert_eq!(discover_all(message), [], "{message}");
    }
}

#[test]
fn what_comes_after_the_last_wanted_field_is_not_looked_at() {
    assert_eq!(one(r#"{"a":1,"b":tru}"#, "a"), "1");
    assert_eq!(one(r#"{"a":1,"b":tru"#, "a"), "");
}

#[test]
fn nesting_without_end_is_no_json() {
    let deep = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let name = |depth: usize| vec!["a"; depth].join(".");
    assert_eq!(one(&deep(100), &name(100)), "1");
    let too_deep = deep(100_000);
    assert_eq!(one(&too_deep, &name(100_000)), "");
    assert_eq!(one(&too_deep, "b"), "");
    assert_eq!(discover_all(&too_deep), []);
}

#[test]
fn fields_beyond_the_two_hundredth_are_not_discovered() {
    let fields: Vec<String> = (0..300).map(|index| format!(r#""f{index}":{{"v":[{index}]}}"#)).collect();
    let message = format!("{{{}}}", fields.join(","));
    assert_eq!(one(&message, "f199.v.0"), "199");
    assert_eq!(one(&message, "f200.v.0"), "");
    assert_eq!(discover_all(&message).len(), 200);
    let both = discover(&message, &Wanted::new(["f250.v.0", "f3.v.0"]));
    assert_eq!(both, [Value::Null, Value::Int(3)]);
}

#[test]
fn a_name_that_comes_twice_is_found_twice() {
    assert_eq!(discover(r#"{"a":1}"#, &Wanted::new(["a", "a"])), [Value::Int(1), Value::Int(1)]);
}

#[test]
fn of_two_fields_of_one_name_the_first_counts() {
    let message = r#"{"a.b":1,"a":{"b":2},"a.b":3}"#;
    assert_eq!(discover(message, &Wanted::new(["a.b", "x"])), [Value::Int(1), Value::Null]);
    assert_eq!(discover_all(message), [("a.b".to_owned(), Value::Int(1))]);
}

#[test]
fn lines_of_lambda_are_understood() {
    // logs.md SY-3.
    let report = "REPORT RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95\tDuration: 102.25 ms\tBilled Duration: 200 ms\t\
        Memory Size: 128 MB\tMax Memory Used: 58 MB\tInit Duration: 166.65 ms\t\nXRAY TraceId: 1-5e34a614-10bdxmpl\t\
        SegmentId: 07d7\tSampled: true\t\n";
    let table = [
        (report, "@type", "REPORT"),
        (report, "@requestId", "8f507cfc-xmpl-4697-b07a-ac58fc914c95"),
        (report, "@duration", "102.25"),
        (report, "@billedDuration", "200"),
        (report, "@memorySize", "128000000"),
        (report, "@maxMemoryUsed", "58000000"),
        (report, "@initDuration", "166.65"),
        (report, "@xrayTraceId", "1-5e34a614-10bdxmpl"),
        (report, "@xraySegmentId", "07d7"),
        ("START RequestId: 8f50 Version: $LATEST\n", "@requestId", "8f50"),
        ("START RequestId: 8f50 Version: $LATEST\n", "@type", "START"),
        ("END RequestId: 8f50\n", "@requestId", "8f50"),
        ("END RequestId: 8f50\n", "@duration", ""),
        ("INIT_START Runtime Version: python:3.9.v18\tRuntime Version ARN: arn:x", "@type", "INIT_START"),
        ("START of something", "@type", ""),
        (
            "2024-05-19T06:10:16.682Z\t8f507cfc-0000-4697-b07a-ac58fc914c95\tINFO\tdone {\"a\":1}",
            "@requestId",
            "8f507cfc-0000-4697-b07a-ac58fc914c95",
        ),
        ("2024-05-19T06:10:16.682Z\t8f507cfc-0000-4697-b07a-ac58fc914c95\tINFO\tdone {\"a\":1}", "a", "1"),
        (
            "[ERROR]\t2024-05-19T06:10:16.682Z\t8f507cfc-0000-4697-b07a-ac58fc914c95\tboom",
            "@requestId",
            "8f507cfc-0000-4697-b07a-ac58fc914c95",
        ),
        (r#"{"@type":"mine"}"#, "@type", ""),
    ];
    for (message, name, expected) in table {
        assert_eq!(one(message, name), expected, "{name} of {message}");
    }
    assert_eq!(discover_all(report).len(), 9);
}

#[test]
fn flow_records_are_understood() {
    // logs.md SY-4.
    let flow =
        "2 012345678901 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";
    let expected = [
        ("version", "2"),
        ("accountId", "012345678901"),
        ("interfaceId", "eni-1235b8ca"),
        ("srcAddr", "172.31.16.139"),
        ("dstAddr", "172.31.16.21"),
        ("srcPort", "20641"),
        ("dstPort", "22"),
        ("protocol", "6"),
        ("packets", "20"),
        ("bytes", "4249"),
        ("startTime", "1418530010"),
        ("endTime", "1418530070"),
        ("action", "ACCEPT"),
        ("logStatus", "OK"),
    ];
    let all: Vec<(String, String)> =
        discover_all(flow).into_iter().map(|(name, value)| (name, value.to_string())).collect();
    assert_eq!(all, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let quiet = "2 123456789010 eni-1235b8ca - - - - - - - 1431280876 1431280934 - NODATA";
    assert_eq!((one(quiet, "srcAddr"), one(quiet, "logStatus")), (String::new(), "NODATA".to_owned()));
    assert_eq!(one("2 and 2 is 4", "version"), "");
}

#[test]
fn dns_queries_are_understood() {
    // logs.md SY-4.
    let dns = "1.0 2017-12-13T08:16:02.130Z Z123412341234 example.com A NOERROR UDP FRA6 192.168.1.1 -";
    let expected = [
        ("queryTimestamp", "2017-12-13T08:16:02.130Z"),
        ("hostZoneId", "Z123412341234"),
        ("queryName", "example.com"),
        ("queryType", "A"),
        ("responseCode", "NOERROR"),
        ("protocol", "UDP"),
        ("edgeLocation", "FRA6"),
        ("resolverIp", "192.168.1.1"),
        ("ednsClientSubnet", ""),
    ];
    for (name, expected) in expected {
        assert_eq!(one(dns, name), expected, "{name}");
    }
}

/// What discovery should find, from a tree.
fn flatten(json: &serde_json::Value, path: String, found: &mut Vec<(String, Value)>) {
    let below = |key: &str| match path.is_empty() {
        true if key.starts_with('@') => format!("@{key}"),
        true => key.to_owned(),
        false => format!("{path}.{key}"),
    };
    match json {
        serde_json::Value::Object(entries) => entries.iter().for_each(|(key, value)| flatten(value, below(key), found)),
        serde_json::Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, value)| flatten(value, below(&index.to_string()), found));
        }
        serde_json::Value::Null => {}
        leaf if !found.iter().any(|(name, _)| *name == path) => found.push((path, Value::from_json(leaf))),
        _ => {}
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        (-1000i32..1000).prop_map(|number| (f64::from(number) / 8.0 + 0.0625).into()),
        any::<String>().prop_map(Into::into),
        "[\"\\\\\n\u{1}/ab😀]{0,12}".prop_map(Into::into),
    ];
    // Few short keys, so that names meet; none is empty, which would hide the dot before the next.
    let key = "[ab.@\"\\\\\n]{1,2}";
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::Array),
            prop::collection::btree_map(key, inner, 0..6)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn one_pass_finds_what_a_tree_has(
        entries in prop::collection::btree_map("[ab.@\"\\\\\n]{1,2}", any_json(), 0..6),
        pretty: bool,
        others in prop::collection::vec("[ab.@]{0,5}", 0..3),
        seed: usize,
    ) {
        let json = serde_json::Value::Object(entries.into_iter().collect());
        let message = if pretty { serde_json::to_string_pretty(&json) } else { serde_json::to_string(&json) }.unwrap();
        let mut expected = Vec::new();
        flatten(&json, String::new(), &mut expected);
        prop_assert_eq!(&discover_all(&message), &expected);

        let some = expected.iter().enumerate().filter(|(index, _)| seed >> (index % 64) & 1 == 1);
        let names: Vec<String> = some.map(|(_, (name, _))| name.clone()).chain(others).collect();
        let wanted = Wanted::new(names.iter().map(String::as_str));
        let of_tree = |name: &String| expected.iter().find(|(found, _)| found == name).map_or(Value::Null, |(_, value)| value.clone());
        let from_tree: Vec<Value> = names.iter().map(of_tree).collect();
        prop_assert_eq!(&discover(&message, &wanted), &from_tree);
        prop_assert_eq!(&discover(&format!("before {message} after"), &wanted), &from_tree);
    }

    #[test]
    fn what_all_finds_is_found_by_name(message in "[\\{\\}\\[\\]\",:a1@ \\\\n.-]{0,40}") {
        let all = discover_all(&message);
        let wanted = Wanted::new(all.iter().map(|(name, _)| name.as_str()).chain(["nowhere"]));
        let values = discover(&message, &wanted);
        prop_assert_eq!(values.iter().take(all.len()).collect::<Vec<_>>(), all.iter().map(|(_, value)| value).collect::<Vec<_>>());
    }
}
