//! From access keys and tokens to callers.

use identity::CredentialError;
use serde_json::json;

use super::world::*;

#[tokio::test]
async fn dev_credentials_are_roots() {
    let world = World::new().await;
    let authenticator = world.identity.authenticator();
    for (id, expected) in [("test", ACCOUNT), ("444455556666", "444455556666")] {
        let credential = authenticator.lookup(id, None, NOW).unwrap();
        assert_eq!(credential.secret.expose(), "test");
        assert_eq!(credential.principal.id().as_deref(), Some(expected));
    }
    assert_eq!(authenticator.lookup("nobody", None, NOW).unwrap_err(), CredentialError::Unknown);
    assert_eq!(authenticator.lookup("AKIAIOSFODNN7EXAMPLE", None, NOW).unwrap_err(), CredentialError::Unknown);
}

#[tokio::test]
async fn an_access_key_works_until_it_is_switched_off_or_deleted() {
    let world = World::new().await;
    world.iam("CreateUser", json!({"UserName": "Alice", "Path": "/ops/"})).await.unwrap();
    let key = world.iam("CreateAccessKey", json!({"UserName": "alice"})).await.unwrap()["AccessKey"].clone();
    let id = key["AccessKeyId"].as_str().unwrap();
    let principal = world.sign_in(&key);
    assert_eq!(
        principal.arn(base::Partition::Standard).unwrap().to_string(),
        format!("arn:aws:iam::{ACCOUNT}:user/ops/Alice")
    );
    let set = |status: &'static str| {
        world.iam("UpdateAccessKey", json!({"UserName": "Alice", "AccessKeyId": id, "Status": status}))
    };
    set("Inactive").await.unwrap();
    assert_eq!(world.try_sign_in(&key, NOW).unwrap_err(), CredentialError::Inactive);
    assert_eq!(world.identity.authenticator().claimed_principal(id), Some(principal.clone()));
    set("Active").await.unwrap();
    world.sign_in(&key);
    assert_eq!(world.restarted().await.sign_in(&key), principal);
    world.iam("UpdateUser", json!({"UserName": "Alice", "NewUserName": "Alicia"})).await.unwrap();
    assert!(matches!(world.sign_in(&key), api::Principal::User { name, .. } if name == "Alicia"));
    world.iam("DeleteAccessKey", json!({"UserName": "Alicia", "AccessKeyId": id})).await.unwrap();
    assert_eq!(world.try_sign_in(&key, NOW).unwrap_err(), CredentialError::Unknown);
    assert_eq!(world.identity.authenticator().claimed_principal(id), None);
}

#[tokio::test]
async fn session_tokens_are_bound_to_key_server_and_time() {
    let world = World::new().await;
    let answer = world.sts(&root(), "GetSessionToken", json!({"DurationSeconds": 900})).await.unwrap();
    let credentials = &answer["Credentials"];
    assert_eq!(credentials["Expiration"], NOW.plus_millis(900_000).iso());
    world.sign_in(credentials);
    world.restarted().await.sign_in(credentials);

    let late = world.try_sign_in(credentials, NOW.plus_millis(900_000));
    assert_eq!(late.unwrap_err(), CredentialError::Expired);
    let other = world.sts(&root(), "GetSessionToken", json!({})).await.unwrap();
    let authenticator = world.identity.authenticator();
    let id = credentials["AccessKeyId"].as_str().unwrap();
    let token = credentials["SessionToken"].as_str().unwrap();
    for wrong in [other["Credentials"]["SessionToken"].as_str().unwrap(), &token[4..], "", "test"] {
        assert_eq!(authenticator.lookup(id, Some(wrong), NOW).unwrap_err(), CredentialError::InvalidToken);
    }
    assert_eq!(authenticator.lookup(id, None, NOW).unwrap_err(), CredentialError::InvalidToken);
    let elsewhere = open(&Default::default(), &master_key(2), identity::RootCredentials::Dev, 1).await.unwrap();
    assert_eq!(elsewhere.authenticator().lookup(id, Some(token), NOW).unwrap_err(), CredentialError::InvalidToken);
    assert_eq!(CredentialError::InvalidToken.to_string(), "The security token included in the request is invalid.");
}

#[tokio::test]
async fn a_deleted_users_sessions_end_and_a_namesake_does_not_revive_them() {
    let world = World::new().await;
    let alice = world.user("alice", allow("*", "*")).await;
    let answer = world.sts(&alice, "GetSessionToken", json!({})).await.unwrap();
    let session = &answer["Credentials"];
    world.iam("UpdateUser", json!({"UserName": "alice", "NewUserName": "alicia"})).await.unwrap();
    assert!(matches!(world.sign_in(session), api::Principal::User { name, .. } if name == "alicia"));
    let key = alice.access_key_id().unwrap();
    world.iam("DeleteAccessKey", json!({"UserName": "alicia", "AccessKeyId": key})).await.unwrap();
    world.iam("DeleteUserPolicy", json!({"UserName": "alicia", "PolicyName": "own"})).await.unwrap();
    world.iam("DeleteUser", json!({"UserName": "alicia"})).await.unwrap();
    assert_eq!(world.try_sign_in(session, NOW).unwrap_err(), CredentialError::InvalidToken);
    world.iam("CreateUser", json!({"UserName": "alicia"})).await.unwrap();
    assert_eq!(world.try_sign_in(session, NOW).unwrap_err(), CredentialError::InvalidToken);
}

#[tokio::test]
async fn last_use_is_noted_without_a_write_and_survives_once_written() {
    let world = World::new().await;
    let alice = world.user("alice", allow("*", "*")).await;
    let id = alice.access_key_id().unwrap();
    let ask = || world.iam("GetAccessKeyLastUsed", json!({"AccessKeyId": id}));
    let never = ask().await.unwrap();
    assert_eq!(never, json!({"UserName": "alice", "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}));
    let commits = *world.backend.commits.lock().unwrap();
    world.sts(&alice, "GetCallerIdentity", json!({})).await.unwrap();
    assert_eq!(*world.backend.commits.lock().unwrap(), commits, "a use costs no write");
    let used = json!({"LastUsedDate": NOW.iso(), "ServiceName": "sts", "Region": "us-east-1"});
    assert_eq!(ask().await.unwrap()["AccessKeyLastUsed"], used);
    world.identity.authenticator().write_last_used().await.unwrap();
    let after = world.restarted().await;
    let read = after.iam("GetAccessKeyLastUsed", json!({"AccessKeyId": id})).await.unwrap();
    assert_eq!(read["AccessKeyLastUsed"], used);
}
