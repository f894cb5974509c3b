//! The job that makes the last use of access keys durable.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use identity::Authenticator;
use store::job::{Job, JobError};
use tokio::sync::Notify;

/// Writes when each access key was last used, once a minute.
pub struct WriteLastUsed {
    authenticator: Arc<Authenticator>,
    wake: Notify,
}

impl WriteLastUsed {
    /// The job over this authenticator's keys.
    pub fn new(authenticator: Arc<Authenticator>) -> Self {
        Self { authenticator, wake: Notify::new() }
    }
}

#[async_trait]
impl Job for WriteLastUsed {
    fn name(&self) -> &str {
        "iam.write-last-used"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    async fn run(&self, _now: Timestamp) -> Result<(), JobError> {
        Ok(self.authenticator.write_last_used().await?)
    }
}
