//! `/_trailwatch/resource`: what a resource was like at a time, for callers who may read it.
//!
//! The requests are signed as calls of Config are. They change nothing and are not recorded.

use api::{Authorization, CallContext, ServiceError};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::RawRequest;
use wire::schema::Service;

use crate::listener::Peer;
use crate::own_pages::{Page, failure};
use crate::resource_report::{self, NoReport, Reports, Withheld, time};
use crate::signed_pages;
use crate::state::State;

/// Where the page is.
pub const PATH: &str = "/_trailwatch/resource";

/// What is asked.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// An ARN, or a type and an id with a slash between.
    pub resource: String,
    /// ISO 8601, or how long ago; now where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// Answers a request to [`PATH`].
pub async fn answer(state: &State, peer: Peer, raw: &RawRequest) -> Page {
    if raw.method != Method::POST {
        return failure(StatusCode::METHOD_NOT_ALLOWED, "this page does not take that method");
    }
    match answer_verified(state, peer, raw).await {
        Ok(page) => (StatusCode::OK, "application/json", page.to_string()),
        Err(error) => signed_pages::refusal(error),
    }
}

async fn answer_verified(state: &State, peer: Peer, raw: &RawRequest) -> Result<Value, ServiceError> {
    let cx = signed_pages::caller(state, peer, raw, api::config::SERVICE.signing_name)?;
    allowed(state, &cx, &api::config::SERVICE, "GetResourceConfigHistory")?;
    let asked: Asked = signed_pages::body(raw, r#"{"resource":"arn:…","at":"2026-01-01T00:00:00Z"}"#)?;
    let at = match &asked.at {
        Some(text) => time(text, cx.now).ok_or_else(|| {
            ServiceError::validation(format!("{text} is no time: write it like 2026-01-31T10:00:00Z or 90m"))
        })?,
        None => cx.now,
    };
    // Whoever may not see events or alarms sees the rest.
    let withheld = Withheld {
        changes: allowed(state, &cx, &api::cloudtrail::SERVICE, "LookupEvents").is_err(),
        alarms: allowed(state, &cx, &api::cloudwatch::SERVICE, "DescribeAlarmHistory").is_err(),
    };
    let wanted = resource_report::Asked {
        name: &asked.resource,
        account: Some(cx.account()),
        region: Some(&cx.region),
        at,
        withheld,
    };
    let report = Reports::new(&state.store).report(wanted, cx.now).await;
    let mut report = report.map_err(|error| match error {
        NoReport::Asked(detail) => ServiceError::validation(detail),
        NoReport::Failed(cause) => {
            tracing::error!(error = &cause as &dyn std::error::Error, "a report of a resource failed");
            ServiceError::internal()
        }
    })?;
    let mut notes = Vec::new();
    if withheld.changes {
        notes.push("who changed it is not shown: it takes the permission cloudtrail:LookupEvents");
    }
    if withheld.alarms {
        notes.push("alarms are not shown: it takes the permission cloudwatch:DescribeAlarmHistory");
    }
    report["notes"] = json!(notes);
    Ok(report)
}

fn allowed(state: &State, cx: &CallContext, service: &'static Service, operation: &str) -> Result<(), ServiceError> {
    state.identity.authenticator().authorize(cx, &Authorization::any(service, operation))
}
