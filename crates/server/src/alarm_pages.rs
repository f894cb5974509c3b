//! `/_trailwatch/alarms/…`: alarms explained and backtested, for callers who may read them.
//!
//! The requests are signed as calls of CloudWatch are. They change nothing and are not recorded.

use api::{Authorization, CallContext, ServiceError};
use base::id;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wire::RawRequest;

use crate::listener::Peer;
use crate::own_pages::Page;
use crate::pipeline;
use crate::state::State;

/// Where these pages are.
pub const PREFIX: &str = "/_trailwatch/alarms/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Explain {
    name: String,
    at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Backtest {
    alarm: Value,
    from: String,
    to: Option<String>,
}

/// Answers a request below [`PREFIX`].
pub async fn answer(state: &State, peer: Peer, raw: &RawRequest) -> Page {
    let path = raw.uri.path();
    if !matches!(path, "/_trailwatch/alarms/explain" | "/_trailwatch/alarms/backtest") {
        return failure(StatusCode::NOT_FOUND, "there is no such page");
    }
    if raw.method != Method::POST {
        return failure(StatusCode::METHOD_NOT_ALLOWED, "this page does not take that method");
    }
    match answer_verified(state, peer, raw, path).await {
        Ok(page) => (StatusCode::OK, "application/json", page.to_string()),
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            failure(status, &error.message.unwrap_or_else(|| error.code.into_owned()))
        }
    }
}

async fn answer_verified(state: &State, peer: Peer, raw: &RawRequest, path: &str) -> Result<Value, ServiceError> {
    let cx = caller(state, peer, raw)?;
    let explains = path.ends_with("explain");
    allowed(state, &cx, "GetMetricData")?;
    if explains {
        allowed(state, &cx, "DescribeAlarms")?;
        let asked: Explain = body(raw, r#"{"name":"…","at":"2026-01-01T00:00:00Z"}"#)?;
        return state.cloudwatch.explain_alarm(&cx, &asked.name, asked.at.as_deref()).await;
    }
    let asked: Backtest = body(raw, r#"{"alarm":{…},"from":"2026-01-01T00:00:00Z","to":"…"}"#)?;
    state.cloudwatch.backtest_alarm(&cx, &asked.alarm, &asked.from, asked.to.as_deref()).await
}

fn caller(state: &State, peer: Peer, raw: &RawRequest) -> Result<CallContext, ServiceError> {
    let (principal, region) = pipeline::signer(state, raw, api::cloudwatch::SERVICE.signing_name)?;
    let header = |name| raw.header(name).unwrap_or_default().to_owned();
    Ok(CallContext {
        principal,
        region,
        partition: state.region.partition(),
        now: state.clock.now(),
        request_id: id::uuid(&*state.entropy).to_string(),
        source_ip: peer.ip,
        user_agent: header("user-agent"),
        host: header("host"),
        tls: peer.tls,
    })
}

fn allowed(state: &State, cx: &CallContext, operation: &str) -> Result<(), ServiceError> {
    let wanted = Authorization::any(&api::cloudwatch::SERVICE, operation);
    state.identity.authenticator().authorize(cx, &wanted)
}

fn body<T: DeserializeOwned>(raw: &RawRequest, form: &str) -> Result<T, ServiceError> {
    serde_json::from_slice(&raw.body)
        .map_err(|error| ServiceError::validation(format!("the body must be {form}: {error}")))
}

fn failure(status: StatusCode, message: &str) -> Page {
    (status, "application/json", json!({ "error": message }).to_string())
}
