//! What a lister told, given to the recorder.
//!
//! A listing that was read to its end tells what is missing. A resource of which nothing could be told, though it is
//! listed, is there as it was: it keeps nothing else of its type from being missed, and is not missed itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use base::{Scope, Timestamp};

use super::describe::complete;
use super::lister::{Listing, Looked};
use super::table::{Handle, ResourceType};
use crate::item::Item;
use crate::observe::{Description, Observation, ObserveError, Outcome, Source};
use crate::present::{self, Present};
use crate::service::Parts;

/// What was taken of a listing so far.
#[derive(Default)]
pub(crate) struct Taken {
    /// The resources that it tells of.
    listed: HashSet<String>,
    /// Ids of what is known, by what it is asked for by; not known before they are needed.
    ids: Option<HashMap<String, String>>,
}

impl Parts {
    /// Takes note of a page of a listing.
    ///
    /// # Errors
    /// See [`ObserveError`].
    pub(crate) async fn observe_page(
        &self,
        scope: &Scope,
        of: &'static ResourceType,
        page: Listing,
        taken: &mut Taken,
        now: Timestamp,
    ) -> Result<Outcome, ObserveError> {
        let mut told: Vec<(String, Option<Description>)> =
            page.resources.into_iter().map(|(id, description)| (id, Some(description))).collect();
        let gone = page.gone.iter().filter_map(|key| self.known(scope, of, key, &mut taken.ids));
        told.extend(gone.map(|item| (item.resource_id, None)));
        let untold = page.untold.iter().filter_map(|untold| self.known(scope, of, &untold.key, &mut taken.ids));
        told.extend(untold.map(|item| (item.resource_id.clone(), Some(description(&item)))));
        let there = told.iter().filter(|(_, description)| description.is_some());
        taken.listed.extend(there.map(|(id, _)| id.clone()));
        self.complete(scope, &mut told);
        self.observe(scope, observations(of, told), now).await
    }

    /// Takes note of the end of a listing that was read to it. Tells how many resources it is the first to lack.
    ///
    /// # Errors
    /// See [`ObserveError`].
    pub(crate) async fn observe_end(
        &self,
        scope: &Scope,
        of: &'static ResourceType,
        taken: &Taken,
        now: Timestamp,
    ) -> Result<usize, ObserveError> {
        self.observe_absent(scope, Source::Upstream, of.name(), &taken.listed, now).await
    }

    /// Takes note of what a [`Lister`](super::Lister) told of one resource that was asked for by a key.
    ///
    /// # Errors
    /// See [`ObserveError`].
    pub(crate) async fn observe_looked(
        &self,
        scope: &Scope,
        of: &'static ResourceType,
        key: &str,
        looked: Looked,
        now: Timestamp,
    ) -> Result<Outcome, ObserveError> {
        let mut told = match looked {
            Looked::There(id, description) => vec![(id, Some(*description))],
            Looked::Gone => {
                let known = self.known(scope, of, key, &mut None);
                known.map(|item| (item.resource_id, None)).into_iter().collect()
            }
            Looked::Elsewhere | Looked::Untold => return Ok(Outcome::default()),
        };
        self.complete(scope, &mut told);
        self.observe(scope, observations(of, told), now).await
    }

    /// The resource that upstreams told of and that is asked for by a key.
    fn known(
        &self,
        scope: &Scope,
        of: &ResourceType,
        key: &str,
        ids: &mut Option<HashMap<String, String>>,
    ) -> Option<Item> {
        let is_known = |present: &Present| present.source == Source::Upstream && !present.item.status.is_gone();
        let all = || self.of_type(scope, of.name()).filter(is_known);
        let by_handle = || all().filter_map(|known| Some((folded(&handle(of, &known.item)?), known.item.resource_id)));
        let id = match of.asked_by() {
            Handle::Id => key,
            Handle::Name | Handle::Arn => ids.get_or_insert_with(|| by_handle().collect()).get(&folded(key))?,
        };
        let found = present::find(&self.catalog, scope, of.name(), id)?.present;
        is_known(&found).then_some(found.item)
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
                let known = self.of_type(scope, &related.resource_type).map(|known| known.item);
                let known = known.filter(|item| !item.status.is_gone());
                let known = known.filter_map(|item| Some((item.resource_name?, item.resource_id))).collect();
                names.insert(related.resource_type.clone(), known);
            }
            complete(&mut description.relationships, |of, name| names.get(of)?.get(name).cloned());
        }
    }
}

/// What an item's resource is asked for by.
pub(crate) fn handle(of: &ResourceType, item: &Item) -> Option<String> {
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
