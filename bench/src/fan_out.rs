//! One message to a thousand HTTP subscribers, against a bare client that POSTs the same bytes
//! to the same receiver, as many at a time.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use bytes::Bytes;
use http::Method;
use outbound::{Endpoint, Fence, HttpClient, Outgoing, Trust};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;

use crate::Failure;
use crate::http_load;
use crate::server;
use crate::table::Table;

const SUBSCRIBERS: usize = 1_000;
const MESSAGES: usize = 20;
/// Deliveries to one host that are under way at once.
const AT_ONCE: usize = 8;
/// Subscriptions that are made at once.
const SUBSCRIBED_AT_ONCE: usize = 50;
/// How long the next arrival may take before the measurement has failed.
const PATIENCE: Duration = Duration::from_secs(60);

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:bench";

/// What came: a request's headers and body.
type Arrival = (HeaderMap, Bytes);

/// Measures deliveries a second.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let trailwatch = server::trailwatch(&folder.join("fan-out"), &[]).await?;
    let address = &trailwatch.address;
    let (host, mut arrivals) = receiver().await?;
    call(address, "Action=CreateTopic&Version=2010-03-31&Name=bench").await?;
    subscribe_all(address, &host, &mut arrivals).await?;
    let publish = format!("Action=Publish&Version=2010-03-31&TopicArn={TOPIC}&Message={}", "m".repeat(1_000));
    call(address, &publish).await?;
    let sample = came(&mut arrivals, SUBSCRIBERS).await?;
    let started = Instant::now();
    for _ in 0..MESSAGES {
        call(address, &publish).await?;
    }
    came(&mut arrivals, MESSAGES * SUBSCRIBERS).await?;
    let ours = (MESSAGES * SUBSCRIBERS) as f64 / started.elapsed().as_secs_f64();
    trailwatch.stop().await?;
    let bare = bare(&host, &sample, &mut arrivals).await?;
    table.row(
        &format!("messages to {SUBSCRIBERS} HTTP subscribers on one host, signed, retried, durable"),
        format!("{ours:.0}/s"),
        format!("{bare:.0}/s (bare client, {AT_ONCE} at a time)"),
        format!("{:.2}", ours / bare),
    );
    Ok(())
}

/// The same requests by the client alone.
async fn bare(
    host: &str,
    (headers, body): &Arrival,
    arrivals: &mut UnboundedReceiver<Arrival>,
) -> Result<f64, Failure> {
    let client = HttpClient::new(Trust::Machine, Fence::Open);
    let count = MESSAGES * SUBSCRIBERS;
    let next = Arc::new(AtomicUsize::new(0));
    let mut headers = headers.clone();
    headers.remove("host");
    headers.remove("content-length");
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (client, next, headers, body, host) =
            (client.clone(), next.clone(), headers.clone(), body.clone(), host.to_owned());
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok::<(), Failure>(());
                }
                let endpoint: Endpoint = format!("http://{host}/in/{}", number % SUBSCRIBERS).parse()?;
                let (headers, body) = (headers.clone(), body.clone());
                let timeout = Duration::from_secs(15);
                client.send(Outgoing { endpoint, method: Method::POST, headers, body, timeout }).await?;
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    let took = started.elapsed();
    came(arrivals, count).await?;
    Ok(count as f64 / took.as_secs_f64())
}

/// Waits until so many notifications came; gives the last.
async fn came(arrivals: &mut UnboundedReceiver<Arrival>, count: usize) -> Result<Arrival, Failure> {
    let mut seen = 0;
    loop {
        let arrival = tokio::time::timeout(PATIENCE, arrivals.recv()).await?.ok_or("the receiver has ended")?;
        seen += usize::from(is_kind(&arrival, "Notification"));
        if seen == count {
            return Ok(arrival);
        }
    }
}

fn is_kind((headers, _): &Arrival, kind: &str) -> bool {
    headers.get("x-amz-sns-message-type").is_some_and(|value| value == kind)
}

/// Subscribes a thousand paths of the receiver and confirms each.
async fn subscribe_all(address: &str, host: &str, arrivals: &mut UnboundedReceiver<Arrival>) -> Result<(), Failure> {
    for first in (0..SUBSCRIBERS).step_by(SUBSCRIBED_AT_ONCE) {
        let subscribe = |number| {
            let endpoint = format!("http%3A%2F%2F{}%2Fin%2F{number}", host.replace(':', "%3A"));
            format!("Action=Subscribe&Version=2010-03-31&TopicArn={TOPIC}&Protocol=http&Endpoint={endpoint}")
        };
        let asked: Vec<Vec<u8>> =
            (first..first + SUBSCRIBED_AT_ONCE).map(|number| signed(address, &subscribe(number))).collect();
        http_load::run(address, &asked, Duration::ZERO).await?;
        let mut confirmed = Vec::new();
        while confirmed.len() < SUBSCRIBED_AT_ONCE {
            let arrival = tokio::time::timeout(PATIENCE, arrivals.recv()).await?.ok_or("the receiver has ended")?;
            if is_kind(&arrival, "SubscriptionConfirmation") {
                let envelope: serde_json::Value = serde_json::from_slice(&arrival.1)?;
                let token = envelope["Token"].as_str().ok_or("no token")?;
                let form = format!("Action=ConfirmSubscription&Version=2010-03-31&TopicArn={TOPIC}&Token={token}");
                confirmed.push(signed(address, &form));
            }
        }
        http_load::run(address, &confirmed, Duration::ZERO).await?;
    }
    Ok(())
}

fn signed(address: &str, form: &str) -> Vec<u8> {
    crate::calls::signed(address, "sns", form)
}

async fn call(address: &str, form: &str) -> Result<(), Failure> {
    http_load::run(address, &[signed(address, form)], Duration::ZERO).await.map(drop)
}

async fn receiver() -> Result<(String, UnboundedReceiver<Arrival>), Failure> {
    let (sender, arrivals) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let host = listener.local_addr()?.to_string();
    let router = Router::new().fallback(take).with_state(sender);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((host, arrivals))
}

async fn take(State(sender): State<UnboundedSender<Arrival>>, headers: HeaderMap, body: Bytes) {
    // Nobody waits any more when the measurement has ended.
    let _ = sender.send((headers, body));
}
