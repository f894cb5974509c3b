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
