//! Stored queries as callers see them (config.md §7.5).

use serde_json::{Value, json};

use crate::test_world::World;

async fn put(world: &World, name: &str, more: Value) -> String {
    let mut query = json!({"QueryName": name, "Expression": "SELECT resourceId"});
    query.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = world.ok("PutStoredQuery", json!({"StoredQuery": query})).await;
    answer["QueryArn"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_query_is_kept_changed_and_let_go_of() {
    let world = World::new().await;
    let tags = json!([{"Key": "team", "Value": "ops"}]);
    let query = json!({"QueryName": "open-groups", "Description": "d", "Expression": "no query at all"});
    let answer = world.ok("PutStoredQuery", json!({"StoredQuery": query, "Tags": tags})).await;
    let arn = answer["QueryArn"].as_str().unwrap();
    let id = arn.rsplit('/').next().unwrap();
    assert_eq!(arn, format!("arn:aws:config:eu-west-1:210987654321:stored-query/open-groups/{id}"));
    assert_eq!((id.len(), &id[..6]), (22, "query-"));
    let found = world.ok("GetStoredQuery", json!({"QueryName": "open-groups"})).await;
    let expected = json!({"QueryId": id, "QueryArn": arn, "QueryName": "open-groups", "Description": "d",
        "Expression": "no query at all"});
    assert_eq!(found["StoredQuery"], expected);
    // What was got can be put with a change: what it is called stays.
    let mut changed = found["StoredQuery"].clone();
    changed["Expression"] = json!("SELECT arn");
    assert_eq!(world.ok("PutStoredQuery", json!({"StoredQuery": changed})).await["QueryArn"], arn);
    assert_eq!(world.ok("ListTagsForResource", json!({"ResourceArn": arn})).await["Tags"], tags);
    world.ok("TagResource", json!({"ResourceArn": arn, "Tags": [{"Key": "env", "Value": "x"}]})).await;
    world.ok("UntagResource", json!({"ResourceArn": arn, "TagKeys": ["team"]})).await;
    let left = world.ok("ListTagsForResource", json!({"ResourceArn": arn})).await;
    assert_eq!(left["Tags"], json!([{"Key": "env", "Value": "x"}]));
    world.ok("DeleteStoredQuery", json!({"QueryName": "open-groups"})).await;
    for operation in ["GetStoredQuery", "DeleteStoredQuery"] {
        let refused = world.refused(operation, json!({"QueryName": "open-groups"})).await;
        assert_eq!(refused.0, "ResourceNotFoundException");
    }
}

#[tokio::test]
async fn queries_are_listed_by_name_and_are_300_at_most() {
    let world = World::new().await;
    for number in 0..300 {
        put(&world, &format!("q{number:03}"), json!({})).await;
    }
    let query = json!({"StoredQuery": {"QueryName": "one-more", "Expression": "x"}});
    assert_eq!(world.refused("PutStoredQuery", query).await.0, "ValidationException");
    put(&world, "q299", json!({"Description": "again"})).await;
    let (mut names, mut input) = (Vec::new(), json!({}));
    loop {
        let page = world.ok("ListStoredQueries", input.clone()).await;
        let queries = page["StoredQueryMetadata"].as_array().unwrap().clone();
        assert!(queries.iter().all(|query| query.get("Expression").is_none()));
        names.extend(queries.iter().map(|query| query["QueryName"].as_str().unwrap().to_owned()));
        let Some(token) = page.get("NextToken") else { break };
        input = json!({"NextToken": token, "MaxResults": 60});
    }
    assert_eq!(names, (0..300).map(|number| format!("q{number:03}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn names_of_ours_cannot_be_given() {
    let world = World::new().await;
    for given in [json!({"QueryId": "query-x"}), json!({"QueryName": "a b"}), json!({"Description": "d".repeat(257)})] {
        let mut query = json!({"QueryName": "q", "Expression": "SELECT arn"});
        query.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        let refused = world.refused("PutStoredQuery", json!({"StoredQuery": query})).await;
        assert_eq!(refused.0, "ValidationException", "{given}");
    }
}
