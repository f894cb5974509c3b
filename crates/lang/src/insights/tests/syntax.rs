//! Queries print as text that reads back to the same.

use proptest::prelude::*;

use crate::insights::Query;
use crate::insights::expression::{Arithmetic, Call, Comparison, Expression, Field, Segment, Sense, Span};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z@_][a-z0-9_@]{0,4}",
        "[a-z .|#\"/-]{1,5}",
        prop::sample::select(vec!["and", "NOT", "in", "true", "bin", "0", "é"]).prop_map(str::to_owned),
    ]
}

fn field() -> impl Strategy<Value = Field> {
    let more = prop_oneof![name().prop_map(Segment::Name), (0..20usize).prop_map(Segment::Index)];
    (name(), prop::collection::vec(more, 0..3)).prop_map(|(first, more)| Field {
        path: std::iter::once(Segment::Name(first)).chain(more).collect(),
        span: Span::default(),
    })
}

fn expression() -> impl Strategy<Value = Expression> {
    let text = "[ -~\n\té]{0,8}";
    let leaf = prop_oneof![
        prop::sample::select(vec!["0", "12", "1.5", "1e3", ".5"]).prop_map(|n| Expression::Number(n.to_owned())),
        text.prop_map(Expression::Text),
        any::<bool>().prop_map(Expression::Truth),
        "([a-z/ ]|\\\\[.d\\\\]){0,6}".prop_map(|pattern| Expression::Regex(pattern, Span::default())),
        Just(Expression::Duration("5m".to_owned(), Span::default())),
        field().prop_map(Expression::Field),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let operator = prop::sample::select(vec![
            Arithmetic::Add,
            Arithmetic::Subtract,
            Arithmetic::Multiply,
            Arithmetic::Divide,
            Arithmetic::Remainder,
            Arithmetic::Power,
        ]);
        let comparison = prop::sample::select(vec![
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ]);
        let sense = prop::sample::select(vec![Sense::Plain, Sense::Negated]);
        let some = prop::collection::vec(inner.clone(), 0..3);
        let two = prop::collection::vec(inner, 2..4);
        prop_oneof![
            boxed.clone().prop_map(Expression::Negative),
            boxed.clone().prop_map(Expression::Not),
            (boxed.clone(), operator, boxed.clone()).prop_map(|(a, o, b)| Expression::Arithmetic(a, o, b)),
            (boxed.clone(), comparison, boxed.clone()).prop_map(|(a, c, b)| Expression::Comparison(a, c, b)),
            (boxed.clone(), sense.clone(), boxed.clone()).prop_map(|(a, s, b)| Expression::Like(a, s, b)),
            (boxed, sense, some.clone()).prop_map(|(a, s, all)| Expression::In(a, s, all)),
            some.clone().prop_map(Expression::List),
            ("[a-z]{3,6}", some).prop_filter_map("a keyword", |(name, arguments)| {
                let keyword = ["and", "not", "like", "true", "false"].contains(&name.as_str());
                (!keyword).then(|| Expression::Call(Call { name, arguments, span: Span::default() }))
            }),
            two.clone().prop_map(Expression::All),
            two.prop_map(Expression::Any),
        ]
    })
}

proptest! {
    #[test]
    fn an_expression_reads_back_to_itself(expression in expression()) {
        let text = format!("filter {expression}");
        let query = Query::parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        let filter = match &query.commands()[0] {
            crate::insights::Command::Filter(filter) => &filter.condition,
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(filter, &expression, "{}", text);
        prop_assert_eq!(&Query::parse(&query.to_string()).unwrap(), &query);
    }

    #[test]
    fn a_query_reads_back_to_itself(expression in expression(), name in name(), field in field()) {
        let alias = crate::insights::expression::Name(&name);
        for text in [
            format!("fields {field}, {expression} as {alias} | display {alias}"),
            format!("stats count(*), sum({expression}) / 2 as {alias} by {field}, bin(5m) | sort {alias} desc, count(*)"),
            format!("parse {field} \"a*b\" as {alias} | parse {field} /(?<x>a\\/b)/ | dedup {field} | limit 5"),
            format!("SOURCE 'a', \"b\" START=5 END=-2h | unnest {field} into {alias} | unmask {field} | pattern {field}"),
            format!("SOURCE dataSource(['a.b']) logGroups(class: ['STANDARD'], namePrefix: ['x', 'y']) | where {expression}"),
            format!("lookup t a as {field}, b OUTPUTNEW c as {field}, d | filterIndex {field} = 1 and {field} in [2, 3]"),
        ] {
            let query = Query::parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
            let again = query.to_string();
            prop_assert_eq!(Query::parse(&again), Ok(query), "{} {}", text, again);
            prop_assert_eq!(Query::parse(&again).unwrap().to_string(), again);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[ -~\n]{0,40}") {
        if let Ok(query) = Query::parse(&text) {
            prop_assert_eq!(Query::parse(&query.to_string()), Ok(query));
        }
    }
}

#[test]
fn the_vectors_of_the_specification_are_read() {
    // logs.md §7.13.
    for text in [
        "fields @timestamp, @message | sort @timestamp desc | limit 25",
        "filter @message like /(?i)error/ | stats count(*) as n by bin(5m) | sort n desc",
        "filter status >= 400 and status <= 499 | stats avg(latency), pct(latency, 95) by path",
        "parse @message /user=(?<user2>.*?), method:(?<method2>.*?),/ | display user2, method2",
        "fields jsonParse(@message) as j | unnest j.events into e | display e.name",
        "stats sum(x) as s by y, z | stats max(s) as m by z",
        "filter eventName in [\"StartInstances\",\"StopInstances\"] | fields @timestamp, requestParameters.instancesSet.items.0.instanceId",
        "stats count(*) as c by `detail-type` | sort c desc          # backticks",
        "FIELDS a | FILTER a LIKE 'x' AND NOT b IN [1] | STATS COUNT(*) AS c BY BIN(M)",
        "fields json_message.users[1].action, m.`special.key`, l[0]",
    ] {
        Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}
