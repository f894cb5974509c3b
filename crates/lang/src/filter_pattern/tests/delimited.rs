//! Patterns over fields (logs.md §3.3).

use super::{check, pattern, strings};
use crate::filter_pattern::SelectorError;

const ACCESS: &str = r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;

#[test]
fn brackets_and_quotation_marks_hold_a_field_together() {
    for (message, wanted) in [
        (
            ACCESS,
            "$1=127.0.0.1 | $2=Prod | $3=frank | $4=10/Oct/2000:13:25:15 -0700 | $5=GET /index.html HTTP/1.0 | $6=404 | $7=1534",
        ),
        ("a  b\tc\n", "$1=a | $2=b | $3=c"),
        ("[open b", "$1=[open | $2=b"),
        ("\"open b", "$1=\"open | $2=b"),
        ("x[1] y\"z\"", "$1=x[1] | $2=y\"z\""),
        ("[] \"\"", "$1= | $2="),
        ("", ""),
    ] {
        assert_eq!(strings(pattern("[]").extract(message).unwrap()), wanted, "{message}");
    }
}

#[test]
fn fields_are_named_numbered_or_taken_by_the_ellipsis() {
    for (text, wanted) in [
        ("[..., status_code=200, size]", None),
        (
            "[..., status_code=404, size]",
            Some(
                "$1=127.0.0.1 | $2=Prod | $3=frank | $4=10/Oct/2000:13:25:15 -0700 | $5=GET /index.html HTTP/1.0 | $status_code=404 | $size=1534",
            ),
        ),
        (
            "[..., request=*.html*, status_code=4*,]",
            Some(
                "$1=127.0.0.1 | $2=Prod | $3=frank | $4=10/Oct/2000:13:25:15 -0700 | $request=GET /index.html HTTP/1.0 | $status_code=404 | $7=1534",
            ),
        ),
        (
            "[ip, ..., bytes > 1000]",
            Some(
                "$ip=127.0.0.1 | $2=Prod | $3=frank | $4=10/Oct/2000:13:25:15 -0700 | $5=GET /index.html HTTP/1.0 | $6=404 | $bytes=1534",
            ),
        ),
        (
            "[ip,,user, rest]",
            Some(
                "$ip=127.0.0.1 | $2=Prod | $user=frank | $rest=[10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534",
            ),
        ),
        (
            "[a,b,c,d,e,f,g,...]",
            Some(
                "$a=127.0.0.1 | $b=Prod | $c=frank | $d=10/Oct/2000:13:25:15 -0700 | $e=GET /index.html HTTP/1.0 | $f=404 | $g=1534",
            ),
        ),
        ("[a,b,c,d,e,f,g,h,...]", None),
    ] {
        assert_eq!(pattern(text).extract(ACCESS).map(strings).as_deref(), wanted, "{text}");
    }
}

#[test]
fn the_last_field_takes_the_rest_as_it_stands() {
    let message = "2020-01-01T00:00:00Z 1-2-3 {\"a\": [1, 2]}\n";
    let text = "[timestamp=*Z, request_id=\"*-*\", event]";
    assert_eq!(
        strings(pattern(text).extract(message).unwrap()),
        "$timestamp=2020-01-01T00:00:00Z | $request_id=1-2-3 | $event={\"a\": [1, 2]}"
    );
    check(&[
        ("[w1=ERROR]", "ERROR", true),
        ("[w1=ERROR]", "ERROR x", false),
        ("[w1=ERROR*]", "ERROR x", true),
        ("[w1=ERROR, ]", "ERROR x", true),
        ("[a, b=\"x y\"]", "1 [x y]", true),
        ("[a, b=\"[x y] z\"]", "1 [x y] z", true),
    ]);
}

#[test]
fn too_few_fields_do_not_match() {
    check(&[
        ("[a, b]", "one", false),
        ("[a, b]", "one two", true),
        ("[a, b]", "one two three", true),
        ("[a, ..., b]", "one", false),
        ("[a, ..., b]", "one two", true),
        ("[a]", "", false),
        ("[,]", "x y", true),
    ]);
}

#[test]
fn conditions_are_joined_and_repeat_the_name() {
    check(&[
        ("[w1=ERROR || w1=WARNING, w2]", "WARNING x", true),
        ("[w1=ERROR||w1=WARNING, w2]", "INFO x", false),
        ("[w1!=ERROR && w1!=WARNING, w2]", "INFO x", true),
        ("[w1=A* && w1!=AB || w1=C, w2]", "C x", true),
        ("[w1=A* && w1!=AB || w1=C, w2]", "AB x", false),
        ("[size>=100 && size<200]", "150", true),
        ("[size>=100 && size<200]", "200", false),
        ("[size > 1]", "many", false),
        ("[code=404]", "404", true),
        ("[code=404]", "404.0", false),
        ("[ip=%127\\.0\\.0\\.[1-9]%, rest]", ACCESS, true),
        ("[ip!=%^10\\.%, rest]", ACCESS, true),
        ("[..., request = *.html*, s, b]", ACCESS, true),
        ("[ a , b = \"1,2]\" ]", "x 1,2]", true),
    ]);
}

#[test]
fn subscriptions_see_the_fields_without_the_dollar() {
    let fields = pattern("[ip, ..., status_code, bytes]").fields(ACCESS).unwrap();
    assert_eq!(
        strings(fields),
        "ip=127.0.0.1 | 2=Prod | 3=frank | 4=10/Oct/2000:13:25:15 -0700 | 5=GET /index.html HTTP/1.0 | status_code=404 | bytes=1534"
    );
    assert_eq!(pattern("[a=x]").fields(ACCESS), None);
}

#[test]
fn selectors_name_fields_or_number_them() {
    let pattern = pattern("[ip, ..., status_code, bytes]");
    let value = |text: &str| pattern.selector(text).unwrap().value(ACCESS).map(|value| value.into_owned());
    assert_eq!(value("$bytes").as_deref(), Some("1534"));
    assert_eq!(value("$ip").as_deref(), Some("127.0.0.1"));
    assert_eq!(value("$3").as_deref(), Some("frank"));
    assert_eq!(value("$99"), None);
    assert_eq!(pattern.selector("$other").unwrap_err(), SelectorError::Unknown);
    assert_eq!(pattern.selector("$0").unwrap_err(), SelectorError::Unknown);
    assert_eq!(pattern.selector("bytes").unwrap_err(), SelectorError::Malformed);
    let two = super::pattern("[a, b]");
    assert_eq!(two.selector("$2").unwrap().value("1 2 3").as_deref(), Some("2 3"));
    assert_eq!(two.selector("$3").unwrap_err(), SelectorError::Unknown);
    assert_eq!(super::pattern("ERROR").selector("$a").unwrap_err(), SelectorError::NoFields);
}
