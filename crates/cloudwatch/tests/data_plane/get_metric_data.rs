//! `GetMetricData` (cloudwatch.md §3.4 to §3.7, §4.5, §4.6, §4.8).

use serde_json::{Value, json};

use crate::world::{NOW, World};

fn metric(id: &str, name: &str, stat: &str, period: i64) -> Value {
    json!({"Id": id, "MetricStat": {
        "Metric": {"Namespace": "Shop", "MetricName": name}, "Period": period, "Stat": stat,
    }})
}

fn expression(id: &str, text: &str) -> Value {
    json!({"Id": id, "Expression": text})
}

fn asked(queries: Value) -> Value {
    json!({"MetricDataQueries": queries, "StartTime": NOW - 600, "EndTime": NOW})
}

async fn results(world: &World, queries: Value) -> Vec<Value> {
    let answer = world.call("GetMetricData", asked(queries)).await;
    assert_eq!(answer["Messages"], json!([]));
    answer["MetricDataResults"].as_array().unwrap().clone()
}

fn labels(results: &[Value]) -> Vec<&str> {
    results.iter().map(|result| result["Label"].as_str().unwrap()).collect()
}

fn host(name: &str) -> Value {
    json!([{"Name": "Host", "Value": name}])
}

#[tokio::test]
async fn newest_first_unless_asked_otherwise() {
    let world = World::new().await;
    world.put("cpu", json!([]), "None", &[(120, 1.0), (60, 2.0)]).await;
    let newest = results(&world, json!([metric("m1", "cpu", "Sum", 60)])).await;
    let (at, later) = ((NOW - 120) as f64, (NOW - 60) as f64);
    assert_eq!(
        newest,
        [json!({
            "Id": "m1", "Label": "cpu", "Timestamps": [later, at], "Values": [2.0, 1.0], "StatusCode": "Complete",
            "Messages": [],
        })]
    );
    let mut ascending = asked(json!([metric("m1", "cpu", "Sum", 60)]));
    ascending["ScanBy"] = json!("TimestampAscending");
    let oldest = world.call("GetMetricData", ascending).await;
    assert_eq!(oldest["MetricDataResults"][0]["Values"], json!([1.0, 2.0]));
    let none = results(&world, json!([metric("m1", "nothing", "Sum", 60)])).await;
    assert_eq!((&none[0]["Values"], &none[0]["StatusCode"]), (&json!([]), &json!("Complete")));
}

#[tokio::test]
async fn one_of_several_units_is_shown_and_all_are_told() {
    let world = World::new().await;
    world.put("cpu", json!([]), "Seconds", &[(60, 1.0)]).await;
    world.put("cpu", json!([]), "Milliseconds", &[(60, 1000.0)]).await;
    let found = results(&world, json!([metric("m1", "cpu", "Sum", 60)])).await;
    assert_eq!(found[0]["Values"], json!([1000.0]));
    let message = json!([{"Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, Seconds]'"}]);
    assert_eq!(found[0]["Messages"], message);
    for (unit, values) in [("Seconds", json!([1.0])), ("Bytes", json!([]))] {
        let mut query = metric("m1", "cpu", "Sum", 60);
        query["MetricStat"]["Unit"] = json!(unit);
        let found = results(&world, json!([query])).await;
        assert_eq!((&found[0]["Values"], &found[0]["Messages"]), (&values, &json!([])), "{unit}");
    }
}

#[tokio::test]
async fn math_over_what_was_put() {
    let world = World::new().await;
    world.put("hits", json!([]), "None", &[(180, 3.0), (120, 8.0)]).await;
    world.put("calls", json!([]), "None", &[(180, 4.0), (120, 10.0)]).await;
    let hidden = |mut query: Value| {
        query["ReturnData"] = json!(false);
        query
    };
    let found = results(
        &world,
        json!([
            expression("rate", "100 * m1 / m2"),
            hidden(metric("m1", "hits", "Sum", 60)),
            hidden(metric("m2", "calls", "Sum", 60)),
        ]),
    )
    .await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["Id"], &found[0]["Values"]), (&json!("rate"), &json!([80.0, 75.0])));
}

#[tokio::test]
async fn a_search_gives_a_series_a_metric() {
    let world = World::new().await;
    for (name, value) in [("web", 1.0), ("db", 2.0)] {
        world.put("CpuUsage", host(name), "None", &[(60, value)]).await;
        world.put("DiskUsage", host(name), "None", &[(60, value)]).await;
    }
    world.put("CpuUsage", json!([]), "None", &[(60, 9.0)]).await;
    let search = "SEARCH('{Shop,Host} MetricName=\"CpuUsage\"', 'Sum', 60)";
    let found = results(&world, json!([expression("s", search)])).await;
    assert_eq!(labels(&found), ["db", "web"]);
    assert_eq!((&found[0]["Values"], &found[1]["Values"]), (&json!([2.0]), &json!([1.0])));
    let mut labelled = expression("s", search);
    labelled["Label"] = json!("${PROP('Dim.Host')}/${PROP('MetricName')} max ${MAX}");
    let found = results(&world, json!([labelled])).await;
    assert_eq!(labels(&found), ["db/CpuUsage max 2", "web/CpuUsage max 1"]);
    let total = results(&world, json!([expression("s", "SUM(SEARCH('{Shop,Host} usage', 'Sum', 60))")])).await;
    assert_eq!(total[0]["Values"], json!([6.0]));
}

#[tokio::test]
async fn metrics_insights_groups_orders_and_limits() {
    let world = World::new().await;
    for (name, values) in [("web", [1.0, 5.0]), ("db", [2.0, 2.0]), ("cache", [9.0, 9.0])] {
        world.put("cpu", host(name), "None", &[(120, values[0]), (60, values[1])]).await;
    }
    world.put("cpu", json!([]), "None", &[(60, 7.0)]).await;
    let query = async |text: &str| {
        let mut query = expression("q", text);
        query["Period"] = json!(60);
        results(&world, json!([query])).await
    };
    let all = query("SELECT SUM(cpu) FROM Shop").await;
    assert_eq!((labels(&all), &all[0]["Values"]), (vec!["q"], &json!([23.0, 12.0])));
    let grouped = query("SELECT MAX(cpu) FROM Shop GROUP BY Host").await;
    assert_eq!(labels(&grouped), ["Other", "cache", "db", "web"]);
    let top = query("SELECT AVG(cpu) FROM SCHEMA(Shop, Host) GROUP BY Host ORDER BY MAX() DESC LIMIT 2").await;
    assert_eq!(labels(&top), ["cache", "web"]);
    let narrowed = query("SELECT COUNT(cpu) FROM Shop WHERE Host != 'web' GROUP BY Host").await;
    assert_eq!(labels(&narrowed), ["cache", "db"]);
    let plain = query("SELECT MIN(cpu) FROM SCHEMA(Shop)").await;
    assert_eq!(plain[0]["Values"], json!([7.0]));
}

#[tokio::test]
async fn a_band_is_laid_around_what_was_learnt() {
    let world = World::new().await;
    let samples: Vec<(i64, f64)> = (1..=7 * 288).map(|at| (at * 300, 100.0 + (at % 5) as f64)).collect();
    world.put("cpu", json!([]), "None", &samples).await;
    let band = |id: &str| expression(id, "ANOMALY_DETECTION_BAND(m1, 2)");
    let found = results(&world, json!([metric("m1", "cpu", "Average", 300), band("ad1")])).await;
    assert_eq!(labels(&found), ["cpu", "cpu (expected lower)", "cpu (expected upper)"]);
    let value = |result: usize, at: usize| found[result]["Values"][at].as_f64().unwrap();
    for at in 0..found[1]["Values"].as_array().unwrap().len() {
        assert!(value(1, at) < value(2, at));
        assert!(value(1, at) > 50.0 && value(2, at) < 150.0, "{} to {}", value(1, at), value(2, at));
    }
    assert_eq!(found[1]["Timestamps"].as_array().unwrap().len(), 2);
    let unknown = results(&world, json!([metric("m1", "new", "Average", 300), band("ad1")])).await;
    assert_eq!(labels(&unknown), ["new", "new (expected lower)", "new (expected upper)"]);
    assert_eq!((&unknown[1]["Values"], &unknown[2]["Values"]), (&json!([]), &json!([])), "nothing was learnt");
}

#[tokio::test]
async fn pages_reassemble_what_one_page_holds() {
    let world = World::new().await;
    let samples: Vec<(i64, f64)> = (1..=10).map(|at| (at * 60, at as f64)).collect();
    world.put("cpu", json!([]), "None", &samples).await;
    world.put("disk", json!([]), "None", &samples[..3]).await;
    let queries = json!([metric("m1", "cpu", "Sum", 60), metric("m2", "disk", "Sum", 60)]);
    let whole = results(&world, queries.clone()).await;
    let mut joined = [Vec::new(), Vec::new()];
    let (mut token, mut pages) = (Value::Null, 0);
    loop {
        let mut page = asked(queries.clone());
        (page["MaxDatapoints"], page["NextToken"]) = (json!(4), token);
        // Time passes while a reader pages.
        world.pass(30);
        let page = world.call("GetMetricData", page).await;
        for (values, result) in joined.iter_mut().zip(page["MetricDataResults"].as_array().unwrap()) {
            values.extend(result["Values"].as_array().unwrap().clone());
        }
        pages += 1;
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(pages, 4);
    assert_eq!([json!(joined[0]), json!(joined[1])], [whole[0]["Values"].clone(), whole[1]["Values"].clone()]);
}

#[tokio::test]
async fn refusals() {
    let world = World::new().await;
    let with = |changes: &[(&str, Value)]| {
        let mut asked = asked(json!([metric("m1", "cpu", "Sum", 60)]));
        changes.iter().for_each(|(name, value)| asked[*name] = value.clone());
        asked
    };
    for (input, code, message) in [
        (
            with(&[("EndTime", json!(NOW - 601))]),
            "ValidationError",
            "The parameter EndTime must be greater than StartTime.",
        ),
        (
            with(&[("EndTime", json!(NOW - 600))]),
            "ValidationError",
            "The parameter StartTime must not equal parameter EndTime.",
        ),
        (
            with(&[("MetricDataQueries", json!([{"Id": "m1"}]))]),
            "ValidationError",
            "The parameter MetricDataQueries.member.1.MetricStat is required.\n",
        ),
        (
            with(&[("LabelOptions", json!({"Timezone": "CET"}))]),
            "ValidationError",
            "The value CET for parameter LabelOptions.Timezone is invalid.",
        ),
        (
            with(&[("MaxDatapoints", json!(0))]),
            "ValidationError",
            "1 validation error detected: Value '0' at 'maxDatapoints' failed to satisfy constraint: Member must have \
             value greater than or equal to 1",
        ),
        (
            with(&[("NextToken", json!("nonsense"))]),
            "InvalidNextToken",
            "The next token is invalid, has expired, or belongs to other parameters.",
        ),
        (
            with(&[("MetricDataQueries", json!([expression("e1", "m2 + 1")]))]),
            "ValidationError",
            "Error in expression 'e1': Unknown id 'm2'",
        ),
    ] {
        let refusal = world.try_call("GetMetricData", input.clone()).await.unwrap_err();
        assert_eq!(refusal, (code.to_owned(), message.to_owned()), "{input}");
    }
}
