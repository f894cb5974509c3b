//! How tests write events and rows.

use std::sync::Arc;

use base::Timestamp;

use crate::insights::{
    Class, Environment, Event, LookupTable, LookupTables, Plan, Pointer, PointerText, Query, QueryError, Row, RunError,
};

/// 2026-01-01T00:00:00Z.
pub(in crate::insights) const START_MS: i64 = 1_767_225_600_000;

/// One table, `users`.
#[derive(Debug)]
struct Tables;

impl LookupTables for Tables {
    fn table(&self, name: &str) -> Option<Arc<LookupTable>> {
        let row = |cells: [&str; 3]| cells.map(Arc::from).to_vec();
        (name == "users").then(|| {
            Arc::new(LookupTable {
                columns: ["id", "name", "team"].map(str::to_owned).to_vec(),
                rows: vec![row(["1", "Ann", "blue"]), row(["2", "Bob", "red"]), row(["2", "Bea", "red"])],
            })
        })
    }
}

pub(in crate::insights) fn environment() -> Environment {
    Environment {
        start: Timestamp::from_millis(START_MS),
        end: Timestamp::from_millis(START_MS + 3_600_000),
        now: Timestamp::from_millis(START_MS + 7_200_000),
        limit: None,
        class: Class::Standard,
        lookup_tables: Arc::new(Tables),
        pointer: PointerText::new(|pointer| format!("ptr-{}-{}", pointer.group, pointer.position)),
        may_unmask: true,
    }
}

pub(in crate::insights) fn compile(query: &str) -> Result<Plan, QueryError> {
    Plan::compile(&Query::parse(query)?, &environment())
}

/// Messages as events a second apart.
pub(in crate::insights) fn event(position: usize, message: &str) -> Event<'_> {
    let time_ms = START_MS + 1000 * position as i64;
    Event {
        time_ms,
        ingested_ms: time_ms + 500,
        message,
        stream: if position.is_multiple_of(2) { "even" } else { "odd" },
        log: "123456789012:/app",
        account: "123456789012",
        region: "us-east-1",
        transformed: None,
        pointer: Pointer { group: 1, time: time_ms, position: position as u64 },
    }
}

/// The rows of messages, event `i` seen by the worker `workers[i]`.
pub(in crate::insights) fn run_shared(
    plan: &Plan,
    messages: &[&str],
    worker: &dyn Fn(usize) -> usize,
) -> Result<Vec<Row>, RunError> {
    let mut workers: Vec<_> = (0..4).map(|_| plan.worker()).collect();
    for (position, message) in messages.iter().enumerate() {
        workers[worker(position)].push(&event(position, message))?;
    }
    plan.finish(workers)
}

/// A row as `name: value; name: value`, without `@ptr`.
pub(in crate::insights) fn show(row: &Row) -> String {
    let columns = row.iter().filter(|(name, _)| &**name != "@ptr");
    columns.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("; ")
}

/// The rows of a query over messages, or why it is refused.
pub(in crate::insights) fn run(query: &str, messages: &[&str]) -> Vec<String> {
    match compile(query) {
        Err(error) => vec![format!("refused: {error}")],
        Ok(plan) => match run_shared(&plan, messages, &|_| 0) {
            Ok(rows) => rows.iter().map(show).collect(),
            Err(error) => vec![format!("failed: {error}")],
        },
    }
}
