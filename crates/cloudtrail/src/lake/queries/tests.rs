//! Queries from their start to their end, over an engine that tests steer.

use serde_json::{Value, json};
use store::job::Job as _;

use super::KeepQueries;
use crate::delivery::gunzipped;
use crate::digests::verified;
use crate::test_world::{ACCOUNT, World};

async fn store(world: &World, name: &str) -> String {
    let made = world.ok("CreateEventDataStore", json!({"Name": name})).await;
    let arn = made["EventDataStoreArn"].as_str().unwrap();
    arn.rsplit('/').next().unwrap().to_owned()
}

async fn start(world: &World, statement: &str) -> String {
    let started = world.ok("StartQuery", json!({"QueryStatement": statement})).await;
    started["QueryId"].as_str().unwrap().to_owned()
}

/// Waits until a query has ended, its delivery too, and describes it.
async fn ended(world: &World, id: &str) -> Value {
    loop {
        let described = world.ok("DescribeQuery", json!({"QueryId": id})).await;
        if described["QueryStatus"] != "RUNNING" && described["DeliveryStatus"] != "PENDING" {
            return described;
        }
        tokio::task::yield_now().await;
    }
}

fn numbers(page: &Value) -> Vec<&str> {
    let rows = page["QueryResultRows"].as_array().unwrap();
    rows.iter().map(|row| row[0]["number"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_query_ends_and_is_described() {
    let world = World::new().await;
    let id = store(&world, "calls").await;
    let query = start(&world, &format!("select {id} rows 2")).await;
    let described = ended(&world, &query).await;
    assert_eq!(described["QueryStatus"], "FINISHED");
    assert_eq!(described["QueryString"], format!("select {id} rows 2"));
    let statistics = &described["QueryStatistics"];
    assert_eq!((&statistics["EventsMatched"], &statistics["EventsScanned"]), (&json!(1), &json!(2)));
    assert_eq!((&statistics["BytesScanned"], &statistics["ExecutionTimeInMillis"]), (&json!(3), &json!(0)));
    let results = world.ok("GetQueryResults", json!({"QueryId": query})).await;
    let rows = json!([[{"number": "0"}, {"Even": "even, \"yes\""}], [{"number": "1"}, {"Even": ""}]]);
    assert_eq!(results["QueryResultRows"], rows);
    assert_eq!(results["QueryStatistics"], json!({"ResultsCount": 2, "TotalResultsCount": 2, "BytesScanned": 3}));
    assert_eq!(world.lake.ran.lock().unwrap()[0].now, crate::test_world::NOW);
}

#[tokio::test]
async fn results_come_in_pages() {
    let world = World::new().await;
    let id = store(&world, "calls").await;
    let query = start(&world, &format!("select {id} rows 2500")).await;
    ended(&world, &query).await;
    let (mut all, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut input = json!({"QueryId": query, "MaxQueryResults": 900});
        if !token.is_null() {
            input["NextToken"] = token;
        }
        let page = world.ok("GetQueryResults", input).await;
        all.extend(numbers(&page).into_iter().map(str::to_owned));
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(all, (0..2500).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(world.documents.0.lock().unwrap().len(), 3);
    let refused = world.refused("GetQueryResults", json!({"QueryId": query, "NextToken": "xxxx"})).await;
    assert_eq!(refused.0, "InvalidNextTokenException");
}

#[tokio::test]
async fn a_query_that_fails_says_why_and_has_no_rows() {
    let world = World::new().await;
    let id = store(&world, "calls").await;
    let query = start(&world, &format!("select {id} fail")).await;
    let described = ended(&world, &query).await;
    assert_eq!((&described["QueryStatus"], &described["ErrorMessage"]), (&json!("FAILED"), &json!("Division by zero")));
    let results = world.ok("GetQueryResults", json!({"QueryId": query})).await;
    assert_eq!(results["QueryResultRows"], json!([]));
    assert!(world.documents.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_cancelled_query_stops_and_stays_so() {
    let world = World::new().await;
    let id = store(&world, "calls").await;
    let query = start(&world, &format!("select {id} wait")).await;
    let results = world.ok("GetQueryResults", json!({"QueryId": query})).await;
    assert_eq!((&results["QueryStatus"], &results["QueryResultRows"]), (&json!("RUNNING"), &json!([])));
    let cancelled = world.ok("CancelQuery", json!({"QueryId": query})).await;
    assert_eq!(cancelled, json!({"QueryId": query, "QueryStatus": "CANCELLED"}));
    assert_eq!(ended(&world, &query).await["QueryStatus"], "CANCELLED");
    let again = world.refused("CancelQuery", json!({"QueryId": query})).await;
    assert_eq!(again.0, "InactiveQueryException");
}

#[tokio::test]
async fn ten_queries_run_at_once() {
    let world = World::new().await;
    let id = store(&world, "calls").await;
    let mut queries = Vec::new();
    for _ in 0..10 {
        queries.push(start(&world, &format!("select {id} wait")).await);
    }
    let input = json!({"QueryStatement": format!("select {id} rows 1")});
    assert_eq!(world.refused("StartQuery", input.clone()).await.0, "MaxConcurrentQueriesException");
    world.ok("CancelQuery", json!({"QueryId": queries[0]})).await;
    world.ok("StartQuery", input).await;
}

#[tokio::test]
async fn statements_and_stores_are_looked_at_before_a_query_starts() {
    let world = World::new().await;
    let id = store(&world, "calls").await;
    let absent = "22222222-2222-3333-4444-555555555555";
    let cases = [
        (json!({}), "InvalidParameterException"),
        (json!({"QueryStatement": "select 1"}), "InvalidQueryStatementException"),
        (json!({"QueryStatement": format!("bad {id}")}), "InvalidQueryStatementException"),
        (json!({"QueryStatement": format!("select {id} {}", "x".repeat(10_000))}), "InvalidQueryStatementException"),
        (json!({"QueryStatement": format!("select {absent}")}), "EventDataStoreNotFoundException"),
        (json!({"QueryAlias": "alias"}), "UnsupportedOperationException"),
        (json!({"QueryStatement": format!("select {id}"), "QueryAlias": "alias"}), "InvalidParameterException"),
        (json!({"QueryStatement": format!("select {id}"), "QueryParameters": ["a"]}), "InvalidParameterException"),
        (
            json!({"QueryStatement": format!("select {id}"), "DeliveryS3Uri": "s3://nowhere/x"}),
            "S3BucketDoesNotExistException",
        ),
        (json!({"QueryStatement": format!("select {id}"), "DeliveryS3Uri": "films"}), "InvalidS3PrefixException"),
    ];
    for (input, expected) in cases {
        let refused = world.refused("StartQuery", input.clone()).await;
        assert_eq!(refused.0, expected, "{input}");
    }
    assert!(world.lake.ran.lock().unwrap().is_empty());
}

#[tokio::test]
async fn queries_of_a_store_pending_deletion_are_refused() {
    let world = World::new().await;
    let made = world.ok("CreateEventDataStore", json!({"Name": "calls", "TerminationProtectionEnabled": false})).await;
    let arn = made["EventDataStoreArn"].as_str().unwrap().to_owned();
    world.ok("DeleteEventDataStore", json!({"EventDataStore": arn})).await;
    let id = arn.rsplit('/').next().unwrap();
    let refused = world.refused("StartQuery", json!({"QueryStatement": format!("select {id} rows 1")})).await;
    assert_eq!(refused.0, "InactiveEventDataStoreException");
}

#[tokio::test]
async fn queries_are_found_by_their_stores() {
    let world = World::new().await;
    let (one, other) = (store(&world, "one").await, store(&world, "other").await);
    let first = start(&world, &format!("select {one} rows 1")).await;
    ended(&world, &first).await;
    world.sleep(60);
    let second = start(&world, &format!("select {one} {other} fail")).await;
    ended(&world, &second).await;
    let listed = |input: Value| {
        let world = &world;
        async move {
            let listed = world.ok("ListQueries", input).await;
            let queries = listed["Queries"].as_array().unwrap().iter();
            let ids: Vec<String> = queries.map(|query| query["QueryId"].as_str().unwrap().to_owned()).collect();
            (ids, listed["NextToken"].clone())
        }
    };
    assert_eq!(listed(json!({"EventDataStore": one})).await.0, [second.clone(), first.clone()]);
    assert_eq!(listed(json!({"EventDataStore": other})).await.0, std::slice::from_ref(&second));
    assert_eq!(listed(json!({"EventDataStore": one, "QueryStatus": "FINISHED"})).await.0, std::slice::from_ref(&first));
    let now = world.now().secs();
    assert_eq!(listed(json!({"EventDataStore": one, "StartTime": now - 30})).await.0, std::slice::from_ref(&second));
    assert_eq!(listed(json!({"EventDataStore": one, "EndTime": now - 30})).await.0, std::slice::from_ref(&first));
    let (page, token) = listed(json!({"EventDataStore": one, "MaxResults": 1})).await;
    assert_eq!(page, std::slice::from_ref(&second));
    assert_eq!(
        listed(json!({"EventDataStore": one, "MaxResults": 1, "NextToken": token})).await.0,
        std::slice::from_ref(&first)
    );
    let refused =
        world.refused("ListQueries", json!({"EventDataStore": one, "StartTime": now, "EndTime": now - 1})).await;
    assert_eq!(refused.0, "InvalidDateRangeException");
    // The member that AWS no longer wants is understood.
    world.ok("DescribeQuery", json!({"QueryId": second, "EventDataStore": other})).await;
    let refused = world.refused("DescribeQuery", json!({"QueryId": first, "EventDataStore": other})).await;
    assert_eq!(refused.0, "QueryIdNotFoundException");
}

#[tokio::test]
async fn results_are_kept_for_seven_days() {
    let world = World::new().await;
    let id = store(&world, "calls").await;
    let query = start(&world, &format!("select {id} rows 1")).await;
    ended(&world, &query).await;
    let job = KeepQueries::new(world.cloudtrail.clone());
    world.sleep(7 * 86_400 - 1);
    job.run(world.now()).await.unwrap();
    assert_eq!(numbers(&world.ok("GetQueryResults", json!({"QueryId": query})).await), ["0"]);
    world.sleep(1);
    let refused = world.refused("GetQueryResults", json!({"QueryId": query})).await;
    assert_eq!(refused.0, "QueryIdNotFoundException");
    job.run(world.now()).await.unwrap();
    assert!(world.documents.0.lock().unwrap().is_empty());
    assert!(world.parts().catalog.list_all::<super::QueryRecord>().is_empty());
}

#[tokio::test]
async fn a_query_that_was_cut_off_is_run_again() {
    let world = World::new().await;
    let id = store(&world, "calls").await;
    let query = start(&world, &format!("select {id} wait")).await;
    let mut records = world.parts().catalog.list_all::<super::QueryRecord>();
    let (key, found) = records.pop().unwrap();
    // As if it had been one that ends by itself.
    let mut record = super::QueryRecord::clone(&found.value);
    record.statement = format!("select {id} rows 3");
    let mut transaction = store::catalog::Transaction::default();
    transaction.update(key, found.version, &record);
    world.parts().catalog.commit(transaction).await.unwrap();
    let world = world.restarted().await;
    KeepQueries::new(world.cloudtrail.clone()).run(world.now()).await.unwrap();
    assert_eq!(ended(&world, &query).await["QueryStatus"], "FINISHED");
    assert_eq!(numbers(&world.ok("GetQueryResults", json!({"QueryId": query})).await), ["0", "1", "2"]);
    // It is run once.
    KeepQueries::new(world.cloudtrail.clone()).run(world.now()).await.unwrap();
    assert_eq!(world.lake.ran.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn results_are_delivered_and_signed() {
    let world = World::new().await;
    let id = store(&world, "calls").await;
    let input = json!({"QueryStatement": format!("select {id} rows 2"), "DeliveryS3Uri": "s3://acme-trail/deep/down/"});
    let started = world.ok("StartQuery", input).await;
    let query = started["QueryId"].as_str().unwrap();
    let described = ended(&world, query).await;
    assert_eq!(described["DeliveryStatus"], "SUCCESS");
    assert_eq!(described["DeliveryS3Uri"], "s3://acme-trail/deep/down/");
    let below = format!("deep/down/AWSLogs/{ACCOUNT}/CloudTrail-Lake/Query/2026/03/02/{query}/");
    let objects = world.outside.objects(&below);
    let names: Vec<_> = objects.iter().map(|(key, _)| key.trim_start_matches(&below)).collect();
    assert_eq!(names, ["result_1.csv.gz", "result_sign.json"]);
    let csv = gunzipped(&objects[0].1.body).unwrap();
    assert_eq!(String::from_utf8(csv).unwrap(), "number,Even\n0,\"even, \"\"yes\"\"\"\n1,\n");
    let sign: Value = serde_json::from_slice(&objects[1].1.body).unwrap();
    assert_eq!(sign["files"][0]["fileName"], "result_1.csv.gz");
    assert_eq!(sign["files"][0]["fileHashValue"], crate::delivery::sha256_hex(&objects[0].1.body));
    let keys = world.ok("ListPublicKeys", json!({})).await;
    let key = &keys["PublicKeyList"][0];
    assert_eq!(key["Fingerprint"], sign["publicKeyFingerprint"]);
    use base64::Engine as _;
    let public = base64::engine::general_purpose::STANDARD.decode(key["Value"].as_str().unwrap()).unwrap();
    let hashes = sign["files"][0]["fileHashValue"].as_str().unwrap();
    assert!(verified(&public, hashes, sign["hashSignature"].as_str().unwrap()));
}

#[tokio::test]
async fn a_delivery_that_is_not_let_in_says_so() {
    let cases = [("result_1", "ACCESS_DENIED"), ("result_sign", "ACCESS_DENIED_SIGNING_FILE")];
    for (object, expected) in cases {
        let world = World::new().await;
        let id = store(&world, "calls").await;
        world.outside.state().refused.push((object.to_owned(), "AccessDenied"));
        let input = json!({"QueryStatement": format!("select {id} rows 2"), "DeliveryS3Uri": "s3://acme-trail"});
        let started = world.ok("StartQuery", input).await;
        let described = ended(&world, started["QueryId"].as_str().unwrap()).await;
        assert_eq!((&described["QueryStatus"], &described["DeliveryStatus"]), (&json!("FINISHED"), &json!(expected)));
    }
}

#[tokio::test]
async fn a_query_is_on_the_stores_that_its_statement_names() {
    use api::Service as _;
    use wire::value::Value as Wire;

    let world = World::new().await;
    let (one, other) = (store(&world, "one").await, store(&world, "other").await);
    let operation = world.cloudtrail.schema().operation("StartQuery").unwrap();
    let shape = operation.input.unwrap();
    let mut input = wire::value::Struct::new(shape);
    let place = shape.structure().unwrap().member("QueryStatement").unwrap().0;
    input.set(place, Wire::String(format!("select 1 from {one} join \"{other}\" on '{one}' = ''")));
    let cx = crate::test_world::context("eu-west-1", world.now());
    let wanted = world.cloudtrail.authorization(&cx, operation, Some(&Wire::Struct(input)));
    let arn = |id: &str| format!("arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:eventdatastore/{id}");
    assert_eq!((wanted.action.as_str(), wanted.resources), ("cloudtrail:StartQuery", vec![arn(&one), arn(&other)]));
}
