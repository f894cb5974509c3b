//! Records of sign-ins, held against the samples of cloudtrail.md §1.10.

use api::Principal;
use api::call::TlsSession;

use super::*;

const ACCOUNT: &str = "111122223333";
const DAVE: &str = "AIDAEXAMPLEUSERIDAAA1";

fn context(host: &str, user_agent: &str, tls: Option<TlsSession>) -> CallContext {
    let account: AccountId = ACCOUNT.parse().unwrap();
    CallContext {
        principal: Principal::Unknown { account, access_key_id: None },
        region: "eu-west-1".parse().unwrap(),
        partition: Partition::Standard,
        now: Timestamp::from_secs(1_772_438_340),
        request_id: "r".to_owned(),
        source_ip: "198.51.100.8".to_owned(),
        user_agent: user_agent.to_owned(),
        host: host.to_owned(),
        tls,
    }
}

fn built(cx: &CallContext, who: SignInWho<'_>, kind: SignInKind<'_>) -> (TrailEvent, Json) {
    let step = SignInStep { cx, who, kind, completed: cx.now };
    let event = build(&step, "a0000000-0000-4000-8000-000000000003".to_owned());
    let record = serde_json::from_str(&event.record).unwrap();
    (event, record)
}

fn dave(account: &AccountId) -> SignInWho<'_> {
    SignInWho::User { account, id: DAVE, name: "dave", path: "/ops/" }
}

#[test]
fn a_success_with_a_second_factor_is_the_sample() {
    let tls = TlsSession {
        version: "TLSv1.3".to_owned(),
        cipher_suite: "TLS_AES_128_GCM_SHA256".to_owned(),
        key_exchange: None,
    };
    let cx = context("signin.aws.amazon.com", "Mozilla/5.0 (X11; Linux x86_64)", Some(tls));
    let account = ACCOUNT.parse().unwrap();
    let mfa_serial_number = Some("arn:aws:iam::111122223333:mfa/dave");
    let (event, record) = built(&cx, dave(&account), SignInKind::Success { mfa_serial_number });
    let sample = r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLEUSERIDAAA1","arn":"arn:aws:iam::111122223333:user/ops/dave","accountId":"111122223333","userName":"dave"},"eventTime":"2026-03-02T07:59:00Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.8","userAgent":"Mozilla/5.0 (X11; Linux x86_64)","requestParameters":null,"responseElements":{"ConsoleLogin":"Success"},"additionalEventData":{"LoginTo":"https://signin.aws.amazon.com/","MobileVersion":"No","MFAIdentifier":"arn:aws:iam::111122223333:mfa/dave","MFAUsed":"Yes"},"eventID":"a0000000-0000-4000-8000-000000000003","readOnly":false,"eventType":"AwsConsoleSignIn","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"signin.aws.amazon.com"}}"#;
    assert_eq!(record.to_string(), sample);
    assert_eq!((event.username.as_deref(), event.access_key_id, event.global), (Some("dave"), None, true));
}

#[test]
fn a_wrong_password_is_the_sample() {
    let cx = context("127.0.0.1:4566", "Mozilla/5.0", None);
    let account = ACCOUNT.parse().unwrap();
    let (_, record) = built(&cx, dave(&account), SignInKind::Failure { mfa: MfaGiven::No });
    let sample = r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLEUSERIDAAA1","accountId":"111122223333","accessKeyId":"","userName":"dave"},"eventTime":"2026-03-02T07:59:00Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.8","userAgent":"Mozilla/5.0","errorMessage":"Failed authentication","requestParameters":null,"responseElements":{"ConsoleLogin":"Failure"},"additionalEventData":{"LoginTo":"http://127.0.0.1:4566/","MobileVersion":"No","MFAUsed":"No"},"eventID":"a0000000-0000-4000-8000-000000000003","readOnly":false,"eventType":"AwsConsoleSignIn","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}"#;
    assert_eq!(record.to_string(), sample);
}

#[test]
fn a_name_that_no_user_has_is_hidden() {
    let cx = context("localhost", "", None);
    let account = ACCOUNT.parse().unwrap();
    let (event, record) = built(&cx, SignInWho::Nobody(&account), SignInKind::Failure { mfa: MfaGiven::Yes });
    let hidden = json!({"type": "IAMUser", "accountId": ACCOUNT, "accessKeyId": "", "userName": HIDDEN});
    assert_eq!(record["userIdentity"], hidden);
    assert_eq!(record["errorMessage"], "No username found in supplied account");
    assert_eq!(record["additionalEventData"]["MFAUsed"], "Yes");
    assert_eq!(event.username.as_deref(), Some(HIDDEN));
}

#[test]
fn second_factors_are_asked_for_in_an_event_of_their_own() {
    let cx = context("localhost", "", None);
    let account = ACCOUNT.parse().unwrap();
    for (devices, expected) in [(1, "Virtual MFA"), (2, "Multiple MFA Devices")] {
        let (event, record) = built(&cx, dave(&account), SignInKind::MfaAsked(devices));
        assert_eq!(event.event_name, "CheckMfa");
        assert_eq!(record["responseElements"], json!({"CheckMfa": "Success"}));
        assert_eq!(record["additionalEventData"], json!({"MfaType": expected}));
        assert_eq!(record.get("errorMessage"), None);
    }
}

#[test]
fn the_endpoint_tells_the_region_of_users_and_never_of_root() {
    let account = ACCOUNT.parse().unwrap();
    let (user, root) = (dave(&account), SignInWho::Root(&account));
    let success = SignInKind::Success { mfa_serial_number: None };
    for (host, who, region, global) in [
        ("eu-west-1.signin.aws.amazon.com", user, "eu-west-1", false),
        ("eu-west-1.signin.aws.amazon.com", root, "us-east-1", true),
        ("signin.aws.amazon.com", user, "us-east-1", true),
        ("127.0.0.1:4566", user, "us-east-1", true),
        ("X.signin.", user, "us-east-1", true),
    ] {
        let (event, record) = built(&context(host, "", None), who, success);
        assert_eq!((event.region.as_str(), event.global), (region, global), "{host} {who:?}");
        assert_eq!(record["awsRegion"], region);
    }
}

#[test]
fn root_is_told_by_its_account() {
    let cx = context("localhost", "", None);
    let account = ACCOUNT.parse().unwrap();
    let root = json!({
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": "arn:aws:iam::111122223333:root",
        "accountId": ACCOUNT,
        "accessKeyId": "",
    });
    for kind in [SignInKind::Success { mfa_serial_number: None }, SignInKind::Failure { mfa: MfaGiven::No }] {
        let (event, record) = built(&cx, SignInWho::Root(&account), kind);
        assert_eq!(record["userIdentity"], root);
        assert_eq!(event.username.as_deref(), Some("root"));
    }
}
