//! What the recorder makes of listings and of answers to questions.

use serde_json::json;

use super::super::told::Taken;
use super::super::*;
use super::captured::{document, of, refused};
use crate::item::Relationship;
use crate::observe::{Description, Observation, Source};
use crate::test_world::{NOW, World, description, scope};

const INSTANCE: &str = "AWS::RDS::DBInstance";

/// A database with an id and a name that it is asked for by.
fn database(id: &str) -> (String, Description) {
    (id.to_owned(), Description { resource_name: Some(format!("Name-{id}")), ..description(json!({"a": 1})) })
}

fn listing(ids: &[&str]) -> Listing {
    let resources = ids.iter().map(|id| database(id)).collect();
    Listing { resources, gone: Vec::new(), untold: Vec::new(), end: Ok(()) }
}

async fn take(world: &World, listing: Listing) {
    take_of(world, INSTANCE, listing).await;
}

async fn take_of(world: &World, resource_type: &str, listing: Listing) {
    let (parts, scope, is_read) = (world.parts(), scope(), listing.end.is_ok());
    let mut taken = Taken::default();
    parts.observe_page(&scope, of(resource_type), listing, &mut taken, NOW).await.unwrap();
    if is_read {
        parts.observe_end(&scope, of(resource_type), &taken, NOW).await.unwrap();
    }
}

async fn is_gone(world: &World, id: &str) -> bool {
    world.history(INSTANCE, id).await.last().unwrap().0 == "ResourceDeleted"
}

#[tokio::test]
async fn what_two_whole_listings_lack_is_gone() {
    let world = World::recording().await;
    take(&world, listing(&["a", "b"])).await;
    take(&world, listing(&["a"])).await;
    assert!(!is_gone(&world, "b").await);
    take(&world, listing(&["a"])).await;
    assert!(is_gone(&world, "b").await && !is_gone(&world, "a").await);
}

#[tokio::test]
async fn listings_that_broke_off_make_nothing_missing() {
    let world = World::recording().await;
    take(&world, listing(&["a", "b"])).await;
    for _ in 0..3 {
        take(&world, Listing { end: Err(refused(503, "SlowDown")), ..listing(&["c"]) }).await;
    }
    assert!(!is_gone(&world, "a").await && !is_gone(&world, "b").await && !is_gone(&world, "c").await);
}

#[tokio::test]
async fn what_is_listed_and_untold_stays_and_hides_no_absence() {
    let world = World::recording().await;
    take(&world, listing(&["a", "b", "c"])).await;
    let untold = Untold { key: "name-b".to_owned(), failure: Some(refused(403, "AccessDenied")) };
    for _ in 0..2 {
        take(&world, Listing { untold: vec![untold.clone()], ..listing(&["a"]) }).await;
    }
    assert!(!is_gone(&world, "b").await && is_gone(&world, "c").await);
    assert_eq!(world.history(INSTANCE, "b").await.len(), 1);
}

#[tokio::test]
async fn what_is_listed_as_gone_is_gone_at_once() {
    let world = World::recording().await;
    take(&world, listing(&["a", "b"])).await;
    take(&world, Listing { gone: vec!["Name-a".to_owned(), "never-heard-of".to_owned()], ..listing(&["b"]) }).await;
    assert!(is_gone(&world, "a").await && !is_gone(&world, "b").await);
}

#[tokio::test]
async fn the_answer_to_a_question_tells_at_once() {
    let world = World::recording().await;
    let look = async |key: &str, looked: Looked| {
        world.parts().observe_looked(&scope(), of(INSTANCE), key, looked, NOW).await.unwrap();
    };
    let (id, found) = database("a");
    look("name-a", Looked::There(id, Box::new(found))).await;
    look("name-a", Looked::Untold).await;
    look("name-b", Looked::Gone).await;
    assert!(!is_gone(&world, "a").await);
    look("name-a", Looked::Gone).await;
    assert!(is_gone(&world, "a").await);
}

#[tokio::test]
async fn what_another_source_tells_of_is_not_ended_by_an_upstream() {
    let world = World::recording().await;
    let (resource_id, found) = database("a");
    let own =
        Observation { resource_type: INSTANCE.to_owned(), resource_id, description: Some(found), source: Source::Own };
    world.parts().observe(&scope(), vec![own], NOW).await.unwrap();
    take(&world, Listing { gone: vec!["name-a".to_owned()], ..listing(&[]) }).await;
    take(&world, listing(&[])).await;
    assert!(!is_gone(&world, "a").await);
}

#[tokio::test]
async fn attached_policies_are_related_to_by_id_when_they_are_known() {
    let world = World::recording().await;
    let policy = Description { resource_name: Some("ops".to_owned()), ..description(json!({})) };
    let policies = Listing { resources: vec![("ANPA1".to_owned(), policy)], ..listing(&[]) };
    take_of(&world, "AWS::IAM::Policy", policies).await;
    let named = |name: &str| Relationship {
        resource_type: "AWS::IAM::Policy".to_owned(),
        resource_id: None,
        resource_name: Some(name.to_owned()),
        name: "Is attached to CustomerManagedPolicy".to_owned(),
    };
    // Roles are no more recorded than policies unless it is said so; databases are.
    let (id, found) = database("a");
    let found = Description { relationships: vec![named("ops"), named("other")], ..found };
    take(&world, Listing { resources: vec![(id, found)], ..listing(&[]) }).await;
    let input = json!({"resourceType": INSTANCE, "resourceId": "a"});
    let answer = world.ok("GetResourceConfigHistory", input).await;
    let mut related: Vec<_> = answer["configurationItems"][0]["relationships"].as_array().unwrap().clone();
    related.sort_by_key(|related| related["resourceName"].to_string());
    assert_eq!((&related[0]["resourceId"], related[1].get("resourceId")), (&json!("ANPA1"), None));
}

#[tokio::test]
async fn a_listing_of_an_upstream_becomes_items() {
    let world = World::recording().await;
    let moto = super::captured::Moto::with(|operation, _| {
        let vpc = json!({"vpcSet": {"item": {"vpcId": "vpc-1", "isDefault": "true"}}});
        (operation == "DescribeVpcs").then(|| Ok(document("DescribeVpcs", vpc)))
    });
    let (scope, vpc) = (scope(), of("AWS::EC2::VPC"));
    let lister = Lister::new(&moto, &scope);
    for _ in 0..2 {
        take_of(&world, "AWS::EC2::VPC", lister.list(vpc).await).await;
    }
    let items = world.history("AWS::EC2::VPC", "vpc-1").await;
    assert_eq!((items.len(), &items[0].1["isDefault"]), (1, &json!(true)));
}
