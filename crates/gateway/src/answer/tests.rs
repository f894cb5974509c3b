use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::*;
use crate::captured::{Request, one};

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

fn told(call: &Call, status: u16, of: &[(&'static str, &'static str)], body: &str) -> Option<(String, Option<String>)> {
    let headers = headers(of);
    let answer = Answer { status: StatusCode::from_u16(status).unwrap(), headers: &headers, body: body.as_bytes() };
    failure(call, answer).map(|failure| (failure.code, failure.message))
}

#[test]
fn errors_are_recorded_by_the_names_of_their_shapes() {
    let xml =
        |code: &str| format!("<ErrorResponse><Error><Code>{code}</Code><Message>why</Message></Error></ErrorResponse>");
    let ec2 = "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>why</Message></Error></Errors></Response>";
    let s3 = "<Error><Code>NoSuchKey</Code><Message>why</Message></Error>";
    for (service, operation, status, header, body, code) in [
        ("iam", "CreateUser", 404, &[][..], xml("NoSuchEntity").as_str(), "NoSuchEntityException"),
        ("iam", "CreateUser", 403, &[], &xml("AccessDenied"), "AccessDenied"),
        ("ec2", "StopInstances", 400, &[], ec2, "Client.InvalidInstanceID.NotFound"),
        ("ec2", "StopInstances", 503, &[], ec2, "Server.InvalidInstanceID.NotFound"),
        (
            "dynamodb",
            "PutItem",
            400,
            &[],
            r#"{"__type":"com.x#ResourceNotFoundException","message":"why"}"#,
            "ResourceNotFoundException",
        ),
        (
            "lambda",
            "Invoke",
            404,
            &[("x-amzn-errortype", "ResourceNotFoundException:http://x")],
            r#"{"Message":"why"}"#,
            "ResourceNotFoundException",
        ),
        (
            "sqs",
            "SendMessage",
            400,
            &[],
            r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"why"}"#,
            "QueueDoesNotExist",
        ),
        ("s3", "GetObject", 404, &[], s3, "NoSuchKey"),
        ("s3", "CopyObject", 200, &[], s3, "NoSuchKey"),
    ] {
        let call = one(service, operation).call();
        assert_eq!(told(&call, status, header, body), Some((code.to_owned(), Some("why".to_owned()))), "{service}");
    }
}

#[test]
fn answers_to_head_and_of_gateways_on_the_way_are_errors_too() {
    let head = one("s3", "HeadObject").call();
    let message = Some("The specified key does not exist.".to_owned());
    assert_eq!(told(&head, 404, &[], ""), Some(("NoSuchKey".to_owned(), message)));
    let bucket = Request::new("s3", "HEAD", "/bkt").call();
    assert_eq!(told(&bucket, 403, &[], "").map(|(code, _)| code), Some("AccessDenied".to_owned()));
    assert_eq!(told(&head, 304, &[], ""), None);
    let put = one("dynamodb", "PutItem").call();
    assert_eq!(told(&put, 502, &[], "<html>no</html>"), Some(("BadGateway".to_owned(), None)));
    assert_eq!(told(&put, 200, &[], "{}"), None);
}

#[test]
fn outputs_are_read_in_the_dialect_of_the_call() {
    let of = |service: &str, operation: &str, body: &str| {
        let headers = headers(&[("x-amz-version-id", "v1"), ("x-amz-id-2", "x")]);
        let answer = Answer { status: StatusCode::OK, headers: &headers, body: body.as_bytes() };
        Json::Object(output(&one(service, operation).call(), answer))
    };
    let user = "<CreateUserResponse><CreateUserResult><User><UserName>me</UserName><Tags><member><Key>k</Key></member>\
                </Tags></User></CreateUserResult><ResponseMetadata/></CreateUserResponse>";
    assert_eq!(of("iam", "CreateUser", user), json!({"User": {"UserName": "me", "Tags": [{"Key": "k"}]}}));
    let stopped = "<StopInstancesResponse><requestId>r</requestId><return>true</return><instancesSet><item>\
                   <instanceId>i-1</instanceId></item></instancesSet></StopInstancesResponse>";
    let expected = json!({"requestId": "r", "_return": true, "instancesSet": {"items": [{"instanceId": "i-1"}]}});
    assert_eq!(of("ec2", "StopInstances", stopped), expected);
    let empty =
        "<RunInstancesResponse><groupSet/><instancesSet><item><tagSet/></item></instancesSet></RunInstancesResponse>";
    assert_eq!(of("ec2", "RunInstances", empty), json!({"groupSet": {}, "instancesSet": {"items": [{"tagSet": {}}]}}));
    assert_eq!(of("s3", "PutObject", "anything"), json!({"x-amz-version-id": "v1"}));
    assert_eq!(of("sqs", "CreateQueue", r#"{"QueueUrl":"u"}"#), json!({"QueueUrl": "u"}));
    assert_eq!(of("sqs", "CreateQueue", "cut"), json!({}));
}

#[test]
fn ids_are_the_upstreams_own_or_none() {
    let id = |of: &[(&'static str, &'static str)], body: &str| {
        let headers = headers(of);
        request_id(Answer { status: StatusCode::OK, headers: &headers, body: body.as_bytes() })
    };
    assert_eq!(id(&[("x-amzn-requestid", "a")], ""), Some("a".to_owned()));
    assert_eq!(id(&[], "<R><ResponseMetadata><RequestId>b</RequestId></ResponseMetadata></R>"), Some("b".to_owned()));
    assert_eq!(id(&[], "<R><requestId>c</requestId></R>"), Some("c".to_owned()));
    assert_eq!(id(&[], "{}"), None);
}
