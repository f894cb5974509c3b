//! How values are read, compared and printed.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::{Step, Value};

fn json(text: &str) -> Value {
    Value::from_json(&serde_json::from_str(text).unwrap())
}

#[test]
fn values_print_as_results_do() {
    // logs.md QR-3, QR-4.
    let table = [
        (Value::Null, ""),
        (Value::Bool(true), "1"),
        (Value::Bool(false), "0"),
        (Value::Int(-5), "-5"),
        (Value::Float(5.0), "5"),
        (Value::Float(0.25), "0.25"),
        (Value::Float(1.0 / 3.0), "0.3333"),
        (Value::Float(-0.00001), "0"),
        (Value::Float(1e300), "1e300"),
        (Value::from("x"), "x"),
        (Value::Time(1_716_099_016_682), "2024-05-19 06:10:16.682"),
        (Value::Time(-1), "1969-12-31 23:59:59.999"),
        (Value::Time(i64::MAX), "9223372036854775807"),
        (json(r#"{"a":[1,0.123456,"x\"\n",null,true]}"#), r#"{"a":[1,0.123456,"x\"\n",null,true]}"#),
    ];
    for (value, printed) in table {
        assert_eq!(value.to_string(), printed, "{value:?}");
    }
}

#[test]
fn texts_that_are_numbers_compare_as_numbers() {
    // logs.md QL-6.
    let table = [
        ("200", "200.0", Ordering::Equal),
        ("9", "10", Ordering::Less),
        ("9", "10x", Ordering::Greater),
        ("1e3", "999", Ordering::Greater),
        ("-1", "+1", Ordering::Less),
        ("inf", "1", Ordering::Greater),
        ("0x10", "1", Ordering::Less),
        (" 1", "1", Ordering::Less),
        ("18446744073709551615", "18446744073709551614", Ordering::Greater),
        ("9007199254740993", "9007199254740992", Ordering::Greater),
    ];
    for (a, b, expected) in table {
        assert_eq!(Value::from(a).compare(&Value::from(b)), Some(expected), "{a} {b}");
    }
}

#[test]
fn numbers_and_texts_and_truths_meet() {
    assert!(Value::Int(200).equals(&Value::from("200")));
    assert!(Value::Float(200.0).equals(&Value::Int(200)));
    assert!(Value::Bool(true).equals(&Value::from("true")));
    assert!(Value::Bool(true).equals(&Value::from("1")));
    assert!(Value::Bool(false).equals(&Value::Int(0)));
    assert!(!Value::Bool(true).equals(&Value::from("yes")));
    assert_eq!(Value::Time(0).compare(&Value::from("1970-01-01 00:00:01")), Some(Ordering::Less));
    assert_eq!(
        Value::Int(9_007_199_254_740_993).compare(&Value::Float(9_007_199_254_740_992.0)),
        Some(Ordering::Greater)
    );
}

#[test]
fn what_is_missing_or_nested_does_not_compare() {
    for value in [Value::Null, json("[1]"), json("{}")] {
        assert_eq!(value.compare(&Value::Int(1)), None);
        assert!(!value.equals(&value));
    }
}

#[test]
fn truths() {
    for value in [Value::Bool(true), Value::Int(-1), Value::Float(0.5), Value::from("true"), Value::from("1")] {
        assert!(value.is_true(), "{value:?}");
    }
    for value in [Value::Null, Value::Bool(false), Value::Int(0), Value::from("no"), Value::from("0"), json("[1]")] {
        assert!(!value.is_true(), "{value:?}");
    }
}

#[test]
fn a_path_leads_into_maps_and_lists() {
    let value = json(r#"{"users":[{"name":"a"},{"name":"b"}]}"#);
    let key = |name: &str| Step::Key(name.into());
    assert_eq!(value.get(&[key("users"), Step::Index(1), key("name")]), Some(&Value::from("b")));
    assert_eq!(value.get(&[key("users"), key("0"), key("name")]), Some(&Value::from("a")));
    assert_eq!(value.get(&[key("users"), Step::Index(2)]), None);
    assert_eq!(value.get(&[key("users"), key("name")]), None);
}

#[test]
fn whole_numbers_are_cut_not_rounded() {
    assert_eq!(Value::Float(-2.9).whole(), Some(-2));
    assert_eq!(Value::from("2.9").whole(), Some(2));
    assert_eq!(Value::Float(1e19).whole(), None);
}

#[test]
fn whole_numbers_beyond_64_bits_keep_their_digits() {
    assert_eq!(json("18446744073709551615").to_string(), "18446744073709551615");
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::Time),
        "[-+]?[0-9]{0,40}(\\.[0-9]{0,3})?(e-?[0-9]{1,2})?".prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn numbers_are_in_one_order(a in any_value(), b in any_value(), c in any_value()) {
        let numeric = [&a, &b, &c].iter().all(|value| value.number().is_some());
        if numeric {
            let (ab, bc, ac) = (a.compare(&b).unwrap(), b.compare(&c).unwrap(), a.compare(&c).unwrap());
            prop_assert_eq!(ab, b.compare(&a).unwrap().reverse());
            if ab == bc {
                prop_assert_eq!(ac, ab);
            }
        }
    }
}
