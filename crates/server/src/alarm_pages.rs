//! `/_trailwatch/alarms/…`: alarms explained and backtested, for callers who may read them.
//!
//! The requests are signed as calls of CloudWatch are. They change nothing and are not recorded.

use api::{Authorization, CallContext, ServiceError};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use wire::RawRequest;

use crate::listener::Peer;
use crate::own_pages::{Page, failure};
use crate::signed_pages;
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
        Err(error) => signed_pages::refusal(error),
    }
}

async fn answer_verified(state: &State, peer: Peer, raw: &RawRequest, path: &str) -> Result<Value, ServiceError> {
    let cx = signed_pages::caller(state, peer, raw, api::cloudwatch::SERVICE.signing_name)?;
    let explains = path.ends_with("explain");
    allowed(state, &cx, "GetMetricData")?;
    if explains {
        allowed(state, &cx, "DescribeAlarms")?;
        let asked: Explain = signed_pages::body(raw, r#"{"name":"…","at":"2026-01-01T00:00:00Z"}"#)?;
        return state.cloudwatch.explain_alarm(&cx, &asked.name, asked.at.as_deref()).await;
    }
    let asked: Backtest = signed_pages::body(raw, r#"{"alarm":{…},"from":"2026-01-01T00:00:00Z","to":"…"}"#)?;
    state.cloudwatch.backtest_alarm(&cx, &asked.alarm, &asked.from, asked.to.as_deref()).await
}

fn allowed(state: &State, cx: &CallContext, operation: &str) -> Result<(), ServiceError> {
    let wanted = Authorization::any(&api::cloudwatch::SERVICE, operation);
    state.identity.authenticator().authorize(cx, &wanted)
}
