//! The server's own counters, as Prometheus text.

mod upstreams;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use store::metric::StatSample;

use upstreams::UpstreamCounters;
pub use upstreams::{UpstreamCounts, UpstreamOutcome, UpstreamUsage};

/// Latencies that are kept one by one before they are put together.
const LATENCIES_MAX: usize = 1024;

/// Upper bounds of the latency buckets, in seconds.
const BUCKETS: [f64; 8] = [0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 2.5];

/// Counters of one server.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    latency: [AtomicU64; BUCKETS.len()],
    latency_count: AtomicU64,
    latency_micros: AtomicU64,
    events: AtomicU64,
    events_failed: AtomicU64,
    events_suppressed: AtomicU64,
    connections: AtomicU64,
    usage: Mutex<Counted>,
    upstreams: UpstreamCounters,
}

/// What was counted since usage was last taken.
#[derive(Debug, Default)]
struct Counted {
    services: BTreeMap<&'static str, Calls>,
    // The totals as they stood then.
    events: u64,
    events_failed: u64,
    connections: u64,
}

#[derive(Debug, Default)]
struct Calls {
    calls: u64,
    client_errors: u64,
    faults: u64,
    recent_ms: Vec<(f64, f64)>,
    latency_ms: Option<StatSample>,
}

impl Calls {
    fn fold(&mut self) {
        fold(&mut self.recent_ms, &mut self.latency_ms);
    }
}

/// Puts latencies together with those that were put together before.
fn fold(recent_ms: &mut Vec<(f64, f64)>, latency_ms: &mut Option<StatSample>) {
    if let Some(recent) = StatSample::of_values(&std::mem::take(recent_ms)) {
        match latency_ms {
            Some(all) => all.merge(&recent),
            none => *none = Some(recent),
        }
    }
}

/// Usage since it was last taken.
#[derive(Debug)]
pub struct Usage {
    /// By service.
    pub services: Vec<(&'static str, ServiceUsage)>,
    /// Audit events stored.
    pub events: u64,
    /// Audit events that could not be stored.
    pub events_failed: u64,
    /// Connections taken in.
    pub connections: u64,
    /// Calls to upstreams, by upstream and service.
    pub upstreams: Vec<UpstreamUsage>,
}

/// Usage of one service.
#[derive(Debug)]
pub struct ServiceUsage {
    /// Requests answered.
    pub calls: u64,
    /// Those answered with a status of 400 to 499.
    pub client_errors: u64,
    /// Those answered with a status of 500 and above.
    pub faults: u64,
    /// Time from the whole request to the whole answer, in milliseconds.
    pub latency_ms: Option<StatSample>,
}

impl Metrics {
    /// One request was answered.
    pub fn request(&self, service: &'static str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().expect("no holder of this lock can panic");
        *requests.entry((service, status)).or_default() += 1;
        drop(requests);
        let mut usage = self.usage.lock().expect("no holder of this lock can panic");
        let calls = usage.services.entry(service).or_default();
        calls.calls += 1;
        calls.client_errors += u64::from((400..500).contains(&status));
        calls.faults += u64::from(status >= 500);
        calls.recent_ms.push((took.as_secs_f64() * 1000.0, 1.0));
        if calls.recent_ms.len() >= LATENCIES_MAX {
            calls.fold();
        }
        drop(usage);
        let secs = took.as_secs_f64();
        for (bound, bucket) in BUCKETS.iter().zip(&self.latency) {
            if secs <= *bound {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.latency_count.fetch_add(1, Ordering::Relaxed);
        self.latency_micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// An audit event was stored.
    pub fn event(&self) {
        self.events.fetch_add(1, Ordering::Relaxed);
    }

    /// An audit event could not be stored.
    pub fn event_failed(&self) {
        self.events_failed.fetch_add(1, Ordering::Relaxed);
    }

    /// An unidentified caller's refused call was left out of the history, past the limit on them.
    pub fn event_suppressed(&self) {
        self.events_suppressed.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection was taken in.
    pub fn connection(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// A call to an upstream has ended. `upstream` is where it went, as `host:port`; the bytes are those of the bodies
    /// that came from it and went to it.
    pub fn upstream(
        &self,
        upstream: &str,
        service: &'static str,
        outcome: UpstreamOutcome,
        took: Duration,
        bytes_in: u64,
        bytes_out: u64,
    ) {
        self.upstreams.count(upstream, service, outcome, took, bytes_in, bytes_out);
    }

    /// What was counted since this was last called.
    pub fn take_usage(&self) -> Usage {
        let mut counted = self.usage.lock().expect("no holder of this lock can panic");
        let since = |total: &AtomicU64, last: &mut u64| {
            let total = total.load(Ordering::Relaxed);
            total - std::mem::replace(last, total)
        };
        let events = since(&self.events, &mut counted.events);
        let events_failed = since(&self.events_failed, &mut counted.events_failed);
        let connections = since(&self.connections, &mut counted.connections);
        let services = std::mem::take(&mut counted.services).into_iter().map(|(service, mut calls)| {
            calls.fold();
            let Calls { calls, client_errors, faults, latency_ms, .. } = calls;
            (service, ServiceUsage { calls, client_errors, faults, latency_ms })
        });
        let (services, upstreams) = (services.collect(), self.upstreams.take());
        Usage { services, events, events_failed, connections, upstreams }
    }

    /// The page that `GET /_trailwatch/metrics` shows.
    pub fn render(&self) -> String {
        let mut page = String::new();
        header(&mut page, "trailwatch_requests_total", "counter", "Requests answered.");
        for ((service, status), count) in &*self.requests.lock().expect("no holder of this lock can panic") {
            line(&mut page, &format!("trailwatch_requests_total{{service=\"{service}\",status=\"{status}\"}}"), count);
        }
        let latency = "trailwatch_request_duration_seconds";
        header(&mut page, latency, "histogram", "Time from the whole request to the whole answer.");
        for (bound, bucket) in BUCKETS.iter().zip(&self.latency) {
            line(&mut page, &format!("{latency}_bucket{{le=\"{bound}\"}}"), bucket.load(Ordering::Relaxed));
        }
        let count = self.latency_count.load(Ordering::Relaxed);
        line(&mut page, &format!("{latency}_bucket{{le=\"+Inf\"}}"), count);
        line(&mut page, &format!("{latency}_count"), count);
        line(&mut page, &format!("{latency}_sum"), self.latency_micros.load(Ordering::Relaxed) as f64 / 1e6);
        for (name, help, value) in [
            ("trailwatch_audit_events_total", "Audit events stored.", &self.events),
            ("trailwatch_audit_events_failed_total", "Audit events that could not be stored.", &self.events_failed),
            (
                "trailwatch_audit_events_suppressed_total",
                "Refused calls of unidentified callers left out of the history.",
                &self.events_suppressed,
            ),
            ("trailwatch_connections_total", "Connections taken in.", &self.connections),
        ] {
            header(&mut page, name, "counter", help);
            line(&mut page, name, value.load(Ordering::Relaxed));
        }
        self.upstreams.render(&mut page);
        page
    }
}

fn header(page: &mut String, name: &str, kind: &str, help: &str) {
    writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("text can be written to");
}

fn line(page: &mut String, name: &str, value: impl std::fmt::Display) {
    writeln!(page, "{name} {value}").expect("text can be written to");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_buckets_are_cumulative() {
        let metrics = Metrics::default();
        metrics.request("iam", 200, Duration::from_millis(2));
        metrics.request("iam", 403, Duration::from_millis(200));
        let page = metrics.render();
        assert!(page.contains("trailwatch_requests_total{service=\"iam\",status=\"403\"} 1"), "{page}");
        assert!(page.contains("_bucket{le=\"0.0025\"} 1"), "{page}");
        assert!(page.contains("_bucket{le=\"0.5\"} 2"), "{page}");
        assert!(page.contains("_bucket{le=\"+Inf\"} 2"), "{page}");
    }
}
