//! Activations, and hosts that register with them; tags of hosts.

use serde_json::{Value, json};

use crate::test_world::{HOST, World};

async fn activation(world: &World, more: Value) -> (Value, Value) {
    let mut input = json!({"IamRole": "hosts", "DefaultInstanceName": "web"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = world.ok("CreateActivation", input).await;
    (made["ActivationId"].clone(), made["ActivationCode"].clone())
}

fn register(id: &Value, code: &Value, fingerprint: &str) -> Value {
    json!({"ActivationId": id, "ActivationCode": code, "Fingerprint": fingerprint})
}

#[tokio::test]
async fn as_many_hosts_register_as_may_and_each_once() {
    let world = World::new().await;
    let (id, code) = activation(&world, json!({"RegistrationLimit": 2, "Tags": [{"Key": "a", "Value": "1"}]})).await;
    assert_eq!(code.as_str().unwrap().len(), 20);
    let first = world.ok("RegisterManagedInstance", register(&id, &code, "one")).await;
    assert_eq!(world.ok("RegisterManagedInstance", register(&id, &code, "one")).await, first);
    world.ok("RegisterManagedInstance", register(&id, &code, "two")).await;
    assert_eq!(world.refused("RegisterManagedInstance", register(&id, &code, "three")).await, "InvalidActivation");
    let hosts = world.ok("DescribeInstanceInformation", json!({"Filters": [{"Key": "tag:a", "Values": ["1"]}]})).await;
    let hosts = hosts["InstanceInformationList"].as_array().unwrap().clone();
    assert_eq!(hosts.len(), 2);
    assert!(hosts.iter().all(|host| host["ActivationId"] == id && host["IamRole"] == "hosts" && host["Name"] == "web"));
    let shown = world.ok("DescribeActivations", json!({})).await["ActivationList"][0].clone();
    assert_eq!((&shown["RegistrationsCount"], &shown["Expired"]), (&json!(2), &json!(false)));
    assert!(!shown.to_string().contains(code.as_str().unwrap()));
}

#[tokio::test]
async fn a_host_registers_only_with_what_it_was_given() {
    let world = World::new().await;
    let (id, code) = activation(&world, json!({})).await;
    let unknown = json!("0e1f2a3b-0000-4000-8000-000000000000");
    for wrong in
        [register(&id, &json!("x".repeat(20)), "a"), register(&unknown, &code, "a"), register(&json!("x"), &code, "a")]
    {
        assert_eq!(world.refused("RegisterManagedInstance", wrong).await, "InvalidActivation");
    }
    world.sleep(86_400);
    assert_eq!(world.refused("RegisterManagedInstance", register(&id, &code, "a")).await, "InvalidActivation");
    let (id, code) = activation(&world, json!({})).await;
    world.ok("DeleteActivation", json!({"ActivationId": id})).await;
    assert_eq!(world.refused("RegisterManagedInstance", register(&id, &code, "a")).await, "InvalidActivation");
    assert_eq!(world.refused("DeleteActivation", json!({"ActivationId": id})).await, "InvalidActivationId");
}

#[tokio::test]
async fn activations_expire_within_thirty_days() {
    let world = World::new().await;
    for (secs, is_fine) in [(-1, false), (0, false), (1, true), (30 * 86_400, true), (30 * 86_400 + 1, false)] {
        let input = json!({"IamRole": "hosts", "ExpirationDate": 1_783_157_400 + secs});
        match world.call("CreateActivation", input).await {
            Ok(_) => assert!(is_fine, "{secs}"),
            Err(error) => assert_eq!((error.name.as_ref(), is_fine), ("InvalidParameters", false), "{secs}"),
        }
    }
}

#[tokio::test]
async fn hosts_are_described_as_filters_say() {
    let world = World::new().await;
    world
        .ok("UpdateInstanceInformation", json!({"InstanceId": HOST, "PlatformType": "Linux", "AgentVersion": "1"}))
        .await;
    world
        .ok("UpdateInstanceInformation", json!({"InstanceId": "i-0123456789abcdef2", "PlatformType": "Windows"}))
        .await;
    for (key, value, expected) in [
        ("InstanceIds", HOST, 1),
        ("PlatformType", "Linux", 1),
        ("PlatformTypes", "MacOS", 0),
        ("PingStatus", "Online", 2),
        ("ResourceType", "EC2Instance", 1),
        ("AgentVersion", "1", 1),
        ("AssociationStatus", "Success", 0),
        ("tag-key", "a", 0),
    ] {
        let asked = json!({"Filters": [{"Key": key, "Values": [value]}]});
        let answer = world.ok("DescribeInstanceInformation", asked).await;
        assert_eq!(answer["InstanceInformationList"].as_array().unwrap().len(), expected, "{key} {value}");
    }
    let old = json!({"InstanceInformationFilterList": [{"key": "PlatformTypes", "valueSet": ["Linux"]}]});
    let answer = world.ok("DescribeInstanceInformation", old).await;
    assert_eq!(answer["InstanceInformationList"][0]["InstanceId"], HOST);
    for (key, error) in [("Nothing", "InvalidFilterKey"), ("PingStatus", "InvalidInstanceInformationFilterValue")] {
        let asked = json!({"Filters": [{"Key": key, "Values": ["x"]}]});
        assert_eq!(world.refused("DescribeInstanceInformation", asked).await, error);
    }
}

#[tokio::test]
async fn hosts_have_tags() {
    let world = World::new().await;
    world.ok("UpdateInstanceInformation", json!({"InstanceId": HOST})).await;
    let on = |more: Value| {
        let mut input = json!({"ResourceType": "ManagedInstance", "ResourceId": HOST});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    world.ok("AddTagsToResource", on(json!({"Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]}))).await;
    world.ok("AddTagsToResource", on(json!({"Tags": [{"Key": "a", "Value": "3"}]}))).await;
    world.ok("RemoveTagsFromResource", on(json!({"TagKeys": ["b", "c"]}))).await;
    assert_eq!(world.ok("ListTagsForResource", on(json!({}))).await["TagList"], json!([{"Key": "a", "Value": "3"}]));
    let many: Vec<Value> = (0..50).map(|n| json!({"Key": n.to_string(), "Value": ""})).collect();
    assert_eq!(world.refused("AddTagsToResource", on(json!({"Tags": many}))).await, "TooManyTagsError");
    let reserved = on(json!({"Tags": [{"Key": "AWS:x", "Value": ""}]}));
    assert_eq!(world.refused("AddTagsToResource", reserved).await, "ValidationException");
    let unknown = json!({"ResourceType": "ManagedInstance", "ResourceId": "mi-0123456789abcdef9"});
    assert_eq!(world.refused("ListTagsForResource", unknown).await, "InvalidResourceId");
    let parameter = json!({"ResourceType": "Parameter", "ResourceId": "x"});
    assert_eq!(world.refused("ListTagsForResource", parameter).await, "NotImplementedException");
}
