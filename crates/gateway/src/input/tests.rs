use serde_json::json;

use super::*;
use crate::captured::{Request, one};

fn query(body: &str) -> Result<Map<String, Json>, Unreadable> {
    let media_type = "application/x-www-form-urlencoded";
    let request = Request::new("iam", "POST", "/").header("content-type", media_type);
    let request = request.body(&format!("Action=X&Version=2010-05-08&{body}"));
    input(&request.call(), &request.asked())
}

#[test]
fn flat_parameters_are_nested_again() {
    for (body, expected) in [
        ("UserName=a+b", json!({"UserName": "a b"})),
        ("Tags.member.2.Key=b&Tags.member.1.Key=a", json!({"Tags": [{"Key": "a"}, {"Key": "b"}]})),
        ("A.entry.1.key=k&A.entry.1.value=v", json!({"A": {"k": "v"}})),
        ("Id.1=x&Id.10=z&Id.2=y", json!({"Id": ["x", "y", "z"]})),
        ("Empty.member=", json!({"Empty": []})),
        ("A.B.C=1", json!({"A": {"B": {"C": "1"}}})),
    ] {
        assert_eq!(Json::Object(query(body).unwrap()), expected, "{body}");
    }
    assert_eq!(query("A=1&A.B=2"), Err(Unreadable::Malformed));
    assert_eq!(query(&format!("{}=1", "a.".repeat(100))), Err(Unreadable::TooDeep));
}

#[test]
fn a_body_says_nothing_that_the_path_says() {
    for (body, expected) in [
        (r#"{"FunctionName":"open"}"#, Some(Unreadable::Twice)),
        (r#"{"functionName":"open"}"#, Some(Unreadable::Twice)),
        (r#"{"ZipFile":"AA=="}"#, None),
    ] {
        let request = Request::new("lambda", "PUT", "/2015-03-31/functions/closed/code").body(body);
        assert_eq!(input(&request.call(), &request.asked()).err(), expected, "{body}");
    }
}

#[test]
fn a_name_that_stands_twice_is_refused_at_any_depth() {
    let json = |body: &str| {
        let request = Request::new("dynamodb", "POST", "/").header("x-amz-target", "DynamoDB_20120810.GetItem");
        let request = request.body(body);
        input(&request.call(), &request.asked())
    };
    assert_eq!(json(r#"{"TableName":"a","TableName":"b"}"#), Err(Unreadable::Twice));
    assert_eq!(json(r#"{"Key":{"a":{"S":"1"},"a":{"S":"2"}}}"#), Err(Unreadable::Twice));
    assert_eq!(json(r#"{"TableName":"a","tablename":"b"}"#), Err(Unreadable::Twice), "some read any case");
    assert_eq!(json(r#"{"a":[{"TableName":"a","tableName":"b"}]}"#), Err(Unreadable::Twice));
    assert!(json(r#"{"Item":{"id":{"S":"1"},"ID":{"S":"2"}}}"#).is_ok(), "names of attributes are data");
    assert_eq!(json("[]"), Err(Unreadable::Malformed));
    assert_eq!(json(&format!("{}1{}", "[".repeat(200), "]".repeat(200))), Err(Unreadable::TooDeep));
    assert_eq!(json(""), Ok(Map::new()));
    assert_eq!(json(r#"{"a":[1,2.5,null,true]}"#).map(Json::Object), Ok(json!({"a": [1, 2.5, null, true]})));
}

#[test]
fn cbor_is_read_without_a_schema() {
    let body = b"\xbf\x61a\x01\x61b\x9f\x62xy\xff\x61c\xc1\x1a\x00\x00\x00\x05\x61d\x42\x01\x02\xff";
    let read = cbor::object(body).unwrap();
    assert_eq!(Json::Object(read), json!({"a": 1, "b": ["xy"], "c": 5, "d": "AQI="}));
    assert_eq!(cbor::object(b"\xa2\x61a\x01\x61a\x02"), Err(Unreadable::Twice));
    for body in [&b""[..], b"\x01", b"\xa1\x61a", b"\xa1\x01\x01", b"\xa0\x00"] {
        assert!(cbor::object(body).is_err(), "{body:?}");
    }
    assert_eq!(cbor::object(&[[0xa1, 0x61, b'a'].as_slice(), &[0x81; 100]].concat()), Err(Unreadable::TooDeep));
}

#[test]
fn xml_is_a_tree_of_names_and_texts() {
    let read = |text: &str| tree(text.as_bytes(), Tree::WithNamespaces);
    let (root, content) = read(r#"<?xml version="1.0"?><T xmlns="ns"><S><K>a&amp;b</K><K>c</K></S><E/></T>"#).unwrap();
    assert_eq!((root.as_str(), content), ("T", json!({"xmlns": "ns", "S": {"K": ["a&b", "c"]}, "E": ""})));
    let deep = "<a>".repeat(200);
    let cut = [deep.as_str(), "<a><b></b>", "no xml", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"];
    assert!(cut.iter().all(|text| read(text).is_none()));
}

#[test]
fn rest_inputs_are_gathered_from_everywhere() {
    let invoked = one("lambda", "Invoke").input();
    assert_eq!((&invoked["FunctionName"], &invoked["InvocationType"]), (&json!("f"), &json!("Event")));
    let zone = one("route53", "ChangeResourceRecordSets").input();
    assert_eq!(zone["Id"], "Z1");
    assert_eq!(zone["ChangeBatch"]["Changes"][0]["Action"], "CREATE");
    let created = one("eks", "CreateNodegroup").input();
    assert_eq!((&created["name"], &created["nodegroupName"]), (&json!("c"), &json!("n")));
    let listed = Request::new("lambda", "DELETE", "/2017-03-31/tags/arn?tagKeys=a&tagKeys=b");
    assert_eq!(listed.input()["tagKeys"], json!(["a", "b"]));
}

#[test]
fn members_that_differ_in_their_case_alone_are_one_twice() {
    let call = |body: &str| {
        let request = Request::new("dynamodb", "POST", "/");
        request.header("x-amz-target", "DynamoDB_20120810.PutItem").body(body)
    };
    let request = call(r#"{"TableName":"a","tablename":"b"}"#);
    assert_eq!(input(&request.call(), &request.asked()), Err(Unreadable::Twice));
    // Keys of maps are data.
    let request = call(r#"{"TableName":"a","Item":{"k":{"S":"1"},"K":{"S":"2"}}}"#);
    assert!(input(&request.call(), &request.asked()).is_ok());
}
