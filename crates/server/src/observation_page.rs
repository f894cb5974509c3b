//! `/_trailwatch/config/observe`: under `--dev`, what somebody wants Config to have observed, as items of any type.
//!
//! Examples for rules are put so, of services that nobody has at hand. Like the clock's page it is unsigned, and outside
//! of every AWS API; `PutResourceConfig` refuses AWS's types as AWS does.

use std::collections::BTreeMap;

use base::{AccountId, Region, Scope, Timestamp};
use config::item::Relationship;
use config::{Description, Observation, ObserveError, Source};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::own_pages::{Page, failure};
use crate::state::State;

/// Where the page is.
pub const PATH: &str = "/_trailwatch/config/observe";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    account: AccountId,
    region: Region,
    items: Vec<ToldItem>,
}

/// The members of a message's `configurationItem` that a source knows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ToldItem {
    resource_type: String,
    resource_id: String,
    resource_name: Option<String>,
    #[serde(rename = "ARN")]
    arn: Option<String>,
    aws_region: Option<String>,
    availability_zone: Option<String>,
    resource_creation_time: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    relationships: Vec<ToldRelationship>,
    /// Nothing, or null, when the resource is gone.
    configuration: Option<Value>,
    #[serde(default)]
    supplementary_configuration: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ToldRelationship {
    resource_type: String,
    resource_id: Option<String>,
    resource_name: Option<String>,
    name: String,
}

/// Answers a request to [`PATH`].
pub async fn answer(state: &State, method: &Method, body: &[u8]) -> Page {
    if !state.identity.authenticator().is_dev() {
        return failure(
            StatusCode::CONFLICT,
            "observations are taken from sources alone: start with --dev to tell some",
        );
    }
    if method != Method::POST {
        return failure(StatusCode::METHOD_NOT_ALLOWED, "this page does not take that method");
    }
    let told: Told = match serde_json::from_slice(body) {
        Ok(told) => told,
        Err(error) => return failure(StatusCode::BAD_REQUEST, &format!("these are no observations: {error}")),
    };
    let scope = Scope { account: told.account, region: told.region };
    let observations = match told.items.into_iter().map(|item| observation(&scope, item)).collect() {
        Ok(observations) => observations,
        Err(message) => return failure(StatusCode::BAD_REQUEST, &message),
    };
    match state.config.observe(&scope, observations, state.clock.now()).await {
        Ok(outcome) => (StatusCode::OK, "application/json", json!({ "items": outcome.items }).to_string()),
        Err(error @ ObserveError::NotRecording) => failure(StatusCode::CONFLICT, &error.to_string()),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "observations could not be kept");
            failure(StatusCode::SERVICE_UNAVAILABLE, "the observations could not be kept")
        }
    }
}

/// What is told, as the least believed of all sources: whoever knows the resource really takes it over.
fn observation(scope: &Scope, told: ToldItem) -> Result<Observation, String> {
    let ToldItem { resource_type, resource_id, .. } = &told;
    if !config::resource_types::is_type(resource_type) || resource_id.is_empty() {
        return Err(format!("{resource_type}/{resource_id} names no resource"));
    }
    if resource_id.contains(char::is_control) {
        return Err("ids of resources have no control characters".to_owned());
    }
    let created = match told.resource_creation_time.as_deref() {
        Some(text) => Some(Timestamp::parse_iso(text).ok_or_else(|| format!("{text} is no time"))?),
        None => None,
    };
    let description = told.configuration.map(|configuration| Description {
        aws_region: told.aws_region.unwrap_or_else(|| scope.region.to_string()),
        resource_name: told.resource_name,
        arn: told.arn,
        availability_zone: told.availability_zone,
        created,
        tags: told.tags,
        relationships: told.relationships.into_iter().map(relationship).collect(),
        configuration,
        supplementary: told.supplementary_configuration,
    });
    Ok(Observation {
        resource_type: told.resource_type,
        resource_id: told.resource_id,
        description,
        source: Source::Pushed,
    })
}

fn relationship(told: ToldRelationship) -> Relationship {
    Relationship {
        resource_type: told.resource_type,
        resource_id: told.resource_id,
        resource_name: told.resource_name,
        name: told.name,
    }
}
