//! The job that publishes the server's own usage as metrics, in the namespace `Trailwatch`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use store::job::{Job, JobError};
use store::metric::{Datum, Metric, Metrics as MetricTable, StatSample, Unit};
use tokio::sync::Notify;

use crate::metrics::{Metrics, UpstreamCounts, UpstreamUsage, Usage};

/// The namespace of the server's own metrics.
const NAMESPACE: &str = "Trailwatch";

/// Publishes once a minute what was counted since the last time, in the server's own account
/// and region: `Calls`, `ClientErrors`, `Faults` and `Latency` by `Service`, and `AuditEvents`,
/// `AuditEventsFailed`, `Connections` and `ResidentMemory` of the whole server; `UpstreamCalls`, `UpstreamFailures`,
/// `UpstreamClientErrors`, `UpstreamFaults`, `UpstreamLatency`, `UpstreamBytesIn` and `UpstreamBytesOut` by `Upstream`,
/// and by `Upstream` and `Service`.
pub struct PublishUsage {
    counted: Arc<Metrics>,
    table: Arc<MetricTable>,
    scope: Scope,
    wake: Notify,
}

impl PublishUsage {
    /// The job that takes from these counters and puts into this table.
    pub fn new(counted: Arc<Metrics>, table: Arc<MetricTable>, scope: Scope) -> Self {
        Self { counted, table, scope, wake: Notify::new() }
    }
}

#[async_trait]
impl Job for PublishUsage {
    fn name(&self) -> &str {
        "server.publish-usage"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        // What was counted and cannot be stored is gone: the log is full or has stopped, and
        // counting on would not bring it back.
        Ok(self.table.put(&self.scope, data(self.counted.take_usage(), resident_bytes(), now)).await?)
    }
}

fn data(usage: Usage, resident_bytes: Option<u64>, now: Timestamp) -> Vec<Datum> {
    let datum_of = |name: &str, dimensions: &[(&str, &str)], unit: &str, sample| Datum {
        metric: Metric {
            namespace: NAMESPACE.into(),
            name: name.into(),
            dimensions: dimensions.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        },
        unit: Unit::parse(unit).unwrap_or(Unit::NONE),
        time_secs: now.secs(),
        high_resolution: false,
        sample,
    };
    let datum = |name: &str, service: Option<&str>, unit: &str, sample| {
        let dimensions: Vec<_> = service.map(|service| ("Service", service)).into_iter().collect();
        datum_of(name, &dimensions, unit, sample)
    };
    let count = |count: u64| StatSample::single(count as f64);
    let mut data = vec![
        datum("AuditEvents", None, "Count", count(usage.events)),
        datum("AuditEventsFailed", None, "Count", count(usage.events_failed)),
        datum("Connections", None, "Count", count(usage.connections)),
    ];
    data.extend(resident_bytes.map(|bytes| datum("ResidentMemory", None, "Bytes", count(bytes))));
    for (service, calls) in usage.services {
        data.push(datum("Calls", Some(service), "Count", count(calls.calls)));
        data.push(datum("ClientErrors", Some(service), "Count", count(calls.client_errors)));
        data.push(datum("Faults", Some(service), "Count", count(calls.faults)));
        data.extend(calls.latency_ms.map(|sample| datum("Latency", Some(service), "Milliseconds", sample)));
    }
    for (dimensions, calls) in by_dimensions(&usage.upstreams) {
        for (name, unit, value) in [
            ("UpstreamCalls", "Count", calls.calls),
            ("UpstreamFailures", "Count", calls.failures),
            ("UpstreamClientErrors", "Count", calls.client_errors),
            ("UpstreamFaults", "Count", calls.faults),
            ("UpstreamBytesIn", "Bytes", calls.bytes_in),
            ("UpstreamBytesOut", "Bytes", calls.bytes_out),
        ] {
            data.push(datum_of(name, &dimensions, unit, count(value)));
        }
        data.extend(calls.latency_ms.map(|sample| datum_of("UpstreamLatency", &dimensions, "Milliseconds", sample)));
    }
    data
}

/// Calls by upstream and service, and by upstream alone: alarms cannot add up series that they do not know by name.
fn by_dimensions(all: &[UpstreamUsage]) -> Vec<(Vec<(&'static str, &str)>, UpstreamCounts)> {
    let mut of_upstreams: BTreeMap<&str, UpstreamCounts> = BTreeMap::new();
    let mut out = Vec::new();
    for usage in all {
        let upstream = usage.upstream.as_str();
        of_upstreams.entry(upstream).or_default().add(&usage.counts);
        out.push((vec![("Service", usage.service), ("Upstream", upstream)], usage.counts.clone()));
    }
    out.extend(of_upstreams.into_iter().map(|(upstream, counts)| (vec![("Upstream", upstream)], counts)));
    out
}

/// Bytes of memory in use, where the system tells.
fn resident_bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let resident: u64 = pages.split_whitespace().nth(1)?.parse().ok()?;
    Some(resident * rustix::param::page_size() as u64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::UpstreamOutcome;

    #[test]
    fn what_was_counted_is_published_once() {
        let counted = Metrics::default();
        counted.request("iam", 200, Duration::from_millis(2));
        counted.request("iam", 403, Duration::from_millis(4));
        counted.request("iam", 500, Duration::from_millis(6));
        let value = |data: &[Datum], name: &str| {
            let datum = data.iter().find(|datum| &*datum.metric.name == name).unwrap();
            (datum.sample.count, datum.sample.sum, datum.unit.as_str())
        };
        let first = data(counted.take_usage(), Some(4096), Timestamp::from_secs(60));
        assert_eq!(value(&first, "Calls"), (1.0, 3.0, "Count"));
        assert_eq!(value(&first, "ClientErrors"), (1.0, 1.0, "Count"));
        assert_eq!(value(&first, "Faults"), (1.0, 1.0, "Count"));
        assert_eq!(value(&first, "Latency"), (3.0, 12.0, "Milliseconds"));
        assert_eq!(value(&first, "ResidentMemory"), (1.0, 4096.0, "Bytes"));
        let second = data(counted.take_usage(), None, Timestamp::from_secs(120));
        assert!(second.iter().all(|datum| datum.metric.dimensions.is_empty() && datum.sample.sum == 0.0));
    }

    #[test]
    fn calls_to_upstreams_are_published_by_upstream_and_by_service_of_it() {
        let counted = Metrics::default();
        for (service, outcome) in [
            ("ec2", UpstreamOutcome::Answered(200)),
            ("ec2", UpstreamOutcome::NoAnswer),
            ("sqs", UpstreamOutcome::Answered(500)),
        ] {
            counted.upstream("moto:5000", service, outcome, Duration::from_millis(5), 7, 2);
        }
        let all = data(counted.take_usage(), None, Timestamp::from_secs(60));
        let value = |name: &str, service: Option<&str>| {
            let mut wanted: Vec<(&str, &str)> = service.map(|service| ("Service", service)).into_iter().collect();
            wanted.push(("Upstream", "moto:5000"));
            let is_wanted = |datum: &&Datum| {
                let dimensions = datum.metric.dimensions.iter().map(|(name, value)| (&**name, &**value));
                &*datum.metric.name == name && dimensions.eq(wanted.iter().copied())
            };
            let found: Vec<_> = all.iter().filter(is_wanted).collect();
            assert_eq!(found.len(), 1, "{name} {service:?}");
            (found[0].sample.count, found[0].sample.sum, found[0].unit.as_str())
        };
        assert_eq!(value("UpstreamCalls", None), (1.0, 3.0, "Count"));
        assert_eq!(value("UpstreamCalls", Some("ec2")), (1.0, 2.0, "Count"));
        assert_eq!(value("UpstreamFailures", None), (1.0, 1.0, "Count"));
        assert_eq!(value("UpstreamFaults", Some("sqs")), (1.0, 1.0, "Count"));
        assert_eq!(value("UpstreamClientErrors", None), (1.0, 0.0, "Count"));
        assert_eq!(value("UpstreamLatency", None), (2.0, 10.0, "Milliseconds"));
        assert_eq!(value("UpstreamBytesIn", None), (1.0, 21.0, "Bytes"));
        assert_eq!(value("UpstreamBytesOut", Some("ec2")), (1.0, 4.0, "Bytes"));
    }
}
