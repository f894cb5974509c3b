//! `/_trailwatch/signin`: a password, and a second factor's code where the user has one, for a session's credentials.
//!
//! Anyone may ask. A refusal says nothing of why; what is known of it is in the audit event, which is on disk before the
//! answer leaves (cloudtrail.md §1.10). What is sent is never in an error, an event or the log.

use std::time::Instant;

use api::{CallContext, Principal};
use base::id;
use cloudtrail::record::sign_in::{MfaGiven, SignInKind, SignInStep, SignInWho};
use http::{Method, StatusCode};
use identity::Secret;
use identity::sign_in::{Asked, Attempt, Claimed, Granted};
use serde::Deserialize;
use serde_json::json;
use wire::RawRequest;

use crate::listener::Peer;
use crate::own_pages::{Page, failure};
use crate::sign_in_limit::{Admission, Guesser};
use crate::state::State;

/// Where the page is.
pub const PATH: &str = "/_trailwatch/signin";

/// How long a session may last, and lasts when nothing is said: as AWS's console sessions.
const SECS_MIN: i64 = 900;
const SECS_MAX: i64 = 43_200;
/// The longest body; no request comes near.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// The longest text of each member.
const TEXT_BYTES_MAX: usize = 1024;

const FORM: &str =
    r#"the body must be {"account":"…","user":"…","password":"…","mfaCode":"123456","duration":43200} in JSON"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Body {
    account: String,
    user: Option<String>,
    password: Secret,
    mfa_code: Option<Secret>,
    duration: Option<i64>,
}

/// Answers a request to [`PATH`].
pub async fn answer(state: &State, peer: Peer, raw: &RawRequest) -> Page {
    if raw.method != Method::POST {
        return failure(StatusCode::METHOD_NOT_ALLOWED, "this page does not take that method");
    }
    // What the parser says of a body can hold parts of it, so it is not told.
    let Some(body) = parsed(&raw.body) else { return failure(StatusCode::BAD_REQUEST, FORM) };
    let secs = body.duration.unwrap_or(SECS_MAX);
    if !(SECS_MIN..=SECS_MAX).contains(&secs) {
        let message = format!("duration must be from {SECS_MIN} to {SECS_MAX} seconds");
        return failure(StatusCode::BAD_REQUEST, &message);
    }
    if state.calls.is_closed() || state.store.writable().is_err() {
        return failure(StatusCode::SERVICE_UNAVAILABLE, "the server cannot write its log; nobody is signed in");
    }
    let guesser = Guesser::new(&peer.ip, &body.account, body.user.as_deref());
    let Admission::Admitted(_turn) = state.sign_ins.admit(&guesser, Instant::now()) else {
        state.metrics.event_suppressed();
        return failure(StatusCode::TOO_MANY_REQUESTS, "too many attempts; try again later");
    };
    let cx = context(state, peer, raw);
    let asked = Asked {
        account: &body.account,
        user: body.user.as_deref(),
        password: &body.password,
        mfa_code: body.mfa_code.as_ref(),
        secs,
    };
    let attempt = match state.identity.sign_in().attempt(&asked, cx.now).await {
        Ok(attempt) => attempt,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a sign-in could not be kept");
            return failure(StatusCode::SERVICE_UNAVAILABLE, "the server cannot keep the sign-in; nobody is signed in");
        }
    };
    if let Err(error) = record(state, &cx, &attempt).await {
        state.metrics.event_failed();
        tracing::error!(error = &error as &dyn std::error::Error, "the event of a sign-in could not be stored");
        return failure(StatusCode::SERVICE_UNAVAILABLE, "the server cannot write its log; nobody is signed in");
    }
    match attempt.granted {
        Some(granted) => {
            state.sign_ins.give_back(&guesser);
            credentials(&granted, &cx)
        }
        None => failure(StatusCode::UNAUTHORIZED, "the sign-in information is incorrect"),
    }
}

fn parsed(body: &[u8]) -> Option<Body> {
    if body.len() > BODY_BYTES_MAX {
        return None;
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    let texts = [
        Some(body.account.as_str()),
        body.user.as_deref(),
        Some(body.password.expose()),
        body.mfa_code.as_ref().map(Secret::expose),
    ];
    let fits = texts.into_iter().flatten().all(|text| text.len() <= TEXT_BYTES_MAX);
    fits.then_some(body)
}

fn context(state: &State, peer: Peer, raw: &RawRequest) -> CallContext {
    let header = |name| raw.header(name).unwrap_or_default().to_owned();
    CallContext {
        principal: Principal::Unknown { account: state.account.clone(), access_key_id: None },
        region: state.region.clone(),
        partition: state.region.partition(),
        now: state.clock.now(),
        request_id: id::uuid(&*state.entropy).to_string(),
        source_ip: peer.ip,
        user_agent: header("user-agent"),
        host: header("host"),
        tls: peer.tls,
    }
}

/// Records what happened, in the account that it was about. An account that is not there has no history.
async fn record(state: &State, cx: &CallContext, attempt: &Attempt) -> Result<(), store::StoreError> {
    let who = match &attempt.claimed {
        Claimed::NoAccount => {
            state.metrics.event_suppressed();
            return Ok(());
        }
        Claimed::NoUser(account) => SignInWho::Nobody(account),
        Claimed::Root(account) => SignInWho::Root(account),
        Claimed::User { account, id, name, path } => SignInWho::User { account, id, name, path },
    };
    let step = |kind| SignInStep { cx, who, kind, completed: state.clock.now() };
    if attempt.mfa_devices > 0 {
        // Queued: waiting for it would tell by the time it takes that the password was right.
        state.recorder.queue_sign_in(&step(SignInKind::MfaAsked(attempt.mfa_devices)))?;
        state.metrics.event();
    }
    let kind = match &attempt.granted {
        Some(granted) => SignInKind::Success { mfa_serial_number: granted.mfa_serial_number.as_deref() },
        None if attempt.mfa_code_given => SignInKind::Failure { mfa: MfaGiven::Yes },
        None => SignInKind::Failure { mfa: MfaGiven::No },
    };
    state.recorder.record_sign_in(&step(kind)).await?;
    state.metrics.event();
    Ok(())
}

fn credentials(granted: &Granted, cx: &CallContext) -> Page {
    let answer = json!({
        "arn": granted.principal.arn(cx.partition).map(|arn| arn.to_string()),
        "accountId": granted.principal.account().as_str(),
        "credentials": {
            "accessKeyId": granted.credentials.access_key_id,
            "secretAccessKey": granted.credentials.secret.expose(),
            "sessionToken": granted.credentials.token,
            "expiration": granted.expires.iso_secs(),
        },
        "mfaAuthenticated": granted.mfa_serial_number.is_some(),
    });
    (StatusCode::OK, "application/json", answer.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_another_form_are_refused() {
        let long = "x".repeat(TEXT_BYTES_MAX + 1);
        for body in [
            "",
            "[]",
            r#"{"account":"111122223333"}"#,
            r#"{"account":"111122223333","password":1}"#,
            r#"{"account":"111122223333","password":"p","other":1}"#,
            &format!(r#"{{"account":"111122223333","password":"{long}"}}"#),
            &format!(r#"{{"account":"111122223333","password":"p","user":"{long}"}}"#),
        ] {
            assert!(parsed(body.as_bytes()).is_none(), "{body}");
        }
        assert!(parsed(br#"{"account":"111122223333","password":"p"}"#).is_some());
    }
}
