//! Event data stores: how they are made, changed, stopped, deleted and restored (cloudtrail.md §7.1).

use serde_json::{Value, json};

use crate::lake::stores::{IngestionRecord, Span, all};
use crate::test_world::World;

async fn made(world: &World, name: &str, more: Value) -> Value {
    let mut input = json!({"Name": name, "TerminationProtectionEnabled": false});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.ok("CreateEventDataStore", input).await
}

async fn code(world: &World, operation: &str, input: Value) -> String {
    world.refused(operation, input).await.0
}

fn category(name: &str) -> Value {
    json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": [name]}]}])
}

fn spans(world: &World) -> Vec<Span> {
    let stores = all(&world.parts().catalog);
    let record = world.parts().catalog.get::<IngestionRecord>(&stores[0].key());
    record.map(|found| found.value.spans.clone()).unwrap_or_default()
}

#[tokio::test]
async fn a_store_has_aws_defaults() {
    let world = World::new().await;
    let made = world.ok("CreateEventDataStore", json!({"Name": "lake"})).await;
    let arn = made["EventDataStoreArn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/"), "{arn}");
    assert_eq!(made["Status"], "CREATED");
    let got = world.ok("GetEventDataStore", json!({"EventDataStore": arn})).await;
    let by_id = arn.rsplit('/').next().unwrap();
    assert_eq!(world.ok("GetEventDataStore", json!({"EventDataStore": by_id})).await, got);
    for (member, value) in [
        ("Status", json!("ENABLED")),
        ("MultiRegionEnabled", json!(true)),
        ("OrganizationEnabled", json!(false)),
        ("RetentionPeriod", json!(366)),
        ("TerminationProtectionEnabled", json!(true)),
        ("BillingMode", json!("EXTENDABLE_RETENTION_PRICING")),
        (
            "AdvancedEventSelectors",
            json!([{"Name": "Default management events",
                    "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]),
        ),
    ] {
        assert_eq!(got[member], value, "{member}");
    }
    let listed = world.ok("ListEventDataStores", json!({})).await;
    assert_eq!(listed, json!({"EventDataStores": [{"EventDataStoreArn": arn, "Name": "lake"}]}));
}

#[tokio::test]
async fn retention_follows_the_billing_mode() {
    let world = World::new().await;
    let fixed = "FIXED_RETENTION_PRICING";
    assert_eq!(made(&world, "fixed", json!({"BillingMode": fixed})).await["RetentionPeriod"], 2557);
    for (mode, days, taken) in [
        ("EXTENDABLE_RETENTION_PRICING", 7, true),
        ("EXTENDABLE_RETENTION_PRICING", 3653, true),
        ("EXTENDABLE_RETENTION_PRICING", 6, false),
        ("EXTENDABLE_RETENTION_PRICING", 3654, false),
        (fixed, 2557, true),
        (fixed, 2558, false),
    ] {
        let input = json!({"Name": format!("s-{mode}-{days}"), "BillingMode": mode, "RetentionPeriod": days});
        match taken {
            true => assert_eq!(world.ok("CreateEventDataStore", input).await["RetentionPeriod"], days),
            false => assert_eq!(code(&world, "CreateEventDataStore", input).await, "InvalidParameterException"),
        }
    }
}

#[tokio::test]
async fn what_a_store_cannot_be_is_refused() {
    let world = World::new().await;
    let key = "arn:aws:kms:eu-west-1:111122223333:key/one";
    let both = json!([category("Management")[0], category("ActivityAuditLog")[0]]);
    for (more, expected) in [
        (json!({"OrganizationEnabled": true}), "OrganizationsNotInUseException"),
        (json!({"KmsKeyId": key}), "InsufficientEncryptionPolicyException"),
        (json!({"KmsKeyId": "a/b"}), "InvalidKmsKeyIdException"),
        (json!({"AdvancedEventSelectors": both}), "InvalidEventSelectorsException"),
        (json!({"AdvancedEventSelectors": []}), "InvalidEventSelectorsException"),
        (json!({"AdvancedEventSelectors": category("ConfigurationItem")}), "UnsupportedOperationException"),
        (json!({"TagsList": [{"Key": "aws:x", "Value": "y"}]}), "InvalidTagParameterException"),
        (
            json!({"AdvancedEventSelectors": category("ActivityAuditLog"), "StartIngestion": false}),
            "InvalidParameterException",
        ),
    ] {
        let mut input = json!({"Name": "lake"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(code(&world, "CreateEventDataStore", input).await, expected, "{more}");
    }
    for name in ["ab", "a b", &"a".repeat(129)] {
        assert_eq!(code(&world, "CreateEventDataStore", json!({"Name": name})).await, "InvalidParameterException");
    }
    assert_eq!(world.ok("ListEventDataStores", json!({})).await, json!({"EventDataStores": []}));
}

#[tokio::test]
async fn names_are_unique_and_ten_stores_fit_a_region() {
    let world = World::new().await;
    for number in 0..10 {
        made(&world, &format!("lake-{number}"), json!({})).await;
    }
    let taken = code(&world, "CreateEventDataStore", json!({"Name": "lake-3"})).await;
    assert_eq!(taken, "EventDataStoreAlreadyExistsException");
    let arn = made_arn(&world, 0);
    world.ok("DeleteEventDataStore", json!({"EventDataStore": arn})).await;
    // One that is pending deletion still counts.
    let full = code(&world, "CreateEventDataStore", json!({"Name": "lake-10"})).await;
    assert_eq!(full, "EventDataStoreMaxLimitExceededException");
    assert!(world.call_in("us-east-1", "CreateEventDataStore", json!({"Name": "lake-3"})).await.is_ok());
    let numbers: std::collections::BTreeSet<_> =
        all(&world.parts().catalog).iter().map(|store| store.record.number).collect();
    assert_eq!(numbers.len(), 11, "each store has a number of its own");
    world.sleep(7 * 86_400);
    made(&world, "lake-10", json!({})).await;
}

fn made_arn(world: &World, place: usize) -> String {
    all(&world.parts().catalog)[place].arn()
}

#[tokio::test]
async fn lists_have_pages() {
    let world = World::new().await;
    let mut names: Vec<String> = (0..5).map(|number| format!("lake-{number}")).collect();
    for name in &names {
        made(&world, name, json!({})).await;
    }
    let (mut found, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut input = json!({"MaxResults": 2});
        if token.is_string() {
            input["NextToken"] = token.clone();
        }
        let page = world.ok("ListEventDataStores", input).await;
        let stores = page["EventDataStores"].as_array().unwrap();
        assert!(stores.len() <= 2);
        found.extend(stores.iter().map(|store| store["Name"].as_str().unwrap().to_owned()));
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
        let elsewhere = code(&world, "ListChannels", json!({"NextToken": token})).await;
        assert_eq!(elsewhere, "InvalidNextTokenException");
    }
    found.sort();
    names.sort();
    assert_eq!(found, names);
    for most in [0, 1001] {
        let refused = code(&world, "ListEventDataStores", json!({"MaxResults": most})).await;
        assert_eq!(refused, "InvalidMaxResultsException");
    }
}

#[tokio::test]
async fn a_store_is_named_by_arn_or_id_in_its_home_region() {
    let world = World::new().await;
    made(&world, "lake", json!({})).await;
    let arn = made_arn(&world, 0);
    let absent = "00000000-0000-4000-8000-000000000000";
    for (text, expected) in [
        ("lake", "EventDataStoreARNInvalidException"),
        ("arn:aws:cloudtrail:eu-west-1:111122223333:trail/lake", "EventDataStoreARNInvalidException"),
        (&arn.replace("arn:aws:", "arn:aws-cn:"), "EventDataStoreARNInvalidException"),
        ("a", "EventDataStoreARNInvalidException"),
        (absent, "EventDataStoreNotFoundException"),
        (&arn.replace("111122223333", "444455556666"), "EventDataStoreNotFoundException"),
    ] {
        for operation in ["GetEventDataStore", "DeleteEventDataStore", "RestoreEventDataStore"] {
            assert_eq!(code(&world, operation, json!({"EventDataStore": text})).await, expected, "{operation} {text}");
        }
    }
    let away = world.refused_in("us-east-1", "GetEventDataStore", json!({"EventDataStore": arn})).await;
    assert_eq!(away.0, "EventDataStoreNotFoundException");
}

#[tokio::test]
async fn an_update_changes_what_is_given_alone() {
    let world = World::new().await;
    made(&world, "lake", json!({})).await;
    made(&world, "other", json!({})).await;
    let arn = made_arn(&world, 0);
    let name = all(&world.parts().catalog)[0].record.name.clone();
    world.sleep(60);
    let updated =
        world.ok("UpdateEventDataStore", json!({"EventDataStore": arn, "Name": "new", "RetentionPeriod": 90})).await;
    assert_eq!((updated["Name"].as_str(), updated["RetentionPeriod"].as_i64()), (Some("new"), Some(90)));
    assert_eq!(updated["MultiRegionEnabled"], true);
    assert!(updated["UpdatedTimestamp"].as_f64() > updated["CreatedTimestamp"].as_f64());
    let other = if name == "lake" { "other" } else { "lake" };
    let fixed = "FIXED_RETENTION_PRICING";
    for (more, expected) in [
        (json!({}), "InvalidParameterException"),
        (json!({"Name": other}), "EventDataStoreAlreadyExistsException"),
        (json!({"BillingMode": fixed}), "InvalidParameterException"),
        (json!({"OrganizationEnabled": true}), "OrganizationsNotInUseException"),
        (json!({"AdvancedEventSelectors": category("ActivityAuditLog")}), "InvalidEventSelectorsException"),
        (json!({"KmsKeyId": "alias/one"}), "InsufficientEncryptionPolicyException"),
    ] {
        let mut input = json!({"EventDataStore": arn});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(code(&world, "UpdateEventDataStore", input).await, expected, "{more}");
    }
    let made = made(&world, "fixed", json!({"BillingMode": fixed})).await;
    let input = json!({"EventDataStore": made["EventDataStoreArn"], "BillingMode": "EXTENDABLE_RETENTION_PRICING",
                       "RetentionPeriod": 3000});
    assert_eq!(world.ok("UpdateEventDataStore", input).await["RetentionPeriod"], 3000);
}

#[tokio::test]
async fn ingestion_is_started_and_stopped_once() {
    let world = World::new().await;
    made(&world, "lake", json!({"StartIngestion": false})).await;
    let arn = made_arn(&world, 0);
    let store = json!({"EventDataStore": arn});
    assert_eq!(world.ok("GetEventDataStore", store.clone()).await["Status"], "STOPPED_INGESTION");
    assert_eq!(spans(&world), []);
    let stopped = code(&world, "StopEventDataStoreIngestion", store.clone()).await;
    assert_eq!(stopped, "InvalidEventDataStoreStatusException");
    world.happen("eu-west-1", 1).await;
    assert_eq!(world.ok("StartEventDataStoreIngestion", store.clone()).await, json!({}));
    assert_eq!(world.ok("GetEventDataStore", store.clone()).await["Status"], "ENABLED");
    assert_eq!(spans(&world), [Span { after: 1, until: None }]);
    let started = code(&world, "StartEventDataStoreIngestion", store.clone()).await;
    assert_eq!(started, "InvalidEventDataStoreStatusException");
    world.happen("eu-west-1", 2).await;
    world.ok("StopEventDataStoreIngestion", store.clone()).await;
    world.happen("eu-west-1", 1).await;
    world.ok("StartEventDataStoreIngestion", store).await;
    assert_eq!(spans(&world), [Span { after: 1, until: Some(3) }, Span { after: 4, until: None }]);
    let audit = made(&world, "audit", json!({"AdvancedEventSelectors": category("ActivityAuditLog")})).await;
    let store = json!({"EventDataStore": audit["EventDataStoreArn"]});
    let refused = code(&world, "StopEventDataStoreIngestion", store).await;
    assert_eq!(refused, "InvalidEventDataStoreCategoryException");
}

#[tokio::test]
async fn a_deleted_store_can_be_restored_for_seven_days() {
    let world = World::new().await;
    world.ok("CreateEventDataStore", json!({"Name": "lake"})).await;
    let arn = made_arn(&world, 0);
    let store = json!({"EventDataStore": arn});
    let protected = code(&world, "DeleteEventDataStore", store.clone()).await;
    assert_eq!(protected, "EventDataStoreTerminationProtectedException");
    let active = code(&world, "RestoreEventDataStore", store.clone()).await;
    assert_eq!(active, "InvalidEventDataStoreStatusException");
    let open = json!({"EventDataStore": arn, "TerminationProtectionEnabled": false});
    world.ok("UpdateEventDataStore", open.clone()).await;
    assert_eq!(world.ok("DeleteEventDataStore", store.clone()).await, json!({}));
    assert_eq!(world.ok("GetEventDataStore", store.clone()).await["Status"], "PENDING_DELETION");
    assert!(spans(&world)[0].until.is_some(), "it takes no more events");
    for (operation, expected) in [
        ("DeleteEventDataStore", "InactiveEventDataStoreException"),
        ("StartEventDataStoreIngestion", "InvalidEventDataStoreStatusException"),
        ("StopEventDataStoreIngestion", "InvalidEventDataStoreStatusException"),
    ] {
        assert_eq!(code(&world, operation, store.clone()).await, expected, "{operation}");
    }
    assert_eq!(code(&world, "UpdateEventDataStore", open).await, "InactiveEventDataStoreException");
    let tagged = code(&world, "AddTags", json!({"ResourceId": arn, "TagsList": [{"Key": "a"}]})).await;
    assert_eq!(tagged, "InactiveEventDataStoreException");
    world.sleep(7 * 86_400 - 1);
    assert_eq!(world.ok("RestoreEventDataStore", store.clone()).await["Status"], "ENABLED");
    assert_eq!(spans(&world).last().unwrap().until, None, "it takes events again");
    world.ok("DeleteEventDataStore", store.clone()).await;
    world.sleep(7 * 86_400);
    let gone = code(&world, "RestoreEventDataStore", store).await;
    assert_eq!(gone, "EventDataStoreNotFoundException");
    assert_eq!(world.ok("ListEventDataStores", json!({})).await, json!({"EventDataStores": []}));
}

#[tokio::test]
async fn stores_and_channels_have_tags() {
    let world = World::new().await;
    let audit =
        json!({"AdvancedEventSelectors": category("ActivityAuditLog"), "TagsList": [{"Key": "a", "Value": "1"}]});
    let store = made(&world, "audit", audit).await["EventDataStoreArn"].clone();
    let channel = world
        .ok(
            "CreateChannel",
            json!({"Name": "door", "Source": "Custom",
            "Destinations": [{"Type": "EVENT_DATA_STORE", "Location": store}], "Tags": [{"Key": "a", "Value": "1"}]}),
        )
        .await["ChannelArn"]
        .clone();
    for arn in [store, channel] {
        world.ok("AddTags", json!({"ResourceId": arn, "TagsList": [{"Key": "b", "Value": "2"}]})).await;
        world.ok("RemoveTags", json!({"ResourceId": arn, "TagsList": [{"Key": "a"}]})).await;
        let listed = world.ok("ListTags", json!({"ResourceIdList": [arn]})).await;
        let tags = json!([{"Key": "b", "Value": "2"}]);
        assert_eq!(listed["ResourceTagList"], json!([{"ResourceId": arn, "TagsList": tags}]));
    }
    let dashboard = "arn:aws:cloudtrail:eu-west-1:111122223333:dashboard/d";
    let refused = code(&world, "ListTags", json!({"ResourceIdList": [dashboard]})).await;
    assert_eq!(refused, "ResourceTypeNotSupportedException");
}

#[tokio::test]
async fn what_is_not_built_is_said_to_be_unsupported() {
    let world = World::new().await;
    let store = json!({"EventDataStore": made(&world, "lake", json!({})).await["EventDataStoreArn"]});
    for (operation, input) in [
        ("ListDashboards", json!({})),
        ("DisableFederation", store),
        ("RegisterOrganizationDelegatedAdmin", json!({"MemberAccountId": "444455556666"})),
    ] {
        assert_eq!(code(&world, operation, input).await, "UnsupportedOperationException", "{operation}");
    }
}

#[tokio::test]
async fn the_configuration_of_events_is_the_ordinary_one() {
    let world = World::new().await;
    let store = made(&world, "lake", json!({})).await["EventDataStoreArn"].clone();
    world.start("trail", json!({})).await;
    let ordinary = json!({"EventDataStoreArn": store, "MaxEventSize": "Standard", "ContextKeySelectors": []});
    assert_eq!(world.ok("GetEventConfiguration", json!({"EventDataStore": store})).await, ordinary);
    let put = json!({"EventDataStore": store, "MaxEventSize": "Standard"});
    assert_eq!(world.ok("PutEventConfiguration", put).await, ordinary);
    let keys = json!([{"Type": "TagContext", "Equals": ["team"]}]);
    let aggregations = json!([{"EventCategory": "Data", "Templates": ["API_ACTIVITY"]}]);
    for (input, expected) in [
        (json!({}), "InvalidParameterCombinationException"),
        (json!({"EventDataStore": store, "TrailName": "trail"}), "InvalidParameterCombinationException"),
        (json!({"EventDataStore": store, "ContextKeySelectors": keys}), "InvalidParameterException"),
        (json!({"EventDataStore": store, "MaxEventSize": "Large"}), "UnsupportedOperationException"),
        (
            json!({"EventDataStore": store, "AggregationConfigurations": aggregations}),
            "InvalidParameterCombinationException",
        ),
        (json!({"TrailName": "trail", "MaxEventSize": "Standard"}), "InvalidParameterCombinationException"),
        (json!({"TrailName": "trail", "AggregationConfigurations": aggregations}), "UnsupportedOperationException"),
        (json!({"TrailName": "other"}), "TrailNotFoundException"),
    ] {
        assert_eq!(code(&world, "PutEventConfiguration", input.clone()).await, expected, "{input}");
    }
}
