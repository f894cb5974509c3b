//! CloudWatch Logs: its service and its jobs.

use std::sync::Arc;

use logs::Logs;
use logs::exports::ExportEvents;
use logs::queries::ExpireQueries;
use logs::subscriptions::DeliverSubscriptions;
use store::job::Job;

use super::Failure;
use super::ground::Ground;
use crate::folder_documents::FolderDocuments;
use crate::log_queries::LogQueries;
use crate::wiring::CallerPermissions;

/// Log groups as the rest of the server sees them.
pub(super) struct LogService {
    pub service: Arc<Logs>,
    pub jobs: Vec<Arc<dyn Job>>,
}

/// What Logs works with of others.
pub(super) struct Neighbours {
    pub queries: LogQueries,
    pub buckets: Arc<dyn logs::Buckets>,
    pub documents: Arc<FolderDocuments>,
}

pub(super) fn open(ground: &Ground, neighbours: Neighbours) -> Result<LogService, Failure> {
    let service = Arc::new(Logs::new(parts(ground, neighbours)?));
    let jobs: Vec<Arc<dyn Job>> = vec![
        Arc::new(DeliverSubscriptions::new(service.clone())),
        Arc::new(ExportEvents::new(service.clone())),
        Arc::new(ExpireQueries::new(service.clone())),
    ];
    Ok(LogService { service, jobs })
}

fn parts(ground: &Ground, neighbours: Neighbours) -> Result<logs::Parts, Failure> {
    let Ground { store, identity, outgoing, clock, entropy, .. } = ground;
    let permissions = Arc::new(CallerPermissions { authenticator: identity.authenticator() });
    Ok(logs::Parts {
        catalog: store.catalog().clone(),
        events: store.log_events().clone(),
        metrics: store.metrics().clone(),
        upstreams: outgoing.upstreams.clone(),
        http: outgoing.fenced.clone(),
        buckets: neighbours.buckets,
        documents: neighbours.documents,
        queries: Arc::new(neighbours.queries),
        policies: permissions.clone(),
        permissions,
        signals: Arc::default(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    })
}
