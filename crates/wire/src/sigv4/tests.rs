//! Signatures against botocore's own, and every refusal with its text.

use std::time::Duration;

use base::Timestamp;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::*;
use crate::request::RawRequest;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn now() -> Timestamp {
    Timestamp::parse_iso("20150830T123600Z").unwrap()
}

fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> RawRequest {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    RawRequest {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        uri: target.parse().unwrap(),
        headers: map,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

struct Vector {
    name: String,
    request: RawRequest,
    style: PathStyle,
    canonical: String,
}

/// Requests that botocore 1.43 signed with the keys and names of AWS's published test suite;
/// where a case has the suite's name and form, the signature is the published one.
fn vectors() -> Vec<Vector> {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    vectors
        .as_array()
        .unwrap()
        .iter()
        .map(|vector| {
            let headers: Vec<_> =
                vector["headers"].as_array().unwrap().iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect();
            let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            Vector {
                name: text(&vector["name"]),
                request: request(&text(&vector["method"]), &text(&vector["target"]), &headers, &text(&vector["body"])),
                style: if vector["s3"].as_bool().unwrap() { PathStyle::Verbatim } else { PathStyle::Normalised },
                canonical: text(&vector["canonical"]),
            }
        })
        .collect()
}

fn check(request: &RawRequest, style: PathStyle, at: Timestamp) -> Result<Verified, AuthError> {
    let claim = parse(request)?.ok_or(AuthError::MissingAuthenticationToken)?;
    let rules = Rules { path: style, service: None };
    verify(request, &claim, &claim.signing_key(SECRET), at, &rules)
}

#[test]
fn botocores_signatures_verify() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 34);
    for Vector { name, request, style, canonical } in vectors {
        let claim = parse(&request).unwrap().unwrap();
        let hash = canonical.rsplit('\n').next().unwrap();
        let ours = super::canonical::request(&request, &claim.signed_headers, hash, style);
        assert_eq!(String::from_utf8(ours).unwrap(), canonical, "{name}");
        check(&request, style, now()).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn a_path_in_bare_utf8_has_the_published_signature() {
    let auth = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                SignedHeaders=host;x-amz-date, \
                Signature=8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85";
    let mut request = request(
        "GET",
        "/",
        &[("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z"), ("authorization", auth)],
        "",
    );
    request.uri = http::Uri::try_from("/ሴ".as_bytes()).unwrap();
    check(&request, PathStyle::Normalised, now()).unwrap();
}

#[test]
fn any_change_breaks_every_signature() {
    for Vector { name, request, style, .. } in vectors() {
        let mut changed = request.clone();
        changed.method = Method::DELETE;
        assert_eq!(check(&changed, style, now()).unwrap_err(), AuthError::SignatureMismatch, "{name}: method");
        let mut changed = request.clone();
        changed.headers.insert("host", HeaderValue::from_static("other.amazonaws.com"));
        assert_eq!(check(&changed, style, now()).unwrap_err(), AuthError::SignatureMismatch, "{name}: host");
        let mut changed = request.clone();
        changed.body = Bytes::from_static(b"changed");
        let expected = match parse(&request).unwrap().unwrap().payload_hash {
            PayloadHash::Sha256(_) => Some(AuthError::PayloadHashMismatch),
            // A presigned S3 request does not cover its body.
            PayloadHash::Absent if name == "s3-presigned" => None,
            _ => Some(AuthError::SignatureMismatch),
        };
        assert_eq!(check(&changed, style, now()).err(), expected, "{name}: body");
        let mut changed = request.clone();
        changed.uri =
            format!("{}{}x=1", request.uri, if request.uri.query().is_some() { "&" } else { "?" }).parse().unwrap();
        assert_eq!(check(&changed, style, now()).unwrap_err(), AuthError::SignatureMismatch, "{name}: query");
    }
}

fn credentials(token: Option<&str>) -> Credentials {
    Credentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: SECRET.to_owned(),
        session_token: token.map(str::to_owned),
    }
}

fn unsigned() -> RawRequest {
    let headers =
        [("host", "logs.example"), ("content-type", "application/json"), ("user-agent", "x"), ("x-amz-target", "A.B")];
    request("POST", "/a//b?q=%20+&p", &headers, "{}")
}

fn signed(payload: PayloadSigning) -> RawRequest {
    let mut request = unsigned();
    sign(&mut request, &credentials(Some("token/+=")), "eu-west-1", "logs", now(), PathStyle::Normalised, payload)
        .unwrap();
    request
}

#[test]
fn what_we_sign_we_verify() {
    for payload in [PayloadSigning::Signed, PayloadSigning::SignedWithHeader, PayloadSigning::Unsigned] {
        let mut request = signed(payload);
        let claim = parse(&request).unwrap().unwrap();
        assert_eq!((claim.region.as_str(), claim.service.as_str()), ("eu-west-1", "logs"));
        assert_eq!(claim.session_token.as_deref(), Some("token/+="));
        assert!(check(&request, PathStyle::Normalised, now()).is_ok());
        request.body = Bytes::from_static(b"[]");
        assert_eq!(check(&request, PathStyle::Normalised, now()).is_ok(), payload == PayloadSigning::Unsigned);
    }
}

#[test]
fn a_body_that_is_elsewhere_is_signed_by_its_hash() {
    let whole = signed(PayloadSigning::SignedWithHeader);
    let digest = ring::digest::digest(&ring::digest::SHA256, &whole.body);
    let hash: [u8; 32] = digest.as_ref().try_into().unwrap();
    let hashed = signed(PayloadSigning::Hashed(hash));
    assert_eq!(hashed.header("authorization"), whole.header("authorization"));
    assert_eq!(hashed.header("x-amz-content-sha256"), whole.header("x-amz-content-sha256"));
}

#[test]
fn what_we_presign_we_verify_until_it_expires() {
    for style in [PathStyle::Normalised, PathStyle::Verbatim] {
        let mut request = unsigned();
        let minute = Duration::from_secs(60);
        presign(&mut request, &credentials(Some("t/+=")), "eu-west-1", "s3", now(), minute, style).unwrap();
        let claim = parse(&request).unwrap().unwrap();
        assert_eq!(claim.presigned, Some(minute));
        assert_eq!(claim.session_token.as_deref(), Some("t/+="));
        assert!(check(&request, style, now().plus(minute)).is_ok());
        assert_eq!(
            check(&request, style, now().plus_millis(61_000)).unwrap_err().message(),
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T123701Z - 1 min.)"
        );
    }
}

#[test]
fn a_signature_is_good_for_five_minutes_both_ways() {
    let request = signed(PayloadSigning::Signed);
    let at = |millis| check(&request, PathStyle::Normalised, now().plus_millis(millis));
    assert!(at(300_999).is_ok() && at(-300_000).is_ok());
    let expired = at(301_000).unwrap_err();
    assert_eq!(
        expired.message(),
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
    );
    assert_eq!(
        (expired.name(), expired.code(), expired.status()),
        ("InvalidSignatureException", "SignatureDoesNotMatch", 403)
    );
    assert_eq!(
        at(-301_000).unwrap_err().message(),
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)"
    );
}

#[test]
fn a_wrong_scope_lists_all_that_is_wrong() {
    let request = request(
        "GET",
        "/",
        &[
            ("host", "h"),
            ("x-amz-date", "20150830T123600Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AK/20150829/EU!/sts/aws5_request, SignedHeaders=host;x-amz-date, Signature=00",
            ),
        ],
        "",
    );
    let claim = parse(&request).unwrap().unwrap();
    let rules = Rules { service: Some("iam"), ..Rules::default() };
    let error = verify(&request, &claim, &claim.signing_key("s"), now(), &rules).unwrap_err();
    assert_eq!(
        error.message(),
        "Credential should be scoped to a valid region. Credential should be scoped to correct service: 'iam'. \
         Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. Date in Credential \
         scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != '20150830', from \
         '20150830T123600Z'."
    );
}

#[test]
fn headers_that_must_be_signed_are_named() {
    let with = |signed: &str| {
        let auth = format!(
            "AWS4-HMAC-SHA256 Credential=AK/20150830/us-east-1/s/aws4_request, SignedHeaders={signed}, Signature=00"
        );
        let headers =
            [("host", "h"), ("x-amz-date", "20150830T123600Z"), ("x-amz-target", "A.B"), ("authorization", &auth)];
        check(&request("POST", "/", &headers, ""), PathStyle::Normalised, now()).unwrap_err().message()
    };
    assert_eq!(with("x-amz-date"), "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    assert_eq!(with("host;x-amz-date"), "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.");
    assert!(with("Host;X-Amz-Date;X-Amz-Target").starts_with("The request signature we calculated does not match"));
}

/// The parts are told apart however they are spaced and ordered.
#[test]
fn the_authorization_header_is_read_in_any_spacing_and_order() {
    let canonical = parse(&signed(PayloadSigning::Signed)).unwrap().unwrap();
    let value = signed(PayloadSigning::Signed).header("authorization").unwrap().to_owned();
    let (_, parts) = value.split_once(' ').unwrap();
    let parts: Vec<&str> = parts.split(", ").collect();
    for (order, glue) in [([0, 1, 2], ","), ([2, 1, 0], " ,  "), ([1, 0, 2], " "), ([1, 2, 0], ",\t")] {
        let text = order.map(|at| parts[at]).join(glue);
        let mut request = signed(PayloadSigning::Signed);
        request.headers.insert("authorization", format!("AWS4-HMAC-SHA256  {text}").parse().unwrap());
        assert_eq!(parse(&request).unwrap().unwrap(), canonical);
    }
}

#[test]
fn unsigned_requests_claim_nothing() {
    for headers in [&[][..], &[("authorization", "Bearer abc")], &[("authorization", "AWS AKID:sig")]] {
        assert_eq!(parse(&request("GET", "/?Action=X", headers, "")).unwrap(), None);
    }
}

#[test]
fn incomplete_signatures_list_every_missing_part() {
    let date = ("x-amz-date", "20150830T123600Z");
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let tables: [(&str, Headers<'_>, &str); 9] = [
        (
            "/",
            &[("authorization", "AWS4-HMAC-SHA512 Credential=x")],
            "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'.",
        ),
        (
            "/",
            &[("authorization", "AWS4-HMAC-SHA256 FooBar, BazBurp")],
            "'FooBar' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 FooBar, \
             BazBurp'",
        ),
        (
            "/",
            &[("authorization", "AWS4-HMAC-SHA256 Foo=Bar")],
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
             Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a \
             'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256",
        ),
        (
            "/",
            &[date, ("authorization", "AWS4-HMAC-SHA256 Credential=AK, SignedHeaders=host")],
            "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256",
        ),
        (
            "/",
            &[
                ("x-amz-date", "2015/08/30"),
                ("authorization", "AWS4-HMAC-SHA256 Credential=AK, SignedHeaders=host, Signature=0"),
            ],
            "Date must be in ISO-8601 'basic format'. Got '2015/08/30'. See http://en.wikipedia.org/wiki/ISO_8601",
        ),
        (
            "/",
            &[date, ("authorization", "AWS4-HMAC-SHA256 Credential=AK/x, SignedHeaders=host, Signature=0")],
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AK/x'",
        ),
        (
            "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20150830T123600Z",
            &[],
            "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include \
             'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the \
             query-string parameters.",
        ),
        (
            "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20150830T123600Z&X-Amz-Credential=a/b/c/d/e&X-Amz-Signature=0\
             &X-Amz-SignedHeaders=host&X-Amz-Expires=604801",
            &[],
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
             604800 seconds",
        ),
        (
            "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20150830T123600Z&X-Amz-Credential=a/b/c/d/e&X-Amz-Signature=0\
             &X-Amz-SignedHeaders=host&X-Amz-Expires=-1",
            &[],
            "X-Amz-Expires must be non-negative",
        ),
    ];
    for (target, headers, text) in tables {
        let error = parse(&request("GET", target, headers, "")).unwrap_err();
        assert_eq!(error.message(), text);
        assert_eq!(
            (error.name(), error.code(), error.status()),
            ("IncompleteSignatureException", "IncompleteSignature", 400)
        );
    }
}

#[test]
fn signed_in_header_and_query_is_refused() {
    let mut request = signed(PayloadSigning::Signed);
    request.uri = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256".parse().unwrap();
    assert_eq!(
        parse(&request).unwrap_err().message(),
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
    );
}

#[test]
fn a_payload_hash_must_be_one() {
    let mut request = signed(PayloadSigning::SignedWithHeader);
    request.headers.insert("x-amz-content-sha256", "nonsense".parse().unwrap());
    assert_eq!(check(&request, PathStyle::Normalised, now()).unwrap_err(), AuthError::InvalidPayloadHash);
}

#[test]
fn every_failure_has_its_names_and_status() {
    use AuthError::*;
    let tables: [(AuthError, &str, &str, u16, &str); 5] = [
        (
            MissingAuthenticationToken,
            "MissingAuthenticationTokenException",
            "MissingAuthenticationToken",
            403,
            "Request is missing Authentication Token",
        ),
        (
            UnknownAccessKey,
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            403,
            "The security token included in the request is invalid.",
        ),
        (
            ExpiredToken,
            "ExpiredTokenException",
            "ExpiredToken",
            403,
            "The security token included in the request is expired",
        ),
        (
            SignatureMismatch,
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            403,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
             Key and signing method. Consult the service documentation for details.",
        ),
        (
            PayloadHashMismatch,
            "XAmzContentSHA256Mismatch",
            "XAmzContentSHA256Mismatch",
            400,
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ),
    ];
    for (error, name, code, status, message) in tables {
        assert_eq!(
            (error.name(), error.code(), error.status(), error.message().as_str()),
            (name, code, status, message)
        );
    }
}

/// The key of the worked example in AWS's documentation of key derivation.
#[test]
fn the_documented_signature_of_the_documented_example() {
    let key = SigningKey::derive(SECRET, "20150830", "us-east-1", "iam");
    let string_to_sign = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n\
                          f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
    assert_eq!(key.sign(string_to_sign.as_bytes()), "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}
