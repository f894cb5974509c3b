//! Signature claims from anyone: none may panic, and none may verify that was not signed
//! with the key. What is signed here must verify.

#![no_main]

use std::time::Duration;

use base::Timestamp;
use libfuzzer_sys::fuzz_target;
use wire::sigv4::{Credentials, PathStyle, PayloadSigning, Rules, SigningKey, parse, presign, sign, verify};

fuzz_target!(|data: &[u8]| {
    let Some(mut request) = fuzz::request(data) else { return };
    let now = Timestamp::from_secs(1_769_853_600);
    let secret = "no fuzzer finds this";
    if let Ok(Some(claim)) = parse(&request) {
        let key = claim.signing_key(secret);
        for path in [PathStyle::Normalised, PathStyle::Verbatim] {
            for at in [now, claim.request_time] {
                assert!(verify(&request, &claim, &key, at, &Rules { path, service: None }).is_err());
            }
        }
    }
    for name in ["authorization", "x-amz-content-sha256", "x-amz-security-token"] {
        request.headers.remove(name);
    }
    if request.uri.query().is_some_and(|query| query.contains("X-Amz-") || query.contains('%')) {
        return;
    }
    let credentials =
        Credentials { access_key_id: "AK".to_owned(), secret_access_key: secret.to_owned(), session_token: None };
    let key = SigningKey::derive(secret, &now.basic_date(), "eu-west-1", "logs");
    for path in [PathStyle::Normalised, PathStyle::Verbatim] {
        let rules = Rules { path, service: Some("logs") };
        let mut signed = request.clone();
        sign(&mut signed, &credentials, "eu-west-1", "logs", now, path, PayloadSigning::SignedWithHeader)
            .expect("plain credentials");
        let claim = parse(&signed).expect("a whole signature").expect("a signature");
        verify(&signed, &claim, &key, now, &rules).expect("our own signature");
        let mut presigned = request.clone();
        if presign(&mut presigned, &credentials, "eu-west-1", "logs", now, Duration::from_secs(60), path).is_ok() {
            let claim = parse(&presigned).expect("a whole signature").expect("a signature");
            verify(&presigned, &claim, &key, now, &rules).expect("our own signature");
        }
    }
});
