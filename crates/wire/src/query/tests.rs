//! Query parameters in.

use base::Timestamp;
use proptest::prelude::*;

use super::{decode, name_of};
use crate::error::InputError;
use crate::mini_schema::EVERYTHING;
use crate::scalar;
use crate::schema::{Kind, Member, Shape, TimestampFormat};
use crate::value::Value;
use crate::{arbitrary, percent};

fn read(form: &str) -> Result<Value, InputError> {
    decode(&EVERYTHING, &percent::pairs(form.as_bytes()).collect::<Vec<_>>())
}

fn member(form: &str, name: &str) -> Option<Value> {
    read(form).unwrap_or_else(|error| panic!("{form}: {error:?}")).get(name).cloned()
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn texts(texts: &[&str]) -> Option<Value> {
    Some(Value::List(texts.iter().copied().map(text).collect()))
}

#[test]
fn elements_come_in_the_order_of_their_numbers_gaps_or_not() {
    assert_eq!(member("Names.member.10=c&Names.member.2=b&Names.member.1=a", "Names"), texts(&["a", "b", "c"]));
    let numbers = Value::List(vec![Value::Integer(1), Value::Integer(2)]);
    assert_eq!(member("Numbers.7=2&Numbers.3=1", "Numbers"), Some(numbers));
    assert_eq!(member("Names.member.1=a&Names.member.1=b", "Names"), texts(&["b"]));
    let huge = "99999999999999999999999999";
    assert_eq!(member(&format!("Names.member.{huge}=z&Names.member.5=a"), "Names"), texts(&["a", "z"]));
}

#[test]
fn members_of_one_element_need_not_stand_together() {
    let tags =
        member("Tags.member.1.Key=a&Tags.member.2.Key=b&Tags.member.1.Value=x&Tags.member.2.Value=y", "Tags").unwrap();
    let of = |at: usize, name| tags.as_list().unwrap()[at].get(name).and_then(Value::as_str);
    assert_eq!(
        [of(0, "Key"), of(0, "Value"), of(1, "Key"), of(1, "Value")],
        [Some("a"), Some("x"), Some("b"), Some("y")]
    );
}

#[test]
fn maps_are_read_by_entry_and_flat() {
    let map = Some(Value::Map(vec![("k".into(), text("v")), ("l".into(), text(""))]));
    assert_eq!(
        member(
            "Attributes.entry.1.key=k&Attributes.entry.1.value=v&Attributes.entry.2.key=l&Attributes.entry.2.value=",
            "Attributes"
        ),
        map
    );
    let flat = Some(Value::Map(vec![("k".into(), text("v"))]));
    assert_eq!(member("FlatMap.1.Name=k&FlatMap.1.Value=v", "FlatMap"), flat);
}

#[test]
fn an_empty_parameter_is_an_empty_collection() {
    assert_eq!(member("Names=", "Names"), texts(&[]));
    assert_eq!(member("Names.member=", "Names"), texts(&[]));
    assert_eq!(member("Attributes=", "Attributes"), Some(Value::Map(vec![])));
    assert!(member("Nested=", "Nested").is_some());
    assert_eq!(member("Name=", "Name"), Some(text("")));
    assert_eq!(member("Action=Echo&Version=1&Unknown.member.x=1&X-Amz-Date=2", "Name"), None);
}

/// cloudwatch.md §1.1: old clients send compact timestamps.
#[test]
fn scalars_are_typed_by_the_schema() {
    let at = |secs| Some(Value::Timestamp(Timestamp::from_secs(secs)));
    for (form, name, value) in [
        ("Flag=TRUE", "Flag", Some(Value::Boolean(true))),
        ("Limit=1000", "Limit", Some(Value::Integer(1000))),
        ("Limit=99999999999", "Limit", Some(Value::Integer(99_999_999_999))),
        ("Long=-9223372036854775808", "Long", Some(Value::Integer(i64::MIN))),
        ("Double=1e-3", "Double", Some(Value::Float(0.001))),
        ("Double=-Infinity", "Double", Some(Value::Float(f64::NEG_INFINITY))),
        ("Blob=AP8Q", "Blob", Some(Value::Blob(vec![0, 255, 16]))),
        ("At=20171208T062404Z", "At", at(1_512_714_244)),
        ("At=2017-12-08T06%3A24%3A04.000Z", "At", at(1_512_714_244)),
        ("At=1512714244", "At", at(1_512_714_244)),
    ] {
        assert_eq!(member(form, name), value, "{form}");
    }
}

#[test]
fn malformed_input_says_what_is_wrong() {
    let deep = format!("{}Name=x", "Nested.".repeat(100_000));
    for (form, message) in [
        ("Limit=x", "For input string: \"x\""),
        ("Limit=1.5", "For input string: \"1.5\""),
        ("Integer=2147483648", "For input string: \"2147483648\""),
        ("Long=9223372036854775808", "For input string: \"9223372036854775808\""),
        ("Double=inf", "For input string: \"inf\""),
        ("At=yesterday", "timestamp must follow ISO8601"),
        ("Names=a", "Unexpected list element termination"),
        ("Names.member=a", "Unexpected list element termination"),
        ("Tags.member.1=a", "Unexpected complex element termination"),
        ("Nested=a", "Unexpected complex element termination"),
        ("Attributes=a", "Unexpected map element termination"),
        ("Attributes.entry.1.value=a", "Unexpected map element termination"),
        ("Name.x=a", "Start of structure or map found where not expected."),
        ("Names.member.x=a", "Start of structure or map found where not expected."),
        ("Names.1=a", "Start of structure or map found where not expected."),
        (&deep, "The request is nested too deeply"),
    ] {
        assert_eq!(read(form), Err(InputError::new(message)), "{form:.60}");
    }
}

/// What a client sends for a value: the other side of the codec, for the round trip only.
fn parameters(out: &mut Vec<(String, String)>, prefix: &str, member: Option<&Member>, shape: &Shape, value: &Value) {
    let nest = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    match (&shape.kind, value) {
        (Kind::Structure(structure), Value::Struct(found)) => {
            if found.members.is_empty() && !prefix.is_empty() {
                out.push((prefix.to_owned(), String::new()));
            }
            for (index, value) in &found.members {
                let member = &structure.members[usize::from(*index)];
                parameters(out, &nest(name_of(member)), Some(member), member.shape, value);
            }
        }
        (Kind::List(list), Value::List(elements)) => {
            if elements.is_empty() {
                out.push((prefix.to_owned(), String::new()));
            }
            let prefix = if list.flattened { prefix.to_owned() } else { nest(list.member_name) };
            for (at, element) in elements.iter().enumerate() {
                parameters(out, &format!("{prefix}.{}", at + 1), None, list.member, element);
            }
        }
        (Kind::Map(map), Value::Map(entries)) => {
            if entries.is_empty() {
                out.push((prefix.to_owned(), String::new()));
            }
            let prefix = if map.flattened { prefix.to_owned() } else { nest("entry") };
            for (at, (key, value)) in entries.iter().enumerate() {
                out.push((format!("{prefix}.{}.{}", at + 1, map.key_name), key.clone()));
                parameters(out, &format!("{prefix}.{}.{}", at + 1, map.value_name), None, map.value, value);
            }
        }
        (_, value) => {
            let mut text = String::new();
            scalar::write(&mut text, value, scalar::timestamp_format(member, shape, TimestampFormat::Iso8601));
            out.push((prefix.to_owned(), text));
        }
    }
}

proptest! {
    #[test]
    fn what_a_client_sends_decodes_to_what_it_meant(value in arbitrary::value(&EVERYTHING, 2), reverse in any::<bool>()) {
        let mut pairs = Vec::new();
        parameters(&mut pairs, "", None, &EVERYTHING, &value);
        if reverse {
            pairs.reverse();
        }
        let mut form = String::new();
        for (key, value) in &pairs {
            percent::encode_into(&mut form, key.as_bytes());
            form.push('=');
            percent::encode_into(&mut form, value.as_bytes());
            form.push('&');
        }
        prop_assert_eq!(read(&form), Ok(value));
    }

    #[test]
    fn any_form_is_an_answer_not_a_panic(form in r"((Names|Tags|Attributes|Nested|Numbers|FlatMap|Limit|member|entry|key|Key|1|02|é|\.|=|&){0,20})") {
        let _ = read(&form);
    }
}
