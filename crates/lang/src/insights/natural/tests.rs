//! The documented order, and that it is one.

use proptest::prelude::*;

use super::{compare, compare_descending};
use crate::insights::Value;

#[test]
fn the_reference_order() {
    // logs.md §7.8, from the user guide.
    let order = [
        "!:",
        "#",
        "*%04",
        "0#",
        "5A",
        "111A",
        "2345_",
        "@",
        "@_",
        "A",
        "A9876fghj",
        "a12345hfh",
        "0",
        "01",
        "1",
        "2",
        "3",
    ];
    let mut sorted: Vec<Value> = order.iter().rev().map(|text| Value::from(*text)).collect();
    sorted.sort_by(compare);
    assert_eq!(sorted, order.map(Value::from));
    sorted.sort_by(compare_descending);
    let reversed: Vec<Value> = order.iter().rev().map(|text| Value::from(*text)).collect();
    assert_eq!(sorted, reversed);
}

#[test]
fn what_is_missing_is_last_in_both_directions() {
    let mut values = [Value::Null, Value::Int(2), Value::from("x"), Value::Null, Value::Int(1)];
    values.sort_by(compare);
    assert_eq!(values, [Value::from("x"), Value::Int(1), Value::Int(2), Value::Null, Value::Null]);
    values.sort_by(compare_descending);
    assert_eq!(values, [Value::Int(2), Value::Int(1), Value::from("x"), Value::Null, Value::Null]);
}

#[test]
fn numbers_and_texts_of_numbers_mix() {
    let mut values = [Value::from("10"), Value::Float(9.5), Value::Int(-1), Value::from("9")];
    values.sort_by(compare);
    assert_eq!(values, [Value::Int(-1), Value::from("9"), Value::Float(9.5), Value::from("10")]);
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (-3i64..3).prop_map(Value::Int),
        "[0a.-]{0,4}".prop_map(Value::from),
        "[01aé]{0,4}".prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn it_is_an_order(a in any_value(), b in any_value(), c in any_value()) {
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b) == compare(&b, &c) {
            prop_assert_eq!(compare(&a, &c), compare(&a, &b));
        }
    }
}
