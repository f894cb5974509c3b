use serde_json::json;

use super::*;
use crate::captured::{Request, all, one};

#[test]
fn nothing_secret_is_recorded() {
    for captured in all() {
        let recorded = captured.request().parameters().to_string();
        let name = format!("{} {}", captured.service, captured.operation);
        assert!(!recorded.to_lowercase().contains("hush"), "{name}: {recorded}");
        assert!(!recorded.contains("SELECT"), "{name}: {recorded}");
    }
}

#[test]
fn requests_are_recorded_as_their_services_do() {
    for (service, operation, expected) in [
        ("iam", "CreateUser", json!({"userName": "me", "tags": [{"key": "Team", "value": "x"}]})),
        ("sqs", "CreateQueue", json!({"queueName": "q", "attributes": {"VisibilityTimeout": "60"}})),
        (
            "autoscaling",
            "SetDesiredCapacity",
            json!({"autoScalingGroupName": "g", "desiredCapacity": 2, "honorCooldown": true}),
        ),
        ("kms", "Encrypt", json!({"keyId": "alias/a", "encryptionContext": {"Purpose": "x"}})),
        ("lambda", "Invoke", json!({"functionName": "f", "invocationType": "Event"})),
        ("dynamodb", "PutItem", json!({"tableName": "t", "items": ["Id", "Name"]})),
        ("dynamodb", "GetItem", json!({"tableName": "t", "key": {"Id": "1"}})),
        (
            "dynamodb",
            "BatchWriteItem",
            json!({"requestItems": [{"operation": "DeleteItem", "tableName": "t", "key": {"Id": "1"}},
                                    {"operation": "PutItem", "tableName": "t", "items": ["Id"]}]}),
        ),
        ("ec2", "StopInstances", json!({"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}})),
        (
            "ec2",
            "DescribeInstances",
            json!({"filterSet": {"items": [{"name": "vpc-id", "valueSet": {"items": [{"value": "vpc-1"}]}}]}}),
        ),
        (
            "ec2",
            "CreateTags",
            json!({"resourcesSet": {"items": [{"resourceId": "i-1"}]}, "tagSet": {"items": [{"key": "Name", "value": "x"}]}}),
        ),
        ("apigateway", "GetResources", json!({"restApiId": "abc", "limit": 5})),
        ("logs", "PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 7})),
        ("eks", "DescribeCluster", json!({"name": "c"})),
        (
            "glacier",
            "AddTagsToVault",
            json!({"accountId": "-", "vaultName": "v", "operation": "add", "tags": {"a": "b"}}),
        ),
        ("s3", "ListBuckets", json!({"Host": ""})),
        (
            "s3",
            "ListObjectsV2",
            json!({"bucketName": "bkt", "Host": "", "list-type": "2", "prefix": "in/", "encoding-type": "url"}),
        ),
        (
            "s3",
            "PutObject",
            json!({"bucketName": "bkt", "Host": "", "key": "in/a b//é", "x-amz-server-side-encryption": "AES256"}),
        ),
        (
            "s3",
            "PutBucketTagging",
            json!({"bucketName": "bkt", "Host": "", "tagging": "",
                   "Tagging": {"xmlns": "http://s3.amazonaws.com/doc/2006-03-01/", "TagSet": {"Tag": {"Key": "k", "Value": "v"}}}}),
        ),
    ] {
        assert_eq!(one(service, operation).parameters(), expected, "{service} {operation}");
    }
}

#[test]
fn a_call_without_parameters_records_none() {
    let request = Request::new("dynamodb", "POST", "/").header("x-amz-target", "DynamoDB_20120810.ListTables");
    assert_eq!(request.body("{}").parameters(), Json::Null);
}

/// The recorded parameters of a call in the query protocol.
fn of_form(service: &str, form: &str) -> Json {
    let request = Request::new(service, "POST", "/").header("content-type", "application/x-www-form-urlencoded");
    request.body(form).parameters()
}

#[test]
fn permissions_of_security_groups_are_called_as_they_are_asked_for() {
    let form = "Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&IpPermissions.1.FromPort=22\
                &IpPermissions.1.IpProtocol=tcp&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0%2F0";
    let permission = json!({"fromPort": 22, "ipProtocol": "tcp", "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}});
    assert_eq!(of_form("ec2", form), json!({"groupId": "sg-1", "ipPermissions": {"items": [permission]}}));
    let form = "Action=RunInstances&Version=2016-11-15&ImageId=ami-1&MinCount=1&MaxCount=1&SecurityGroupId.1=sg-1";
    let expected = json!({
        "groupSet": {"items": [{"groupId": "sg-1"}]},
        "instancesSet": {"items": [{"imageId": "ami-1", "minCount": 1, "maxCount": 1}]},
    });
    assert_eq!(of_form("ec2", form), expected);
}

#[test]
fn scripts_keys_and_values_of_parameters_are_not_recorded_whoever_takes_them() {
    for (service, form, expected) in [
        (
            "autoscaling",
            "Action=CreateLaunchConfiguration&Version=2011-01-01&LaunchConfigurationName=l&UserData=aHVzaA==",
            json!({"launchConfigurationName": "l", "userData": "<sensitiveDataRemoved>"}),
        ),
        (
            "cloudformation",
            "Action=CreateStack&Version=2010-05-15&StackName=s&Parameters.member.1.ParameterKey=k\
             &Parameters.member.1.ParameterValue=hush",
            json!({"stackName": "s", "parameters": [{"parameterKey": "k"}]}),
        ),
        (
            "rds",
            "Action=CreateDBInstance&Version=2014-10-31&DBInstanceIdentifier=d&MasterUserPassword=hush\
             &VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-1&Tags.Tag.1.Key=a&Tags.Tag.1.Value=b",
            json!({"dBInstanceIdentifier": "d", "masterUserPassword": "****", "vpcSecurityGroupIds": ["sg-1"],
                   "tags": [{"key": "a", "value": "b"}]}),
        ),
    ] {
        assert_eq!(of_form(service, form), expected, "{service}");
    }
    let key = Request::new("apigateway", "POST", "/apikeys").header("content-type", "application/json");
    let key = key.body(r#"{"name":"k","value":"hush"}"#).parameters();
    assert_eq!(key, json!({"name": "k", "value": HIDDEN}));
    let job = Request::new("batch", "POST", "/v1/registerjobdefinition").header("content-type", "application/json");
    let body = r#"{"jobDefinitionName":"j","containerProperties":{"environment":[{"name":"A","value":"hush"}]}}"#;
    let expected = json!({"jobDefinitionName": "j", "containerProperties": {"environment": HIDDEN}});
    assert_eq!(job.body(body).parameters(), expected);
}

#[test]
fn items_that_answers_hand_out_are_not_recorded() {
    let Json::Object(output) = json!({"Attributes": {"Name": {"S": "hush"}}, "ConsumedCapacity": {"TableName": "t"}})
    else {
        unreachable!()
    };
    assert_eq!(response(&one("dynamodb", "PutItem").call(), output), json!({"consumedCapacity": {"tableName": "t"}}));
}

#[test]
fn times_are_written_to_the_second() {
    assert_eq!(time(json!(1_772_439_138.551)), json!("2026-03-02T08:12:18Z"));
    assert_eq!(time(json!("2026-03-02")), json!("2026-03-02"));
    assert_eq!(time(json!("2026-03-02T08:12:18.999Z")), json!("2026-03-02T08:12:18Z"));
    assert_eq!(time(json!(1e300)), json!(1e300));
}

#[test]
fn answers_are_recorded_without_what_they_hand_out() {
    let call = one("iam", "CreateUser").call();
    let output = json!({"AccessKey": {"AccessKeyId": "AKIA", "SecretAccessKey": "hush", "Status": "Active"}});
    let Json::Object(output) = output else { unreachable!() };
    let recorded = response(&call, output);
    assert_eq!(recorded, json!({"accessKey": {"accessKeyId": "AKIA", "status": "Active"}}));
    assert_eq!(response(&one("kms", "Encrypt").call(), Map::from_iter([("KeyId".to_owned(), json!("x"))])), Json::Null);
    assert_eq!(response(&call, Map::new()), Json::Null);
}

#[test]
fn secrets_are_known_by_name_where_no_table_names_them() {
    for (name, expected) in [
        ("MasterUserPassword", true),
        ("apiToken", true),
        ("clientSecret", true),
        ("NextToken", false),
        ("HttpTokens", false),
        ("nextSequenceToken", false),
        ("secretArn", false),
        ("SecretId", false),
        ("UserName", false),
    ] {
        assert_eq!(secrets::is_secret_name(name), expected, "{name}");
    }
}

#[test]
fn answers_are_recorded_of_writes_and_of_reads_that_hand_out_credentials() {
    for (service, operation, expected) in [
        ("iam", "CreateUser", true),
        ("sts", "AssumeRole", true),
        ("ec2", "DescribeInstances", false),
        ("kms", "Encrypt", false),
    ] {
        assert_eq!(records_answer(&one(service, operation).call()), expected, "{service} {operation}");
    }
}

#[test]
fn some_services_withhold_what_was_denied() {
    let failure = |code: &str| Failure { code: code.to_owned(), message: None };
    let (sts, iam) = (one("sts", "AssumeRole").call(), one("iam", "CreateUser").call());
    assert!(withheld(&sts, &failure("AccessDenied")) && withheld(&sts, &failure("AccessDeniedException")));
    assert!(!withheld(&sts, &failure("ValidationError")) && !withheld(&iam, &failure("AccessDenied")));
}
