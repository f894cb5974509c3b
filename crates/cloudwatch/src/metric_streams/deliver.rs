//! The job that delivers metric streams.
//!
//! Each running stream has a cursor in the catalog: the first minute not delivered yet. A run
//! reads the minutes that are finished, sends them, and only then moves the cursor. So what is
//! delivered is delivered at least once: after a failure or a crash the batches since the last
//! move of the cursor are sent again.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::{Arn, Scope, Timestamp};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use outbound::{Endpoint, HttpClient, Outgoing, SendError};
use store::catalog::{CatalogError, Key, Transaction, Versioned};
use store::job::{Job, JobError};
use store::metric::{BucketRead, Metric, MetricFilter, Metrics};
use store::{Catalog, StoreError};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::append_lines::append_lines;
use super::destination::{Destination, Destinations};
use super::json_lines::JsonLines;
use super::window::{self, Window};
use crate::record::{MetricStreamCursor, MetricStreamRecord, OutputFormat, StreamFilter, StreamState};

/// Metrics that are read at once.
const METRICS_AT_ONCE: usize = 500;

/// A batch is sent when it has grown to this many bytes.
const BATCH_BYTES: usize = 1 << 20;

/// How long a POST may take in all.
const POST_TIMEOUT: Duration = Duration::from_secs(30);

/// Delivers the finished minutes of all running streams.
pub struct DeliverMetricStreams {
    parts: Arc<Parts>,
    wake: Notify,
}

struct Parts {
    metrics: Arc<Metrics>,
    catalog: Arc<Catalog>,
    destinations: Arc<Destinations>,
    http: HttpClient,
    // Invariant: held while a batch is appended, so that two streams into one file do not mix
    // their lines.
    appending: tokio::sync::Mutex<()>,
}

/// Why a stream was not delivered; it is tried again at the next run.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error("the server has no destination for {0}")]
    NoDestination(String),
    #[error("reading the metrics failed")]
    Read(#[from] StoreError),
    #[error("moving the cursor failed")]
    Cursor(#[source] CatalogError),
    #[error("{destination} did not take a batch: {cause}")]
    Post { destination: String, cause: SendError },
    #[error("{destination} did not take a batch: it answered {status}")]
    Refused { destination: String, status: StatusCode },
    #[error("a batch could not be appended to {destination}")]
    Append {
        destination: String,
        #[source]
        cause: io::Error,
    },
}

impl DeliverMetricStreams {
    /// The job over these metrics, records and destinations, and a client to send with.
    pub fn new(
        http: HttpClient,
        metrics: Arc<Metrics>,
        catalog: Arc<Catalog>,
        destinations: Arc<Destinations>,
    ) -> Self {
        Self {
            parts: Arc::new(Parts { metrics, catalog, destinations, http, appending: tokio::sync::Mutex::new(()) }),
            wake: Notify::new(),
        }
    }
}

#[async_trait]
impl Job for DeliverMetricStreams {
    fn name(&self) -> &str {
        "metric-streams"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    /// Streams are delivered side by side: one whose destination hangs holds up no other.
    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let mut deliveries = JoinSet::new();
        for (key, found) in self.parts.catalog.list_all::<MetricStreamRecord>() {
            if found.value.state == StreamState::Running {
                let parts = self.parts.clone();
                deliveries.spawn(async move { parts.deliver_and_log(&key, now).await });
            }
        }
        while let Some(delivery) = deliveries.join_next().await {
            delivery?;
        }
        Ok(())
    }
}

impl Parts {
    async fn deliver_and_log(&self, key: &Key, now: Timestamp) {
        if let Err(error) = self.deliver(key, now).await {
            let region = key.region.as_ref().map(|region| region.as_str()).unwrap_or_default();
            tracing::warn!(
                account = key.account.as_str(),
                region,
                stream = key.name,
                error = &error as &dyn std::error::Error,
                "a metric stream could not be delivered; it is tried again in a minute"
            );
        }
    }

    /// Delivers all that is finished, an hour at a time at most.
    async fn deliver(&self, key: &Key, now: Timestamp) -> Result<(), DeliveryError> {
        loop {
            let stream = self.catalog.get::<MetricStreamRecord>(key);
            let stream = stream.filter(|stream| stream.value.state == StreamState::Running);
            let (Some(stream), Some(cursor)) = (stream, self.catalog.get::<MetricStreamCursor>(key)) else {
                return Ok(());
            };
            let Some(window) = window::next(cursor.value.next_minute_secs, now) else { return Ok(()) };
            self.send_window(key, &stream.value, window, now).await?;
            self.move_cursor(key, &cursor, window).await?;
        }
    }

    /// A stream that was started or removed meanwhile has another cursor or none: that one holds.
    async fn move_cursor(
        &self,
        key: &Key,
        cursor: &Versioned<MetricStreamCursor>,
        window: Window,
    ) -> Result<(), DeliveryError> {
        let mut transaction = Transaction::default();
        let moved = MetricStreamCursor { next_minute_secs: window.end_secs };
        transaction.update(key.clone(), cursor.version, &moved);
        match self.catalog.commit(transaction).await {
            Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
            Err(other) => Err(DeliveryError::Cursor(other)),
        }
    }

    async fn send_window(
        &self,
        key: &Key,
        stream: &MetricStreamRecord,
        window: Window,
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
        let Some(region) = key.region.clone() else { return Ok(()) };
        let scope = Scope { account: key.account.clone(), region };
        let OutputFormat::Json = stream.output_format;
        let lines = JsonLines::new(&key.name, &scope, stream);
        let to = self.destination(stream)?;
        Delivery { parts: self, scope: &scope, stream, window, now, lines, to, batch: Vec::new() }.send_all().await
    }

    fn destination(&self, stream: &MetricStreamRecord) -> Result<&Destination, DeliveryError> {
        let found = delivery_stream_name(&stream.firehose_arn).and_then(|name| self.destinations.get(&name));
        found.ok_or_else(|| DeliveryError::NoDestination(stream.firehose_arn.clone()))
    }

    async fn send(&self, to: &Destination, batch: Vec<u8>) -> Result<(), DeliveryError> {
        match to {
            Destination::Http(endpoint) => {
                let destination = to.to_string();
                match self.http.send_for_effect(post(endpoint, batch)).await {
                    Ok(reply) if reply.status.is_success() => Ok(()),
                    Ok(reply) => Err(DeliveryError::Refused { destination, status: reply.status }),
                    Err(cause) => Err(DeliveryError::Post { destination, cause }),
                }
            }
            Destination::File(path) => {
                let path = path.clone();
                let _appending = self.appending.lock().await;
                let appended = tokio::task::spawn_blocking(move || append_lines(&path, &batch)).await;
                let appended = appended.unwrap_or_else(|error| Err(io::Error::other(error)));
                appended.map_err(|cause| DeliveryError::Append { destination: to.to_string(), cause })
            }
        }
    }
}

/// The delivery of one window of one stream.
struct Delivery<'a> {
    parts: &'a Parts,
    scope: &'a Scope,
    stream: &'a MetricStreamRecord,
    window: Window,
    now: Timestamp,
    lines: JsonLines<'a>,
    to: &'a Destination,
    /// Lines that are not sent yet.
    batch: Vec<u8>,
}

impl Delivery<'_> {
    async fn send_all(mut self) -> Result<(), DeliveryError> {
        for filter in filters(&self.stream.filter, self.window) {
            let mut after = None;
            loop {
                let metrics = self.parts.metrics.list(self.scope, &filter, after.as_ref(), METRICS_AT_ONCE);
                let Some(last) = metrics.last().cloned() else { break };
                self.send_metrics(metrics).await?;
                after = Some(last);
            }
        }
        self.flush(1).await
    }

    async fn send_metrics(&mut self, metrics: Vec<Metric>) -> Result<(), DeliveryError> {
        let (mut described, mut series) = (Vec::new(), Vec::new());
        for metric in metrics.into_iter().filter(|metric| self.stream.filter.takes(&metric.namespace, &metric.name)) {
            for (unit, id) in self.parts.metrics.series(self.scope, &metric) {
                described.push((metric.clone(), unit));
                series.push(id);
            }
        }
        let Window { start_secs, end_secs } = self.window;
        let read = BucketRead { series, start_secs, end_secs, period_secs: 60, now: self.now };
        for ((metric, unit), buckets) in described.iter().zip(self.parts.metrics.read(read).await?) {
            self.lines.append(&mut self.batch, metric, *unit, &buckets);
            self.flush(BATCH_BYTES).await?;
        }
        Ok(())
    }

    /// Sends what there is, once there are so many bytes.
    async fn flush(&mut self, bytes: usize) -> Result<(), DeliveryError> {
        if self.batch.len() < bytes {
            return Ok(());
        }
        self.parts.send(self.to, std::mem::take(&mut self.batch)).await
    }
}

/// A batch is taken when the reply is a 2xx.
fn post(to: &Endpoint, batch: Vec<u8>) -> Outgoing {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static("trailwatch"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.extend(to.basic_authorization().map(|credentials| (AUTHORIZATION, credentials)));
    let body = Bytes::from(batch);
    Outgoing { endpoint: to.clone(), method: Method::POST, headers, body, timeout: POST_TIMEOUT }
}

/// The name of the delivery stream that an ARN names.
pub(super) fn delivery_stream_name(firehose_arn: &str) -> Option<String> {
    let arn: Arn = firehose_arn.parse().ok()?;
    let name = arn.resource.strip_prefix("deliverystream/").filter(|name| !name.is_empty())?;
    (arn.service == "firehose").then(|| name.to_owned())
}

/// What to list so that all of a stream's metrics are among it, each once.
fn filters(filter: &StreamFilter, window: Window) -> Vec<MetricFilter> {
    let active_since = Some(Timestamp::from_secs(window.start_secs));
    let list = |namespace| MetricFilter { namespace, active_since, ..MetricFilter::default() };
    match filter {
        StreamFilter::All | StreamFilter::Exclude(_) => vec![list(None)],
        StreamFilter::Include(included) => {
            let mut namespaces: Vec<&String> = included.iter().map(|(namespace, _)| namespace).collect();
            namespaces.sort_unstable();
            namespaces.dedup();
            namespaces.into_iter().map(|namespace| list(Some(namespace.clone()))).collect()
        }
    }
}
