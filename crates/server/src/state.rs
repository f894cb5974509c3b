//! What all requests share.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use api::Services;
use base::{AccountId, Clock, Entropy, Region, SimulatedClock};
use cloudtrail::Recorder;
use cloudwatch::CloudWatch;
use identity::Identity;
use outbound::Upstreams;
use query::Sql;
use sns::signing::Signer;
use store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::job_driver::JobDriver;
use crate::metrics::Metrics;
use crate::sign_in_limit::SignInLimit;
use crate::stranger_limit::StrangerLimit;

/// The running server's parts.
pub struct State {
    /// Time of all data.
    pub clock: Arc<dyn Clock>,
    /// The machine's clock, for the freshness of signatures alone.
    pub machine_clock: Arc<dyn Clock>,
    /// The data clock again, when it is a simulated one.
    pub simulated: Option<Arc<SimulatedClock>>,
    /// Randomness for request ids.
    pub entropy: Arc<dyn Entropy>,
    /// The server's own account.
    pub account: AccountId,
    /// Region for requests that name none.
    pub region: Region,
    /// Who is who, and who may do what.
    pub identity: Arc<Identity>,
    /// Signing names of the services that the server serves itself.
    pub served: BTreeSet<&'static str>,
    /// The services, by schema name.
    pub services: Services,
    /// Explains and backtests alarms.
    pub cloudwatch: Arc<CloudWatch>,
    /// Hears of changes to the server's own resources.
    pub config: config::Parts,
    /// Signs messages, and serves the certificate.
    pub sns: Arc<Signer>,
    /// Buckets and objects.
    pub s3: s3::S3,
    /// What serves what this server does not.
    pub upstreams: Upstreams,
    /// Runs SQL.
    pub sql: Sql,
    /// Writes the audit events.
    pub recorder: Arc<Recorder>,
    /// Keeps unidentified callers from filling the history.
    pub strangers: StrangerLimit,
    /// The same for those who follow links that need no signature: what strangers send
    /// otherwise takes nothing from them.
    pub links: StrangerLimit,
    /// Keeps passwords from being guessed.
    pub sign_ins: SignInLimit,
    /// Durable storage.
    pub store: Store,
    /// Background work.
    pub jobs: Arc<JobDriver>,
    /// Calls under way, which outlive their connections; a stop waits for them.
    pub calls: TaskTracker,
    /// Cancelled when the server stops: answers that go on for a while end then.
    pub stopping: CancellationToken,
    /// The server's own counters.
    pub metrics: Arc<Metrics>,
    /// Largest body, as sent and as expanded.
    pub max_body_bytes: usize,
    /// Set when the log has stopped for good.
    pub failed: AtomicBool,
}

impl State {
    /// Whether the log has stopped and nothing can be acknowledged any more.
    pub fn stopped(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}
