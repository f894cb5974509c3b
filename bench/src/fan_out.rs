//! One message to a thousand HTTP subscribers, against a bare client that POSTs the same bytes
//! to the same receiver, as many at a time.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::Method;
use outbound::{Endpoint, Fence, HttpClient, Outgoing, Trust};
use tokio::task::JoinSet;

use crate::Failure;
use crate::http_load;
use crate::receiver::{Arrival, Receiver, TOPIC};
use crate::server;
use crate::table::Table;

const SUBSCRIBERS: usize = 1_000;
const MESSAGES: usize = 20;
/// Deliveries to one host that are under way at once.
const AT_ONCE: usize = 8;
/// Subscriptions that are made at once.
const SUBSCRIBED_AT_ONCE: usize = 50;

/// Measures deliveries a second.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let trailwatch = server::trailwatch(&folder.join("fan-out"), &[]).await?;
    let address = &trailwatch.address;
    let mut receiver = Receiver::start().await?;
    call(address, "Action=CreateTopic&Version=2010-03-31&Name=bench").await?;
    subscribe_all(address, &mut receiver).await?;
    let publish = format!("Action=Publish&Version=2010-03-31&TopicArn={TOPIC}&Message={}", "m".repeat(1_000));
    call(address, &publish).await?;
    let sample = came(&mut receiver, SUBSCRIBERS).await?;
    let started = Instant::now();
    for _ in 0..MESSAGES {
        call(address, &publish).await?;
    }
    came(&mut receiver, MESSAGES * SUBSCRIBERS).await?;
    let ours = (MESSAGES * SUBSCRIBERS) as f64 / started.elapsed().as_secs_f64();
    trailwatch.stop().await?;
    let bare = bare(&sample, &mut receiver).await?;
    table.row(
        &format!("messages to {SUBSCRIBERS} HTTP subscribers on one host, signed, retried, durable"),
        format!("{ours:.0}/s"),
        format!("{bare:.0}/s (bare client, {AT_ONCE} at a time)"),
        format!("{:.2}", ours / bare),
    );
    Ok(())
}

/// The same requests by the client alone.
async fn bare(sample: &Arrival, receiver: &mut Receiver) -> Result<f64, Failure> {
    let client = HttpClient::new(Trust::Machine, Fence::Open);
    let count = MESSAGES * SUBSCRIBERS;
    let next = Arc::new(AtomicUsize::new(0));
    let mut headers = sample.headers.clone();
    headers.remove("host");
    headers.remove("content-length");
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (client, next, headers, body, host) =
            (client.clone(), next.clone(), headers.clone(), sample.body.clone(), receiver.host.clone());
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
    came(receiver, count).await?;
    Ok(count as f64 / took.as_secs_f64())
}

/// Waits until so many notifications came; gives the last.
async fn came(receiver: &mut Receiver, count: usize) -> Result<Arrival, Failure> {
    for _ in 1..count {
        receiver.notification().await?;
    }
    receiver.notification().await
}

/// Subscribes a thousand paths of the receiver and confirms each.
async fn subscribe_all(address: &str, receiver: &mut Receiver) -> Result<(), Failure> {
    for first in (0..SUBSCRIBERS).step_by(SUBSCRIBED_AT_ONCE) {
        let subscribe = |number| signed(address, &receiver.subscription(&format!("/in/{number}")));
        let asked: Vec<Vec<u8>> = (first..first + SUBSCRIBED_AT_ONCE).map(subscribe).collect();
        http_load::run(address, &asked, Duration::ZERO).await?;
        let mut confirmed = Vec::new();
        while confirmed.len() < SUBSCRIBED_AT_ONCE {
            confirmed.push(signed(address, &receiver.confirmation().await?));
        }
        http_load::run(address, &confirmed, Duration::ZERO).await?;
    }
    Ok(())
}

fn signed(address: &str, form: &str) -> Vec<u8> {
    crate::signed::form(address, "sns", form)
}

async fn call(address: &str, form: &str) -> Result<(), Failure> {
    http_load::run(address, &[signed(address, form)], Duration::ZERO).await.map(drop)
}
