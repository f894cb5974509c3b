//! What is no pattern, with AWS's words and the place (logs.md FP-6).

use crate::filter_pattern::FilterPattern;

fn refused(text: &str) -> (String, usize) {
    let error = FilterPattern::parse(text).expect_err(text);
    (error.message, error.position)
}

#[test]
fn mistakes_are_told_in_their_place() {
    for (text, position) in [
        ("\"open", 0),
        ("a \"open", 2),
        ("a ?", 3),
        ("- a", 1),
        ("\"a\"b", 3),
        ("a%b", 0),
        ("%open", 5),
        ("%a% %b% %c%", 8),
        ("{", 1),
        ("{}", 1),
        ("{ $.a }", 6),
        ("{ $.a = }", 8),
        ("{ $.a = 1", 9),
        ("{ $.a = 1 } x", 12),
        ("{ $.a == 1 }", 7),
        ("{ $.a = x y }", 10),
        ("{ $.a > x }", 8),
        ("{ $.a > \"1\" }", 8),
        ("{ $.a IS NOT NULL }", 9),
        ("{ $.a EXISTS }", 6),
        ("{ $.a NOT NULL }", 10),
        ("{ a = 1 }", 2),
        ("{ $ = 1 }", 2),
        ("{ $. = 1 }", 4),
        ("{ $.a[x] = 1 }", 6),
        ("{ $.a[*].* = 1 }", 2),
        ("{ $.a.* = 1 && $.b.* = 1 && $.c.* = 1 && $.d.* = 1 }", 0),
        ("{ ($.a = 1 }", 11),
        ("{ $.a = 1 && }", 13),
        ("{ $.a = 1 | $.b = 1 }", 10),
        ("{ $.ä = \"ö\" }", 4),
        ("[a", 2),
        ("[a] b", 4),
        ("[..., a, ...]", 8),
        ("[a=1 && b=2]", 8),
        ("[a=1 && a]", 9),
        ("[=1]", 1),
        ("[a=]", 3),
        ("[a=x y]", 5),
        ("[a>x]", 3),
        ("[a!1]", 2),
    ] {
        let (message, at) = refused(text);
        assert!(message == "Invalid filter pattern" || text == "a%b", "{text}: {message}");
        assert_eq!(at, position, "{text}");
    }
}

#[test]
fn unquoted_punctuation_is_named_with_its_term() {
    for term in ["a-b", "[ERROR", "a%b", "a.b", "user@host", "ä", "--a", "??a", "a\"b\""] {
        let text = format!("x {term}");
        let expected = term.strip_prefix(['-', '?']).unwrap_or(term);
        assert_eq!(refused(&text).0, format!("Invalid character(s) in term '{expected}'"), "{term}");
    }
}

#[test]
fn a_pattern_has_at_most_1024_characters() {
    assert!(FilterPattern::parse(&"a".repeat(1024)).is_ok());
    assert_eq!(refused(&"a".repeat(1025)).1, 1024);
    assert!(FilterPattern::parse(&format!("\"{}\"", "ü".repeat(1022))).is_ok());
}

#[test]
fn parentheses_nest_64_deep() {
    let nested = |depth: usize| format!("{{{}$.a=1{}}}", "(".repeat(depth), ")".repeat(depth));
    assert!(FilterPattern::parse(&nested(64)).unwrap().matches(r#"{"a":1}"#));
    assert_eq!(refused(&nested(65)).1, 65);
    refused(&format!("{{{}", "(".repeat(1023)));
}
