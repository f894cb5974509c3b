//! Resources as callers find them, and those that callers put (config.md §3).

use serde_json::{Value, json};

use crate::test_world::{NOW, World};

const ALARM: &str = "AWS::CloudWatch::Alarm";
const ROUTER: &str = "MyOrg::Net::Router";

fn router(id: &str, configuration: &str) -> Value {
    json!({"ResourceType": ROUTER, "SchemaVersionId": "1", "ResourceId": id, "Configuration": configuration})
}

#[tokio::test]
async fn the_life_of_a_resource() {
    let world = World::recording().await;
    world.own(ALARM, "cpu", Some(json!({"period": 60}))).await;
    world.own(ALARM, "cpu", Some(json!({"period": 60}))).await;
    world.sleep(1);
    world.own(ALARM, "cpu", Some(json!({"period": 300, "stateValue": "OK"}))).await;
    world.own(ALARM, "cpu", Some(json!({"period": 300, "stateValue": "ALARM"}))).await;
    let counts = world.ok("GetDiscoveredResourceCounts", json!({"resourceTypes": [ALARM]})).await;
    assert_eq!(counts, json!({"totalDiscoveredResources": 1, "resourceCounts": [{"resourceType": ALARM, "count": 1}]}));
    world.sleep(1);
    world.own(ALARM, "cpu", None).await;
    let history = world.history(ALARM, "cpu").await;
    let statuses: Vec<_> = history.iter().map(|(status, _)| status.as_str()).collect();
    assert_eq!(statuses, ["ResourceDiscovered", "OK", "ResourceDeleted"]);
    assert_eq!(history[2].1, Value::Null);
    let listed = world.ok("ListDiscoveredResources", json!({"resourceType": ALARM})).await;
    assert_eq!(listed, json!({"resourceIdentifiers": []}));
    let deleted = json!({"resourceType": ALARM, "includeDeletedResources": true});
    let listed = world.ok("ListDiscoveredResources", deleted).await;
    let expected = json!([{"resourceType": ALARM, "resourceId": "cpu", "resourceDeletionTime": NOW.secs_f64() + 2.0}]);
    assert_eq!(listed["resourceIdentifiers"], expected);
    let counts = world.ok("GetDiscoveredResourceCounts", json!({"resourceTypes": [ALARM]})).await;
    assert_eq!(counts, json!({"totalDiscoveredResources": 0, "resourceCounts": []}));
}

#[tokio::test]
async fn history_comes_in_pages_both_ways_and_within_times() {
    let world = World::recording().await;
    for n in 0..25 {
        world.own(ALARM, "a", Some(json!({"period": n}))).await;
        world.sleep(60);
    }
    let at = |n: i64| NOW.secs() + n * 60;
    for (order, earlier, later, expected) in [
        ("Reverse", None, None, (0..25).rev().collect::<Vec<_>>()),
        ("Forward", None, None, (0..25).collect()),
        ("Reverse", Some(at(3)), Some(at(9)), (3..=9).rev().collect()),
        ("Forward", Some(at(3)), Some(at(24)), (3..=24).collect()),
        ("Forward", Some(at(30)), None, vec![]),
    ] {
        let mut input = json!({"resourceType": ALARM, "resourceId": "a", "chronologicalOrder": order});
        earlier.into_iter().for_each(|time| input["earlierTime"] = json!(time));
        later.into_iter().for_each(|time| input["laterTime"] = json!(time));
        let mut periods = Vec::new();
        loop {
            let page = world.ok("GetResourceConfigHistory", input.clone()).await;
            let items = page["configurationItems"].as_array().unwrap();
            assert!(items.len() <= 10);
            for item in items {
                let configuration: Value = serde_json::from_str(item["configuration"].as_str().unwrap()).unwrap();
                periods.push(configuration["period"].as_i64().unwrap());
            }
            match page.get("nextToken") {
                Some(token) => input["nextToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(periods, expected, "{order} {earlier:?} {later:?}");
    }
}

#[tokio::test]
async fn what_history_refuses() {
    let world = World::new().await;
    let asked = |more: Value| {
        let mut input = json!({"resourceType": "AWS::EC2::Instance", "resourceId": "i-x"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    assert_eq!(
        world.refused("GetResourceConfigHistory", asked(json!({}))).await.0,
        "NoAvailableConfigurationRecorderException"
    );
    world.start(json!({})).await;
    for (more, error, text) in [
        (
            json!({}),
            "ResourceNotDiscoveredException",
            "Resource i-x of resourceType:AWS::EC2::Instance is unknown or has not been discovered",
        ),
        (
            json!({"limit": 101}),
            "InvalidLimitException",
            "Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
        ),
        (json!({"earlierTime": 20, "laterTime": 10}), "InvalidTimeRangeException", ""),
    ] {
        let (name, message) = world.refused("GetResourceConfigHistory", asked(more)).await;
        assert_eq!(name, error);
        assert!(text.is_empty() || message == text, "{message}");
    }
    world.own(ALARM, "a", Some(json!({}))).await;
    let input = json!({"resourceType": ALARM, "resourceId": "a", "nextToken": "x"});
    assert_eq!(
        world.refused("GetResourceConfigHistory", input).await,
        ("InvalidNextTokenException".to_owned(), "The nextToken provided is invalid".to_owned())
    );
}

#[tokio::test]
async fn resources_are_listed_by_id_and_found_by_id_or_name() {
    let world = World::recording().await;
    for n in 0..25 {
        world.ok("PutResourceConfig", router(&format!("r{n:02}"), "{}")).await;
    }
    world.ok("DeleteResourceConfig", json!({"ResourceType": ROUTER, "ResourceId": "r07"})).await;
    let mut named = router("z", "{}");
    named["ResourceName"] = json!("edge");
    world.ok("PutResourceConfig", named).await;
    let mut input = json!({"resourceType": ROUTER, "limit": 10});
    let mut ids = Vec::new();
    loop {
        let page = world.ok("ListDiscoveredResources", input.clone()).await;
        ids.extend(page["resourceIdentifiers"].as_array().unwrap().iter().map(|found| found["resourceId"].clone()));
        match page.get("nextToken") {
            Some(token) => input["nextToken"] = token.clone(),
            None => break,
        }
    }
    let mut expected: Vec<_> = (0..25).filter(|n| *n != 7).map(|n| json!(format!("r{n:02}"))).collect();
    expected.push(json!("z"));
    assert_eq!(ids, expected);
    let by_name = world.ok("ListDiscoveredResources", json!({"resourceType": ROUTER, "resourceName": "edge"})).await;
    let expected = json!([{"resourceType": ROUTER, "resourceId": "z", "resourceName": "edge"}]);
    assert_eq!(by_name["resourceIdentifiers"], expected);
    let by_id = json!({"resourceType": ROUTER, "resourceIds": ["r03", "r07", "no"], "includeDeletedResources": true});
    let by_id = world.ok("ListDiscoveredResources", by_id).await;
    assert_eq!(by_id["resourceIdentifiers"].as_array().unwrap().len(), 2);
    assert_eq!(
        world.ok("ListDiscoveredResources", json!({"resourceType": "No::Such::Type"})).await["resourceIdentifiers"],
        json!([])
    );
    for (input, text) in [
        (
            json!({"resourceType": ROUTER, "resourceIds": ["a"], "resourceName": "b"}),
            "Both Resource ID and Resource Name cannot be specified in the request",
        ),
        (
            json!({"resourceType": ROUTER, "resourceIds": (0..21).map(|n| n.to_string()).collect::<Vec<_>>()}),
            "The specified list had more than 20 resource ID's. It must have '20' or less items",
        ),
    ] {
        let refused = world.refused("ListDiscoveredResources", input).await;
        assert_eq!(refused, ("ValidationException".to_owned(), text.to_owned()));
    }
}

#[tokio::test]
async fn a_batch_has_what_is_there_in_the_order_asked() {
    let world = World::recording().await;
    for id in ["a", "b", "c"] {
        let mut put = router(id, r#"{"ports": 4}"#);
        put["Tags"] = json!({"k": "v"});
        world.ok("PutResourceConfig", put).await;
    }
    world.ok("DeleteResourceConfig", json!({"ResourceType": ROUTER, "ResourceId": "b"})).await;
    let keys: Vec<_> =
        ["c", "b", "x", "a"].iter().map(|id| json!({"resourceType": ROUTER, "resourceId": id})).collect();
    let answer = world.ok("BatchGetResourceConfig", json!({ "resourceKeys": keys })).await;
    let items = answer["baseConfigurationItems"].as_array().unwrap();
    let ids: Vec<_> = items.iter().map(|item| item["resourceId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["c", "a"]);
    assert_eq!(answer["unprocessedResourceKeys"], json!([]));
    let expected = json!({
        "version": "1.3", "accountId": "210987654321", "configurationItemCaptureTime": NOW.secs_f64(),
        "configurationItemStatus": "ResourceDiscovered", "configurationStateId": NOW.millis().to_string(),
        "resourceType": ROUTER, "resourceId": "c", "awsRegion": "eu-west-1", "configuration": r#"{"ports":4}"#,
        "supplementaryConfiguration": {},
    });
    assert_eq!(items[0], expected);
}

#[tokio::test]
async fn the_same_configuration_put_twice_is_one_item() {
    let world = World::recording().await;
    for text in [r#"{"a":1,"b":[2]}"#, r#"{"a":1,"b":[2]}"#, r#"{ "b" : [2], "a" : 1.0 }"#] {
        world.ok("PutResourceConfig", router("r", text)).await;
    }
    assert_eq!(world.history(ROUTER, "r").await.len(), 1);
    world.ok("PutResourceConfig", router("r", r#"{"a":2,"b":[2]}"#)).await;
    assert_eq!(world.history(ROUTER, "r").await.len(), 2);
}

#[tokio::test]
async fn what_may_not_be_put() {
    let world = World::new().await;
    assert_eq!(
        world.refused("PutResourceConfig", router("r", "{}")).await.0,
        "NoRunningConfigurationRecorderException"
    );
    let unknown = json!({"ResourceType": ROUTER, "ResourceId": "r"});
    world.start(json!({})).await;
    world.ok("DeleteResourceConfig", unknown).await;
    let with_type = |resource_type: &str| {
        let mut put = router("r", "{}");
        put["ResourceType"] = json!(resource_type);
        put
    };
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(64 << 10));
    for put in [
        with_type("AWS::EC2::Instance"),
        with_type("Amzn::Net::Router"),
        with_type("CUSTOM::Net::Router"),
        with_type("Router"),
        router("r", "[]"),
        router("r", "{"),
        router("r", &large),
        router("r\u{1f}x", "{}"),
    ] {
        assert_eq!(world.refused("PutResourceConfig", put.clone()).await.0, "ValidationException", "{put}");
    }
    for n in 0..30 {
        world.ok("PutResourceConfig", router(&n.to_string(), "{}")).await;
    }
    assert_eq!(world.refused("PutResourceConfig", router("30", "{}")).await.0, "MaxActiveResourcesExceededException");
    world.ok("PutResourceConfig", router("3", r#"{"a":1}"#)).await;
    world.ok("DeleteResourceConfig", json!({"ResourceType": ROUTER, "ResourceId": "3"})).await;
    world.ok("PutResourceConfig", router("30", "{}")).await;
}

#[tokio::test]
async fn a_type_outside_the_group_is_known_and_not_recorded() {
    let world = World::new().await;
    world.start(json!({"recordingGroup": {"resourceTypes": ["AWS::EC2::Instance"]}})).await;
    world.ok("PutResourceConfig", router("r", r#"{"a":1}"#)).await;
    world.ok("PutResourceConfig", router("r", r#"{"a":2}"#)).await;
    assert_eq!(world.history(ROUTER, "r").await, [("ResourceNotRecorded".to_owned(), Value::Null)]);
    let listed = world.ok("ListDiscoveredResources", json!({"resourceType": ROUTER})).await;
    assert_eq!(listed["resourceIdentifiers"].as_array().unwrap().len(), 1);
    assert_eq!(
        world.ok("GetDiscoveredResourceCounts", json!({"resourceTypes": [ROUTER]})).await["totalDiscoveredResources"],
        0
    );
    let keys = json!({"resourceKeys": [{"resourceType": ROUTER, "resourceId": "r"}]});
    assert_eq!(world.ok("BatchGetResourceConfig", keys).await["baseConfigurationItems"], json!([]));
}

#[tokio::test]
async fn an_empty_list_of_ids_is_none() {
    let world = World::recording().await;
    world.own(ALARM, "cpu", Some(json!({"period": 60}))).await;
    let listed = json!({"resourceIdentifiers": [{"resourceType": ALARM, "resourceId": "cpu"}]});
    let asked = json!({"resourceType": ALARM, "resourceIds": []});
    assert_eq!(world.ok("ListDiscoveredResources", asked).await, listed);
    let named = json!({"resourceType": ALARM, "resourceIds": [], "resourceName": "other"});
    assert_eq!(world.ok("ListDiscoveredResources", named).await, json!({"resourceIdentifiers": []}));
}

#[tokio::test]
async fn pages_of_counts_meet_when_a_type_joins_between_them() {
    let world = World::recording().await;
    for (resource_type, id) in
        [("MyOrg::Net::Aa", "1"), ("MyOrg::Net::Aa", "2"), ("MyOrg::Net::Bb", "1"), ("MyOrg::Net::Cc", "1")]
    {
        let put =
            json!({"ResourceType": resource_type, "SchemaVersionId": "1", "ResourceId": id, "Configuration": "{}"});
        world.ok("PutResourceConfig", put).await;
    }
    let types = ["MyOrg::Net::Aa", "MyOrg::Net::Bb", "MyOrg::Net::Cc", "MyOrg::Net::Dd"];
    let mut input = json!({"resourceTypes": types, "limit": 1});
    let mut counted = Vec::new();
    loop {
        let page = world.ok("GetDiscoveredResourceCounts", input.clone()).await;
        counted.extend(page["resourceCounts"].as_array().unwrap().iter().map(|count| count["resourceType"].clone()));
        for id in ["1", "2", "3"] {
            // It has the most from now on.
            let put = json!({"ResourceType": "MyOrg::Net::Dd", "SchemaVersionId": "1", "ResourceId": id, "Configuration": "{}"});
            world.ok("PutResourceConfig", put).await;
        }
        let Some(token) = page.get("nextToken") else { break };
        input["nextToken"] = token.clone();
    }
    assert_eq!(counted, ["MyOrg::Net::Aa", "MyOrg::Net::Bb", "MyOrg::Net::Cc"]);
}

#[tokio::test]
async fn what_was_deleted_is_forgotten_when_it_is_kept_no_more_whatever_jobs_do() {
    let world = World::recording().await;
    world.ok("PutRetentionConfiguration", json!({"RetentionPeriodInDays": 30})).await;
    world.own(ALARM, "cpu", Some(json!({"period": 60}))).await;
    world.own(ALARM, "cpu", None).await;
    let deleted = json!({"resourceType": ALARM, "includeDeletedResources": true});
    for (days, is_kept) in [(30, true), (1, false)] {
        world.sleep(days * 86_400);
        let listed = world.ok("ListDiscoveredResources", deleted.clone()).await;
        assert_eq!(listed["resourceIdentifiers"].as_array().unwrap().len(), usize::from(is_kept));
        let history = world.call("GetResourceConfigHistory", json!({"resourceType": ALARM, "resourceId": "cpu"})).await;
        match is_kept {
            true => assert_eq!(history.unwrap()["configurationItems"].as_array().unwrap().len(), 2),
            false => assert_eq!(history.unwrap_err().name, "ResourceNotDiscoveredException"),
        }
    }
}
