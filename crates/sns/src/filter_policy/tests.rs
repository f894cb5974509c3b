//! The truth tables of filter policies, and what is refused.

use std::collections::BTreeMap;

use base::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::record::{MessageAttribute, MessageKind};

/// Name, type and value.
type Attribute = (&'static str, &'static str, &'static str);

fn message(attributes: &[(&str, &str, &str)]) -> Message {
    let attribute = |(name, data_type, value): &(&str, &str, &str)| {
        ((*name).to_owned(), MessageAttribute { data_type: (*data_type).to_owned(), value: (*value).to_owned() })
    };
    Message {
        id: "id".to_owned(),
        kind: MessageKind::Notification,
        subject: None,
        body: String::new(),
        per_protocol: BTreeMap::new(),
        attributes: attributes.iter().map(attribute).collect(),
        published: Timestamp::from_secs(0),
        signature_version: "1".to_owned(),
        group_id: None,
        deduplication_id: None,
        sequence_number: None,
    }
}

fn body_taken(policy: &str, body: &str) -> bool {
    FilterPolicy::parse(policy, Scope::MessageBody).expect(policy).wants(&message(&[]), body)
}

fn refusal(policy: &str, scope: Scope) -> String {
    FilterPolicy::parse(policy, scope).expect_err(policy)
}

#[test]
fn attributes_are_judged_by_this_table() {
    let store = ("store", "String", "example_corp");
    let price = ("price", "Number", "210.75");
    let interests = ("interests", "String.Array", r#"["rugby", "baseball", 7, true, null]"#);
    let table: &[(&str, &[Attribute], bool)] = &[
        ("{}", &[], true),
        (r#"{"store":["example_corp"]}"#, &[store], true),
        (r#"{"store":["other"]}"#, &[store], false),
        (r#"{"store":["other","example_corp"]}"#, &[store], true),
        (r#"{"store":["example_corp"]}"#, &[], false),
        (r#"{"store":["example_corp"],"price":[1]}"#, &[store, price], false),
        (r#"{"store":["example_corp"],"price":[210.75]}"#, &[store, price], true),
        (r#"{"price":["210.75"]}"#, &[price], false),
        (r#"{"price":[210.750]}"#, &[price], true),
        (r#"{"price":[{"numeric":["=",210.75]}]}"#, &[price], true),
        (r#"{"price":[{"numeric":[">",200,"<=",210.75]}]}"#, &[price], true),
        (r#"{"price":[{"numeric":[">=",0,"<",210.75]}]}"#, &[price], false),
        (r#"{"store":[{"numeric":[">",0]}]}"#, &[store], false),
        (r#"{"price":[100.0000001]}"#, &[("price", "Number", "100")], true),
        (r#"{"price":[100.000001]}"#, &[("price", "Number", "100")], false),
        (r#"{"store":[{"prefix":"example"}]}"#, &[store], true),
        (r#"{"store":[{"prefix":"corp"}]}"#, &[store], false),
        (r#"{"store":[{"suffix":"corp"}]}"#, &[store], true),
        (r#"{"store":[{"equals-ignore-case":"EXAMPLE_Corp"}]}"#, &[store], true),
        (r#"{"store":[{"anything-but":"example_corp"}]}"#, &[store], false),
        (r#"{"store":[{"anything-but":["a","b"]}]}"#, &[store], true),
        (r#"{"store":[{"anything-but":{"prefix":"ex"}}]}"#, &[store], false),
        (r#"{"store":[{"anything-but":{"prefix":"no"}}]}"#, &[store], true),
        (r#"{"store":[{"anything-but":{"suffix":"corp"}}]}"#, &[store], false),
        (r#"{"store":[{"anything-but":["a"]}]}"#, &[], false),
        (r#"{"price":[{"anything-but":[210.75, 3]}]}"#, &[price], false),
        (r#"{"price":[{"anything-but":[3]}]}"#, &[price], true),
        (r#"{"store":[{"exists":true}]}"#, &[store], true),
        (r#"{"store":[{"exists":true}]}"#, &[], false),
        (r#"{"store":[{"exists":false}]}"#, &[store], false),
        (r#"{"store":[{"exists":false}]}"#, &[], true),
        (r#"{"interests":["baseball"]}"#, &[interests], true),
        (r#"{"interests":["tennis"]}"#, &[interests], false),
        (r#"{"interests":[7]}"#, &[interests], true),
        (r#"{"interests":[true]}"#, &[interests], true),
        (r#"{"interests":[null]}"#, &[interests], true),
        (r#"{"interests":[false]}"#, &[interests], false),
        (r#"{"interests":[{"anything-but":["rugby"]}]}"#, &[interests], true),
        (r#"{"i":[{"anything-but":["rugby"]}]}"#, &[("i", "String.Array", r#"["rugby"]"#)], false),
        (r#"{"i":["a"]}"#, &[("i", "String.Array", "not json")], false),
        (r#"{"b":[{"exists":true}]}"#, &[("b", "Binary", "AAEC")], false),
        (r#"{"l":["x"]}"#, &[("l", "String.label", "x")], true),
        (r#"{"n":[1]}"#, &[("n", "Number.int", "1")], true),
        (r#"{"ip":[{"cidr":"10.0.0.0/24"}]}"#, &[("ip", "String", "10.0.0.255")], true),
        (r#"{"ip":[{"cidr":"10.0.0.0/24"}]}"#, &[("ip", "String", "10.0.1.0")], false),
        (r#"{"ip":[{"cidr":"0.0.0.0/0"}]}"#, &[("ip", "String", "8.8.8.8")], true),
        (r#"{"ip":[{"cidr":"::/0"}]}"#, &[("ip", "String", "8.8.8.8")], false),
        (r#"{"ip":[{"cidr":"2001:db8::/32"}]}"#, &[("ip", "String", "2001:db8:1::1")], true),
        (r#"{"ip":[{"cidr":"10.0.0.0/24"}]}"#, &[("ip", "String", "x")], false),
        (r#"{"$or":[{"store":["x"]},{"price":[210.75]}]}"#, &[store, price], true),
        (r#"{"$or":[{"store":["x"]},{"price":[1]}]}"#, &[store, price], false),
        (r#"{"store":["example_corp"],"$or":[{"a":["x"]},{"price":[210.75]}]}"#, &[store, price], true),
    ];
    for (policy, attributes, taken) in table {
        let parsed = FilterPolicy::parse(policy, Scope::MessageAttributes).expect(policy);
        assert_eq!(parsed.wants(&message(attributes), ""), *taken, "{policy} of {attributes:?}");
    }
}

#[test]
fn bodies_are_judged_by_this_table() {
    let table = [
        ("{}", "{}", true),
        ("{}", "no object", false),
        ("{}", "[]", false),
        (r#"{"a":["x"]}"#, r#"{"a":"x"}"#, true),
        (r#"{"a":["x"]}"#, r#"{"a":["y","x"]}"#, true),
        (r#"{"a":["x"]}"#, r#"{"a":[["y"],["x"]]}"#, true),
        (r#"{"a":[1]}"#, r#"{"a":1.0}"#, true),
        (r#"{"a":[1]}"#, r#"{"a":"1"}"#, false),
        (r#"{"a":[true]}"#, r#"{"a":true}"#, true),
        (r#"{"a":[true]}"#, r#"{"a":"true"}"#, false),
        (r#"{"a":[null]}"#, r#"{"a":null}"#, true),
        (r#"{"a":[null]}"#, r#"{}"#, false),
        (r#"{"a":{"b":["x"]}}"#, r#"{"a":{"b":"x"}}"#, true),
        (r#"{"a":{"b":["x"]}}"#, r#"{"a":"x"}"#, false),
        (r#"{"a":{"b":["x"]}}"#, r#"{"a":[{"b":"y"},{"b":"x"}]}"#, true),
        (r#"{"a":{"b":["x"],"c":[1]}}"#, r#"{"a":[{"b":"x","c":2},{"b":"y","c":1}]}"#, false),
        (r#"{"a":{"b":["x"],"c":[1]}}"#, r#"{"a":[{"b":"x","c":2},{"b":"x","c":1}]}"#, true),
        (r#"{"a":{"b":[{"exists":false}]}}"#, r#"{"a":{"c":1}}"#, true),
        (r#"{"a":{"b":[{"exists":false}]}}"#, r#"{}"#, true),
        (r#"{"a":{"b":[{"exists":false}]}}"#, r#"{"a":{"b":null}}"#, false),
        (r#"{"a":[{"exists":true}]}"#, r#"{"a":null}"#, true),
        // Only leaves exist.
        (r#"{"a":[{"exists":true}]}"#, r#"{"a":{"b":1}}"#, false),
        (r#"{"a":[{"exists":true}]}"#, r#"{"a":[]}"#, false),
        (r#"{"a.b":["x"]}"#, r#"{"a":{"b":"x"}}"#, true),
        (r#"{"a.b":["x"]}"#, r#"{"a.b":"x"}"#, true),
        (r#"{"a.b":["x"]}"#, r#"{"a":{"c":"x"}}"#, false),
        (r#"{"a":[{"prefix":"x"}]}"#, r#"{"a":["a","xa"]}"#, true),
        (r#"{"a":[{"numeric":["<",0]}]}"#, r#"{"a":-1e3}"#, true),
        (r#"{"a":{"$or":[{"b":["x"]},{"c":["y"]}]}}"#, r#"{"a":{"c":"y"}}"#, true),
        (r#"{"a":{"$or":[{"b":["x"]},{"c":["y"]}]}}"#, r#"{"a":{"c":"x"}}"#, false),
        // One object alone, or a match type in it, is the value of a member of that name.
        (r#"{"$or":["x"]}"#, r#"{"$or":"x"}"#, true),
        (r#"{"$or":[{"prefix":"x"},{"prefix":"y"}]}"#, r#"{"$or":"yes"}"#, true),
    ];
    for (policy, body, taken) in table {
        assert_eq!(body_taken(policy, body), taken, "{policy} of {body}");
    }
}

#[test]
fn what_is_refused_is_named() {
    let six = r#"{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}"#;
    let table = [
        ("x", "failed to parse JSON."),
        ("[]", "Filter is not an object"),
        (six, "Filter policy can not have more than 5 keys"),
        (r#"{"a":[]}"#, "Empty arrays are not allowed"),
        (r#"{"a":[{"x":1}]}"#, "Unrecognized match type x"),
        (r#"{"a":[{"prefix":"a","suffix":"b"}]}"#, "Only one key allowed in match expression"),
        (r#"{"a":[{}]}"#, "Only one key allowed in match expression"),
        (r#"{"a":[{"prefix":1}]}"#, "prefix match pattern must be a string"),
        (r#"{"a":[{"suffix":[]}]}"#, "suffix match pattern must be a string"),
        (r#"{"a":[["x"]]}"#, "Match value must be String, number, true, false, or null"),
        (r#"{"a":[{"exists":"yes"}]}"#, "exists match pattern must be either true or false."),
        (r#"{"a":[{"anything-but":{"numeric":[]}}]}"#, "Unsupported anything-but pattern: numeric"),
        (r#"{"a":[{"cidr":"10.0.0.1"}]}"#, "Malformed CIDR, one '/' required"),
        (r#"{"a":[{"cidr":"10.0.0.1/33"}]}"#, "Malformed CIDR, mask bits must be an integer"),
    ];
    for (policy, reason) in table {
        assert_eq!(refusal(policy, Scope::MessageAttributes), format!("FilterPolicy: {reason}"), "{policy}");
    }
    let nested = refusal(r#"{"a":{"b":["x"]}}"#, Scope::MessageAttributes);
    assert_eq!(nested, "Filter policy scope MessageAttributes does not support nested filter policy");
    assert_eq!(refusal(r#"{"a":{}}"#, Scope::MessageBody), "FilterPolicy: Empty objects are not allowed");
    let long = format!(r#"{{"a":["{}"]}}"#, "x".repeat(256 << 10));
    assert!(refusal(&long, Scope::MessageBody).contains("256 KB"));
}

#[test]
fn places_are_counted_as_the_parser_of_aws_counts() {
    // The second place is recorded.
    let table = [
        (r#"{"key_a":"value"}"#, r#""key_a" must be an object or an array"#, 11),
        (r#"{"price":[{"numeric":["<","100"]}]}"#, "Value of < must be numeric", 28),
        (r#"{"key_a":17}"#, r#""key_a" must be an object or an array"#, 12),
    ];
    for (policy, reason, column) in table {
        let expected = format!("FilterPolicy: {reason}\n at [Source: (String)\"{policy}\"; line: 1, column: {column}]");
        assert_eq!(refusal(policy, Scope::MessageAttributes), expected);
    }
    let second_line = refusal("{\"a\":[1],\n\"b\": 1}", Scope::MessageBody);
    assert!(second_line.ends_with("line: 2, column: 7]"), "{second_line}");
}

#[test]
fn numeric_ranges_are_a_bound_or_two() {
    let table = [
        ("[]", "Invalid member in numeric match: ]"),
        (r#"[1,2]"#, "Invalid member in numeric match: 1"),
        (r#"["!",2]"#, "Unrecognized numeric range operator: !"),
        (r#"["<"]"#, "Value of < must be numeric"),
        (r#"["<",1,">",0]"#, "Too many elements in numeric expression"),
        (r#"["=",1,"=",1]"#, "Too many elements in numeric expression"),
        (r#"[">",1,"=",2]"#, "Bad numeric range operator: ="),
        (r#"[">",1,"<",1]"#, "Bottom must be less than top"),
        (r#"[">",1,"<",2,"<",3]"#, "Too many elements in numeric expression"),
        (r#"1"#, "Value of numeric must be an array."),
    ];
    for (terms, reason) in table {
        let policy = format!(r#"{{"a":[{{"numeric":{terms}}}]}}"#);
        let refusal = refusal(&policy, Scope::MessageAttributes);
        assert!(refusal.starts_with(&format!("FilterPolicy: {reason}\n at [Source")), "{policy}: {refusal}");
    }
}

/// The example of AWS's guide: four values three levels deep and three values two levels deep
/// are 3 × 4 × 2 × 3 = 72 combinations.
#[test]
fn combinations_are_counted_with_their_depth() {
    let policy = |values: usize| {
        let values: Vec<String> = (0..values).map(|value| value.to_string()).collect();
        format!(r#"{{"a":{{"b":{{"c":[{}]}}}},"d":{{"e":[1,2,3]}}}}"#, values.join(","))
    };
    assert!(FilterPolicy::parse(&policy(8), Scope::MessageBody).is_ok());
    assert_eq!(refusal(&policy(9), Scope::MessageBody), "FilterPolicy: Filter policy is too complex");
    let or = |values: &str| format!(r#"{{"$or":[{{"a":[{values}]}},{{"b":[{values}]}}],"c":[1,2,3,4,5]}}"#);
    assert!(FilterPolicy::parse(&or(&vec!["1"; 15].join(",")), Scope::MessageBody).is_ok());
    assert!(FilterPolicy::parse(&or(&vec!["1"; 16].join(",")), Scope::MessageBody).is_err());
}

fn json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("a".to_owned()),
        Just("$or".to_owned()),
        Just("numeric".to_owned()),
        Just("anything-but".to_owned()),
        Just("prefix".to_owned()),
        Just("cidr".to_owned()),
        Just("exists".to_owned()),
        ".{0,4}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.clone().prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 64, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec((text.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_policy_and_no_message_makes_it_panic(policy in json(), body in json(), text in ".{0,64}") {
        for policy in [policy.to_string(), serde_json::to_string_pretty(&policy).unwrap(), text] {
            for scope in [Scope::MessageAttributes, Scope::MessageBody] {
                if let Ok(policy) = FilterPolicy::parse(&policy, scope) {
                    let message = message(&[("a", "String.Array", &body.to_string()), ("b", "Number", "1e999")]);
                    policy.wants(&message, &body.to_string());
                }
            }
        }
    }

    /// The reader with places finds what a plain reader finds.
    #[test]
    fn places_do_not_change_what_is_read(value in json()) {
        fn plain(node: &json::Node) -> Value {
            match &node.kind {
                json::Kind::Null => Value::Null,
                json::Kind::Bool(value) => Value::Bool(*value),
                json::Kind::Number(number) => Value::Number(number.clone()),
                json::Kind::Text(text) => Value::String(text.clone()),
                json::Kind::Array(items) => Value::Array(items.iter().map(plain).collect()),
                json::Kind::Object(members) => {
                    Value::Object(members.iter().map(|(key, node)| (key.clone(), plain(node))).collect())
                }
            }
        }
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let node = json::Node::parse(&text).unwrap();
            prop_assert_eq!(plain(&node), serde_json::from_str::<Value>(&text).unwrap());
        }
    }
}
