//! The agent as a whole: what wakes it, and how it ends.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{Clock, Entropy, Timestamp};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, Trust};
use crate::collect::{Collectors, Proc};
use crate::datum::{DIMENSIONS_MAX, Datum, Sample};
use crate::delivery::{Delivery, Next, SharedSpool};
use crate::inventory::send::{InventoryDelivery, Place};
use crate::logs::reader::Reader;
use crate::logs::send::LogDelivery;
use crate::put_metric_data::Envelope;
use crate::schedule::next_tick;
use crate::settings::{Settings, StatsdInput};
use crate::spool::Spool;
use crate::statsd::{Aggregate, Listener, SharedAggregate};
use crate::window::Window;

/// Why the agent did not start.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How long sending may go on once the agent is told to stop; the rest waits on disk.
const LAST_SENDING: Duration = Duration::from_secs(10);

/// The world outside, given by whoever starts the agent.
#[derive(Clone)]
pub struct World {
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// Spreads retries.
    pub entropy: Arc<dyn Entropy>,
    /// The kernel's counters.
    pub proc: Proc,
    /// Where the machine's files are: `/`.
    pub root: PathBuf,
    /// Folders where programs are looked for.
    pub search: Vec<PathBuf>,
}

/// An agent with its port bound and its buffer open.
pub struct Agent {
    settings: Settings,
    world: World,
    collectors: Arc<Mutex<Collectors>>,
    window: Window,
    envelope: Envelope,
    spool: SharedSpool,
    delivery: Delivery,
    statsd: Option<Listener>,
    logs: Option<LogDelivery>,
    inventory: Option<InventoryDelivery>,
}

impl Agent {
    /// Opens the buffer, reads the certificates, binds the StatsD port.
    ///
    /// # Errors
    /// When one of them cannot be had.
    pub async fn start(settings: Settings, world: World) -> Result<Self, Failure> {
        let trust = Trust::load(&settings.endpoint, settings.ca_bundle.as_deref())?;
        let spool = SharedSpool::new(Spool::open(&settings.buffer, settings.buffer_bytes)?);
        let (endpoint, region) = (settings.endpoint.clone(), settings.region.as_str().to_owned());
        let client = || Client::new(endpoint.clone(), region.clone(), settings.credentials.clone(), trust.clone());
        let logs = match settings.logs.is_empty() {
            true => None,
            false => {
                let folder = settings.buffer.join("logs");
                let reader = Reader::open(settings.logs.clone(), &folder);
                let reader = reader.map_err(|error| format!("cannot use the folder {}: {error}", folder.display()))?;
                Some(LogDelivery::new(reader, client(), world.clock.clone(), world.entropy.clone()))
            }
        };
        let inventory = match settings.inventory.clone() {
            None => None,
            Some(inventory) => {
                let folder = settings.buffer.join("inventory");
                let place = Place { root: world.root.clone(), search: world.search.clone(), folder: folder.clone() };
                let (clock, entropy) = (world.clock.clone(), world.entropy.clone());
                let opened = InventoryDelivery::open(inventory, place, client(), clock, entropy);
                Some(opened.map_err(|error| format!("cannot use the folder {}: {error}", folder.display()))?)
            }
        };
        let envelope = Envelope {
            namespace: settings.namespace.clone(),
            host: settings.host.clone(),
            appended: settings.appended.clone(),
        };
        let now = world.clock.now();
        let statsd = match settings.statsd {
            StatsdInput::Off => None,
            StatsdInput::On(address) => {
                // `host`, `metric_type` and the appended ones need their places.
                let tags_max = DIMENSIONS_MAX - 2 - envelope.appended.len();
                let aggregate = Aggregate::new(now, settings.publish_every, tags_max);
                let listener = Listener::bind(address, aggregate).await;
                Some(listener.map_err(|error| format!("cannot take StatsD lines in on {address}: {error}"))?)
            }
        };
        Ok(Self {
            collectors: Arc::new(Mutex::new(Collectors::new(world.proc.clone(), &settings.collect))),
            window: Window::new(settings.publish_every, now),
            delivery: Delivery::new(spool.clone(), client(), world.entropy.clone()),
            envelope,
            spool,
            statsd,
            logs,
            inventory,
            settings,
            world,
        })
    }

    /// The address where StatsD lines are taken in.
    pub fn statsd_address(&self) -> Option<SocketAddr> {
        self.statsd.as_ref().and_then(|listener| listener.address().ok())
    }

    /// Collects and sends until told to stop; then takes a last reading, sends what it can,
    /// and leaves the rest in the buffer.
    pub async fn run(self, stop: CancellationToken) {
        let Self { settings, world, collectors, window, envelope, spool, delivery, statsd, logs, inventory } = self;
        let waiting = spool.lock().len();
        let (endpoint, namespace, collect_s) =
            (&settings.endpoint, &envelope.namespace, settings.collect_every.as_secs());
        tracing::info!(%endpoint, namespace, collect_s, publish_s = settings.publish_every.as_secs(), waiting, "the agent runs");
        let gathered = statsd.as_ref().map(Listener::gathered);
        let listening = statsd.map(|listener| tokio::spawn(listener.run(world.clock.clone(), stop.clone())));
        let following = logs.map(|logs| tokio::spawn(logs.run(stop.clone())));
        let telling = inventory.map(|inventory| tokio::spawn(inventory.run(stop.clone())));
        let added = Arc::new(Notify::new());
        let last_is_in = CancellationToken::new();
        let sending = tokio::spawn(deliver(delivery, world.clock.clone(), added.clone(), last_is_in.clone()));
        let publisher = Publisher { envelope, spool: spool.clone(), added };
        let mut rounds = Rounds { collectors, window, gathered, publisher };
        rounds.go_on(&settings, &*world.clock, &stop).await;
        if let Some(listening) = listening {
            finished(listening).await;
        }
        rounds.last(world.clock.now()).await;
        last_is_in.cancel();
        if tokio::time::timeout(LAST_SENDING, sending).await.is_err() {
            tracing::warn!("the server did not answer in time");
        }
        if let Some(following) = following
            && tokio::time::timeout(LAST_SENDING, following).await.is_err()
        {
            tracing::warn!("the server did not take the last logs in time: they are still where they were read");
        }
        if let Some(telling) = telling {
            finished(telling).await;
        }
        match spool.lock().len() {
            0 => tracing::info!("the agent stops; everything was sent"),
            waiting => tracing::warn!(waiting, "the agent stops; requests wait in the buffer for its next start"),
        }
    }
}

/// Readings, one after the other.
struct Rounds {
    collectors: Arc<Mutex<Collectors>>,
    window: Window,
    gathered: Option<SharedAggregate>,
    publisher: Publisher,
}

impl Rounds {
    /// Collects at every tick until told to stop. The first reading is what the first
    /// differences are taken from.
    async fn go_on(&mut self, settings: &Settings, clock: &dyn Clock, stop: &CancellationToken) {
        let interval = settings.collect_every;
        let mut last = clock.now();
        let samples = self.collect().await;
        self.window.add(last, samples);
        loop {
            let now = clock.now();
            let due = next_tick(now, last, interval);
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = pause(now, due) => {}
            }
            // A timer may wake a little early; a machine that slept wakes it late.
            last = clock.now().max(due);
            self.round(last, next_tick(last, last, interval)).await;
        }
    }

    /// One reading at `at`, and what it completes; the next one is at `next`.
    async fn round(&mut self, at: Timestamp, next: Timestamp) {
        let samples = self.collect().await;
        let mut data = self.window.add(at, samples);
        if self.window.ends_before(next) {
            data.extend(self.window.close());
        }
        self.publisher.publish(data).await;
        let over = self.gathered.as_ref().filter(|gathered| gathered.lock().is_over(at));
        let data = over.map(|gathered| gathered.lock().close(at)).unwrap_or_default();
        self.publisher.publish(data).await;
    }

    /// The last reading: all that was gathered is published, whole intervals or not.
    async fn last(&mut self, at: Timestamp) {
        let samples = self.collect().await;
        let mut data = self.window.add(at, samples);
        data.extend(self.window.close());
        self.publisher.publish(data).await;
        let data = self.gathered.as_ref().map(|gathered| gathered.lock().close(at)).unwrap_or_default();
        self.publisher.publish(data).await;
    }

    async fn collect(&self) -> Vec<Sample> {
        let collectors = self.collectors.clone();
        finished(tokio::task::spawn_blocking(move || {
            collectors.lock().expect("no holder of this lock can panic").collect()
        }))
        .await
        .unwrap_or_default()
    }
}

/// Puts data into the buffer. The machine's and the applications' data go in requests of
/// their own, so that a server that refuses one does not lose the other.
struct Publisher {
    envelope: Envelope,
    spool: SharedSpool,
    added: Arc<Notify>,
}

impl Publisher {
    async fn publish(&self, data: Vec<Datum>) {
        let batches = self.envelope.pack(&data);
        if batches.is_empty() {
            return;
        }
        self.spool
            .with(move |spool| {
                for batch in batches {
                    spool.add(batch);
                }
            })
            .await;
        self.added.notify_one();
    }
}

/// Sends what is in the buffer; after `last_is_in`, once more, and no longer.
async fn deliver(mut delivery: Delivery, clock: Arc<dyn Clock>, added: Arc<Notify>, last_is_in: CancellationToken) {
    loop {
        // Asked before sending, so that what came in before the end is seen by this step.
        let last = last_is_in.is_cancelled();
        match delivery.step(clock.now()).await {
            Next::Continue => {}
            Next::Idle | Next::WaitUntil(_) if last => return,
            Next::Idle => tokio::select! {
                () = added.notified() => {}
                () = last_is_in.cancelled() => {}
            },
            Next::WaitUntil(at) => tokio::select! {
                () = pause(clock.now(), at) => {}
                () = last_is_in.cancelled() => {}
            },
        }
    }
}

/// Waits until a time.
#[expect(clippy::disallowed_methods, reason = "the agent's loops are its outermost edge; all they call takes the time")]
pub(crate) async fn pause(now: Timestamp, until: Timestamp) {
    let millis = u64::try_from(until.millis().saturating_sub(now.millis())).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// What a task came to; `None`, and a word in the log, when it panicked.
async fn finished<T>(task: JoinHandle<T>) -> Option<T> {
    match task.await {
        Ok(value) => Some(value),
        Err(error) => {
            tracing::error!(%error, "a part of the agent broke down");
            None
        }
    }
}

#[cfg(test)]
mod tests;
