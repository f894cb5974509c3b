//! logs.md §1.1, §1.2, §2.3, §2.4.

use serde_json::{Value, json};

use crate::test_world::{World, scope};

const NOT_FOUND: &str = "The specified log group does not exist.";

fn refusal(code: &str, message: &str) -> (String, String) {
    (code.to_owned(), message.to_owned())
}

async fn described(world: &World, input: Value) -> Vec<Value> {
    world.ok("DescribeLogGroups", input).await["logGroups"].as_array().unwrap().clone()
}

fn names(groups: &[Value]) -> Vec<&str> {
    groups.iter().map(|group| group["logGroupName"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_new_group_is_described_with_all_its_members() {
    let world = World::new().await;
    assert_eq!(world.ok("CreateLogGroup", json!({"logGroupName": "/app/web"})).await, Value::Null);
    let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/app/web";
    assert_eq!(
        described(&world, json!({})).await,
        [json!({
            "arn": format!("{arn}:*"), "logGroupArn": arn, "creationTime": world.now(),
            "deletionProtectionEnabled": false, "logGroupClass": "STANDARD", "logGroupName": "/app/web",
            "metricFilterCount": 0, "storedBytes": 0,
        })]
    );
}

#[tokio::test]
async fn names_that_cannot_be_are_refused() {
    let world = World::new().await;
    let create = |name: String| world.refused("CreateLogGroup", json!({"logGroupName": name}));
    assert_eq!(
        create("a".repeat(513)).await.1,
        "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
    );
    let pattern = "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member \
                   must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+";
    assert_eq!(create("a b".to_owned()).await, refusal("InvalidParameterException", pattern));
    let reserved = "Log groups starting with AWS/ are reserved for AWS.";
    assert_eq!(create("aws/lambda".to_owned()).await, refusal("InvalidParameterException", reserved));
    world.ok("CreateLogGroup", json!({"logGroupName": "/aws/lambda"})).await;
}

#[tokio::test]
async fn a_group_exists_once_in_each_account_and_region() {
    let world = World::new().await;
    world.make("g", &[]).await;
    let again = world.refused("CreateLogGroup", json!({"logGroupName": "g"})).await;
    assert_eq!(again, refusal("ResourceAlreadyExistsException", "The specified log group already exists"));
    let mut elsewhere = scope();
    elsewhere.region = "us-east-1".parse().unwrap();
    world.call_in(&elsewhere, "CreateLogGroup", json!({"logGroupName": "g"})).await.unwrap();
}

#[tokio::test]
async fn an_unknown_group_is_not_found_by_any_operation() {
    let world = World::new().await;
    let group = json!({"logGroupName": "no"});
    let with = |more: Value| {
        let mut all = group.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let stream = json!({"logStreamName": "s"});
    for (operation, input) in [
        ("DeleteLogGroup", group.clone()),
        ("CreateLogStream", with(stream.clone())),
        ("DeleteLogStream", with(stream.clone())),
        ("DescribeLogStreams", group.clone()),
        ("GetLogEvents", with(stream.clone())),
        ("PutRetentionPolicy", with(json!({"retentionInDays": 1}))),
        ("DeleteRetentionPolicy", group.clone()),
        ("TagLogGroup", with(json!({"tags": {"a": "b"}}))),
        ("UntagLogGroup", with(json!({"tags": ["a"]}))),
        ("ListTagsLogGroup", group.clone()),
        ("AssociateKmsKey", with(json!({"kmsKeyId": "k"}))),
        ("DisassociateKmsKey", group.clone()),
        ("PutLogEvents", with(json!({"logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]}))),
        ("PutLogGroupDeletionProtection", json!({"logGroupIdentifier": "no", "deletionProtectionEnabled": true})),
    ] {
        let answer = world.refused(operation, input).await;
        assert_eq!(answer, refusal("ResourceNotFoundException", NOT_FOUND), "{operation}");
    }
}

#[tokio::test]
async fn a_protected_group_and_its_streams_stay_until_protection_ends() {
    let world = World::new().await;
    world.ok("CreateLogGroup", json!({"logGroupName": "g", "deletionProtectionEnabled": true})).await;
    world.ok("CreateLogStream", json!({"logGroupName": "g", "logStreamName": "s"})).await;
    let text = "Cannot delete log group with deletion protection enabled. Disable deletion protection first.";
    let protected = refusal("ValidationException", text);
    assert_eq!(world.refused("DeleteLogGroup", json!({"logGroupName": "g"})).await, protected);
    let stream = json!({"logGroupName": "g", "logStreamName": "s"});
    assert_eq!(world.refused("DeleteLogStream", stream.clone()).await, protected);
    let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:g";
    let off = json!({"logGroupIdentifier": arn, "deletionProtectionEnabled": false});
    assert_eq!(world.ok("PutLogGroupDeletionProtection", off).await, Value::Null);
    world.ok("DeleteLogStream", stream).await;
    world.ok("DeleteLogGroup", json!({"logGroupName": "g"})).await;
    assert_eq!(described(&world, json!({})).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_group_made_anew_has_nothing_of_the_old_one_also_after_a_restart() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.put("g", "s", &[(0, "old")]).await;
    world.ok("PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 7})).await;
    world.ok("DeleteLogGroup", json!({"logGroupName": "g"})).await;
    let world = world.restarted().await;
    world.make("g", &["s"]).await;
    let read = json!({"logGroupName": "g", "logStreamName": "s", "startFromHead": true});
    assert_eq!(world.ok("GetLogEvents", read).await["events"], json!([]));
    assert_eq!(world.ok("FilterLogEvents", json!({"logGroupName": "g"})).await["events"], json!([]));
    let groups = described(&world, json!({})).await;
    assert_eq!((groups[0].get("retentionInDays"), &groups[0]["storedBytes"]), (None, &json!(0)));
}

#[tokio::test]
async fn retention_is_one_of_the_known_numbers_of_days() {
    let world = World::new().await;
    world.make("g", &[]).await;
    let (code, text) = world.refused("PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 2})).await;
    assert_eq!(code, "InvalidParameterException");
    assert!(text.starts_with(
        "1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy constraint: Member must \
         satisfy enum value set: [1, 3, "
    ));
    for days in [1, 3653] {
        world.ok("PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": days})).await;
        assert_eq!(described(&world, json!({})).await[0]["retentionInDays"], days);
    }
    for _ in 0..2 {
        world.ok("DeleteRetentionPolicy", json!({"logGroupName": "g"})).await;
        assert_eq!(described(&world, json!({})).await[0].get("retentionInDays"), None);
    }
}

#[tokio::test]
async fn the_retention_of_delivery_groups_is_fixed() {
    let world = World::new().await;
    world.ok("CreateLogGroup", json!({"logGroupName": "d", "logGroupClass": "DELIVERY"})).await;
    for (operation, input) in [
        ("PutRetentionPolicy", json!({"logGroupName": "d", "retentionInDays": 7})),
        ("DeleteRetentionPolicy", json!({"logGroupName": "d"})),
    ] {
        assert_eq!(world.refused(operation, input).await.0, "InvalidParameterException", "{operation}");
    }
}

#[tokio::test]
async fn groups_are_described_by_name_in_pages() {
    let world = World::new().await;
    for name in ["b", "/a", "B", "c"] {
        world.make(name, &[]).await;
    }
    let first = world.ok("DescribeLogGroups", json!({"limit": 3})).await;
    assert_eq!(names(first["logGroups"].as_array().unwrap()), ["/a", "B", "b"]);
    let token = &first["nextToken"];
    let second = world.ok("DescribeLogGroups", json!({"limit": 3, "nextToken": token})).await;
    assert_eq!(names(second["logGroups"].as_array().unwrap()), ["c"]);
    assert_eq!(second.get("nextToken"), None);
    let other = world.refused("DescribeLogGroups", json!({"logGroupNamePrefix": "c", "nextToken": token})).await;
    assert_eq!(other, refusal("InvalidParameterException", "The specified nextToken is invalid."));
}

#[tokio::test]
async fn groups_are_found_by_prefix_pattern_class_and_name() {
    let world = World::new().await;
    world.make("app-web", &[]).await;
    world.make("web", &[]).await;
    world.ok("CreateLogGroup", json!({"logGroupName": "cold", "logGroupClass": "INFREQUENT_ACCESS"})).await;
    for (input, found) in [
        (json!({"logGroupNamePrefix": "web"}), &["web"][..]),
        (json!({"logGroupNamePattern": "web"}), &["app-web", "web"]),
        (json!({"logGroupNamePattern": "WEB"}), &[]),
        (json!({"logGroupClass": "INFREQUENT_ACCESS"}), &["cold"]),
        (json!({"logGroupIdentifiers": ["web", "cold", "absent"]}), &["cold", "web"]),
        (json!({"includeLinkedAccounts": true}), &["app-web", "cold", "web"]),
        (json!({"includeLinkedAccounts": true, "accountIdentifiers": ["444455556666"]}), &[]),
    ] {
        assert_eq!(names(&described(&world, input.clone()).await), found, "{input}");
    }
    let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:web";
    assert_eq!(
        described(&world, json!({"logGroupNamePattern": "web", "logGroupNamePrefix": null})).await[1],
        json!({
            "arn": format!("{arn}:*"), "creationTime": world.now(), "logGroupArn": arn, "logGroupClass": "STANDARD",
            "logGroupName": "web", "metricFilterCount": 0,
        })
    );
    let both = world.refused("DescribeLogGroups", json!({"logGroupNamePrefix": "a", "logGroupNamePattern": "b"})).await;
    let text = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
    assert_eq!(both, refusal("InvalidParameterException", text));
    for input in [
        json!({"logGroupIdentifiers": ["web"], "logGroupNamePrefix": "w"}),
        json!({"accountIdentifiers": ["111122223333"]}),
    ] {
        assert_eq!(world.refused("DescribeLogGroups", input.clone()).await.0, "InvalidParameterException", "{input}");
    }
}

#[tokio::test]
async fn groups_are_listed_by_patterns_and_tags() {
    let world = World::new().await;
    for (name, team) in [("/aws/one", "Blue"), ("two", "red"), ("three", "red")] {
        world.ok("CreateLogGroup", json!({"logGroupName": name, "tags": {"team": team}})).await;
    }
    for (input, found) in [
        (json!({}), &["/aws/one", "three", "two"][..]),
        (json!({"logGroupNamePattern": "^/aws|wo_|two"}), &["/aws/one", "two"]),
        (json!({"logGroupTags": [{"key": "team", "values": ["blue", "gre*"]}]}), &["/aws/one"]),
        (json!({"logGroupTags": [{"key": "team", "values": ["!blue"]}]}), &["three", "two"]),
        (json!({"logGroupClass": "DELIVERY"}), &[]),
        (json!({"fieldIndexNames": ["requestId"]}), &[]),
    ] {
        let answer = world.ok("ListLogGroups", input.clone()).await;
        assert_eq!(names(answer["logGroups"].as_array().unwrap()), found, "{input}");
    }
    let page = world.ok("ListLogGroups", json!({"limit": 1})).await;
    let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/one";
    let summary = json!({"logGroupName": "/aws/one", "logGroupArn": arn, "logGroupClass": "STANDARD"});
    assert_eq!(page["logGroups"], json!([summary]));
    let rest = world.ok("ListLogGroups", json!({"nextToken": page["nextToken"]})).await;
    assert_eq!(names(rest["logGroups"].as_array().unwrap()), ["three", "two"]);
}

#[tokio::test]
async fn keys_are_refused_while_nobody_provides_any() {
    let world = World::new().await;
    world.make("g", &[]).await;
    for (operation, input) in [
        ("CreateLogGroup", json!({"logGroupName": "k", "kmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/1"})),
        ("AssociateKmsKey", json!({"logGroupName": "g", "kmsKeyId": "k"})),
        (
            "AssociateKmsKey",
            json!({"resourceIdentifier": "arn:aws:logs:eu-west-1:111122223333:query-result:*", "kmsKeyId": "k"}),
        ),
        ("AssociateKmsKey", json!({"kmsKeyId": "k"})),
    ] {
        assert_eq!(world.refused(operation, input.clone()).await.0, "InvalidParameterException", "{input}");
    }
    world.ok("DisassociateKmsKey", json!({"logGroupName": "g"})).await;
    assert_eq!(names(&described(&world, json!({})).await), ["g"]);
}

#[tokio::test]
async fn pages_of_many_groups_follow_one_another_whatever_is_asked_of_them() {
    let world = World::new().await;
    // More than are read at once, with others around them.
    let names: Vec<String> = (0..150).map(|number| format!("m{number:03}")).collect();
    for name in names.iter().map(String::as_str).chain(["a", "z"]) {
        world.make(name, &[]).await;
    }
    let having = |part: &str| names.iter().filter(|name| name.contains(part)).cloned().collect::<Vec<_>>();
    for (operation, asked, expected) in [
        ("DescribeLogGroups", json!({"logGroupNamePrefix": "m", "limit": 49}), names.clone()),
        ("DescribeLogGroups", json!({"logGroupNamePattern": "9", "limit": 7}), having("9")),
        ("DescribeLogGroups", json!({"logGroupNamePattern": "14", "limit": 50}), having("14")),
        ("DescribeLogGroups", json!({"logGroupNamePrefix": "m149"}), having("149")),
        ("DescribeLogGroups", json!({"logGroupNamePrefix": "n"}), Vec::new()),
        (
            "ListLogGroups",
            json!({"logGroupNamePattern": "^m14|m002", "limit": 3}),
            [having("002"), having("m14")].concat(),
        ),
    ] {
        let (mut found, mut input) = (Vec::new(), asked.clone());
        loop {
            let page = world.ok(operation, input.clone()).await;
            let groups = page["logGroups"].as_array().unwrap().iter();
            found.extend(groups.map(|group| group["logGroupName"].as_str().unwrap().to_owned()));
            match page.get("nextToken") {
                Some(token) => input["nextToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(found, expected, "{operation} {asked}");
    }
}
