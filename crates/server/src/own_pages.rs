//! `/_trailwatch/…`: the server's own pages, outside every AWS API and never recorded.

use base::Timestamp;
use base::time::parse_duration;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::observation_page;
use crate::state::State;
use crate::upstream_pages;

/// What a page answers: status, content type, body.
pub type Page = (StatusCode, &'static str, String);

const JSON: &str = "application/json";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Move {
    Advance(String),
    Set(String),
}

/// Answers a request below `/_trailwatch/`.
pub async fn answer(state: &State, method: &Method, path: &str, body: &[u8]) -> Page {
    match (path, method) {
        ("/_trailwatch/health", &Method::GET) => health(state),
        ("/_trailwatch/metrics", &Method::GET) => metrics(state),
        ("/_trailwatch/clock", &Method::GET) => clock(state),
        ("/_trailwatch/clock", &Method::POST) => move_clock(state, body).await,
        (observation_page::PATH, _) => observation_page::answer(state, method, body).await,
        ("/_trailwatch/health" | "/_trailwatch/metrics" | "/_trailwatch/clock", _) => {
            failure(StatusCode::METHOD_NOT_ALLOWED, "this page does not take that method")
        }
        _ => failure(StatusCode::NOT_FOUND, "there is no such page"),
    }
}

fn health(state: &State) -> Page {
    let status = if state.stopped() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let word = if status == StatusCode::OK { "ok" } else { "stopped" };
    // An upstream that is away makes no server unhealthy: nothing here gets better when it is started anew.
    let upstreams = upstream_pages::health(&state.upstreams.states());
    let page = json!({ "status": word, "version": env!("CARGO_PKG_VERSION"), "upstreams": upstreams });
    (status, JSON, page.to_string())
}

fn metrics(state: &State) -> Page {
    let page = state.metrics.render() + &upstream_pages::metrics(&state.upstreams.states());
    (StatusCode::OK, "text/plain; version=0.0.4", page)
}

fn clock(state: &State) -> Page {
    let mode = if state.simulated.is_some() { "simulated" } else { "system" };
    (StatusCode::OK, JSON, json!({ "now": state.clock.now().iso(), "mode": mode }).to_string())
}

async fn move_clock(state: &State, body: &[u8]) -> Page {
    let Some(clock) = &state.simulated else {
        return failure(StatusCode::CONFLICT, "the clock is the machine's: start with --clock simulated to move it");
    };
    let to = match serde_json::from_slice::<Move>(body) {
        Ok(Move::Advance(by)) => parse_duration(&by).map(|by| state.clock.now().plus(by)),
        Ok(Move::Set(to)) => Timestamp::parse_iso(&to),
        Err(_) => None,
    };
    let Some(to) = to.filter(|to| Timestamp::from_secs_f64(to.secs_f64()).is_some()) else {
        let forms = r#"send {"advance":"20m"} or {"set":"2026-01-01T00:00:00Z"}"#;
        return failure(StatusCode::BAD_REQUEST, forms);
    };
    if to < state.clock.now() {
        return failure(StatusCode::BAD_REQUEST, "the clock never goes back");
    }
    match state.jobs.advance(clock, to, &**state.store.catalog()).await {
        Ok(now) => (StatusCode::OK, JSON, json!({ "now": now.iso(), "mode": "simulated" }).to_string()),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the clock could not be kept");
            failure(StatusCode::SERVICE_UNAVAILABLE, "the clock has moved but could not be kept for a restart")
        }
    }
}

/// A refusal in the form of these pages.
pub fn failure(status: StatusCode, message: &str) -> Page {
    (status, JSON, json!({ "error": message }).to_string())
}
