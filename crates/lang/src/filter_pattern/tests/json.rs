//! JSON patterns (logs.md §3.2).

use super::{check, pattern, strings};

#[test]
fn only_a_whole_json_object_matches() {
    check(&[
        ("{ $.a NOT EXISTS }", "{}", true),
        ("{ $.a NOT EXISTS }", "  {\"b\": 1}\n", true),
        ("{ $.a NOT EXISTS }", "", false),
        ("{ $.a NOT EXISTS }", "text", false),
        ("{ $.a NOT EXISTS }", "[1]", false),
        ("{ $.a NOT EXISTS }", "{} {}", false),
        ("{ $.a NOT EXISTS }", "{\"b\":", false),
        ("{ $.a = 1 }", "INFO {\"a\":1}", false),
        ("{ $.a = 1 }", "{\"a\":1,}", false),
        ("{ $.a = 1 }", "{\"a\":1, \"b\": tru}", false),
    ]);
}

#[test]
fn and_binds_tighter_than_or_and_parentheses_tightest() {
    check(&[
        ("{$.a=1||$.b=2&&$.c=3}", r#"{"a":1}"#, true),
        ("{($.a=1||$.b=2)&&$.c=3}", r#"{"a":1}"#, false),
        ("{ ( ($.a = 1) ) }", r#"{"a":1}"#, true),
        ("{ $.a = 1 && ($.b = 2 || $.c = 3) }", r#"{"a":1,"c":3}"#, true),
    ]);
}

#[test]
fn paths_lead_through_names_elements_and_keys() {
    let message = r#"{"a":{"b":[[10,11],{"c-d":"x"}]},"k.e y":{"z":1},"n":0}"#;
    check(&[
        ("{ $.a.b[0][1] = 11 }", message, true),
        ("{ $.a.b[1].c-d = x }", message, true),
        ("{ $['k.e y'].z = 1 }", message, true),
        ("{ $.['k.e y'].['z'] = 1 }", message, true),
        ("{ $.a.b[2] NOT EXISTS }", message, true),
        ("{ $.a.b[0][1] NOT EXISTS }", message, false),
        ("{ $.n.x NOT EXISTS }", message, true),
        ("{ $.k = 1 }", message, false),
    ]);
}

#[test]
fn arrays_and_objects_are_there_but_equal_nothing() {
    let message = r#"{"list":["a"],"map":{"a":"a"}}"#;
    check(&[
        ("{ $.list = * }", message, false),
        ("{ $.list != a }", message, false),
        ("{ $.map = a }", message, false),
        ("{ $.map IS NULL }", message, false),
        ("{ $.list NOT EXISTS }", message, false),
        ("{ $.map NOT EXISTS }", message, false),
    ]);
}

#[test]
fn what_is_missing_passes_no_comparison() {
    check(&[
        ("{ $.a != 1 }", r#"{"b":1}"#, false),
        ("{ $.a = * }", r#"{"b":1}"#, false),
        ("{ $.a IS NULL }", r#"{"b":1}"#, false),
        ("{ $.a < 1 }", r#"{"b":1}"#, false),
    ]);
}

#[test]
fn null_and_truth_values_are_asked_for_by_name() {
    check(&[
        ("{ $.a IS NULL }", r#"{"a":null}"#, true),
        ("{ $.a is null }", r#"{"a":null}"#, true),
        ("{ $.a IS NULL }", r#"{"a":"null"}"#, false),
        ("{ $.a not exists }", r#"{"a":null}"#, false),
        ("{ $.a IS TRUE }", r#"{"a":true}"#, true),
        ("{ $.a IS TRUE }", r#"{"a":"true"}"#, false),
        ("{ $.a IS FALSE }", r#"{"a":false}"#, true),
        ("{ $.a = true }", r#"{"a":true}"#, true),
        ("{ $.a = true }", r#"{"a":"true"}"#, true),
        ("{ $.a != true }", r#"{"a":false}"#, true),
    ]);
}

#[test]
fn texts_compare_whole_but_for_stars() {
    check(&[
        ("{ $.a = Root }", r#"{"a":"Root"}"#, true),
        ("{ $.a = Root }", r#"{"a":"Roots"}"#, false),
        ("{ $.a = \"x y\" }", r#"{"a":"x y"}"#, true),
        ("{ $.a = ec2.amazonaws.com }", r#"{"a":"ec2.amazonaws.com"}"#, true),
        ("{ $.a = arn:aws:iam::*:role/* }", r#"{"a":"arn:aws:iam::1:role/x"}"#, true),
        ("{ $.a = \"*y*\" }", r#"{"a":"xyz"}"#, true),
        ("{ $.a = x*x }", r#"{"a":"x"}"#, false),
        ("{ $.a = x*x }", r#"{"a":"xx"}"#, true),
        ("{ $.a = *ab*ab* }", r#"{"a":"aab"}"#, false),
        ("{ $.a = * }", r#"{"a":""}"#, true),
        ("{ $.a = \"*\" }", r#"{"a":0}"#, true),
        ("{ $.a != 123.123.* }", r#"{"a":"123.123.1.1"}"#, false),
        (r#"{ $.a = "say \"hi\"" }"#, r#"{"a":"say \"hi\""}"#, true),
        ("{ $.a = \"ü\" }", r#"{"a":"\u00fc"}"#, true),
        ("{ $.a = GET }", r#"{"a":"\u0047ET"}"#, true),
        ("{ $.a = \"a/b\" }", r#"{"a":"a\/b"}"#, true),
    ]);
}

#[test]
fn numbers_compare_as_numbers_however_they_are_written() {
    check(&[
        ("{ $.a = 1000 }", r#"{"a":1e3}"#, true),
        ("{ $.a = 1e+3 }", r#"{"a":1000}"#, true),
        ("{ $.a = 0.5 }", r#"{"a":5e-1}"#, true),
        ("{ $.a = -1 }", r#"{"a":-1.0}"#, true),
        ("{ $.a = +1 }", r#"{"a":1}"#, true),
        ("{ $.a != 1 }", r#"{"a":1.0}"#, false),
        ("{ $.a > 1.5 }", r#"{"a":2}"#, true),
        ("{ $.a >= 2 }", r#"{"a":2}"#, true),
        ("{ $.a < 2 }", r#"{"a":2}"#, false),
        ("{ $.a <= 2 }", r#"{"a":2}"#, true),
        ("{ $.a = 9007199254740993 }", r#"{"a":9007199254740992}"#, false),
        ("{ $.a = 9007199254740993 }", r#"{"a":9007199254740993}"#, true),
        ("{ $.a = 4* }", r#"{"a":404}"#, true),
        ("{ $.a = 1*e+20 }", r#"{"a":100000000000000000000}"#, true),
    ]);
}

#[test]
fn texts_that_are_numbers_compare_as_text_and_order_as_numbers() {
    check(&[
        ("{ $.a = 200 }", r#"{"a":"200"}"#, true),
        ("{ $.a = 200 }", r#"{"a":"200.0"}"#, false),
        ("{ $.a = \"200\" }", r#"{"a":200}"#, true),
        ("{ $.a > 99 }", r#"{"a":"200"}"#, true),
        ("{ $.a > 99 }", r#"{"a":"many"}"#, false),
        ("{ $.a > 99 }", r#"{"a":"inf"}"#, false),
        ("{ $.a > 99 }", r#"{"a":true}"#, false),
    ]);
}

#[test]
fn regular_expressions_search_in_values() {
    check(&[
        ("{ $.a = %Trail% }", r#"{"a":"UpdateTrail"}"#, true),
        ("{ $.a != %Trail% }", r#"{"a":"UpdateTrail"}"#, false),
        ("{ $.a = %^Trail% }", r#"{"a":"UpdateTrail"}"#, false),
        ("{ $.a = %^4[0-9]{2}$% }", r#"{"a":404}"#, true),
        (r"{ $.a = %1e\+20% }", r#"{"a":100000000000000000000}"#, true),
        ("{ $.a=%x%&&$.b=%y% }", r#"{"a":"x","b":"y"}"#, true),
    ]);
}

#[test]
fn a_wildcard_asks_for_any() {
    let message = r#"{"list":[1,"b",{"c":"d"}],"map":{"x":7,"y":{"c":"e"}}}"#;
    check(&[
        ("{ $.list[*] = b }", message, true),
        ("{ $.list[*] = c }", message, false),
        ("{ $.list[*].c = d }", message, true),
        ("{ $.map.* = 7 }", message, true),
        ("{ $.map.*.c = e }", message, true),
        ("{ $.*.x = 7 }", message, true),
        ("{ $.* = 7 }", message, false),
        ("{ $.list.* = b }", message, false),
        ("{ $.map[*] = 7 }", message, false),
        ("{ $.map.* = 8 || $.map.x = 7 }", message, true),
        ("{ $.none[*] NOT EXISTS }", message, true),
    ]);
}

#[test]
fn of_members_of_one_name_the_last_counts() {
    check(&[
        ("{ $.a = 1 }", r#"{"a":1,"a":2}"#, false),
        ("{ $.a = 2 }", r#"{"a":1,"a":2}"#, true),
        ("{ $.a.b NOT EXISTS }", r#"{"a":{"b":1},"a":{}}"#, true),
    ]);
}

#[test]
fn extraction_tells_the_value_of_each_path_once() {
    let message = r#"{"a":{"b":"x"},"n":1.5,"t":true,"z":null,"list":["p","q"],"k.l":"m"}"#;
    for (text, wanted) in [
        ("{ $.a.b = x }", "$.a.b=x"),
        ("{ $.a.b = x || $.a.b = y }", "$.a.b=x"),
        ("{ $.n > 1 && $.t IS TRUE && $.z IS NULL }", "$.n=1.5 | $.t=true | $.z=null"),
        ("{ $.list[*] = q && $.x NOT EXISTS }", "$.list[*]=p"),
        ("{ $.a NOT EXISTS || $.n = 1.5 }", "$.n=1.5"),
        ("{ $.['k.l'] = m }", "$.['k.l']=m"),
    ] {
        assert_eq!(strings(pattern(text).extract(message).unwrap()), wanted, "{text}");
    }
    assert_eq!(pattern("{ $.a.b = y }").extract(message), None);
    assert_eq!(pattern("{ $.a.b = x }").fields(message), None);
}

#[test]
fn deep_json_is_passed_over_where_no_path_goes_and_is_no_danger() {
    let deep = format!("{{\"a\":1,\"b\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    check(&[("{ $.a = 1 }", &deep, true), ("{ $.b[0] NOT EXISTS }", &deep, false)]);
}

#[test]
fn selectors_find_one_value() {
    let pattern = pattern("{ $.a = * }");
    let message = r#"{"a":{"b":[5,"x"]},"c":1.5}"#;
    let value = |text: &str| pattern.selector(text).unwrap().value(message).map(|value| value.into_owned());
    assert_eq!(value("$.a.b[0]").as_deref(), Some("5"));
    assert_eq!(value("$.a.b[1]").as_deref(), Some("x"));
    assert_eq!(value("$.c").as_deref(), Some("1.5"));
    assert_eq!(value("$.a"), None);
    assert_eq!(value("$.x"), None);
    for text in ["", "$", "c", "$c", "$.a.*", "$.a[*]", "$.a b", "$.a = 1"] {
        assert!(pattern.selector(text).is_err(), "{text}");
    }
}
