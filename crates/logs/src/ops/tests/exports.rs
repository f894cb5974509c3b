//! logs.md §6, as far as no bucket is needed.

use serde_json::json;
use store::catalog::{Key, Transaction};

use crate::exports::{ExportRecord, ExportState};
use crate::groups;
use crate::test_world::{World, scope};

async fn task(world: &World, name: &str, state: ExportState) {
    let group = groups::find(world.store.catalog(), &scope(), "g").unwrap();
    let record = ExportRecord {
        name: None,
        group_id: group.id(),
        group: group.name,
        stream_prefix: None,
        from: world.clock(),
        to: world.clock(),
        bucket: "logs".to_owned(),
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
