//! AWS Config: its service and its jobs.

use std::sync::Arc;

use config::delivery::{DeliverHistory, DeliverSnapshots};
use config::ports::Events;
use config::{
    Config, DeployPacks, DiscoverUpstreams, ForgetDeleted, ForgetTokens, InvokeFunctions, JudgeChanges, JudgeRules,
    LookAtChanged, Outlets, Parts, RecordCompliance, RecordDaily, RecordPackCompliance, Remediate, SendEvents,
    Settings, SweepOwn, TellChanges,
};
use sns::Sns;
use ssm::Hosts;
use store::job::Job;

use super::ground::Ground;
use crate::account_facts::{AgentContacts, KnownFacts};
use crate::callee_wiring::Callees;
use crate::config_wiring::{ConfigTopics, EventWebhook};
use crate::inventory_wiring::KnownHosts;
use crate::own_resources::OwnServices;
use crate::upstream_resources::UpstreamResources;

/// Config as the rest of the server sees it.
pub(super) struct ConfigService {
    pub service: Arc<Config>,
    /// Hears of changes to the server's own resources.
    pub parts: Parts,
    pub jobs: Vec<Arc<dyn Job>>,
}

pub(super) fn open(
    ground: &Ground,
    buckets: Arc<dyn config::ports::Buckets>,
    topics: &Arc<Sns>,
    own: OwnServices,
    upstream: Option<UpstreamResources>,
    hosts: Hosts,
) -> ConfigService {
    let Ground { settings, store, entropy, outgoing, .. } = ground;
    let callees = Callees { upstreams: outgoing.upstreams.clone(), http: outgoing.fenced.clone() };
    let own = Arc::new(own);
    let agents = Some(Arc::new(KnownHosts(hosts)) as Arc<dyn AgentContacts>);
    let facts = KnownFacts { own: own.clone(), upstreams: outgoing.upstreams.clone(), agents };
    let webhook = settings.event_webhook.clone();
    let events = webhook.map(|endpoint| EventWebhook { endpoint, http: outgoing.trusted.clone() });
    let events = events.map(|webhook| Arc::new(webhook) as Arc<dyn Events>);
    let outlets = Outlets {
        buckets,
        topics: Arc::new(ConfigTopics(topics.clone())),
        own,
        facts: Arc::new(facts),
        functions: Arc::new(callees.clone()),
        automations: Arc::new(callees),
        upstream: upstream.map(|upstream| Arc::new(upstream) as Arc<dyn config::discovery::Upstream>),
        events,
    };
    let parts = Parts::new(store, outlets, entropy.clone(), Settings::default());
    let jobs: Vec<Arc<dyn Job>> = vec![
        Arc::new(SweepOwn::new(parts.clone())),
        Arc::new(DiscoverUpstreams::new(parts.clone(), settings.region.clone())),
        Arc::new(LookAtChanged::new(parts.clone(), settings.region.clone())),
        Arc::new(RecordDaily::new(parts.clone())),
        Arc::new(DeployPacks::new(parts.clone())),
        Arc::new(JudgeRules::new(parts.clone())),
        Arc::new(JudgeChanges::new(parts.clone())),
        Arc::new(RecordCompliance::new(parts.clone())),
        Arc::new(RecordPackCompliance::new(parts.clone())),
        Arc::new(TellChanges::new(parts.clone())),
        Arc::new(SendEvents::new(parts.clone())),
        Arc::new(ForgetDeleted::new(parts.clone())),
        Arc::new(InvokeFunctions::new(parts.clone())),
        Arc::new(ForgetTokens::new(parts.clone())),
        Arc::new(Remediate::new(parts.clone())),
        Arc::new(DeliverSnapshots::new(parts.clone())),
        Arc::new(DeliverHistory::new(parts.clone())),
    ];
    ConfigService { service: Arc::new(Config::new(parts.clone())), parts, jobs }
}
