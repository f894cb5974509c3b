//! STS.

use serde_json::{Value as Json, json};

use super::world::*;

fn denied(arn: &str, role: &str) -> Failure {
    let message = format!("User: {arn} is not authorized to perform: sts:AssumeRole on resource: {role}");
    ("AccessDenied".to_owned(), message)
}

#[tokio::test]
async fn callers_are_told_who_they_are() {
    let world = World::new().await;
    let who = |answer: Json| (answer["UserId"].clone(), answer["Arn"].clone());
    let answer = world.sts(&root(), "GetCallerIdentity", json!({})).await.unwrap();
    assert_eq!(answer, json!({"UserId": ACCOUNT, "Account": ACCOUNT, "Arn": format!("arn:aws:iam::{ACCOUNT}:root")}));
    let alice = world.user("alice", allow("sts:*", "*")).await;
    let (id, arn) = who(world.sts(&alice, "GetCallerIdentity", json!({})).await.unwrap());
    assert!(id.as_str().unwrap().starts_with("AIDA"));
    assert_eq!(arn, format!("arn:aws:iam::{ACCOUNT}:user/alice"));
    let role = world.role("deployer", json!({"AWS": ACCOUNT})).await;
    let input = json!({"RoleArn": role, "RoleSessionName": "ci"});
    let answer = world.sts(&alice, "AssumeRole", input).await.unwrap();
    let session = world.sign_in(&answer["Credentials"]);
    let (id, arn) = who(world.sts(&session, "GetCallerIdentity", json!({})).await.unwrap());
    assert_eq!(id, answer["AssumedRoleUser"]["AssumedRoleId"]);
    assert_eq!(arn, format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci"));
}

#[tokio::test]
async fn an_access_key_tells_its_account() {
    let world = World::new().await;
    let alice = world.user("alice", allow("sts:*", "*")).await;
    let id = alice.access_key_id().unwrap();
    let answer = world.sts(&root(), "GetAccessKeyInfo", json!({"AccessKeyId": id})).await.unwrap();
    assert_eq!(answer, json!({"Account": ACCOUNT}));
    let (code, _) =
        world.sts(&root(), "GetAccessKeyInfo", json!({"AccessKeyId": "nonsense-nonsense"})).await.unwrap_err();
    assert_eq!(code, "InvalidParameterValue");
}

#[tokio::test]
async fn trust_and_own_policies_together_decide() {
    let world = World::new().await;
    let arn = |name: &str| format!("arn:aws:iam::{ACCOUNT}:user/{name}");
    let silent = world.user("silent", allow("logs:*", "*")).await;
    let allowed = world.user("allowed", allow("sts:AssumeRole", "*")).await;
    let refused = world.user("refused", json!([{"Effect": "Deny", "Action": "sts:*", "Resource": "*"}])).await;
    let by_account = world.role("by_account", json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")})).await;
    let by_name = world.role("by_name", json!({"AWS": [arn("silent"), arn("refused")]})).await;
    let by_all = world.role("by_all", json!("*")).await;
    let by_service = world.role("by_service", json!({"Service": "config.amazonaws.com"})).await;
    for (caller, role, expected) in [
        (&silent, &by_account, false),
        (&allowed, &by_account, true),
        (&refused, &by_account, false),
        (&silent, &by_name, true),
        (&allowed, &by_name, false),
        (&refused, &by_name, false),
        (&silent, &by_all, true),
        (&refused, &by_all, false),
        (&allowed, &by_service, false),
    ] {
        let input = json!({"RoleArn": role, "RoleSessionName": "s1"});
        let result = world.sts(caller, "AssumeRole", input).await;
        let caller = caller.arn(base::Partition::Standard).unwrap().to_string();
        match expected {
            true => assert!(result.is_ok(), "{caller} {role}: {result:?}"),
            false => assert_eq!(result.unwrap_err(), denied(&caller, role), "{caller} {role}"),
        }
    }
    let none = format!("arn:aws:iam::{ACCOUNT}:role/none");
    let input = json!({"RoleArn": none, "RoleSessionName": "s1"});
    assert_eq!(world.sts(&allowed, "AssumeRole", input).await.unwrap_err(), denied(&arn("allowed"), &none));
}

#[tokio::test]
async fn across_accounts_both_sides_must_allow() {
    let world = World::new().await;
    let away =
        api::Principal::Root { account: account("444455556666"), access_key_id: "444455556666".into(), session: None };
    let user = |name: &'static str| {
        let (world, away) = (&world, away.clone());
        async move {
            world.call_as(&away, "iam", "CreateUser", json!({"UserName": name})).await.unwrap();
            let key = world.call_as(&away, "iam", "CreateAccessKey", json!({"UserName": name})).await.unwrap();
            world.sign_in(&key["AccessKey"])
        }
    };
    let silent = user("silent").await;
    let allowed = user("allowed").await;
    let input =
        json!({"UserName": "allowed", "PolicyName": "p", "PolicyDocument": policy(allow("sts:AssumeRole", "*"))});
    world.call_as(&away, "iam", "PutUserPolicy", input).await.unwrap();
    let named = world
        .role(
            "named",
            json!({"AWS": ["arn:aws:iam::444455556666:user/silent", "arn:aws:iam::444455556666:user/allowed"]}),
        )
        .await;
    let other = world.role("other", json!({"AWS": ACCOUNT})).await;
    for (caller, role, expected) in [(&silent, &named, false), (&allowed, &named, true), (&allowed, &other, false)] {
        let result = world.sts(caller, "AssumeRole", json!({"RoleArn": role, "RoleSessionName": "s1"})).await;
        assert_eq!(result.is_ok(), expected, "{role}: {result:?}");
        if let Ok(answer) = result {
            let session = world.sign_in(&answer["Credentials"]);
            assert_eq!(session.account().as_str(), ACCOUNT, "the session is of the role's account");
        }
    }
}

#[tokio::test]
async fn trust_conditions_are_held_against_the_request() {
    let world = World::new().await;
    let document = policy(json!([{
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
        "Condition": {"StringEquals": {"sts:ExternalId": "x-1"}, "StringLike": {"sts:RoleSessionName": "ci-*", "sts:SourceIdentity": "al*"}}
    }]));
    let input = json!({"RoleName": "r", "AssumeRolePolicyDocument": document});
    world.iam("CreateRole", input).await.unwrap();
    let alice = world.user("alice", allow("sts:*", "*")).await;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/r");
    let good = json!({"RoleArn": role, "RoleSessionName": "ci-1", "ExternalId": "x-1", "SourceIdentity": "alice"});
    let answer = world.sts(&alice, "AssumeRole", good.clone()).await.unwrap();
    assert_eq!(answer["SourceIdentity"], "alice");
    for (member, value) in [("RoleSessionName", "me"), ("ExternalId", "x-2"), ("SourceIdentity", "bob")] {
        let mut bad = good.clone();
        bad[member] = json!(value);
        world.sts(&alice, "AssumeRole", bad).await.unwrap_err();
    }
    let session = world.sign_in(&answer["Credentials"]);
    assert!(matches!(session, api::Principal::AssumedRole { source_identity: Some(who), .. } if who == "alice"));
}

#[tokio::test]
async fn a_role_can_do_what_its_policies_and_the_sessions_both_allow() {
    let world = World::new().await;
    let role = world.role("ops", json!({"AWS": ACCOUNT})).await;
    let input = json!({"RoleName": "ops", "PolicyArn": "arn:aws:iam::aws:policy/IAMFullAccess"});
    world.iam("AttachRolePolicy", input).await.unwrap();
    let alice = world.user("alice", allow("sts:*", "*")).await;
    let assume = |extra: Json| {
        let mut input = json!({"RoleArn": role, "RoleSessionName": "s1"});
        input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let (world, alice) = (&world, &alice);
        async move {
            let answer = world.sts(alice, "AssumeRole", input).await.unwrap();
            (world.sign_in(&answer["Credentials"]), answer["PackedPolicySize"].clone())
        }
    };
    let (full, size) = assume(json!({})).await;
    assert_eq!(size, Json::Null);
    world.call_as(&full, "iam", "CreateUser", json!({"UserName": "u1"})).await.unwrap();
    let (bounded, size) = assume(json!({"Policy": policy(allow("iam:Get*", "*"))})).await;
    assert!(size.as_i64().unwrap() > 0);
    world.call_as(&bounded, "iam", "GetUser", json!({"UserName": "u1"})).await.unwrap();
    let (_, message) = world.call_as(&bounded, "iam", "CreateUser", json!({"UserName": "u2"})).await.unwrap_err();
    assert!(message.ends_with("because no session policy allows the iam:CreateUser action"), "{message}");
    assert!(message.starts_with(&format!("User: arn:aws:sts::{ACCOUNT}:assumed-role/ops/s1 is not")), "{message}");
    let (managed, _) = assume(json!({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}]})).await;
    world.call_as(&managed, "iam", "ListUsers", json!({})).await.unwrap();
    world.call_as(&managed, "iam", "CreateUser", json!({"UserName": "u2"})).await.unwrap_err();

    let fresh = world.restarted().await;
    let answer = world
        .sts(
            &alice,
            "AssumeRole",
            json!({"RoleArn": role, "RoleSessionName": "s2", "Policy": policy(allow("iam:Get*", "*"))}),
        )
        .await
        .unwrap();
    let again = fresh.sign_in(&answer["Credentials"]);
    fresh.call_as(&again, "iam", "ListUsers", json!({})).await.unwrap_err();
    fresh.call_as(&again, "iam", "GetUser", json!({"UserName": "u1"})).await.unwrap();

    let detach = json!({"RoleName": "ops", "PolicyArn": "arn:aws:iam::aws:policy/IAMFullAccess"});
    world.iam("DetachRolePolicy", detach).await.unwrap();
    world.call_as(&full, "iam", "ListUsers", json!({})).await.unwrap_err();
    world.iam("DeleteRole", json!({"RoleName": "ops"})).await.unwrap();
    assert!(world.try_sign_in(&answer["Credentials"], NOW).is_err());
}

#[tokio::test]
async fn durations_have_limits() {
    let world = World::new().await;
    let role = world.role("ops", json!({"AWS": ACCOUNT})).await;
    let alice = world.user("alice", allow("sts:*", "*")).await;
    let ask = |caller: api::Principal, secs: i64| {
        let (world, input) = (&world, json!({"RoleArn": role, "RoleSessionName": "s1", "DurationSeconds": secs}));
        async move { world.sts(&caller, "AssumeRole", input).await }
    };
    let answer = ask(alice.clone(), 900).await.unwrap();
    assert_eq!(answer["Credentials"]["Expiration"], NOW.plus_millis(900_000).iso());
    let long = (
        "ValidationError".to_owned(),
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".to_owned(),
    );
    assert_eq!(ask(alice.clone(), 3601).await.unwrap_err(), long);
    world.iam("UpdateRole", json!({"RoleName": "ops", "MaxSessionDuration": 7200})).await.unwrap();
    ask(alice, 7200).await.unwrap();
    let chained = world.sign_in(&answer["Credentials"]);
    let text = policy(allow("sts:AssumeRole", "*"));
    world.iam("PutRolePolicy", json!({"RoleName": "ops", "PolicyName": "p", "PolicyDocument": text})).await.unwrap();
    ask(chained.clone(), 3600).await.unwrap();
    let (_, message) = ask(chained, 3601).await.unwrap_err();
    assert_eq!(
        message,
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    );
}

#[tokio::test]
async fn tags_go_with_the_session_and_on_when_transitive() {
    let world = World::new().await;
    let role = world.role("ops", json!({"AWS": ACCOUNT})).await;
    let statements = json!([
        {"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "arn:aws:iam::*:user/${aws:PrincipalTag/team}"},
        {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}
    ]);
    let input = json!({"RoleName": "ops", "PolicyName": "p", "PolicyDocument": policy(statements)});
    world.iam("PutRolePolicy", input).await.unwrap();
    let alice = world.user("alice", allow("sts:*", "*")).await;
    let input = json!({"RoleArn": role, "RoleSessionName": "s1", "Tags": [{"Key": "team", "Value": "red"}, {"Key": "x", "Value": "y"}], "TransitiveTagKeys": ["Team"]});
    let answer = world.sts(&alice, "AssumeRole", input).await.unwrap();
    let first = world.sign_in(&answer["Credentials"]);
    world.call_as(&first, "iam", "CreateUser", json!({"UserName": "red"})).await.unwrap();
    world.call_as(&first, "iam", "CreateUser", json!({"UserName": "blue"})).await.unwrap_err();
    let again = json!({"RoleArn": role, "RoleSessionName": "s2"});
    let answer = world.sts(&first, "AssumeRole", again).await.unwrap();
    let second = world.sign_in(&answer["Credentials"]);
    let (_, message) = world.call_as(&second, "iam", "CreateUser", json!({"UserName": "red"})).await.unwrap_err();
    assert_eq!(message, "User with name red already exists.", "the tag went on, so the call was allowed");
    let other = json!({"RoleArn": role, "RoleSessionName": "s2", "Tags": [{"Key": "TEAM", "Value": "blue"}]});
    let (code, _) = world.sts(&first, "AssumeRole", other).await.unwrap_err();
    assert_eq!(code, "InvalidParameterValue");
}

#[tokio::test]
async fn refusals_in_words() {
    let world = World::new().await;
    let role = world.role("ops", json!({"AWS": ACCOUNT})).await;
    let alice = world.user("alice", allow("sts:*", "*")).await;
    let answer = world.sts(&alice, "GetSessionToken", json!({})).await.unwrap();
    assert_eq!(answer["Credentials"]["Expiration"], NOW.plus_millis(43_200_000).iso());
    let session = world.sign_in(&answer["Credentials"]);
    let with = |member: &str, value: Json| {
        let mut input = json!({"RoleArn": role, "RoleSessionName": "s1"});
        input[member] = value;
        input
    };
    let big: Vec<Json> = (0..40).map(|n| json!({"Key": format!("k{n}"), "Value": "v".repeat(250)})).collect();
    for (caller, operation, input, code, message) in [
        (
            &session,
            "GetSessionToken",
            json!({}),
            "AccessDenied",
            "Cannot call GetSessionToken with session credentials",
        ),
        (
            &alice,
            "GetSessionToken",
            json!({"SerialNumber": "arn:aws:iam::1:mfa/a", "TokenCode": "123456"}),
            "AccessDenied",
            "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
        ),
        (
            &alice,
            "GetSessionToken",
            json!({"TokenCode": "123456"}),
            "ValidationError",
            "Both MFA SerialNumber and TokenCode must be provided.",
        ),
        (
            &alice,
            "AssumeRole",
            with("RoleArn", json!("not-an-arn-not-an-arn")),
            "ValidationError",
            "not-an-arn-not-an-arn is invalid",
        ),
        (&alice, "AssumeRole", with("Policy", json!("{")), "MalformedPolicyDocument", "Syntax errors in policy."),
        (
            &alice,
            "AssumeRole",
            with("PolicyArns", json!([{"arn": "arn:aws:iam::aws:policy/None"}])),
            "ValidationError",
            "Policy arn:aws:iam::aws:policy/None does not exist or is not attachable.",
        ),
        (
            &alice,
            "AssumeRole",
            with("TransitiveTagKeys", json!(["x"])),
            "InvalidParameterValue",
            "The specified transitive tag keys must be included in the requested tags.",
        ),
        (
            &alice,
            "AssumeRole",
            with("Tags", json!([{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}])),
            "InvalidParameterValue",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        (
            &alice,
            "AssumeRole",
            with("Tags", json!(big)),
            "PackedPolicyTooLarge",
            "Packed policy consumes 124% of allotted space, please use smaller policy.",
        ),
        (
            &alice,
            "AssumeRole",
            with("ProvidedContexts", json!([{"ProviderArn": "x"}])),
            "InvalidParameterValue",
            "ProvidedContexts are not supported: there are no context providers here.",
        ),
    ] {
        let failure = world.sts(caller, operation, input.clone()).await.unwrap_err();
        assert_eq!(failure, (code.to_owned(), message.to_owned()), "{operation} {input}");
    }
}

#[tokio::test]
async fn root_assumes_roles_in_dev_alone() {
    let input = |role: &str| json!({"RoleArn": role, "RoleSessionName": "s1"});
    let dev = World::new().await;
    let role = dev.role("ops", json!({"AWS": ACCOUNT})).await;
    dev.sts(&root(), "AssumeRole", input(&role)).await.unwrap();
    let given =
        identity::RootCredentials::Given { access_key_id: "r".into(), secret: identity::Secret::from("s".to_owned()) };
    let real = World::with(given).await;
    let role = real.role("ops", json!({"AWS": ACCOUNT})).await;
    let failure = real.sts(&root(), "AssumeRole", input(&role)).await.unwrap_err();
    assert_eq!(failure, ("AccessDenied".to_owned(), "Roles may not be assumed by root accounts.".to_owned()));
}

#[tokio::test]
async fn a_trusted_user_made_anew_is_trusted_no_more() {
    let world = World::new().await;
    world.iam("CreateUser", json!({"UserName": "alice"})).await.unwrap();
    let role = world.role("ops", json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:user/alice")})).await;
    world.iam("DeleteUser", json!({"UserName": "alice"})).await.unwrap();
    let alice = world.user("alice", allow("logs:*", "*")).await;
    world.sts(&alice, "AssumeRole", json!({"RoleArn": role, "RoleSessionName": "s1"})).await.unwrap_err();
}

#[tokio::test]
async fn services_act_as_roles_that_trust_them() {
    use identity::ServiceRoleError::{NotFound, NotTrusted};
    let world = World::new().await;
    let document = policy(json!([{
        "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    }]));
    world.iam("CreateRole", json!({"RoleName": "trail", "AssumeRolePolicyDocument": document})).await.unwrap();
    let logs = "arn:aws:logs:us-east-1:111122223333:log-group:trail";
    let text = policy(allow("logs:PutLogEvents", &format!("{logs}:*")));
    world.iam("PutRolePolicy", json!({"RoleName": "trail", "PolicyName": "p", "PolicyDocument": text})).await.unwrap();
    let authenticator = world.identity.authenticator();
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/trail");
    let ask =
        |arn: &str, service: &str, source: &str| authenticator.service_role(arn, service, &account(source), None, NOW);
    assert_eq!(ask(&format!("{arn}s"), "cloudtrail.amazonaws.com", ACCOUNT).unwrap_err(), NotFound);
    assert_eq!(ask("trail", "cloudtrail.amazonaws.com", ACCOUNT).unwrap_err(), NotFound);
    assert_eq!(ask(&arn, "config.amazonaws.com", ACCOUNT).unwrap_err(), NotTrusted);
    assert_eq!(ask(&arn, "cloudtrail.amazonaws.com", "444455556666").unwrap_err(), NotTrusted);
    let role = ask(&arn, "cloudtrail.amazonaws.com", ACCOUNT).unwrap();
    let may = |action: &str| {
        let region = "us-east-1".parse().unwrap();
        authenticator.decide_for_role(&role, action, &format!("{logs}:log-stream:x"), &region, NOW).is_allowed()
    };
    assert!(may("logs:PutLogEvents") && !may("logs:CreateLogStream"));
    world.iam("DeleteRolePolicy", json!({"RoleName": "trail", "PolicyName": "p"})).await.unwrap();
    assert!(!may("logs:PutLogEvents"));
}
