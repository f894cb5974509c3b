//! logs.md §6, as far as no bucket is needed.

use serde_json::json;
use store::catalog::{Key, Transaction};
use store::job::Job as _;

use crate::exports::{ExportEvents, ExportRecord, ExportState};
use crate::groups;
use crate::test_world::{AWAY, World, scope};

async fn task(world: &World, name: &str, state: ExportState) {
    task_to(world, name, state, "logs").await;
}

async fn task_to(world: &World, name: &str, state: ExportState, bucket: &str) {
    let group = groups::find(world.store.catalog(), &scope(), "g").unwrap();
    let record = ExportRecord {
        name: None,
        group_id: group.id(),
        group: group.name,
        stream_prefix: None,
        from: world.clock().plus_millis(-1000),
        to: world.clock(),
        bucket: bucket.to_owned(),
        prefix: "exportedlogs".to_owned(),
        state,
        message: None,
        created: world.clock(),
        completed: None,
    };
    let mut transaction = Transaction::default();
    transaction.create(Key::regional(&scope().account, &scope().region, name), &record);
    world.store.catalog().commit(transaction).await.unwrap();
}

#[tokio::test]
async fn one_task_at_a_time() {
    let world = World::new().await;
    world.make("g", &[]).await;
    let create = json!({"logGroupName": "g", "from": 0, "to": 1, "destination": "logs"});
    task(&world, "ended", ExportState::Completed).await;
    // There is no such bucket, which is what is looked at next.
    assert_eq!(world.refused("CreateExportTask", create.clone()).await.0, "InvalidParameterException");
    task(&world, "waits", ExportState::Pending).await;
    let refused = world.refused("CreateExportTask", create).await;
    assert_eq!(refused, ("LimitExceededException".to_owned(), "Resource limit exceeded.".to_owned()));
}

#[tokio::test]
async fn a_task_that_waits_is_cancelled_at_once_and_one_under_way_soon() {
    let world = World::new().await;
    world.make("g", &[]).await;
    task(&world, "waits", ExportState::Pending).await;
    task(&world, "runs", ExportState::Running).await;
    for (name, code) in [("waits", "CANCELLED"), ("runs", "PENDING_CANCEL")] {
        world.ok("CancelExportTask", json!({"taskId": name})).await;
        let described = world.ok("DescribeExportTasks", json!({"taskId": name})).await;
        assert_eq!(described["exportTasks"][0]["status"]["code"], code, "{name}");
    }
    assert_eq!(world.refused("CancelExportTask", json!({"taskId": "waits"})).await.0, "InvalidOperationException");
}

#[tokio::test]
async fn an_export_waits_for_a_bucket_that_is_away_and_fails_at_one_that_refuses() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.put("g", "s", &[(-1, "hello")]).await;
    task_to(&world, "waits", ExportState::Pending, AWAY).await;
    task(&world, "fails", ExportState::Pending).await;
    let job = ExportEvents::new(world.logs.clone());
    let failed = job.run(world.clock()).await.unwrap_err();
    assert_eq!(failed.to_string(), "PutObject call on the given bucket failed. there are no buckets");
    for (name, code) in [("waits", "RUNNING"), ("fails", "FAILED")] {
        let described = world.ok("DescribeExportTasks", json!({"taskId": name})).await;
        assert_eq!(described["exportTasks"][0]["status"]["code"], code, "{name}");
    }
    world.ok("CancelExportTask", json!({"taskId": "waits"})).await;
    job.run(world.clock()).await.unwrap();
    let described = world.ok("DescribeExportTasks", json!({"taskId": "waits"})).await;
    assert_eq!(described["exportTasks"][0]["status"]["code"], "CANCELLED");
}
