//! From what an upstream answered to what it says: by the shape of the operation's answer, since XML does not tell a list
//! of one from a structure, or a number from a text.

use std::collections::BTreeMap;

use base::Timestamp;
use serde_json::Value;

use super::datum::Datum;
use super::shapes::{Kind, Member, Operation, Protocol, Service};

/// What an upstream answered, in the form that the call asked for ([`Call::reads`](super::Call::reads)).
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A JSON body.
    Json(Value),
    /// An XML document.
    Xml {
        /// The name of its root.
        root: String,
        /// What is below: an element that stands several times is a list, one with text alone is the text.
        content: Value,
    },
    /// A body that is the value itself.
    Text(String),
}

/// What the answer of an operation says; nothing when it is no answer of it, such as a page of a proxy.
pub(crate) fn read(service: &Service, operation: &Operation, answer: &Answer) -> Option<Datum> {
    let members = service.members(operation.output);
    let payload = operation.payload.and_then(|name| members.iter().find(|member| member.name == name));
    Some(match (answer, payload) {
        (Answer::Text(text), Some(member)) => one(member, Datum::text(text.as_str())),
        (Answer::Text(_), None) => return None,
        (Answer::Json(value), _) if !value.is_object() => return None,
        (Answer::Json(value), Some(member)) => one(member, json(service, &member.kind, value)),
        (Answer::Json(value), None) => json(service, &Kind::Structure(operation.output), value),
        (Answer::Xml { root, .. }, _) if !is_root(service, operation, root) => return None,
        (Answer::Xml { content, .. }, Some(member)) => one(member, xml(service, &member.kind, content)),
        (Answer::Xml { content: Value::String(text), .. }, None) => match members {
            // S3's location is the text of the root.
            [member] if member.kind == Kind::Text && !text.trim().is_empty() => one(member, Datum::text(text.trim())),
            _ => xml(service, &Kind::Structure(operation.output), &Value::Null),
        },
        (Answer::Xml { content, .. }, None) => {
            let content = content.get(format!("{}Result", operation.name)).unwrap_or(content);
            xml(service, &Kind::Structure(operation.output), content)
        }
    })
}

/// Whether a document with this root is one that the operation answers.
fn is_root(service: &Service, operation: &Operation, root: &str) -> bool {
    match service.protocol {
        Protocol::Query => root.strip_suffix("Response") == Some(operation.name),
        // S3 names them anew.
        _ => !root.eq_ignore_ascii_case("html") && root != "Error",
    }
}

fn one(member: &Member, value: Datum) -> Datum {
    Datum::Structure(BTreeMap::from([(member.name.to_owned(), value)]))
}

/// The members of a structure. Lists that are not there are empty: AWS Config shows them so (CI-12).
fn structure(service: &Service, name: &str, read: impl Fn(&Member) -> Option<Datum>) -> Datum {
    let members = service.members(name).iter().filter_map(|member| {
        let value = read(member).or_else(|| member.kind.is_list().then(|| Datum::List(Vec::new())))?;
        Some((member.name.to_owned(), value))
    });
    Datum::Structure(members.collect())
}

fn json(service: &Service, kind: &Kind, value: &Value) -> Datum {
    match (kind, value) {
        (Kind::Structure(name), Value::Object(members)) => structure(service, name, |member| {
            let value = members.get(member.wire).filter(|value| !value.is_null())?;
            Some(json(service, &member.kind, value))
        }),
        (Kind::List(inner) | Kind::FlatList(inner), Value::Array(elements)) => {
            Datum::List(elements.iter().map(|element| json(service, inner, element)).collect())
        }
        (Kind::Map(inner), Value::Object(values)) => {
            Datum::Map(values.iter().map(|(key, value)| (key.clone(), json(service, inner, value))).collect())
        }
        (Kind::Time, Value::Number(seconds)) => {
            let time = seconds.as_f64().and_then(Timestamp::from_secs_f64);
            time.map_or_else(|| Datum::Plain(value.clone()), Datum::Time)
        }
        (Kind::Text, Value::String(_) | Value::Bool(_) | Value::Number(_)) | (Kind::Json, _) => {
            Datum::Plain(value.clone())
        }
        (Kind::Number | Kind::Flag | Kind::Time, Value::String(text)) => scalar(kind, text),
        (Kind::Number | Kind::Flag, Value::Bool(_) | Value::Number(_)) => Datum::Plain(value.clone()),
        // What is not as its shape says is not there: nothing can be made of it.
        _ => Datum::NULL,
    }
}

fn xml(service: &Service, kind: &Kind, value: &Value) -> Datum {
    match kind {
        Kind::Structure(name) => {
            structure(service, name, |member| Some(xml(service, &member.kind, value.get(member.wire)?)))
        }
        Kind::List(inner) => match value {
            // The name of the elements differs; there is one.
            Value::Object(within) => within.values().next().map_or_else(
                || Datum::List(Vec::new()),
                |elements| xml(service, &Kind::FlatList(inner.clone()), elements),
            ),
            _ => Datum::List(Vec::new()),
        },
        Kind::FlatList(inner) => Datum::List(several(value).map(|element| xml(service, inner, element)).collect()),
        Kind::Map(inner) => {
            let entries = value.get("entry").into_iter().flat_map(several);
            let entries = entries.filter_map(|entry| {
                let key = entry.get("key")?.as_str()?.to_owned();
                Some((key, xml(service, inner, entry.get("value").unwrap_or(&Value::Null))))
            });
            Datum::Map(entries.collect())
        }
        Kind::Text | Kind::Number | Kind::Flag | Kind::Time | Kind::Json => {
            value.as_str().map_or(Datum::NULL, |text| scalar(kind, text))
        }
    }
}

/// An element that stands once or several times.
fn several(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    }
    .iter()
}

fn scalar(kind: &Kind, text: &str) -> Datum {
    let trimmed = text.trim();
    match kind {
        Kind::Number if trimmed.is_empty() => Datum::NULL,
        Kind::Number => serde_json::from_str(trimmed)
            .ok()
            .filter(Value::is_number)
            .map_or_else(|| Datum::text(trimmed), Datum::Plain),
        Kind::Flag if trimmed.eq_ignore_ascii_case("true") => Datum::Plain(Value::Bool(true)),
        Kind::Flag if trimmed.eq_ignore_ascii_case("false") => Datum::Plain(Value::Bool(false)),
        Kind::Flag => Datum::NULL,
        Kind::Time if trimmed.is_empty() => Datum::NULL,
        Kind::Time => Timestamp::parse_iso(trimmed).map_or_else(|| Datum::text(trimmed), Datum::Time),
        // Blanks between tags are none of the value's.
        _ if trimmed.is_empty() => Datum::text(""),
        _ => Datum::text(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::discovery::datum::{Casing, Times};

    fn said(service: &str, operation: &str, answer: Answer) -> Value {
        let service = Service::named(service).unwrap();
        let read = read(service, service.operation(operation).unwrap(), &answer).unwrap();
        read.spelled(Casing::Same, Times::Text)
    }

    /// An answer in XML to an operation.
    fn document(service: &str, operation: &str, content: Value) -> Value {
        said(service, operation, Answer::Xml { root: format!("{operation}Response"), content })
    }

    #[test]
    fn lists_of_one_and_of_none_are_lists_in_xml() {
        let group = |permissions: Value| {
            let answer = json!({"securityGroupInfo": {"item": {"groupId": "sg-1", "ipPermissions": permissions}}});
            document("ec2", "DescribeSecurityGroups", answer)["SecurityGroups"][0].clone()
        };
        assert_eq!(group(json!("\n  "))["IpPermissions"], json!([]));
        assert_eq!(group(json!({"item": {"fromPort": "22"}}))["IpPermissions"][0]["FromPort"], 22);
        let two = group(json!({"item": [{"fromPort": "1"}, {"fromPort": "-1"}]}));
        assert_eq!((&two["IpPermissions"][1]["FromPort"], &two["Tags"]), (&json!(-1), &json!([])));
    }

    #[test]
    fn scalars_have_the_types_of_their_shapes() {
        let volume = json!({"volumeSet": {"item": {"encrypted": "true", "size": "8", "iops": "",
            "createTime": "2026-07-04T09:30:00Z", "volumeId": "123"}}});
        let volume = &document("ec2", "DescribeVolumes", volume)["Volumes"][0];
        let expected = json!([true, 8, null, "2026-07-04T09:30:00.000Z", "123"]);
        let names = ["Encrypted", "Size", "Iops", "CreateTime", "VolumeId"];
        assert_eq!(Value::from_iter(names.map(|name| volume[name].clone())), expected);
    }

    #[test]
    fn results_payloads_and_texts_are_unwrapped() {
        let topics = json!({"ListTopicsResult": {"Topics": {"member": {"TopicArn": "a"}}}, "ResponseMetadata": {}});
        assert_eq!(document("sns", "ListTopics", topics), json!({"Topics": [{"TopicArn": "a"}]}));
        let attributes = json!({"GetTopicAttributesResult": {"Attributes": {"entry": {"key": "K", "value": "v"}}}});
        assert_eq!(document("sns", "GetTopicAttributes", attributes), json!({"Attributes": {"K": "v"}}));
        let block = document("s3", "GetPublicAccessBlock", json!({"BlockPublicAcls": "true"}));
        assert_eq!(block, json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}}));
        let policy = said("s3", "GetBucketPolicy", Answer::Text("{}".to_owned()));
        assert_eq!(policy, json!({"Policy": "{}"}));
        let place = |text: &str| document("s3", "GetBucketLocation", json!(text));
        assert_eq!((place("eu-west-1"), place("")), (json!({"LocationConstraint": "eu-west-1"}), json!({})));
    }

    #[test]
    fn json_is_read_by_its_shape_too() {
        let keys =
            json!({"KeyMetadata": {"KeyId": "k", "CreationDate": 1.5, "Enabled": true, "Unknown": 1, "Arn": null}});
        let key = said("kms", "DescribeKey", Answer::Json(keys))["KeyMetadata"].clone();
        assert_eq!((&key["CreationDate"], &key["Enabled"]), (&json!("1970-01-01T00:00:01.500Z"), &json!(true)));
        assert!(key.get("Unknown").is_none() && key.get("Arn").is_none());
        assert_eq!(said("kms", "DescribeKey", Answer::Json(json!({"KeyMetadata": 5})))["KeyMetadata"], Value::Null);
    }

    #[test]
    fn what_is_no_answer_of_the_operation_says_nothing() {
        let document = |root: &str| Answer::Xml { root: root.to_owned(), content: json!({}) };
        for (service, operation, answer, says_something) in [
            ("ec2", "DescribeVpcs", document("DescribeVpcsResponse"), true),
            ("ec2", "DescribeVpcs", document("html"), false),
            ("ec2", "DescribeVpcs", document("Response"), false),
            ("s3", "ListBuckets", document("ListAllMyBucketsResult"), true),
            ("s3", "ListBuckets", document("HTML"), false),
            ("sqs", "ListQueues", Answer::Json(json!({})), true),
            ("sqs", "ListQueues", Answer::Json(json!([])), false),
            ("sqs", "ListQueues", Answer::Text(String::new()), false),
        ] {
            let service = Service::named(service).unwrap();
            let read = read(service, service.operation(operation).unwrap(), &answer);
            assert_eq!(read.is_some(), says_something, "{operation} {answer:?}");
        }
    }
}
