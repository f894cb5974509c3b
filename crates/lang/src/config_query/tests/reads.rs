//! What is a query and what is none; the round trip.

use proptest::prelude::*;

use super::*;

#[test]
fn queries_are_read_whatever_their_case_and_blanks() {
    for (text, printed) in [
        ("select resourceId where resourceType='x';", "SELECT resourceId WHERE resourceType = 'x'"),
        ("SELECT\n*\n,\tarn", "SELECT *, arn"),
        (
            "SELECT resourceId WHERE (resourceId = 'a' or (arn like 'arn:%')) and not (version = '1' AND arn='b')",
            "SELECT resourceId WHERE (resourceId = 'a' OR arn LIKE 'arn:%') AND NOT (version = '1' AND arn = 'b')",
        ),
        (
            "SELECT arn WHERE configuration.a NOT BETWEEN -1.5 AND 2 OR configuration.b NOT IN (true,'it''s',FALSE)",
            "SELECT arn WHERE configuration.a NOT BETWEEN -1.5 AND 2 OR configuration.b NOT IN (TRUE, 'it''s', FALSE)",
        ),
        (
            "SELECT Sum(configuration.\"a.b\".\"c\") GROUP BY configuration.select ORDER BY configuration.select ASC",
            "SELECT Sum(configuration.\"a.b\".c) GROUP BY configuration.select ORDER BY configuration.select",
        ),
        ("SELECT arn WHERE arn LIKE 'a\\_b\\%\\\\_'", "SELECT arn WHERE arn LIKE 'a\\_b\\%\\\\_'"),
        (
            "SELECT arn WHERE configuration.a<>1 AND configuration.a>=2",
            "SELECT arn WHERE configuration.a != 1 AND configuration.a >= 2",
        ),
    ] {
        let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(query.to_string(), printed);
        assert_eq!(Query::parse(printed).as_ref(), Ok(&query), "{printed}");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (text, line, column) in [
        ("", 1, 1),
        ("SELECT", 1, 7),
        ("SELECT * FROM x", 1, 10),
        ("SELECT DISTINCT resourceId", 1, 8),
        ("SELECT resourceId AS id", 1, 19),
        ("SELECT resourceId\nWHERE resourceId = NULL", 2, 20),
        ("SELECT resourceId\n  WHERE 'ä' = resourceId", 2, 9),
        ("SELECT resourceId WHERE resourceId IS NULL", 1, 36),
        ("SELECT resourceId WHERE resourceId = 'x' AND", 1, 45),
        ("SELECT resourceId WHERE resourceId = 'ä' resourceId", 1, 42),
        ("SELECT resourceId WHERE resourceId = 'x", 1, 38),
        ("SELECT resourceId WHERE resourceId = \"x\"", 1, 38),
        ("SELECT resourceId WHERE (resourceId = 'x'", 1, 42),
        ("SELECT resourceId WHERE resourceId IN ()", 1, 40),
        ("SELECT resourceId WHERE configuration.size + 1 = 2", 1, 44),
        ("SELECT resourceId WHERE configuration.size = 1e5", 1, 46),
        ("SELECT resourceId WHERE configuration.size = 1.", 1, 46),
        ("SELECT UPPER(resourceId)", 1, 13),
        ("SELECT COUNT(SUM(configuration.size))", 1, 17),
        ("SELECT resourceId GROUP resourceId", 1, 25),
        ("SELECT COUNT(*) HAVING COUNT(*) = 1", 1, 17),
        ("SELECT resourceId LIMIT 1", 1, 19),
        ("SELECT resourceId; SELECT arn", 1, 20),
        ("SELECT resourceId WHERE resourceId = 'x' UNION SELECT arn", 1, 42),
        ("SELECT configuration.", 1, 22),
        ("SELECT configuration.\"\"", 1, 24),
        ("SELECT resourceId WHERE resourceId LIKE 5", 1, 41),
    ] {
        assert_eq!(Query::parse(text), Err(Error::Syntax { line, column }), "{text}");
    }
}

#[test]
fn queries_that_break_rules_are_refused() {
    let nested = |depth: usize| format!("SELECT arn WHERE {}arn = 'x'{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Query::parse(&nested(DEPTH_MAX)).is_ok());
    assert_eq!(Query::parse(&nested(DEPTH_MAX + 1)), Err(Error::TooDeep));
    assert_eq!(Query::parse(&format!("SELECT arn WHERE {} arn = 'x'", "NOT ".repeat(1000))), Err(Error::TooDeep));
    for (text, message) in [
        ("SELECT resourceid", "unknown property 'resourceid'"),
        ("SELECT COUNT", "unknown property 'COUNT'"),
        ("SELECT resourceId.x", "unknown property 'resourceId.x'"),
        ("SELECT tags.Key", "unknown property 'tags.Key'"),
        ("SELECT relationships.relationshipName", "unknown property 'relationships.relationshipName'"),
        ("SELECT arn WHERE relatedEvents = 'x'", "unknown property 'relatedEvents'"),
        (
            "SELECT configuration.Size WHERE configuration.size = 1",
            "the properties 'configuration.Size' and 'configuration.size' differ in case alone",
        ),
        (
            "SELECT arn WHERE arn LIKE '%foo'",
            "the pattern '%foo' is not supported: a wildcard (% or _) stands at the end, after at least 3 characters",
        ),
        ("SELECT SUM(*)", "only COUNT takes *"),
        ("SELECT resourceType, COUNT(*)", "'resourceType' must be in GROUP BY"),
        ("SELECT *, COUNT(*)", "'*' must be in GROUP BY"),
        ("SELECT arn GROUP BY resourceType", "'arn' must be in GROUP BY"),
        ("SELECT resourceType GROUP BY resourceType ORDER BY arn", "'arn' must be in GROUP BY"),
        (
            "SELECT COUNT(*) GROUP BY arn, version, resourceId, resourceType",
            "a query is grouped by at most 3 properties",
        ),
        (
            "SELECT COUNT(*) GROUP BY arn, version ORDER BY COUNT(*)",
            "a query that is ordered by an aggregate is grouped by exactly one property",
        ),
        ("SELECT arn ORDER BY COUNT(*)", "a query that is ordered by an aggregate is grouped by exactly one property"),
    ] {
        assert_eq!(Query::parse(text).map_err(|error| error.to_string()), Err(message.to_owned()), "{text}");
    }
}

#[test]
fn wildcards_stand_at_the_end_after_three_characters() {
    for (pattern, is_legal) in [
        ("abc%", true),
        ("abc_", true),
        ("ab%", false),
        ("%", false),
        ("ab", true),
        ("", true),
        ("a%c", false),
        ("a_b%", false),
        ("abc%%", false),
        ("abc_%", false),
        ("a\\_b%", true),
        ("äöü%", true),
        ("abc\\", false),
    ] {
        let read = Query::parse(&format!("SELECT arn WHERE arn LIKE '{pattern}'"));
        assert_eq!(read.is_ok(), is_legal, "{pattern}");
    }
}

fn paths() -> impl Strategy<Value = Path> {
    let name = prop_oneof!["[a-zA-Z0-9_-]{1,8}", "[a-z.: \"'äß]{1,6}"];
    let below = proptest::collection::vec(name, 0..4);
    prop_oneof![
        below.prop_map(|names| Path::new([vec!["configuration".to_owned()], names].concat())),
        Just(Path::new(vec!["resourceId".to_owned()])),
    ]
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        ".{0,8}".prop_map(Literal::Text),
        "-?[0-9]{1,5}(\\.[0-9]{1,3})?".prop_map(Literal::Number),
        any::<bool>().prop_map(Literal::Flag),
    ]
}

fn conditions() -> impl Strategy<Value = Condition> {
    let comparison = (0..7_usize).prop_map(|at| Comparison::SIGNS[at].1);
    let end = prop_oneof![Just(Wildcard::Nothing), Just(Wildcard::OneCharacter), Just(Wildcard::Anything)];
    let test = prop_oneof![
        (comparison, literals()).prop_map(|(comparison, literal)| (Test::Compare(comparison, literal), false)),
        (proptest::collection::vec(literals(), 1..4), any::<bool>())
            .prop_map(|(literals, not)| (Test::In(literals), not)),
        (literals(), literals(), any::<bool>()).prop_map(|(low, high, not)| (Test::Between(low, high), not)),
        (".{3,8}", end, any::<bool>()).prop_map(|(start, end, not)| (Test::Like(Pattern { start, end }), not)),
    ];
    let predicate =
        (paths(), test).prop_map(|(path, (test, negated))| Condition::Predicate(Predicate { path, negated, test }));
    predicate.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Condition::All),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Condition::Any),
            inner.prop_map(|part| Condition::Not(Box::new(part))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_it_was(
        selected in proptest::collection::vec(paths().prop_map(Item::Property), 1..4),
        condition in proptest::option::of(conditions()),
        order in proptest::collection::vec((paths(), any::<bool>()), 0..3),
    ) {
        let order = order.into_iter().map(|(path, descends)| Order { by: OrderBy::Property(path), descends }).collect();
        let query = Query { items: selected, condition, groups: Vec::new(), order };
        prop_assert_eq!(parse::parse(&query.to_string()), Ok(query));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(SELECT |WHERE |configuration|[.(),*'\"=<>\\\\%_; a-z0-9äβ])*") {
        if let Ok(query) = Query::parse(&text) {
            prop_assert_eq!(Query::parse(&query.to_string()), Ok(query));
        }
    }
}
