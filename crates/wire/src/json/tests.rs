//! JSON in and out.

use base::Timestamp;
use proptest::prelude::*;

use super::{decode, encode};
use crate::arbitrary;
use crate::error::InputError;
use crate::mini_schema::EVERYTHING;
use crate::value::Value;

fn read(body: &str) -> Result<Value, InputError> {
    decode(&EVERYTHING, body.as_bytes())
}

fn member(body: &str, name: &str) -> Option<Value> {
    read(body).unwrap_or_else(|error| panic!("{body}: {error:?}")).get(name).cloned()
}

/// The texts are recorded: by kinesalite and dynalite of Kinesis and DynamoDB, and from Athena
/// and X-Ray. The spelling of the token before `can not` is the newer one.
#[test]
fn wrong_types_are_named_in_awss_words() {
    const LIST: &str = "Start of list found where not expected";
    const MAP: &str = "Start of structure or map found where not expected.";
    for (body, text) in [
        (r#"{"Limit":"1"}"#, "STRING_VALUE can not be converted to an Integer"),
        (r#"{"Limit":true}"#, "TRUE_VALUE can not be converted to an Integer"),
        (r#"{"Limit":false}"#, "FALSE_VALUE can not be converted to an Integer"),
        (r#"{"Limit":[1]}"#, LIST),
        (r#"{"Limit":{"a":1}}"#, MAP),
        (r#"{"Long":"1"}"#, "STRING_VALUE can not be converted to a Long"),
        (r#"{"Name":1}"#, "NUMBER_VALUE can not be converted to a String"),
        (r#"{"Name":1.5}"#, "NUMBER_VALUE can not be converted to a String"),
        (r#"{"Name":true}"#, "TRUE_VALUE can not be converted to a String"),
        (r#"{"Name":["x"]}"#, LIST),
        (r#"{"Name":{"a":1}}"#, MAP),
        (r#"{"Flag":1}"#, "NUMBER_VALUE can not be converted to a Boolean"),
        (r#"{"Flag":"true"}"#, "STRING_VALUE can not be converted to a Boolean"),
        (r#"{"Double":"1.0"}"#, "STRING_VALUE can not be converted to a Double"),
        (r#"{"Blob":1}"#, "NUMBER_VALUE can not be converted to a Blob"),
        (
            r#"{"Blob":"23456"}"#,
            "'23456' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 5",
        ),
        (r#"{"Blob":"=+/="}"#, "'=+/=' can not be converted to a Blob: Invalid Base64 character: '='"),
        (
            r#"{"Blob":"+/+="}"#,
            "'+/+=' can not be converted to a Blob: Invalid last non-pad Base64 character dectected",
        ),
        (r#"{"At":"2026-01-31T10:00:00Z"}"#, "STRING_VALUE can not be converted to milliseconds since epoch"),
        (r#"{"Names":"x"}"#, "Expected list or null"),
        (r#"{"Names":1}"#, "Expected list or null"),
        (r#"{"Names":{}}"#, MAP),
        (r#"{"Names":[["a"]]}"#, LIST),
        (r#"{"Names":[1]}"#, "NUMBER_VALUE can not be converted to a String"),
        (r#"{"Attributes":1}"#, "Expected map or null"),
        (r#"{"Attributes":[]}"#, LIST),
        (r#"{"Nested":"x"}"#, "Expected null"),
        (r#"{"Nested":[]}"#, LIST),
        (r#"{"Nested":{"Name":1}}"#, "NUMBER_VALUE can not be converted to a String"),
        ("[]", LIST),
    ] {
        assert_eq!(read(body), Err(InputError::new(text)), "{body}");
    }
}

#[test]
fn what_is_no_json_object_gets_no_text() {
    let deep = format!("{}1{}", r#"{"Nested":"#.repeat(200), "}".repeat(200));
    let deep_unknown = format!(r#"{{"Unknown":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for body in ["", "{", "null", "\"x\"", "1", "true", r#"{"Name":"x",}"#, r#"{"Name":"x"} {}"#, "\u{feff}{}", &deep] {
        assert_eq!(read(body), Err(InputError::MALFORMED), "{body:.60}");
    }
    assert_eq!(decode(&EVERYTHING, b"{\"Name\":\"\xff\"}"), Err(InputError::MALFORMED));
    // Whatever becomes of nesting in what is passed over, it must not exhaust the stack.
    let _ = read(&deep_unknown);
}

#[test]
fn nulls_and_unknown_members_are_absent_and_the_last_duplicate_wins() {
    assert_eq!(member(r#"{"Limit":null,"Other":{"a":[1,{}]}}"#, "Limit"), None);
    assert_eq!(member(r#"{"Limit":1,"Limit":2}"#, "Limit"), Some(Value::Integer(2)));
    assert_eq!(member(r#"{"Limit":1,"Limit":null}"#, "Limit"), None);
    assert_eq!(member(r#"{"Names":["a",null]}"#, "Names"), Some(Value::List(vec![Value::String("a".into())])));
    let attributes = member(r#"{"Attributes":{"a":"1","b":"2","a":"3","c":null}}"#, "Attributes");
    let entries = [("b", "2"), ("a", "3")].map(|(key, value)| (key.to_owned(), Value::String(value.to_owned())));
    assert_eq!(attributes, Some(Value::Map(entries.to_vec())));
}

#[test]
fn numbers_take_the_form_of_their_member() {
    let at = |secs: f64| Some(Value::Timestamp(Timestamp::from_secs_f64(secs).unwrap()));
    for (body, name, value) in [
        (r#"{"Limit":1.9}"#, "Limit", Some(Value::Integer(1))),
        (r#"{"Limit":99999999999}"#, "Limit", Some(Value::Integer(99_999_999_999))),
        (r#"{"Limit":1e30}"#, "Limit", Some(Value::Integer(i64::MAX))),
        (r#"{"Long":9223372036854775807}"#, "Long", Some(Value::Integer(i64::MAX))),
        (r#"{"Double":3}"#, "Double", Some(Value::Float(3.0))),
        (r#"{"Double":3.3508279016380782e177}"#, "Double", Some(Value::Float(3.3508279016380782e177))),
        (r#"{"Double":"-Infinity"}"#, "Double", Some(Value::Float(f64::NEG_INFINITY))),
        (r#"{"At":1769853600}"#, "At", at(1_769_853_600.0)),
        (r#"{"At":1769853600.25}"#, "At", at(1_769_853_600.25)),
        (r#"{"Iso":"2026-01-31T10:00:00Z"}"#, "Iso", at(1_769_853_600.0)),
        (r#"{"extra":{"a":[1,null]}}"#, "Extra", Some(Value::Document(serde_json::json!({"a": [1, null]})))),
    ] {
        assert_eq!(member(body, name), value, "{body}");
    }
    assert!(matches!(member(r#"{"Double":"NaN"}"#, "Double"), Some(Value::Float(number)) if number.is_nan()));
    // No range refuses these later, so they are refused here.
    for body in [r#"{"Integer":2147483648}"#, r#"{"Long":9223372036854775808}"#, r#"{"Long":1e40}"#, r#"{"At":1e300}"#]
    {
        assert!(read(body).is_err(), "{body}");
    }
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
