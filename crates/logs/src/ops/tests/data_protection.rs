//! logs.md §8.4.

use serde_json::{Value, json};

use crate::test_world::{World, messages};

fn document(ids: &[&str]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("arn:aws:dataprotection::aws:data-identifier/{id}")).collect();
    json!({
        "Name": "policy", "Version": "2021-06-01",
        "Statement": [
            {"DataIdentifier": ids, "Operation": {"Audit": {"FindingsDestination": {}}}},
            {"DataIdentifier": ids, "Operation": {"Deidentify": {"MaskConfig": {}}}},
        ],
    })
    .to_string()
}

async fn world() -> World {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world
}

async fn protect(world: &World, ids: &[&str]) {
    world.ok("PutDataProtectionPolicy", json!({"logGroupIdentifier": "g", "policyDocument": document(ids)})).await;
}

async fn read(world: &World, more: Value) -> Vec<String> {
    let mut input = json!({"logGroupName": "g", "logStreamName": "s", "startFromHead": true});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    messages(&world.ok("GetLogEvents", input).await).into_iter().map(str::to_owned).collect()
}

async fn filter(world: &World, more: Value) -> Vec<String> {
    let mut input = json!({"logGroupName": "g"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    messages(&world.ok("FilterLogEvents", input).await).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn events_are_masked_by_the_policy_that_held_when_they_came() {
    let world = world().await;
    world.put("g", "s", &[(0, "1 a@b.example 10.0.0.1")]).await;
    world.advance(1000);
    protect(&world, &["EmailAddress"]).await;
    world.put("g", "s", &[(0, "2 a@b.example 10.0.0.1")]).await;
    world.advance(1000);
    protect(&world, &["IpAddress"]).await;
    world.put("g", "s", &[(0, "3 a@b.example 10.0.0.1")]).await;
    world.advance(1000);
    world.ok("DeleteDataProtectionPolicy", json!({"logGroupIdentifier": "g"})).await;
    world.put("g", "s", &[(0, "4 a@b.example 10.0.0.1")]).await;
    let masked =
        ["1 a@b.example 10.0.0.1", "2 *********** 10.0.0.1", "3 a@b.example ********", "4 a@b.example 10.0.0.1"];
    assert_eq!(read(&world, json!({})).await, masked);
    assert_eq!(filter(&world, json!({})).await, masked);
    let world = world.restarted().await;
    assert_eq!(read(&world, json!({})).await, masked);
}

#[tokio::test]
async fn clear_text_is_for_those_who_may_unmask() {
    let world = world().await;
    protect(&world, &["IpAddress"]).await;
    world.put("g", "s", &[(0, "10.0.0.1")]).await;
    assert_eq!(read(&world, json!({"unmask": true})).await, ["10.0.0.1"]);
    assert_eq!(filter(&world, json!({"unmask": true})).await, ["10.0.0.1"]);
    assert_eq!(read(&world, json!({"unmask": false})).await, ["********"]);
    world.make("forbidden", &["s"]).await;
    let clear = json!({"logGroupName": "forbidden", "logStreamName": "s", "unmask": true});
    let refusal = world.refused("GetLogEvents", clear).await;
    let text = "User: arn:aws:iam::111122223333:root is not authorized to perform: logs:Unmask on resource: \
        arn:aws:logs:eu-west-1:111122223333:log-group:forbidden";
    assert_eq!(refusal, ("AccessDeniedException".to_owned(), text.to_owned()));
    let refusal = world.refused("FilterLogEvents", json!({"logGroupName": "forbidden", "unmask": true})).await;
    assert_eq!(refusal.0, "AccessDeniedException");
}

#[tokio::test]
async fn filters_see_what_readers_see() {
    let world = world().await;
    protect(&world, &["IpAddress"]).await;
    world.put("g", "s", &[(0, "from 10.0.0.1"), (1, "from nowhere")]).await;
    assert_eq!(filter(&world, json!({"filterPattern": "\"10.0.0.1\""})).await, [""; 0]);
    assert_eq!(filter(&world, json!({"filterPattern": "\"from ********\""})).await, ["from ********"]);
    assert_eq!(filter(&world, json!({"filterPattern": "\"10.0.0.1\"", "unmask": true})).await, ["from 10.0.0.1"]);
}

#[tokio::test]
async fn a_policy_is_given_back_until_it_is_deleted() {
    let world = world().await;
    let get = json!({"logGroupIdentifier": "g"});
    assert_eq!(world.ok("GetDataProtectionPolicy", get.clone()).await, get);
    let text = document(&["EmailAddress"]);
    let expected = json!({"logGroupIdentifier": "g", "policyDocument": text, "lastUpdatedTime": world.now()});
    let put = json!({"logGroupIdentifier": "g", "policyDocument": text});
    assert_eq!(world.ok("PutDataProtectionPolicy", put).await, expected);
    assert_eq!(world.ok("GetDataProtectionPolicy", get.clone()).await, expected);
    let status = async |world: &World| {
        world.ok("DescribeLogGroups", json!({})).await["logGroups"][0]["dataProtectionStatus"].clone()
    };
    assert_eq!(status(&world).await, "ACTIVATED");
    assert_eq!(world.ok("DeleteDataProtectionPolicy", get.clone()).await, Value::Null);
    assert_eq!(status(&world).await, "DELETED");
    assert_eq!(world.ok("GetDataProtectionPolicy", get.clone()).await, get);
    assert_eq!(world.refused("DeleteDataProtectionPolicy", get).await.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_policy_that_cannot_be_kept_is_refused() {
    let world = world().await;
    world.ok("CreateLogGroup", json!({"logGroupName": "ia", "logGroupClass": "INFREQUENT_ACCESS"})).await;
    let with_destination = document(&["IpAddress"])
        .replace(r#""FindingsDestination":{}"#, r#""FindingsDestination":{"CloudWatchLogs":{"LogGroup":"audit"}}"#);
    let table = [
        ("g", "{}".to_owned(), "InvalidParameterException"),
        ("g", with_destination, "InvalidParameterException"),
        ("ia", document(&["IpAddress"]), "InvalidParameterException"),
        ("none", document(&["IpAddress"]), "ResourceNotFoundException"),
    ];
    for (group, policy, code) in table {
        let input = json!({"logGroupIdentifier": group, "policyDocument": policy});
        assert_eq!(world.refused("PutDataProtectionPolicy", input).await.0, code, "{group} {policy}");
    }
}

#[tokio::test]
async fn a_group_made_anew_has_no_policy() {
    let world = world().await;
    protect(&world, &["IpAddress"]).await;
    world.ok("DeleteLogGroup", json!({"logGroupName": "g"})).await;
    world.make("g", &["s"]).await;
    world.put("g", "s", &[(0, "10.0.0.1")]).await;
    assert_eq!(read(&world, json!({})).await, ["10.0.0.1"]);
}
