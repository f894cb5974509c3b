//! An HTTP endpoint that keeps what SNS posts to it, and the topic that it is subscribed to.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::Failure;

/// The topic of measurements.
pub const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:bench";

/// How long the next arrival may take before the measurement has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came.
pub struct Arrival {
    /// When.
    pub at: Instant,
    /// The request's headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// An endpoint that takes everything.
pub struct Receiver {
    /// `127.0.0.1:PORT`
    pub host: String,
    arrivals: UnboundedReceiver<Arrival>,
}

impl Receiver {
    /// Serves on a free port.
    pub async fn start() -> Result<Self, Failure> {
        let (sender, arrivals) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let host = listener.local_addr()?.to_string();
        let router = Router::new().fallback(take).with_state(sender);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { host, arrivals })
    }

    /// The next notification.
    pub async fn notification(&mut self) -> Result<Arrival, Failure> {
        self.next("Notification").await
    }

    /// The form that confirms the next subscription that is asked about.
    pub async fn confirmation(&mut self) -> Result<String, Failure> {
        let asked = self.next("SubscriptionConfirmation").await?;
        let envelope: serde_json::Value = serde_json::from_slice(&asked.body)?;
        let token = envelope["Token"].as_str().ok_or("no token")?;
        Ok(format!("Action=ConfirmSubscription&Version=2010-03-31&TopicArn={TOPIC}&Token={token}"))
    }

    /// The form that subscribes a path of this endpoint.
    pub fn subscription(&self, path: &str) -> String {
        let endpoint = format!("http://{}{path}", self.host).replace(':', "%3A").replace('/', "%2F");
        format!("Action=Subscribe&Version=2010-03-31&TopicArn={TOPIC}&Protocol=http&Endpoint={endpoint}")
    }

    async fn next(&mut self, kind: &str) -> Result<Arrival, Failure> {
        loop {
            let arrival =
                tokio::time::timeout(PATIENCE, self.arrivals.recv()).await?.ok_or("the receiver has ended")?;
            if arrival.headers.get("x-amz-sns-message-type").is_some_and(|value| value == kind) {
                return Ok(arrival);
            }
        }
    }
}

async fn take(State(sender): State<UnboundedSender<Arrival>>, headers: HeaderMap, body: Bytes) {
    // Nobody waits any more when the measurement has ended.
    let _ = sender.send(Arrival { at: Instant::now(), headers, body });
}
