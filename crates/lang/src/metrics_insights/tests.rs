//! Queries as tables, and back to text.

use proptest::prelude::*;

use super::{Aggregate, Condition, GroupKey, Operand, OrderBy, Query, Subject, is_query};

fn parse(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_query_with_every_clause_is_read() {
    let query = parse(
        "select Sum(RequestCount)\nFROM SCHEMA(\"AWS/ApplicationELB\", LoadBalancer, AvailabilityZone)\n\
         WHERE LoadBalancer = 'app/load-balancer-1' and tag.env != 'it\\'s' AND AWS.AccountId = current_account_id()\n\
         GROUP BY AvailabilityZone, tag.\"a b\", AWS.AccountId ORDER by MAX() desc LIMIT 5",
    );
    let dimension = |name: &str| GroupKey::Dimension(name.to_owned());
    let condition = |key, equal, operand| Condition { key, equal, operand };
    let expected = Query {
        aggregate: Aggregate::Sum,
        metric_name: "RequestCount".to_owned(),
        namespace: "AWS/ApplicationELB".to_owned(),
        schema: Some(vec!["LoadBalancer".to_owned(), "AvailabilityZone".to_owned()]),
        conditions: vec![
            condition(dimension("LoadBalancer"), true, Operand::Text("app/load-balancer-1".to_owned())),
            condition(GroupKey::Tag("env".to_owned()), false, Operand::Text("it's".to_owned())),
            condition(GroupKey::AccountId, true, Operand::CurrentAccountId),
        ],
        group_by: vec![dimension("AvailabilityZone"), GroupKey::Tag("a b".to_owned()), GroupKey::AccountId],
        order_by: Some(OrderBy { aggregate: Aggregate::Max, descending: true }),
        limit: Some(5),
    };
    assert_eq!(query, expected);
}

#[test]
fn queries_print_in_their_plainest_spelling() {
    for (text, printed) in [
        ("SELECT AVG(CPUUtilization) FROM \"AWS/EC2\"", "SELECT AVG(CPUUtilization) FROM \"AWS/EC2\""),
        ("select avg(\"a\") from \"b\"", "SELECT AVG(a) FROM b"),
        ("SELECT MAX(\"My.Metric\") FROM NS", "SELECT MAX(\"My.Metric\") FROM NS"),
        ("SELECT AVG(\"LIMIT\") FROM NS", "SELECT AVG(\"LIMIT\") FROM NS"),
        (r#"SELECT AVG("Bytes\"Input\"") FROM NS"#, r#"SELECT AVG("Bytes\"Input\"") FROM NS"#),
        ("SELECT AVG(m) FROM SCHEMA(NS) ORDER BY COUNT()", "SELECT AVG(m) FROM SCHEMA(NS) ORDER BY COUNT() ASC"),
        ("SELECT AVG(m) FROM NS WHERE tag.type = 'x'", "SELECT AVG(m) FROM NS WHERE tag.\"type\" = 'x'"),
        ("SELECT AVG(m) FROM NS WHERE \"tag.x\" = ''", "SELECT AVG(m) FROM NS WHERE \"tag.x\" = ''"),
        ("SELECT AVG(m) FROM NS WHERE d = 'a\\b'", r"SELECT AVG(m) FROM NS WHERE d = 'a\\b'"),
        ("SELECT AVG(5xx) FROM NS LIMIT 500", "SELECT AVG(5xx) FROM NS LIMIT 500"),
    ] {
        assert_eq!(parse(text).to_string(), printed, "{text}");
    }
}

#[test]
fn mistakes_are_explained_with_their_place() {
    for (text, reason) in [
        ("", "the query ends where SELECT was expected (line 1, column 1)"),
        ("SELECT", "the query ends where AVG, COUNT, MAX, MIN or SUM was expected (line 1, column 7)"),
        ("SELECT P99(m) FROM n", "'P99' was found where AVG, COUNT, MAX, MIN or SUM was expected (line 1, column 8)"),
        ("SELECT AVG(limit) FROM n", "'limit' was found where the name of a metric (reserved words"),
        ("SELECT AVG('m') FROM n", "the value 'm' was found where the name of a metric was expected"),
        ("SELECT AVG(\"\") FROM n", "\"\" was found where the name of a metric was expected"),
        (
            "SELECT AVG(m)\nFROM AWS/EC2",
            "'/' is not expected; names with such characters must be in double quotes (line 2, column 9)",
        ),
        ("SELECT AVG(m) FROM AWS.EC2", "'.' was found where the end or another clause"),
        ("SELECT AVG(m) FROM n WHERE a", "the query ends where = or != was expected"),
        ("SELECT AVG(m) FROM n WHERE a > '1'", "'>' is not expected"),
        ("SELECT AVG(m) FROM n WHERE a LIKE 'x'", "'LIKE' was found where = or != was expected"),
        ("SELECT AVG(m) FROM n WHERE a = x", "'x' was found where a value in single quotes was expected"),
        ("SELECT AVG(m) FROM n WHERE a = \"x\"", "\"x\" was found where a value in single quotes was expected"),
        ("SELECT AVG(m) FROM n WHERE a = CURRENT_ACCOUNT_ID()", "where a value in single quotes was expected"),
        ("SELECT AVG(m) FROM n WHERE a = 'x' OR b = 'y'", "'OR' was found where AND, the only way"),
        ("SELECT AVG(m) FROM n WHERE a = 'x", "a quotation mark is not closed (line 1, column 32)"),
        ("SELECT AVG(m) FROM n WHERE aws.AccountId = 'x'", "'aws' was found where tag.<key>, AWS.AccountId"),
        ("SELECT AVG(m) FROM n WHERE AWS.Region = 'x'", "'Region' was found where AccountId"),
        ("SELECT AVG(m) FROM n WHERE tag. = 'x'", "'=' was found where the key of a tag"),
        ("SELECT AVG(m) FROM n GROUP a", "'a' was found where BY was expected"),
        ("SELECT AVG(m) FROM n GROUP BY a,", "the query ends where the name of a dimension"),
        ("SELECT AVG(m) FROM n ORDER BY a", "'a' was found where AVG, COUNT"),
        ("SELECT AVG(m) FROM n ORDER BY MAX(m)", "'m' was found where ')' was expected"),
        ("SELECT AVG(m) FROM n LIMIT 0", "'0' was found where a number from 1 to 500 was expected"),
        ("SELECT AVG(m) FROM n LIMIT 501", "'501' was found where a number from 1 to 500 was expected"),
        ("SELECT AVG(m) FROM n LIMIT 5 GROUP BY a", "'GROUP' was found where the end or another clause"),
        ("SELECT AVG(m) FROM n;", "';' is not expected"),
    ] {
        let error = Query::parse(text).expect_err(text);
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn queries_are_told_from_metric_math() {
    for (text, expected) in [
        (" select AVG(m) FROM n", true),
        ("SELECT", true),
        ("SELECTED", false),
        ("m1 + m2", false),
        ("SELECT_1", false),
    ] {
        assert_eq!(is_query(text), expected, "{text}");
    }
}

fn subject<'a>(dimensions: &'a [(&'a str, &'a str)], tags: &'a [(&'a str, &'a str)]) -> Subject<'a> {
    Subject { namespace: "NS", name: "m", dimensions, tags, account: "1", current_account: "1" }
}

#[test]
fn the_right_metrics_are_taken() {
    let one = &[("A", "a")][..];
    let two = &[("B", "b"), ("A", "a")][..];
    for (tail, dimensions, expected) in [
        ("NS", &[][..], true),
        ("NS", two, true),
        ("Other", two, false),
        ("SCHEMA(NS)", &[], true),
        ("SCHEMA(NS)", one, false),
        ("SCHEMA(NS, A)", one, true),
        ("SCHEMA(NS, A)", two, false),
        ("SCHEMA(NS, A, B)", two, true),
        ("SCHEMA(NS, A, B)", one, false),
        ("NS WHERE A = 'a'", two, true),
        ("NS WHERE A = 'A'", two, false),
        ("NS WHERE A != 'a'", two, false),
        ("NS WHERE A != 'x'", two, true),
        ("NS WHERE A != 'x'", &[], false),
        ("NS WHERE A = 'a' AND B = 'c'", two, false),
        ("NS WHERE tag.env = 'prod'", one, true),
        ("NS WHERE tag.env = 'test'", one, false),
        ("NS WHERE tag.other != 'test'", one, false),
        ("NS WHERE AWS.AccountId = CURRENT_ACCOUNT_ID()", one, true),
        ("NS WHERE AWS.AccountId != CURRENT_ACCOUNT_ID()", one, false),
        ("NS WHERE AWS.AccountId = '1'", one, true),
    ] {
        let query = parse(&format!("SELECT AVG(m) FROM {tail}"));
        assert_eq!(query.matches(&subject(dimensions, &[("env", "prod")])), expected, "{tail} {dimensions:?}");
        assert_eq!(query.uses_tags(), tail.contains("tag."), "{tail}");
    }
    assert!(!parse("SELECT AVG(M) FROM NS").matches(&subject(&[], &[])), "names are case-sensitive");
}

#[test]
fn metrics_without_a_key_are_the_group_other() {
    let query = parse("SELECT AVG(m) FROM NS GROUP BY A, tag.env, AWS.AccountId");
    assert_eq!(query.group(&subject(&[("A", "a")], &[])), ["a", "Other", "1"]);
    assert_eq!(query.group(&subject(&[], &[("env", "prod")])), ["Other", "prod", "1"]);
    assert!(parse("SELECT AVG(m) FROM NS").group(&subject(&[], &[])).is_empty());
}

fn aggregates() -> impl Strategy<Value = Aggregate> {
    (0..Aggregate::ALL.len()).prop_map(|index| Aggregate::ALL[index])
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9_]{1,8}", "[ -~é]{1,8}", Just("Select".to_owned()), Just("tag".to_owned())]
}

fn keys() -> impl Strategy<Value = GroupKey> {
    prop_oneof![names().prop_map(GroupKey::Dimension), names().prop_map(GroupKey::Tag), Just(GroupKey::AccountId)]
}

fn conditions() -> impl Strategy<Value = Condition> {
    (keys(), any::<bool>(), "[ -~é]{0,8}", any::<bool>()).prop_map(|(key, equal, text, current)| {
        let current = current && key == GroupKey::AccountId;
        Condition { key, equal, operand: if current { Operand::CurrentAccountId } else { Operand::Text(text) } }
    })
}

prop_compose! {
    fn queries()(
        (aggregate, metric_name, namespace) in (aggregates(), names(), names()),
        schema in proptest::option::of(proptest::collection::vec(names(), 0..3)),
        conditions in proptest::collection::vec(conditions(), 0..3),
        group_by in proptest::collection::vec(keys(), 0..3),
        order in proptest::option::of((aggregates(), any::<bool>())),
        limit in proptest::option::of(1..=500_usize),
    ) -> Query {
        let order_by = order.map(|(aggregate, descending)| OrderBy { aggregate, descending });
        Query { aggregate, metric_name, namespace, schema, conditions, group_by, order_by, limit }
    }
}

proptest! {
    #[test]
    fn printed_queries_parse_to_the_same(query in queries()) {
        prop_assert_eq!(Query::parse(&query.to_string()), Ok(query));
    }

    #[test]
    fn no_text_panics(text in r#"(SELECT |AVG|FROM |WHERE |GROUP BY |ORDER BY |LIMIT |tag|[(),.=!'"\\ é\n]|a1){0,25}"#) {
        let _ = Query::parse(&text);
    }

    #[test]
    fn no_tail_panics(tail in r#"( WHERE| GROUP BY| ORDER BY| LIMIT| MAX\(\)| tag| AWS|[(),.=!'"\\ é\n]| a1){0,15}"#) {
        if let Ok(query) = Query::parse(&format!("SELECT AVG(m) FROM n{tail}")) {
            prop_assert_eq!(Query::parse(&query.to_string()), Ok(query));
        }
    }
}
