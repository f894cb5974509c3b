//! What every part of the server is built on.

use std::sync::Arc;

use base::{Clock, Entropy, SimulatedClock, SystemClock};
use cloudtrail::Recorder;
use identity::{Identity, MasterKey, RootCredentials, Secret};
use outbound::{Fence, HttpClient, Trust, UnreadableRoots, Upstreams};
use store::{Store, StoreOptions};
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::metrics::Metrics;
use crate::saved_clock;
use crate::settings::{ClockKind, Settings};
use crate::upstream_witness::TrailWitness;

/// Settings, what is stored, who is who, the ways out, time and randomness.
pub(super) struct Ground {
    pub settings: Settings,
    pub store: Store,
    pub identity: Arc<Identity>,
    pub outgoing: Outgoing,
    /// The server's own counters.
    pub metrics: Arc<Metrics>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// Cancelled when the server stops: what waits for others gives up then.
    pub stopping: CancellationToken,
}

impl Ground {
    /// From here on calls to upstreams are recorded and counted.
    pub fn have_calls_recorded(&mut self, recorder: &Arc<Recorder>) {
        let witness = TrailWitness {
            recorder: recorder.clone(),
            metrics: self.metrics.clone(),
            clock: self.clock.clone(),
            region: self.settings.region.clone(),
        };
        self.outgoing.upstreams = self.outgoing.upstreams.clone().with_witness(Arc::new(witness));
    }
}

/// The ways out of the server.
pub(super) struct Outgoing {
    /// To endpoints that the operator chose.
    pub trusted: HttpClient,
    /// To endpoints that callers chose.
    pub fenced: HttpClient,
    pub upstreams: Upstreams,
    /// What links in messages start with.
    pub public_url: Arc<str>,
}

impl Outgoing {
    pub fn of(settings: &Settings, upstreams: Upstreams, endpoint: &str) -> Self {
        let trusted = HttpClient::new(Trust::Machine, Fence::Open);
        let fenced = match settings.fence_private_networks {
            true => HttpClient::new(Trust::Machine, Fence::PublicOnly),
            false => trusted.clone(),
        };
        let public_url = settings.public_url.as_ref().map_or_else(|| endpoint.to_owned(), ToString::to_string);
        Self { trusted, fenced, upstreams, public_url: public_url.trim_end_matches('/').into() }
    }
}

/// What serves what this server does not. The operator chose it, so it may be in a private network.
pub(super) fn upstreams(settings: &Settings) -> Result<Upstreams, UnreadableRoots> {
    Upstreams::new(settings.upstreams.clone(), Trust::Machine, Fence::Open, Arc::new(SystemClock))
}

/// The clock of all data, and again when it is one that can be turned.
pub(super) fn clock(kind: ClockKind) -> (Arc<dyn Clock>, Option<Arc<SimulatedClock>>) {
    match kind {
        ClockKind::System => (Arc::new(SystemClock), None),
        ClockKind::Simulated => {
            let clock = Arc::new(SimulatedClock::new(SystemClock.now()));
            (clock.clone(), Some(clock))
        }
    }
}

/// Opens the data folder; a simulated clock goes on from where it was.
pub(super) async fn open_store(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    simulated: Option<&Arc<SimulatedClock>>,
) -> Result<Store, Failure> {
    let store = Store::open(StoreOptions::new(settings.data.clone(), clock.clone())).await?;
    if let Some(simulated) = simulated {
        saved_clock::restore(store.catalog(), simulated);
    }
    Ok(store)
}

/// Opens identity with its root credentials.
pub(super) async fn open_identity(
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
    let (account, partition) = (settings.account.clone(), settings.region.partition());
    let settings = identity::Settings { account, root, partition };
    let (catalog, clock, entropy) = (store.catalog().clone(), clock.clone(), entropy.clone());
    Ok(Identity::open(catalog, clock, entropy, &master_key, settings).await?)
}
