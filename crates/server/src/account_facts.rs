//! What rules of AWS Config ask that is no item, from whoever knows it: the server's own IAM and trails, or the upstream
//! that serves what the server does not.

mod asked_upstream;
mod credentials;
mod password_policy;

use std::collections::BTreeMap;
use std::sync::Arc;

use api::Service;
use async_trait::async_trait;
use base::{Scope, Timestamp};
use config::ports::{AccountFacts, PortError};
use config::rule::{AccountSummary, Asked, PasswordPolicy, PublicAccessBlock, TrailState, UserCredentials};
use outbound::Upstreams;
use serde_json::{Value as Json, json};
use wire::value::Value;

use crate::own_resources::{Casing, OwnServices};

/// Who knows when the agents of managed instances were last heard of.
pub trait AgentContacts: Send + Sync {
    /// The time of each instance's last contact, by its id.
    fn contacts(&self, scope: &Scope) -> BTreeMap<String, Timestamp>;
}

/// Answers of the server and of its upstreams.
pub struct KnownFacts {
    /// The server's own services.
    pub own: Arc<OwnServices>,
    /// What serves the rest.
    pub upstreams: Upstreams,
    /// Who knows of agents, when somebody does.
    pub agents: Option<Arc<dyn AgentContacts>>,
}

impl KnownFacts {
    /// The server's own service, unless an upstream serves it: of that nothing is asked here.
    fn own(&self, signing_name: &str) -> Option<&OwnServices> {
        (!self.upstreams.is_named(signing_name)).then_some(&*self.own)
    }

    fn iam(&self) -> Option<(&OwnServices, &dyn Service)> {
        self.own("iam").map(|own| (own, &*own.iam))
    }
}

#[async_trait]
impl AccountFacts for KnownFacts {
    async fn password_policy(&self, scope: &Scope) -> Asked<PasswordPolicy> {
        let Some((own, iam)) = self.iam() else { return Asked::Unknown };
        match own.call(iam, scope, "GetAccountPasswordPolicy", Vec::new()).await {
            Err(error) if error.code == "NoSuchEntity" => Asked::Nothing,
            answer => told(answer.map(|answer| password_policy::of(&answer))),
        }
    }

    async fn account_summary(&self, scope: &Scope) -> Asked<AccountSummary> {
        let Some((own, iam)) = self.iam() else { return Asked::Unknown };
        told(own.call(iam, scope, "GetAccountSummary", Vec::new()).await.map(|answer| {
            let summary = Casing::Same.json(&answer);
            let is_set = |name: &str| summary["SummaryMap"][name].as_i64() == Some(1);
            AccountSummary {
                root_has_access_keys: is_set("AccountAccessKeysPresent"),
                root_has_mfa: is_set("AccountMFAEnabled"),
            }
        }))
    }

    async fn user_credentials(&self, scope: &Scope) -> Asked<BTreeMap<String, UserCredentials>> {
        let Some((own, iam)) = self.iam() else { return Asked::Unknown };
        told(credentials::of_all_users(own, iam, scope).await)
    }

    async fn ebs_encryption_by_default(&self, scope: &Scope) -> Asked<bool> {
        asked_upstream::ebs_encryption_by_default(&self.upstreams, scope).await
    }

    /// The server's own S3 has none.
    async fn account_public_access_block(&self, scope: &Scope) -> Asked<PublicAccessBlock> {
        match self.own("s3") {
            Some(_) => Asked::Nothing,
            None => asked_upstream::account_public_access_block(&self.upstreams, scope).await,
        }
    }

    async fn trails(&self, scope: &Scope) -> Asked<Vec<TrailState>> {
        match self.own("cloudtrail") {
            Some(own) => told(trails(own, scope).await),
            None => Asked::Unknown,
        }
    }

    async fn agent_contacts(&self, scope: &Scope) -> Asked<BTreeMap<String, Timestamp>> {
        self.agents.as_ref().map_or(Asked::Unknown, |agents| Asked::Known(agents.contacts(scope)))
    }

    async fn public_snapshots(&self, scope: &Scope) -> Asked<Vec<String>> {
        asked_upstream::public_snapshots(&self.upstreams, scope).await
    }

    async fn image_tags(
        &self,
        scope: &Scope,
        image_ids: &[String],
    ) -> Asked<BTreeMap<String, BTreeMap<String, String>>> {
        asked_upstream::image_tags(&self.upstreams, scope, image_ids).await
    }
}

/// The trails that are seen in a region, those of other regions that record it too.
async fn trails(own: &OwnServices, scope: &Scope) -> Result<Vec<TrailState>, PortError> {
    let service = &*own.cloudtrail;
    let answer = own.call(service, scope, "DescribeTrails", Vec::new()).await?;
    let mut trails = Vec::new();
    for trail in answer.get("trailList").and_then(Value::as_list).unwrap_or_default() {
        let Some(arn) = trail.get("TrailARN").and_then(Value::as_str) else { continue };
        let named = |member| vec![(member, Value::String(arn.to_owned()))];
        let status = own.call(service, scope, "GetTrailStatus", named("Name")).await?;
        let selectors = own.call(service, scope, "GetEventSelectors", named("TrailName")).await?;
        trails.push(TrailState {
            arn: arn.to_owned(),
            description: Casing::Same.json(trail),
            is_logging: matches!(status.get("IsLogging"), Some(Value::Boolean(true))),
            selectors: of_selectors(&Casing::Same.json(&selectors)),
            logs_delivered: match status.get("LatestCloudWatchLogsDeliveryTime") {
                Some(Value::Timestamp(time)) => Some(*time),
                _ => None,
            },
        });
    }
    Ok(trails)
}

fn of_selectors(answer: &Json) -> Json {
    json!({
        "EventSelectors": answer["EventSelectors"],
        "AdvancedEventSelectors": answer["AdvancedEventSelectors"],
    })
}

/// What somebody answered; a failure is for the log.
fn told<T>(answer: Result<T, PortError>) -> Asked<T> {
    match answer {
        Ok(answer) => Asked::Known(answer),
        Err(error) => {
            tracing::warn!(%error, "what a rule asks for could not be told");
            Asked::Unknown
        }
    }
}
