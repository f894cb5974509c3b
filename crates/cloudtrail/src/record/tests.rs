//! Records of calls, held against cloudtrail.md §1 and §3.5.

use api::call::SessionAttributes;
use api::{CallContext, Principal, ServiceError};
use base::Timestamp;
use serde_json::{Value as Json, json};
use store::trail_event::TrailEvent;
use wire::schema::{Protocol, Service};
use wire::value::{Struct, Value};

use super::*;

const ACCOUNT: &str = "111122223333";

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn dave() -> Principal {
    Principal::User {
        account: ACCOUNT.parse().unwrap(),
        user_id: "AIDAEXAMPLE".to_owned(),
        name: "dave".to_owned(),
        path: "/ops/".to_owned(),
        access_key_id: "AKIAEXAMPLE".to_owned(),
        session: None,
    }
}

fn deployer() -> Principal {
    Principal::AssumedRole {
        account: ACCOUNT.parse().unwrap(),
        role_id: "AROAEXAMPLE".to_owned(),
        role_name: "Deployer".to_owned(),
        role_path: "/ci/".to_owned(),
        session_name: "deploy-42".to_owned(),
        source_identity: Some("carol".to_owned()),
        access_key_id: "ASIAEXAMPLE".to_owned(),
        session: SessionAttributes { created: at(1_772_438_401), mfa_authenticated: false, from_console: false },
    }
}

fn context(principal: Principal, region: &str) -> CallContext {
    CallContext {
        principal,
        region: region.parse().unwrap(),
        partition: region.parse::<base::Region>().unwrap().partition(),
        now: at(1_772_439_300),
        request_id: "0b6cf8a2-64c1-5a1d-8c3e-a1b2c3d4e5f6".to_owned(),
        source_ip: "198.51.100.7".to_owned(),
        user_agent: "aws-cli/2".to_owned(),
        host: "127.0.0.1:4566".to_owned(),
        tls: None,
    }
}

fn structure(shape: &'static wire::schema::Shape, members: &[(&str, Value)]) -> Value {
    let mut value = Struct::new(shape);
    for (name, member) in members {
        let (index, _) = shape.structure().unwrap().member(name).unwrap_or_else(|| panic!("no member {name}"));
        value.set(index, member.clone());
    }
    Value::Struct(value)
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

fn input(service: &'static Service, operation: &str, members: &[(&str, Value)]) -> Value {
    structure(service.operation(operation).unwrap().input.unwrap(), members)
}

fn built(
    cx: &CallContext,
    service: &'static Service,
    operation: &str,
    input: Option<&Value>,
    outcome: Result<&Value, &ServiceError>,
) -> (TrailEvent, Json) {
    let operation = service.operation(operation).unwrap();
    let protocol = service.protocols[0];
    let call = FinishedCall { cx, service, operation, protocol, input, outcome, completed: at(1_772_439_301) };
    let event = build(&call, "6d3f3c1e-0b1a-4a55-9f1d-2f6a2f5f9c10".to_owned());
    let json = serde_json::from_str(&event.record).unwrap();
    (event, json)
}

/// The output of `CreateUser` or `CreateAccessKey`, by the one structure in it.
fn created(operation: &str, member: &str, members: &[(&str, Value)]) -> Value {
    let output = api::iam::SERVICE.operation(operation).unwrap().output.unwrap();
    let (_, inner) = output.structure().unwrap().member(member).unwrap();
    structure(output, &[(member, structure(inner.shape, members))])
}

#[test]
fn keys_stand_in_the_order_of_real_records() {
    let cx = context(dave(), "eu-west-1");
    let user = input(&api::iam::SERVICE, "CreateUser", &[("UserName", text("erin"))]);
    let output = created("CreateUser", "User", &[("UserName", text("erin"))]);
    let (_, record) = built(&cx, &api::iam::SERVICE, "CreateUser", Some(&user), Ok(&output));
    let keys: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "eventVersion",
            "userIdentity",
            "eventTime",
            "eventSource",
            "eventName",
            "awsRegion",
            "sourceIPAddress",
            "userAgent",
            "requestParameters",
            "responseElements",
            "requestID",
            "eventID",
            "readOnly",
            "eventType",
            "managementEvent",
            "recipientAccountId",
            "eventCategory",
        ]
    );
}

#[test]
fn a_global_service_acts_in_the_global_region() {
    for (asked, acted) in [("eu-west-1", "us-east-1"), ("cn-northwest-1", "cn-north-1")] {
        let cx = context(dave(), asked);
        let user = input(&api::iam::SERVICE, "DeleteUser", &[("UserName", text("erin"))]);
        let nothing = Value::Document(Json::Null);
        let (event, record) = built(&cx, &api::iam::SERVICE, "DeleteUser", Some(&user), Ok(&nothing));
        assert_eq!(record["awsRegion"], acted);
        assert!(event.global);
    }
}

#[test]
fn a_created_user_is_found_by_name_id_and_arn() {
    let cx = context(dave(), "us-east-1");
    let user = input(&api::iam::SERVICE, "CreateUser", &[("UserName", text("erin"))]);
    let arn = "arn:aws:iam::111122223333:user/erin";
    let members = [("UserName", text("erin")), ("UserId", text("AIDAERIN")), ("Arn", text(arn))];
    let output = created("CreateUser", "User", &members);
    let (event, record) = built(&cx, &api::iam::SERVICE, "CreateUser", Some(&user), Ok(&output));
    let names: Vec<&str> = event.resources.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["erin", "AIDAERIN", arn]);
    assert!(event.resources.iter().all(|(kind, _)| kind.as_deref() == Some("AWS::IAM::User")));
    assert_eq!(record.get("resources"), None);
    assert_eq!(event.username.as_deref(), Some("dave"));
}

#[test]
fn what_config_is_told_of_is_found_by_its_type_and_names() {
    let cx = context(dave(), "us-east-1");
    let service = &api::config::SERVICE;
    let rule = |members: &[(&str, Value)]| {
        let (_, rule) = service
            .operation("PutConfigRule")
            .unwrap()
            .input
            .unwrap()
            .structure()
            .unwrap()
            .member("ConfigRule")
            .unwrap();
        structure(rule.shape, members)
    };
    let server = [("ResourceType", text("MyCo::App::Server")), ("ResourceId", text("web-1"))];
    let put = [
        server[0].clone(),
        server[1].clone(),
        ("ResourceName", text("front")),
        ("SchemaVersionId", text("1")),
        ("Configuration", text("{}")),
    ];
    let arn = "arn:aws:config:us-east-1:111122223333:config-rule/config-rule-abcdef";
    type Example<'a> = (&'a str, Vec<(&'a str, Value)>, &'a str, &'a [&'a str]);
    let examples: [Example<'_>; 5] = [
        ("PutResourceConfig", put.to_vec(), "MyCo::App::Server", &["web-1", "front"]),
        ("DeleteResourceConfig", server.to_vec(), "MyCo::App::Server", &["web-1"]),
        (
            "PutConfigRule",
            vec![("ConfigRule", rule(&[("ConfigRuleName", text("no-public-buckets"))]))],
            "AWS::Config::ConfigRule",
            &["no-public-buckets"],
        ),
        (
            "PutConfigRule",
            vec![("ConfigRule", rule(&[("ConfigRuleArn", text(arn))]))],
            "AWS::Config::ConfigRule",
            &[arn],
        ),
        (
            "DeleteConfigRule",
            vec![("ConfigRuleName", text("no-public-buckets"))],
            "AWS::Config::ConfigRule",
            &["no-public-buckets"],
        ),
    ];
    for (operation, members, kind, names) in examples {
        let request = input(service, operation, &members);
        let nothing = Value::Document(Json::Null);
        let (event, _) = built(&cx, service, operation, Some(&request), Ok(&nothing));
        let expected: Vec<_> = names.iter().map(|name| (Some(kind.to_owned()), (*name).to_owned())).collect();
        assert_eq!(event.resources, expected, "{operation}");
    }
}

#[test]
fn a_new_secret_key_is_left_out_of_the_record() {
    let cx = context(dave(), "us-east-1");
    let members = [
        ("UserName", text("dave")),
        ("AccessKeyId", text("AKIANEW")),
        ("Status", text("Active")),
        ("SecretAccessKey", text("very-secret-indeed")),
    ];
    let output = created("CreateAccessKey", "AccessKey", &members);
    let (event, record) = built(&cx, &api::iam::SERVICE, "CreateAccessKey", None, Ok(&output));
    assert!(!event.record.contains("very-secret-indeed"));
    assert_eq!(record["responseElements"]["accessKey"]["accessKeyId"], "AKIANEW");
    assert_eq!(record["requestParameters"], Json::Null);
}

#[test]
fn an_error_carries_the_shape_name_and_no_response() {
    let cx = context(dave(), "us-east-1");
    let role = input(&api::iam::SERVICE, "GetRole", &[("RoleName", text("ghost"))]);
    let error = api::iam::errors::no_such_entity_exception("The role with name ghost cannot be found.");
    let (_, record) = built(&cx, &api::iam::SERVICE, "GetRole", Some(&role), Err(&error));
    assert_eq!(record["errorCode"], "NoSuchEntityException");
    assert_eq!(record["errorMessage"], "The role with name ghost cannot be found.");
    assert_eq!(record["requestParameters"], json!({ "roleName": "ghost" }));
    assert_eq!(record["responseElements"], Json::Null);
    assert_eq!(record["readOnly"], true);
}

#[test]
fn common_errors_carry_the_code_of_the_protocol() {
    let cx = context(dave(), "us-east-1");
    let denied = ServiceError::common("AccessDeniedException", "AccessDenied", 403, "no");
    let (_, record) = built(&cx, &api::iam::SERVICE, "ListUsers", None, Err(&denied));
    assert_eq!(record["errorCode"], "AccessDenied");
    let (_, record) = built(&cx, &api::cloudtrail::SERVICE, "LookupEvents", None, Err(&denied));
    assert_eq!(record["errorCode"], "AccessDeniedException");
}

#[test]
fn a_role_session_names_its_issuer() {
    let (event, record) = built(
        &context(deployer(), "eu-west-1"),
        &api::cloudtrail::SERVICE,
        "ListTrails",
        None,
        Err(&ServiceError::internal()),
    );
    assert_eq!(
        record["userIdentity"],
        json!({
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE:deploy-42",
            "arn": "arn:aws:sts::111122223333:assumed-role/Deployer/deploy-42",
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAEXAMPLE",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROAEXAMPLE",
                    "arn": "arn:aws:iam::111122223333:role/ci/Deployer",
                    "accountId": ACCOUNT,
                    "userName": "Deployer",
                },
                "attributes": { "creationDate": "2026-03-02T08:00:01Z", "mfaAuthenticated": "false" },
                "sourceIdentity": "carol",
            },
        })
    );
    assert_eq!(event.username.as_deref(), Some("deploy-42"));
}

#[test]
fn assuming_a_role_shows_the_credentials_but_not_the_token() {
    let cx = context(dave(), "eu-west-1");
    let sts = &api::sts::SERVICE;
    let role = "arn:aws:iam::111122223333:role/ci/Deployer";
    let asked = input(sts, "AssumeRole", &[("RoleArn", text(role)), ("RoleSessionName", text("deploy-42"))]);
    let output = sts.operation("AssumeRole").unwrap().output.unwrap();
    let (_, credentials) = output.structure().unwrap().member("Credentials").unwrap();
    let credentials = structure(
        credentials.shape,
        &[
            ("AccessKeyId", text("ASIANEW")),
            ("SecretAccessKey", text("hush-hush")),
            ("SessionToken", text("token-text")),
            ("Expiration", Value::Timestamp(at(1_772_442_901))),
        ],
    );
    let output = structure(output, &[("Credentials", credentials)]);
    let (event, record) = built(&cx, sts, "AssumeRole", Some(&asked), Ok(&output));
    assert_eq!(
        record["responseElements"]["credentials"],
        json!({
            "accessKeyId": "ASIANEW",
            "sessionToken": "HIDDEN_DUE_TO_SECURITY_REASONS",
            "expiration": "2026-03-02T09:15:01Z",
        })
    );
    assert_eq!(record["readOnly"], true);
    assert_eq!(record["resources"], json!([{ "accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": role }]));
    assert_eq!(record["awsRegion"], "eu-west-1");
    let names: Vec<&str> = event.resources.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["ASIANEW", "deploy-42", role]);
}

#[test]
fn parameters_past_100_kb_are_replaced_as_a_whole() {
    let cx = context(dave(), "us-east-1");
    let policy = "x".repeat(100 * 1024);
    let asked =
        input(&api::iam::SERVICE, "CreatePolicy", &[("PolicyName", text("p")), ("PolicyDocument", text(&policy))]);
    let (_, record) = built(&cx, &api::iam::SERVICE, "CreatePolicy", Some(&asked), Err(&ServiceError::internal()));
    assert_eq!(record["requestParameters"]["omitted"], true);
    assert_eq!(record["requestParameters"]["reason"], "requestParameters too large");
}

#[test]
fn long_texts_are_cut_to_one_kilobyte_between_characters() {
    let mut cx = context(dave(), "us-east-1");
    cx.user_agent = "ä".repeat(1000);
    let (_, record) = built(&cx, &api::iam::SERVICE, "ListUsers", None, Err(&ServiceError::internal()));
    let agent = record["userAgent"].as_str().unwrap();
    assert!(agent.len() <= 1024 && agent.ends_with("..."), "{}", agent.len());
}

#[test]
fn an_unknown_caller_has_an_account_and_the_key_it_claimed() {
    let stranger =
        Principal::Unknown { account: ACCOUNT.parse().unwrap(), access_key_id: Some("AKIAGHOST".to_owned()) };
    let (event, record) =
        built(&context(stranger, "us-east-1"), &api::iam::SERVICE, "ListUsers", None, Err(&ServiceError::internal()));
    assert_eq!(record["userIdentity"], json!({ "type": "Unknown", "accountId": ACCOUNT, "accessKeyId": "AKIAGHOST" }));
    assert_eq!(event.username, None);
}

#[test]
fn operations_read_or_write_by_table_then_by_name() {
    use crate::classify::read_only;
    for (service, operation, expected) in [
        (&api::sts::SERVICE, "AssumeRole", true),
        (&api::sts::SERVICE, "GetSessionToken", false),
        (&api::sts::SERVICE, "GetCallerIdentity", true),
        (&api::iam::SERVICE, "ListUsers", true),
        (&api::iam::SERVICE, "CreateUser", false),
        (&api::iam::SERVICE, "SimulatePrincipalPolicy", true),
        (&api::cloudtrail::SERVICE, "LookupEvents", true),
        (&api::logs::SERVICE, "FilterLogEvents", true),
        (&api::logs::SERVICE, "TestMetricFilter", true),
        (&api::config::SERVICE, "BatchGetResourceConfig", true),
        (&api::config::SERVICE, "SelectResourceConfig", true),
        (&api::ssm::SERVICE, "StartSession", false),
    ] {
        let operation = service.operation(operation).unwrap();
        assert_eq!(read_only(service, operation), expected, "{}", operation.name);
    }
}

#[test]
fn the_data_plane_is_not_management() {
    use crate::classify::{Category, category};
    let put = api::cloudwatch::SERVICE.operation("PutMetricData").unwrap();
    assert_eq!(category(&api::cloudwatch::SERVICE, put), Category::Data("AWS::CloudWatch::Metric"));
    let alarms = api::cloudwatch::SERVICE.operation("DescribeAlarms").unwrap();
    assert_eq!(category(&api::cloudwatch::SERVICE, alarms), Category::Management);
}

#[test]
fn query_is_the_protocol_of_iam() {
    // The error codes above rest on it.
    assert_eq!(api::iam::SERVICE.protocols[0], Protocol::Query);
}
