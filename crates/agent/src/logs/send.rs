//! Sending: one request after the other, until the server took it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{Clock, Entropy, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::reader::{Haste, Reader, Request};
use crate::client::{Client, JsonCall, Reply, TOO_LONG, judge_json};
use crate::delivery::wait_after;
use crate::run::pause;

/// The service of the signature's scope, and what operations are called in.
const SERVICE: &str = "logs";
const TARGET: &str = "Logs_20140328";
/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Codes with status 400 that say what is wrong with the events themselves.
const FINAL: [&str; 3] = ["InvalidParameterException", "ValidationException", TOO_LONG];

/// Sends what the files and journals hold.
pub struct LogDelivery {
    reader: Arc<Mutex<Reader>>,
    /// What reads the journals; it ends with this.
    _following: JoinSet<()>,
    /// Tells that there is more of a journal.
    has_more: Arc<Notify>,
    client: Client,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    failures: u32,
    /// Groups whose retention was set.
    retained: BTreeSet<String>,
}

impl LogDelivery {
    /// A delivery of these files and journals with this client; it belongs to the runtime that it
    /// is made in.
    pub fn new(mut reader: Reader, client: Client, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let (followers, has_more) = reader.take_followers();
        let mut following = JoinSet::new();
        for follower in followers {
            following.spawn(follower.run(clock.clone(), entropy.clone()));
        }
        let reader = Arc::new(Mutex::new(reader));
        Self { reader, _following: following, has_more, client, clock, entropy, failures: 0, retained: BTreeSet::new() }
    }

    /// Reads and sends until told to stop; then once more, without waiting for a server that is
    /// away: what was not acknowledged is still in the files and journals.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let now = self.clock.now();
            let (next, is_away) = match self.step(Haste::Gather, now).await {
                Ok(()) => (now.plus(LOOK), false),
                Err(wait) => (now.plus(wait), true),
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.has_more.notified(), if !is_away => {}
                () = pause(now, next) => {}
            }
        }
        let now = self.clock.now();
        // What waits is in the files and journals.
        let _ = self.step(Haste::SendAll, now).await;
    }

    /// Looks at all files and journals and sends all that is ready; how long to wait when the server is away.
    pub(super) async fn step(&mut self, haste: Haste, now: Timestamp) -> Result<(), Duration> {
        self.with(move |reader| reader.look(now)).await;
        let outcome = loop {
            let Some(request) = self.with(move |reader| reader.next(haste, now)).await else { break Ok(()) };
            if let Err(reason) = self.put(&request, now).await {
                let wait = wait_after(self.failures, &*self.entropy);
                self.failures = self.failures.saturating_add(1);
                let (endpoint, wait_s) = (self.client.endpoint(), wait.as_secs_f64());
                tracing::warn!(%endpoint, %reason, wait_s, "the server did not take logs: they wait where they are");
                break Err(wait);
            }
            if std::mem::take(&mut self.failures) > 0 {
                tracing::info!("the server takes logs again");
            }
            self.with(move |reader| reader.done(&request, now)).await;
            self.save().await;
        };
        self.save().await;
        outcome
    }

    async fn save(&self) {
        if let Err(error) = self.with(Reader::save).await {
            tracing::error!(%error, "how far logs were sent cannot be written: after a crash they are sent again");
        }
    }

    /// Sends one request; an error says why it is to be sent later.
    async fn put(&mut self, request: &Request, now: Timestamp) -> Result<(), String> {
        let (group, stream) = (&request.group, &request.stream);
        let mut reply = self.call("PutLogEvents", request.body.to_vec(), now).await;
        if matches!(&reply, Reply::Refused { code, .. } if code == "ResourceNotFoundException") {
            self.create("CreateLogGroup", json!({ "logGroupName": group }), now).await?;
            self.create("CreateLogStream", json!({ "logGroupName": group, "logStreamName": stream }), now).await?;
            reply = self.call("PutLogEvents", request.body.to_vec(), now).await;
        }
        match reply {
            Reply::Done(answer) => {
                report_rejected(request, &answer);
                self.retain(request, now).await;
                Ok(())
            }
            Reply::Refused { code, said, .. } if FINAL.contains(&code.as_str()) => {
                let events = request.count;
                tracing::error!(group, stream, events, %said, "LOGS LOST: the server refused events for good");
                Ok(())
            }
            Reply::Refused { said, .. } | Reply::Later(said) => Err(said),
        }
    }

    async fn create(&mut self, operation: &str, input: Value, now: Timestamp) -> Result<(), String> {
        match self.call(operation, input.to_string().into(), now).await {
            Reply::Done(_) => Ok(()),
            // Another agent was faster.
            Reply::Refused { code, .. } if code == "ResourceAlreadyExistsException" => Ok(()),
            Reply::Refused { said, .. } | Reply::Later(said) => Err(format!("{operation}: {said}")),
        }
    }

    /// Sets the group's retention, once in the agent's life. No event waits for that.
    async fn retain(&mut self, request: &Request, now: Timestamp) {
        let Some(days) = request.retention_days else { return };
        if self.retained.contains(&request.group) {
            return;
        }
        let input = json!({ "logGroupName": request.group, "retentionInDays": days });
        match self.call("PutRetentionPolicy", input.to_string().into(), now).await {
            Reply::Later(_) => return,
            Reply::Done(_) => {}
            Reply::Refused { said, .. } => {
                tracing::error!(group = request.group, days, %said, "the retention of a log group cannot be set");
            }
        }
        self.retained.insert(request.group.clone());
    }

    async fn call(&mut self, operation: &str, body: Vec<u8>, now: Timestamp) -> Reply {
        let call = JsonCall { service: SERVICE, target: format!("{TARGET}.{operation}"), body: body.into() };
        match self.client.call(&call, now).await {
            Ok((status, body)) => judge_json(status, &body),
            Err(reason) => Reply::Later(reason),
        }
    }

    /// Works on files away from the threads that serve sockets.
    async fn with<T: Send + 'static>(&self, work: impl FnOnce(&mut Reader) -> T + Send + 'static) -> T {
        let reader = self.reader.clone();
        let done =
            tokio::task::spawn_blocking(move || work(&mut reader.lock().expect("no holder of this lock can panic")));
        done.await.expect("work on files does not panic")
    }
}

/// Events that the server took note of and left out (PE-6).
fn report_rejected(request: &Request, answer: &Value) {
    let rejected = &answer["rejectedLogEventsInfo"];
    if !rejected.is_null() {
        let (group, stream, events) = (&request.group, &request.stream, request.count);
        tracing::error!(group, stream, events, %rejected, "LOGS LOST: events are too old or too new for the server");
    }
}

#[cfg(test)]
mod tests;
