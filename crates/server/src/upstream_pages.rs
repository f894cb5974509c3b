//! How it goes with the upstreams, as the server's own pages show it.

use std::fmt::Write as _;

use outbound::{BreakerState, OutletState};
use serde_json::{Value as Json, json};

/// The member `upstreams` of the health page.
pub fn health(states: &[OutletState]) -> Vec<Json> {
    let one = |state: &OutletState| {
        json!({
            "service": name(state),
            "address": state.address,
            "state": state.breaker.name(),
            "since": state.since.iso(),
            "failuresInARow": state.failures_in_a_row,
            "lastError": state.last_error,
            "calls": state.calls,
            "failures": state.failures,
        })
    };
    states.iter().map(one).collect()
}

/// Their lines of the page of metrics.
pub fn metrics(states: &[OutletState]) -> String {
    let mut page = String::new();
    if states.is_empty() {
        return page;
    }
    type Value = fn(&OutletState) -> u64;
    let all: [(&str, &str, &str, Value); 3] = [
        ("trailwatch_upstream_calls_total", "counter", "Calls to an upstream.", |state| state.calls),
        ("trailwatch_upstream_failures_total", "counter", "Calls that an upstream did not answer.", |state| {
            state.failures
        }),
        ("trailwatch_upstream_open", "gauge", "1 while an upstream that failed is not called, else 0.", |state| {
            u64::from(state.breaker == BreakerState::Open)
        }),
    ];
    for (metric, kind, help, value) in all {
        writeln!(page, "# HELP {metric} {help}\n# TYPE {metric} {kind}").expect("text can be written to");
        for state in states {
            // Signing names hold nothing that would have to be escaped.
            writeln!(page, "{metric}{{upstream=\"{}\"}} {}", name(state), value(state))
                .expect("text can be written to");
        }
    }
    page
}

fn name(state: &OutletState) -> &str {
    state.service.as_deref().unwrap_or("all")
}

#[cfg(test)]
mod tests {
    use base::Timestamp;

    use super::*;

    fn states() -> Vec<OutletState> {
        let closed = OutletState {
            service: None,
            address: "http://moto:5000/".to_owned(),
            breaker: BreakerState::Closed,
            since: Timestamp::from_secs(1_790_000_000),
            failures_in_a_row: 0,
            last_error: None,
            calls: 7,
            failures: 0,
        };
        let open = OutletState {
            service: Some("s3".to_owned()),
            breaker: BreakerState::Open,
            failures_in_a_row: 5,
            last_error: Some("the connection failed: refused".to_owned()),
            calls: 6,
            failures: 5,
            ..closed.clone()
        };
        vec![closed, open]
    }

    #[test]
    fn the_health_page_tells_which_upstream_is_not_called_and_why() {
        let shown = health(&states());
        assert_eq!(shown[0]["service"], "all");
        assert_eq!(
            shown[1],
            json!({
                "service": "s3",
                "address": "http://moto:5000/",
                "state": "open",
                "since": "2026-09-21T14:13:20Z",
                "failuresInARow": 5,
                "lastError": "the connection failed: refused",
                "calls": 6,
                "failures": 5,
            })
        );
    }

    #[test]
    fn upstreams_have_their_lines_among_the_metrics() {
        let page = metrics(&states());
        for line in [
            "# TYPE trailwatch_upstream_open gauge",
            "trailwatch_upstream_calls_total{upstream=\"all\"} 7",
            "trailwatch_upstream_failures_total{upstream=\"s3\"} 5",
            "trailwatch_upstream_open{upstream=\"all\"} 0",
            "trailwatch_upstream_open{upstream=\"s3\"} 1",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} in {page}");
        }
        assert_eq!(metrics(&[]), "");
    }
}
