//! States of resources at times, who named them then, and the newest items as SQL reads them.

use serde_json::{Value, json};
use store::config_item::Resource;

use crate::as_of::AsOf;
use crate::item::Relationship;
use crate::newest::{NewestItems, Others, Wanted};
use crate::observe::{Description, Observation, Source};
use crate::test_world::{NOW, World, description, scope};

const HOST: &str = "MyOrg::Net::Host";
const PORT: &str = "MyOrg::Net::Port";

async fn observe(world: &World, resource_type: &str, id: &str, description: Option<Description>) {
    let observation = Observation {
        resource_type: resource_type.to_owned(),
        resource_id: id.to_owned(),
        description,
        source: Source::Pushed,
    };
    world.parts().observe(&scope(), vec![observation], world.now()).await.unwrap();
}

fn port(host: &str) -> Option<Description> {
    let related = Relationship {
        resource_type: HOST.to_owned(),
        resource_id: Some(host.to_owned()),
        resource_name: None,
        name: "Is attached to Host".to_owned(),
    };
    Some(Description { relationships: vec![related], ..description(json!({})) })
}

fn resource(resource_type: &str, id: &str) -> Resource {
    Resource { scope: scope(), resource_type: resource_type.to_owned(), resource_id: id.to_owned() }
}

fn as_of(world: &World) -> AsOf {
    AsOf::new(world.store.catalog().clone(), world.store.config_items().clone())
}

/// A host that changes after one hour and goes after three; its port moves to another host after two.
async fn world() -> World {
    let world = World::recording().await;
    let host =
        |size: u32| Some(Description { arn: Some("arn:my:host/h1".to_owned()), ..description(json!({"size": size})) });
    observe(&world, HOST, "h1", host(1)).await;
    observe(&world, PORT, "p1", port("h1")).await;
    world.sleep(3600);
    observe(&world, HOST, "h1", host(2)).await;
    world.sleep(3600);
    observe(&world, PORT, "p1", port("h2")).await;
    world.sleep(3600);
    observe(&world, HOST, "h1", None).await;
    world
}

#[tokio::test]
async fn a_resource_is_found_in_the_state_of_a_time() {
    let world = world().await;
    let (as_of, host) = (as_of(&world), resource(HOST, "h1"));
    let hours = |hours: i64| NOW.plus_millis(hours * 3_600_000);
    for (time, size, since, ended, before) in [
        (NOW, json!(1), 0, Some(1), None),
        (hours(1).plus_millis(-1), json!(1), 0, Some(1), None),
        (hours(1), json!(2), 1, Some(3), Some(0)),
        (hours(2), json!(2), 1, Some(3), Some(0)),
        (hours(9), Value::Null, 3, None, Some(1)),
    ] {
        let state = as_of.state(&host, time, world.now()).await.unwrap().unwrap();
        assert_eq!(state.item.at("size").cloned().unwrap_or_default(), size, "{time}");
        assert_eq!((state.item.taken, state.ended), (hours(since), ended.map(hours)), "{time}");
        assert_eq!(state.before, before.map(hours), "{time}");
    }
    assert!(as_of.state(&host, NOW.plus_millis(-1), world.now()).await.unwrap().is_none());
    assert_eq!(as_of.first_known(&host, world.now()).await.unwrap(), Some(NOW));
    assert_eq!(as_of.first_known(&resource(HOST, "x"), world.now()).await.unwrap(), None);
}

#[tokio::test]
async fn who_named_a_resource_at_a_time_is_found() {
    let world = world().await;
    let as_of = as_of(&world);
    for (host, hour, expected) in
        [("h1", 0, true), ("h1", 1, true), ("h1", 2, false), ("h2", 1, false), ("h2", 2, true)]
    {
        let time = NOW.plus_millis(hour * 3_600_000);
        let naming = as_of.naming(&resource(HOST, host), time, world.now()).await.unwrap();
        let ids: Vec<_> = naming.iter().map(|item| item.resource_id.as_str()).collect();
        assert_eq!(ids, if expected { vec!["p1"] } else { vec![] }, "{host} after {hour} h");
    }
}

#[tokio::test]
async fn names_are_arns_or_types_with_ids_also_of_what_is_gone() {
    let world = world().await;
    let as_of = as_of(&world);
    for (name, expected) in [
        ("arn:my:host/h1", Some(HOST)),
        ("arn:my:host/h", None),
        ("MyOrg::Net::Host/h1", Some(HOST)),
        ("MyOrg::Net::Port/p1", Some(PORT)),
        ("MyOrg::Net::Port/p", None),
        ("p1", None),
    ] {
        let found = as_of.named(name, None, world.now());
        let types: Vec<_> = found.iter().map(|resource| resource.resource_type.as_str()).collect();
        assert_eq!(types, expected.into_iter().collect::<Vec<_>>(), "{name}");
    }
}

#[tokio::test]
async fn newest_items_are_of_what_is_there_unless_others_are_asked_for() {
    let world = world().await;
    let newest = NewestItems::new(world.store.catalog().clone());
    assert_eq!(newest.scopes(None, None), [scope()]);
    assert_eq!(newest.scopes(None, Some(&"us-east-1".parse().unwrap())), []);
    let of = scope();
    let ids = |resource_type, others| {
        let wanted = Wanted { scope: &of, resource_type, resource_id: None, others, now: world.now() };
        newest.items(wanted).map(|item| item.resource_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Some(HOST), Others::LeftOut), Vec::<String>::new());
    assert_eq!(ids(Some(HOST), Others::Included), ["h1"]);
    assert_eq!(ids(Some(PORT), Others::Included), ["p1"]);
    // What says that a resource is gone is kept for seven years.
    let later = world.now().plus_millis(2558 * base::time::DAY_MS);
    let wanted =
        Wanted { scope: &of, resource_type: Some(HOST), resource_id: None, others: Others::Included, now: later };
    assert_eq!(newest.items(wanted).count(), 0);
}
