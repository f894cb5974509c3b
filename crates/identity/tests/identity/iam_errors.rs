//! Every refusal of IAM once, with AWS's code and words.

use serde_json::{Value as Json, json};

use super::world::*;

const OWN: &str = "arn:aws:iam::111122223333:policy/p";

/// Users `full` (two keys, a group, policies) and `bare`; groups `g` and `empty`; roles
/// `r` and `bare`; policy `p`, attached.
async fn furnished() -> World {
    let world = World::new().await;
    let document = policy(allow("s3:GetObject", "*"));
    let run = |operation: &'static str, input: Json| {
        let world = &world;
        async move {
            world.iam(operation, input.clone()).await.unwrap_or_else(|error| panic!("{operation} {input}: {error:?}"))
        }
    };
    run("CreatePolicy", json!({"PolicyName": "p", "PolicyDocument": document})).await;
    for name in ["full", "bare", "keyed", "member", "inline"] {
        run("CreateUser", json!({"UserName": name})).await;
    }
    for name in ["g", "empty"] {
        run("CreateGroup", json!({"GroupName": name})).await;
    }
    for name in ["r", "bare", "inline"] {
        run("CreateRole", json!({"RoleName": name, "AssumeRolePolicyDocument": trust(json!("*"))})).await;
    }
    run("CreateAccessKey", json!({"UserName": "keyed"})).await;
    run("CreateAccessKey", json!({"UserName": "keyed"})).await;
    run("AttachUserPolicy", json!({"UserName": "full", "PolicyArn": OWN})).await;
    run("AttachGroupPolicy", json!({"GroupName": "g", "PolicyArn": OWN})).await;
    run("AttachRolePolicy", json!({"RoleName": "r", "PolicyArn": OWN})).await;
    run("AddUserToGroup", json!({"UserName": "member", "GroupName": "empty"})).await;
    run("PutUserPolicy", json!({"UserName": "inline", "PolicyName": "i", "PolicyDocument": document})).await;
    run("PutRolePolicy", json!({"RoleName": "inline", "PolicyName": "i", "PolicyDocument": document})).await;
    run("CreateAccountAlias", json!({"AccountAlias": "acme"})).await;
    world
}

#[tokio::test]
async fn refusals_of_iam() {
    let world = furnished().await;
    let document = policy(allow("s3:GetObject", "*"));
    let long = |chars: usize| policy(allow("s3:GetObject", &format!("arn:aws:s3:::{}", "x".repeat(chars))));
    let principal = |principal: &str| trust(json!({"AWS": principal}));
    let none = "arn:aws:iam::111122223333:policy/none";
    let many: Vec<Json> = (0..51).map(|n| json!({"Key": format!("k{n}"), "Value": ""})).collect();
    let examples: Vec<(&str, Json, &str, String)> = vec![
        ("GetUser", json!({"UserName": "none"}), "NoSuchEntity", "The user with name none cannot be found.".into()),
        ("GetGroup", json!({"GroupName": "none"}), "NoSuchEntity", "The group with name none cannot be found.".into()),
        ("GetRole", json!({"RoleName": "none"}), "NoSuchEntity", "The role with name none cannot be found.".into()),
        ("GetPolicy", json!({"PolicyArn": none}), "NoSuchEntity", format!("Policy {none} was not found.")),
        ("GetPolicy", json!({"PolicyArn": "arn:aws:iam::111122223333:policy/x/p"}), "NoSuchEntity", "Policy arn:aws:iam::111122223333:policy/x/p was not found.".into()),
        ("GetPolicy", json!({"PolicyArn": "arn:aws:iam::444455556666:policy/p"}), "NoSuchEntity", "Policy arn:aws:iam::444455556666:policy/p was not found.".into()),
        ("GetPolicy", json!({"PolicyArn": "arn:aws:s3:::bucket/policy"}), "InvalidInput", "ARN arn:aws:s3:::bucket/policy is not valid.".into()),
        ("GetPolicyVersion", json!({"PolicyArn": OWN, "VersionId": "v9"}), "NoSuchEntity", format!("Policy {OWN} version v9 does not exist or is not attachable.")),
        ("GetUserPolicy", json!({"UserName": "bare", "PolicyName": "x"}), "NoSuchEntity", "The user policy with name x cannot be found.".into()),
        ("GetGroupPolicy", json!({"GroupName": "g", "PolicyName": "x"}), "NoSuchEntity", "The group policy with name x cannot be found.".into()),
        ("DeleteRolePolicy", json!({"RoleName": "r", "PolicyName": "x"}), "NoSuchEntity", "The role policy with name x cannot be found.".into()),
        ("DeleteAccessKey", json!({"UserName": "bare", "AccessKeyId": "AKIANONE"}), "NoSuchEntity", "The Access Key with id AKIANONE cannot be found.".into()),
        ("GetAccessKeyLastUsed", json!({"AccessKeyId": "AKIANONE"}), "NoSuchEntity", "The Access Key with id AKIANONE cannot be found.".into()),
        ("UpdateAccessKey", json!({"UserName": "bare", "AccessKeyId": "AKIANONE", "Status": "Expired"}), "InvalidInput", "The status of an access key cannot be set to Expired.".into()),
        ("DeleteAccountAlias", json!({"AccountAlias": "other"}), "NoSuchEntity", "The account alias with name other cannot be found.".into()),
        ("DetachUserPolicy", json!({"UserName": "bare", "PolicyArn": OWN}), "NoSuchEntity", format!("Policy {OWN} was not found.")),
        ("AttachUserPolicy", json!({"UserName": "bare", "PolicyArn": none}), "NoSuchEntity", format!("Policy {none} does not exist or is not attachable.")),
        ("PutUserPermissionsBoundary", json!({"UserName": "bare", "PermissionsBoundary": none}), "NoSuchEntity", format!("Scope ARN: {none} does not exist or is not attachable.")),
        ("CreateUser", json!({"UserName": "x", "PermissionsBoundary": none}), "NoSuchEntity", format!("Scope ARN: {none} does not exist or is not attachable.")),
        ("CreateUser", json!({"UserName": "BARE"}), "EntityAlreadyExists", "User with name BARE already exists.".into()),
        ("CreateGroup", json!({"GroupName": "G"}), "EntityAlreadyExists", "Group with name G already exists.".into()),
        ("CreateRole", json!({"RoleName": "R", "AssumeRolePolicyDocument": trust(json!("*"))}), "EntityAlreadyExists", "Role with name R already exists.".into()),
        ("CreatePolicy", json!({"PolicyName": "P", "Path": "/x/", "PolicyDocument": document}), "EntityAlreadyExists", "A policy called P already exists. Duplicate names are not allowed.".into()),
        ("CreateAccountAlias", json!({"AccountAlias": "acme"}), "EntityAlreadyExists", "The account alias acme already exists.".into()),
        ("UpdateUser", json!({"UserName": "bare", "NewUserName": "Full"}), "EntityAlreadyExists", "User with name Full already exists.".into()),
        ("UpdateGroup", json!({"GroupName": "empty", "NewGroupName": "G"}), "EntityAlreadyExists", "Group with name G already exists.".into()),
        ("DeleteUser", json!({"UserName": "keyed"}), "DeleteConflict", "Cannot delete entity, must delete access keys first.".into()),
        ("DeleteUser", json!({"UserName": "full"}), "DeleteConflict", "Cannot delete entity, must detach all policies first.".into()),
        ("DeleteUser", json!({"UserName": "inline"}), "DeleteConflict", "Cannot delete entity, must delete policies first.".into()),
        ("DeleteUser", json!({"UserName": "member"}), "DeleteConflict", "Cannot delete entity, must remove users from group first.".into()),
        ("DeleteGroup", json!({"GroupName": "empty"}), "DeleteConflict", "Cannot delete entity, must remove users from group first.".into()),
        ("DeleteGroup", json!({"GroupName": "g"}), "DeleteConflict", "Cannot delete entity, must detach all policies first.".into()),
        ("DeleteRole", json!({"RoleName": "r"}), "DeleteConflict", "Cannot delete entity, must detach all policies first.".into()),
        ("DeleteRole", json!({"RoleName": "inline"}), "DeleteConflict", "Cannot delete entity, must delete policies first.".into()),
        ("DeletePolicy", json!({"PolicyArn": OWN}), "DeleteConflict", "Cannot delete a policy attached to entities.".into()),
        ("DeletePolicyVersion", json!({"PolicyArn": OWN, "VersionId": "v1"}), "DeleteConflict", "Cannot delete the default version of a policy.".into()),
        ("DeletePolicy", json!({"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}), "AccessDenied", "User: arn:aws:iam::111122223333:root is not authorized to perform: iam:DeletePolicy on resource: policy arn:aws:iam::aws:policy/ReadOnlyAccess".into()),
        ("CreateAccessKey", json!({"UserName": "keyed"}), "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2".into()),
        ("PutUserPolicy", json!({"UserName": "bare", "PolicyName": "x", "PolicyDocument": long(2048)}), "LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user bare".into()),
        ("PutGroupPolicy", json!({"GroupName": "g", "PolicyName": "x", "PolicyDocument": long(5120)}), "LimitExceeded", "Maximum policy size of 5120 bytes exceeded for group g".into()),
        ("PutRolePolicy", json!({"RoleName": "r", "PolicyName": "x", "PolicyDocument": long(10_240)}), "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role r".into()),
        ("CreatePolicy", json!({"PolicyName": "x", "PolicyDocument": long(6144)}), "LimitExceeded", "Cannot exceed quota for PolicySize: 6144".into()),
        ("UpdateAssumeRolePolicy", json!({"RoleName": "r", "PolicyDocument": trust(json!({"AWS": "*", "Service": format!("{}.x", "a".repeat(2048))}))}), "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048".into()),
        ("PutUserPolicy", json!({"UserName": "bare", "PolicyName": "x", "PolicyDocument": "{"}), "MalformedPolicyDocument", "Syntax errors in policy.".into()),
        ("UpdateAssumeRolePolicy", json!({"RoleName": "r", "PolicyDocument": "{"}), "MalformedPolicyDocument", "This policy contains invalid Json".into()),
        ("UpdateAssumeRolePolicy", json!({"RoleName": "r", "PolicyDocument": principal("arn:aws:iam::111122223333:user/none")}), "MalformedPolicyDocument", "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:user/none\"".into()),
        ("UpdateAssumeRolePolicy", json!({"RoleName": "r", "PolicyDocument": principal("arn:aws:iam::111122223333:role/*")}), "MalformedPolicyDocument", "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/*\"".into()),
        ("UpdateAssumeRolePolicy", json!({"RoleName": "r", "PolicyDocument": principal("alice")}), "MalformedPolicyDocument", "Invalid principal in policy: \"AWS\":\"alice\"".into()),
        ("UpdateAssumeRolePolicy", json!({"RoleName": "r", "PolicyDocument": trust(json!({"Service": "config"}))}), "MalformedPolicyDocument", "Invalid principal in policy: \"SERVICE\":\"config\"".into()),
        ("TagUser", json!({"UserName": "bare", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]}), "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.".into()),
        ("TagRole", json!({"RoleName": "r", "Tags": [{"Key": "AWS:x", "Value": ""}]}), "InvalidInput", "aws: prefixed tag key names are not allowed for external use.".into()),
        ("TagPolicy", json!({"PolicyArn": OWN, "Tags": many}), "LimitExceeded", "The number of tags has reached the maximum limit.".into()),
        ("ListUsers", json!({"Marker": "???"}), "ValidationError", "Invalid Marker.".into()),
        ("SimulateCustomPolicy", json!({"PolicyInputList": ["{"], "ActionNames": ["a:b"]}), "InvalidInput", "Invalid Policy Document at PolicyInputList.member.1: Syntax errors in policy.".into()),
        ("SimulatePrincipalPolicy", json!({"PolicySourceArn": "arn:aws:iam::111122223333:root", "ActionNames": ["a:b"]}), "InvalidInput", "Invalid Entity Arn: arn:aws:iam::111122223333:root does not clearly define entity type and name.".into()),
    ];
    for (operation, input, code, message) in examples {
        match world.iam(operation, input.clone()).await {
            Err(failure) => assert_eq!(failure, (code.to_owned(), message), "{operation} {input}"),
            Ok(answer) => panic!("{operation} {input} was accepted: {answer}"),
        }
    }
}

#[tokio::test]
async fn quotas_of_versions_groups_and_attachments() {
    let world = World::new().await;
    let document = policy(allow("s3:GetObject", "*"));
    world.iam("CreateUser", json!({"UserName": "u"})).await.unwrap();
    for n in 0..11 {
        let made = world
            .iam("CreatePolicy", json!({"PolicyName": format!("p{n}"), "PolicyDocument": document}))
            .await
            .unwrap();
        world.iam("CreateGroup", json!({"GroupName": format!("g{n}")})).await.unwrap();
        let attach = world.iam("AttachUserPolicy", json!({"UserName": "u", "PolicyArn": made["Policy"]["Arn"]})).await;
        let join = world.iam("AddUserToGroup", json!({"UserName": "u", "GroupName": format!("g{n}")})).await;
        assert_eq!((attach.is_ok(), join.is_ok()), (n < 10, n < 10), "{n}");
        if n == 10 {
            assert_eq!(
                attach.unwrap_err(),
                ("LimitExceeded".into(), "Cannot exceed quota for PoliciesPerUser: 10".into())
            );
            assert_eq!(join.unwrap_err(), ("LimitExceeded".into(), "Cannot exceed quota for GroupsPerUser: 10".into()));
        }
    }
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/p10");
    for _ in 2..=5 {
        world.iam("CreatePolicyVersion", json!({"PolicyArn": arn, "PolicyDocument": document})).await.unwrap();
    }
    let failure =
        world.iam("CreatePolicyVersion", json!({"PolicyArn": arn, "PolicyDocument": document})).await.unwrap_err();
    assert_eq!(failure.0, "LimitExceeded");
    assert!(failure.1.starts_with("A managed policy can have up to 5 versions. Before you create"));
    let failure = world.iam("DeletePolicy", json!({"PolicyArn": arn})).await.unwrap_err();
    assert_eq!(failure.0, "DeleteConflict");
    assert!(failure.1.starts_with("This policy has more than one version. Before you delete a policy, you must"));
}

#[tokio::test]
async fn roles_have_no_user_of_their_own() {
    let world = World::new().await;
    let role = world.role("ops", json!({"AWS": ACCOUNT})).await;
    let input = json!({"RoleName": "ops", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    world.iam("AttachRolePolicy", input).await.unwrap();
    let answer = world.sts(&root(), "AssumeRole", json!({"RoleArn": role, "RoleSessionName": "s1"})).await.unwrap();
    let session = world.sign_in(&answer["Credentials"]);
    for operation in ["GetUser", "CreateAccessKey", "ListAccessKeys"] {
        let failure = world.call_as(&session, "iam", operation, json!({})).await.unwrap_err();
        let message = "Must specify userName when calling with non-User credentials";
        assert_eq!(failure, ("ValidationError".to_owned(), message.to_owned()), "{operation}");
    }
}

#[tokio::test]
async fn an_operation_that_is_not_built_says_so() {
    let world = World::new().await;
    let service = world.identity.iam();
    let operation = service.schema().operation("CreateSAMLProvider").unwrap();
    let input = wire::value::Value::Struct(wire::value::Struct::new(operation.input.unwrap()));
    let error = service.call(&context(root()), operation, input).await.unwrap_err();
    assert_eq!(
        (error.status, error.message.as_deref()),
        (501, Some("Trailwatch does not implement CreateSAMLProvider of iam."))
    );
}

#[tokio::test]
async fn an_account_has_so_many_groups() {
    let world = World::new().await;
    for n in 0..300 {
        world.iam("CreateGroup", json!({"GroupName": format!("g{n}")})).await.unwrap();
    }
    let failure = world.iam("CreateGroup", json!({"GroupName": "g300"})).await.unwrap_err();
    assert_eq!(failure, ("LimitExceeded".into(), "Cannot exceed quota for GroupsPerAccount: 300".into()));
}
