//! Signing in: who may, and what is known of who may not.

use api::Principal;
use base::Timestamp;
use identity::Secret;
use identity::sign_in::{Asked, Attempt, Claimed, Granted};
use identity::totp;
use serde_json::{Value as Json, json};

use super::world::*;

const PASSWORD: &str = "Correct-Horse-1";

fn secret(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

pub(crate) async fn attempt(world: &World, user: &str, password: &str, code: Option<&str>, now: Timestamp) -> Attempt {
    let (password, code) = (secret(password), code.map(secret));
    let asked = Asked { account: ACCOUNT, user: Some(user), password: &password, mfa_code: code.as_ref(), secs: 3600 };
    world.identity.sign_in().attempt(&asked, now).await.unwrap()
}

async fn is_in(world: &World, user: &str, password: &str, code: Option<&str>, now: Timestamp) -> bool {
    attempt(world, user, password, code, now).await.granted.is_some()
}

async fn world_with_dave() -> World {
    let world = World::new().await;
    world.iam("CreateUser", json!({"UserName": "Dave", "Path": "/ops/"})).await.unwrap();
    world.iam("CreateLoginProfile", json!({"UserName": "Dave", "Password": PASSWORD})).await.unwrap();
    world
}

/// Dave's device: its serial number and its seed. The codes that enabled it are used up.
async fn device(world: &World, name: &str) -> (String, Vec<u8>) {
    device_of(world, "Dave", name).await
}

/// A device of whom root means by a name.
pub(crate) async fn device_of(world: &World, user_name: &str, name: &str) -> (String, Vec<u8>) {
    let (serial, seed) = unused_device(world, name).await;
    world.iam("EnableMFADevice", codes(user_name, &serial, &seed, 0)).await.unwrap();
    (serial, seed)
}

/// A device that is nobody's yet.
pub(crate) async fn unused_device(world: &World, name: &str) -> (String, Vec<u8>) {
    let made = world.iam("CreateVirtualMFADevice", json!({"VirtualMFADeviceName": name})).await.unwrap();
    let device = &made["VirtualMFADevice"];
    let serial = device["SerialNumber"].as_str().unwrap().to_owned();
    let text: Vec<u8> = serde_json::from_value(device["Base32StringSeed"].clone()).unwrap();
    (serial, from_base32(&text))
}

/// The proof that somebody has a device, by a clock that is so many steps ahead.
pub(crate) fn codes(user_name: &str, serial: &str, seed: &[u8], steps_ahead: i64) -> Json {
    let step = totp::step_at(NOW) + steps_ahead;
    json!({
        "UserName": user_name,
        "SerialNumber": serial,
        "AuthenticationCode1": totp::code(seed, step - 1),
        "AuthenticationCode2": totp::code(seed, step),
    })
}

fn from_base32(text: &[u8]) -> Vec<u8> {
    let value = |c: &u8| u8::try_from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|one| one == c).unwrap());
    let bits: Vec<bool> =
        text.iter().flat_map(|c| (0..5).rev().map(move |n| value(c).unwrap() >> n & 1 == 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |out, bit| out << 1 | u8::from(*bit))).collect()
}

fn later(steps: i64) -> Timestamp {
    Timestamp::from_secs(NOW.secs() + steps * totp::STEP_SECS)
}

/// The principal that the granted credentials are verified to be.
fn verified(world: &World, granted: &Granted) -> Principal {
    world.sign_in(&json!({
        "AccessKeyId": granted.credentials.access_key_id,
        "SecretAccessKey": granted.credentials.secret.expose(),
        "SessionToken": granted.credentials.token,
    }))
}

#[tokio::test]
async fn a_right_password_begins_a_session_of_the_user() {
    let world = world_with_dave().await;
    let granted = attempt(&world, "dave", PASSWORD, None, NOW).await.granted.unwrap();
    let principal = verified(&world, &granted);
    assert_eq!(principal, granted.principal);
    let Principal::User { name, path, session: Some(session), .. } = &principal else { panic!("{principal:?}") };
    assert_eq!((name.as_str(), path.as_str()), ("Dave", "/ops/"));
    assert_eq!((session.from_console, session.mfa_authenticated), (true, false));
    assert_eq!(granted.expires, Timestamp::from_secs(NOW.secs() + 3600));
    let (id, token) = (&granted.credentials.access_key_id, &granted.credentials.token);
    assert!(world.identity.authenticator().lookup(id, Some(token), granted.expires).is_err(), "it ends");
}

#[tokio::test]
async fn a_console_session_calls_iam_as_its_user_may() {
    let world = world_with_dave().await;
    let input = json!({"UserName": "Dave", "PolicyArn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"});
    world.iam("AttachUserPolicy", input).await.unwrap();
    let granted = attempt(&world, "Dave", PASSWORD, None, NOW).await.granted.unwrap();
    let principal = verified(&world, &granted);
    world.call_as(&principal, "iam", "ListUsers", json!({})).await.unwrap();
    let refused = world.call_as(&principal, "iam", "CreateUser", json!({"UserName": "x"})).await.unwrap_err();
    assert_eq!(refused.0, "AccessDenied");
    // As with any session, there is no getting another of it.
    assert_eq!(world.sts(&principal, "GetSessionToken", json!({})).await.unwrap_err().0, "AccessDenied");
}

#[tokio::test]
async fn who_is_refused_is_known_and_nothing_is_given() {
    let world = world_with_dave().await;
    world.iam("CreateUser", json!({"UserName": "keyed"})).await.unwrap();
    world.iam("CreateUser", json!({"UserName": "new"})).await.unwrap();
    let input = json!({"UserName": "new", "Password": PASSWORD, "PasswordResetRequired": true});
    world.iam("CreateLoginProfile", input).await.unwrap();
    for (user, password) in
        [("Dave", "correct-horse-1"), ("Dave", ""), ("keyed", PASSWORD), ("new", PASSWORD), ("nobody", PASSWORD)]
    {
        let refused = attempt(&world, user, password, None, NOW).await;
        assert!(refused.granted.is_none(), "{user} {password}");
        match refused.claimed {
            Claimed::NoUser(found) => assert_eq!((user, found), ("nobody", account(ACCOUNT))),
            Claimed::User { name, .. } => assert_eq!(name, user),
            other => panic!("{other:?}"),
        }
    }
    // A code that nothing can be held against is wrong.
    assert!(!is_in(&world, "Dave", PASSWORD, Some("123456"), NOW).await);
}

#[tokio::test]
async fn accounts_are_known_by_number_and_alias() {
    let world = World::with(identity::RootCredentials::Made { file: scratch("root") }).await;
    world.iam("CreateAccountAlias", json!({"AccountAlias": "acme"})).await.unwrap();
    world.iam("CreateUser", json!({"UserName": "dave"})).await.unwrap();
    world.iam("CreateLoginProfile", json!({"UserName": "dave", "Password": PASSWORD})).await.unwrap();
    for (named, found) in [(ACCOUNT, true), ("acme", true), ("other", false), ("444455556666", false), ("", false)] {
        let password = secret(PASSWORD);
        let asked = Asked { account: named, user: Some("dave"), password: &password, mfa_code: None, secs: 900 };
        let attempt = world.identity.sign_in().attempt(&asked, NOW).await.unwrap();
        assert_eq!(attempt.granted.is_some(), found, "{named}");
        assert_eq!(attempt.claimed == Claimed::NoAccount, !found, "{named}");
    }
}

fn scratch(name: &str) -> std::path::PathBuf {
    let folder = tempfile::tempdir().unwrap().keep();
    folder.join(name)
}

#[tokio::test]
async fn root_signs_in_with_a_password_that_it_gave_itself() {
    let world = World::with(identity::RootCredentials::Made { file: scratch("root") }).await;
    assert!(!is_in(&world, "root", "test", None, NOW).await, "nothing is a password before");
    world.iam("CreateLoginProfile", json!({"Password": PASSWORD})).await.unwrap();
    assert!(is_in(&world, "root", PASSWORD, None, NOW).await);
    let summary = world.iam("GetAccountSummary", json!({})).await.unwrap();
    assert_eq!(summary["SummaryMap"]["AccountPasswordPresent"], 1);
}

#[tokio::test]
async fn root_of_development_has_the_password_test_until_it_has_another() {
    let world = World::new().await;
    assert!(is_in(&world, "root", "test", None, NOW).await);
    assert!(!is_in(&world, "root", "Test", None, NOW).await);
    world.iam("CreateLoginProfile", json!({"Password": PASSWORD})).await.unwrap();
    assert!(!is_in(&world, "root", "test", None, NOW).await);
}

#[tokio::test]
async fn a_user_with_a_second_factor_needs_its_code() {
    let world = world_with_dave().await;
    let (serial, seed) = device(&world, "phone").await;
    let code = |step: i64| totp::code(&seed, totp::step_at(NOW) + step);
    for wrong in [None, Some(code(5)), Some(code(-1)), Some(code(0)), Some(String::new())] {
        let refused = attempt(&world, "Dave", PASSWORD, wrong.as_deref(), NOW).await;
        assert!(refused.granted.is_none(), "{wrong:?}");
        assert_eq!((refused.mfa_devices, refused.mfa_code_given), (1, wrong.is_some()));
    }
    let granted = attempt(&world, "Dave", PASSWORD, Some(&code(1)), NOW).await.granted.unwrap();
    assert_eq!(granted.mfa_serial_number, Some(serial));
    assert!(granted.principal.session().unwrap().mfa_authenticated);
    // A wrong password tells nothing of second factors.
    assert_eq!(attempt(&world, "Dave", "wrong", Some(&code(2)), later(1)).await.mfa_devices, 0);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let world = world_with_dave().await;
    let (_, seed) = device(&world, "phone").await;
    let code = |step: i64| totp::code(&seed, totp::step_at(NOW) + step);
    let (one, two) = (code(1), code(1));
    let both = tokio::join!(
        is_in(&world, "Dave", PASSWORD, Some(&one), NOW),
        is_in(&world, "Dave", PASSWORD, Some(&two), NOW)
    );
    assert!(both.0 ^ both.1, "{both:?}");
    assert!(!is_in(&world, "Dave", PASSWORD, Some(&code(1)), later(1)).await);
    assert!(is_in(&world, "Dave", PASSWORD, Some(&code(2)), later(1)).await);
    let restarted = world.restarted().await;
    assert!(!is_in(&restarted, "Dave", PASSWORD, Some(&code(2)), later(2)).await, "over a restart too");
    assert!(is_in(&restarted, "Dave", PASSWORD, Some(&code(3)), later(2)).await);
}

#[tokio::test]
async fn any_of_a_users_second_factors_will_do() {
    let world = world_with_dave().await;
    let ((_, _), (serial, seed)) = (device(&world, "phone").await, device(&world, "tablet").await);
    let code = totp::code(&seed, totp::step_at(NOW) + 1);
    let attempt = attempt(&world, "Dave", PASSWORD, Some(&code), NOW).await;
    assert_eq!(attempt.mfa_devices, 2);
    assert_eq!(attempt.granted.unwrap().mfa_serial_number, Some(serial));
}

#[tokio::test]
async fn a_device_whose_clock_is_off_is_good_again_after_resync() {
    let world = world_with_dave().await;
    let (serial, seed) = device(&world, "phone").await;
    let code = |step: i64| totp::code(&seed, totp::step_at(NOW) + step);
    assert!(!is_in(&world, "Dave", PASSWORD, Some(&code(41)), NOW).await);
    let codes = |first: i64, second: i64| json!({"UserName": "Dave", "SerialNumber": serial, "AuthenticationCode1": code(first), "AuthenticationCode2": code(second)});
    let refused = world.iam("ResyncMFADevice", codes(41, 43)).await.unwrap_err();
    let text = "Authentication code for device is not valid.";
    assert_eq!(refused, ("InvalidAuthenticationCode".to_owned(), text.to_owned()));
    world.iam("ResyncMFADevice", codes(40, 41)).await.unwrap();
    assert!(is_in(&world, "Dave", PASSWORD, Some(&code(42)), NOW).await);
}

#[tokio::test]
async fn sts_gives_sessions_with_a_second_factor() {
    let world = world_with_dave().await;
    let document = policy(json!([{
        "Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }]));
    let input = json!({"UserName": "Dave", "PolicyName": "own", "PolicyDocument": document});
    world.iam("PutUserPolicy", input).await.unwrap();
    let made = world.iam("CreateAccessKey", json!({"UserName": "Dave"})).await.unwrap();
    let dave = world.sign_in(&made["AccessKey"]);
    assert_eq!(world.call_as(&dave, "iam", "ListUsers", json!({})).await.unwrap_err().0, "AccessDenied");
    let (serial, seed) = device(&world, "phone").await;
    let input = json!({"SerialNumber": serial, "TokenCode": totp::code(&seed, totp::step_at(NOW) + 1)});
    let answer = world.sts(&dave, "GetSessionToken", input.clone()).await.unwrap();
    let session = world.sign_in(&answer["Credentials"]);
    world.call_as(&session, "iam", "ListUsers", json!({})).await.unwrap();
    let again = world.sts(&dave, "GetSessionToken", input).await.unwrap_err();
    assert_eq!(again.1, "MultiFactorAuthentication failed with invalid MFA one time pass code. ");
}

#[tokio::test]
async fn roles_can_demand_a_second_factor() {
    let world = world_with_dave().await;
    let trust = policy(json!([{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ops/Dave"},
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }]));
    let made = world.iam("CreateRole", json!({"RoleName": "r", "AssumeRolePolicyDocument": trust})).await.unwrap();
    let made_key = world.iam("CreateAccessKey", json!({"UserName": "Dave"})).await.unwrap();
    let dave = world.sign_in(&made_key["AccessKey"]);
    let (serial, seed) = device(&world, "phone").await;
    let mut input = json!({"RoleArn": made["Role"]["Arn"], "RoleSessionName": "s1"});
    assert_eq!(world.sts(&dave, "AssumeRole", input.clone()).await.unwrap_err().0, "AccessDenied");
    input["SerialNumber"] = json!(serial);
    input["TokenCode"] = json!(totp::code(&seed, totp::step_at(NOW) + 1));
    let answer = world.sts(&dave, "AssumeRole", input).await.unwrap();
    assert!(world.sign_in(&answer["Credentials"]).session().unwrap().mfa_authenticated);
}

#[tokio::test]
async fn guessing_at_codes_ends() {
    let world = world_with_dave().await;
    let made = world.iam("CreateAccessKey", json!({"UserName": "Dave"})).await.unwrap();
    let dave = world.sign_in(&made["AccessKey"]);
    let (serial, seed) = device(&world, "phone").await;
    let token = |code: String| json!({"SerialNumber": serial, "TokenCode": code});
    for _ in 0..20 {
        world.sts(&dave, "GetSessionToken", token("000000".to_owned())).await.unwrap_err();
    }
    let right = totp::code(&seed, totp::step_at(NOW) + 1);
    world.sts(&dave, "GetSessionToken", token(right)).await.unwrap_err();
}

#[tokio::test]
async fn users_change_their_own_passwords() {
    let world = world_with_dave().await;
    let input = json!({"UserName": "Dave", "PasswordResetRequired": true});
    world.iam("UpdateLoginProfile", input).await.unwrap();
    assert!(!is_in(&world, "Dave", PASSWORD, None, NOW).await);
    world
        .iam("PutUserPolicy", json!({"UserName": "Dave", "PolicyName": "own", "PolicyDocument": policy(allow("iam:ChangePassword", "arn:aws:iam::111122223333:user/ops/${aws:username}"))}))
        .await
        .unwrap();
    let made = world.iam("CreateAccessKey", json!({"UserName": "Dave"})).await.unwrap();
    let dave = world.sign_in(&made["AccessKey"]);
    let change = |old: &str, new: &str| json!({"OldPassword": old, "NewPassword": new});
    let refused = world.call_as(&dave, "iam", "ChangePassword", change("wrong", "Another-Horse-2")).await.unwrap_err();
    assert_eq!(refused, ("AccessDenied".to_owned(), "The old password was incorrect.".to_owned()));
    let refused = world.call_as(&dave, "iam", "ChangePassword", change(PASSWORD, "short")).await.unwrap_err();
    assert_eq!(refused.0, "PasswordPolicyViolation");
    world.call_as(&dave, "iam", "ChangePassword", change(PASSWORD, "Another-Horse-2")).await.unwrap();
    assert!(!is_in(&world, "Dave", PASSWORD, None, NOW).await);
    assert!(is_in(&world, "Dave", "Another-Horse-2", None, NOW).await);
    let refused = world.iam("ChangePassword", change(PASSWORD, "Another-Horse-2")).await.unwrap_err();
    assert_eq!(refused.0, "InvalidUserType");
}

#[tokio::test]
async fn passwords_and_devices_follow_a_user_to_another_name_and_hold_it() {
    let world = world_with_dave().await;
    let (serial, seed) = device(&world, "phone").await;
    world.iam("UpdateUser", json!({"UserName": "Dave", "NewUserName": "David"})).await.unwrap();
    let code = totp::code(&seed, totp::step_at(NOW) + 1);
    assert!(is_in(&world, "David", PASSWORD, Some(&code), NOW).await);
    let shown = world.iam("GetUser", json!({"UserName": "David"})).await.unwrap();
    assert_eq!(shown["User"]["PasswordLastUsed"], json!(NOW.iso()));
    let delete = || world.iam("DeleteUser", json!({"UserName": "David"}));
    let conflict = |what: &str| ("DeleteConflict".to_owned(), format!("Cannot delete entity, must {what} first."));
    assert_eq!(delete().await.unwrap_err(), conflict("delete login profile"));
    world.iam("DeleteLoginProfile", json!({"UserName": "David"})).await.unwrap();
    assert_eq!(delete().await.unwrap_err(), conflict("delete MFA device"));
    let listed = world.iam("ListMFADevices", json!({"UserName": "David"})).await.unwrap();
    assert_eq!(listed["MFADevices"][0]["SerialNumber"], json!(serial));
    let in_use = world.iam("DeleteVirtualMFADevice", json!({"SerialNumber": serial})).await.unwrap_err();
    assert_eq!(in_use, ("DeleteConflict".to_owned(), "MFA VirtualDevice in use. Must deactivate first.".to_owned()));
    world.iam("DeactivateMFADevice", json!({"UserName": "David", "SerialNumber": serial})).await.unwrap();
    delete().await.unwrap();
    let free = world.iam("ListVirtualMFADevices", json!({"AssignmentStatus": "Unassigned"})).await.unwrap();
    assert_eq!(free["VirtualMFADevices"], json!([{"SerialNumber": serial}]));
    world.iam("DeleteVirtualMFADevice", json!({"SerialNumber": serial})).await.unwrap();
}

#[tokio::test]
async fn refusals_of_login_profiles_and_devices() {
    let world = world_with_dave().await;
    world.iam("CreateUser", json!({"UserName": "bare"})).await.unwrap();
    let (serial, _) = device(&world, "phone").await;
    let none = "arn:aws:iam::111122223333:mfa/none";
    let codes = |name: &str, serial: &str| json!({"UserName": name, "SerialNumber": serial, "AuthenticationCode1": "000000", "AuthenticationCode2": "000001"});
    let examples: Vec<(&str, Json, &str, String)> = vec![
        (
            "CreateLoginProfile",
            json!({"UserName": "Dave", "Password": PASSWORD}),
            "EntityAlreadyExists",
            "Login Profile for user Dave already exists.".into(),
        ),
        (
            "CreateLoginProfile",
            json!({"UserName": "none", "Password": PASSWORD}),
            "NoSuchEntity",
            "The user with name none cannot be found.".into(),
        ),
        ("CreateLoginProfile", json!({"UserName": "bare"}), "ValidationError", "Must specify a password.".into()),
        (
            "GetLoginProfile",
            json!({"UserName": "bare"}),
            "NoSuchEntity",
            "Login Profile for User bare cannot be found.".into(),
        ),
        (
            "UpdateLoginProfile",
            json!({"UserName": "bare", "Password": PASSWORD}),
            "NoSuchEntity",
            "Login Profile for User bare cannot be found.".into(),
        ),
        (
            "DeleteLoginProfile",
            json!({"UserName": "bare"}),
            "NoSuchEntity",
            "Login Profile for User bare cannot be found.".into(),
        ),
        (
            "CreateVirtualMFADevice",
            json!({"VirtualMFADeviceName": "PHONE"}),
            "EntityAlreadyExists",
            "MFADevice entity at the same path and name already exists.".into(),
        ),
        (
            "DeleteVirtualMFADevice",
            json!({"SerialNumber": none}),
            "NoSuchEntity",
            format!("VirtualMFADevice with serial number {none} doesn't exist."),
        ),
        ("EnableMFADevice", codes("Dave", &serial), "EntityAlreadyExists", "MFA Device is already in use.".into()),
        (
            "EnableMFADevice",
            codes("Dave", none),
            "NoSuchEntity",
            format!("VirtualMFADevice with serial number {none} doesn't exist."),
        ),
        ("ResyncMFADevice", codes("bare", &serial), "NoSuchEntity", "MFA Device invalid for user.".into()),
        (
            "DeactivateMFADevice",
            json!({"UserName": "bare", "SerialNumber": serial}),
            "NoSuchEntity",
            "MFA Device invalid for user.".into(),
        ),
        (
            "GetMFADevice",
            json!({"UserName": "bare", "SerialNumber": serial}),
            "NoSuchEntity",
            "MFA Device invalid for user.".into(),
        ),
    ];
    for (operation, input, code, message) in examples {
        let failure = world.iam(operation, input.clone()).await.unwrap_err();
        assert_eq!(failure, (code.to_owned(), message), "{operation} {input}");
    }
}

#[tokio::test]
async fn what_is_stored_does_not_hold_password_or_seed() {
    let world = world_with_dave().await;
    let (_, seed) = device(&world, "phone").await;
    let stored = world.stored();
    for secret in [PASSWORD.to_owned(), totp::base32(&seed)] {
        assert!(!stored.contains(&secret), "{secret}");
    }
    assert!(stored.contains("\"rounds\":210000"), "the profile is among what was looked through");
}
