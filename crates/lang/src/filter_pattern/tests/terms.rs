//! Terms (logs.md §3.1).

use super::{check, matches, pattern};

#[test]
fn nothing_and_blanks_match_everything() {
    for text in ["", " ", "   ", "\" \"", "\"\"", " \"  \" ", "[]", "[ ]", "[...]"] {
        assert!(pattern(text).matches_everything(), "{text:?}");
        assert!(matches(text, "") && matches(text, "anything"), "{text:?}");
    }
    assert!(!pattern("a").matches_everything());
    assert!(!pattern("[a]").matches_everything());
}

#[test]
fn terms_are_parts_of_words_and_all_must_be_there() {
    check(&[
        ("ERROR", "MYERRORS", true),
        ("a b", "xbxax", true),
        ("a b", "xax", false),
        ("Error", "ERROR", false),
        ("404", "status=404", true),
        ("snake_case", "a snake_case word", true),
    ]);
}

#[test]
fn quoted_terms_are_literal() {
    check(&[
        ("\"a b\"", "a b", true),
        ("\"a b\"", "a  b", false),
        (r#""say \"hi\"""#, r#"they say "hi""#, true),
        (r#""C:\\dir""#, r"in C:\dir", true),
        (r#""C:\dir""#, r"in C:\dir", true),
        ("\"grüße\"", "viele grüße", true),
        ("\"?a\"", "?a", true),
        ("\"-a\"", "a", false),
        ("ERROR \" \"", "ERROR", false),
    ]);
}

#[test]
fn excluded_terms_must_be_absent() {
    check(&[
        ("-ERROR -WARN", "INFO", true),
        ("-ERROR -WARN", "WARN", false),
        ("-\"a b\"", "a b", false),
        ("-%^a%", "ab", false),
        ("-%^a%", "ba", true),
        ("a -b", "a", true),
    ]);
}

#[test]
fn optional_terms_count_only_among_themselves() {
    check(&[
        ("?a ?b", "b", true),
        ("?a ?b", "c", false),
        ("?\"x y\" ?%[0-9]%", "7", true),
        // FP-4: any other term makes them mean nothing.
        ("?a ?b c", "c", true),
        ("?a c ?b", "a b", false),
        ("?a -c", "x", true),
        ("?a -c", "a c", false),
    ]);
}
