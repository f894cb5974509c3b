//! CBOR in and out.

use base::Timestamp;
use proptest::prelude::*;

use super::{decode, encode};
use crate::arbitrary;
use crate::error::InputError;
use crate::mini_schema::{EVERYTHING, NAMES};
use crate::value::{Struct, Value};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// A map with one member: its name as text, then this item.
fn with(name: &str, item: &str) -> Vec<u8> {
    let head = [0xa1, 0x60 | u8::try_from(name.len()).unwrap()];
    [&head[..], name.as_bytes(), &bytes(item)].concat()
}

#[test]
fn every_form_of_an_item_is_read() {
    let names = |names: &[&str]| Value::List(names.iter().map(|name| Value::String((*name).to_owned())).collect());
    let at = |millis| Value::Timestamp(Timestamp::from_millis(millis));
    for (name, item, value) in [
        ("Flag", "f5", Value::Boolean(true)),
        ("Limit", "1864", Value::Integer(100)),
        ("Integer", "20", Value::Integer(-1)),
        ("Long", "1b 7fffffffffffffff", Value::Integer(i64::MAX)),
        ("Long", "3b 7fffffffffffffff", Value::Integer(i64::MIN)),
        ("Long", "f9 3e00", Value::Integer(1)),
        ("Limit", "1b ffffffffffffffff", Value::Integer(i64::MAX)),
        ("Double", "f9 3c00", Value::Float(1.0)),
        ("Double", "fa 3fc00000", Value::Float(1.5)),
        ("Double", "fb 3ff8000000000000", Value::Float(1.5)),
        ("Double", "f9 7c00", Value::Float(f64::INFINITY)),
        ("Double", "03", Value::Float(3.0)),
        ("Text", "62 c3bc", Value::String("ü".into())),
        ("Text", "7f 61 61 61 62 ff", Value::String("ab".into())),
        ("Blob", "42 00ff", Value::Blob(vec![0, 255])),
        ("Blob", "5f 41 00 41 ff ff", Value::Blob(vec![0, 255])),
        ("Names", "82 61 61 61 62", names(&["a", "b"])),
        ("Names", "9f 61 61 61 62 ff", names(&["a", "b"])),
        ("Names", "9f 61 61 f6 ff", names(&["a"])),
        ("Names", "80", names(&[])),
        ("At", "c1 1a 697dd2a0", at(1_769_853_600_000)),
        ("At", "c1 fb 41da5f74a8100000", at(1_769_853_600_250)),
        ("At", "1a 697dd2a0", at(1_769_853_600_000)),
        ("Attributes", "bf 61 61 61 31 61 61 61 32 ff", Value::Map(vec![("a".into(), Value::String("2".into()))])),
    ] {
        let decoded = decode(&EVERYTHING, &with(name, item)).unwrap_or_else(|error| panic!("{name} {item}: {error:?}"));
        assert_eq!(decoded.get(name), Some(&value), "{name} {item}");
    }
}

#[test]
fn nulls_and_unknown_members_are_absent_and_the_last_duplicate_wins() {
    let empty = Value::Struct(Struct::new(&EVERYTHING));
    for (name, item) in
        [("Limit", "f6"), ("Limit", "f7"), ("Odd", "9f a1 01 02 ff"), ("Odd", "5f 41 00 ff"), ("Odd", "d9d9f7 01")]
    {
        let decoded = decode(&EVERYTHING, &with(name, item));
        // A map in an unknown member must have text keys too; anything else is no CBOR of this protocol.
        if item.contains("a1 01") {
            assert_eq!(decoded, Err(InputError::new("Unexpected field type")));
        } else {
            assert_eq!(decoded, Ok(empty.clone()), "{name} {item}");
        }
    }
    let twice = bytes("bf 65 4c696d6974 01 65 4c696d6974 02 ff");
    assert_eq!(decode(&EVERYTHING, &twice).unwrap().get("Limit"), Some(&Value::Integer(2)));
}

#[test]
fn wrong_types_are_unexpected() {
    for (name, item) in [
        ("Flag", "01"),
        ("Limit", "61 31"),
        ("Integer", "1a 80000000"),
        ("Long", "1b 8000000000000000"),
        ("Long", "f9 7e00"),
        ("Double", "61 31"),
        ("Text", "01"),
        ("Text", "41 61"),
        ("Blob", "61 61"),
        ("Names", "a0"),
        ("Nested", "80"),
        ("Attributes", "80"),
        ("Attributes", "a1 01 61 61"),
        ("At", "c0 61 61"),
        ("At", "c1 61 61"),
        ("At", "c1 fb 7ff0000000000000"),
        ("Long", "c2 41 01"),
    ] {
        assert_eq!(
            decode(&EVERYTHING, &with(name, item)),
            Err(InputError::new("Unexpected field type")),
            "{name} {item}"
        );
    }
}

#[test]
fn broken_bytes_are_malformed() {
    let deep = [b"\xa1\x66Nested".repeat(200), vec![0xa0]].concat();
    let deep_unknown = [vec![0xa1, 0x61, b'x'], vec![0x9f; 100_000]].concat();
    for body in [
        vec![],
        bytes("f6"),
        bytes("a1"),
        bytes("a0 00"),
        bytes("bf"),
        bytes("bf 61"),
        bytes("ff"),
        with("Names", "9b ffffffffffffffff 61 61"),
        with("Text", "7b ffffffffffffffff"),
        with("Text", "61 ff"),
        with("Odd", "ff"),
        with("Odd", "1c"),
        deep,
        deep_unknown,
    ] {
        assert_eq!(decode(&EVERYTHING, &body), Err(InputError::MALFORMED), "{:02x?}", &body[..body.len().min(24)]);
    }
    assert_eq!(decode(&NAMES, &bytes("81 61 61")), Ok(Value::List(vec![Value::String("a".into())])));
}

/// cloudwatch.md §1.1: lists in indefinite form, timestamps as tag 1 around a float64.
#[test]
fn collections_are_indefinite_and_timestamps_float64() {
    let body = bytes("a2 65 4e616d6573 81 61 61 62 4174 c1 1a 697dd2a0");
    let Value::Struct(value) = decode(&EVERYTHING, &body).unwrap() else { panic!() };
    assert_eq!(encode(&value), bytes("bf 62 4174 c1 fb 41da5f74a8000000 65 4e616d6573 9f 61 61 ff ff"));
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(value in arbitrary::value(&EVERYTHING, 2)) {
        let body = encode(value.as_struct().unwrap());
        prop_assert_eq!(decode(&EVERYTHING, &body), Ok(value));
    }

    #[test]
    fn any_bytes_are_an_answer_not_a_panic(body in any::<Vec<u8>>()) {
        let _ = decode(&EVERYTHING, &body);
    }
}
