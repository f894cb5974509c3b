//! The page of functions is true: every example in it is run.

use super::{Moment, all, find};
use crate::insights::Value;

/// A quarter past noon, and the hour before it.
const MOMENT: Moment = Moment { now_ms: 1_716_120_900_000, start_ms: 1_716_117_300_000, end_ms: 1_716_120_900_999 };

const PAGE: &str = include_str!("../../../../../docs/insights-functions.md");

/// The examples of the page: call and result.
fn examples() -> Vec<(&'static str, &'static str)> {
    let code = |cell: &'static str| cell.trim().strip_prefix('`').and_then(|cell| cell.strip_suffix('`'));
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    rows.filter_map(|row| {
        let (call, result) = row.split_once("` | ")?;
        Some((call, code(result).unwrap_or(result.trim())))
    })
    .collect()
}

#[test]
fn the_examples_give_what_they_say() {
    let examples = examples();
    assert!(examples.len() > 150, "the page was read: {}", examples.len());
    for (call, expected) in examples {
        let value = Call { rest: call }.evaluate();
        let printed = if value.is_null() { "missing".to_owned() } else { value.to_string() };
        assert_eq!(printed, expected, "{call}");
    }
}

#[test]
fn every_function_is_described_and_has_an_example() {
    let examples = examples();
    for function in all() {
        let title = format!("**`{}(", function.name);
        assert!(PAGE.contains(&title), "{} lacks a description", function.name);
        let call = format!("{}(", function.name);
        assert!(examples.iter().any(|(example, _)| example.starts_with(&call)), "{} lacks an example", function.name);
    }
}

#[test]
fn a_function_has_one_name_in_any_case() {
    assert_eq!(find("STRLEN").map(|function| function.name), Some("strlen"));
    assert!(find("nosuch").is_none());
    let names: std::collections::HashSet<String> = all().map(|function| function.name.to_lowercase()).collect();
    assert_eq!(names.len(), all().count());
}

#[test]
fn what_is_missing_or_nested_never_breaks_a_function() {
    let odd = [
        Value::Null,
        Value::from(vec![Value::Null]),
        Value::Map([].into()),
        Value::from(""),
        Value::from("é(["),
        Value::Int(i64::MIN),
        Value::Float(-1e300),
        Value::Time(i64::MAX),
        Value::Bool(true),
    ];
    for function in all() {
        for count in function.arity.clone().take(4) {
            for number in 0..odd.len().pow(count as u32) {
                let argument = |place: usize| odd[number / odd.len().pow(place as u32) % odd.len()].clone();
                let arguments: Vec<Value> = (0..count).map(argument).collect();
                let value = (function.call)(&MOMENT, &arguments);
                assert!(
                    !matches!(value, Value::Float(number) if !number.is_finite()),
                    "{} {arguments:?}",
                    function.name
                );
            }
        }
    }
}

#[test]
fn a_replacement_names_groups_in_several_ways() {
    let replace = find("regexReplace").unwrap();
    let table = [
        ("$1a", "xa-z"),
        ("${1}a", "xa-z"),
        ("\\1a", "xa-z"),
        ("$", "$-z"),
        ("\\$1", "$1-z"),
        ("\\\\", "\\-z"),
        ("${n}", "x-z"),
    ];
    for (by, expected) in table {
        let arguments = ["x.y-z", r"(?P<n>\w)\.\w", by].map(Value::from);
        assert_eq!((replace.call)(&MOMENT, &arguments), Value::from(expected), "{by}");
    }
}

/// A call as it stands in the page: literals, `missing`, lists, and calls of calls.
struct Call<'t> {
    rest: &'t str,
}

impl<'t> Call<'t> {
    fn evaluate(mut self) -> Value {
        let value = self.value();
        assert_eq!(self.rest, "", "the example is read to its end");
        value
    }

    fn value(&mut self) -> Value {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next().expect("an argument") {
            quote @ ('"' | '\'') => self.quoted(quote),
            '[' => self.until(']').into(),
            c if c.is_ascii_digit() || c == '-' => {
                let word = self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
                match (word.parse(), word.parse::<f64>()) {
                    (Ok(whole), _) => Value::Int(whole),
                    (_, Ok(number)) => Value::Float(number),
                    // A span of time.
                    _ => Value::from(word),
                }
            }
            _ => match self.word(|c| c.is_ascii_alphanumeric() || c == '_') {
                "missing" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                name => {
                    let function = find(name).unwrap_or_else(|| panic!("{name} is a function"));
                    let arguments = self.until(')');
                    assert!(function.arity.contains(&arguments.len()), "{name} takes {}", arguments.len());
                    (function.call)(&MOMENT, &arguments)
                }
            },
        }
    }

    /// What stands between an opening sign and the closing one.
    fn until(&mut self, close: char) -> Vec<Value> {
        self.rest = &self.rest[1..];
        let mut values = Vec::new();
        loop {
            self.rest = self.rest.trim_start_matches([' ', ',']);
            if let Some(rest) = self.rest.strip_prefix(close) {
                self.rest = rest;
                return values;
            }
            values.push(self.value());
        }
    }

    fn quoted(&mut self, quote: char) -> Value {
        let body = &self.rest[1..];
        let end = body.find(quote).expect("a closing quote");
        self.rest = &body[end + 1..];
        Value::from(&body[..end])
    }

    fn word(&mut self, is: fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !is(c)).unwrap_or(self.rest.len());
        let word;
        (word, self.rest) = self.rest.split_at(end);
        word
    }
}
