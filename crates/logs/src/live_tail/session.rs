//! One session: the frames that its client is sent.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use api::logs::types;
use api::{IntoValue, StreamedBody};
use base::{Clock, Timestamp};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval_at};
use wire::event_stream;
use wire::schema::Protocol;
use wire::value::Value;

use super::{Collected, EVENTS_MAX, Tailed, Watching};

/// How often a session tells what came, be it nothing (logs.md LT-4).
const UPDATE_EVERY: Duration = Duration::from_secs(1);

/// How long a session lasts (logs.md LT-6).
const LIFETIME_MS: i64 = 3 * 3_600_000;

/// Updates that wait for a slow client (logs.md LT-5).
const UPDATES_MAX: usize = 10;

/// A session that is about to begin.
pub(crate) struct Session {
    /// What it watches.
    pub(crate) watching: Watching,
    /// What its first event says.
    pub(crate) start: types::LiveTailSessionStart,
    /// When it began.
    pub(crate) began: Timestamp,
    /// Says when it is over.
    pub(crate) clock: Arc<dyn Clock>,
}

impl Session {
    /// The session's frames, which a task of its own makes until it is over or nobody listens any more.
    pub(crate) fn run(self) -> StreamedBody {
        let (sender, pieces) = mpsc::channel(2);
        let first = event_stream::initial_response(Protocol::Json11);
        let start = event("sessionStart", self.start.clone());
        for frame in [first, start] {
            sender.try_send(frame).expect("the channel has room for two");
        }
        // The period starts when the session does. Updates follow real time: a client waits for them.
        let mut ticks = interval_at(tokio::time::Instant::now() + UPDATE_EVERY, UPDATE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::spawn(self.update(sender, ticks));
        StreamedBody { media_type: event_stream::MEDIA_TYPE, pieces }
    }

    async fn update(self, sender: mpsc::Sender<Bytes>, mut ticks: Interval) {
        let mut waiting: VecDeque<Bytes> = VecDeque::new();
        loop {
            tokio::select! {
                () = sender.closed() => return,
                _ = ticks.tick() => {
                    if self.clock.now().millis() - self.began.millis() >= LIFETIME_MS {
                        break;
                    }
                    if waiting.len() == UPDATES_MAX {
                        waiting.pop_front();
                    }
                    waiting.push_back(event("sessionUpdate", update(self.watching.watch.take())));
                }
                permit = sender.reserve(), if !waiting.is_empty() => {
                    let (Ok(permit), Some(frame)) = (permit, waiting.pop_front()) else { return };
                    permit.send(frame);
                }
            }
        }
        let message = "The session has ended because its time limit of three hours was reached.";
        waiting.push_back(event_stream::exception("SessionTimeoutException", message));
        for frame in waiting {
            if sender.send(frame).await.is_err() {
                return;
            }
        }
    }
}

fn event(name: &str, value: impl IntoValue) -> Bytes {
    match value.into_value() {
        Value::Struct(value) => event_stream::event(name, &value),
        _ => unreachable!("events of a session are structures"),
    }
}

/// logs.md LT-4.
fn update(collected: Collected) -> types::LiveTailSessionUpdate {
    let result = |event: Tailed| types::LiveTailSessionLogEvent {
        log_stream_name: Some(event.stream.as_ref().to_owned()),
        log_group_identifier: Some(event.group.as_ref().to_owned()),
        message: Some(event.message),
        timestamp: Some(event.time.millis()),
        ingestion_time: Some(event.taken.millis()),
    };
    types::LiveTailSessionUpdate {
        session_metadata: Some(types::LiveTailSessionMetadata { sampled: Some(collected.seen > EVENTS_MAX) }),
        session_results: Some(collected.events.into_iter().map(result).collect()),
    }
}
