//! What hosts tell: what is taken, what is refused, and when they were last heard of (config.md §9.1).

use serde_json::{Value, json};

use crate::test_world::{HOST, NOW, World, item, scope};

fn put(items: Value) -> Value {
    json!({"InstanceId": HOST, "Items": items})
}

async fn entries(world: &World, type_name: &str) -> Value {
    let answer = world.ok("ListInventoryEntries", json!({"InstanceId": HOST, "TypeName": type_name})).await;
    answer["Entries"].clone()
}

#[tokio::test]
async fn what_is_told_of_a_type_takes_the_place_of_what_was_known() {
    let world = World::new().await;
    world.put(HOST, "AWS:Application", json!([{"Name": "nginx"}, {"Name": "openssl"}])).await;
    world.put(HOST, "AWS:Network", json!([{"Name": "eth0"}])).await;
    world.put(HOST, "AWS:Application", json!([{"Name": "openssl", "Unheard": "of"}])).await;
    assert_eq!(entries(&world, "AWS:Application").await, json!([{"Name": "openssl", "Unheard": "of"}]));
    assert_eq!(entries(&world, "AWS:Network").await, json!([{"Name": "eth0"}]));
    let world = world.restarted().await;
    assert_eq!(entries(&world, "AWS:Application").await, json!([{"Name": "openssl", "Unheard": "of"}]));
}

#[tokio::test]
async fn a_hash_alone_refreshes_what_has_it_and_nothing_else() {
    let world = World::new().await;
    let mut told = item("AWS:Application", json!([{"Name": "nginx"}]));
    told["ContentHash"] = json!("one");
    world.ok("PutInventory", put(json!([told.clone()]))).await;
    told.as_object_mut().unwrap().remove("Content");
    told["CaptureTime"] = json!("2026-07-04T10:00:00Z");
    world.ok("PutInventory", put(json!([told.clone()]))).await;
    let answer = world.ok("ListInventoryEntries", json!({"InstanceId": HOST, "TypeName": "AWS:Application"})).await;
    assert_eq!(answer["CaptureTime"], "2026-07-04T10:00:00Z");
    assert_eq!(answer["Entries"], json!([{"Name": "nginx"}]));
    for hash in ["two", ""] {
        told["ContentHash"] = json!(hash);
        assert_eq!(world.refused("PutInventory", put(json!([told.clone()]))).await, "ItemContentMismatchException");
    }
    told["TypeName"] = json!("AWS:Network");
    assert_eq!(world.refused("PutInventory", put(json!([told]))).await, "ItemContentMismatchException");
}

#[tokio::test]
async fn what_is_wrong_with_an_inventory_is_told_and_none_of_it_is_taken() {
    let world = World::new().await;
    let fine = item("AWS:Network", json!([{"Name": "eth0"}]));
    let with = |member: &str, value: Value| {
        let mut item = item("AWS:Application", json!([]));
        item[member] = value;
        item
    };
    let wide: serde_json::Map<String, Value> = (0..50).map(|n| (format!("a{n}"), json!(""))).collect();
    let big = json!([{"Name": "x".repeat(4096)}, {"Name": "y"}]);
    let mut bare = item("AWS:Application", json!([]));
    bare.as_object_mut().unwrap().remove("Content");
    for (wrong, error) in [
        (with("TypeName", json!("AWS:NoSuchType")), "InvalidTypeNameException"),
        (with("TypeName", json!("AWS:PatchSummary")), "InvalidTypeNameException"),
        (with("TypeName", json!("Custom:")), "InvalidTypeNameException"),
        (with("TypeName", json!("Custom:a/b")), "InvalidTypeNameException"),
        (with("TypeName", json!("AWS:Network")), "InvalidItemContentException"),
        (with("SchemaVersion", json!("1.2")), "UnsupportedInventorySchemaVersionException"),
        (with("Context", json!({"ComplianceType": "x"})), "UnsupportedInventoryItemContextException"),
        (item("AWS:ComplianceItem", json!([])), "InvalidInventoryItemContextException"),
        (bare, "InvalidItemContentException"),
        (item("AWS:Application", big), "ItemSizeLimitExceededException"),
        (item("Custom:Rack", json!([wide, {"one": "more"}])), "InvalidItemContentException"),
        (with("CaptureTime", json!("2026-07-04T09:30:00.5Z")), "ValidationException"),
    ] {
        let refused = world.call("PutInventory", put(json!([fine.clone(), wrong.clone()]))).await.unwrap_err();
        assert_eq!(refused.name, error, "{wrong}");
        let names_type = refused.members.as_ref().is_some_and(|members| !members.members.is_empty());
        let has_member = matches!(
            error,
            "InvalidItemContentException"
                | "ItemSizeLimitExceededException"
                | "UnsupportedInventoryItemContextException"
        );
        assert_eq!(names_type, has_member, "{error}");
    }
    assert_eq!(
        world.refused("ListInventoryEntries", json!({"InstanceId": HOST, "TypeName": "AWS:Network"})).await,
        "InvalidInstanceId"
    );
}

#[tokio::test]
async fn a_host_has_so_much_inventory_and_no_more() {
    let world = World::new().await;
    let much = |mark: &str| json!([{"Name": mark.repeat(3000)}]);
    world.put(HOST, "AWS:Application", much("a")).await;
    let refused = world.refused("PutInventory", put(json!([item("AWS:Service", much("b"))]))).await;
    assert_eq!(refused, "TotalSizeLimitExceededException");
    world.put(HOST, "AWS:Application", json!([])).await;
    world.put(HOST, "AWS:Service", much("b")).await;
}

#[tokio::test]
async fn there_are_so_many_custom_types_and_no_more() {
    let world = World::new().await;
    world.put(HOST, "Custom:One", json!([{"a": "1"}])).await;
    world.put("mi-0123456789abcdef1", "Custom:Two", json!([{"b": "1"}])).await;
    let third = put(json!([item("Custom:Three", json!([]))]));
    assert_eq!(world.refused("PutInventory", third.clone()).await, "CustomSchemaCountLimitExceededException");
    world.put(HOST, "Custom:Two", json!([{"c": "1"}])).await;
    let schemas = world.ok("GetInventorySchema", json!({"TypeName": "Custom"})).await["Schemas"].clone();
    assert_eq!(schemas[0]["TypeName"], "Custom:One");
    let attributes = json!([{"Name": "b", "DataType": "string"}, {"Name": "c", "DataType": "string"}]);
    assert_eq!(schemas[1]["Attributes"], attributes);
    world.ok("DeleteInventory", json!({"TypeName": "Custom:One", "SchemaDeleteOption": "DeleteSchema"})).await;
    world.ok("PutInventory", third).await;
}

#[tokio::test]
async fn only_what_can_be_deregistered_becomes_known() {
    let world = World::new().await;
    for (id, error) in [("mi-0123456789ABCDEF0", "InvalidInstanceId"), ("mi-1", "ValidationException")] {
        assert_eq!(world.refused("UpdateInstanceInformation", json!({"InstanceId": id})).await, error);
        let put = json!({"InstanceId": id, "Items": [item("AWS:Network", json!([]))]});
        assert_eq!(world.refused("PutInventory", put).await, error);
    }
    world.ok("UpdateInstanceInformation", json!({"InstanceId": HOST})).await;
    world.ok("DeregisterManagedInstance", json!({"InstanceId": HOST})).await;
    assert_eq!(world.refused("DeregisterManagedInstance", json!({"InstanceId": HOST})).await, "InvalidInstanceId");
    assert_eq!(world.refused("UpdateInstanceInformation", json!({"InstanceId": HOST})).await, "InvalidInstanceId");
    let put = put(json!([item("AWS:Network", json!([]))]));
    assert_eq!(world.refused("PutInventory", put).await, "InvalidInstanceId");
}

#[tokio::test]
async fn an_agent_that_is_there_is_online_and_what_it_leaves_out_stays() {
    let world = World::new().await;
    let said = json!({"InstanceId": HOST, "AgentName": "agent", "AgentVersion": "1.2", "PlatformType": "Linux",
        "PlatformName": "Debian", "PlatformVersion": "12", "IPAddress": "10.0.0.9", "ComputerName": "db1"});
    world.ok("UpdateInstanceInformation", said).await;
    world.sleep(300);
    world.ok("UpdateInstanceInformation", json!({"InstanceId": HOST, "PlatformVersion": "13"})).await;
    let seen = |answer: Value| answer["InstanceInformationList"][0].clone();
    let host = seen(world.ok("DescribeInstanceInformation", json!({})).await);
    assert_eq!(host["PingStatus"], "Online");
    assert_eq!(host["PlatformName"], "Debian");
    assert_eq!(host["PlatformVersion"], "13");
    assert_eq!(host["ResourceType"], "ManagedInstance");
    assert_eq!(host["LastPingDateTime"], 1_783_157_700.0);
    for (secs, expected) in [(600, "Online"), (1, "ConnectionLost"), (30 * 86_400, "Inactive")] {
        world.sleep(secs);
        let host = seen(world.ok("DescribeInstanceInformation", json!({})).await);
        assert_eq!(host["PingStatus"], expected, "after {secs} s");
    }
}

/// Heartbeats write nothing for nothing: see `docs/inventory.md`.
#[tokio::test]
async fn when_a_host_was_heard_of_is_written_by_the_hour_and_at_a_stop() {
    let world = World::new().await;
    let beat = json!({"InstanceId": HOST});
    world.ok("UpdateInstanceInformation", beat.clone()).await;
    let version = |world: &World| {
        let found = crate::instances::find(&world.ssm.parts.catalog, &scope(), HOST).unwrap();
        (found.version, found.value.last_contact)
    };
    let written = version(&world);
    for _ in 0..12 {
        world.sleep(300);
        world.ok("UpdateInstanceInformation", beat.clone()).await;
    }
    assert_eq!(version(&world), written);
    let contact = |world: &World| world.hosts.last_agent_contact(&scope(), HOST);
    assert_eq!(contact(&world), Some(NOW.plus_millis(3_600_000)));
    world.sleep(300);
    world.ok("UpdateInstanceInformation", beat.clone()).await;
    assert_ne!(version(&world), written);
    world.sleep(300);
    world.ok("UpdateInstanceInformation", beat).await;
    world.stop_jobs().await;
    let world = world.restarted().await;
    assert_eq!(contact(&world), Some(NOW.plus_millis(4_200_000)));
    assert_eq!(world.hosts.agent_contacts(&scope()).len(), 1);
}
