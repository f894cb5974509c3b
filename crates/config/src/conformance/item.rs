//! How it stands with packs as items of their own: `AWS::Config::ConformancePackCompliance` (config.md §8.2).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::compliance;
use super::pack::{self, PackRecord, PackState};
use crate::observe::{Description, ObserveError, Source};
use crate::recorder::RecorderRecord;
use crate::resource_types::PACK_COMPLIANCE;
use crate::results::ResultRecord;
use crate::retention::scope_of;
use crate::service::Parts;

/// What nothing ever counts to: there was no look yet.
const NEVER: u64 = u64::MAX;

/// Records how it stands with packs.
pub struct RecordPackCompliance {
    parts: Parts,
    wake: Notify,
    /// Changes of what it stands on, at the last look.
    seen: AtomicU64,
}

impl RecordPackCompliance {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts, wake: Notify::new(), seen: AtomicU64::new(NEVER) }
    }

    /// Changes of all that a pack's compliance is made of.
    fn changes(&self) -> u64 {
        let catalog = &self.parts.catalog;
        catalog.changes::<ResultRecord>() + catalog.changes::<PackRecord>() + catalog.changes::<RecorderRecord>()
    }

    /// Tells of all packs of an account and region; of those that are gone, that they are.
    async fn look(&self, scope: &Scope, now: Timestamp) -> Result<(), JobError> {
        let packs = pack::all(&self.parts.catalog, scope).into_iter().map(|found| found.value);
        let described = |pack: &PackRecord| {
            let description = Description {
                aws_region: scope.region.to_string(),
                resource_name: Some(pack.name.clone()),
                configuration: compliance::of_pack(&self.parts.catalog, scope, pack).configuration(),
                ..Description::default()
            };
            (pack.pack_id(), description)
        };
        let there = packs.filter(|pack| pack.state != PackState::Deleting && !pack.rules.is_empty());
        let listing = there.map(|pack| described(&pack)).collect();
        match self.parts.observe_listing(scope, Source::Own, PACK_COMPLIANCE, listing, now).await {
            Ok(()) | Err(ObserveError::NotRecording) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl Job for RecordPackCompliance {
    fn name(&self) -> &str {
        "config.pack_compliance"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let changes = self.changes();
        if self.seen.load(Ordering::Relaxed) == changes {
            return Ok(());
        }
        for (key, _) in self.parts.catalog.versions::<RecorderRecord>() {
            if let Some(scope) = scope_of(&key) {
                self.look(&scope, now).await?;
            }
        }
        self.seen.store(changes, Ordering::Relaxed);
        Ok(())
    }
}
