//! What IAM's operations do when all is well.

use serde_json::{Value as Json, json};

use super::world::*;

async fn run(world: &World, operation: &str, input: Json) -> Json {
    world.iam(operation, input.clone()).await.unwrap_or_else(|error| panic!("{operation} {input}: {error:?}"))
}

#[tokio::test]
async fn a_user_from_creation_to_deletion() {
    let world = World::new().await;
    let tags = json!([{"Key": "team", "Value": "red"}]);
    let boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let input = json!({"UserName": "Alice", "Path": "/ops/", "Tags": tags, "PermissionsBoundary": boundary});
    let made = run(&world, "CreateUser", input).await["User"].clone();
    assert!(made["UserId"].as_str().unwrap().starts_with("AIDA"));
    assert_eq!(made["Arn"], format!("arn:aws:iam::{ACCOUNT}:user/ops/Alice"));
    assert_eq!(made["CreateDate"], NOW.iso());
    assert_eq!(made["Tags"], tags);
    assert_eq!(
        made["PermissionsBoundary"],
        json!({"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": boundary})
    );
    assert_eq!(run(&world, "GetUser", json!({"UserName": "ALICE"})).await["User"], made);
    let listed = run(&world, "ListUsers", json!({})).await;
    assert_eq!(listed["Users"][0].get("Tags"), None, "lists leave tags out");
    assert_eq!(listed["IsTruncated"], false);

    run(&world, "UpdateUser", json!({"UserName": "Alice", "NewUserName": "Alicia", "NewPath": "/"})).await;
    let renamed = run(&world, "GetUser", json!({"UserName": "alicia"})).await["User"].clone();
    assert_eq!(renamed["UserId"], made["UserId"]);
    assert_eq!(renamed["Arn"], format!("arn:aws:iam::{ACCOUNT}:user/Alicia"));
    run(&world, "UpdateUser", json!({"UserName": "alicia", "NewUserName": "ALICIA"})).await;
    run(&world, "DeleteUser", json!({"UserName": "Alicia"})).await;
    assert_eq!(run(&world, "ListUsers", json!({})).await["Users"], json!([]));
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let world = World::new().await;
    let alice = world.user("alice", allow("iam:*", "*")).await;
    world.role("ops", json!({"AWS": ACCOUNT})).await;
    let before = run(&world, "GetRole", json!({"RoleName": "ops"})).await;
    let after = world.restarted().await;
    assert_eq!(run(&after, "GetRole", json!({"RoleName": "ops"})).await, before);
    after.call_as(&alice, "iam", "ListUsers", json!({})).await.unwrap();
}

#[tokio::test]
async fn lists_are_paged_and_filtered_by_path() {
    let world = World::new().await;
    for (name, path) in [("a", "/x/"), ("B", "/x/y/"), ("c", "/z/"), ("D", "/x/")] {
        run(&world, "CreateUser", json!({"UserName": name, "Path": path})).await;
    }
    let names = |answer: &Json| -> Vec<String> {
        answer["Users"].as_array().unwrap().iter().map(|user| user["UserName"].as_str().unwrap().to_owned()).collect()
    };
    let first = run(&world, "ListUsers", json!({"PathPrefix": "/x/", "MaxItems": 2})).await;
    assert_eq!((names(&first), &first["IsTruncated"]), (vec!["a".to_owned(), "B".to_owned()], &json!(true)));
    let input = json!({"PathPrefix": "/x/", "MaxItems": 2, "Marker": first["Marker"]});
    let second = run(&world, "ListUsers", input).await;
    assert_eq!((names(&second), second.get("Marker")), (vec!["D".to_owned()], None));
}

#[tokio::test]
async fn access_keys_show_their_secret_once() {
    let world = World::new().await;
    run(&world, "CreateUser", json!({"UserName": "Alice"})).await;
    let made = run(&world, "CreateAccessKey", json!({"UserName": "alice"})).await["AccessKey"].clone();
    assert_eq!((&made["UserName"], &made["Status"]), (&json!("Alice"), &json!("Active")));
    assert_eq!(made["SecretAccessKey"].as_str().unwrap().len(), 40);
    let listed = run(&world, "ListAccessKeys", json!({"UserName": "Alice"})).await;
    let expected =
        json!([{"UserName": "Alice", "AccessKeyId": made["AccessKeyId"], "Status": "Active", "CreateDate": NOW.iso()}]);
    assert_eq!(listed["AccessKeyMetadata"], expected);
    let of_root = run(&world, "CreateAccessKey", json!({})).await["AccessKey"].clone();
    assert!(matches!(world.sign_in(&of_root), api::Principal::Root { .. }));
    assert_eq!(run(&world, "ListAccessKeys", json!({})).await["AccessKeyMetadata"].as_array().unwrap().len(), 1);
    run(&world, "DeleteAccessKey", json!({"AccessKeyId": of_root["AccessKeyId"]})).await;
}

#[tokio::test]
async fn the_caller_is_the_user_when_none_is_named() {
    let world = World::new().await;
    let alice = world.user("alice", allow("iam:*", "*")).await;
    let answer = world.call_as(&alice, "iam", "GetUser", json!({})).await.unwrap();
    assert_eq!(answer["User"]["UserName"], "alice");
    let made = world.call_as(&alice, "iam", "CreateAccessKey", json!({})).await.unwrap();
    assert_eq!(made["AccessKey"]["UserName"], "alice");
    let of_root = run(&world, "GetUser", json!({})).await;
    assert_eq!(
        (&of_root["User"]["UserId"], &of_root["User"]["Arn"]),
        (&json!(ACCOUNT), &json!(format!("arn:aws:iam::{ACCOUNT}:root")))
    );
}

#[tokio::test]
async fn inline_policies_of_every_holder() {
    let world = World::new().await;
    run(&world, "CreateUser", json!({"UserName": "h"})).await;
    run(&world, "CreateGroup", json!({"GroupName": "h"})).await;
    world.role("h", json!("*")).await;
    let document = policy(allow("s3:GetObject", "arn:aws:s3:::b/*"));
    let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGetObject%22%2C%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Ab%2F%2A%22%7D%5D%7D";
    for holder in ["User", "Group", "Role"] {
        let member = format!("{holder}Name");
        let input = |extra: Json| {
            let mut input = extra;
            input[&member] = json!("h");
            input
        };
        let put = input(json!({"PolicyName": "p", "PolicyDocument": document}));
        run(&world, &format!("Put{holder}Policy"), put.clone()).await;
        run(&world, &format!("Put{holder}Policy"), put).await;
        let read = run(&world, &format!("Get{holder}Policy"), input(json!({"PolicyName": "p"}))).await;
        assert_eq!(read, input(json!({"PolicyName": "p", "PolicyDocument": encoded})));
        let listed = run(&world, &format!("List{holder}Policies"), input(json!({}))).await;
        assert_eq!(listed["PolicyNames"], json!(["p"]));
        run(&world, &format!("Delete{holder}Policy"), input(json!({"PolicyName": "p"}))).await;
        let listed = run(&world, &format!("List{holder}Policies"), input(json!({}))).await;
        assert_eq!(listed["PolicyNames"], json!([]));
    }
}

#[tokio::test]
async fn attached_policies_of_every_holder_and_who_uses_them() {
    let world = World::new().await;
    run(&world, "CreateUser", json!({"UserName": "u"})).await;
    run(&world, "CreateGroup", json!({"GroupName": "g"})).await;
    world.role("r", json!("*")).await;
    let document = policy(allow("s3:GetObject", "*"));
    let made = run(&world, "CreatePolicy", json!({"PolicyName": "p", "Path": "/x/", "PolicyDocument": document})).await;
    let own = made["Policy"]["Arn"].as_str().unwrap();
    let theirs = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess";
    for (holder, name) in [("User", "u"), ("Group", "g"), ("Role", "r")] {
        let input = |arn: &str| json!({format!("{holder}Name"): name, "PolicyArn": arn});
        for arn in [own, theirs, own] {
            run(&world, &format!("Attach{holder}Policy"), input(arn)).await;
        }
        let listed =
            run(&world, &format!("ListAttached{holder}Policies"), json!({format!("{holder}Name"): name})).await;
        let expected =
            json!([{"PolicyName": "p", "PolicyArn": own}, {"PolicyName": "ViewOnlyAccess", "PolicyArn": theirs}]);
        assert_eq!(listed["AttachedPolicies"], expected);
        run(&world, &format!("Detach{holder}Policy"), input(theirs)).await;
        let input = json!({format!("{holder}Name"): name, "PathPrefix": "/x/"});
        let listed = run(&world, &format!("ListAttached{holder}Policies"), input).await;
        assert_eq!(listed["AttachedPolicies"].as_array().unwrap().len(), 1);
    }
    run(&world, "PutRolePermissionsBoundary", json!({"RoleName": "r", "PermissionsBoundary": own})).await;
    let read = run(&world, "GetPolicy", json!({"PolicyArn": own})).await["Policy"].clone();
    assert_eq!((&read["AttachmentCount"], &read["PermissionsBoundaryUsageCount"]), (&json!(3), &json!(1)));
    let entities = run(&world, "ListEntitiesForPolicy", json!({"PolicyArn": own})).await;
    assert_eq!(entities["PolicyUsers"][0]["UserName"], "u");
    assert_eq!(entities["PolicyGroups"][0]["GroupName"], "g");
    assert_eq!(entities["PolicyRoles"][0]["RoleName"], "r");
    let input = json!({"PolicyArn": own, "PolicyUsageFilter": "PermissionsBoundary"});
    let bounded = run(&world, "ListEntitiesForPolicy", input).await;
    assert_eq!((&bounded["PolicyUsers"], bounded["PolicyRoles"].as_array().unwrap().len()), (&json!([]), 1));
    let only = run(&world, "ListEntitiesForPolicy", json!({"PolicyArn": own, "EntityFilter": "Group"})).await;
    assert_eq!((&only["PolicyUsers"], only["PolicyGroups"].as_array().unwrap().len()), (&json!([]), 1));
}

#[tokio::test]
async fn a_managed_policy_and_its_versions() {
    let world = World::new().await;
    let (one, two) = (policy(allow("s3:GetObject", "*")), policy(allow("s3:PutObject", "*")));
    let input =
        json!({"PolicyName": "p", "PolicyDocument": one, "Description": "d", "Tags": [{"Key": "k", "Value": "v"}]});
    let made = run(&world, "CreatePolicy", input).await["Policy"].clone();
    assert_eq!((&made["DefaultVersionId"], &made["AttachmentCount"]), (&json!("v1"), &json!(0)));
    let arn = made["Arn"].clone();
    let added = run(&world, "CreatePolicyVersion", json!({"PolicyArn": arn, "PolicyDocument": two})).await;
    assert_eq!(
        (&added["PolicyVersion"]["VersionId"], &added["PolicyVersion"]["IsDefaultVersion"]),
        (&json!("v2"), &json!(false))
    );
    run(&world, "SetDefaultPolicyVersion", json!({"PolicyArn": arn, "VersionId": "v2"})).await;
    run(&world, "DeletePolicyVersion", json!({"PolicyArn": arn, "VersionId": "v1"})).await;
    let added =
        run(&world, "CreatePolicyVersion", json!({"PolicyArn": arn, "PolicyDocument": one, "SetAsDefault": true}))
            .await;
    assert_eq!(added["PolicyVersion"]["VersionId"], "v3", "numbers are not used again");
    let versions = run(&world, "ListPolicyVersions", json!({"PolicyArn": arn})).await["Versions"].clone();
    assert_eq!((&versions[0]["VersionId"], &versions[0]["IsDefaultVersion"]), (&json!("v3"), &json!(true)));
    let read =
        run(&world, "GetPolicyVersion", json!({"PolicyArn": arn, "VersionId": "v2"})).await["PolicyVersion"].clone();
    assert!(read["Document"].as_str().unwrap().contains("s3%3APutObject"));
    let read = run(&world, "GetPolicy", json!({"PolicyArn": arn})).await["Policy"].clone();
    assert_eq!((&read["DefaultVersionId"], &read["Description"]), (&json!("v3"), &json!("d")));
    run(&world, "DeletePolicyVersion", json!({"PolicyArn": arn, "VersionId": "v2"})).await;
    run(&world, "DeletePolicy", json!({"PolicyArn": arn})).await;
}

#[tokio::test]
async fn policies_are_listed_by_scope_and_use() {
    let world = World::new().await;
    run(&world, "CreateUser", json!({"UserName": "u"})).await;
    let document = policy(allow("s3:GetObject", "*"));
    run(&world, "CreatePolicy", json!({"PolicyName": "mine", "PolicyDocument": document})).await;
    let theirs = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    run(&world, "AttachUserPolicy", json!({"UserName": "u", "PolicyArn": theirs})).await;
    for (input, expected) in [
        (json!({"Scope": "Local"}), 1),
        (json!({"Scope": "AWS"}), 20),
        (json!({}), 21),
        (json!({"OnlyAttached": true}), 1),
        (json!({"PolicyUsageFilter": "PermissionsBoundary"}), 0),
        (json!({"PathPrefix": "/service-role/"}), 1),
        (json!({"MaxItems": 5}), 5),
    ] {
        let listed = run(&world, "ListPolicies", input.clone()).await;
        assert_eq!(listed["Policies"].as_array().unwrap().len(), expected, "{input}");
    }
    let read = run(&world, "GetPolicyVersion", json!({"PolicyArn": theirs, "VersionId": "v1"})).await;
    assert_eq!(read["PolicyVersion"]["IsDefaultVersion"], true);
}

#[tokio::test]
async fn groups_and_their_members() {
    let world = World::new().await;
    run(&world, "CreateUser", json!({"UserName": "u"})).await;
    let made = run(&world, "CreateGroup", json!({"GroupName": "Ops", "Path": "/x/"})).await["Group"].clone();
    assert!(made["GroupId"].as_str().unwrap().starts_with("AGPA"));
    run(&world, "AddUserToGroup", json!({"GroupName": "ops", "UserName": "u"})).await;
    run(&world, "AddUserToGroup", json!({"GroupName": "ops", "UserName": "u"})).await;
    run(&world, "UpdateGroup", json!({"GroupName": "Ops", "NewGroupName": "Operators"})).await;
    let read = run(&world, "GetGroup", json!({"GroupName": "Operators"})).await;
    assert_eq!((&read["Group"]["GroupId"], &read["Users"][0]["UserName"]), (&made["GroupId"], &json!("u")));
    let groups = run(&world, "ListGroupsForUser", json!({"UserName": "u"})).await;
    assert_eq!(groups["Groups"][0]["Arn"], format!("arn:aws:iam::{ACCOUNT}:group/x/Operators"));
    run(&world, "RemoveUserFromGroup", json!({"GroupName": "Operators", "UserName": "u"})).await;
    run(&world, "DeleteGroup", json!({"GroupName": "Operators"})).await;
    assert_eq!(run(&world, "ListGroups", json!({})).await["Groups"], json!([]));
}

#[tokio::test]
async fn roles_and_their_settings() {
    let world = World::new().await;
    let document = trust(json!({"Service": "config.amazonaws.com"}));
    let input = json!({"RoleName": "R", "Path": "/x/", "AssumeRolePolicyDocument": document, "Description": "d"});
    let made = run(&world, "CreateRole", input).await["Role"].clone();
    assert!(made["RoleId"].as_str().unwrap().starts_with("AROA"));
    assert_eq!((&made["MaxSessionDuration"], &made["Description"]), (&json!(3600), &json!("d")));
    assert!(made["AssumeRolePolicyDocument"].as_str().unwrap().starts_with("%7B%22Version%22"));
    run(&world, "UpdateRole", json!({"RoleName": "r", "MaxSessionDuration": 7200})).await;
    let changed = run(&world, "UpdateRoleDescription", json!({"RoleName": "r", "Description": "e"})).await;
    assert_eq!((&changed["Role"]["MaxSessionDuration"], &changed["Role"]["Description"]), (&json!(7200), &json!("e")));
    run(&world, "UpdateAssumeRolePolicy", json!({"RoleName": "r", "PolicyDocument": trust(json!("*"))})).await;
    let answer =
        world.sts(&root(), "AssumeRole", json!({"RoleArn": made["Arn"], "RoleSessionName": "s1"})).await.unwrap();
    let session = world.sign_in(&answer["Credentials"]);
    world.sts(&session, "GetCallerIdentity", json!({})).await.unwrap();
    let read = run(&world, "GetRole", json!({"RoleName": "r"})).await["Role"].clone();
    assert_eq!(read["RoleLastUsed"], json!({"LastUsedDate": NOW.iso(), "Region": "us-east-1"}));
    assert_eq!(run(&world, "ListRoles", json!({"PathPrefix": "/x/"})).await["Roles"][0]["RoleName"], "R");
    run(&world, "DeleteRolePermissionsBoundary", json!({"RoleName": "r"})).await;
    run(&world, "DeleteRole", json!({"RoleName": "r"})).await;
}

#[tokio::test]
async fn tags_of_everything_that_has_them() {
    let world = World::new().await;
    run(&world, "CreateUser", json!({"UserName": "h"})).await;
    world.role("h", json!("*")).await;
    let document = policy(allow("s3:GetObject", "*"));
    let made = run(&world, "CreatePolicy", json!({"PolicyName": "h", "PolicyDocument": document})).await;
    let arn = made["Policy"]["Arn"].clone();
    for (kind, member, name) in
        [("User", "UserName", json!("h")), ("Role", "RoleName", json!("h")), ("Policy", "PolicyArn", arn)]
    {
        let with = |extra: Json| {
            let mut input = extra;
            input[member] = name.clone();
            input
        };
        let tags = json!([{"Key": "b", "Value": "1"}, {"Key": "A", "Value": "2"}]);
        run(&world, &format!("Tag{kind}"), with(json!({"Tags": tags}))).await;
        run(&world, &format!("Tag{kind}"), with(json!({"Tags": [{"Key": "B", "Value": "3"}]}))).await;
        let listed = run(&world, &format!("List{kind}Tags"), with(json!({}))).await;
        assert_eq!(listed["Tags"], json!([{"Key": "A", "Value": "2"}, {"Key": "B", "Value": "3"}]), "{kind}");
        run(&world, &format!("Untag{kind}"), with(json!({"TagKeys": ["a", "none"]}))).await;
        let listed = run(&world, &format!("List{kind}Tags"), with(json!({}))).await;
        assert_eq!(listed["Tags"], json!([{"Key": "B", "Value": "3"}]), "{kind}");
    }
}

#[tokio::test]
async fn the_account_its_alias_and_its_summary() {
    let world = World::new().await;
    run(&world, "CreateUser", json!({"UserName": "u"})).await;
    run(&world, "CreateAccountAlias", json!({"AccountAlias": "acme"})).await;
    run(&world, "CreateAccountAlias", json!({"AccountAlias": "acme-2"})).await;
    assert_eq!(run(&world, "ListAccountAliases", json!({})).await["AccountAliases"], json!(["acme-2"]));
    let summary = run(&world, "GetAccountSummary", json!({})).await["SummaryMap"].clone();
    assert_eq!(
        (&summary["Users"], &summary["Roles"], &summary["AccountAccessKeysPresent"]),
        (&json!(1), &json!(0), &json!(0))
    );
    run(&world, "DeleteAccountAlias", json!({"AccountAlias": "acme-2"})).await;
    assert_eq!(run(&world, "ListAccountAliases", json!({})).await["AccountAliases"], json!([]));
}

#[tokio::test]
async fn simulations_decide_as_real_calls_do() {
    let world = World::new().await;
    world.user("alice", allow("s3:Get*", "arn:aws:s3:::${aws:username}/*")).await;
    let input = json!({
        "PolicySourceArn": format!("arn:aws:iam::{ACCOUNT}:user/alice"),
        "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": ["arn:aws:s3:::alice/x"],
        "PolicyInputList": [policy(json!([{"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}]))]
    });
    let results = run(&world, "SimulatePrincipalPolicy", input).await["EvaluationResults"].clone();
    assert_eq!((&results[0]["EvalDecision"], &results[1]["EvalDecision"]), (&json!("allowed"), &json!("explicitDeny")));
    let matched = &results[0]["MatchedStatements"][0];
    assert_eq!((&matched["SourcePolicyId"], &matched["SourcePolicyType"]), (&json!("own"), &json!("user")));
    assert_eq!(results[1]["MatchedStatements"][0]["SourcePolicyId"], "PolicyInputList.1");

    let conditional = policy(json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}]));
    let simulate = |extra: Json| {
        let mut input = json!({"PolicyInputList": [conditional], "ActionNames": ["s3:GetObject"]});
        input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let world = &world;
        async move { run(world, "SimulateCustomPolicy", input).await["EvaluationResults"][0].clone() }
    };
    let without = simulate(json!({})).await;
    assert_eq!(
        (&without["EvalDecision"], &without["MissingContextValues"]),
        (&json!("implicitDeny"), &json!(["aws:RequestedRegion"]))
    );
    let context = json!([{"ContextKeyName": "aws:requestedregion", "ContextKeyValues": ["eu-west-1"], "ContextKeyType": "string"}]);
    let with = simulate(json!({"ContextEntries": context})).await;
    assert_eq!((&with["EvalDecision"], &with["MissingContextValues"]), (&json!("allowed"), &json!([])));
    let boundary = json!([policy(allow("logs:*", "*"))]);
    let bounded = simulate(json!({"ContextEntries": context, "PermissionsBoundaryPolicyInputList": boundary})).await;
    assert_eq!(bounded["EvalDecision"], "implicitDeny");
    assert_eq!(bounded["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"], false);
}

#[tokio::test]
async fn a_simulated_resource_policy_has_its_say() {
    let world = World::new().await;
    let caller = format!("arn:aws:iam::{ACCOUNT}:user/alice");
    let resource = |effect: &str, principal: &str| {
        policy(
            json!([{"Effect": effect, "Principal": {"AWS": principal}, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}]),
        )
    };
    let silent = policy(allow("logs:*", "*"));
    let allowing = policy(allow("s3:*", "*"));
    for (own, resource_policy, owner, expected) in [
        (&silent, resource("Allow", &caller), None, "allowed"),
        (&silent, resource("Allow", ACCOUNT), None, "implicitDeny"),
        (&allowing, resource("Allow", ACCOUNT), None, "allowed"),
        (&allowing, resource("Deny", &caller), None, "explicitDeny"),
        (&silent, resource("Allow", &caller), Some("arn:aws:iam::444455556666:root"), "implicitDeny"),
        (&allowing, resource("Allow", &caller), Some("arn:aws:iam::444455556666:root"), "allowed"),
        (&allowing, resource("Allow", "999999999999"), Some("arn:aws:iam::444455556666:root"), "implicitDeny"),
    ] {
        let mut input = json!({
            "PolicyInputList": [own], "ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::b/k"],
            "ResourcePolicy": resource_policy, "CallerArn": caller
        });
        if let Some(owner) = owner {
            input["ResourceOwner"] = json!(owner);
        }
        let answer = run(&world, "SimulateCustomPolicy", input).await;
        assert_eq!(answer["EvaluationResults"][0]["EvalDecision"], expected, "{own} {resource_policy} {owner:?}");
    }
}

#[tokio::test]
async fn every_operation_that_has_types_is_built() {
    let world = World::new().await;
    let listed = include_str!("../../../../models/implemented.toml");
    for service in [world.identity.iam(), world.identity.sts()] {
        let name = service.schema().name;
        let section = listed.split(&format!("\n{name} = [")).nth(1).unwrap().split(']').next().unwrap();
        let wanted: Vec<&str> = section.split('"').skip(1).step_by(2).collect();
        let built: Vec<&str> = service.implemented().into_iter().map(|(operation, _)| operation).collect();
        assert_eq!(built, wanted, "{name}");
    }
}

#[tokio::test]
async fn all_of_the_account_and_how_it_belongs_together_is_told_at_once() {
    let world = World::new().await;
    let document = policy(allow("logs:Get*", "*"));
    let made = run(&world, "CreatePolicy", json!({"PolicyName": "read", "PolicyDocument": document})).await;
    let arn = made["Policy"]["Arn"].clone();
    let decoded =
        |text: &Json| percent_encoding::percent_decode_str(text.as_str().unwrap()).decode_utf8().unwrap().into_owned();
    let aws = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    run(&world, "CreateUser", json!({"UserName": "Alice", "Tags": [{"Key": "team", "Value": "red"}]})).await;
    run(&world, "CreateUser", json!({"UserName": "Bob"})).await;
    run(&world, "CreateGroup", json!({"GroupName": "Ops"})).await;
    run(&world, "AddUserToGroup", json!({"GroupName": "Ops", "UserName": "Alice"})).await;
    run(&world, "PutUserPolicy", json!({"UserName": "Alice", "PolicyName": "in", "PolicyDocument": document})).await;
    run(&world, "AttachGroupPolicy", json!({"GroupName": "Ops", "PolicyArn": arn})).await;
    world.role("batch", json!({"AWS": ACCOUNT})).await;
    run(&world, "AttachRolePolicy", json!({"RoleName": "batch", "PolicyArn": aws})).await;

    let all = run(&world, "GetAccountAuthorizationDetails", json!({})).await;
    let alice = &all["UserDetailList"][0];
    assert_eq!((&alice["UserName"], &alice["GroupList"]), (&json!("Alice"), &json!(["Ops"])));
    assert_eq!(alice["Tags"], json!([{"Key": "team", "Value": "red"}]));
    assert_eq!(alice["UserPolicyList"][0]["PolicyName"], "in");
    assert_eq!(decoded(&alice["UserPolicyList"][0]["PolicyDocument"]), document);
    assert_eq!(all["UserDetailList"][1].get("UserPolicyList"), None);
    let attached = json!([{"PolicyName": "read", "PolicyArn": arn}]);
    assert_eq!(all["GroupDetailList"][0]["AttachedManagedPolicies"], attached);
    assert_eq!(all["GroupDetailList"][0]["GroupPolicyList"], json!([]));
    let attached = json!([{"PolicyName": "ReadOnlyAccess", "PolicyArn": aws}]);
    assert_eq!(all["RoleDetailList"][0]["AttachedManagedPolicies"], attached);
    let of_policy = &all["Policies"][0];
    assert_eq!((&of_policy["Arn"], &of_policy["AttachmentCount"]), (&arn, &json!(1)));
    assert_eq!(decoded(&of_policy["PolicyVersionList"][0]["Document"]), document);
    assert_eq!(of_policy["PolicyVersionList"][0]["IsDefaultVersion"], true);
    let names: Vec<_> = all["Policies"].as_array().unwrap().iter().map(|policy| &policy["PolicyName"]).collect();
    assert_eq!(names, ["read", "ReadOnlyAccess"], "of AWS's policies those are told of that are used");
    assert_eq!(all["IsTruncated"], false);
}

#[tokio::test]
async fn details_of_the_account_are_of_the_kinds_asked_for_and_come_in_pages() {
    let world = World::new().await;
    for name in ["a", "b"] {
        run(&world, "CreateUser", json!({"UserName": name})).await;
        run(&world, "CreateGroup", json!({"GroupName": name})).await;
    }
    let of_groups = run(&world, "GetAccountAuthorizationDetails", json!({"Filter": ["Group"]})).await;
    let counts = |answer: &Json| ["UserDetailList", "GroupDetailList"].map(|of| answer[of].as_array().unwrap().len());
    assert_eq!(counts(&of_groups), [0, 2]);
    let first = run(&world, "GetAccountAuthorizationDetails", json!({"MaxItems": 3})).await;
    assert_eq!((counts(&first), &first["IsTruncated"]), ([2, 1], &json!(true)));
    let input = json!({"MaxItems": 3, "Marker": first["Marker"]});
    let second = run(&world, "GetAccountAuthorizationDetails", input).await;
    assert_eq!((counts(&second), second.get("Marker")), ([0, 1], None));
}
