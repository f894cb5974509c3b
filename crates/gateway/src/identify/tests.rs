use crate::captured::{Request, all};

use super::*;

fn form(body: &str) -> Request {
    Request::new("iam", "POST", "/").header("content-type", "application/x-www-form-urlencoded").body(body)
}

fn json(target: &str) -> Request {
    Request::new("dynamodb", "POST", "/").header("x-amz-target", target).body("{}")
}

#[test]
fn what_botocore_sends_is_what_it_means() {
    let all = all();
    assert!(all.len() > 80);
    for captured in &all {
        let call = captured.request().call();
        let found = (call.service.name, call.operation.as_str(), call.is_known);
        assert_eq!(found, (captured.service.as_str(), captured.operation.as_str(), true));
    }
}

#[test]
fn every_binding_leads_to_its_operation() {
    let mut count = 0;
    for service in Service::all() {
        for example in service.examples() {
            let mut request = Request::new(service.signing_name, example.method, &example.path);
            request.query = example.query.clone();
            if let Some(header) = example.header {
                request = request.header(header, "bucket/key");
            }
            if service.name == "s3control" {
                request = request.header("x-amz-account-id", "x");
            }
            let call = request.identify().unwrap_or_else(|refused| panic!("{} {example:?}: {refused}", service.name));
            // Some paths are bound twice, for two generations of a service.
            let is_twin = call.service.name != service.name;
            assert!(is_twin || call.operation == example.operation, "{} {example:?}: {}", service.name, call.operation);
            count += 1;
        }
    }
    assert!(count > 4000, "{count}");
}

#[test]
fn requests_that_can_be_read_in_two_ways_are_refused() {
    let s3 = |method: &str, url: &str| Request::new("s3", method, url);
    for request in [
        json("DynamoDB_20120810.GetItem").header("x-amz-target", "DynamoDB_20120810.PutItem"),
        json("DynamoDB_20120810.GetItem").header("smithy-protocol", "rpc-v2-cbor"),
        json("AmazonSQS.SendMessage"),
        Request { query: "Action=DeleteTable".to_owned(), ..json("DynamoDB_20120810.GetItem") },
        Request { path: "/other".to_owned(), ..json("DynamoDB_20120810.GetItem") },
        form("Action=GetUser&Action=DeleteUser&Version=2010-05-08"),
        form("Action=GetUser&action=DeleteUser&Version=2010-05-08"),
        form("Action=GetUser&Version=2010-05-08&UserName=a&UserName=b"),
        Request { query: "Action=DeleteUser".to_owned(), ..form("Action=GetUser&Version=2010-05-08") },
        Request { path: "/x".to_owned(), ..form("Action=GetUser&Version=2010-05-08") },
        s3("GET", "/bkt/../other/key"),
        s3("GET", "/bkt/a/%2e%2e/b"),
        s3("PUT", "/bkt?acl&policy"),
        s3("DELETE", "/bkt/key?uploadId=u&tagging"),
        s3("GET", "/bkt/key?versionId=a&versionId=b"),
        Request::new("lambda", "GET", "/2015-03-31/functions/a%2Faliases"),
        Request::new("lambda", "GET", "/2015-03-31//functions/a"),
        Request::new("lambda", "GET", "/2015-03-31/functions/a%252Fb"),
    ] {
        let refused = request.identify().unwrap_err();
        assert!(matches!(refused, Refused::Ambiguous(_)), "{request:?}: {refused}");
    }
}

#[test]
fn requests_for_nothing_are_refused() {
    for request in [
        json("DynamoDB_20120810"),
        json("NoSuchPrefix.GetItem"),
        json("DynamoDB_20120810.Get Item"),
        form("Version=2010-05-08"),
        Request::new("s3", "PATCH", "/bkt"),
        Request::new("s3", "GET", "/a%2Fb/c"),
    ] {
        let refused = request.identify().unwrap_err();
        assert!(matches!(refused, Refused::UnknownOperation | Refused::Malformed(_)), "{request:?}: {refused}");
    }
    let nobody = Request::new("nobody", "GET", "/").identify().unwrap_err();
    assert_eq!(nobody, Refused::UnknownService("nobody".to_owned()));
}

#[test]
fn what_the_tables_do_not_know_is_taken_by_its_name_or_its_path() {
    let newer = json("DynamoDB_20120810.BrandNewOperation").call();
    assert_eq!((newer.operation.as_str(), newer.is_known), ("BrandNewOperation", false));
    let other_case = json("DynamoDB_20120810.getitem").call();
    assert_eq!((other_case.operation.as_str(), other_case.is_known), ("GetItem", true));
    let by_path = Request::new("quicksight", "POST", "/accounts/1/things").call();
    assert_eq!((by_path.operation.as_str(), by_path.is_known), ("POST /accounts/1/things", false));
}

#[test]
fn versions_tell_services_of_one_name_apart() {
    for (signed_for, action, version, expected) in [
        ("elasticloadbalancing", "CreateLoadBalancer", "2012-06-01", "elb"),
        ("elasticloadbalancing", "CreateLoadBalancer", "2015-12-01", "elbv2"),
        ("rds", "CreateDBInstance", "2014-10-31", "rds"),
        ("sqs", "SendMessage", "2012-11-05", "sqs"),
        ("ec2", "RunInstances", "2016-11-15", "ec2"),
    ] {
        let body = format!("Action={action}&Version={version}");
        let request = Request { signed_for: signed_for.to_owned(), ..form(&body) };
        assert_eq!(request.call().service.name, expected, "{signed_for} {version}");
    }
}

#[test]
fn the_host_may_name_the_bucket() {
    let request = Request::new("s3", "GET", "/in/a?versionId=1");
    let call = identify(&Asked { bucket_of_host: Some("bkt"), ..request.asked() }).unwrap();
    assert_eq!(call.operation, "GetObject");
    assert_eq!(call.labels, [("Bucket".to_owned(), "bkt".to_owned()), ("Key".to_owned(), "in/a".to_owned())]);
    let root = Request::new("s3", "GET", "/");
    let call = identify(&Asked { bucket_of_host: Some("bkt"), ..root.asked() }).unwrap();
    assert_eq!(call.operation, "ListObjects");
}

#[test]
fn presigned_requests_are_read_without_their_signature() {
    let url = "/bkt/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb&X-Amz-Signature=s&partNumber=1";
    let call = Request::new("s3", "GET", url).call();
    assert_eq!((call.operation.as_str(), call.parameters.len()), ("GetObject", 1));
}

#[test]
fn what_servers_find_in_parameters_by_other_rules_is_refused() {
    let form = "application/x-www-form-urlencoded";
    for body in [
        "Action=DescribeInstances&Action%00=TerminateInstances",
        "Action=DescribeInstances&Action[]=TerminateInstances",
        "Action=DescribeInstances&Version=2016-11-15;Action=TerminateInstances",
        "Action=DescribeInstances&+Action=TerminateInstances",
    ] {
        let request = Request::new("ec2", "POST", "/").header("content-type", form).body(body);
        assert!(request.identify().is_err(), "{body}");
    }
}

#[test]
fn what_belongs_in_a_header_of_s3_is_refused_elsewhere() {
    for (method, url, header) in [
        ("PUT", "/b/k?x-amz-copy-source=c%2Fk", None),
        ("PUT", "/b/k?X-Amz-Acl=public-read", None),
        ("PUT", "/b/k?x-amz-tagging=a", None),
        ("GET", "/b/k?AWSAccessKeyId=k&Signature=s&Expires=1", None),
        ("GET", "/b?ACL&location", None),
        ("GET", "/b?Policy", None),
        ("PUT", "/b/k?acl", Some(("x-amz-copy-source", "c/k"))),
        ("PUT", "/b/k", Some(("x-amz-rename-source", "c/k"))),
        ("PUT", "/b/k", Some(("x-amz-copy-source", "//c/b/k"))),
        ("PUT", "/b/k?partNumber=1&uploadId=u", Some(("x-amz-copy-source", "c/../k"))),
    ] {
        let request = Request::new("s3", method, url);
        let request = header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        assert!(request.identify().is_err(), "{url} {header:?}");
    }
    // As SDKs put them into presigned URLs.
    let presigned = "/b/k?x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-amz-meta-a=b";
    assert_eq!(Request::new("s3", "PUT", presigned).call().operation, "PutObject");
}
