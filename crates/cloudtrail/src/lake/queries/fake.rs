//! An engine and a place for documents, as tests need them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use lang::lake_statement::LakeStatement;

use crate::lake::engine::{
    Documents, LakeEngine, LakeFailure, LakeOutcome, LakeQuery, LakeRow, LakeRun, LakeStatistics,
};

/// Understands the words of a statement after its stores: `rows N` gives N rows, `wait` waits until it is cancelled,
/// `fail` fails, and `bad` is refused.
#[derive(Default)]
pub(crate) struct FakeLake {
    /// What was run, one for each run.
    pub(crate) ran: Mutex<Vec<LakeQuery>>,
}

fn row(number: usize) -> LakeRow {
    vec![Some(number.to_string()), number.is_multiple_of(2).then(|| "even, \"yes\"".to_owned())]
}

#[async_trait]
impl LakeEngine for FakeLake {
    fn named(&self, statement: &str) -> Vec<String> {
        LakeStatement::of(statement).ids
    }

    async fn check(&self, query: &LakeQuery) -> Result<(), LakeFailure> {
        match query.statement.contains("bad") {
            true => Err(LakeFailure::Statement("bad is not SQL.".to_owned())),
            false => Ok(()),
        }
    }

    async fn run(&self, query: LakeQuery, mut run: LakeRun) -> Result<LakeOutcome, LakeFailure> {
        self.ran.lock().unwrap().push(query.clone());
        let statistics = LakeStatistics { events_matched: 1, events_scanned: 2, bytes_scanned: 3 };
        run.progress.send_replace(LakeStatistics { events_matched: 0, ..statistics });
        if query.statement.contains("wait") {
            run.cancelled.wait_for(|cancelled| *cancelled).await.unwrap();
            return Err(LakeFailure::Cancelled);
        }
        if query.statement.contains("fail") {
            return Err(LakeFailure::Statement("Division by zero".to_owned()));
        }
        let count = query.statement.split_once("rows ").map_or(0, |(_, count)| count.parse().unwrap());
        let all: Vec<LakeRow> = (0..count).map(row).collect();
        for batch in all.chunks(700) {
            run.rows.send(batch.to_vec()).await.map_err(|_| LakeFailure::Cancelled)?;
        }
        Ok(LakeOutcome { columns: vec!["number".to_owned(), "Even".to_owned()], statistics })
    }
}

/// Documents in memory.
#[derive(Default)]
pub(crate) struct FakeDocuments(pub(crate) Mutex<BTreeMap<String, Vec<u8>>>);

#[async_trait]
impl Documents for FakeDocuments {
    async fn put(&self, name: &str, body: Vec<u8>) -> Result<(), String> {
        self.0.lock().unwrap().insert(name.to_owned(), body);
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }

    async fn remove(&self, name: &str) -> Result<(), String> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}
