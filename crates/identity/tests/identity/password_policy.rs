//! Password policies of accounts, and what they do to passwords.

use base::Timestamp;
use base::time::DAY_MS;
use identity::Secret;
use identity::sign_in::Asked;
use serde_json::{Value as Json, json};

use super::world::*;

const PASSWORD: &str = "Correct-Horse-1";

async fn is_in(world: &World, user: &str, password: &str, now: Timestamp) -> bool {
    let password = Secret::from(password.to_owned());
    let asked = Asked { account: ACCOUNT, user: Some(user), password: &password, mfa_code: None, secs: 900 };
    world.identity.sign_in().attempt(&asked, now).await.unwrap().granted.is_some()
}

async fn world_with_dave(policy: Json) -> World {
    let world = World::new().await;
    world.iam("UpdateAccountPasswordPolicy", policy).await.unwrap();
    world.iam("CreateUser", json!({"UserName": "dave"})).await.unwrap();
    world.iam("CreateLoginProfile", json!({"UserName": "dave", "Password": PASSWORD})).await.unwrap();
    world
}

fn no_policy() -> Failure {
    ("NoSuchEntity".to_owned(), format!("The Password Policy with domain name {ACCOUNT} cannot be found."))
}

#[tokio::test]
async fn what_an_update_leaves_out_is_at_its_default_again() {
    let world = World::new().await;
    for operation in ["GetAccountPasswordPolicy", "DeleteAccountPasswordPolicy"] {
        assert_eq!(world.iam(operation, json!({})).await.unwrap_err(), no_policy());
    }
    let all = json!({
        "MinimumPasswordLength": 14, "RequireSymbols": true, "RequireNumbers": true,
        "RequireUppercaseCharacters": true, "RequireLowercaseCharacters": true, "AllowUsersToChangePassword": true,
        "MaxPasswordAge": 90, "PasswordReusePrevention": 24, "HardExpiry": true,
    });
    world.iam("UpdateAccountPasswordPolicy", all.clone()).await.unwrap();
    let mut shown = all;
    shown["ExpirePasswords"] = json!(true);
    let policy = world.restarted().await.iam("GetAccountPasswordPolicy", json!({})).await.unwrap();
    assert_eq!(policy["PasswordPolicy"], shown);
    world.iam("UpdateAccountPasswordPolicy", json!({})).await.unwrap();
    let policy = world.iam("GetAccountPasswordPolicy", json!({})).await.unwrap();
    let defaults = json!({
        "MinimumPasswordLength": 6, "RequireSymbols": false, "RequireNumbers": false,
        "RequireUppercaseCharacters": false, "RequireLowercaseCharacters": false, "AllowUsersToChangePassword": false,
        "ExpirePasswords": false,
    });
    assert_eq!(policy["PasswordPolicy"], defaults);
    world.iam("DeleteAccountPasswordPolicy", json!({})).await.unwrap();
    assert_eq!(world.iam("GetAccountPasswordPolicy", json!({})).await.unwrap_err(), no_policy());
}

#[tokio::test]
async fn every_way_to_set_a_users_password_is_under_the_policy() {
    let world = world_with_dave(json!({"MinimumPasswordLength": 15, "AllowUsersToChangePassword": true})).await;
    world.iam("CreateUser", json!({"UserName": "new"})).await.unwrap();
    let made = world.iam("CreateAccessKey", json!({"UserName": "dave"})).await.unwrap();
    let dave = world.sign_in(&made["AccessKey"]);
    let short = "Correct-Horse1";
    for (principal, operation, input) in [
        (root(), "CreateLoginProfile", json!({"UserName": "new", "Password": short})),
        (root(), "UpdateLoginProfile", json!({"UserName": "dave", "Password": short})),
        (dave, "ChangePassword", json!({"OldPassword": PASSWORD, "NewPassword": short})),
    ] {
        let refused = world.call_as(&principal, "iam", operation, input).await.unwrap_err();
        let expected = ("PasswordPolicyViolation", "Password should have a minimum length of 15");
        assert_eq!((refused.0.as_str(), refused.1.as_str()), expected, "{operation}");
    }
    // Root's password is under AWS's rules, whatever the policy says (documented).
    world.iam("CreateLoginProfile", json!({"Password": short})).await.unwrap();
}

#[tokio::test]
async fn the_last_passwords_cannot_be_taken_again() {
    let world = world_with_dave(json!({"PasswordReusePrevention": 2})).await;
    let set = |password: &str| {
        let input = json!({"UserName": "dave", "Password": password});
        let world = &world;
        async move { world.iam("UpdateLoginProfile", input).await }
    };
    let refused = ("PasswordPolicyViolation".to_owned(), "Password should be none of the last 2".to_owned());
    assert_eq!(set(PASSWORD).await.unwrap_err(), refused);
    set("second").await.unwrap();
    assert_eq!(set(PASSWORD).await.unwrap_err(), refused);
    set("third.").await.unwrap();
    set(PASSWORD).await.unwrap();
    assert!(is_in(&world, "dave", PASSWORD, NOW).await);
}

#[tokio::test]
async fn a_password_expires_when_it_is_as_old_as_the_policy_says() {
    let world = world_with_dave(json!({"MaxPasswordAge": 2})).await;
    world.iam("CreateLoginProfile", json!({"Password": PASSWORD})).await.unwrap();
    let end = NOW.plus_millis(2 * DAY_MS);
    assert!(is_in(&world, "dave", PASSWORD, end.plus_millis(-1000)).await);
    assert!(!is_in(&world, "dave", PASSWORD, end).await);
    assert!(is_in(&world, "root", PASSWORD, end).await, "root's does not expire");
    let mut cx = context(root());
    cx.now = end;
    world.call(&cx, "iam", "UpdateLoginProfile", json!({"UserName": "dave", "Password": "another"})).await.unwrap();
    assert!(is_in(&world, "dave", "another", end).await);
}

#[tokio::test]
async fn users_change_their_passwords_when_the_policy_lets_them() {
    let world = world_with_dave(json!({})).await;
    let made = world.iam("CreateAccessKey", json!({"UserName": "dave"})).await.unwrap();
    let dave = world.sign_in(&made["AccessKey"]);
    let change =
        || world.call_as(&dave, "iam", "ChangePassword", json!({"OldPassword": PASSWORD, "NewPassword": "another"}));
    assert_eq!(change().await.unwrap_err().0, "AccessDenied");
    world.iam("UpdateAccountPasswordPolicy", json!({"AllowUsersToChangePassword": true})).await.unwrap();
    world.call_as(&dave, "iam", "GetAccountPasswordPolicy", json!({})).await.unwrap();
    let refused = world.call_as(&dave, "iam", "DeleteAccountPasswordPolicy", json!({})).await.unwrap_err();
    assert_eq!(refused.0, "AccessDenied");
    let deny = json!([{"Effect": "Deny", "Action": "iam:ChangePassword", "Resource": "*"}]);
    let own = json!({"UserName": "dave", "PolicyName": "own", "PolicyDocument": policy(deny)});
    world.iam("PutUserPolicy", own).await.unwrap();
    assert_eq!(change().await.unwrap_err().0, "AccessDenied");
    world.iam("DeleteUserPolicy", json!({"UserName": "dave", "PolicyName": "own"})).await.unwrap();
    change().await.unwrap();
}
