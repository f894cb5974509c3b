//! Puts the parts together, serves, and stops in order.
//!
//! What all parts stand on is in `ground`. Each service with its jobs is made in a file of its own.

mod config_service;
mod ground;
mod inventory_service;
mod log_service;
mod metric_service;
mod topic_service;
mod trail_service;

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use api::{Service, Services};
use base::{Entropy, OsEntropy, SystemClock, id};
use cloudtrail::{Recorder, Signals};
use cloudwatch::CloudWatch;
use identity::Identity;
use logs::Directory;
use outbound::Endpoint;
use query::{Engine, Insights, Lake, Sql, Tables};
use s3::S3;
use sns::signing::Signer;
use ssm::Hosts;
use store::Store;
use store::job::{Job, LocalCoord};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::coverage;
use crate::folder_documents::FolderDocuments;
use crate::gateway_exchange;
use crate::job_driver::JobDriver;
use crate::lake_queries::LakeQueries;
use crate::last_used_job::WriteLastUsed;
use crate::listener;
use crate::log_names::LogNames;
use crate::log_queries::LogQueries;
use crate::newest_items::NewestItems;
use crate::own_resources::{BucketChanges, OwnServices};
use crate::s3_wiring::{self, S3Parts};
use crate::settings::Settings;
use crate::sign_in_limit::SignInLimit;
use crate::sql_command::SPILL_FOLDER;
use crate::state::State;
use crate::stranger_limit::StrangerLimit;
use crate::upstream_resources::UpstreamResources;
use crate::upstream_wiring::DeliveryBuckets;
use ground::{Ground, Outgoing};

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
    let (clock, simulated) = ground::clock(settings.clock);
    let tls = match &settings.tls {
        Some((cert, key)) => Some(listener::tls_acceptor(cert, key)?),
        None => None,
    };
    let upstreams = ground::upstreams(&settings)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let store = ground::open_store(&settings, &clock, simulated.as_ref()).await?;
    let identity = ground::open_identity(&settings, &store, &clock, &entropy).await?;
    let greeting = greeting(&settings, &identity);
    // Connections wait until the jobs and the services, which must know the address, are there.
    let (listener, address) = listen(&settings, scheme).await?;
    let outgoing = Outgoing::of(&settings, upstreams, &format!("{scheme}://{address}"));
    let stop = CancellationToken::new();
    let mut ground =
        Ground { settings, store, identity, outgoing, metrics: Arc::default(), clock, entropy, stopping: stop.clone() };
    let trail_signals = Arc::new(Signals::default());
    let recorder = Arc::new(trail_service::recorder(&ground, &trail_signals));
    // Before anything is made that calls.
    ground.have_calls_recorded(&recorder);
    let parts = open(&ground, trail_signals, recorder).await?;
    let Ground { settings, store, identity, outgoing, metrics, clock, entropy, stopping: _ } = ground;
    let owner = id::uuid(&*entropy).to_string();
    let driver = Arc::new(JobDriver::new(parts.jobs, Arc::new(LocalCoord::new(clock.clone())), owner, clock.now()));
    let jobs = driver.start(&clock, simulated.is_none(), &stop);
    let state = Arc::new(State {
        simulated,
        account: settings.account,
        region: settings.region,
        identity,
        served: gateway_exchange::served(parts.services.values()),
        services: parts.services,
        cloudwatch: parts.cloudwatch,
        config: parts.config,
        sns: parts.signer,
        s3: parts.s3,
        upstreams: outgoing.upstreams,
        sql: parts.sql,
        recorder: parts.recorder,
        strangers: StrangerLimit::new(Instant::now()),
        links: StrangerLimit::new(Instant::now()),
        sign_ins: SignInLimit::new(Instant::now()),
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

/// Takes the address.
async fn listen(settings: &Settings, scheme: &str) -> Result<(TcpListener, SocketAddr), Failure> {
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
    Ok((listener, address))
}

/// Services and jobs, and what requests reach besides.
struct Parts {
    services: Services,
    jobs: Vec<Arc<dyn Job>>,
    cloudwatch: Arc<CloudWatch>,
    config: config::Parts,
    signer: Arc<Signer>,
    s3: S3,
    sql: Sql,
    recorder: Arc<Recorder>,
}

/// Makes the services, each after those that it works with.
async fn open(ground: &Ground, trail_signals: Arc<Signals>, recorder: Arc<Recorder>) -> Result<Parts, Failure> {
    let Ground { settings, store, identity, metrics, clock, entropy, .. } = ground;
    let topics = topic_service::open(ground)?;
    let cloudwatch = metric_service::open(ground, &topics.service);
    let changes = Arc::new(BucketChanges::default());
    let s3_parts = S3Parts {
        recorder: recorder.clone(),
        changes: changes.clone(),
        settings,
        store,
        authenticator: identity.authenticator(),
        metrics: metrics.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    let s3 = s3_wiring::open(s3_parts).await?;
    let engine = Arc::new(Engine::new(settings.data.join(SPILL_FOLDER)));
    let directory = Arc::new(Directory::new(store.catalog().clone()));
    let insights = Insights::new(engine.clone(), store.log_events().clone());
    let queries = LogQueries::new(insights, directory.clone());
    let upstreams = &ground.outgoing.upstreams;
    let buckets = DeliveryBuckets::of(upstreams, &settings.region, s3.buckets(), identity.authenticator(), clock);
    let documents = Arc::new(FolderDocuments::open(settings.data.join("documents"))?);
    let of_logs = log_service::Neighbours { queries, buckets: buckets.exports, documents: documents.clone() };
    let logs = log_service::open(ground, of_logs)?;
    let lake = LakeQueries(Arc::new(Lake::new(engine.clone(), store.lake_events().clone())));
    let neighbours = trail_service::Neighbours {
        buckets: buckets.trails,
        topics: &topics.service,
        logs: &logs.service,
        lake,
        documents,
    };
    let trails = trail_service::open(ground, trail_signals, neighbours);
    let own = OwnServices {
        cloudwatch: cloudwatch.service.clone(),
        logs: logs.service.clone(),
        sns: topics.service.clone(),
        cloudtrail: trails.service.clone(),
        iam: identity.iam(),
        buckets: s3.buckets(),
        upstreams: upstreams.clone(),
        home: settings.region.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    let hosts = Hosts::new(store.catalog().clone());
    let mut built: Vec<Arc<dyn Service>> = vec![
        identity.iam(),
        identity.sts(),
        trails.service,
        trails.data,
        cloudwatch.service.clone(),
        topics.service.clone(),
        logs.service,
    ];
    let upstream = (!upstreams.is_empty()).then(|| {
        let served = gateway_exchange::served(&built);
        UpstreamResources::new(upstreams.clone(), served, ground.stopping.clone())
    });
    let configuration = config_service::open(ground, buckets.config, &topics.service, own, upstream, hosts.clone());
    changes.tell(configuration.parts.clone(), s3.buckets());
    built.push(configuration.service);
    let inventory = inventory_service::open(ground, hosts, &configuration.parts);
    built.push(inventory.service);
    let services = coverage::with_unbuilt(built);
    let mut jobs = store.jobs();
    jobs.push(Arc::new(WriteLastUsed::new(identity.authenticator())));
    for more in [cloudwatch.jobs, topics.jobs, logs.jobs, trails.jobs, configuration.jobs, inventory.jobs] {
        jobs.extend(more);
    }
    let sql = Sql::new(engine, tables(store, directory));
    let (cloudwatch, signer) = (cloudwatch.service, topics.signer);
    Ok(Parts { services, jobs, cloudwatch, config: configuration.parts, signer, s3, sql, recorder })
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
        config_items: store.config_items().clone(),
        newest_items: Arc::new(NewestItems::new(store.catalog().clone())),
    }
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
