//! Second factors of root: how it means itself, and what they are good for.

use api::Principal;
use identity::totp;
use serde_json::{Value as Json, json};

use super::sign_in::{attempt, codes, device_of, unused_device};
use super::world::*;

const DEVICE: &str = "root-account-mfa-device";
const SERIAL: &str = "arn:aws:iam::111122223333:mfa/root-account-mfa-device";

fn code(seed: &[u8], step: i64) -> String {
    totp::code(seed, totp::step_at(NOW) + step)
}

async fn is_enabled(world: &World) -> Json {
    world.iam("GetAccountSummary", json!({})).await.unwrap()["SummaryMap"]["AccountMFAEnabled"].clone()
}

/// What the credential report says of root's second factors.
async fn reported(world: &World) -> String {
    world.iam("GenerateCredentialReport", json!({})).await.unwrap();
    let report = world.iam("GetCredentialReport", json!({})).await.unwrap();
    let bytes: Vec<u8> = serde_json::from_value(report["Content"].clone()).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = text.lines();
    let at = lines.next().unwrap().split(',').position(|column| column == "mfa_active").unwrap();
    let root = lines.find(|line| line.starts_with("<root_account>,")).unwrap();
    root.split(',').nth(at).unwrap().to_owned()
}

#[tokio::test]
async fn root_has_a_device_from_when_it_enables_one_to_when_it_deactivates_it() {
    let world = World::new().await;
    let (serial, _) = unused_device(&world, DEVICE).await;
    assert_eq!((serial.as_str(), is_enabled(&world).await), (SERIAL, json!(0)), "it is nobody's");
    world.iam("DeleteVirtualMFADevice", json!({"SerialNumber": SERIAL})).await.unwrap();
    device_of(&world, "root", DEVICE).await;
    assert_eq!((is_enabled(&world).await, reported(&world).await), (json!(1), "true".to_owned()));
    let listed = world.iam("ListMFADevices", json!({})).await.unwrap();
    let enabled = NOW.iso();
    assert_eq!(listed["MFADevices"], json!([{"UserName": "root", "SerialNumber": SERIAL, "EnableDate": enabled}]));
    let assigned = world.iam("ListVirtualMFADevices", json!({"AssignmentStatus": "Assigned"})).await.unwrap();
    let owner = &assigned["VirtualMFADevices"][0]["User"];
    let arn = json!("arn:aws:iam::111122223333:root");
    assert_eq!((&owner["Arn"], &owner["UserId"]), (&arn, &json!(ACCOUNT)));
    let shown = world.iam("GetMFADevice", json!({"SerialNumber": SERIAL})).await.unwrap();
    assert_eq!((&shown["UserName"], &shown["EnableDate"]), (&json!("root"), &json!(enabled)));
    let in_use = world.iam("DeleteVirtualMFADevice", json!({"SerialNumber": SERIAL})).await.unwrap_err();
    assert_eq!(in_use.0, "DeleteConflict");
    world.iam("DeactivateMFADevice", json!({"SerialNumber": SERIAL})).await.unwrap();
    assert_eq!(is_enabled(&world).await, 0);
    world.iam("DeleteVirtualMFADevice", json!({"SerialNumber": SERIAL})).await.unwrap();
}

#[tokio::test]
async fn a_device_of_a_user_is_none_of_roots() {
    let world = World::new().await;
    world.iam("CreateUser", json!({"UserName": "dave"})).await.unwrap();
    device_of(&world, "dave", "phone").await;
    assert_eq!((is_enabled(&world).await, reported(&world).await), (json!(0), "false".to_owned()));
    let listed = world.iam("ListMFADevices", json!({})).await.unwrap();
    assert_eq!(listed["MFADevices"], json!([]));
}

#[tokio::test]
async fn nobody_but_root_means_root() {
    let world = World::new().await;
    let admin = world.user("admin", allow("iam:*", "*")).await;
    device_of(&world, "root", DEVICE).await;
    let (serial, seed) = unused_device(&world, "phone").await;
    let no_user = "The user with name root cannot be found.";
    for (operation, input, message) in [
        ("EnableMFADevice", codes("root", &serial, &seed, 0), no_user),
        ("ResyncMFADevice", codes("root", SERIAL, &seed, 0), no_user),
        ("ListMFADevices", json!({"UserName": "root"}), no_user),
        ("GetMFADevice", json!({"UserName": "root", "SerialNumber": SERIAL}), no_user),
        ("DeactivateMFADevice", json!({"UserName": "root", "SerialNumber": SERIAL}), no_user),
        ("DeactivateMFADevice", json!({"SerialNumber": SERIAL}), "MFA Device invalid for user."),
    ] {
        let refused = world.call_as(&admin, "iam", operation, input.clone()).await.unwrap_err();
        assert_eq!(refused, ("NoSuchEntity".to_owned(), message.to_owned()), "{operation} {input}");
    }
    assert_eq!(is_enabled(&world).await, 1);
}

#[tokio::test]
async fn a_user_named_root_is_meant_before_root_itself() {
    let world = World::new().await;
    world.iam("CreateUser", json!({"UserName": "root"})).await.unwrap();
    let (serial, _) = device_of(&world, "root", "phone").await;
    assert_eq!(is_enabled(&world).await, 0);
    let listed = world.iam("ListMFADevices", json!({"UserName": "root"})).await.unwrap();
    assert_eq!(listed["MFADevices"][0]["SerialNumber"], json!(serial));
    assert_eq!(world.iam("ListMFADevices", json!({})).await.unwrap()["MFADevices"], json!([]));
}

#[tokio::test]
async fn root_with_a_device_signs_in_with_its_code_alone() {
    let world = World::new().await;
    let (serial, seed) = device_of(&world, "root", DEVICE).await;
    for wrong in [None, Some(code(&seed, 0)), Some(code(&seed, 5))] {
        let refused = attempt(&world, "root", "test", wrong.as_deref(), NOW).await;
        assert!(refused.granted.is_none(), "{wrong:?}");
        assert_eq!((refused.mfa_devices, refused.mfa_code_given), (1, wrong.is_some()));
    }
    let granted = attempt(&world, "root", "test", Some(&code(&seed, 1)), NOW).await.granted.unwrap();
    assert_eq!(granted.mfa_serial_number, Some(serial));
    assert!(granted.principal.session().unwrap().mfa_authenticated);
    assert!(attempt(&world, "root", "test", Some(&code(&seed, 1)), NOW).await.granted.is_none(), "it is good once");
}

#[tokio::test]
async fn sts_gives_root_sessions_with_its_second_factor() {
    let world = World::new().await;
    let (serial, seed) = device_of(&world, "root", DEVICE).await;
    let without = world.sts(&root(), "GetSessionToken", json!({})).await.unwrap();
    assert!(!world.sign_in(&without["Credentials"]).session().unwrap().mfa_authenticated);
    let input = json!({"SerialNumber": serial, "TokenCode": code(&seed, 1)});
    let other =
        Principal::Root { account: account("444455556666"), access_key_id: "444455556666".to_owned(), session: None };
    let denied = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    assert_eq!(world.sts(&other, "GetSessionToken", input.clone()).await.unwrap_err().1, denied);
    let answer = world.sts(&root(), "GetSessionToken", input.clone()).await.unwrap();
    let session = world.sign_in(&answer["Credentials"]);
    assert!(matches!(session, Principal::Root { .. }) && session.session().unwrap().mfa_authenticated);
    world.call_as(&session, "iam", "ListUsers", json!({})).await.unwrap();
    assert_eq!(world.sts(&root(), "GetSessionToken", input).await.unwrap_err().1, denied, "it is good once");
}

#[tokio::test]
async fn root_finds_its_device_again_whose_clock_is_off() {
    let world = World::new().await;
    let (serial, seed) = device_of(&world, "root", DEVICE).await;
    let token = |step| json!({"SerialNumber": SERIAL, "TokenCode": code(&seed, step)});
    world.sts(&root(), "GetSessionToken", token(42)).await.unwrap_err();
    world.iam("ResyncMFADevice", codes("root", &serial, &seed, 41)).await.unwrap();
    world.sts(&root(), "GetSessionToken", token(42)).await.unwrap();
}

#[tokio::test]
async fn root_has_eight_devices_at_the_most() {
    let world = World::new().await;
    for n in 0..7 {
        device_of(&world, "root", &format!("phone-{n}")).await;
    }
    let ((one, seed_of_one), (two, seed_of_two)) =
        (unused_device(&world, "one").await, unused_device(&world, "two").await);
    let (first, second) = tokio::join!(
        world.iam("EnableMFADevice", codes("root", &one, &seed_of_one, 0)),
        world.iam("EnableMFADevice", codes("root", &two, &seed_of_two, 0)),
    );
    let refused = [first, second].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    let message = "Cannot exceed quota for MFADevicesPerUser: 8".to_owned();
    assert_eq!(refused, [("LimitExceeded".to_owned(), message)]);
}
