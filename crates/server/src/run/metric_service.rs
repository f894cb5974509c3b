//! CloudWatch: its service, and the jobs of metrics and alarms.

use std::sync::Arc;

use base::Scope;
use cloudwatch::CloudWatch;
use cloudwatch::alarms;
use cloudwatch::alarms::actions::{ActionParts, RunAlarmActions};
use cloudwatch::alarms::composite::evaluate::EvaluateComposites;
use cloudwatch::alarms::evaluate::EvaluateAlarms;
use cloudwatch::alarms::history::ExpireAlarmHistory;
use cloudwatch::alarms::transition::TransitionParts;
use cloudwatch::metric_streams::DeliverMetricStreams;
use sns::Sns;
use store::job::Job;

use super::ground::Ground;
use crate::usage_job::PublishUsage;
use crate::wiring::AlarmTopics;

/// Metrics and alarms as the rest of the server sees them.
pub(super) struct MetricService {
    pub service: Arc<CloudWatch>,
    pub jobs: Vec<Arc<dyn Job>>,
}

pub(super) fn open(ground: &Ground, topics: &Arc<Sns>) -> MetricService {
    let Ground { settings, store, outgoing, metrics, clock, entropy, .. } = ground;
    let destinations = Arc::new(settings.metric_stream_destinations.clone());
    let parts = cloudwatch::Parts {
        metrics: store.metrics().clone(),
        catalog: store.catalog().clone(),
        metric_stream_destinations: destinations.clone(),
        alarm_signals: Arc::default(),
        alarm_events: settings.event_webhook.is_some(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    let own = Scope { account: settings.account.clone(), region: settings.region.clone() };
    let (table, catalog) = (store.metrics().clone(), store.catalog().clone());
    let mut jobs: Vec<Arc<dyn Job>> = vec![
        Arc::new(PublishUsage::new(metrics.clone(), table.clone(), own)),
        Arc::new(DeliverMetricStreams::new(outgoing.trusted.clone(), table, catalog, destinations)),
    ];
    jobs.extend(alarm_jobs(ground, &parts, topics));
    MetricService { service: Arc::new(CloudWatch::new(parts)), jobs }
}

/// The jobs of alarms, in the order in which what one does falls due for the next.
fn alarm_jobs(ground: &Ground, parts: &cloudwatch::Parts, topics: &Arc<Sns>) -> Vec<Arc<dyn Job>> {
    let transitions =
        TransitionParts { catalog: parts.catalog.clone(), entropy: parts.entropy.clone(), events: parts.alarm_events };
    let outlets = alarms::Outlets {
        topics: Arc::new(AlarmTopics(topics.clone())),
        upstreams: ground.outgoing.upstreams.clone(),
        http: ground.outgoing.trusted.clone(),
        event_webhook: ground.settings.event_webhook.clone(),
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
