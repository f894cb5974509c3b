//! Counters of calls to upstreams: those that the gateway sends on, and those of the server's own services.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use store::metric::StatSample;

use super::{LATENCIES_MAX, header, line};

/// Upstreams with services that are told apart; what goes past them is counted together.
const SERIES_MAX: usize = 500;
/// What those are called.
const OTHERS: &str = "others";

/// What came of a call to an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamOutcome {
    /// It answered with this status.
    Answered(u16),
    /// It did not answer, or not to the end.
    NoAnswer,
}

/// Calls to upstreams, counted by where they went and by service.
#[derive(Debug, Default)]
pub(super) struct UpstreamCounters(Mutex<BTreeMap<(String, &'static str), Series>>);

#[derive(Debug, Default)]
struct Series {
    /// All there were; without latencies.
    total: UpstreamCounts,
    /// Those since they were last taken.
    recent: UpstreamCounts,
    recent_ms: Vec<(f64, f64)>,
}

/// Calls that were counted.
#[derive(Clone, Debug, Default)]
pub struct UpstreamCounts {
    /// Calls.
    pub calls: u64,
    /// Those that got no answer.
    pub failures: u64,
    /// Those answered with a status of 400 to 499.
    pub client_errors: u64,
    /// Those answered with a status of 500 and above.
    pub faults: u64,
    /// Time to the end of the answer, in milliseconds, of the calls that were answered.
    pub latency_ms: Option<StatSample>,
    /// Bytes of bodies that came.
    pub bytes_in: u64,
    /// Bytes of bodies that went.
    pub bytes_out: u64,
}

/// Calls of one service to one upstream since they were last taken.
#[derive(Debug)]
pub struct UpstreamUsage {
    /// Where they went.
    pub upstream: String,
    /// The service.
    pub service: &'static str,
    /// How many, and how they went.
    pub counts: UpstreamCounts,
}

impl UpstreamCounters {
    pub(super) fn count(
        &self,
        upstream: &str,
        service: &'static str,
        outcome: UpstreamOutcome,
        took: Duration,
        bytes_in: u64,
        bytes_out: u64,
    ) {
        let mut all = self.0.lock().expect("no holder of this lock can panic");
        let key = (upstream.to_owned(), service);
        let key = match all.len() >= SERIES_MAX && !all.contains_key(&key) {
            true => (OTHERS.to_owned(), OTHERS),
            false => key,
        };
        let series = all.entry(key).or_default();
        let one = UpstreamCounts::of_call(outcome, bytes_in, bytes_out);
        series.total.add(&one);
        series.recent.add(&one);
        // How long it took to find out that there is no answer is not how fast answers are.
        if let UpstreamOutcome::Answered(_) = outcome {
            series.recent_ms.push((took.as_secs_f64() * 1000.0, 1.0));
            if series.recent_ms.len() >= LATENCIES_MAX {
                series.fold();
            }
        }
    }

    /// What was counted since this was last called, of where there were calls.
    pub(super) fn take(&self) -> Vec<UpstreamUsage> {
        let mut all = self.0.lock().expect("no holder of this lock can panic");
        let called = all.iter_mut().filter(|(_, series)| series.recent.calls > 0);
        let usage = called.map(|((upstream, service), series)| {
            series.fold();
            let counts = std::mem::take(&mut series.recent);
            UpstreamUsage { upstream: upstream.clone(), service, counts }
        });
        usage.collect()
    }

    pub(super) fn render(&self, page: &mut String) {
        let all = self.0.lock().expect("no holder of this lock can panic");
        if all.is_empty() {
            return;
        }
        type Value = fn(&UpstreamCounts) -> u64;
        let counters: [(&str, &str, Value); 6] = [
            ("calls", "Calls to upstreams.", |counts| counts.calls),
            ("failures", "Calls that an upstream did not answer.", |counts| counts.failures),
            ("client_errors", "Calls answered with 400 to 499.", |counts| counts.client_errors),
            ("faults", "Calls answered with 500 and above.", |counts| counts.faults),
            ("bytes_in", "Bytes of bodies from upstreams.", |counts| counts.bytes_in),
            ("bytes_out", "Bytes of bodies to upstreams.", |counts| counts.bytes_out),
        ];
        for (name, help, value) in counters {
            // The counters of each upstream as a whole are `trailwatch_upstream_calls_total` and its like.
            let name = format!("trailwatch_upstream_service_{name}_total");
            header(page, &name, "counter", help);
            for ((upstream, service), series) in &*all {
                let labels = format!("upstream=\"{upstream}\",service=\"{service}\"");
                line(page, &format!("{name}{{{labels}}}"), value(&series.total));
            }
        }
    }
}

impl UpstreamCounts {
    fn of_call(outcome: UpstreamOutcome, bytes_in: u64, bytes_out: u64) -> Self {
        let is = |condition: bool| u64::from(condition);
        Self {
            calls: 1,
            failures: is(outcome == UpstreamOutcome::NoAnswer),
            client_errors: is(matches!(outcome, UpstreamOutcome::Answered(400..500))),
            faults: is(matches!(outcome, UpstreamOutcome::Answered(500..))),
            latency_ms: None,
            bytes_in,
            bytes_out,
        }
    }

    /// Takes these in too.
    pub fn add(&mut self, more: &Self) {
        self.calls += more.calls;
        self.failures += more.failures;
        self.client_errors += more.client_errors;
        self.faults += more.faults;
        self.bytes_in += more.bytes_in;
        self.bytes_out += more.bytes_out;
        match (&mut self.latency_ms, &more.latency_ms) {
            (Some(all), Some(more)) => all.merge(more),
            (none, more) => *none = none.take().or_else(|| more.clone()),
        }
    }
}

impl Series {
    fn fold(&mut self) {
        super::fold(&mut self.recent_ms, &mut self.recent.latency_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(counters: &UpstreamCounters, upstream: &str, service: &'static str, outcome: UpstreamOutcome) {
        counters.count(upstream, service, outcome, Duration::from_millis(4), 10, 3);
    }

    #[test]
    fn calls_are_counted_by_upstream_and_service_and_taken_once() {
        let counters = UpstreamCounters::default();
        for outcome in [200, 404, 503].map(UpstreamOutcome::Answered).into_iter().chain([UpstreamOutcome::NoAnswer]) {
            counted(&counters, "moto:5000", "ec2", outcome);
        }
        counted(&counters, "moto:5000", "sqs", UpstreamOutcome::Answered(200));
        let taken = counters.take();
        assert_eq!((taken[0].upstream.as_str(), taken[0].service, taken.len()), ("moto:5000", "ec2", 2));
        let ec2 = &taken[0].counts;
        assert_eq!((ec2.calls, ec2.failures, ec2.client_errors, ec2.faults), (4, 1, 1, 1));
        assert_eq!((ec2.bytes_in, ec2.bytes_out), (40, 12));
        let latency = ec2.latency_ms.as_ref().unwrap();
        assert_eq!((latency.count, latency.sum), (3.0, 12.0), "of those that were answered");
        assert!(counters.take().is_empty());
    }

    #[test]
    fn what_was_taken_stays_in_the_totals() {
        let counters = UpstreamCounters::default();
        counted(&counters, "moto:5000", "ec2", UpstreamOutcome::NoAnswer);
        counters.take();
        counted(&counters, "moto:5000", "ec2", UpstreamOutcome::Answered(200));
        let mut page = String::new();
        counters.render(&mut page);
        let labels = "{upstream=\"moto:5000\",service=\"ec2\"}";
        assert!(page.contains(&format!("trailwatch_upstream_service_calls_total{labels} 2\n")), "{page}");
        assert!(page.contains(&format!("trailwatch_upstream_service_failures_total{labels} 1\n")), "{page}");
        assert!(page.contains(&format!("trailwatch_upstream_service_bytes_out_total{labels} 6\n")), "{page}");
    }

    #[test]
    fn past_so_many_upstreams_and_services_calls_are_counted_together() {
        let counters = UpstreamCounters::default();
        for number in 0..SERIES_MAX + 50 {
            counted(&counters, &format!("host-{number}:80"), "s3", UpstreamOutcome::Answered(200));
        }
        counted(&counters, "host-1:80", "s3", UpstreamOutcome::Answered(200));
        let taken = counters.take();
        assert_eq!(taken.len(), SERIES_MAX + 1);
        let calls = |name: &str| taken.iter().find(|usage| usage.upstream == name).unwrap().counts.calls;
        assert_eq!((calls(OTHERS), calls("host-1:80")), (50, 2));
    }
}
