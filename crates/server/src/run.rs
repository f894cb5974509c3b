//! Puts the parts together, serves, and stops in order.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base::{Clock, Entropy, OsEntropy, Scope, SimulatedClock, SystemClock, id};
use cloudtrail::delivery::{DeliverToLogGroups, DeliverTrails};
use cloudtrail::digests::DeliverDigests;
use cloudtrail::{CloudTrail, Followers, Recorder};
use cloudwatch::CloudWatch;
use cloudwatch::alarms;
use cloudwatch::alarms::actions::{ActionParts, RunAlarmActions};
use cloudwatch::alarms::composite::evaluate::EvaluateComposites;
use cloudwatch::alarms::evaluate::EvaluateAlarms;
use cloudwatch::alarms::history::ExpireAlarmHistory;
use cloudwatch::alarms::transition::TransitionParts;
use cloudwatch::metric_streams::DeliverMetricStreams;
use identity::{Identity, MasterKey, RootCredentials, Secret};
use logs::exports::ExportEvents;
use logs::queries::ExpireQueries;
use logs::subscriptions::DeliverSubscriptions;
use logs::{Directory, Logs};
use outbound::{Endpoint, Fence, HttpClient, Trust, Upstreams};
use query::{Engine, Insights, Sql, Tables};
use sns::Sns;
use sns::deliver::DeliverMessages;
use sns::expire::ExpireSubscriptions;
use sns::mail::Mail;
use sns::signing::Signer;
use store::job::{Job, LocalCoord};
use store::{Store, StoreOptions};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::coverage;
use crate::folder_documents::FolderDocuments;
use crate::job_driver::JobDriver;
use crate::last_used_job::WriteLastUsed;
use crate::listener;
use crate::log_names::LogNames;
use crate::log_queries::LogQueries;
use crate::metrics::Metrics;
use crate::s3_wiring::{self, S3Parts};
use crate::saved_clock;
use crate::settings::{ClockKind, Settings};
use crate::sql_command::SPILL_FOLDER;
use crate::state::State;
use crate::stranger_limit::StrangerLimit;
use crate::trail_wiring::{TrailLogGroups, TrailSeal, TrailTopics};
use crate::upstream_wiring::DeliveryBuckets;
use crate::usage_job::PublishUsage;
use crate::wiring::{AlarmTopics, CallerPermissions, EnginePolicies, MasterSeal};

/// Why the server did not start, or did not stop in order.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A server that is serving.
pub struct Running {
    state: Arc<State>,
    address: SocketAddr,
    scheme: &'static str,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    jobs: Vec<JoinHandle<()>>,
    greeting: Vec<String>,
}

/// Serves until SIGTERM or SIGINT, or until the log stops for good.
pub async fn serve(settings: Settings) -> Result<(), Failure> {
    let running = start(settings).await?;
    // Whoever reads the ready line may send a signal at once.
    let mut signals = StopSignals::listen()?;
    running.announce()?;
    let mut fatal = running.state.store.fatal();
    tokio::select! {
        () = signals.received() => running.stop().await,
        reason = fatal.wait() => {
            running.state.failed.store(true, Ordering::Relaxed);
            running.abandon();
            Err(format!("the log has stopped: {reason}").into())
        }
    }
}

/// Opens the data folder and starts to serve.
pub async fn start(settings: Settings) -> Result<Running, Failure> {
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let (clock, simulated) = clock(settings.clock);
    let tls = match &settings.tls {
        Some((cert, key)) => Some(listener::tls_acceptor(cert, key)?),
        None => None,
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let store = Store::open(StoreOptions::new(settings.data.clone(), clock.clone())).await?;
    if let Some(clock) = &simulated {
        saved_clock::restore(store.catalog(), clock);
    }
    let identity = open_identity(&settings, &store, &clock, &entropy).await?;
    let greeting = greeting(&settings, &identity);
    let destinations = Arc::new(settings.metric_stream_destinations.clone());
    // Connections wait until the jobs and the services, which must know the address, are there.
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", settings.listen))?;
    let address = listener.local_addr()?;
    if leads_nowhere(settings.public_url.as_ref(), address.ip()) {
        tracing::warn!(
            "links in messages start with {scheme}://{address}, which leads nowhere from other machines: \
             start the server with --public-url, or subscriptions over HTTP and mail cannot be confirmed by their links"
        );
    }
    let outgoing = Outgoing::of(&settings, &format!("{scheme}://{address}"));
    let messages = sns_parts(&settings, &store, &identity, &outgoing, &clock, &entropy)?;
    let signer = messages.signer.clone();
    let topics = Arc::new(Sns::new(messages.clone()));
    let cloudwatch_parts = cloudwatch::Parts {
        metrics: store.metrics().clone(),
        catalog: store.catalog().clone(),
        metric_stream_destinations: destinations.clone(),
        alarm_signals: Arc::default(),
        alarm_events: settings.event_webhook.is_some(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    let alarm_jobs = alarm_jobs(&cloudwatch_parts, &settings, &outgoing, &topics);
    let cloudwatch = Arc::new(CloudWatch::new(cloudwatch_parts));
    let engine = Arc::new(Engine::new(settings.data.join(SPILL_FOLDER)));
    let directory = Arc::new(Directory::new(store.catalog().clone()));
    let insights = Insights::new(engine.clone(), store.log_events().clone());
    let queries = LogQueries::new(insights, directory.clone());
    let metrics = Arc::new(Metrics::default());
    let trail_signals = Arc::new(cloudtrail::Signals::default());
    let recorder = Arc::new(recorder(&store, &trail_signals, &entropy));
    let s3_parts = S3Parts {
        recorder: recorder.clone(),
        settings: &settings,
        store: &store,
        authenticator: identity.authenticator(),
        metrics: metrics.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    let s3 = s3_wiring::open(s3_parts).await?;
    let buckets = DeliveryBuckets::of(&outgoing.upstreams, &settings.region, s3.buckets());
    let neighbours = LogNeighbours { queries, buckets: buckets.exports };
    let log_parts = log_parts(&settings, &store, &identity, &outgoing, neighbours, &clock, &entropy)?;
    let logs = Arc::new(Logs::new(log_parts));
    let trail_outlets = trail_outlets(&identity, buckets.trails, &topics, &logs, &entropy);
    let trail_parts = trail_parts(&settings, &store, trail_outlets, trail_signals, &clock, &entropy);
    let services = coverage::with_unbuilt(vec![
        identity.iam(),
        identity.sts(),
        Arc::new(CloudTrail::new(trail_parts.clone())),
        cloudwatch.clone(),
        topics,
        logs.clone(),
    ]);
    let owner = id::uuid(&*entropy).to_string();
    let mut jobs = store.jobs();
    jobs.push(Arc::new(WriteLastUsed::new(identity.authenticator())));
    let own = Scope { account: settings.account.clone(), region: settings.region.clone() };
    jobs.push(Arc::new(PublishUsage::new(metrics.clone(), store.metrics().clone(), own)));
    let (table, catalog) = (store.metrics().clone(), store.catalog().clone());
    jobs.push(Arc::new(DeliverMetricStreams::new(outgoing.trusted.clone(), table, catalog, destinations)));
    jobs.extend(alarm_jobs);
    jobs.push(Arc::new(ExpireSubscriptions::new(messages.clone())));
    jobs.push(Arc::new(DeliverMessages::new(messages)));
    jobs.push(Arc::new(DeliverSubscriptions::new(logs.clone())));
    jobs.push(Arc::new(ExportEvents::new(logs.clone())));
    jobs.push(Arc::new(ExpireQueries::new(logs)));
    jobs.push(Arc::new(DeliverTrails::new(trail_parts.clone())));
    jobs.push(Arc::new(DeliverToLogGroups::new(trail_parts.clone())));
    jobs.push(Arc::new(DeliverDigests::new(trail_parts)));
    let driver = Arc::new(JobDriver::new(jobs, Arc::new(LocalCoord::new(clock.clone())), owner, clock.now()));
    let stop = CancellationToken::new();
    let jobs = driver.start(&clock, simulated.is_none(), &stop);
    let state = Arc::new(State {
        simulated,
        account: settings.account.clone(),
        region: settings.region.clone(),
        identity,
        services,
        cloudwatch,
        sns: signer,
        s3,
        sql: Sql::new(engine, tables(&store, directory)),
        recorder,
        strangers: StrangerLimit::new(Instant::now()),
        links: StrangerLimit::new(Instant::now()),
        jobs: driver,
        calls: TaskTracker::new(),
        stopping: stop.clone(),
        metrics,
        max_body_bytes: settings.max_body_bytes,
        failed: AtomicBool::new(false),
        machine_clock: Arc::new(SystemClock),
        clock,
        entropy,
        store,
    });
    let serving = listener::serve(listener, tls, settings.max_connections, state.clone(), stop.clone());
    Ok(Running { state, address, scheme, stop, serving: tokio::spawn(serving), jobs, greeting })
}

/// Whether the links in messages would name an address that is none to go to.
fn leads_nowhere(public_url: Option<&Endpoint>, listening: IpAddr) -> bool {
    public_url.is_none() && listening.is_unspecified()
}

/// What SQL reads.
pub fn tables(store: &Store, directory: Arc<Directory>) -> Tables {
    Tables {
        log_events: store.log_events().clone(),
        names: Arc::new(LogNames::new(store.catalog().clone(), directory)),
        trail_events: store.trail_events().clone(),
        metrics: store.metrics().clone(),
    }
}

/// The ways out of the server.
struct Outgoing {
    /// To endpoints that the operator chose.
    trusted: HttpClient,
    /// To endpoints that callers chose.
    fenced: HttpClient,
    upstreams: Upstreams,
    /// What links in messages start with.
    public_url: Arc<str>,
}

impl Outgoing {
    fn of(settings: &Settings, endpoint: &str) -> Self {
        let trusted = HttpClient::new(Trust::Machine, Fence::Open);
        let fenced = match settings.fence_private_networks {
            true => HttpClient::new(Trust::Machine, Fence::PublicOnly),
            false => trusted.clone(),
        };
        let upstreams = Upstreams::new(settings.upstreams.clone(), trusted.clone(), Arc::new(SystemClock));
        let public_url = settings.public_url.as_ref().map_or_else(|| endpoint.to_owned(), ToString::to_string);
        Self { trusted, fenced, upstreams, public_url: public_url.trim_end_matches('/').into() }
    }
}

fn sns_parts(
    settings: &Settings,
    store: &Store,
    identity: &Identity,
    outgoing: &Outgoing,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<sns::Parts, Failure> {
    let mail = settings.smtp.clone().map(|url| Mail::new(url, &settings.smtp_from)).transpose()?;
    let seal = Arc::new(MasterSeal { authenticator: identity.authenticator(), entropy: entropy.clone() });
    let signer = Signer::new(store.catalog().clone(), seal, entropy.clone(), settings.account.clone());
    Ok(sns::Parts {
        catalog: store.catalog().clone(),
        policies: Arc::new(EnginePolicies { clock: clock.clone() }),
        outlets: sns::Outlets {
            http: outgoing.fenced.clone(),
            gateways: outgoing.trusted.clone(),
            upstreams: outgoing.upstreams.clone(),
            mail: mail.map(Arc::new),
            sms_gateway: settings.sms_gateway.clone(),
            push_gateway: settings.push_gateway.clone(),
            public_url: outgoing.public_url.clone(),
        },
        signer: Arc::new(signer),
        signals: Arc::default(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    })
}

/// What trails reach.
fn trail_outlets(
    identity: &Identity,
    buckets: Arc<dyn cloudtrail::ports::Buckets>,
    topics: &Arc<Sns>,
    logs: &Arc<Logs>,
    entropy: &Arc<dyn Entropy>,
) -> cloudtrail::Outlets {
    cloudtrail::Outlets {
        buckets,
        topics: Arc::new(TrailTopics(topics.clone())),
        log_groups: Arc::new(TrailLogGroups {
            logs: logs.clone(),
            authenticator: identity.authenticator(),
            entropy: entropy.clone(),
        }),
        seal: Arc::new(TrailSeal(MasterSeal { authenticator: identity.authenticator(), entropy: entropy.clone() })),
    }
}

fn trail_parts(
    settings: &Settings,
    store: &Store,
    outlets: cloudtrail::Outlets,
    signals: Arc<cloudtrail::Signals>,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> cloudtrail::Parts {
    let of_trails = cloudtrail::Settings {
        lookup_events_per_second: settings.lookup_events_per_second,
        delivery_interval: Duration::from_secs(settings.trail_delivery_seconds.into()),
    };
    let account = settings.account.clone();
    cloudtrail::Parts::new(store, outlets, account, signals, clock.clone(), entropy.clone(), &of_trails)
}

/// Writes events for the history, and for trails.
fn recorder(store: &Store, trail_signals: &Arc<cloudtrail::Signals>, entropy: &Arc<dyn Entropy>) -> Recorder {
    let followers = Arc::new(Followers::new(store.catalog().clone()));
    let (history, data) = (store.trail_events().clone(), store.data_events().clone());
    Recorder::new(history, data, followers, trail_signals.clone(), entropy.clone())
}

/// What Logs works with of others.
struct LogNeighbours {
    queries: LogQueries,
    buckets: Arc<dyn logs::Buckets>,
}

fn log_parts(
    settings: &Settings,
    store: &Store,
    identity: &Identity,
    outgoing: &Outgoing,
    neighbours: LogNeighbours,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<logs::Parts, Failure> {
    let permissions = Arc::new(CallerPermissions { authenticator: identity.authenticator() });
    let LogNeighbours { queries, buckets } = neighbours;
    Ok(logs::Parts {
        catalog: store.catalog().clone(),
        events: store.log_events().clone(),
        metrics: store.metrics().clone(),
        upstreams: outgoing.upstreams.clone(),
        http: outgoing.fenced.clone(),
        buckets,
        documents: Arc::new(FolderDocuments::open(settings.data.join("documents"))?),
        queries: Arc::new(queries),
        policies: permissions.clone(),
        permissions,
        signals: Arc::default(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    })
}

/// The jobs of alarms, in the order in which what one does falls due for the next.
fn alarm_jobs(
    parts: &cloudwatch::Parts,
    settings: &Settings,
    outgoing: &Outgoing,
    topics: &Arc<Sns>,
) -> Vec<Arc<dyn Job>> {
    let transitions =
        TransitionParts { catalog: parts.catalog.clone(), entropy: parts.entropy.clone(), events: parts.alarm_events };
    let outlets = alarms::Outlets {
        topics: Arc::new(AlarmTopics(topics.clone())),
        upstreams: outgoing.upstreams.clone(),
        http: outgoing.trusted.clone(),
        event_webhook: settings.event_webhook.clone(),
    };
    let actions = ActionParts {
        catalog: parts.catalog.clone(),
        outlets,
        signals: parts.alarm_signals.clone(),
        clock: parts.clock.clone(),
        entropy: parts.entropy.clone(),
    };
    vec![
        Arc::new(EvaluateAlarms::new(parts.metrics.clone(), transitions.clone(), parts.alarm_signals.clone())),
        Arc::new(EvaluateComposites::new(transitions, parts.alarm_signals.clone())),
        Arc::new(RunAlarmActions::new(actions)),
        Arc::new(ExpireAlarmHistory::new(parts.catalog.clone())),
    ]
}

fn clock(kind: ClockKind) -> (Arc<dyn Clock>, Option<Arc<SimulatedClock>>) {
    match kind {
        ClockKind::System => (Arc::new(SystemClock), None),
        ClockKind::Simulated => {
            let clock = Arc::new(SimulatedClock::new(SystemClock.now()));
            (clock.clone(), Some(clock))
        }
    }
}

/// Opens identity with its root credentials.
async fn open_identity(
    settings: &Settings,
    store: &Store,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<Arc<Identity>, Failure> {
    let root = match &settings.root {
        _ if settings.dev => RootCredentials::Dev,
        Some((id, secret)) => {
            RootCredentials::Given { access_key_id: id.clone(), secret: Secret::from(secret.clone()) }
        }
        None => RootCredentials::Made { file: settings.data.join("root-credentials") },
    };
    let may_create = !identity::expects_master_key(store.catalog());
    let master_key = MasterKey::load_or_create(&settings.master_key, &**entropy, may_create)?;
    let settings = identity::Settings { account: settings.account.clone(), root };
    let (catalog, clock, entropy) = (store.catalog().clone(), clock.clone(), entropy.clone());
    Ok(Identity::open(catalog, clock, entropy, &master_key, settings).await?)
}

/// What a person needs to use the server, in the form of a shell's exports where it can be.
fn greeting(settings: &Settings, identity: &Identity) -> Vec<String> {
    let keys = |id: &str, secret: &str| {
        vec![format!("export AWS_ACCESS_KEY_ID={id}"), format!("export AWS_SECRET_ACCESS_KEY={secret}")]
    };
    if settings.dev {
        return keys("test", "test");
    }
    match identity.new_root_credentials() {
        Some(made) => {
            let mut lines = keys(&made.access_key_id, made.secret.expose());
            let file = made.file.display();
            lines.push(format!("# The root credentials are shown this once; they are also in {file}."));
            lines
        }
        None => vec!["# Use the credentials that were given or made before.".to_owned()],
    }
}

impl Running {
    /// The address that is served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint that clients are given.
    pub fn endpoint(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// What the requests share, for tests that look inside.
    pub fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// The ready line on standard output, and what to export on standard error.
    fn announce(&self) -> std::io::Result<()> {
        let mut err = std::io::stderr().lock();
        writeln!(err, "export AWS_ENDPOINT_URL={}", self.endpoint())?;
        for line in &self.greeting {
            writeln!(err, "{line}")?;
        }
        writeln!(err, "export AWS_DEFAULT_REGION={}", self.state.region)?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "trailwatch ready {}", self.endpoint())?;
        out.flush()
    }

    /// Stops taking requests, finishes those under way, and makes everything durable.
    ///
    /// # Errors
    /// The first thing that went wrong; the store is closed all the same.
    pub async fn stop(self) -> Result<(), Failure> {
        self.stop.cancel();
        let mut first: Result<(), Failure> = self.serving.await.map_err(Failure::from);
        for job in self.jobs {
            first = first.and(job.await.map_err(Failure::from));
        }
        self.state.calls.close();
        self.state.calls.wait().await;
        first = first.and(self.state.identity.authenticator().write_last_used().await.map_err(Failure::from));
        first.and(self.state.store.close().await.map_err(Failure::from))
    }

    /// Ends at once, as a crash would: nothing is flushed.
    fn abandon(self) {
        self.serving.abort();
        self.jobs.iter().for_each(JoinHandle::abort);
    }
}

/// SIGTERM and SIGINT, caught from when this is made.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_nowhere_where_every_address_is_listened_on_and_none_is_told() {
        for (address, expected) in [("0.0.0.0", true), ("::", true), ("127.0.0.1", false), ("192.0.2.1", false)] {
            assert_eq!(leads_nowhere(None, address.parse().unwrap()), expected, "{address}");
        }
        let told = "https://trail.example".parse().unwrap();
        assert!(!leads_nowhere(Some(&told), "0.0.0.0".parse().unwrap()));
    }
}
