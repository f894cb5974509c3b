//! A whole server in one call, for tests: real sockets, a temporary folder, a clock to turn.

use server::run::{self, Running};
use server::settings::{ClockKind, LogFormat, Settings};
use tempfile::TempDir;

/// A running server and the folder it lives in, which goes when this is dropped.
pub struct TestServer {
    running: Running,
    folder: TempDir,
}

/// Settings for tests: development credentials, port 0, the simulated clock, no rate limit.
pub fn settings(folder: &TempDir) -> Settings {
    Settings {
        data: folder.path().join("data"),
        listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        account: "111122223333".parse().expect("twelve digits"),
        region: "us-east-1".parse().expect("a region name"),
        dev: true,
        clock: ClockKind::Simulated,
        tls: None,
        master_key: folder.path().join("data.key"),
        root: None,
        max_connections: 64,
        max_body_bytes: 1 << 20,
        lookup_events_per_second: 0,
        trail_delivery_seconds: 300,
        config_inventory_all_types: false,
        insights_min_history_minutes: 1_440,
        metric_stream_destinations: Default::default(),
        upstreams: Vec::new(),
        smtp: None,
        smtp_from: "no-reply@sns.amazonaws.com".to_owned(),
        sms_gateway: None,
        push_gateway: None,
        event_webhook: None,
        public_url: None,
        fence_private_networks: false,
        log_format: LogFormat::Text,
    }
}

impl TestServer {
    /// Starts a server with the test settings, changed by `change`.
    ///
    /// # Errors
    /// What kept the server from starting.
    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Result<Self, run::Failure> {
        let folder = TempDir::new()?;
        let mut settings = settings(&folder);
        change(&mut settings);
        Ok(Self { running: run::start(settings).await?, folder })
    }

    /// Starts a server with the test settings.
    ///
    /// # Errors
    /// What kept the server from starting.
    pub async fn start() -> Result<Self, run::Failure> {
        Self::start_with(|_| {}).await
    }

    /// The running server.
    pub fn running(&self) -> &Running {
        &self.running
    }

    /// Stops in order and gives the folder, so that another server can be started on it.
    ///
    /// # Errors
    /// What could not be made durable.
    pub async fn stop(self) -> Result<TempDir, run::Failure> {
        self.running.stop().await?;
        Ok(self.folder)
    }
}
