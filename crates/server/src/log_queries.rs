//! Insights queries, as Logs asks for them.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use base::Timestamp;
use lang::insights::Plan;
use lang::needle::Needle;
use logs::{Directory, IndexCoverage, Masking, QueryEngine, QueryOutcome, QueryRun, QueryStatistics, Transforms};
use query::{Insights, InsightsError, InsightsGroup, InsightsQuery, InsightsStatistics, Shown};
use tokio::sync::watch;

/// The memory that one query may take.
const MEMORY_BYTES: usize = 256 << 20;

/// Runs the queries of Logs.
pub struct LogQueries {
    insights: Insights,
    directory: Arc<Directory>,
}

impl LogQueries {
    /// With this engine; the directory knows where groups are.
    pub fn new(insights: Insights, directory: Arc<Directory>) -> Self {
        Self { insights, directory }
    }
}

#[async_trait]
impl QueryEngine for LogQueries {
    async fn run(&self, run: QueryRun) -> Result<QueryOutcome, String> {
        // A group that was deleted since the query was asked for has no events any more.
        let groups = run.groups.iter().filter_map(|group| {
            let scope = self.directory.group(group.id)?.scope;
            let (masking, transforms) = (group.masking.clone(), group.transforms.clone());
            let shown = Arc::new(ShownGroup { masking, transforms, coverage: group.coverage.clone() });
            Some(InsightsGroup { id: group.id, scope, log: group.log.clone(), kept_from: group.kept_from, shown })
        });
        let (progress, mut seen) = watch::channel(InsightsStatistics::default());
        let query = InsightsQuery {
            plan: (*run.plan).clone(),
            groups: groups.collect(),
            from: run.from,
            to: run.to,
            stream_names: run.stream_names,
            memory_bytes: MEMORY_BYTES,
            progress,
            cancelled: run.cancelled,
        };
        let running = self.insights.run(query);
        let tell = async {
            while seen.changed().await.is_ok() {
                run.progress.send_replace(statistics(*seen.borrow_and_update()));
            }
        };
        // Telling ends with the query, which has the sender.
        let (outcome, ()) = tokio::join!(running, tell);
        match outcome {
            Ok(outcome) => Ok(QueryOutcome { rows: outcome.rows, statistics: statistics(outcome.statistics) }),
            Err(error) => {
                if let InsightsError::Failed(cause) = &error {
                    tracing::error!(error = &**cause as &dyn std::error::Error, "a query of log events failed");
                }
                Err(error.to_string())
            }
        }
    }
}

/// How data protection, transformers and field indexes show a group.
#[derive(Debug)]
struct ShownGroup {
    masking: Masking,
    transforms: Transforms,
    coverage: IndexCoverage,
}

impl Shown for ShownGroup {
    fn takes(&self, ingested: Timestamp) -> bool {
        self.coverage.takes(ingested)
    }

    fn message<'m>(&self, ingested: Timestamp, message: &'m str) -> Cow<'m, str> {
        self.masking.message(ingested, message)
    }

    fn transformed(&self, ingested: Timestamp, stream: &str, message: &str) -> Option<String> {
        let made = self.transforms.message(ingested, stream, message)?.ok()?;
        Some(self.masking.message(ingested, &made).into_owned())
    }

    fn needle(&self, plan: &Plan) -> Needle {
        // What is discovered in something else need not stand in the message.
        let needle = if self.transforms.are_none() { plan.needle() } else { plan.needle_of_message() };
        self.masking.needle(needle)
    }
}

fn statistics(of: InsightsStatistics) -> QueryStatistics {
    QueryStatistics {
        records_matched: of.records_matched,
        records_scanned: of.records_scanned,
        bytes_scanned: of.bytes_scanned,
        records_skipped: of.records_skipped,
        bytes_skipped: of.bytes_skipped,
        groups_scanned: of.groups_scanned,
    }
}
