//! Pictures of metrics.

use serde_json::{Value, json};
use wire::schema::Protocol;

use crate::world::World;

const ACCOUNT: &str = "000000000000";
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

fn input(widget: Value) -> Value {
    json!({"MetricWidget": widget.to_string()})
}

/// The picture, as `png`.
async fn picture(world: &World, widget: Value) -> Vec<u8> {
    let body = input(widget).to_string().into_bytes();
    let answered = world.answer(ACCOUNT, Protocol::Json10, "GetMetricWidgetImage", &body).await;
    let (_, answer) = answered.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(answer.raw, None);
    match answer.output.get("MetricWidgetImage") {
        Some(wire::value::Value::Blob(image)) => image.clone(),
        other => panic!("{other:?}"),
    }
}

async fn world() -> World {
    let world = World::new().await;
    let samples: Vec<(i64, f64)> = (1..170).map(|minute| (minute * 60, minute as f64)).collect();
    world.put("orders", json!([]), "Count", &samples).await;
    world
}

#[tokio::test]
async fn a_picture_has_the_size_asked_for_and_shows_the_data() {
    let world = world().await;
    let orders = json!({"metrics": [["Shop", "orders"]], "width": 321, "height": 123, "period": 60});
    let image = picture(&world, orders.clone()).await;
    assert_eq!(image[..8], *SIGNATURE);
    let side = |at: usize| u32::from_be_bytes(image[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), (321, 123));
    // The same data give the same picture, other data another.
    assert_eq!(picture(&world, orders.clone()).await, image);
    world.put("orders", json!([]), "Count", &[(600, 900.0)]).await;
    assert_ne!(picture(&world, orders).await, image);
}

#[tokio::test]
async fn entries_reach_the_engine() {
    let world = world().await;
    let widget = |entry: Value| json!({"metrics": [["Shop", "orders", {"id": "m1", "visible": false}], [entry]]});
    let nothing = picture(&world, widget(json!({"expression": "FILL(m1, 0) - FILL(m1, 0)", "label": "x"}))).await;
    let doubled = picture(&world, widget(json!({"expression": "m1 * 2", "label": "x"}))).await;
    assert_ne!(nothing, doubled);
    let searched = json!({"expression": "SEARCH('{Shop} orders', 'Sum', 60)", "label": "x"});
    assert_ne!(picture(&world, widget(searched)).await, doubled);
}

#[tokio::test]
async fn an_empty_range_is_a_picture_without_data() {
    let world = world().await;
    for start in ["-PT1S", "-PT59S"] {
        picture(&world, json!({"metrics": [["Shop", "orders"], [{"expression": "TIME_SERIES(1)"}]], "start": start}))
            .await;
    }
}

#[tokio::test]
async fn the_body_itself_can_be_the_picture() {
    let world = world().await;
    let mut input = input(json!({"metrics": [["Shop", "orders"]]}));
    input["OutputFormat"] = json!("image/png");
    for protocol in [Protocol::Json10, Protocol::Query] {
        let body = match protocol {
            Protocol::Query => b"Action=GetMetricWidgetImage&Version=2010-08-01&OutputFormat=image%2Fpng\
                  &MetricWidget=%7B%22metrics%22%3A%5B%5B%22Shop%22%2C%22orders%22%5D%5D%7D"
                .to_vec(),
            _ => input.to_string().into_bytes(),
        };
        let (_, answer) = world.answer(ACCOUNT, protocol, "GetMetricWidgetImage", &body).await.unwrap();
        let raw = answer.raw.expect("a raw body");
        assert_eq!((raw.media_type, &raw.bytes[..8]), ("image/png", SIGNATURE));
    }
}

#[tokio::test]
async fn what_cannot_be_drawn_is_refused() {
    let world = world().await;
    let widget = |widget: Value| input(widget);
    let format = json!({"MetricWidget": "{}", "OutputFormat": "gif"});
    let long = json!({"MetricWidget": "x".repeat(102_401)});
    let unknown = widget(json!({"metrics": [[{"expression": "m9 * 2", "id": "e1"}]]}));
    let number = widget(json!({"metrics": [[{"expression": "1 + 1", "id": "e1"}]]}));
    for (input, message) in [
        (widget(json!({})), "The metric widget is invalid: Should have required property 'metrics'"),
        (
            format,
            "1 validation error detected: Value 'gif' at 'outputFormat' failed to satisfy constraint: Member must \
             satisfy enum value set: [png, image/png]",
        ),
        (
            long,
            "1 validation error detected: Value '…' at 'metricWidget' failed to satisfy constraint: Member must have \
             length less than or equal to 102400",
        ),
        (unknown, "Error in expression 'e1': Unknown id 'm9'"),
        (number, "Error in expression 'e1': The expression gives a number, not a time series"),
    ] {
        let (code, told) = world.try_call("GetMetricWidgetImage", input).await.unwrap_err();
        assert_eq!((code.as_str(), told.as_str()), ("ValidationError", message));
    }
}
