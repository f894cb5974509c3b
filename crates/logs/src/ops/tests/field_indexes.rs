//! logs.md §8.5, LL-2, and what `filterIndex` sees (§7.6).

use serde_json::{Value, json};

use crate::field_indexes::{self, IndexCoverage};
use crate::groups;
use crate::test_world::{World, scope};

const DAY: i64 = 86_400_000;

async fn world() -> World {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world
}

async fn put(world: &World, group: &str, document: &Value) -> Value {
    let input = json!({"logGroupIdentifier": group, "policyDocument": document.to_string()});
    world.ok("PutIndexPolicy", input).await["indexPolicy"].clone()
}

async fn indexes(world: &World, groups: &[&str]) -> Vec<Value> {
    let answer = world.ok("DescribeFieldIndexes", json!({"logGroupIdentifiers": groups})).await;
    assert_eq!(answer.get("nextToken"), None);
    answer["fieldIndexes"].as_array().unwrap().clone()
}

/// The names of a group's indexes with the first and the last time, as milliseconds from now.
async fn times(world: &World, group: &str) -> Vec<(String, Option<i64>, Option<i64>)> {
    let told = indexes(world, &[group]).await;
    let at = |index: &Value, member: &str| index[member].as_i64().map(|time| time - world.now());
    let name = |index: &Value| index["fieldIndexName"].as_str().unwrap().to_owned();
    told.iter().map(|index| (name(index), at(index, "firstEventTime"), at(index, "lastEventTime"))).collect()
}

fn coverage(world: &World, fields: &[&str]) -> IndexCoverage {
    let group = groups::get(&world.logs.parts.catalog, &scope(), "g").unwrap();
    let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
    field_indexes::indexes(&world.logs, &group).coverage(&fields, world.clock())
}

#[tokio::test]
async fn a_policy_is_given_back_as_it_was_put_until_it_is_deleted() {
    let world = world().await;
    let describe = json!({"logGroupIdentifiers": ["g"]});
    assert_eq!(world.ok("DescribeIndexPolicies", describe.clone()).await, json!({"indexPolicies": []}));
    let document = json!({"Fields": ["b", "a"], "FieldsV2": {"c": {"type": "FACET"}}});
    put(&world, "g", &json!({"Fields": ["old"]})).await;
    world.advance(5000);
    let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:g";
    let expected = json!({
        "logGroupIdentifier": arn, "lastUpdateTime": world.now(), "policyDocument": document.to_string(), "source": "LOG_GROUP",
    });
    assert_eq!(put(&world, arn, &document).await, expected);
    let world = world.restarted().await;
    assert_eq!(world.ok("DescribeIndexPolicies", describe.clone()).await, json!({"indexPolicies": [expected]}));
    assert_eq!(world.ok("DeleteIndexPolicy", json!({"logGroupIdentifier": "g"})).await, json!({}));
    assert_eq!(world.ok("DescribeIndexPolicies", describe).await, json!({"indexPolicies": []}));
    let again = world.refused("DeleteIndexPolicy", json!({"logGroupIdentifier": "g"})).await;
    assert_eq!(again.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn what_cannot_be_indexed_is_refused() {
    let world = world().await;
    world.ok("CreateLogGroup", json!({"logGroupName": "ia", "logGroupClass": "INFREQUENT_ACCESS"})).await;
    let good = r#"{"Fields":["a"]}"#;
    let table = [
        ("PutIndexPolicy", json!({"logGroupIdentifier": "g", "policyDocument": "{}"}), "InvalidParameterException"),
        ("PutIndexPolicy", json!({"logGroupIdentifier": "ia", "policyDocument": good}), "InvalidParameterException"),
        ("PutIndexPolicy", json!({"logGroupIdentifier": "no", "policyDocument": good}), "ResourceNotFoundException"),
        ("DescribeIndexPolicies", json!({"logGroupIdentifiers": ["g", "ia"]}), "InvalidParameterException"),
        ("DescribeIndexPolicies", json!({"logGroupIdentifiers": ["no"]}), "ResourceNotFoundException"),
        ("DescribeIndexPolicies", json!({"logGroupIdentifiers": ["g"], "nextToken": "x"}), "InvalidParameterException"),
        ("DescribeFieldIndexes", json!({"logGroupIdentifiers": ["g", "no"]}), "ResourceNotFoundException"),
        ("DescribeFieldIndexes", json!({"logGroupIdentifiers": []}), "InvalidParameterException"),
        ("DescribeFieldIndexes", json!({"logGroupIdentifiers": ["g"], "nextToken": "x"}), "InvalidParameterException"),
    ];
    for (operation, input, code) in table {
        assert_eq!(world.refused(operation, input.clone()).await.0, code, "{operation} {input}");
    }
}

#[tokio::test]
async fn an_index_has_the_events_that_came_after_its_policy() {
    let world = world().await;
    world.put("g", "s", &[(-3000, r#"{"id":"early"}"#)]).await;
    world.advance(1000);
    put(&world, "g", &json!({"Fields": ["id", "none"], "FieldsV2": {"deep.list.0": {"type": "FACET"}}})).await;
    assert_eq!(
        times(&world, "g").await,
        [("@aws.account", true), ("@aws.region", true), ("@logStream", true), ("@source.log", true)]
            .map(|(name, _)| (name.to_owned(), Some(-4000), Some(-4000)))
            .into_iter()
            .chain(["deep.list.0", "id", "none"].map(|name| (name.to_owned(), None, None)))
            .collect::<Vec<_>>()
    );
    world.advance(1000);
    // Late, but after the policy.
    world
        .put("g", "s", &[(-9000, r#"{"id":1}"#), (-8000, r#"{"id":null}"#), (-7000, r#"{"deep":{"list":[3]}}"#)])
        .await;
    world.put("g", "s", &[(-2, r#"{"id":2}"#), (-1, r#"{"ID":3, "note":"id"}"#)]).await;
    let found = times(&world, "g").await;
    let of =
        |name: &str| found.iter().find(|(found, ..)| found == name).map(|(_, first, last)| (*first, *last)).unwrap();
    assert_eq!(of("id"), (Some(-9000), Some(-2)));
    assert_eq!(of("deep.list.0"), (Some(-7000), Some(-7000)));
    assert_eq!(of("none"), (None, None));
    assert_eq!(of("@logStream"), (Some(-9000), Some(-1)));
    let told = indexes(&world, &["g"]).await;
    let facet = told.iter().find(|index| index["fieldIndexName"] == "deep.list.0").unwrap();
    assert_eq!(facet["type"], "FACET");
    assert_eq!(facet["lastScanTime"], json!(world.now()));
    assert_eq!(facet["logGroupIdentifier"], "arn:aws:logs:eu-west-1:111122223333:log-group:g");
}

#[tokio::test]
async fn fields_are_sought_in_what_transformers_make_and_masks_leave() {
    let world = world().await;
    let config = json!([{"parseJSON": {}}, {"addKeys": {"entries": [{"key": "added", "value": "x"}]}}]);
    world.ok("PutTransformer", json!({"logGroupIdentifier": "g", "transformerConfig": config})).await;
    put(&world, "g", &json!({"Fields": ["added", "a"]})).await;
    world.put("g", "s", &[(-5, "text"), (-4, r#"{"a":1}"#), (-3, r#"{"b":1}"#)]).await;
    let found = times(&world, "g").await;
    for (name, first, last) in [("added", -4, -3), ("a", -4, -4)] {
        assert!(found.contains(&(name.to_owned(), Some(first), Some(last))), "{name} in {found:?}");
    }
}

#[tokio::test]
async fn events_of_deleted_streams_have_no_fields() {
    let world = world().await;
    put(&world, "g", &json!({"Fields": ["id"]})).await;
    world.put("g", "s", &[(-5, r#"{"id":1}"#)]).await;
    world.ok("DeleteLogStream", json!({"logGroupName": "g", "logStreamName": "s"})).await;
    assert_eq!(times(&world, "g").await, [("id".to_owned(), None, None)]);
}

#[tokio::test]
async fn the_indexes_of_many_groups_come_in_pages() {
    let world = World::new().await;
    let fields: Vec<String> = (0..20).map(|number| format!("f{number:02}")).collect();
    let names = ["a", "b", "c"];
    for name in names {
        world.make(name, &[]).await;
        put(&world, name, &json!({"Fields": fields})).await;
    }
    let (mut told, mut token, mut pages) = (Vec::new(), None, 0);
    loop {
        let mut input = json!({"logGroupIdentifiers": ["c", "a", "b", "a"]});
        if let Some(token) = &token {
            input["nextToken"] = json!(token);
        }
        let page = world.ok("DescribeFieldIndexes", input).await;
        let of = |index: &Value| {
            let group = index["logGroupIdentifier"].as_str().unwrap().rsplit(':').next().unwrap();
            format!("{group} {}", index["fieldIndexName"].as_str().unwrap())
        };
        told.extend(page["fieldIndexes"].as_array().unwrap().iter().map(of));
        pages += 1;
        match page["nextToken"].as_str() {
            Some(next) => token = Some(next.to_owned()),
            None => break,
        }
    }
    let expected: Vec<String> =
        names.iter().flat_map(|name| fields.iter().map(move |field| format!("{name} {field}"))).collect();
    assert_eq!((told, pages > 1), (expected, true));
}

#[tokio::test]
async fn a_query_sees_what_came_while_all_its_fields_were_indexed() {
    let world = world().await;
    let mut moments = vec![world.clock()];
    for document in
        [Some(json!({"Fields": ["a"]})), Some(json!({"Fields": ["b", "a"]})), None, Some(json!({"Fields": ["b"]}))]
    {
        world.advance(1000);
        match document {
            Some(document) => drop(put(&world, "g", &document).await),
            None => drop(world.ok("DeleteIndexPolicy", json!({"logGroupIdentifier": "g"})).await),
        }
        moments.push(world.clock());
    }
    for (fields, seen) in [
        (&["a"][..], [false, true, true, false, false]),
        (&["b"], [false, false, true, false, true]),
        (&["a", "b"], [false, false, true, false, false]),
        (&["A"], [false; 5]),
        (&["@logStream"], [true; 5]),
        (&["@logStream", "a"], [false, true, true, false, false]),
    ] {
        let coverage = coverage(&world, fields);
        for (at, (moment, seen)) in moments.iter().zip(seen).enumerate() {
            assert_eq!(coverage.takes(*moment), seen, "{fields:?} at {at}");
            assert_eq!(coverage.takes(moment.plus_millis(999)), seen, "{fields:?} after {at}");
        }
        assert_eq!(coverage.is_empty(), seen == [false; 5], "{fields:?}");
    }
}

#[tokio::test]
async fn what_was_indexed_stays_so_for_thirty_days() {
    let world = world().await;
    put(&world, "g", &json!({"Fields": ["a"]})).await;
    let moment = world.clock();
    world.advance(1000);
    world.ok("DeleteIndexPolicy", json!({"logGroupIdentifier": "g"})).await;
    world.advance(30 * DAY - 1000);
    assert!(coverage(&world, &["a"]).takes(moment));
    world.advance(1);
    assert!(!coverage(&world, &["a"]).takes(moment));
    world.advance(1000);
    assert!(coverage(&world, &["a"]).is_empty());
}

#[tokio::test]
async fn a_group_made_anew_has_no_policy() {
    let world = world().await;
    put(&world, "g", &json!({"Fields": ["a"]})).await;
    world.ok("DeleteLogGroup", json!({"logGroupName": "g"})).await;
    world.make("g", &[]).await;
    assert_eq!(
        world.ok("DescribeIndexPolicies", json!({"logGroupIdentifiers": ["g"]})).await["indexPolicies"],
        json!([])
    );
    assert!(coverage(&world, &["a"]).is_empty());
}

#[tokio::test]
async fn groups_are_listed_by_all_the_fields_they_index() {
    let world = World::new().await;
    for (name, fields) in [("a", &["x"][..]), ("ab", &["x", "y"]), ("none", &[])] {
        world.make(name, &[]).await;
        if !fields.is_empty() {
            put(&world, name, &json!({"Fields": fields})).await;
        }
    }
    world.ok("CreateLogGroup", json!({"logGroupName": "ia", "logGroupClass": "INFREQUENT_ACCESS"})).await;
    for (fields, expected) in [
        (&["x"][..], &["a", "ab"][..]),
        (&["x", "y"], &["ab"]),
        (&["X"], &[]),
        (&["traceId"], &["a", "ab", "none"]),
        (&["traceId", "y"], &["ab"]),
    ] {
        let answer = world.ok("ListLogGroups", json!({"fieldIndexNames": fields})).await;
        let groups = answer["logGroups"].as_array().unwrap().iter();
        let names: Vec<&str> = groups.map(|group| group["logGroupName"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{fields:?}");
    }
}

/// Puts an account policy, for groups of a prefix or for all.
async fn put_for_account(world: &World, name: &str, document: &Value, prefix: Option<&str>) {
    let mut input =
        json!({"policyName": name, "policyType": "FIELD_INDEX_POLICY", "policyDocument": document.to_string()});
    if let Some(prefix) = prefix {
        input["selectionCriteria"] = json!(format!(r#"LogGroupNamePrefix IN ["{prefix}"]"#));
    }
    world.ok("PutAccountPolicy", input).await;
}

#[tokio::test]
async fn the_accounts_policy_is_described_of_groups_without_their_own() {
    let world = world().await;
    world.make("other", &[]).await;
    world.ok("CreateLogGroup", json!({"logGroupName": "g-ia", "logGroupClass": "INFREQUENT_ACCESS"})).await;
    let document = json!({"Fields": ["a"]});
    put_for_account(&world, "mine", &document, Some("g")).await;
    let expected = json!({"indexPolicies": [{
        "logGroupIdentifier": "arn:aws:logs:eu-west-1:111122223333:log-group:g", "lastUpdateTime": world.now(),
        "policyDocument": document.to_string(), "policyName": "mine", "source": "ACCOUNT",
    }]});
    let describe = |group: &str| json!({"logGroupIdentifiers": [group]});
    assert_eq!(world.ok("DescribeIndexPolicies", describe("g")).await, expected);
    for group in ["other", "g-ia"] {
        assert_eq!(world.ok("DescribeIndexPolicies", describe(group)).await, json!({"indexPolicies": []}), "{group}");
    }
    put(&world, "g", &json!({"Fields": ["b"]})).await;
    let own = world.ok("DescribeIndexPolicies", describe("g")).await["indexPolicies"].clone();
    assert_eq!((own.as_array().unwrap().len(), &own[0]["source"]), (1, &json!("LOG_GROUP")));
    world.ok("DeleteIndexPolicy", json!({"logGroupIdentifier": "g"})).await;
    assert_eq!(world.ok("DescribeIndexPolicies", describe("g")).await, expected);
}

#[tokio::test]
async fn a_groups_own_policy_stands_in_for_the_accounts_while_it_is_there() {
    let world = world().await;
    let mut moments = vec![world.clock()];
    world.advance(1000);
    put_for_account(&world, "all", &json!({"Fields": ["a"]}), None).await;
    moments.push(world.clock());
    world.advance(1000);
    put(&world, "g", &json!({"Fields": ["b"]})).await;
    moments.push(world.clock());
    world.advance(1000);
    world.ok("DeleteIndexPolicy", json!({"logGroupIdentifier": "g"})).await;
    moments.push(world.clock());
    world.advance(1000);
    world.ok("DeleteAccountPolicy", json!({"policyName": "all", "policyType": "FIELD_INDEX_POLICY"})).await;
    moments.push(world.clock());
    let world = world.restarted().await;
    for (field, seen) in [("a", [false, true, false, true, false]), ("b", [false, false, true, false, false])] {
        let coverage = coverage(&world, &[field]);
        for (at, (moment, seen)) in moments.iter().zip(seen).enumerate() {
            assert_eq!(coverage.takes(*moment), seen, "{field} at {at}");
        }
    }
}

#[tokio::test]
async fn fields_of_the_accounts_policy_are_told_of_with_their_events() {
    let world = world().await;
    put_for_account(&world, "all", &json!({"FieldsV2": {"id": {"type": "FACET"}}}), None).await;
    world.put("g", "s", &[(-5, r#"{"id":1}"#)]).await;
    let told = indexes(&world, &["g"]).await;
    let index = told.iter().find(|index| index["fieldIndexName"] == "id").unwrap();
    assert_eq!((&index["type"], &index["firstEventTime"]), (&json!("FACET"), &json!(world.now() - 5)));
    let answer = world.ok("ListLogGroups", json!({"fieldIndexNames": ["id"]})).await;
    assert_eq!(answer["logGroups"][0]["logGroupName"], "g");
}
