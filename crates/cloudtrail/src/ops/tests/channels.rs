//! Channels and policies (cloudtrail.md §7.4, §9.3).

use serde_json::{Value, json};

use crate::test_world::World;

async fn store(world: &World, name: &str, category: &str) -> Value {
    let selectors = json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": [category]}]}]);
    let input = json!({"Name": name, "TerminationProtectionEnabled": false, "AdvancedEventSelectors": selectors});
    world.ok("CreateEventDataStore", input).await["EventDataStoreArn"].clone()
}

fn channel(name: &str, source: &str, stores: &[&Value]) -> Value {
    let destination = |store: &&Value| json!({"Type": "EVENT_DATA_STORE", "Location": store});
    let destinations: Vec<Value> = stores.iter().map(destination).collect();
    json!({"Name": name, "Source": source, "Destinations": destinations})
}

async fn code(world: &World, operation: &str, input: Value) -> String {
    world.refused(operation, input).await.0
}

#[tokio::test]
async fn a_channel_leads_to_stores_of_audit_events() {
    let world = World::new().await;
    let audit = store(&world, "audit", "ActivityAuditLog").await;
    let calls = store(&world, "calls", "Management").await;
    let made = world.ok("CreateChannel", channel("door", "Custom", &[&audit])).await;
    let arn = made["ChannelArn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:cloudtrail:eu-west-1:111122223333:channel/"), "{arn}");
    let destinations = json!([{"Type": "EVENT_DATA_STORE", "Location": audit}]);
    let expected = json!({"ChannelArn": arn, "Name": "door", "Source": "Custom", "Destinations": destinations});
    assert_eq!(made, expected);
    assert_eq!(world.ok("GetChannel", json!({"Channel": arn})).await, expected, "nothing came through it yet");
    let id = arn.rsplit('/').next().unwrap();
    assert_eq!(world.ok("GetChannel", json!({"Channel": id})).await, expected);
    let listed = world.ok("ListChannels", json!({})).await;
    assert_eq!(listed, json!({"Channels": [{"ChannelArn": arn, "Name": "door"}]}));
    let elsewhere = json!(audit.as_str().unwrap().replace("eu-west-1", "us-east-1"));
    for (input, expected) in [
        (channel("door", "Custom", &[&audit]), "ChannelAlreadyExistsException"),
        (channel("more", "Nobody", &[&audit]), "InvalidSourceException"),
        (channel("more", "Custom", &[&calls]), "InvalidEventDataStoreCategoryException"),
        (channel("more", "Custom", &[&json!("audit")]), "EventDataStoreARNInvalidException"),
        (channel("more", "Custom", &[&elsewhere]), "EventDataStoreNotFoundException"),
        (channel("more", "Custom", &[&audit, &audit]), "InvalidParameterException"),
        (channel("more", "Custom", &[]), "InvalidParameterException"),
        (channel("aws-service-channel/x", "Custom", &[&audit]), "InvalidParameterException"),
    ] {
        assert_eq!(code(&world, "CreateChannel", input.clone()).await, expected, "{input}");
    }
}

#[tokio::test]
async fn a_partner_has_one_channel_and_an_account_25() {
    let world = World::new().await;
    let audit = store(&world, "audit", "ActivityAuditLog").await;
    world.ok("CreateChannel", channel("okta", "OktaSystemLogEvents", &[&audit])).await;
    let again = code(&world, "CreateChannel", channel("okta-2", "OktaSystemLogEvents", &[&audit])).await;
    assert_eq!(again, "ChannelAlreadyExistsException");
    for number in 1..25 {
        world.ok("CreateChannel", channel(&format!("door-{number}"), "Custom", &[&audit])).await;
    }
    let more = code(&world, "CreateChannel", channel("door-25", "Custom", &[&audit])).await;
    assert_eq!(more, "ChannelMaxLimitExceededException");
}

#[tokio::test]
async fn a_store_is_not_deleted_while_a_channel_leads_to_it() {
    let world = World::new().await;
    let first = store(&world, "first", "ActivityAuditLog").await;
    let second = store(&world, "second", "ActivityAuditLog").await;
    let arn = world.ok("CreateChannel", channel("door", "Custom", &[&first])).await["ChannelArn"].clone();
    let in_the_way = code(&world, "DeleteEventDataStore", json!({"EventDataStore": first})).await;
    assert_eq!(in_the_way, "ChannelExistsForEDSException");
    let destinations = json!([{"Type": "EVENT_DATA_STORE", "Location": second}]);
    let input = json!({"Channel": arn, "Name": "gate", "Destinations": destinations});
    let updated = world.ok("UpdateChannel", input).await;
    assert_eq!((&updated["Name"], &updated["Destinations"]), (&json!("gate"), &destinations));
    world.ok("DeleteEventDataStore", json!({"EventDataStore": first})).await;
    let gone = json!({"Channel": arn, "Destinations": [{"Type": "EVENT_DATA_STORE", "Location": first}]});
    assert_eq!(code(&world, "UpdateChannel", gone).await, "InactiveEventDataStoreException");
    assert_eq!(world.ok("DeleteChannel", json!({"Channel": arn})).await, json!({}));
    assert_eq!(code(&world, "GetChannel", json!({"Channel": arn})).await, "ChannelNotFoundException");
    assert_eq!(code(&world, "GetChannel", json!({"Channel": "door"})).await, "ChannelARNInvalidException");
    world.ok("DeleteEventDataStore", json!({"EventDataStore": second})).await;
}

#[tokio::test]
async fn a_policy_is_given_as_it_was_put_and_goes_with_its_channel() {
    let world = World::new().await;
    let audit = store(&world, "audit", "ActivityAuditLog").await;
    let arn = world.ok("CreateChannel", channel("door", "Custom", &[&audit])).await["ChannelArn"].clone();
    let policy =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"},
        "Action": "cloudtrail-data:PutAuditEvents", "Resource": arn}]})
        .to_string();
    let named = json!({"ResourceArn": arn});
    assert_eq!(code(&world, "GetResourcePolicy", named.clone()).await, "ResourcePolicyNotFoundException");
    assert_eq!(code(&world, "DeleteResourcePolicy", named.clone()).await, "ResourcePolicyNotFoundException");
    let put = json!({"ResourceArn": arn, "ResourcePolicy": policy});
    assert_eq!(world.ok("PutResourcePolicy", put.clone()).await, put);
    assert_eq!(world.ok("GetResourcePolicy", named.clone()).await, put);
    world.ok("DeleteResourcePolicy", named.clone()).await;
    assert_eq!(code(&world, "GetResourcePolicy", named.clone()).await, "ResourcePolicyNotFoundException");
    let other = policy.replace("PutAuditEvents", "*");
    for (arn, policy, expected) in [
        (&arn, &other, "ResourcePolicyNotValidException"),
        (&arn, &"no".to_owned(), "ResourcePolicyNotValidException"),
        (&audit, &policy, "ResourcePolicyNotValidException"),
        (&json!("arn:aws:cloudtrail:eu-west-1:111122223333:trail/t"), &policy, "ResourceTypeNotSupportedException"),
        (&json!("door"), &policy, "ResourceARNNotValidException"),
        (&json!("arn:aws:sns:eu-west-1:111122223333:channel/c"), &policy, "ResourceARNNotValidException"),
    ] {
        let input = json!({"ResourceArn": arn, "ResourcePolicy": policy});
        assert_eq!(code(&world, "PutResourcePolicy", input).await, expected, "{arn}");
    }
    world.ok("PutResourcePolicy", put).await;
    world.ok("DeleteChannel", json!({"Channel": arn})).await;
    assert_eq!(code(&world, "GetResourcePolicy", named).await, "ResourceNotFoundException");
}
