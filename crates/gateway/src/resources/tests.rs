use serde_json::json;

use super::*;
use crate::captured::{Request, one};

const PLACE: Place<'_> = Place { partition: "aws", region: "eu-west-1", account: "111122223333" };

fn asked(request: &Request) -> Vec<(String, String)> {
    let wanted = wanted(&request.call(), &request.input(), PLACE);
    wanted.into_iter().map(|wanted| (wanted.action, wanted.resource)).collect()
}

#[test]
fn calls_take_leave_for_all_that_they_name() {
    for (service, operation, expected) in [
        ("dynamodb", "PutItem", &[("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/t")][..]),
        (
            "dynamodb",
            "BatchWriteItem",
            &[("dynamodb:BatchWriteItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/t")],
        ),
        ("sqs", "SendMessage", &[("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q")]),
        ("lambda", "Invoke", &[("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:f")]),
        ("lambda", "TagResource", &[("lambda:TagResource", "arn:aws:lambda:us-east-1:111122223333:function:f")]),
        ("sns", "Publish", &[("sns:Publish", "arn:aws:sns:us-east-1:111122223333:t")]),
        ("ssm", "PutParameter", &[("ssm:PutParameter", "arn:aws:ssm:eu-west-1:111122223333:parameter/a/b")]),
        ("kms", "Encrypt", &[("kms:Encrypt", "arn:aws:kms:eu-west-1:111122223333:alias/a")]),
        (
            "ec2",
            "StopInstances",
            &[
                ("ec2:StopInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"),
                ("ec2:StopInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-2"),
            ],
        ),
        ("s3", "ListBuckets", &[("s3:ListAllMyBuckets", "*")]),
        ("s3", "ListObjectsV2", &[("s3:ListBucket", "arn:aws:s3:::bkt")]),
        ("s3", "GetObject", &[("s3:GetObjectVersion", "arn:aws:s3:::bkt/in/a")]),
        ("s3", "DeleteObjects", &[("s3:DeleteObject", "arn:aws:s3:::bkt/*")]),
        ("s3", "CopyObject", &[("s3:PutObject", "arn:aws:s3:::bkt/to"), ("s3:GetObject", "arn:aws:s3:::src/from")]),
        ("apigateway", "CreateRestApi", &[("apigateway:POST", "*")]),
        ("xray", "GetGroup", &[("xray:GetGroup", "*")]),
    ] {
        let expected: Vec<_> = expected.iter().map(|(a, r)| ((*a).to_owned(), (*r).to_owned())).collect();
        assert_eq!(asked(&one(service, operation)), expected, "{service} {operation}");
    }
}

#[test]
fn functions_are_named_in_four_ways() {
    for name in ["f", "f:1", "111122223333:function:f", "arn:aws:lambda:eu-west-1:111122223333:function:f:live"] {
        let name = name.replace(':', "%3A");
        let request = Request::new("lambda", "GET", &format!("/2015-03-31/functions/{name}"));
        let expected = "arn:aws:lambda:eu-west-1:111122223333:function:f".to_owned();
        assert_eq!(asked(&request), [("lambda:GetFunction".to_owned(), expected)], "{name}");
    }
}

#[test]
fn data_events_are_on_resources_and_few_others_name_any() {
    let in_record = |service: &str, operation: &str| {
        let request = one(service, operation);
        super::in_record(&request.call(), &request.input(), PLACE)
    };
    let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/t";
    let expected = json!([{"accountId": "111122223333", "type": "AWS::DynamoDB::Table", "ARN": table}]);
    assert_eq!(in_record("dynamodb", "GetItem"), Some(expected));
    let object = json!([
        {"accountId": "111122223333", "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::bkt"},
        {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::bkt/in/"},
    ]);
    assert_eq!(in_record("s3", "ListObjectsV2"), Some(object));
    assert_eq!(in_record("ec2", "StopInstances"), None);
    assert_eq!(in_record("iam", "CreateUser"), None);
    assert_eq!(in_record("lambda", "CreateFunction"), None);
    assert!(in_record("lambda", "Invoke").is_some());
}

fn json_call(service: &str, target: &str, body: &Json) -> Vec<String> {
    let request = Request::new(service, "POST", "/").header("x-amz-target", target).body(&body.to_string());
    asked(&request).into_iter().map(|(_, resource)| resource).collect()
}

#[test]
fn members_that_an_operation_does_not_have_speak_for_nothing() {
    let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/mine";
    for (operation, body) in [
        ("ExecuteStatement", json!({"Statement": "DELETE FROM other", "TableName": "mine"})),
        ("ExecuteStatement", json!({"Statement": "DELETE FROM other", "X": table})),
        ("ListTables", json!({"TableName": "mine"})),
        ("NewOperation", json!({"Other": "other"})),
    ] {
        assert_eq!(json_call("dynamodb", &format!("DynamoDB_20120810.{operation}"), &body), ["*"], "{operation}");
    }
    let request =
        Request::new("ec2", "GET", "/?Action=DeleteNatGateway&Version=2016-11-15&NatGatewayId=n&InstanceId.1=mine");
    assert_eq!(asked(&request), [("ec2:DeleteNatGateway".to_owned(), "*".to_owned())]);
}

#[test]
fn operations_that_nobody_knows_take_leave_for_everything() {
    let body = json!({"TableName": "mine"});
    let found = json_call("dynamodb", "DynamoDB_20120810.NewOperation", &body);
    assert_eq!(found, ["arn:aws:dynamodb:eu-west-1:111122223333:table/mine", "*"]);
}

#[test]
fn all_keys_of_a_call_are_asked_for() {
    let mine = "arn:aws:kms:eu-west-1:111122223333:key/mine";
    let body = json!({"CiphertextBlob": "eA==", "SourceKeyId": mine, "DestinationKeyId": "other"});
    let mut found = json_call("kms", "TrentService.ReEncrypt", &body);
    found.sort();
    assert_eq!(found, [mine, "arn:aws:kms:eu-west-1:111122223333:key/other"]);
}

#[test]
fn queues_are_named_by_urls_that_all_read_alike() {
    let mine = "arn:aws:sqs:eu-west-1:111122223333:q";
    for (url, expected) in [
        ("http://h/111122223333/q", mine),
        ("q", mine),
        ("http://h/queue/q", mine),
        ("http://h/queue/eu-west-1/111122223333/q", mine),
        ("http://h/999999999999/q", "arn:aws:sqs:eu-west-1:999999999999:q"),
        ("http://h/111122223333/other/111122223333/q", "*"),
        ("http://h/111122223333/other#/111122223333/q", "*"),
        ("http://h/111122223333/other?/111122223333/q", "*"),
        ("http://h/111122223333/other%2Fq", "*"),
        ("http://h/111122223333/q/", "*"),
        ("http://h", "*"),
    ] {
        assert_eq!(json_call("sqs", "AmazonSQS.DeleteQueue", &json!({"QueueUrl": url})), [expected], "{url}");
    }
}

#[test]
fn a_queue_in_the_path_is_asked_for_beside_the_one_in_the_parameters() {
    let form = "application/x-www-form-urlencoded";
    let request = Request::new("sqs", "POST", "/111122223333/other")
        .header("content-type", form)
        .body("Action=DeleteQueue&QueueUrl=http%3A%2F%2Fh%2F111122223333%2Fq");
    let found: Vec<_> = asked(&request).into_iter().map(|(_, resource)| resource).collect();
    assert_eq!(found, ["arn:aws:sqs:eu-west-1:111122223333:other", "arn:aws:sqs:eu-west-1:111122223333:q"]);
    let alone = Request { body: b"Action=DeleteQueue".to_vec(), ..request };
    assert_eq!(asked(&alone)[0].1, "arn:aws:sqs:eu-west-1:111122223333:other");
    assert_eq!(alone.input()["QueueUrl"], "/111122223333/other");
}

#[test]
fn functions_of_other_accounts_are_theirs() {
    for (name, expected) in [
        ("999999999999:function:f", "arn:aws:lambda:eu-west-1:999999999999:function:f"),
        ("999999999999:f", "arn:aws:lambda:eu-west-1:999999999999:function:f"),
        ("function:f:live", "arn:aws:lambda:eu-west-1:111122223333:function:f"),
        ("us-east-1:999999999999:function:f", "arn:aws:lambda:us-east-1:999999999999:function:f"),
    ] {
        let request = Request::new("lambda", "GET", &format!("/2015-03-31/functions/{}", name.replace(':', "%3A")));
        assert_eq!(asked(&request)[0].1, expected, "{name}");
    }
}

#[test]
fn a_rename_takes_leave_for_what_it_takes_away() {
    let request = Request::new("s3", "PUT", "/bkt/to?renameObject").header("x-amz-rename-source", "from");
    assert!(asked(&request).contains(&("s3:DeleteObject".to_owned(), "arn:aws:s3:::bkt/*".to_owned())));
}

#[test]
fn every_member_that_names_a_resource_is_of_an_operation() {
    use crate::tables::Service;
    for (service, member, ..) in NAMED {
        let service = Service::named(service).unwrap();
        assert!(service.is_taken(member), "{} {member}", service.name);
    }
}
