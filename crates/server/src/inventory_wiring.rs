//! What hosts tell, as AWS Config takes note of it, and when its rules ask when they were last heard of.

use std::collections::BTreeMap;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use config::item::Relationship;
use config::{Observation, Source};
use ssm::Hosts;
use ssm::ports::{Description, ObserveError, Observed, Observers};

use crate::account_facts::AgentContacts;

/// What resources of Systems Manager are associated by.
const ASSOCIATED: &str = "Is associated with ";

/// AWS Config hears of hosts as of what an agent tells.
pub struct InventoryObservers(pub config::Parts);

#[async_trait]
impl Observers for InventoryObservers {
    fn recording(&self, scope: &Scope) -> Option<String> {
        self.0.recording(scope)
    }

    async fn observe(&self, scope: &Scope, observed: Observed, now: Timestamp) -> Result<(), ObserveError> {
        let Observed { resource_type, resource_id, description } = observed;
        let observation = Observation {
            resource_type: resource_type.to_owned(),
            resource_id,
            description: description.map(|description| described(scope, description)),
            source: Source::Agent,
        };
        match self.0.observe(scope, vec![observation], now).await {
            // All hosts are told of when recording starts again.
            Ok(_) | Err(config::ObserveError::NotRecording) => Ok(()),
            Err(error) => Err(ObserveError(error.into())),
        }
    }
}

fn described(scope: &Scope, description: Description) -> config::Description {
    let Description { arn, availability_zone, tags, associated_with, configuration, supplementary } = description;
    let relationship = |(resource_type, resource_id): (&str, String)| Relationship {
        resource_type: resource_type.to_owned(),
        resource_id: Some(resource_id),
        resource_name: None,
        name: ASSOCIATED.to_owned(),
    };
    config::Description {
        aws_region: scope.region.to_string(),
        resource_name: None,
        arn,
        availability_zone: availability_zone.map(str::to_owned),
        created: None,
        tags,
        relationships: associated_with.map(relationship).into_iter().collect(),
        configuration,
        supplementary,
    }
}

/// Rules of AWS Config ask when hosts were last heard of.
pub struct KnownHosts(pub Hosts);

impl AgentContacts for KnownHosts {
    fn contacts(&self, scope: &Scope) -> BTreeMap<String, Timestamp> {
        self.0.agent_contacts(scope)
    }
}
