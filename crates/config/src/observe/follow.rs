//! Resources that are recorded anew when one that they name has changed: what an instance lets in is said by its security
//! groups, so that AWS Config records the instances of a group whose rules change, though they are described as before.
//!
//! It is told by when the items were taken, so that it happens once, whoever told of the change and whenever.

use std::collections::HashMap;

use base::{Scope, Timestamp};
use store::Catalog;

use super::Observation;
use crate::discovery::resource_type;
use crate::item::{Item, ItemStatus};
use crate::present::{self, Present};

/// When resources last changed, of those that were asked for.
#[derive(Default)]
pub(super) struct Changes(HashMap<(String, String), Option<Timestamp>>);

impl Changes {
    /// The item of a resource that is described as before, if one that it follows has changed since the last one.
    pub(super) fn item(
        &mut self,
        catalog: &Catalog,
        scope: &Scope,
        before: &Present,
        observation: &Observation,
        now: Timestamp,
    ) -> Option<Present> {
        let description = observation.description.as_ref()?;
        let followed = resource_type(&observation.resource_type)?.follows();
        if followed.is_empty() || !before.item.status.is_recorded() {
            return None;
        }
        let named = description.relationships.iter().filter(|related| followed.contains(&&*related.resource_type));
        let changed = named.filter_map(|related| {
            let key = (related.resource_type.clone(), related.resource_id.clone()?);
            *self.0.entry(key).or_insert_with_key(|(resource_type, id)| last_change(catalog, scope, resource_type, id))
        });
        let changed = changed.max().filter(|changed| *changed > before.item.taken)?;
        let taken = now.max(changed);
        let item = Item { taken, status: ItemStatus::Ok, delivered: None, ..before.item.clone() };
        // When it was taken is no part of what it says.
        Some(Present { digest: before.digest.clone(), source: observation.source, missed: None, item })
    }
}

/// When a resource that is recorded changed; nothing when it was only found.
fn last_change(catalog: &Catalog, scope: &Scope, resource_type: &str, id: &str) -> Option<Timestamp> {
    let item = present::live(catalog, scope, resource_type, id)?;
    (item.status == ItemStatus::Ok).then_some(item.taken)
}
