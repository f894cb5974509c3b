//! CloudTrail: its service, its jobs, and what writes events.

use std::sync::Arc;
use std::time::Duration;

use cloudtrail::delivery::{DeliverToLogGroups, DeliverTrails};
use cloudtrail::digests::DeliverDigests;
use cloudtrail::lake::imports::RunImports;
use cloudtrail::lake::ingest::FillStores;
use cloudtrail::lake::remove::RemoveStores;
use cloudtrail::{CloudTrail, CloudTrailData, DetectInsights, Followers, KeepQueries, Recorder, Signals};
use logs::Logs;
use sns::Sns;
use store::job::Job;

use super::ground::Ground;
use crate::folder_documents::FolderDocuments;
use crate::lake_queries::LakeQueries;
use crate::trail_wiring::{LakePolicies, TrailLogGroups, TrailSeal, TrailTopics};
use crate::wiring::MasterSeal;

/// Trails as the rest of the server sees them.
pub(super) struct TrailService {
    pub service: Arc<CloudTrail>,
    pub data: Arc<CloudTrailData>,
    pub jobs: Vec<Arc<dyn Job>>,
}

/// What trails reach.
pub(super) struct Neighbours<'a> {
    pub buckets: Arc<dyn cloudtrail::ports::Buckets>,
    pub topics: &'a Arc<Sns>,
    pub logs: &'a Arc<Logs>,
    pub lake: LakeQueries,
    pub documents: Arc<FolderDocuments>,
}

/// Writes events for the history, and for trails. It is there first: what trails reach records too.
pub(super) fn recorder(ground: &Ground, signals: &Arc<Signals>) -> Recorder {
    let Ground { store, entropy, .. } = ground;
    let followers = Arc::new(Followers::new(store.catalog().clone()));
    let (history, data) = (store.trail_events().clone(), store.data_events().clone());
    Recorder::new(history, data, followers, signals.clone(), entropy.clone())
}

pub(super) fn open(ground: &Ground, signals: Arc<Signals>, neighbours: Neighbours<'_>) -> TrailService {
    let Ground { settings, store, clock, entropy, .. } = ground;
    let of_trails = cloudtrail::Settings {
        lookup_events_per_second: settings.lookup_events_per_second,
        delivery_interval: Duration::from_secs(settings.trail_delivery_seconds.into()),
        insights_min_history_minutes: settings.insights_min_history_minutes.into(),
    };
    let (outlets, account) = (outlets(ground, neighbours), settings.account.clone());
    let parts = cloudtrail::Parts::new(store, outlets, account, signals, clock.clone(), entropy.clone(), &of_trails);
    let service = Arc::new(CloudTrail::new(parts.clone()));
    let jobs: Vec<Arc<dyn Job>> = vec![
        // What it finds at one moment is in the files of that moment.
        Arc::new(DetectInsights::new(parts.clone())),
        Arc::new(DeliverTrails::new(parts.clone())),
        Arc::new(DeliverToLogGroups::new(parts.clone())),
        Arc::new(DeliverDigests::new(parts.clone())),
        Arc::new(FillStores::new(parts.clone())),
        Arc::new(RemoveStores::new(parts.clone())),
        Arc::new(RunImports::new(parts.clone())),
        Arc::new(KeepQueries::new(service.clone())),
    ];
    TrailService { service, data: Arc::new(CloudTrailData::new(parts)), jobs }
}

fn outlets(ground: &Ground, neighbours: Neighbours<'_>) -> cloudtrail::Outlets {
    let Ground { identity, entropy, .. } = ground;
    cloudtrail::Outlets {
        buckets: neighbours.buckets,
        topics: Arc::new(TrailTopics(neighbours.topics.clone())),
        log_groups: Arc::new(TrailLogGroups {
            logs: neighbours.logs.clone(),
            authenticator: identity.authenticator(),
            entropy: entropy.clone(),
        }),
        seal: Arc::new(TrailSeal(MasterSeal { authenticator: identity.authenticator(), entropy: entropy.clone() })),
        policies: Arc::new(LakePolicies),
        lake: Arc::new(neighbours.lake),
        documents: neighbours.documents,
    }
}
