//! The language by tables of examples, and what holds of all patterns.

mod delimited;
mod invalid;
mod json;
mod page;
mod properties;
mod regex;
mod terms;
mod vectors;

use super::{FilterPattern, PatternKind};

fn pattern(text: &str) -> FilterPattern {
    FilterPattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error} at {}", error.position))
}

fn matches(text: &str, message: &str) -> bool {
    pattern(text).matches(message)
}

/// Rows of (pattern, message, whether it matches).
fn check(rows: &[(&str, &str, bool)]) {
    for (text, message, wanted) in rows {
        let pattern = pattern(text);
        assert_eq!(pattern.matches(message), *wanted, "{text} on {message}");
        assert_eq!(pattern.extract(message).is_some(), *wanted, "{text} extracts from {message}");
        assert!(!wanted || pattern.needle().may_match(message), "{text}: {:?} on {message}", pattern.needle());
    }
}

fn strings(pairs: Vec<(String, String)>) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" | ")
}

#[test]
fn the_first_character_tells_the_kind() {
    for (text, kind) in [
        ("", PatternKind::Terms),
        (" ERROR", PatternKind::Terms),
        ("\"{ a }\"", PatternKind::Terms),
        (" { $.a = 1 }", PatternKind::Json),
        (" [a, b]", PatternKind::Delimited),
    ] {
        assert_eq!(pattern(text).kind(), kind, "{text}");
        assert_eq!(pattern(text).text(), text);
    }
}

#[test]
fn regular_expressions_are_counted() {
    for (text, count) in
        [("ERROR", 0), ("%a%", 1), ("?%a% ?%b%", 2), ("{ $.a = %a% || $.b != %b% }", 2), ("[a=%x%]", 1)]
    {
        assert_eq!(pattern(text).regex_count(), count, "{text}");
    }
}

#[test]
fn patterns_cross_threads() {
    fn shared<T: Send + Sync + Clone + std::fmt::Debug + 'static>() {}
    shared::<FilterPattern>();
    shared::<super::Selector>();
}
