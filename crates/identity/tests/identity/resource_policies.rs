//! Policies of resources, weighed beside those of callers.

use api::{Authorization, Principal, ResourcePolicy};
use identity::Authenticator;
use serde_json::{Value as Json, json};

use super::world::*;

const OTHER: &str = "444455556666";
const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:t";

fn publish(policy: Option<Json>) -> Authorization {
    let policy = policy.map(|statements| json!({"Version": "2008-10-17", "Statement": statements}).to_string());
    Authorization {
        action: "sns:Publish".to_owned(),
        resources: vec![TOPIC.to_owned()],
        conditions: Vec::new(),
        resource_conditions: Vec::new(),
        resource_policies: vec![ResourcePolicy {
            resource: TOPIC.to_owned(),
            owner: account(ACCOUNT),
            policy: policy.map(Into::into),
        }],
        exempt: false,
    }
}

fn statement(effect: &str, principal: Json) -> Json {
    json!([{"Sid": "__a-b", "Effect": effect, "Principal": principal, "Action": "SNS:Publish", "Resource": TOPIC}])
}

fn other_root() -> Principal {
    Principal::Root { account: account(OTHER), access_key_id: OTHER.to_owned(), session: None }
}

/// The end of the refusal; none when the call is allowed.
fn refusal(world: &World, principal: &Principal, wanted: &Authorization) -> Option<String> {
    let error = world.identity.authenticator().authorize(&context(principal.clone()), wanted).err()?;
    assert_eq!((error.code.as_ref(), error.status), ("AuthorizationError", 403));
    let message = error.message.unwrap();
    let (start, end) = message.split_once(TOPIC).unwrap();
    assert!(start.ends_with(" is not authorized to perform: SNS:Publish on resource: "), "{message}");
    Some(end.trim().to_owned())
}

const NO_IDENTITY: &str = "because no identity-based policy allows the SNS:Publish action";
const NO_RESOURCE: &str = "because no resource-based policy allows the SNS:Publish action";
const DENIED_THERE: &str = "with an explicit deny in a resource-based policy";
const DENIED_HERE: &str = "with an explicit deny in an identity-based policy";

#[tokio::test]
async fn within_an_account_either_side_can_allow_and_either_can_deny() {
    let world = World::new().await;
    let silent = world.user("silent", allow("sts:*", "*")).await;
    let allowed = world.user("allowed", allow("sns:Publish", TOPIC)).await;
    let deny = json!([{"Effect": "Deny", "Action": "sns:*", "Resource": "*"}]);
    let denied = world.user("denied", deny).await;
    let named = json!({"AWS": ["arn:aws:iam::111122223333:user/silent", "arn:aws:iam::111122223333:user/denied"]});
    let the_account = json!({"AWS": "arn:aws:iam::111122223333:root"});
    for (principal, policy, expected) in [
        (&silent, None, Some(NO_IDENTITY)),
        (&silent, Some(statement("Allow", named.clone())), None),
        (&silent, Some(statement("Allow", json!("*"))), None),
        // The account is named: it hands on what it likes by policies of its own.
        (&silent, Some(statement("Allow", the_account.clone())), Some(NO_IDENTITY)),
        (&allowed, None, None),
        (&allowed, Some(statement("Allow", named.clone())), None),
        (&allowed, Some(statement("Deny", the_account)), Some(DENIED_THERE)),
        (&denied, Some(statement("Allow", named)), Some(DENIED_HERE)),
        (&root(), None, None),
        (&root(), Some(statement("Deny", json!("*"))), Some(DENIED_THERE)),
        (&root(), Some(json!([])), None),
    ] {
        assert_eq!(refusal(&world, principal, &publish(policy.clone())).as_deref(), expected, "{policy:?}");
    }
}

#[tokio::test]
async fn across_accounts_both_sides_must_allow() {
    let world = World::new().await;
    let other = Authorization {
        resource_policies: publish(None)
            .resource_policies
            .into_iter()
            .map(|own| ResourcePolicy { owner: account(OTHER), ..own })
            .collect(),
        ..publish(None)
    };
    let wanted = |policy: Option<Json>| {
        let mut wanted = publish(policy);
        wanted.resource_policies[0].owner = account(OTHER);
        wanted
    };
    let silent = world.user("silent", allow("sts:*", "*")).await;
    let allowed = world.user("allowed", allow("sns:Publish", "*")).await;
    let the_account = json!({"AWS": ACCOUNT});
    assert_eq!(refusal(&world, &allowed, &other).as_deref(), Some(NO_RESOURCE));
    for (principal, policy, expected) in [
        (&allowed, statement("Allow", json!({"AWS": "999988887777"})), Some(NO_RESOURCE)),
        (&allowed, statement("Allow", the_account.clone()), None),
        (&silent, statement("Allow", the_account.clone()), Some(NO_IDENTITY)),
        (&silent, statement("Allow", json!("*")), Some(NO_IDENTITY)),
        (&allowed, statement("Deny", the_account.clone()), Some(DENIED_THERE)),
        (&root(), statement("Allow", the_account), None),
    ] {
        assert_eq!(refusal(&world, principal, &wanted(Some(policy.clone()))).as_deref(), expected, "{policy}");
    }
}

#[tokio::test]
async fn the_default_policy_lets_the_owners_account_in_and_no_other() {
    let world = World::new().await;
    let default = json!([{
        "Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["SNS:Publish"],
        "Resource": TOPIC, "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
    }]);
    let silent = world.user("silent", allow("sts:*", "*")).await;
    assert_eq!(refusal(&world, &silent, &publish(Some(default.clone()))), None);
    assert_eq!(refusal(&world, &other_root(), &publish(Some(default))).as_deref(), Some(NO_RESOURCE));
}

#[tokio::test]
async fn a_role_that_is_allowed_by_name_is_still_bounded_and_a_user_is_not() {
    let world = World::new().await;
    let alice = world.user("alice", allow("sts:*", "*")).await;
    let boundary = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
    let bound = json!({"UserName": "alice", "PermissionsBoundary": boundary});
    world.iam("PutUserPermissionsBoundary", bound).await.unwrap();
    let role = world.role("r", json!({"AWS": ACCOUNT})).await;
    let everyone = publish(Some(statement("Allow", json!({"AWS": [role, "arn:aws:iam::111122223333:user/alice"]}))));
    assert_eq!(refusal(&world, &alice, &everyone), None);
    let assume = json!({"RoleArn": role, "RoleSessionName": "s"});
    let session = world.sign_in(&world.sts(&root(), "AssumeRole", assume).await.unwrap()["Credentials"]);
    assert_eq!(refusal(&world, &session, &everyone), None);
    let bound = json!({"RoleName": "r", "PermissionsBoundary": boundary});
    world.iam("PutRolePermissionsBoundary", bound).await.unwrap();
    let expected = "because no permissions boundary allows the SNS:Publish action";
    assert_eq!(refusal(&world, &session, &everyone).as_deref(), Some(expected));
}

#[test]
fn services_are_let_in_by_name_and_for_the_sources_that_conditions_name() {
    let alarm = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a";
    let may = |principal: Json, condition: Json| {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": principal, "Action": "sns:Publish", "Resource": TOPIC, "Condition": condition
        }]})
        .to_string();
        Authenticator::check_resource_policy(&policy).unwrap();
        let service = "cloudwatch.amazonaws.com";
        Authenticator::service_may(&policy, service, "sns:Publish", TOPIC, alarm, &account(ACCOUNT), NOW)
    };
    let service = || json!({"Service": "cloudwatch.amazonaws.com"});
    for (principal, condition, expected) in [
        (service(), json!({}), true),
        (json!({"Service": "config.amazonaws.com"}), json!({}), false),
        (json!("*"), json!({}), true),
        (json!({"AWS": "*"}), json!({"StringEquals": {"AWS:SourceOwner": ACCOUNT}}), true),
        (json!({"AWS": "*"}), json!({"StringEquals": {"AWS:SourceOwner": OTHER}}), false),
        (json!({"AWS": ACCOUNT}), json!({}), false),
        (service(), json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:*"}}), true),
        (service(), json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:111122223333:alarm:b"}}), false),
        (service(), json!({"StringEquals": {"aws:SourceAccount": ACCOUNT}}), true),
        (service(), json!({"StringEquals": {"aws:SourceAccount": OTHER}}), false),
    ] {
        assert_eq!(may(principal.clone(), condition.clone()), expected, "{principal} {condition}");
    }
    assert!(Authenticator::check_resource_policy("{").is_err());
    let no_principal = r#"{"Statement":[{"Effect":"Allow","Action":"sns:Publish","Resource":"*"}]}"#;
    assert_eq!(Authenticator::check_resource_policy(no_principal).unwrap_err(), "Missing required field Principal");
}
