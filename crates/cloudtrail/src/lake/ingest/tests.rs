//! What stores have: every event that they select, once, wherever the job ends.

use serde_json::{Value, json};
use store::job::Job as _;

use super::*;
use crate::Followers;
use crate::lake::remove::RemoveStores;
use crate::lake::stores::all;
use crate::test_world::{ACCOUNT, World, run_until};

async fn fill_all(world: &World) {
    FillStores::new(world.parts().clone()).run(world.now()).await.unwrap();
}

fn spans(world: &World) -> Vec<Span> {
    let records = world.parts().catalog.list_all::<IngestionRecord>();
    records.into_iter().flat_map(|(_, found)| found.value.spans.clone()).collect()
}

fn selectors(fields: Value) -> Value {
    json!([{ "FieldSelectors": fields }])
}

fn objects_below(arn: &str) -> Value {
    selectors(json!([
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        {"Field": "resources.ARN", "StartsWith": [arn]},
    ]))
}

#[tokio::test]
async fn a_store_has_what_happened_since_it_was_made_each_once() {
    let world = World::new().await;
    world.happen("eu-west-1", 3).await;
    let (_, number) = world.make_store("lake", json!({})).await;
    let mut ids = world.happen("eu-west-1", 30).await;
    fill_all(&world).await;
    assert_eq!(world.stored(number).await, ids);
    ids.extend(world.happen("mars-north-1", 2).await);
    fill_all(&world).await;
    fill_all(&world).await;
    assert_eq!(world.stored(number).await, ids);
}

#[tokio::test]
async fn wherever_the_job_ends_each_event_is_in_the_store_once() {
    let mut ended_early = 0;
    for waits in 0..14 {
        let world = World::new().await;
        let (_, number) = world.make_store("lake", json!({})).await;
        let mut ids = world.happen("eu-west-1", 40).await;
        let job = FillStores::new(world.parts().clone());
        let whole = run_until(waits, async { drop(job.run(world.now()).await) }).await;
        ended_early += usize::from(!whole);
        drop(job);
        let world = world.restarted().await;
        ids.extend(world.happen("eu-west-1", 2).await);
        fill_all(&world).await;
        assert_eq!(world.stored(number).await, ids, "after {waits} waits");
    }
    assert!(ended_early > 3, "the job was cut off only {ended_early} times");
}

#[tokio::test]
async fn a_store_of_one_region_has_that_alone() {
    let world = World::new().await;
    let (_, number) = world.make_store("lake", json!({"MultiRegionEnabled": false})).await;
    let here = world.happen("eu-west-1", 2).await;
    world.happen("us-east-1", 2).await;
    fill_all(&world).await;
    assert_eq!(world.stored(number).await, here);
}

#[tokio::test]
async fn each_store_has_what_its_selectors_choose() {
    let world = World::new().await;
    let (_, objects) =
        world.make_store("objects", json!({"AdvancedEventSelectors": objects_below("arn:aws:s3:::a/")})).await;
    let (_, management) = world.make_store("management", json!({})).await;
    let calls = world.happen("eu-west-1", 2).await;
    let wanted = world.happen_to("arn:aws:s3:::a/x").await;
    world.happen_to("arn:aws:s3:::b/x").await;
    fill_all(&world).await;
    assert_eq!(world.stored(objects).await, [wanted]);
    assert_eq!(world.stored(management).await, calls);
}

#[tokio::test]
async fn data_events_are_recorded_for_stores_that_take_them() {
    let world = World::new().await;
    let followers = Followers::new(world.parts().catalog.clone());
    let account = ACCOUNT.parse().unwrap();
    let wanted = || followers.want_data(&account, "AWS::S3::Object");
    assert!(!wanted());
    let (arn, _) = world.make_store("lake", json!({"AdvancedEventSelectors": objects_below("arn:aws:s3:::a/")})).await;
    assert!(wanted());
    assert!(!followers.want_data(&account, "AWS::Lambda::Function"));
    assert!(!followers.want_data(&"999999999999".parse().unwrap(), "AWS::S3::Object"));
    world.ok("StopEventDataStoreIngestion", json!({"EventDataStore": arn})).await;
    assert!(!wanted());
    world.ok("StartEventDataStoreIngestion", json!({"EventDataStore": arn})).await;
    assert!(wanted());
    world.ok("DeleteEventDataStore", json!({"EventDataStore": arn})).await;
    assert!(!wanted());
}

#[tokio::test]
async fn what_happens_while_a_store_is_stopped_is_not_in_it() {
    let world = World::new().await;
    let (arn, number) = world.make_store("lake", json!({})).await;
    let mut ids = world.happen("eu-west-1", 12).await;
    world.ok("StopEventDataStoreIngestion", json!({"EventDataStore": arn})).await;
    world.happen("eu-west-1", 3).await;
    world.ok("StartEventDataStoreIngestion", json!({"EventDataStore": arn})).await;
    ids.extend(world.happen("eu-west-1", 12).await);
    assert_eq!(spans(&world).len(), 2);
    fill_all(&world).await;
    assert_eq!(world.stored(number).await, ids);
    assert_eq!(spans(&world).len(), 1, "the first is over");
    world.ok("StopEventDataStoreIngestion", json!({"EventDataStore": arn})).await;
    world.happen("eu-west-1", 1).await;
    fill_all(&world).await;
    assert_eq!(world.stored(number).await, ids);
    assert!(spans(&world).is_empty());
}

#[tokio::test]
async fn what_nobody_selects_is_looked_at_once() {
    let world = World::new().await;
    let (_, number) = world.make_store("lake", json!({"MultiRegionEnabled": false})).await;
    let begun = spans(&world)[0].after;
    world.happen("us-east-1", 20).await;
    fill_all(&world).await;
    assert!(spans(&world)[0].after > begun, "it is written down how far was looked");
    let world = world.restarted().await;
    let ids = world.happen("eu-west-1", 1).await;
    fill_all(&world).await;
    assert_eq!(world.stored(number).await, ids);
}

#[tokio::test]
async fn a_store_that_catches_up_has_all_that_was_recorded_before() {
    let world = World::new().await;
    let (_, number) = world.make_store("lake", json!({})).await;
    let store = all(&world.parts().catalog).remove(0);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.extend(world.happen("eu-west-1", 3).await);
        let job = FillStores::new(world.parts().clone());
        let (caught_up, ran) = tokio::join!(catch_up(world.parts(), &store), job.run(world.now()));
        caught_up.and(ran).unwrap();
        assert_eq!(world.stored(number).await, ids);
    }
}

#[tokio::test]
async fn events_are_kept_for_the_retention_of_their_store() {
    let world = World::new().await;
    let (_, short) = world.make_store("short", json!({"RetentionPeriod": 7})).await;
    let (_, long) = world.make_store("long", json!({"RetentionPeriod": 30})).await;
    let ids = world.happen("eu-west-1", 1).await;
    fill_all(&world).await;
    world.sleep(7 * 86_400);
    assert_eq!(world.stored(short).await, ids);
    world.sleep(1);
    assert!(world.stored(short).await.is_empty());
    assert_eq!(world.stored(long).await, ids);
}

#[tokio::test]
async fn a_deleted_store_goes_with_its_events_after_seven_days_and_no_sooner() {
    let world = World::new().await;
    let (arn, number) = world.make_store("lake", json!({})).await;
    let (_, other) = world.make_store("other", json!({})).await;
    let ids = world.happen("eu-west-1", 3).await;
    world.ok("DeleteEventDataStore", json!({"EventDataStore": arn})).await;
    let later = world.happen("eu-west-1", 1).await;
    fill_all(&world).await;
    let job = RemoveStores::new(world.parts().clone());
    let due = world.now().plus_millis(7 * 86_400_000);
    for secs in [0, 7 * 86_400 - 1] {
        world.sleep(secs);
        job.run(world.now()).await.unwrap();
        assert_eq!(world.stored(number).await, ids, "what was recorded before it was deleted");
    }
    world.sleep(1);
    assert_eq!(world.now(), due);
    assert_eq!(job.next_due(due.plus_millis(-2000)), Some(due));
    job.run(due).await.unwrap();
    assert!(world.stored(number).await.is_empty());
    assert_eq!(world.stored(other).await, [ids, later].concat());
    assert_eq!(all(&world.parts().catalog).len(), 1);
    assert_eq!(world.parts().catalog.list_all::<IngestionRecord>().len(), 1);
    let world = world.restarted().await;
    assert!(world.stored(number).await.is_empty());
}

#[tokio::test]
async fn a_restored_store_has_its_events_and_takes_new_ones() {
    let world = World::new().await;
    let (arn, number) = world.make_store("lake", json!({})).await;
    let mut ids = world.happen("eu-west-1", 3).await;
    world.ok("DeleteEventDataStore", json!({"EventDataStore": arn})).await;
    world.happen("eu-west-1", 2).await;
    world.ok("RestoreEventDataStore", json!({"EventDataStore": arn})).await;
    ids.extend(world.happen("eu-west-1", 1).await);
    fill_all(&world).await;
    assert_eq!(world.stored(number).await, ids);
}
