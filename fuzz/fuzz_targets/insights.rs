//! Queries of Logs Insights, each a line, over the messages on the lines behind it: what parses prints as
//! text that parses to the same; what compiles gives the same rows however the work is shared, and
//! no event that matches is missed by the needle. A mistake is somewhere in the text.

#![no_main]

use std::sync::Arc;

use base::Timestamp;
use lang::insights::{Class, Environment, Event, NoLookupTables, Plan, Pointer, PointerText, Query, Row};
use libfuzzer_sys::fuzz_target;

fn environment() -> Environment {
    Environment {
        start: Timestamp::from_millis(0),
        end: Timestamp::from_millis(10_000),
        now: Timestamp::from_millis(20_000),
        limit: None,
        class: Class::Standard,
        lookup_tables: Arc::new(NoLookupTables),
        pointer: PointerText::new(|pointer| pointer.position.to_string()),
        may_unmask: true,
    }
}

fn event(position: u64, message: &str) -> Event<'_> {
    let time = 700 * position as i64;
    Event {
        time_ms: time,
        ingested_ms: time,
        message,
        stream: "stream",
        log: "123456789012:/app",
        account: "123456789012",
        region: "us-east-1",
        transformed: None,
        pointer: Pointer { group: 1, time, position },
    }
}

/// The rows, if the query could be run, of as many workers.
fn run(plan: &Plan, messages: &[&str], workers: usize) -> Option<Vec<Row>> {
    let mut all: Vec<_> = (0..workers).map(|_| plan.worker()).collect();
    for (position, message) in (0..).zip(messages) {
        let worker = &mut all[position as usize % workers];
        let matched = worker.matched();
        worker.push(&event(position, message)).ok()?;
        assert!(worker.matched() == matched || plan.needle().may_match(message));
    }
    plan.finish(all).ok()
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let text = lines.next().unwrap_or_default();
    let query = match Query::parse(text) {
        Ok(query) => query,
        Err(error) => {
            assert!(error.start <= error.end && error.end <= text.chars().count());
            return;
        }
    };
    assert_eq!(Query::parse(&query.to_string()).as_ref(), Ok(&query));
    let Ok(plan) = Plan::compile(&query, &environment()) else { return };
    let messages: Vec<&str> = lines.take(16).collect();
    let (alone, shared) = (run(&plan, &messages, 1), run(&plan, &messages, 3));
    // Patterns depend on what comes first; so do the last digits of these, which filters may look at.
    let text = text.to_lowercase();
    if !["pattern", "stddev", "var", "sum", "avg"].iter().any(|word| text.contains(word)) {
        assert_eq!(alone.map(|rows| rows.len()), shared.map(|rows| rows.len()));
    }
});
