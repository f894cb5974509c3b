//! What a lister told, given to the recorder.
//!
//! A listing that was read to its end tells what is missing. A resource of which nothing could be told, though it is
//! listed, is there as it was: it keeps nothing else of its type from being missed, and is not missed itself.

use std::collections::{BTreeMap, HashMap};

use base::{Scope, Timestamp};

use super::describe::complete;
use super::lister::{Listing, Looked};
use super::table::{Handle, ResourceType};
use crate::item::Item;
use crate::observe::{Description, Observation, ObserveError, Source};
use crate::service::Parts;

impl Parts {
    /// Takes note of what a [`Lister`](super::Lister) told of all resources of a type.
    ///
    /// # Errors
    /// See [`ObserveError`].
    pub async fn observe_discovered(
        &self,
        scope: &Scope,
        of: &'static ResourceType,
        listing: Listing,
        now: Timestamp,
    ) -> Result<(), ObserveError> {
        let mut told: Vec<(String, Option<Description>)> =
            listing.resources.into_iter().map(|(id, description)| (id, Some(description))).collect();
        if !listing.gone.is_empty() || !listing.untold.is_empty() {
            let known = self.known_by_handle(scope, of);
            let gone = listing.gone.iter().filter_map(|key| known.get(&folded(key)));
            told.extend(gone.map(|item| (item.resource_id.clone(), None)));
            let as_they_were = listing.untold.iter().filter_map(|untold| known.get(&folded(&untold.key)));
            told.extend(as_they_were.map(|item| (item.resource_id.clone(), Some(description(item)))));
        }
        self.complete(scope, &mut told);
        let (there, gone): (Vec<_>, Vec<_>) = told.into_iter().partition(|(_, description)| description.is_some());
        self.observe(scope, observations(of, gone), now).await?;
        if listing.end.is_err() {
            return self.observe(scope, observations(of, there), now).await.map(drop);
        }
        let there = there.into_iter().filter_map(|(id, description)| Some((id, description?))).collect();
        self.observe_listing(scope, Source::Upstream, of.name(), there, now).await
    }

    /// Takes note of what a [`Lister`](super::Lister) told of one resource that was asked for by a key.
    ///
    /// # Errors
    /// See [`ObserveError`].
    pub async fn observe_looked(
        &self,
        scope: &Scope,
        of: &'static ResourceType,
        key: &str,
        looked: Looked,
        now: Timestamp,
    ) -> Result<(), ObserveError> {
        let mut told = match looked {
            Looked::There(id, description) => vec![(id, Some(*description))],
            Looked::Gone => {
                let known = self.known_by_handle(scope, of);
                known.get(&folded(key)).map(|item| (item.resource_id.clone(), None)).into_iter().collect()
            }
            Looked::Untold => return Ok(()),
        };
        self.complete(scope, &mut told);
        self.observe(scope, observations(of, told), now).await.map(drop)
    }

    /// The resources of a type that upstreams told of, by what they are asked for by.
    fn known_by_handle(&self, scope: &Scope, of: &ResourceType) -> HashMap<String, Item> {
        let all = self.of_type(scope, of.name()).into_iter();
        let own = all.filter(|known| known.source == Source::Upstream && !known.item.status.is_gone());
        own.filter_map(|known| Some((folded(&handle(of, &known.item)?), known.item))).collect()
    }

    /// Gives relationships that name a policy or a group its id.
    fn complete(&self, scope: &Scope, told: &mut [(String, Option<Description>)]) {
        let mut names: BTreeMap<String, HashMap<String, String>> = BTreeMap::new();
        for (_, description) in told {
            let Some(description) = description else { continue };
            for related in description.relationships.iter().filter(|related| related.resource_id.is_none()) {
                if !related.resource_type.starts_with("AWS::IAM::") || names.contains_key(&related.resource_type) {
                    continue;
                }
                let known = self.of_type(scope, &related.resource_type).into_iter().map(|known| known.item);
                let known = known.filter(|item| !item.status.is_gone());
                let known = known.filter_map(|item| Some((item.resource_name?, item.resource_id))).collect();
                names.insert(related.resource_type.clone(), known);
            }
            complete(&mut description.relationships, |of, name| names.get(of)?.get(name).cloned());
        }
    }
}

/// What an item's resource is asked for by.
fn handle(of: &ResourceType, item: &Item) -> Option<String> {
    match of.asked_by() {
        Handle::Id => Some(item.resource_id.clone()),
        Handle::Name => item.resource_name.clone(),
        Handle::Arn => item.arn.clone(),
    }
}

/// Names of databases are the same in any case; no names of one type differ in it alone.
fn folded(key: &str) -> String {
    key.to_ascii_lowercase()
}

fn observations(of: &ResourceType, told: Vec<(String, Option<Description>)>) -> Vec<Observation> {
    let observation = |(resource_id, description)| Observation {
        resource_type: of.name().to_owned(),
        resource_id,
        description,
        source: Source::Upstream,
    };
    told.into_iter().map(observation).collect()
}

/// What an item says, told again.
fn description(item: &Item) -> Description {
    Description {
        aws_region: item.aws_region.clone(),
        resource_name: item.resource_name.clone(),
        arn: item.arn.clone(),
        availability_zone: item.availability_zone.clone(),
        created: item.created,
        tags: item.tags.clone(),
        relationships: item.relationships.clone(),
        configuration: item.configuration.clone(),
        supplementary: item.supplementary.clone(),
    }
}
