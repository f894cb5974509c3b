//! Rules as tables of examples, and the round trip.

use proptest::prelude::*;

use super::*;

/// `a` and `a b` are in ALARM, `o` is OK, `i` has insufficient data; others do not exist.
fn state(reference: &str) -> Option<State> {
    match reference {
        "a" | "a b" | "AND" | "say \"hi\"" | "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a" => Some(State::Alarm),
        "o" => Some(State::Ok),
        "i" => Some(State::InsufficientData),
        _ => None,
    }
}

fn value(rule: &str) -> bool {
    Rule::parse(rule).unwrap_or_else(|error| panic!("{rule}: {error}")).evaluate(state)
}

#[test]
fn rules_have_these_values() {
    let table = [
        ("TRUE", true),
        ("false", false),
        ("True AND NOT False", true),
        ("ALARM(a)", true),
        ("ALARM (\"a b\")", true),
        ("ALARM(\"say \\\"hi\\\"\")", true),
        ("ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:a)", true),
        ("ALARM(AND)", true),
        ("OK(a)", false),
        ("OK(o) AND INSUFFICIENT_DATA(i)", true),
        // AND binds tighter than OR.
        ("TRUE OR FALSE AND FALSE", true),
        ("(TRUE OR FALSE) AND FALSE", false),
        ("NOT ALARM(a) OR ALARM(a)", true),
        ("NOT (ALARM(a) OR ALARM(a))", false),
        ("NOT NOT ALARM(a)", true),
        // An alarm that is gone is in no state.
        ("ALARM(gone) OR OK(gone) OR INSUFFICIENT_DATA(gone)", false),
        ("AT_LEAST(1, ALARM, (a, o, i))", true),
        ("AT_LEAST(2, ALARM, (a, o, i))", false),
        ("AT_LEAST(2, NOT ALARM, (a, o, i))", true),
        ("AT_LEAST(3, NOT ALARM, (a, o, i))", false),
        ("AT_LEAST(2,NOT OK,(\"a b\",o,gone))", false),
        ("AT_LEAST(33%, OK, (a, o, i))", true),
        ("AT_LEAST(34%, OK, (a, o, i))", false),
        ("AT_LEAST(50 %, ALARM, (a, o))", true),
        ("AT_LEAST(100%, NOT OK, (a, i)) AND NOT OK(a)", true),
    ];
    for (rule, expected) in table {
        assert_eq!(value(rule), expected, "{rule}");
    }
}

#[test]
fn faults_are_told_with_their_place() {
    const CONDITION: &str = "must be: '(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA";
    let table = [
        // Recorded: a name with blanks and without quotation marks.
        (
            "(ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:SampleQueue Oldest Age) OR TRUE)",
            "Unsupported token 'Oldest' at char 67, must be: ')'".to_owned(),
        ),
        ("alarm(a)", format!("Unsupported token 'alarm' at char 0, {CONDITION}")),
        ("ALARM(a) AND and", format!("Unsupported token 'and' at char 13, {CONDITION}")),
        ("ALARM(a) OR )", format!("Unsupported token ')' at char 12, {CONDITION}")),
        ("\"ä\" \"b\"", format!("Unsupported token '\"ä\"' at char 0, {CONDITION}")),
        ("", format!("Unexpected end of the rule at char 0, {CONDITION}")),
        ("ALARM(\"ä\") OR", format!("Unexpected end of the rule at char 13, {CONDITION}")),
        ("ALARM a", "Unsupported token 'a' at char 6, must be: '('".to_owned()),
        ("ALARM(\"\")", "Unsupported token '\"\"' at char 6, must be: the name or ARN of an alarm".to_owned()),
        ("ALARM(a b)", "Unsupported token 'b' at char 8, must be: ')'".to_owned()),
        ("ALARM(\"a\\\")", "The quotation mark at char 6 is not closed".to_owned()),
        (
            "ALARM(a) ALARM(b)",
            "Unsupported token 'ALARM' at char 9, must be: 'AND', 'OR' or the end of the rule".to_owned(),
        ),
        ("(TRUE", "Unexpected end of the rule at char 5, must be: ')'".to_owned()),
        (
            "AT_LEAST(0, ALARM, (a))",
            "Unsupported token '0' at char 9, must be: a number from 1, or a percentage from 1% to 100%".to_owned(),
        ),
        (
            "AT_LEAST(101%, ALARM, (a))",
            "Unsupported token '101%' at char 9, must be: a number from 1, or a percentage from 1% to 100%".to_owned(),
        ),
        (
            "AT_LEAST(+1, ALARM, (a))",
            "Unsupported token '+1' at char 9, must be: a number from 1, or a percentage from 1% to 100%".to_owned(),
        ),
        (
            "AT_LEAST(3, ALARM, (a, b))",
            "Unsupported token '3' at char 9, must be: a number from 1 to 2, as many as there are alarms".to_owned(),
        ),
        (
            "AT_LEAST(1, BAD, (a))",
            "Unsupported token 'BAD' at char 12, must be: 'NOT', ALARM, OK, or INSUFFICIENT_DATA".to_owned(),
        ),
        (
            "AT_LEAST(1, NOT NOT OK, (a))",
            "Unsupported token 'NOT' at char 16, must be: ALARM, OK, or INSUFFICIENT_DATA".to_owned(),
        ),
        ("AT_LEAST(1, OK, a)", "Unsupported token 'a' at char 16, must be: '('".to_owned()),
        ("AT_LEAST(1, OK, (a b))", "Unsupported token 'b' at char 19, must be: ',' or ')'".to_owned()),
    ];
    for (rule, expected) in table {
        assert_eq!(Rule::parse(rule).map_err(|error| error.to_string()), Err(expected), "{rule}");
    }
}

#[test]
fn references_come_once_and_in_order() {
    let rule = Rule::parse("ALARM(b) AND (OK(\"a\") OR ALARM(b)) AND AT_LEAST(1, OK, (c, a)) AND TRUE").unwrap();
    assert_eq!(rule.references(), ["b", "a", "c"]);
    assert!(Rule::parse("TRUE").unwrap().references().is_empty());
}

#[test]
fn the_limits_are_the_last_that_pass() {
    let rule = |elements: usize| vec!["ALARM(a)"; elements].join(" OR ");
    assert!(Rule::parse(&rule(500)).is_ok());
    assert_eq!(Rule::parse(&rule(501)), Err(Error::TooManyElements));
    let rule = |children: usize| (0..children).map(|n| format!("OK(x{n})")).collect::<Vec<_>>().join(" AND ");
    assert!(Rule::parse(&rule(100)).is_ok());
    assert_eq!(Rule::parse(&rule(101)), Err(Error::TooManyChildren));
}

#[test]
fn deep_nesting_ends_in_an_error_and_not_in_the_stack() {
    for deep in ["(".repeat(100_000), "NOT ".repeat(100_000)] {
        assert_eq!(Rule::parse(&deep), Err(Error::TooManyElements));
    }
}

fn states() -> impl Strategy<Value = State> {
    prop_oneof![Just(State::Ok), Just(State::Alarm), Just(State::InsufficientData)]
}

fn at_least() -> impl Strategy<Value = Expression> {
    let references = prop::collection::vec("[a-c \"\\\\(),äé]{1,6}", 1..4);
    (references, any::<bool>(), states(), any::<bool>(), 1usize..=100).prop_map(
        |(references, negated, state, percent, number)| {
            let threshold = match percent {
                true => Threshold::Percent(number),
                false => Threshold::Count(1 + number % references.len()),
            };
            Expression::AtLeast(AtLeast { threshold, negated, state, references })
        },
    )
}

fn expressions() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Expression::Constant),
        (states(), "[a-z \"\\\\(),äé]{1,8}").prop_map(|(state, name)| Expression::InState(state, name)),
        at_least(),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let parts = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.prop_map(|part| Expression::Not(Box::new(part))),
            parts.clone().prop_map(Expression::All),
            parts.prop_map(Expression::Any),
        ]
    })
}

proptest! {
    #[test]
    fn a_printed_rule_parses_to_itself(root in expressions()) {
        let rule = Rule { root };
        let printed = rule.to_string();
        prop_assert_eq!(Rule::parse(&printed), Ok(rule), "{}", printed);
    }

    #[test]
    fn any_text_gives_a_rule_or_an_error(text in "([A-Z_]{0,6}|ALARM|OK|NOT|AND|AT_LEAST|[(),\"%0-9a ä\\\\]){0,30}") {
        let _ = Rule::parse(&text);
    }
}
