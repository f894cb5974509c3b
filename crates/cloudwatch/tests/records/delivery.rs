use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base::Timestamp;
use rustls::pki_types::PrivateKeyDer;
use rustls::{RootCertStore, ServerConfig};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::metric_streams::{stream, stream_with};
use super::world::*;

fn after(secs: i64) -> Timestamp {
    NOW.plus_millis(secs * 1000)
}

/// A world whose delivery stream `out` is a file.
async fn with_file() -> (World, PathBuf) {
    let world =
        World::with_destinations(|folder| vec![format!("out=file://{}/out.ndjson", folder.path().display())]).await;
    let path = world.folder.path().join("out.ndjson");
    (world, path)
}

fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn delivered(path: &PathBuf) -> Vec<Json> {
    std::fs::read_to_string(path).map(|text| lines(&text)).unwrap_or_default()
}

fn minutes(lines: &[Json]) -> Vec<i64> {
    lines.iter().map(|line| (line["timestamp"].as_i64().unwrap() - NOW.millis()) / 60_000).collect()
}

#[tokio::test]
async fn a_line_has_the_documented_form() {
    let (world, path) = with_file().await;
    let more = json!({"StatisticsConfigurations": [
        {"IncludeMetrics": [{"Namespace": "App", "MetricName": "Latency"}], "AdditionalStatistics": ["p100", "TC(:5)", "p100"]},
    ]});
    world.call("PutMetricStream", stream_with("s", more)).await.unwrap();
    let dimensions = [("host", "a \"b\""), ("zone", "z")];
    world
        .put(vec![
            datum("App", "Latency", &dimensions, after(5), 2.0),
            datum("App", "Latency", &dimensions, after(50), 8.5),
        ])
        .await;
    world.deliver(after(180)).await;
    let text = std::fs::read_to_string(path).unwrap();
    let expected = format!(
        concat!(
            r#"{{"metric_stream_name":"s","account_id":"{}","region":"{}","namespace":"App","metric_name":"Latency","#,
            r#""dimensions":{{"host":"a \"b\"","zone":"z"}},"timestamp":{},"#,
            r#""value":{{"max":8.5,"min":2.0,"sum":10.5,"count":2.0,"p100":8.5,"TC(:5)":1.0}},"unit":"Seconds"}}"#,
            "\n"
        ),
        ACCOUNT,
        REGION,
        NOW.millis()
    );
    assert_eq!(text, expected);
}

#[tokio::test]
async fn each_finished_minute_is_delivered_once_even_after_a_restart_of_the_job() {
    let (world, path) = with_file().await;
    world.call("PutMetricStream", stream("s")).await.unwrap();
    world.put((0..10).map(|minute| datum("App", "Load", &[], after(minute * 60), 1.0)).collect()).await;
    world.deliver(after(179)).await;
    assert_eq!(minutes(&delivered(&path)), Vec::<i64>::new());
    world.deliver(after(180)).await;
    world.deliver(after(185)).await;
    assert_eq!(minutes(&delivered(&path)), [0]);
    world.deliver(after(360)).await;
    assert_eq!(minutes(&delivered(&path)), [0, 1, 2, 3]);
}

#[tokio::test]
async fn a_long_absence_is_caught_up() {
    let (world, path) = with_file().await;
    world.call("PutMetricStream", stream("s")).await.unwrap();
    world.put((0..90).map(|minute| datum("App", "Load", &[], after(minute * 60), 1.0)).collect()).await;
    world.deliver(after(6 * 3600)).await;
    assert_eq!(minutes(&delivered(&path)), (0..90).collect::<Vec<i64>>());
}

#[tokio::test]
async fn filters_decide_what_is_delivered() {
    let included = json!({"IncludeFilters": [
        {"Namespace": "App", "MetricNames": ["Load"]}, {"Namespace": "App", "MetricNames": ["Errors"]}, {"Namespace": "Db"},
    ]});
    let excluded = json!({"ExcludeFilters": [{"Namespace": "App", "MetricNames": ["Load"]}, {"Namespace": "Db"}]});
    let all = ["App/Errors", "App/Load", "App/Other", "Db/Load", "Net/Load"];
    for (more, expected) in [
        (json!({}), &all[..]),
        (included, &["App/Errors", "App/Load", "Db/Load"]),
        (excluded, &["App/Errors", "App/Other", "Net/Load"]),
    ] {
        let (world, path) = with_file().await;
        world.call("PutMetricStream", stream_with("s", more.clone())).await.unwrap();
        let data = all.iter().map(|name| name.split_once('/').unwrap());
        world.put(data.map(|(namespace, name)| datum(namespace, name, &[], NOW, 1.0)).collect()).await;
        world.deliver(after(180)).await;
        let name =
            |line: &Json| format!("{}/{}", line["namespace"].as_str().unwrap(), line["metric_name"].as_str().unwrap());
        assert_eq!(delivered(&path).iter().map(name).collect::<Vec<_>>(), expected, "{more}");
    }
}

#[tokio::test]
async fn a_stopped_stream_delivers_nothing_and_does_not_make_up_for_it() {
    let (world, path) = with_file().await;
    world.call("PutMetricStream", stream("s")).await.unwrap();
    world.put((0..20).map(|minute| datum("App", "Load", &[], after(minute * 60), 1.0)).collect()).await;
    world.deliver(after(180)).await;
    world.call("StopMetricStreams", json!({"Names": ["s"]})).await.unwrap();
    world.deliver(after(600)).await;
    assert_eq!(minutes(&delivered(&path)), [0]);
    world.call_at(after(600), "StartMetricStreams", json!({"Names": ["s"]})).await.unwrap();
    world.deliver(after(780)).await;
    assert_eq!(minutes(&delivered(&path)), [0, 10]);
}

#[tokio::test]
async fn a_stream_of_another_account_or_region_sees_nothing() {
    let (world, path) = with_file().await;
    world.call("PutMetricStream", stream("s")).await.unwrap();
    let elsewhere = base::Scope { region: "us-east-1".parse().unwrap(), ..scope() };
    world.store.metrics().put(&elsewhere, vec![datum("App", "Load", &[], NOW, 1.0)]).await.unwrap();
    world.deliver(after(600)).await;
    assert_eq!(delivered(&path), Vec::<Json>::new());
}

type Received = Arc<Mutex<Vec<(String, String)>>>;

/// A server that answers each request with the next status, then closes; it keeps what it got.
async fn receiver(statuses: &'static [u16]) -> (u16, Received) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let received = Received::default();
    let keep = received.clone();
    tokio::spawn(async move {
        for status in statuses {
            let (stream, _) = listener.accept().await.unwrap();
            answer(stream, *status, &keep).await;
        }
    });
    (port, received)
}

/// Takes one request, and answers it.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, status: u16, received: &Received) {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    let (head, body) = loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lower = head.to_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() >= length.parse().unwrap() {
                break (head.to_owned(), body.to_owned());
            }
        }
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the request ended early");
        request.extend_from_slice(&buffer[..read]);
    };
    received.lock().unwrap().push((head, body));
    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok");
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
}

/// A server as [`receiver`] that speaks TLS, and the certificate to trust.
async fn tls_receiver() -> (u16, Received, RootCertStore) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let received = Received::default();
    let keep = received.clone();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Whoever does not trust the certificate hangs up.
            if let Ok(stream) = acceptor.accept(stream).await {
                answer(stream, 200, &keep).await;
            }
        }
    });
    (port, received, roots)
}

#[tokio::test]
async fn a_destination_is_trusted_by_its_certificate() {
    let (port, received, roots) = tls_receiver().await;
    let world = World::with_destinations(|_| vec![format!("out=https://localhost:{port}/in")]).await;
    world.call("PutMetricStream", stream("s")).await.unwrap();
    world.put(vec![datum("App", "Load", &[], NOW, 1.0)]).await;
    world.deliver_trusting(RootCertStore::empty(), after(180)).await;
    assert!(received.lock().unwrap().is_empty());
    world.deliver_trusting(roots, after(240)).await;
    assert_eq!(minutes(&lines(&received.lock().unwrap()[0].1)), [0]);
}

#[tokio::test]
async fn a_batch_that_was_refused_is_sent_again() {
    let (port, received) = receiver(&[503, 302, 200, 200]).await;
    let world = World::with_destinations(|_| vec![format!("out=http://me:secret@127.0.0.1:{port}/in?x=1")]).await;
    world.call("PutMetricStream", stream("s")).await.unwrap();
    world.put((0..10).map(|minute| datum("App", "Load", &[], after(minute * 60), 1.0)).collect()).await;
    for secs in [180, 240, 300, 360] {
        world.deliver(after(secs)).await;
    }
    let received = received.lock().unwrap();
    let sent: Vec<Vec<i64>> = received.iter().map(|(_, body)| minutes(&lines(body))).collect();
    assert_eq!(sent, [vec![0], vec![0, 1], vec![0, 1, 2], vec![3]]);
    let head = received[0].0.to_lowercase();
    assert!(head.starts_with("post /in?x=1 http/1.1\r\n"), "{head}");
    for header in [
        format!("host: 127.0.0.1:{port}"),
        "content-type: application/x-ndjson".to_owned(),
        "authorization: basic bwu6c2vjcmv0".to_owned(),
    ] {
        assert!(head.lines().any(|line| line == header), "{header} in {head}");
    }
}

#[tokio::test]
async fn a_stream_without_a_destination_waits_for_one_and_holds_up_no_other() {
    let (world, path) = with_file().await;
    world.call("PutMetricStream", stream("s")).await.unwrap();
    let mut lost = world
        .store
        .catalog()
        .get::<cloudwatch::record::MetricStreamRecord>(&store::Key::regional(&account(), &scope().region, "s"))
        .unwrap()
        .value
        .as_ref()
        .clone();
    lost.firehose_arn = lost.firehose_arn.replace("/out", "/gone");
    let key = store::Key::regional(&account(), &scope().region, "a-lost-one");
    let cursor = cloudwatch::record::MetricStreamCursor { next_minute_secs: NOW.secs() };
    let mut transaction = store::Transaction::default();
    transaction.create(key.clone(), &lost).create(key.clone(), &cursor);
    world.store.catalog().commit(transaction).await.unwrap();
    world.put(vec![datum("App", "Load", &[], NOW, 1.0)]).await;
    world.deliver(after(180)).await;
    assert_eq!(minutes(&delivered(&path)), [0]);
    let found = world.store.catalog().get::<cloudwatch::record::MetricStreamCursor>(&key).unwrap();
    assert_eq!(*found.value, cursor);
}
