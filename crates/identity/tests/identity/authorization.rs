//! What callers may do, and the words in which they are refused.

use serde_json::{Value as Json, json};

use super::world::*;

async fn refusal(world: &World, principal: &api::Principal, operation: &str, input: Json) -> String {
    let (code, message) = world.call_as(principal, "iam", operation, input).await.unwrap_err();
    assert_eq!(code, "AccessDenied", "{message}");
    message
}

#[tokio::test]
async fn without_a_policy_nothing_is_allowed() {
    let world = World::new().await;
    let alice = world.user("alice", allow("sts:GetAccessKeyInfo", "*")).await;
    assert_eq!(
        refusal(&world, &alice, "CreateUser", json!({"UserName": "bob", "Path": "/x/"})).await,
        format!(
            "User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: iam:CreateUser on resource: \
             arn:aws:iam::{ACCOUNT}:user/x/bob because no identity-based policy allows the iam:CreateUser action"
        )
    );
    let cx = context(alice.clone());
    let error = world.call(&cx, "iam", "ListUsers", json!({})).await.unwrap_err();
    assert_eq!(
        (error.status, error.name.as_ref(), error.code.as_ref()),
        (403, "AccessDeniedException", "AccessDenied")
    );
    world.sts(&alice, "GetCallerIdentity", json!({})).await.unwrap();
    world.sts(&alice, "GetAccessKeyInfo", json!({"AccessKeyId": alice.access_key_id().unwrap()})).await.unwrap();
}

#[tokio::test]
async fn refusals_name_the_kind_of_policy() {
    let world = World::new().await;
    let statements = json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:DeleteUser", "Resource": "*"}
    ]);
    let alice = world.user("alice", statements).await;
    let message = refusal(&world, &alice, "DeleteUser", json!({"UserName": "alice"})).await;
    assert!(message.ends_with("user/alice with an explicit deny in an identity-based policy"), "{message}");

    let boundary = json!({"UserName": "alice", "PermissionsBoundary": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"});
    world.iam("PutUserPermissionsBoundary", boundary).await.unwrap();
    let message = refusal(&world, &alice, "CreateGroup", json!({"GroupName": "g"})).await;
    assert!(message.ends_with("because no permissions boundary allows the iam:CreateGroup action"), "{message}");
    world.call_as(&alice, "iam", "GetUser", json!({})).await.unwrap();
    world.iam("DeleteUserPermissionsBoundary", json!({"UserName": "alice"})).await.unwrap();
    world.call_as(&alice, "iam", "CreateGroup", json!({"GroupName": "g"})).await.unwrap();
}

#[tokio::test]
async fn the_json_services_answer_400_and_the_others_403() {
    let world = World::new().await;
    let alice = world.user("alice", allow("sts:*", "*")).await;
    for (action, status) in [
        ("cloudtrail:CreateTrail", 400),
        ("logs:CreateLogGroup", 400),
        ("config:PutConfigRule", 400),
        ("ssm:PutParameter", 400),
        ("cloudwatch:PutMetricData", 403),
        ("sns:Publish", 403),
    ] {
        let wanted = api::Authorization {
            action: action.to_owned(),
            resources: vec!["*".to_owned()],
            conditions: Vec::new(),
            resource_conditions: Vec::new(),
            resource_policies: Vec::new(),
            exempt: false,
        };
        let error = world.identity.authenticator().authorize(&context(alice.clone()), &wanted).unwrap_err();
        assert_eq!(error.status, status, "{action}");
    }
}

#[tokio::test]
async fn every_resource_must_be_allowed() {
    let world = World::new().await;
    let alice = world.user("alice", allow("logs:*", "arn:aws:logs:*:*:log-group:a*")).await;
    let wanted = |resources: &[&str]| api::Authorization {
        action: "logs:StartQuery".to_owned(),
        resources: resources.iter().map(|name| format!("arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}")).collect(),
        conditions: Vec::new(),
        resource_conditions: Vec::new(),
        resource_policies: Vec::new(),
        exempt: false,
    };
    let authenticator = world.identity.authenticator();
    let cx = context(alice);
    authenticator.authorize(&cx, &wanted(&["a1", "a2"])).unwrap();
    let error = authenticator.authorize(&cx, &wanted(&["a1", "b"])).unwrap_err();
    assert!(error.message.unwrap().contains("log-group:b because"));
}

#[tokio::test]
async fn each_resource_is_weighed_with_its_own_conditions() {
    let world = World::new().await;
    let statements = json!([
        {"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"StringEquals": {"aws:ResourceTag/env": "prod"}}},
    ]);
    let alice = world.user("alice", statements).await;
    let arn = |name: &str| format!("arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}");
    let tagged = |name: &str, env: &str| (arn(name), vec![("aws:ResourceTag/env".to_owned(), vec![env.to_owned()])]);
    let wanted = |names: &[&str]| api::Authorization {
        action: "logs:StartQuery".to_owned(),
        resources: names.iter().map(|name| arn(name)).collect(),
        conditions: Vec::new(),
        resource_conditions: vec![tagged("tried", "test"), tagged("live", "prod")],
        resource_policies: Vec::new(),
        exempt: false,
    };
    let authenticator = world.identity.authenticator();
    let cx = context(alice);
    authenticator.authorize(&cx, &wanted(&["tried", "plain"])).unwrap();
    for names in [["live", "tried"], ["tried", "live"]] {
        let error = authenticator.authorize(&cx, &wanted(&names)).unwrap_err();
        assert!(error.message.unwrap().contains("log-group:live"), "{names:?}");
    }
}

#[tokio::test]
async fn groups_and_managed_policies_count_and_changes_take_effect_at_once() {
    let world = World::new().await;
    let alice = world.user("alice", allow("sts:*", "*")).await;
    world.iam("CreateGroup", json!({"GroupName": "admins"})).await.unwrap();
    let arn = "arn:aws:iam::aws:policy/IAMFullAccess";
    world.iam("AttachGroupPolicy", json!({"GroupName": "admins", "PolicyArn": arn})).await.unwrap();
    let create = |name: &'static str| world.call_as(&alice, "iam", "CreateUser", json!({"UserName": name}));
    create("a").await.unwrap_err();
    let membership = json!({"GroupName": "Admins", "UserName": "Alice"});
    world.iam("AddUserToGroup", membership.clone()).await.unwrap();
    create("a").await.unwrap();
    world.iam("RemoveUserFromGroup", membership).await.unwrap();
    create("b").await.unwrap_err();

    let text = policy(allow("iam:CreateUser", "*"));
    let made = world.iam("CreatePolicy", json!({"PolicyName": "p", "PolicyDocument": text})).await.unwrap();
    let arn = made["Policy"]["Arn"].clone();
    world.iam("AttachUserPolicy", json!({"UserName": "alice", "PolicyArn": arn})).await.unwrap();
    create("c").await.unwrap();
    let text = policy(allow("iam:GetUser", "*"));
    let version = json!({"PolicyArn": arn, "PolicyDocument": text, "SetAsDefault": true});
    world.iam("CreatePolicyVersion", version).await.unwrap();
    create("d").await.unwrap_err();
    world.iam("SetDefaultPolicyVersion", json!({"PolicyArn": arn, "VersionId": "v1"})).await.unwrap();
    create("d").await.unwrap();
}

#[tokio::test]
async fn conditions_see_the_request_and_the_resource() {
    let world = World::new().await;
    let statements = json!([
        {"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*",
         "Condition": {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}},
        {"Effect": "Allow", "Action": ["iam:CreateUser", "iam:TagUser"], "Resource": "*",
         "Condition": {"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"},
                       "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}},
        {"Effect": "Allow", "Action": "iam:DeleteUser", "Resource": "*",
         "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
        {"Effect": "Allow", "Action": "iam:*AccessKey*", "Resource": "arn:aws:iam::*:user/${aws:username}"}
    ]);
    let alice = world.user("alice", statements).await;
    world.iam("TagUser", json!({"UserName": "alice", "Tags": [{"Key": "team", "Value": "red"}]})).await.unwrap();
    world.iam("CreateUser", json!({"UserName": "carol"})).await.unwrap();
    let tags = |value: &str| json!([{"Key": "team", "Value": value}]);
    let attach = |policy: &str| json!({"UserName": "carol", "PolicyArn": format!("arn:aws:iam::aws:policy/{policy}")});
    for (operation, input, allowed) in [
        ("AttachUserPolicy", attach("AdministratorAccess"), false),
        ("AttachUserPolicy", attach("ReadOnlyAccess"), true),
        ("CreateUser", json!({"UserName": "bob"}), false),
        ("CreateUser", json!({"UserName": "bob", "Tags": tags("blue")}), false),
        ("CreateUser", json!({"UserName": "bob", "Tags": tags("red")}), true),
        (
            "TagUser",
            json!({"UserName": "bob", "Tags": [{"Key": "team", "Value": "red"}, {"Key": "x", "Value": ""}]}),
            false,
        ),
        ("DeleteUser", json!({"UserName": "carol"}), false),
        ("DeleteUser", json!({"UserName": "bob"}), true),
        ("CreateAccessKey", json!({"UserName": "carol"}), false),
        ("CreateAccessKey", json!({"UserName": "alice"}), true),
        ("ListAccessKeys", json!({}), true),
    ] {
        let result = world.call_as(&alice, "iam", operation, input.clone()).await;
        assert_eq!(result.is_ok(), allowed, "{operation} {input}: {result:?}");
    }
}

#[tokio::test]
async fn sessions_without_mfa_cannot_call_iam() {
    let world = World::new().await;
    let answer = world.sts(&root(), "GetSessionToken", json!({})).await.unwrap();
    let session = world.sign_in(&answer["Credentials"]);
    let (code, message) = world.call_as(&session, "iam", "ListUsers", json!({})).await.unwrap_err();
    assert_eq!(code, "InvalidClientTokenId");
    assert_eq!(message, "The security token included in the request is invalid.");
    world.sts(&session, "GetCallerIdentity", json!({})).await.unwrap();
}
