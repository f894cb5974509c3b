//! What observations leave behind, over the store: sources, days, listings, relations, crashes.

use std::collections::BTreeMap;

use base::time::DAY_MS;
use base::{Entropy as _, SeededEntropy, Timestamp};
use serde_json::{Value, json};
use store::config_item::PastItem;

use super::{Description, Observation, Source};
use crate::history::Wanted;
use crate::item::{Item, Relationship};
use crate::present;
use crate::rule::{Inventory as _, Stock};
use crate::test_world::{NOW, World, description, scope};

const VOLUME: &str = "AWS::EC2::Volume";
const ALARM: &str = "AWS::CloudWatch::Alarm";

fn observed(id: &str, description: Option<Description>, source: Source) -> Observation {
    Observation { resource_type: VOLUME.to_owned(), resource_id: id.to_owned(), description, source }
}

fn sized(size: i64) -> Option<Description> {
    Some(description(json!({ "size": size })))
}

fn attached_to(ids: &[&str]) -> Option<Description> {
    let relationship = |id: &&str| Relationship {
        resource_type: "AWS::EC2::Instance".to_owned(),
        resource_id: Some((*id).to_owned()),
        resource_name: None,
        name: "Is attached to Instance".to_owned(),
    };
    Some(Description { relationships: ids.iter().map(relationship).collect(), ..description(json!({})) })
}

async fn statuses(world: &World, id: &str) -> Vec<String> {
    world.history(VOLUME, id).await.into_iter().map(|(status, _)| status).collect()
}

#[tokio::test]
async fn the_last_observation_of_a_batch_counts() {
    let world = World::recording().await;
    let batch = vec![
        observed("a", sized(1), Source::Upstream),
        observed("b", sized(1), Source::Upstream),
        observed("a", sized(2), Source::Upstream),
    ];
    assert_eq!(world.parts().observe(&scope(), batch, NOW).await.unwrap().items, 2);
    assert_eq!(world.history(VOLUME, "a").await, [("ResourceDiscovered".to_owned(), json!({"size": 2}))]);
}

#[tokio::test]
async fn of_two_sources_the_nearer_one_is_believed_until_the_resource_is_gone() {
    let world = World::recording().await;
    let observe = async |description, source| {
        world.parts().observe(&scope(), vec![observed("a", description, source)], NOW).await.unwrap().items
    };
    assert_eq!(observe(sized(1), Source::Upstream).await, 1);
    assert_eq!(observe(sized(2), Source::Pushed).await, 0);
    assert_eq!(observe(None, Source::Pushed).await, 0);
    assert_eq!(observe(sized(3), Source::Own).await, 1);
    assert_eq!(observe(sized(4), Source::Upstream).await, 0);
    assert_eq!(observe(None, Source::Own).await, 1);
    assert_eq!(observe(sized(5), Source::Pushed).await, 1);
}

#[tokio::test]
async fn a_large_batch_is_written_whole() {
    let world = World::recording().await;
    let many = |size| (0..600).map(|n| observed(&format!("vol-{n}"), sized(size), Source::Upstream)).collect();
    assert_eq!(world.parts().observe(&scope(), many(1), NOW).await.unwrap().items, 600);
    assert_eq!(world.parts().observe(&scope(), many(1), NOW).await.unwrap().items, 0);
    assert_eq!(world.parts().observe(&scope(), many(2), NOW).await.unwrap().items, 600);
    assert_eq!(Stock::new(world.parts().clone(), scope(), NOW).items(VOLUME).len(), 600);
}

#[tokio::test]
async fn changes_of_one_resource_at_the_same_time_come_one_after_the_other() {
    let world = World::recording().await;
    let changes = (0..12).map(|n| {
        let parts = world.parts().clone();
        tokio::spawn(async move { parts.observe(&scope(), vec![observed("a", sized(n), Source::Own)], NOW).await })
    });
    let mut items = 0;
    for change in changes.collect::<Vec<_>>() {
        items += change.await.unwrap().unwrap().items;
    }
    let history =
        world.ok("GetResourceConfigHistory", json!({"resourceType": VOLUME, "resourceId": "a", "limit": 100})).await;
    let ids: Vec<i64> = history["configurationItems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["configurationStateId"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!((ids.len(), items), (12, 12));
    assert!(ids.is_sorted_by(|a, b| a > b), "each has an id of its own");
}

#[tokio::test]
async fn who_names_a_resource_follows_its_items() {
    let world = World::recording().await;
    let observe = async |id: &str, description| {
        world.parts().observe(&scope(), vec![observed(id, description, Source::Upstream)], NOW).await.unwrap();
    };
    let naming = |instance: &str| -> Vec<String> {
        let stock = Stock::new(world.parts().clone(), scope(), NOW);
        stock.naming("AWS::EC2::Instance", instance).into_iter().map(|key| key.resource_id).collect()
    };
    observe("vol-1", attached_to(&["i-1", "i-2"])).await;
    observe("vol-2", attached_to(&["i-1"])).await;
    assert_eq!(
        (naming("i-1"), naming("i-2")),
        (vec!["vol-1".to_owned(), "vol-2".to_owned()], vec!["vol-1".to_owned()])
    );
    assert!(naming("i-").is_empty(), "an id that others begin with is another");
    observe("vol-1", attached_to(&["i-2"])).await;
    assert_eq!((naming("i-1"), naming("i-2")), (vec!["vol-2".to_owned()], vec!["vol-1".to_owned()]));
    observe("vol-1", None).await;
    assert!(naming("i-2").is_empty());
}

#[tokio::test]
async fn only_a_whole_listing_tells_that_something_is_gone() {
    let world = World::recording().await;
    let list = async |ids: &[&str], source| {
        let listing = ids.iter().map(|id| ((*id).to_owned(), description(json!({})))).collect();
        world.parts().observe_listing(&scope(), source, VOLUME, listing, NOW).await.unwrap();
    };
    list(&["a", "b"], Source::Upstream).await;
    list(&["a"], Source::Upstream).await;
    assert_eq!(statuses(&world, "b").await, ["ResourceDiscovered"], "missing once");
    list(&["a", "b"], Source::Upstream).await;
    list(&["a"], Source::Upstream).await;
    assert_eq!(statuses(&world, "b").await, ["ResourceDiscovered"], "it was there in between");
    list(&["a"], Source::Upstream).await;
    assert_eq!(statuses(&world, "b").await, ["ResourceDiscovered", "ResourceDeleted"], "missing twice");
    list(&[], Source::Own).await;
    assert_eq!(statuses(&world, "a").await, ["ResourceDiscovered"], "another source does not have it");
}

#[tokio::test]
async fn own_resources_that_cannot_be_listed_stay_and_the_recorder_says_so() {
    let world = World::recording().await;
    world.outside.state().own.insert((ALARM.to_owned(), "a".to_owned()), description(json!({})));
    world.run_woken().await;
    world.outside.state().unlisted.insert(ALARM.to_owned());
    world.outside.state().own.clear();
    world.advance(3600).await;
    assert_eq!(world.history(ALARM, "a").await.len(), 1);
    let status =
        world.ok("DescribeConfigurationRecorderStatus", json!({})).await["ConfigurationRecordersStatus"][0].clone();
    assert_eq!((&status["lastStatus"], &status["lastErrorCode"]), (&json!("FAILURE"), &json!("UpstreamUnavailable")));
    world.outside.state().unlisted.clear();
    world.advance(3600).await;
    assert_eq!(world.history(ALARM, "a").await.len(), 2, "a listing that ends tells that it is gone");
    let status =
        world.ok("DescribeConfigurationRecorderStatus", json!({})).await["ConfigurationRecordersStatus"][0].clone();
    assert_eq!(status["lastStatus"], "SUCCESS");
}

#[tokio::test]
async fn what_names_a_resource_that_changed_is_looked_at_again() {
    let world = World::recording().await;
    let topic = Relationship {
        resource_type: "AWS::SNS::Topic".to_owned(),
        resource_id: Some("t".to_owned()),
        resource_name: None,
        name: "Is associated with ".to_owned(),
    };
    let alarm = |topic_name: &str| Description {
        relationships: vec![topic.clone()],
        ..description(json!({ "topicName": topic_name }))
    };
    world.outside.state().own.insert((ALARM.to_owned(), "a".to_owned()), alarm("old"));
    world.run_woken().await;
    // Nobody says that the alarm is told of in other words, only that the topic changed.
    world.outside.state().own.insert((ALARM.to_owned(), "a".to_owned()), alarm("new"));
    world.own("AWS::SNS::Topic", "t", Some(json!({"name": "new"}))).await;
    assert_eq!(world.history(ALARM, "a").await.len(), 1);
    world.run_woken().await;
    assert_eq!(world.history(ALARM, "a").await[1], ("OK".to_owned(), json!({"topicName": "new"})));
}

#[tokio::test]
async fn what_callers_put_is_recorded_no_more_when_its_type_leaves_the_group() {
    let world = World::recording().await;
    world.parts().observe(&scope(), vec![observed("a", sized(1), Source::Pushed)], NOW).await.unwrap();
    let group = json!({"resourceTypes": ["AWS::EC2::Instance"]});
    let recorder = json!({"name": "default", "roleARN": crate::test_world::ROLE, "recordingGroup": group});
    world.ok("PutConfigurationRecorder", json!({ "ConfigurationRecorder": recorder })).await;
    world.run_woken().await;
    assert_eq!(statuses(&world, "a").await, ["ResourceDiscovered", "ResourceNotRecorded"]);
}

#[tokio::test]
async fn iams_types_are_recorded_only_when_it_is_said_so() {
    let world = World::recording().await;
    world.own("AWS::IAM::User", "AIDA1", Some(json!({"userName": "ann"}))).await;
    assert_eq!(world.history("AWS::IAM::User", "AIDA1").await[0].0, "ResourceNotRecorded");
    let group = json!({"allSupported": true, "includeGlobalResourceTypes": true});
    let recorder = json!({"name": "default", "roleARN": crate::test_world::ROLE, "recordingGroup": group});
    world.ok("PutConfigurationRecorder", json!({"ConfigurationRecorder": recorder})).await;
    world.run_woken().await;
    let history = world.history("AWS::IAM::User", "AIDA1").await;
    assert_eq!(history[1], ("ResourceDiscovered".to_owned(), json!({"userName": "ann"})));
}

#[tokio::test]
async fn a_type_that_is_recorded_daily_has_one_item_a_day() {
    let world = World::new().await;
    world.start(json!({"recordingMode": {"recordingFrequency": "DAILY"}})).await;
    let observe = async |size: Option<i64>| {
        let description = size.and_then(sized);
        world.parts().observe(&scope(), vec![observed("a", description, Source::Pushed)], world.now()).await.unwrap();
    };
    observe(Some(1)).await;
    observe(Some(2)).await;
    let input = json!({"resourceType": VOLUME, "resourceId": "a"});
    assert_eq!(world.refused("GetResourceConfigHistory", input.clone()).await.0, "ResourceNotDiscoveredException");
    world.advance(86_400).await;
    let history = world.ok("GetResourceConfigHistory", input.clone()).await;
    let item = &history["configurationItems"][0];
    assert_eq!(item["recordingFrequency"], "DAILY");
    // The hour of account 210987654321 is 21 minutes after midnight.
    let midnight = Timestamp::parse_iso("2026-07-05T00:21:00Z").unwrap();
    assert_eq!(item["configurationItemDeliveryTime"], midnight.secs_f64());
    assert_eq!(item["configuration"], r#"{"size":2}"#);
    observe(Some(3)).await;
    observe(Some(2)).await;
    world.advance(86_400).await;
    assert_eq!(world.history(VOLUME, "a").await.len(), 1, "at the hour it is as it was");
    observe(None).await;
    world.advance(86_400).await;
    assert_eq!(world.history(VOLUME, "a").await[1].0, "ResourceDeleted");
    let recorder = world.history("AWS::Config::ConfigurationRecorder", "default").await;
    assert_eq!(recorder.len(), 1, "its own type is recorded at once");
}

#[tokio::test]
async fn what_ended_in_a_crash_is_seen_once() {
    let world = World::recording().await;
    let observe = async |world: &World, size| {
        world.parts().observe(&scope(), vec![observed("a", sized(size), Source::Own)], world.now()).await.unwrap();
    };
    observe(&world, 1).await;
    world.sleep(10);
    // What a change leaves that dies before its transaction: the former item in the table, and still the newest.
    let item = present::live(&world.parts().catalog, &scope(), VOLUME, "a").unwrap();
    let lost = PastItem {
        resource: present::resource_of(&item),
        taken: item.taken,
        ended: world.now(),
        item: serde_json::to_string(&item).unwrap(),
    };
    world.store.config_items().append(vec![lost]).await.unwrap();
    assert_eq!(world.history(VOLUME, "a").await.len(), 1);
    let world = world.restarted().await;
    assert_eq!(world.history(VOLUME, "a").await.len(), 1);
    world.sleep(10);
    observe(&world, 2).await;
    let sizes: Vec<_> =
        world.history(VOLUME, "a").await.into_iter().map(|(_, configuration)| configuration["size"].clone()).collect();
    assert_eq!(sizes, [1, 2]);
    let at = async |secs: i64| {
        let time = NOW.plus_millis(secs * 1000);
        let found = world.parts().item_at(&scope(), VOLUME, "a", time, world.now()).await.unwrap();
        found.map(|item| item.configuration["size"].clone())
    };
    assert_eq!(
        [at(-1).await, at(0).await, at(15).await, at(20).await],
        [None, Some(json!(1)), Some(json!(1)), Some(json!(2))]
    );
}

#[tokio::test]
async fn a_deleted_resource_is_forgotten_when_its_time_is_over() {
    let world = World::recording().await;
    world.ok("PutRetentionConfiguration", json!({"RetentionPeriodInDays": 30})).await;
    world.own(ALARM, "gone", Some(json!({}))).await;
    world.own(ALARM, "there", Some(json!({"period": 1}))).await;
    world.sleep(1);
    world.own(ALARM, "gone", None).await;
    world.own(ALARM, "there", Some(json!({"period": 2}))).await;
    world.clock.move_to(NOW.plus_millis(30 * DAY_MS));
    assert_eq!(world.history(ALARM, "gone").await.len(), 2);
    world.clock.move_to(NOW.plus_millis(30 * DAY_MS + 1001));
    let input = json!({"resourceType": ALARM, "resourceId": "gone"});
    let refused = world.refused("GetResourceConfigHistory", input).await.0;
    assert_eq!(refused, "ResourceNotDiscoveredException", "out of every answer at once");
    assert_eq!(world.history(ALARM, "there").await, [("OK".to_owned(), json!({"period": 2}))]);
    let is_there = || present::find(&world.parts().catalog, &scope(), ALARM, "gone").is_some();
    assert!(is_there());
    world.run_woken().await;
    assert!(!is_there(), "the job clears it away");
}

/// A year of changes of a few resources, with restarts, flushes and merges in between, against a plain log.
#[tokio::test]
async fn a_year_of_changes_is_as_a_plain_log_has_it() {
    let mut world = World::recording().await;
    let entropy = SeededEntropy::new(5);
    let pick = |from: u64| {
        let mut bytes = [0; 8];
        entropy.fill(&mut bytes);
        u64::from_le_bytes(bytes) % from
    };
    let mut log: BTreeMap<String, Vec<(Timestamp, Option<Value>)>> = BTreeMap::new();
    for step in 0..700 {
        world.sleep(1 + pick(90_000) as i64);
        let id = format!("vol-{}", pick(12));
        let description = (pick(8) > 0).then(|| description(json!({ "size": pick(4) })));
        let observation = observed(&id, description.clone(), Source::Upstream);
        world.parts().observe(&scope(), vec![observation], world.now()).await.unwrap();
        let states = log.entry(id).or_default();
        let configuration = description.map(|description| description.configuration);
        let last = states.last().map(|(_, last)| last.clone());
        let is_change = match &last {
            None => configuration.is_some(),
            Some(last) => *last != configuration,
        };
        if is_change {
            states.push((world.now(), configuration));
        }
        match step % 251 {
            50 => world.store.config_items().flush(world.now()).await.unwrap(),
            150 => world.store.config_items().compact(world.now()).await.unwrap(),
            250 => world = world.restarted().await,
            _ => {}
        }
    }
    for (id, states) in &log {
        let wanted = Wanted {
            scope: &scope(),
            resource_type: VOLUME,
            resource_id: id,
            taken: Timestamp::MIN..Timestamp::MAX,
            order: store::config_item::HistoryOrder::OldestFirst,
            limit: usize::MAX,
        };
        let items = world.parts().history(wanted, world.now()).await.unwrap();
        let told = |item: &Item| (item.taken, (!item.status.is_gone()).then(|| item.configuration.clone()));
        assert_eq!(items.iter().map(told).collect::<Vec<_>>(), *states);
        for _ in 0..40 {
            let time = NOW.plus_millis(pick(370 * DAY_MS as u64) as i64);
            let expected = states.iter().rev().find(|(taken, _)| *taken <= time).map(|(taken, _)| *taken);
            let found = world.parts().item_at(&scope(), VOLUME, id, time, world.now()).await.unwrap();
            assert_eq!(found.map(|item| item.taken), expected, "{id} at {time:?}");
        }
    }
}
