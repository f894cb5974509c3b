//! What is asked of inventories: filters, counts, schemas, deletions, pages (config.md §9.4).

use serde_json::{Value, json};

use crate::test_world::{HOST, World, item};

const OTHER: &str = "mi-0123456789abcdef1";
const EC2: &str = "i-0123456789abcdef2";

/// Three hosts with applications, one of them of EC2.
async fn fleet() -> World {
    let world = World::new().await;
    for (host, platform, applications) in [
        (HOST, "Linux", json!([{"Name": "openssl", "Version": "3.0.7"}, {"Name": "nginx", "Version": "1.22"}])),
        (OTHER, "Linux", json!([{"Name": "openssl", "Version": "3.0.15"}])),
        (EC2, "Windows", json!([{"Name": "openssl", "Version": "3.0.7"}, {"Name": "openssl", "Version": "3.0.7"}])),
    ] {
        world.ok("UpdateInstanceInformation", json!({"InstanceId": host, "PlatformType": platform})).await;
        world.put(host, "AWS:Application", applications).await;
    }
    world.put(OTHER, "AWS:Network", json!([{"Name": "eth0"}])).await;
    world
}

fn filter(key: &str, operator: &str, value: &str) -> Value {
    json!({"Key": key, "Type": operator, "Values": [value]})
}

async fn found(world: &World, filters: Value) -> Vec<String> {
    let answer = world.ok("GetInventory", json!({"Filters": filters})).await;
    let id = |entity: &Value| entity["Id"].as_str().unwrap().to_owned();
    answer["Entities"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn hosts_are_found_by_what_is_on_them() {
    let world = fleet().await;
    world
        .ok(
            "AddTagsToResource",
            json!({"ResourceType": "ManagedInstance", "ResourceId": HOST, "Tags": [{"Key": "team", "Value": "db"}]}),
        )
        .await;
    for (filters, expected) in [
        (json!([filter("AWS:InstanceInformation.PlatformType", "Equal", "Linux")]), &[HOST, OTHER][..]),
        (json!([filter("AWS:InstanceInformation.PlatformType", "NotEqual", "Linux")]), &[EC2]),
        (json!([filter("AWS:InstanceInformation.ResourceType", "BeginWith", "EC2")]), &[EC2]),
        (json!([filter("AWS:Application.Version", "LessThan", "3.0.10")]), &[EC2, HOST]),
        (
            json!([
                filter("AWS:Application.Name", "Equal", "nginx"),
                filter("AWS:Application.Version", "BeginWith", "3")
            ]),
            &[],
        ),
        (
            json!([
                filter("AWS:Application.Name", "Equal", "nginx"),
                filter("AWS:Application.Version", "BeginWith", "1")
            ]),
            &[HOST],
        ),
        (json!([filter("TypeName", "Exists", "AWS:Network")]), &[OTHER]),
        (json!([filter("AWS:Tag.Value", "Equal", "db")]), &[HOST]),
    ] {
        assert_eq!(found(&world, filters.clone()).await, expected, "{filters}");
    }
    assert_eq!(
        world.refused("GetInventory", json!({"Filters": [filter("Name", "Equal", "x")]})).await,
        "InvalidFilter"
    );
}

#[tokio::test]
async fn an_answer_holds_the_type_that_is_asked_for() {
    let world = fleet().await;
    let filters = json!([filter("AWS:InstanceInformation.InstanceId", "Equal", OTHER)]);
    let answer = world.ok("GetInventory", json!({"Filters": filters})).await;
    let information = &answer["Entities"][0]["Data"]["AWS:InstanceInformation"];
    assert_eq!(information["Content"][0]["InstanceStatus"], "Active");
    let asked = |type_name: &str| json!({"Filters": filters, "ResultAttributes": [{"TypeName": type_name}]});
    let answer = world.ok("GetInventory", asked("AWS:Network")).await;
    let expected = json!({"AWS:Network": {"TypeName": "AWS:Network", "SchemaVersion": "1.0",
        "CaptureTime": "2026-07-04T09:30:00Z", "Content": [{"Name": "eth0"}]}});
    assert_eq!(answer["Entities"][0]["Data"], expected);
    assert_eq!(world.ok("GetInventory", asked("AWS:File")).await["Entities"][0]["Data"], json!({}));
    assert_eq!(world.refused("GetInventory", asked("AWS:NoSuchType")).await, "InvalidTypeNameException");
}

#[tokio::test]
async fn hosts_are_counted_by_what_is_on_them() {
    let world = fleet().await;
    let count = async |aggregators: Value| {
        let answer = world.ok("GetInventory", json!({"Aggregators": aggregators})).await;
        assert_eq!(answer["Entities"].as_array().unwrap().len(), 1);
        answer["Entities"][0]["Data"].clone()
    };
    let data = count(json!([{"Expression": "AWS:InstanceInformation.PlatformType"}])).await;
    let expected = json!([{"PlatformType": "Linux", "Count": "2"}, {"PlatformType": "Windows", "Count": "1"}]);
    assert_eq!(data["AWS:InstanceInformation"]["Content"], expected);
    // A host that has a combination twice counts once; values of one type are those of one entry.
    let platform = json!({"Expression": "AWS:InstanceInformation.PlatformType"});
    let version = json!({"Expression": "AWS:Application.Version", "Aggregators": [platform]});
    let data = count(json!([{"Expression": "AWS:Application.Name", "Aggregators": [version]}])).await;
    let row = |name: &str, version: &str, platform: &str, count: &str| json!({"Name": name, "Version": version, "PlatformType": platform, "Count": count});
    let expected = json!([
        row("nginx", "1.22", "Linux", "1"),
        row("openssl", "3.0.15", "Linux", "1"),
        row("openssl", "3.0.7", "Linux", "1"),
        row("openssl", "3.0.7", "Windows", "1"),
    ]);
    assert_eq!(data["AWS:Application"]["Content"], expected);
    let both = json!([filter("TypeName", "Exists", "AWS:Application"), filter("TypeName", "Exists", "AWS:Network")]);
    let data = count(json!([{"Groups": [{"Name": "Both", "Filters": both}]}])).await;
    assert_eq!(data["Both"]["Content"], json!([{"notMatchingCount": "2"}, {"matchingCount": "1"}]));
}

#[tokio::test]
async fn counts_that_make_no_sense_are_refused() {
    let world = World::new().await;
    let group = json!({"Name": "a", "Filters": [filter("TypeName", "Exists", "AWS:File")]});
    let deep = (0..6).fold(
        json!({"Expression": "AWS:Application.Name"}),
        |inner, _| json!({"Expression": "AWS:Application.Name", "Aggregators": [inner]}),
    );
    for (aggregator, error) in [
        (json!({}), "InvalidAggregatorException"),
        (json!({"Expression": "AWS:Application"}), "InvalidAggregatorException"),
        (json!({"Expression": "AWS:NoSuchType.Name"}), "InvalidAggregatorException"),
        (json!({"Expression": "AWS:Application.Name", "Groups": [group]}), "InvalidAggregatorException"),
        (deep, "InvalidAggregatorException"),
        (json!({"Groups": [group, group]}), "InvalidInventoryGroupException"),
    ] {
        assert_eq!(world.refused("GetInventory", json!({"Aggregators": [aggregator]})).await, error, "{aggregator}");
    }
    let shown = json!({"Aggregators": [{"Expression": "AWS:Application.Name"}], "ResultAttributes": [{"TypeName": "AWS:File"}]});
    assert_eq!(world.refused("GetInventory", shown).await, "InvalidResultAttributeException");
}

/// All elements of a member of all pages of an answer.
async fn all_pages(world: &World, operation: &str, mut input: Value, member: &str) -> (usize, Vec<Value>) {
    let (mut pages, mut all) = (0, Vec::new());
    loop {
        let answer = world.ok(operation, input.clone()).await;
        pages += 1;
        all.extend(answer[member].as_array().unwrap().iter().cloned());
        match answer.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => return (pages, all),
        }
    }
}

#[tokio::test]
async fn lists_come_in_pages_that_hold_all_there_is() {
    let world = fleet().await;
    let entries: Vec<Value> = (0..120).map(|n| json!({"Name": n.to_string()})).collect();
    world.put(HOST, "AWS:Network", json!(entries)).await;
    for (operation, input, member, pages, expected) in [
        ("GetInventory", json!({"MaxResults": 1}), "Entities", 3, 3),
        ("GetInventory", json!({}), "Entities", 1, 3),
        ("DescribeInstanceInformation", json!({"MaxResults": 5}), "InstanceInformationList", 1, 3),
        ("ListInventoryEntries", json!({"InstanceId": HOST, "TypeName": "AWS:Network"}), "Entries", 3, 120),
        ("GetInventorySchema", json!({}), "Schemas", 1, 17),
    ] {
        let (found_pages, all) = all_pages(&world, operation, input.clone(), member).await;
        assert_eq!((found_pages, all.len()), (pages, expected), "{operation}");
        let mut given = input;
        given["NextToken"] = json!("garbage");
        assert_eq!(world.refused(operation, given).await, "InvalidNextToken", "{operation}");
    }
}

#[tokio::test]
async fn entries_of_a_host_are_filtered_one_by_one() {
    let world = fleet().await;
    let asked = |key: &str| json!({"InstanceId": HOST, "TypeName": "AWS:Application", "Filters": [filter(key, "Equal", "nginx")]});
    let answer = world.ok("ListInventoryEntries", asked("AWS:Application.Name")).await;
    assert_eq!(answer["Entries"], json!([{"Name": "nginx", "Version": "1.22"}]));
    assert_eq!(world.refused("ListInventoryEntries", asked("AWS:Network.Name")).await, "InvalidFilter");
}

#[tokio::test]
async fn a_custom_type_is_deleted_where_it_was_told_before() {
    let world = World::new().await;
    for host in [HOST, OTHER] {
        world.put(host, "Custom:Rack", json!([{"Row": "7"}])).await;
    }
    let delete = json!({"TypeName": "Custom:Rack", "ClientToken": "0e1f2a3b-0000-4000-8000-000000000000"});
    let mut dry = delete.clone();
    dry["DryRun"] = json!(true);
    let answer = world.ok("DeleteInventory", dry).await;
    assert_eq!(answer["DeletionSummary"]["TotalCount"], 2);
    assert!(answer.get("DeletionId").is_none());
    let first = world.ok("DeleteInventory", delete.clone()).await;
    assert_eq!(world.ok("DeleteInventory", delete).await["DeletionId"], first["DeletionId"]);
    world.sleep(1);
    world.put(OTHER, "Custom:Rack", json!([{"Row": "8"}])).await;
    world.run().await;
    let answer = world.ok("DescribeInventoryDeletions", json!({"DeletionId": first["DeletionId"]})).await;
    let deletion = &answer["InventoryDeletions"][0];
    assert_eq!(
        (&deletion["LastStatus"], &deletion["DeletionSummary"]["RemainingCount"]),
        (&json!("Complete"), &json!(0))
    );
    let entries = async |host: &str| {
        world.ok("ListInventoryEntries", json!({"InstanceId": host, "TypeName": "Custom:Rack"})).await["Entries"]
            .clone()
    };
    assert_eq!(entries(HOST).await, json!([]));
    assert_eq!(entries(OTHER).await, json!([{"Row": "8"}]));
    for (operation, input, error) in [
        ("DeleteInventory", json!({"TypeName": "AWS:Application"}), "InvalidTypeNameException"),
        ("DeleteInventory", json!({"TypeName": "Custom:Unknown"}), "InvalidInventoryRequestException"),
        (
            "DescribeInventoryDeletions",
            json!({"DeletionId": "0e1f2a3b-0000-4000-8000-000000000001"}),
            "InvalidDeletionIdException",
        ),
    ] {
        assert_eq!(world.refused(operation, input).await, error, "{operation}");
    }
}

#[tokio::test]
async fn what_is_told_in_a_disabled_schema_is_passed_over() {
    let world = World::new().await;
    world.put(HOST, "Custom:Rack", json!([{"Row": "7"}])).await;
    world.ok("DeleteInventory", json!({"TypeName": "Custom:Rack", "SchemaDeleteOption": "DisableSchema"})).await;
    world.run().await;
    world.put(HOST, "Custom:Rack", json!([{"Row": "8"}])).await;
    let asked = json!({"InstanceId": HOST, "TypeName": "Custom:Rack"});
    assert_eq!(world.ok("ListInventoryEntries", asked.clone()).await["Entries"], json!([]));
    let mut newer = item("Custom:Rack", json!([{"Row": "9"}]));
    newer["SchemaVersion"] = json!("1.1");
    world.ok("PutInventory", json!({"InstanceId": HOST, "Items": [newer]})).await;
    assert_eq!(world.ok("ListInventoryEntries", asked).await["Entries"], json!([{"Row": "9"}]));
}
