//! Queries over event data stores, as CloudTrail asks for them.

use std::sync::Arc;

use async_trait::async_trait;
use cloudtrail::engine::{LakeContent, LakeEngine, LakeFailure, LakeOutcome, LakeQuery, LakeRun, LakeStatistics};
use query::{Lake, LakeError, LakeKind};
use tokio::sync::watch;

/// The memory that one query may take.
const MEMORY_BYTES: usize = 256 << 20;

/// Runs the queries of CloudTrail Lake.
pub struct LakeQueries(pub Arc<Lake>);

#[async_trait]
impl LakeEngine for LakeQueries {
    fn named(&self, statement: &str) -> Vec<String> {
        Lake::named(statement)
    }

    async fn check(&self, query: &LakeQuery) -> Result<(), LakeFailure> {
        self.0.check(asked(query.clone())).await.map_err(failure)
    }

    async fn run(&self, query: LakeQuery, run: LakeRun) -> Result<LakeOutcome, LakeFailure> {
        let (progress, mut seen) = watch::channel(query::LakeStatistics::default());
        let LakeRun { rows, progress: told, cancelled } = run;
        let running = self.0.run(asked(query), query::LakeRun { rows, progress, cancelled });
        let tell = async {
            while seen.changed().await.is_ok() {
                told.send_replace(statistics(*seen.borrow_and_update()));
            }
        };
        // Telling ends with the query, which has the sender.
        let (outcome, ()) = tokio::join!(running, tell);
        let outcome = outcome.map_err(failure)?;
        Ok(LakeOutcome { columns: outcome.columns, statistics: statistics(outcome.statistics) })
    }
}

fn asked(query: LakeQuery) -> query::LakeQuery {
    let stores = query.stores.into_iter().map(|store| query::LakeStore {
        id: store.id,
        number: store.number,
        kind: match store.content {
            LakeContent::Calls => LakeKind::Calls,
            LakeContent::Insights => LakeKind::Insights,
            LakeContent::Audit => LakeKind::Audit,
        },
    });
    query::LakeQuery {
        statement: query.statement,
        stores: stores.collect(),
        now: query.now,
        memory_bytes: MEMORY_BYTES,
    }
}

fn failure(error: LakeError) -> LakeFailure {
    match error {
        LakeError::Statement(reason) => LakeFailure::Statement(reason),
        LakeError::Memory => LakeFailure::Statement(LakeError::Memory.to_string()),
        LakeError::Cancelled => LakeFailure::Cancelled,
        LakeError::Failed(cause) => {
            tracing::error!(error = &*cause as &dyn std::error::Error, "a query of an event data store failed");
            LakeFailure::Failed
        }
    }
}

fn statistics(of: query::LakeStatistics) -> LakeStatistics {
    LakeStatistics {
        events_matched: of.events_matched,
        events_scanned: of.events_scanned,
        bytes_scanned: of.bytes_scanned,
    }
}
