//! What is to be done because of a change, written in the transaction of the change, so that a crash neither loses nor
//! doubles it: resources to be judged, and resources of whose compliance an item may be due.

use std::collections::BTreeSet;

use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Expect, Held, Key, Record, Transaction};

use crate::item::Item;
use crate::present;
use crate::resource_types;
use crate::rule::ResourceKey;
use crate::rule_book::{JudgedRecord, judged_key};

/// Most items of a resource that functions are told of, the newest, when nobody judged for long.
const ITEMS_MAX: usize = 100;

/// A resource to be judged by the rules in whose scope it is. The key is the resource's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DueRecord {
    /// When the items were taken that nobody has judged, oldest first; functions are told of each.
    pub(crate) taken: Vec<Timestamp>,
    /// What the resource named before and does not any more, by type and id.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) named_before: BTreeSet<(String, String)>,
}

impl Record for DueRecord {
    const KIND: &'static str = "config.due";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// A resource of whose compliance an item may be due. The key is the resource's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ComplianceDueRecord {}

impl Record for ComplianceDueRecord {
    const KIND: &'static str = "config.compliance_due";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

/// Adds to the transaction of an item that its resource is to be judged.
///
/// Where there never was a rule there is nothing to judge, and the transaction fails if the first is put meanwhile: what
/// a new rule evaluates by itself is what it finds.
pub(crate) fn add(catalog: &Catalog, transaction: &mut Transaction, before: Option<&Item>, item: &Item) {
    if !is_judged(&item.resource_type) {
        return;
    }
    let scope = &item.scope;
    if catalog.get::<JudgedRecord>(&judged_key(scope)).is_none() {
        transaction.check::<JudgedRecord>(judged_key(scope), Expect::Absent);
        return;
    }
    let key = present::key(scope, &item.resource_type, &item.resource_id);
    let mut record = catalog.get::<DueRecord>(&key).map(|waiting| waiting.value.as_ref().clone()).unwrap_or_default();
    record.taken.push(item.taken);
    if let Some(over) = record.taken.len().checked_sub(ITEMS_MAX) {
        record.taken.drain(..over);
    }
    if let Some(before) = before {
        record.named_before.extend(named(before));
    }
    for still in named(item) {
        record.named_before.remove(&still);
    }
    transaction.put(key, &record);
}

/// What an item names, by type and id.
pub(crate) fn named(item: &Item) -> impl Iterator<Item = (String, String)> + '_ {
    item.relationships.iter().filter_map(|related| Some((related.resource_type.clone(), related.resource_id.clone()?)))
}

/// Adds to a transaction that an item of a resource's compliance may be due.
pub(crate) fn add_compliance(transaction: &mut Transaction, scope: &Scope, resource: &ResourceKey) {
    let key = present::key(scope, &resource.resource_type, &resource.resource_id);
    transaction.put(key, &ComplianceDueRecord {});
}

/// Whether rules are about resources of a type. What tells how others are judged is not judged itself: it would change
/// with each verdict on it.
pub(crate) fn is_judged(resource_type: &str) -> bool {
    ![resource_types::RESOURCE_COMPLIANCE, resource_types::PACK_COMPLIANCE].contains(&resource_type)
}

/// The resource of a key.
pub(crate) fn resource(key: &Key) -> ResourceKey {
    let (resource_type, resource_id) = present::names(&key.name);
    ResourceKey { resource_type: resource_type.to_owned(), resource_id: resource_id.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule_book::{self, examples::managed};
    use crate::test_world::{World, scope};

    async fn put_rule(world: &World) {
        let catalog = &world.parts().catalog;
        let mut transaction = Transaction::default();
        rule_book::put(catalog, &mut transaction, &scope(), None, &managed("SNS_ENCRYPTED_KMS"));
        catalog.commit(transaction).await.unwrap();
    }

    #[tokio::test]
    async fn items_leave_word_once_there_is_a_rule() {
        let world = World::recording().await;
        let due = |world: &World| world.parts().catalog.list_all::<DueRecord>();
        world.own("AWS::SNS::Topic", "news", Some(json!({"a": 1}))).await;
        assert!(due(&world).is_empty());
        put_rule(&world).await;
        let mut taken = Vec::new();
        for a in [2, 3] {
            world.sleep(10);
            taken.push(world.now());
            world.own("AWS::SNS::Topic", "news", Some(json!({"a": a}))).await;
        }
        let found = due(&world);
        assert_eq!(found.len(), 1);
        assert_eq!(resource(&found[0].0).resource_id, "news");
        assert_eq!(found[0].1.value.taken, taken);
    }

    #[tokio::test]
    async fn an_item_is_decided_anew_when_the_first_rule_comes_in_between() {
        let world = World::recording().await;
        let catalog = &world.parts().catalog;
        let mut transaction = Transaction::default();
        let item = crate::Item { scope: scope(), ..crate::rule::shelf::item("AWS::SNS::Topic", "news", json!({})) };
        add(catalog, &mut transaction, None, &item);
        put_rule(&world).await;
        assert!(catalog.commit(transaction).await.is_err());
    }

    #[test]
    fn compliance_is_not_judged_itself() {
        for (resource_type, expected) in [
            ("AWS::Config::ResourceCompliance", false),
            ("AWS::Config::ConformancePackCompliance", false),
            ("AWS::Config::ConfigurationRecorder", true),
            ("AWS::SNS::Topic", true),
        ] {
            assert_eq!(is_judged(resource_type), expected, "{resource_type}");
        }
    }
}
