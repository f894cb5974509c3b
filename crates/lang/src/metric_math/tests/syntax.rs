//! What parses, as what, and what does not.

use proptest::prelude::*;

use super::notation::Given;
use crate::metric_math::arguments::Type;
use crate::metric_math::functions::{Evaluation, FUNCTIONS, Function};
use crate::metric_math::syntax::{Argument, Keyword, Node, Operator, Text};
use crate::metric_math::{Error, Expression, SearchCall};

fn parse(text: &str) -> Result<Expression, Error> {
    Expression::parse(text)
}

#[test]
fn expressions_print_in_one_canonical_form() {
    for (text, printed) in [
        ("m1+m2", "m1 + m2"),
        ("  m1\n\t+\rm2 ", "m1 + m2"),
        ("m1 && m2 || m3", "m1 AND m2 OR m3"),
        ("(((m1)))", "m1"),
        ("(m1 + m2) + m3", "(m1 + m2) + m3"),
        ("m1 + m2 + m3", "m1 + m2 + m3"),
        ("m1 - (m2 - m3)", "m1 - (m2 - m3)"),
        ("m1 + m2 * m3", "m1 + m2 * m3"),
        ("(m1 + m2) * m3", "(m1 + m2) * m3"),
        ("(m1 * m2) + m3", "m1 * m2 + m3"),
        ("-(m1 + m2)", "-(m1 + m2)"),
        ("- - m1", "--m1"),
        ("(-2)^2", "(-2)^2"),
        ("-2^2", "-2^2"),
        ("2^-2", "2^-2"),
        ("2^3^4", "2^3^4"),
        ("(2^3)^4", "(2^3)^4"),
        ("2^(3*4)", "2^(3 * 4)"),
        ("m1<m2==m3>=m4", "m1 < m2 == m3 >= m4"),
        ("[ m1,[m2] ]", "[m1, [m2]]"),
        ("SORT( METRICS( ),AVG,DESC,10 )", "SORT(METRICS(), AVG, DESC, 10)"),
        ("FILL(m1,REPEAT)", "FILL(m1, REPEAT)"),
        ("AVG(m1)", "AVG(m1)"),
        ("METRICS(\"a'b\")", "METRICS(\"a'b\")"),
        ("METRICS('a\\'b')", "METRICS('a\\'b')"),
        (".5 + 5. + 1E3 + 1e-36 + 007", "0.5 + 5 + 1000 + 1e-36 + 7"),
        ("errors_4xx/requestsTotal", "errors_4xx / requestsTotal"),
    ] {
        assert_eq!(parse(text).map(|expression| expression.to_string()), Ok(printed.to_owned()), "{text}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (text, message, span) in [
        ("", "The expression is empty", 0..0),
        ("  ", "The expression is empty", 0..2),
        ("m1 +", "Unexpected end of the expression", 4..4),
        ("m1 + )", "Unexpected ')' at character 6", 5..6),
        ("(m1", "Unexpected end of the expression", 3..3),
        ("m1)", "Unexpected ')' at character 3", 2..3),
        ("m1 m2", "Unexpected 'm2' at character 4", 3..5),
        ("5m", "Unexpected 'm' at character 2", 1..2),
        ("1e", "Unexpected 'e' at character 2", 1..2),
        ("+m1", "Unexpected '+' at character 1", 0..1),
        ("m1 = 5", "Unexpected '=' at character 4", 3..4),
        ("!m1", "Unexpected '!' at character 1", 0..1),
        ("m1 % 2", "Unexpected '%' at character 4", 3..4),
        ("m1 & m2", "Unexpected '&' at character 4", 3..4),
        ("_m1", "Unexpected '_' at character 1", 0..1),
        ("m1 + é", "Unexpected 'é' at character 6", 5..7),
        ("METRICS('é') ?", "Unexpected '?' at character 14", 14..15),
        ("[]", "Unexpected ']' at character 2", 1..2),
        ("[m1,]", "Unexpected ']' at character 5", 4..5),
        ("AVG(m1,)", "Unexpected ')' at character 8", 7..8),
        ("METRICS('a", "The string that begins at character 9 has no end", 8..10),
        ("METRICS('a\\'", "The string that begins at character 9 has no end", 8..12),
        (".", "'.' is not a number", 0..1),
        ("1e999", "'1e999' is not a number", 0..5),
        ("'a'", "A string can only be an argument of a function", 0..3),
        ("['a']", "A string can only be an argument of a function", 1..4),
        ("REPEAT", "'REPEAT' is neither an id nor followed by '(' as a function is", 0..6),
        ("AVG + 1", "'AVG' is neither an id nor followed by '(' as a function is", 0..3),
        ("NOT m1", "'NOT' is neither an id nor followed by '(' as a function is", 0..3),
        ("FILL(m1, NEAREST)", "'NEAREST' is not a keyword", 9..16),
        ("1 + ANOMALY_DETECTOR(m1)", "Function 'ANOMALY_DETECTOR' not found", 4..20),
        ("avg(m1)", "Function 'avg' not found", 0..3),
        ("Avg(m1)", "Function 'Avg' not found", 0..3),
        ("AVG()", "Function 'AVG' takes 1 argument, not 0", 0..3),
        ("AVG(m1, m2)", "Function 'AVG' takes 1 argument, not 2", 0..3),
        ("IF(m1)", "Function 'IF' takes 2 to 3 arguments, not 1", 0..2),
        ("METRICS('a', 'b')", "Function 'METRICS' takes at most 1 argument, not 2", 0..7),
        ("SEARCH('a')", "Function 'SEARCH' takes 2 to 3 arguments, not 1", 0..6),
        ("METRICS(m1)", "Function 'METRICS' takes a string as argument 1, not an expression", 8..10),
        (
            "FILL(m1, 'a')",
            "Function 'FILL' takes a number, a time series, REPEAT or LINEAR as argument 2, not a string",
            9..12,
        ),
    ] {
        assert_eq!(parse(text), Err(Error { message: message.to_owned(), span: Some(span) }), "{text}");
    }
}

/// They are not "not found": the reader must not look for a misspelling.
#[test]
fn functions_without_what_they_need_are_refused_by_name() {
    for (text, reason) in [
        ("INSIGHT_RULE_METRIC('rule', 'Sum')", "there are no Contributor Insights rules here"),
        ("INSIGHT_RULE_METRIC(rule, Sum)", "there are no Contributor Insights rules here"),
        ("SERVICE_QUOTA(m1)", "there are no service quotas here"),
        ("DB_PERF_INSIGHTS('RDS', 'db-A', ['os.cpu'])", "there are no Performance Insights counters here"),
        ("LAMBDA('source', m1)", "there are no external data sources here"),
    ] {
        let error = parse(text).unwrap_err();
        let name = text.split('(').next().unwrap();
        assert_eq!(error.message, format!("Function '{name}' is not supported: {reason}"));
        assert_eq!(error.span, Some(0..name.len()));
    }
}

#[test]
fn what_to_fetch_is_known_beforehand() {
    let expression = parse("m2 + m1 * IF(m2, SUM(METRICS()), e1) + PERIOD(m3) + FIRST(ANOMALY_DETECTION_BAND(m4, e2))");
    let expression = expression.unwrap();
    assert_eq!(expression.ids(), ["m2", "m1", "e1", "m3", "m4", "e2"]);
    assert_eq!(expression.bands(), ["m4"]);
    assert!(expression.uses_metrics());
    assert_eq!(expression.searches(), []);

    let expression = parse("[SEARCH('{A,B} x', 'Sum', 300), -SEARCH(\"y=\\\"z\\\"\", \"p99\")]").unwrap();
    let call = |expression: &str, stat: &str, period_secs| SearchCall {
        expression: expression.to_owned(),
        stat: stat.to_owned(),
        period_secs,
    };
    assert_eq!(expression.searches(), [call("{A,B} x", "Sum", Some(300)), call("y=\"z\"", "p99", None)]);
    assert!(expression.ids().is_empty());
    assert!(!expression.uses_metrics());
}

#[test]
fn only_the_order_of_a_sort_is_one() {
    for (text, sorted) in [
        ("SORT(METRICS(), AVG, ASC)", true),
        ("SLICE(SORT(METRICS(), AVG, ASC), 0, 5)", true),
        ("SUM(SORT(METRICS(), AVG, ASC))", false),
        ("METRICS()", false),
        ("SLICE(METRICS(), 0)", false),
        ("m1", false),
    ] {
        assert_eq!(parse(text).unwrap().is_sorted(), sorted, "{text}");
    }
}

/// A backslash is gone before the quote that ends the string, and stays before all else.
#[test]
fn strings_keep_the_escapes_that_are_not_theirs() {
    for (text, value) in [
        ("'a'", "a"),
        ("\"it's\"", "it's"),
        ("'it\\'s'", "it's"),
        ("\"it\\'s\"", "it\\'s"),
        ("'x=\\\"y\\\"'", "x=\\\"y\\\""),
        ("\"x=\\\"y\\\"\"", "x=\"y\""),
        ("'a\\(b'", "a\\(b"),
        ("'a\\\\'", "a\\\\"),
        ("'Größe'", "Größe"),
    ] {
        let expression = parse(&format!("SEARCH({text}, 'Sum')")).unwrap();
        assert_eq!(expression.searches()[0].expression, value, "{text}");
        assert_eq!(expression.to_string(), format!("SEARCH({text}, 'Sum')"));
    }
}

#[test]
fn nesting_has_a_limit_and_needs_little_stack() {
    let work = || {
        for (open, close) in
            [("(", ")"), ("[", "]"), ("-", ""), ("2^", ""), ("ABS(", ")"), ("1+(", ")"), ("IF(m1,", ",m1)")]
        {
            let nested = |levels: usize| format!("{}m1{}", open.repeat(levels), close.repeat(levels));
            let expression = parse(&nested(128)).expect("nests to the limit");
            assert_eq!(parse(&expression.to_string()), Ok(expression.clone()));
            let _ = expression.evaluate(&Given::parse("m1=[1, 2]"));
            for levels in [129, 2048, 100_000] {
                let error = parse(&nested(levels)).unwrap_err();
                assert_eq!(error.message, "More than 128 levels are nested", "{open} {levels}");
            }
        }
    };
    // Half of what the threads of a server have.
    std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn a_long_chain_is_not_deep() {
    let chain = vec!["m1"; 100_000].join(" + ");
    let expression = parse(&chain).unwrap();
    assert_eq!(expression.to_string(), chain);
    let given = Given::parse("m1=[1, 2]");
    assert_eq!(given.written(&expression.evaluate(&given).unwrap()), "[100000, 200000]");
}

/// Text of the words and signs of the language, in any order, and any text.
fn texts() -> impl Strategy<Value = String> {
    let names: Vec<String> = FUNCTIONS.iter().map(|function| format!("{}(", function.name)).collect();
    let piece = prop_oneof![
        4 => proptest::sample::select(names),
        6 => proptest::sample::select(vec![
            "m1", "m2", "e1", "(", ")", "[", "]", ",", "+", "-", "*", "/", "^", "<", ">=", "==", "!=", "AND", "OR",
            "&&", "||", "'", "\"", "\\", " ", "REPEAT", "LINEAR", "ASC", "DESC", "AVG", "1", "2.5", ".5", "1e-3", "é",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "'[a-z\\\\'\"{}= ]{0,8}'",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn nodes() -> impl Strategy<Value = Node> {
    let number =
        prop_oneof![(0u32..1000).prop_map(f64::from), (0u64..f64::INFINITY.to_bits()).prop_map(f64::from_bits)];
    let leaf = prop_oneof![number.prop_map(Node::Number), "[a-z][A-Za-z0-9_]{0,4}".prop_map(Node::Id)];
    leaf.prop_recursive(5, 48, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed.clone().prop_map(Node::Negate),
            (boxed.clone(), boxed.clone()).prop_map(|(base, exponent)| Node::Power(base, exponent)),
            (boxed, proptest::collection::vec((any::<prop::sample::Index>(), inner.clone()), 1..4), 0..5usize)
                .prop_map(|(first, rest, precedence)| chain(first, rest, precedence)),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Node::Array),
            calls(inner),
        ]
    })
}

fn chain(first: Box<Node>, rest: Vec<(prop::sample::Index, Node)>, precedence: usize) -> Node {
    use Operator::{Add, And, AtLeast, AtMost, Divide, Equal, Greater, Less, Multiply, NotEqual, Or, Subtract};
    let levels: [&[Operator]; 5] =
        [&[Or], &[And], &[Equal, NotEqual, AtMost, AtLeast, Less, Greater], &[Add, Subtract], &[Multiply, Divide]];
    let operators = levels[precedence];
    Node::Chain(first, rest.into_iter().map(|(which, node)| (*which.get(operators), node)).collect())
}

/// Calls of every function with arguments of each form that its parameters take.
fn calls(inner: impl Strategy<Value = Node> + Clone + 'static) -> impl Strategy<Value = Node> {
    let callable: Vec<&'static Function> =
        FUNCTIONS.into_iter().filter(|function| matches!(function.evaluation, Evaluation::With(_))).collect();
    let choices = proptest::collection::vec((inner, any::<prop::sample::Index>(), "[a-z é{}=\"']{0,6}"), 4);
    (proptest::sample::select(callable), choices, any::<bool>()).prop_map(|(function, choices, all)| {
        let parameters = function.parameters.iter().filter(|parameter| all || !parameter.optional);
        let arguments =
            parameters.zip(choices).map(|(parameter, (node, which, text))| match *which.get(parameter.types) {
                Type::Keyword(keyword) => Argument::Keyword(keyword),
                Type::Text => Argument::Text(Text { value: text, quote: *which.get(&['\'', '"']) }),
                Type::Id => Argument::Value(Node::Id("m1".to_owned())),
                Type::Number => Argument::Value(Node::Number(60.0)),
                Type::Scalar | Type::Series | Type::Array => Argument::Value(node),
            });
        Node::Call(function, arguments.collect())
    })
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in texts()) {
        match parse(&text) {
            Ok(expression) => {
                prop_assert_eq!(parse(&expression.to_string()), Ok(expression.clone()));
                // Types may be wrong; evaluation says so and does not panic.
                let _ = expression.evaluate(&Given::parse("m1=[1, -, 3]; m2=[-, 0, 5]; e1=7"));
            }
            Err(error) => prop_assert!(text.get(error.span.expect("a place")).is_some()),
        }
    }

    #[test]
    fn what_is_printed_parses_as_the_same(root in nodes()) {
        let expression = Expression { root };
        prop_assert_eq!(parse(&expression.to_string()), Ok(expression));
    }

    #[test]
    fn evaluation_of_any_tree_ends_without_a_panic(root in nodes()) {
        let _ = Expression { root }.evaluate(&Given::parse("m1=[1, -, 3]; m=[2]; a=[1] [2]"));
    }
}

#[test]
fn keywords_are_found_by_their_names() {
    for name in ["REPEAT", "LINEAR", "ASC", "DESC", "AVG", "MIN", "MAX", "SUM"] {
        assert_eq!(Keyword::named(name).map(Keyword::name), Some(name));
    }
}
