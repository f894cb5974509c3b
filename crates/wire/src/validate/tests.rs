//! Constraints and their sentences.

use base::Timestamp;

use super::{is_checkable, message, validate};
use crate::mini_schema::{ATTRIBUTES, EVERYTHING, TAG, TAGS_BY_NAME};
use crate::schema::Shape;
use crate::value::{Struct, Value};

fn structure(shape: &'static Shape, members: &[(&str, Value)]) -> Value {
    let mut out = Struct::new(shape);
    for (name, value) in members {
        let (index, _) = shape.structure().unwrap().member(name).unwrap();
        out.set(index, value.clone());
    }
    Value::Struct(out)
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// What AWS says of these members.
fn said(members: &[(&str, Value)]) -> String {
    message(&validate(&EVERYTHING, &structure(&EVERYTHING, members)))
}

#[test]
fn what_fits_is_not_spoken_of() {
    let fits = [("Limit", Value::Integer(100)), ("Name", text("a-b_C9")), ("StateValue", text("OK"))];
    assert_eq!(said(&fits), "");
}

#[test]
fn one_violation_is_one_error() {
    let tables: [(&str, Value, &str); 8] = [
        // Recorded: cloudwatch.md §1.2.
        (
            "StateValue",
            text("INVALID"),
            "Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: \
             [INSUFFICIENT_DATA, ALARM, OK]",
        ),
        // Recorded: logs.md W-6.
        (
            "Limit",
            Value::Integer(10001),
            "Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
        ),
        (
            "Limit",
            Value::Integer(0),
            "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            "Name",
            text("abcdefghijk"),
            "Value 'abcdefghijk' at 'name' failed to satisfy constraint: Member must have length less than or equal to 10",
        ),
        (
            "Name",
            text("a b"),
            r"Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+",
        ),
        (
            "Secret",
            text("short"),
            "Value at 'secret' failed to satisfy constraint: Member must have length greater than or equal to 8",
        ),
        (
            "Blob",
            Value::Blob(vec![0; 17]),
            "Value 'java.nio.HeapByteBuffer[pos=0 lim=17 cap=17]' at 'blob' failed to satisfy constraint: \
             Member must have length less than or equal to 16",
        ),
        (
            "Choice",
            structure(&crate::mini_schema::CHOICE, &[]),
            "Value 'Choice(left=null, right=null)' at 'choice' failed to satisfy constraint: \
             Member must have exactly one member set",
        ),
    ];
    for (name, value, clause) in tables {
        assert_eq!(said(&[(name, value)]), format!("1 validation error detected: {clause}"), "{name}");
    }
}

#[test]
fn several_violations_are_counted_and_joined_pattern_before_length() {
    assert_eq!(
        said(&[("Limit", Value::Integer(101)), ("Name", text("89hls;;f;d;"))]),
        "3 validation errors detected: \
         Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100; \
         Value '89hls;;f;d;' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: \
         [\\w-]+; \
         Value '89hls;;f;d;' at 'name' failed to satisfy constraint: Member must have length less than or equal to 10"
    );
}

#[test]
fn a_missing_member_deep_inside_has_its_whole_path() {
    let tags = Value::List(vec![structure(&TAG, &[("Value", text("v"))])]);
    let clause = "Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null";
    assert_eq!(said(&[("Tags", tags.clone())]), format!("1 validation error detected: {clause}"));
    let nested = structure(&EVERYTHING, &[("Tags", tags)]);
    let violations = validate(&EVERYTHING, &structure(&EVERYTHING, &[("Nested", nested)]));
    assert_eq!(violations[0].path, "nested.tags.1.member.key");
}

#[test]
fn values_of_a_map_are_named_by_their_key() {
    let map =
        Value::Map(vec![("good".into(), structure(&TAG, &[])), ("b d".into(), structure(&TAG, &[("Key", text("k"))]))]);
    let violations = validate(&TAGS_BY_NAME, &map);
    assert_eq!(
        message(&violations),
        "2 validation errors detected: \
         Value '{good=Tag(key=null, value=null), b d=Tag(key=k, value=null)}' at '' failed to satisfy constraint: \
         Map keys must satisfy constraint: [Member must have length less than or equal to 10, Member must have length \
         greater than or equal to 1, Member must satisfy regular expression pattern: [\\w-]+]; \
         Value null at '.good.member.key' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn scalar_elements_are_spoken_of_together() {
    let names = Value::List(vec![text("ok"), text("")]);
    assert_eq!(
        said(&[("Names", names)]),
        "1 validation error detected: Value '[ok, ]' at 'names' failed to satisfy constraint: Member must satisfy \
         constraint: [Member must have length less than or equal to 10, Member must have length greater than or equal \
         to 1, Member must satisfy regular expression pattern: [\\w-]+]"
    );
    let four = Value::List(["a", "b", "c", "d"].map(text).to_vec());
    assert_eq!(
        said(&[("Names", four)]),
        "1 validation error detected: Value '[a, b, c, d]' at 'names' failed to satisfy constraint: Member must have \
         length less than or equal to 3"
    );
}

#[test]
fn structures_print_as_java_records() {
    let tag = structure(&TAG, &[("Key", text("k"))]);
    let long = structure(
        &EVERYTHING,
        &[
            ("Tags", Value::List(vec![tag])),
            ("At", Value::Timestamp(Timestamp::from_secs(1_769_853_600))),
            ("Double", Value::Float(1.0)),
            ("Secret", text("hidden-one")),
        ],
    );
    let printed = super::print::value(&EVERYTHING, &long);
    assert!(printed.contains("tags=[Tag(key=k, value=null)]"), "{printed}");
    assert!(printed.contains("at=Sat Jan 31 10:00:00 UTC 2026"), "{printed}");
    assert!(printed.contains("double=1.0, name=null"), "{printed}");
    assert!(!printed.contains("hidden-one"), "{printed}");
    let map = Value::Map(vec![("a".into(), text("1")), ("b".into(), text("2"))]);
    assert_eq!(super::print::value(&ATTRIBUTES, &map), "{a=1, b=2}");
}

#[test]
fn length_counts_characters_and_patterns_are_ascii_as_in_java() {
    assert_eq!(said(&[("Secret", text("äöüäöüäö"))]), "");
    assert_ne!(said(&[("Secret", text("äöüäöüä"))]), "");
    assert_ne!(said(&[("Name", text("ä"))]), "", r"\w is ASCII in Java");
    assert_ne!(said(&[("Name", text("a\n"))]), "", "the whole text must match");
}

/// Every pattern of the models we serve compiles but these, which are let through: the one
/// refers back (an ISO 8601 date), the other looks ahead (a name without two hyphens in a row).
#[test]
fn the_patterns_that_are_not_checked_are_known_by_name() {
    let unchecked: Vec<&str> =
        include_str!("model_patterns.txt").lines().filter(|pattern| !is_checkable(pattern)).collect();
    assert_eq!(
        unchecked,
        [
            r"^([\-]?\d{4}(?!\d{2}\b))((-?)((0[1-9]|1[0-2])(\3([12]\d|0[1-9]|3[01]))?|W([0-4]\d|5[0-2])(-?[1-7])?|(00[1-9]|0[1-9]\d|[12]\d{2}|3([0-5]\d|6[1-6])))([T\s]((([01]\d|2[0-3])((:?)[0-5]\d)?|24\:?00)([\.,]\d(?!:))?)?(\17[0-5]\d([\.,]\d)?)?([zZ]|([\-])([01]\d|2[0-3]):?([0-5]\d)?)?)?)?$",
            r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
        ]
    );
}

#[test]
fn translated_patterns_match_what_java_matches() {
    let tables: [(&'static str, &[&str], &[&str]); 10] = [
        (r"[\w+=,.@-]+", &["a-b@c"], &["a b", "é"]),
        (r"[\w-_]*", &["a-_", ""], &["."]),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", &["a\t😀"], &["\u{1}"]),
        (r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", &["/", "/a/"], &["a", "/a"]),
        (r"[^:].*", &["a:"], &[":a", "", "a\r"]),
        (r"(?s).*", &["a\r\n"], &[]),
        (r"^(?!\s*$).+", &[" a "], &["", "  "]),
        (r"^[A-Za-z]{2}$", &["de"], &["de\n", "deu"]),
        (r"[\s\S]*\S[\s\S]*", &["\n x"], &[" \n"]),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", &["é 1:+-"], &["#"]),
    ];
    for (pattern, good, bad) in tables {
        for text in good {
            assert!(super::pattern::matches(pattern, text), "{pattern} should match {text:?}");
        }
        for text in bad {
            assert!(!super::pattern::matches(pattern, text), "{pattern} should not match {text:?}");
        }
    }
}
