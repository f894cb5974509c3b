//! logs.md §8.6.

use serde_json::{Value, json};

use crate::test_world::World;

const DISTRIBUTION: &str = "arn:aws:cloudfront::111122223333:distribution/E19DL18TOXN9JU";
const BUCKET: &str = "arn:aws:s3:::bucket";
const START: &str = "arn:aws:logs:eu-west-1:111122223333:";

fn source() -> Value {
    json!({"name": "source", "resourceArn": DISTRIBUTION, "logType": "ACCESS_LOGS"})
}

fn destination(name: &str, resource: &str) -> Value {
    json!({"name": name, "deliveryDestinationConfiguration": {"destinationResourceArn": resource}})
}

fn delivery(name: &str) -> Value {
    json!({"deliverySourceName": "source", "deliveryDestinationArn": format!("{START}delivery-destination:{name}")})
}

fn with(mut input: Value, more: Value) -> Value {
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

/// A source, and destinations of each type.
async fn world() -> World {
    let world = World::new().await;
    world.ok("PutDeliverySource", source()).await;
    for (name, resource) in [
        ("bucket", BUCKET),
        ("group", "arn:aws:logs:eu-west-1:111122223333:log-group:g"),
        ("stream", "arn:aws:firehose:eu-west-1:111122223333:deliverystream/s"),
    ] {
        world.ok("PutDeliveryDestination", destination(name, resource)).await;
    }
    world.ok("PutDeliveryDestination", json!({"name": "traces", "deliveryDestinationType": "XRAY"})).await;
    world
}

#[tokio::test]
async fn a_source_is_given_back_as_it_was_put() {
    let world = World::new().await;
    let put = with(source(), json!({"tags": {"k": "v"}, "deliverySourceConfiguration": {"samplingRate": "50"}}));
    let known = json!({
        "name": "source", "arn": format!("{START}delivery-source:source"), "resourceArns": [DISTRIBUTION],
        "service": "cloudfront", "logType": "ACCESS_LOGS", "deliverySourceConfiguration": {"samplingRate": "50"},
        "status": "ACTIVE",
    });
    let made = world.ok("PutDeliverySource", put).await["deliverySource"].clone();
    assert_eq!(made, with(known.clone(), json!({"tags": {"k": "v"}})));
    let world = world.restarted().await;
    assert_eq!(world.ok("GetDeliverySource", json!({"name": "source"})).await, json!({"deliverySource": known}));
    assert_eq!(world.ok("DescribeDeliverySources", json!({})).await, json!({"deliverySources": [known]}));
    assert_eq!(world.ok("DeleteDeliverySource", json!({"name": "source"})).await, Value::Null);
    assert_eq!(world.ok("DescribeDeliverySources", json!({})).await, json!({"deliverySources": []}));
}

#[tokio::test]
async fn sources_that_vend_no_such_logs_are_refused() {
    let world = world().await;
    let elsewhere = "arn:aws:cloudfront::111122223333:distribution/OTHER";
    let table = [
        (json!({"resourceArn": BUCKET}), "ResourceNotFoundException", "Cannot access provided service."),
        (json!({"resourceArn": "x"}), "ResourceNotFoundException", "Cannot access provided service."),
        (json!({"logType": "EVENT_LOGS"}), "ValidationException", " This service is not allowed for this LogSource."),
        (
            json!({"tags": {"k": "v"}}),
            "ConflictException",
            "Tags can only be provided when a resource is being created, not updated.",
        ),
        (
            json!({"resourceArn": elsewhere}),
            "ConflictException",
            "Update to existing Delivery Source with new ResourceId is not allowed. Please create a new Delivery \
             Source instead.",
        ),
    ];
    for (more, code, text) in table {
        let refused = world.refused("PutDeliverySource", with(source(), more.clone())).await;
        assert_eq!(refused, (code.to_owned(), text.to_owned()), "{more}");
    }
    let long = with(source(), json!({"name": "n".repeat(61)}));
    assert_eq!(world.refused("PutDeliverySource", long).await.0, "ValidationException");
    let reserved = with(source(), json!({"name": "new", "tags": {"aws:k": "v"}}));
    assert_eq!(world.refused("PutDeliverySource", reserved).await.0, "ValidationException");
}

#[tokio::test]
async fn the_logs_of_a_source_change_only_while_nothing_takes_them() {
    let world = world().await;
    let resource = "arn:aws:bedrock:eu-west-1:111122223333:agent/a";
    let put = |kind: &str| json!({"name": "agent", "resourceArn": resource, "logType": kind});
    world.ok("PutDeliverySource", put("EVENT_LOGS")).await;
    world.ok("PutDeliverySource", put("APPLICATION_LOGS")).await;
    world.ok("CreateDelivery", with(delivery("bucket"), json!({"deliverySourceName": "agent"}))).await;
    assert_eq!(world.refused("PutDeliverySource", put("EVENT_LOGS")).await.0, "ConflictException");
    let known = world.ok("PutDeliverySource", put("APPLICATION_LOGS")).await;
    assert_eq!(known["deliverySource"]["logType"], "APPLICATION_LOGS");
}

#[tokio::test]
async fn a_destination_is_of_the_type_of_its_resource() {
    let world = world().await;
    for (name, kind) in [("bucket", "S3"), ("group", "CWL"), ("stream", "FH"), ("traces", "XRAY")] {
        let found = world.ok("GetDeliveryDestination", json!({"name": name})).await["deliveryDestination"].clone();
        assert_eq!(found["deliveryDestinationType"], kind, "{name}");
    }
    let put = with(destination("json", BUCKET), json!({"outputFormat": "json", "tags": {"k": "v"}}));
    let expected = json!({"deliveryDestination": {
        "name": "json", "arn": format!("{START}delivery-destination:json"), "deliveryDestinationType": "S3",
        "outputFormat": "json", "deliveryDestinationConfiguration": {"destinationResourceArn": BUCKET},
    }});
    assert_eq!(world.ok("PutDeliveryDestination", put).await, expected);
    assert_eq!(world.ok("GetDeliveryDestination", json!({"name": "json"})).await, expected);
    // Another bucket will do, and the format stays.
    let moved = world.ok("PutDeliveryDestination", destination("json", "arn:aws:s3:::other")).await;
    let moved = &moved["deliveryDestination"];
    assert_eq!(moved["deliveryDestinationConfiguration"]["destinationResourceArn"], "arn:aws:s3:::other");
    assert_eq!(moved["outputFormat"], "json");
}

#[tokio::test]
async fn destinations_that_lead_nowhere_or_become_others_are_refused() {
    let world = world().await;
    let table = [
        (json!({"name": "new"}), "ValidationException"),
        (json!({"name": "new", "deliveryDestinationType": "S3"}), "ValidationException"),
        (destination("new", "arn:aws:sqs:eu-west-1:111122223333:q"), "ValidationException"),
        (destination("new", "x"), "ValidationException"),
        (with(destination("new", BUCKET), json!({"deliveryDestinationType": "CWL"})), "ValidationException"),
        (with(destination("new", BUCKET), json!({"outputFormat": "csv"})), "ValidationException"),
        (with(destination("bucket", BUCKET), json!({"outputFormat": "json"})), "ConflictException"),
        (with(destination("bucket", BUCKET), json!({"tags": {"k": "v"}})), "ConflictException"),
        (destination("bucket", "arn:aws:logs:eu-west-1:111122223333:log-group:g"), "ConflictException"),
    ];
    for (input, code) in table {
        assert_eq!(world.refused("PutDeliveryDestination", input.clone()).await.0, code, "{input}");
    }
    let (_, text) = world
        .refused("PutDeliveryDestination", with(destination("bucket", BUCKET), json!({"outputFormat": "raw"})))
        .await;
    assert_eq!(
        text,
        "Update to existing Delivery Destination with new Output Format is not allowed. Please create a new Delivery \
         Destination instead."
    );
}

#[tokio::test]
async fn a_destinations_policy_is_kept_until_it_is_deleted() {
    let world = world().await;
    let name = json!({"deliveryDestinationName": "bucket"});
    let empty = json!({"policy": {}});
    assert_eq!(world.ok("GetDeliveryDestinationPolicy", name.clone()).await, empty);
    let policy = json!({"deliveryDestinationPolicy": "{}"});
    let expected = json!({"policy": policy});
    assert_eq!(world.ok("PutDeliveryDestinationPolicy", with(name.clone(), policy)).await, expected);
    world.ok("PutDeliveryDestination", destination("bucket", "arn:aws:s3:::other")).await;
    assert_eq!(world.ok("GetDeliveryDestinationPolicy", name.clone()).await, expected);
    assert_eq!(world.ok("DeleteDeliveryDestinationPolicy", name.clone()).await, Value::Null);
    assert_eq!(world.ok("GetDeliveryDestinationPolicy", name).await, empty);
}

#[tokio::test]
async fn a_delivery_of_cloudfront_has_its_fields_and_path_unless_others_are_given() {
    let world = world().await;
    let made = world.ok("CreateDelivery", with(delivery("bucket"), json!({"tags": {"k": "v"}}))).await;
    let id = made["delivery"]["id"].as_str().unwrap().to_owned();
    let mut found = world.ok("GetDelivery", json!({"id": id})).await["delivery"].clone();
    assert_eq!(made["delivery"], with(found.clone(), json!({"tags": {"k": "v"}})));
    let fields = found["recordFields"].take();
    assert_eq!(
        (fields.as_array().unwrap().len(), &fields[0], &fields[32]),
        (33, &json!("date"), &json!("sc-range-end"))
    );
    let destination = format!("{START}delivery-destination:bucket");
    assert_eq!(
        found,
        json!({
            "id": id, "arn": format!("{START}delivery:{id}"), "deliverySourceName": "source",
            "deliveryDestinationArn": destination, "deliveryDestinationType": "S3", "recordFields": null,
            "s3DeliveryConfiguration": {
                "suffixPath": "AWSLogs/{account-id}/CloudFront/", "enableHiveCompatiblePath": false,
            },
        })
    );
    let given = json!({
        "recordFields": ["date"], "fieldDelimiter": ",", "s3DeliveryConfiguration": {"enableHiveCompatiblePath": true},
    });
    let update = with(json!({"id": id}), given);
    assert_eq!(world.ok("UpdateDeliveryConfiguration", update).await, json!({}));
    let world = world.restarted().await;
    let found = world.ok("DescribeDeliveries", json!({})).await["deliveries"][0].clone();
    assert_eq!((&found["recordFields"], &found["fieldDelimiter"]), (&json!(["date"]), &json!(",")));
    assert_eq!(
        found["s3DeliveryConfiguration"],
        json!({"suffixPath": "AWSLogs/{account-id}/CloudFront/", "enableHiveCompatiblePath": true})
    );
    // To a group there are no objects.
    let other = world.ok("CreateDelivery", delivery("group")).await["delivery"].clone();
    assert_eq!((other.get("s3DeliveryConfiguration"), &other["deliveryDestinationType"]), (None, &json!("CWL")));
}

#[tokio::test]
async fn deliveries_that_do_not_fit_are_refused() {
    let world = world().await;
    world.ok("PutDeliveryDestination", with(destination("json", BUCKET), json!({"outputFormat": "json"}))).await;
    let absent = |what: &str| format!("Requested {what} does not exist in this account.");
    let elsewhere = "arn:aws:logs:eu-west-1:444455556666:delivery-destination:bucket";
    for (more, text) in [
        (json!({"deliverySourceName": "no"}), absent("Delivery Source")),
        (json!({"deliveryDestinationArn": format!("{START}delivery-destination:no")}), absent("Delivery Destination")),
        (json!({"deliveryDestinationArn": elsewhere}), absent("Delivery Destination")),
    ] {
        let refused = world.refused("CreateDelivery", with(delivery("bucket"), more)).await;
        assert_eq!(refused, ("ResourceNotFoundException".to_owned(), text));
    }
    for (name, more) in [
        ("traces", json!({})),
        ("json", json!({"fieldDelimiter": ","})),
        ("group", json!({"s3DeliveryConfiguration": {"suffixPath": "a"}})),
        ("bucket", json!({"fieldDelimiter": "123456"})),
        ("bucket", json!({"tags": {"aws:k": "v"}})),
    ] {
        let refused = world.refused("CreateDelivery", with(delivery(name), more.clone())).await;
        assert_eq!(refused.0, "ValidationException", "{name} {more}");
    }
}

#[tokio::test]
async fn traces_go_to_x_ray_alone() {
    let world = world().await;
    let resource = "arn:aws:bedrock-agentcore:eu-west-1:111122223333:memory/m";
    world.ok("PutDeliverySource", json!({"name": "m", "resourceArn": resource, "logType": "TRACES"})).await;
    let of = |name: &str| with(delivery(name), json!({"deliverySourceName": "m"}));
    assert_eq!(world.refused("CreateDelivery", of("group")).await.0, "ValidationException");
    let made = world.ok("CreateDelivery", of("traces")).await["delivery"].clone();
    assert_eq!((&made["deliveryDestinationType"], made.get("recordFields")), (&json!("XRAY"), None));
}

#[tokio::test]
async fn a_source_has_one_delivery_to_each_type_of_destination() {
    let world = world().await;
    world.ok("PutDeliveryDestination", destination("second", "arn:aws:s3:::second")).await;
    let id = world.ok("CreateDelivery", delivery("bucket")).await["delivery"]["id"].clone();
    let conflict = |text: &str| ("ConflictException".to_owned(), text.to_owned());
    let same = conflict("The specified Delivery already exists");
    assert_eq!(world.refused("CreateDelivery", delivery("bucket")).await, same);
    let same_type =
        conflict("Delivery already exists for this Delivery Source with the same Delivery Destination Type.");
    assert_eq!(world.refused("CreateDelivery", delivery("second")).await, same_type);
    world.ok("CreateDelivery", delivery("stream")).await;
    assert_eq!(world.ok("DeleteDelivery", json!({"id": id})).await, Value::Null);
    world.ok("CreateDelivery", delivery("second")).await;
}

#[tokio::test]
async fn what_a_delivery_rests_on_cannot_be_deleted() {
    let world = world().await;
    let id = world.ok("CreateDelivery", delivery("bucket")).await["delivery"]["id"].clone();
    for (operation, name) in [("DeleteDeliverySource", "source"), ("DeleteDeliveryDestination", "bucket")] {
        assert_eq!(world.refused(operation, json!({"name": name})).await.0, "ConflictException", "{operation}");
    }
    world.ok("DeleteDelivery", json!({"id": id})).await;
    for (operation, name) in [("DeleteDeliverySource", "source"), ("DeleteDeliveryDestination", "bucket")] {
        world.ok(operation, json!({"name": name})).await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let world = World::new().await;
    let policy = json!({"deliveryDestinationName": "no", "deliveryDestinationPolicy": "{}"});
    for (operation, input, what) in [
        ("GetDeliverySource", json!({"name": "no"}), "Delivery Source"),
        ("DeleteDeliverySource", json!({"name": "no"}), "Delivery Source"),
        ("GetDeliveryDestination", json!({"name": "no"}), "Delivery Destination"),
        ("DeleteDeliveryDestination", json!({"name": "no"}), "Delivery Destination"),
        ("PutDeliveryDestinationPolicy", policy, "Delivery Destination"),
        ("GetDeliveryDestinationPolicy", json!({"deliveryDestinationName": "no"}), "Delivery Destination"),
        ("DeleteDeliveryDestinationPolicy", json!({"deliveryDestinationName": "no"}), "Delivery Destination"),
        ("GetDelivery", json!({"id": "no"}), "Delivery"),
        ("UpdateDeliveryConfiguration", json!({"id": "no"}), "Delivery"),
        ("DeleteDelivery", json!({"id": "no"}), "Delivery"),
    ] {
        let text = format!("Requested {what} does not exist in this account.");
        assert_eq!(
            world.refused(operation, input).await,
            ("ResourceNotFoundException".to_owned(), text),
            "{operation}"
        );
    }
}

#[tokio::test]
async fn tags_are_shown_and_changed_by_arn() {
    let world = world().await;
    let tags = json!({"tags": {"k": "v"}});
    world.ok("PutDeliverySource", with(source(), json!({"name": "tagged", "tags": {"k": "v"}}))).await;
    world.ok("PutDeliveryDestination", with(destination("tagged", BUCKET), tags.clone())).await;
    let id = world.ok("CreateDelivery", with(delivery("bucket"), tags.clone())).await["delivery"]["id"].clone();
    let delivery = format!("delivery:{}", id.as_str().unwrap());
    for resource in ["delivery-source:tagged", "delivery-destination:tagged", &delivery] {
        let arn = json!({"resourceArn": format!("{START}{resource}")});
        assert_eq!(world.ok("ListTagsForResource", arn.clone()).await, tags, "{resource}");
        world.ok("TagResource", with(arn.clone(), json!({"tags": {"a": "b"}}))).await;
        world.ok("UntagResource", with(arn.clone(), json!({"tagKeys": ["k"]}))).await;
        assert_eq!(world.ok("ListTagsForResource", arn).await, json!({"tags": {"a": "b"}}), "{resource}");
    }
    let gone = json!({"resourceArn": format!("{START}delivery:NONE")});
    assert_eq!(world.refused("ListTagsForResource", gone).await.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let world = World::new().await;
    let names: Vec<String> = (0..5).map(|number| format!("n{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        let source = with(source(), json!({"name": name}));
        world.ok("PutDeliverySource", source).await;
        world.ok("PutDeliveryDestination", destination(name, &format!("arn:aws:s3:::bucket-{number}"))).await;
        world.ok("CreateDelivery", with(delivery(name), json!({"deliverySourceName": name}))).await;
    }
    for (operation, member, name) in [
        ("DescribeDeliverySources", "deliverySources", "name"),
        ("DescribeDeliveryDestinations", "deliveryDestinations", "name"),
        ("DescribeDeliveries", "deliveries", "deliverySourceName"),
    ] {
        let (mut found, mut input) = (Vec::new(), json!({"limit": 2}));
        for expected in [2, 2, 1] {
            let page = world.ok(operation, input.clone()).await;
            let page_names = page[member].as_array().unwrap().iter().map(|one| one[name].as_str().unwrap().to_owned());
            found.extend(page_names);
            assert_eq!(page[member].as_array().unwrap().len(), expected, "{operation}");
            assert_eq!(page.get("nextToken").is_some(), expected == 2, "{operation}");
            input = with(input, json!({"nextToken": page["nextToken"]}));
        }
        found.sort();
        assert_eq!(found, names, "{operation}");
        for (input, what) in [(json!({"nextToken": "x"}), "a token"), (json!({"limit": 51}), "a limit")] {
            assert_eq!(world.refused(operation, input).await.0, "ValidationException", "{operation}: {what}");
        }
    }
}
