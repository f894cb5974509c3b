//! From a breaching point to the message at a subscriber's door, on the machine's clock.

use std::path::Path;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::Failure;
use crate::http_load;
use crate::server;
use crate::table::{Table, ms, quantile};

/// Alarms of each round; they are put, breached and delivered side by side.
const ALARMS: usize = 20;
/// The alarms' period.
const PERIOD: Duration = Duration::from_secs(10);
/// How long a message may take before the round has failed.
const PATIENCE: Duration = Duration::from_secs(60);

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:bench";

/// A message that came: when, its type and its text.
type Arrival = (Instant, String, String);

/// Measures deliveries of states that are set, and of states that are evaluated.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let trailwatch = server::trailwatch(&folder.join("action"), &[]).await?;
    let address = &trailwatch.address;
    let (url, mut arrivals) = receiver().await?;
    subscribe(address, &url, &mut arrivals).await?;
    for number in 0..ALARMS {
        let form = format!(
            "Action=PutMetricAlarm&Version=2010-08-01&AlarmName=a{number}&Namespace=Bench&MetricName=m{number}\
             &Statistic=Maximum&Period=10&EvaluationPeriods=1&Threshold=50&ComparisonOperator=GreaterThanThreshold\
             &TreatMissingData=ignore&AlarmActions.member.1={TOPIC}"
        );
        call(address, "monitoring", &form).await?;
    }
    // One after another: each is seen by itself.
    let mut set = Vec::new();
    for number in 0..ALARMS {
        let started = Instant::now();
        let form =
            format!("Action=SetAlarmState&Version=2010-08-01&AlarmName=a{number}&StateValue=ALARM&StateReason=bench");
        call(address, "monitoring", &form).await?;
        message(&mut arrivals).await?;
        set.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    table.row(
        "a state that is set, to its message at an HTTP subscriber",
        p50(&mut set),
        "-".to_owned(),
        "-".to_owned(),
    );
    for number in 0..ALARMS {
        let form =
            format!("Action=SetAlarmState&Version=2010-08-01&AlarmName=a{number}&StateValue=OK&StateReason=bench");
        call(address, "monitoring", &form).await?;
    }
    let mut evaluated = breach(address, &mut arrivals).await?;
    let (half, most) = (quantile(&mut evaluated, 0.5), quantile(&mut evaluated, 1.0));
    table.row(
        "a breaching point, to its message at an HTTP subscriber, period of 10 s",
        format!("p50 {:.1} s, most {:.1} s", half / 1000.0, most / 1000.0),
        "10 s (one period)".to_owned(),
        format!("{:.2}", half / (PERIOD.as_secs_f64() * 1000.0)),
    );
    trailwatch.stop().await
}

/// Puts a breaching point for each alarm, half a second apart so that all moments of a period
/// are among them; gives the milliseconds until each one's message.
async fn breach(address: &str, arrivals: &mut Receiver<Arrival>) -> Result<Vec<f64>, Failure> {
    let mut put = Vec::new();
    for number in 0..ALARMS {
        put.push(Instant::now());
        let form = format!(
            "Action=PutMetricData&Version=2010-08-01&Namespace=Bench&MetricData.member.1.MetricName=m{number}\
             &MetricData.member.1.Value=90&MetricData.member.1.StorageResolution=1"
        );
        call(address, "monitoring", &form).await?;
        pause(PERIOD / ALARMS as u32).await;
    }
    let mut took = Vec::new();
    while took.len() < ALARMS {
        let (at, text) = message_at(arrivals).await?;
        let name = text.split(r#"\"AlarmName\":\"a"#).nth(1).and_then(|rest| rest.split('\\').next());
        let number: usize = name.ok_or("a message names no alarm")?.parse()?;
        took.push(at.duration_since(put[number]).as_secs_f64() * 1000.0);
    }
    Ok(took)
}

fn p50(samples: &mut [f64]) -> String {
    format!("p50 {}", ms(quantile(samples, 0.5)))
}

async fn call(address: &str, service: &str, form: &str) -> Result<(), Failure> {
    http_load::run(address, &[crate::calls::signed(address, service, form)], Duration::ZERO).await.map(drop)
}

async fn message(arrivals: &mut Receiver<Arrival>) -> Result<String, Failure> {
    Ok(message_at(arrivals).await?.1)
}

/// The next notification, with the moment it came.
async fn message_at(arrivals: &mut Receiver<Arrival>) -> Result<(Instant, String), Failure> {
    loop {
        let (at, kind, text) =
            tokio::time::timeout(PATIENCE, arrivals.recv()).await?.ok_or("the receiver has ended")?;
        if kind == "Notification" {
            return Ok((at, text));
        }
    }
}

/// Makes the topic, subscribes the receiver and confirms.
async fn subscribe(address: &str, url: &str, arrivals: &mut Receiver<Arrival>) -> Result<(), Failure> {
    call(address, "sns", "Action=CreateTopic&Version=2010-03-31&Name=bench").await?;
    let endpoint = url.replace(':', "%3A").replace('/', "%2F");
    let form = format!("Action=Subscribe&Version=2010-03-31&TopicArn={TOPIC}&Protocol=http&Endpoint={endpoint}");
    call(address, "sns", &form).await?;
    let (_, _, text) = tokio::time::timeout(PATIENCE, arrivals.recv()).await?.ok_or("the receiver has ended")?;
    let envelope: serde_json::Value = serde_json::from_str(&text)?;
    let token = envelope["Token"].as_str().ok_or("no token")?;
    let form = format!("Action=ConfirmSubscription&Version=2010-03-31&TopicArn={TOPIC}&Token={token}");
    call(address, "sns", &form).await
}

async fn receiver() -> Result<(String, Receiver<Arrival>), Failure> {
    let (sender, arrivals) = mpsc::channel(1024);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let router = Router::new().route("/", post(take)).with_state(sender);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((url, arrivals))
}

async fn take(State(sender): State<Sender<Arrival>>, headers: HeaderMap, body: Bytes) {
    let kind = headers.get("x-amz-sns-message-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Nobody waits any more when the measurement has ended.
    let _ = sender.send((Instant::now(), kind.to_owned(), String::from_utf8_lossy(&body).into_owned())).await;
}

#[expect(clippy::disallowed_methods, reason = "a measurement on the machine's clock")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
