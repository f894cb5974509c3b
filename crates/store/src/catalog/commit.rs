//! Writing transactions in groups: one task checks, applies and publishes them in order.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use tokio::sync::{mpsc, oneshot};

use super::{Action, CatalogBackend, CatalogError, Change, Expect, Key, Row, Rows, Transaction};

/// Transactions that are applied together at most.
const GROUP_MAX: usize = 256;

type Reply = oneshot::Sender<Result<(), CatalogError>>;

/// Hands transactions to the task that writes them.
pub(super) struct Writer {
    queue: mpsc::UnboundedSender<(Transaction, Reply)>,
}

impl Writer {
    /// Starts the task; it ends when this is dropped. Versions are counted from `highest` on
    /// over all records, so that one made anew under an old name never has an old version.
    pub fn start(backend: Arc<dyn CatalogBackend>, rows: Arc<RwLock<Rows>>, highest: u64) -> Self {
        let (queue, mut arriving) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let (mut group, mut version) = (Vec::new(), highest);
            while arriving.recv_many(&mut group, GROUP_MAX).await > 0 {
                commit_group(&*backend, &rows, &mut version, group.drain(..)).await;
            }
        });
        Self { queue }
    }

    pub async fn commit(&self, transaction: Transaction) -> Result<(), CatalogError> {
        let (reply, outcome) = oneshot::channel();
        let gone = || CatalogError::Failed("the catalog's writer has ended".into());
        self.queue.send((transaction, reply)).map_err(|_| gone())?;
        outcome.await.unwrap_or_else(|_| Err(gone()))
    }
}

async fn commit_group(
    backend: &dyn CatalogBackend,
    rows: &RwLock<Rows>,
    version: &mut u64,
    group: impl Iterator<Item = (Transaction, Reply)>,
) {
    let mut checked = Checked::default();
    let mut accepted = Vec::new();
    {
        let rows = rows.read().expect("no writer panics");
        for (transaction, reply) in group {
            match checked.add(&rows, version, transaction) {
                Ok(()) => accepted.push(reply),
                Err(conflict) => drop(reply.send(Err(conflict))),
            }
        }
    }
    let outcome = if checked.changes.is_empty() { Ok(()) } else { backend.apply(&checked.changes).await };
    if outcome.is_ok() {
        publish(rows, checked.changes);
    }
    for reply in accepted {
        // A caller that is gone does not want to know.
        drop(reply.send(copy_outcome(&outcome)));
    }
}

fn copy_outcome(outcome: &Result<(), CatalogError>) -> Result<(), CatalogError> {
    Err(match outcome {
        Ok(()) => return Ok(()),
        Err(CatalogError::Full) => CatalogError::Full,
        Err(CatalogError::Conflict { kind, name }) => CatalogError::Conflict { kind, name: name.clone() },
        Err(CatalogError::Failed(cause)) => CatalogError::Failed(cause.to_string().into()),
    })
}

/// The changes of the transactions whose expectations hold, each with its new version.
#[derive(Default)]
struct Checked {
    changes: Vec<(Change, u64)>,
    // The versions that the changes so far lead to; `None` once deleted.
    after: HashMap<(&'static str, Key), Option<u64>>,
}

impl Checked {
    fn add(&mut self, rows: &Rows, last: &mut u64, transaction: Transaction) -> Result<(), CatalogError> {
        let first = self.changes.len();
        let mut undo = Vec::new();
        for change in transaction.into_changes() {
            let place = (change.kind, change.key.clone());
            let known = self.after.get(&place).copied();
            let current = known.unwrap_or_else(|| Some(rows.get(change.kind)?.rows.get(&change.key)?.version));
            if !holds(change.expect, current) {
                self.changes.truncate(first);
                for (place, known) in undo.into_iter().rev() {
                    self.restore(place, known);
                }
                return Err(CatalogError::Conflict { kind: change.kind, name: change.key.name });
            }
            if matches!(change.action, Action::Check) {
                continue;
            }
            *last += 1;
            let version = *last;
            let after = matches!(change.action, Action::Put { .. }).then_some(version);
            self.after.insert(place.clone(), after);
            undo.push((place, known));
            self.changes.push((change, version));
        }
        Ok(())
    }

    fn restore(&mut self, place: (&'static str, Key), known: Option<Option<u64>>) {
        match known {
            Some(version) => self.after.insert(place, version),
            None => self.after.remove(&place),
        };
    }
}

fn holds(expect: Expect, current: Option<u64>) -> bool {
    match expect {
        Expect::Any => true,
        Expect::Absent => current.is_none(),
        Expect::Version(version) => current == Some(version),
    }
}

fn publish(rows: &RwLock<Rows>, changes: Vec<(Change, u64)>) {
    let mut rows = rows.write().expect("no writer panics");
    for (mut change, version) in changes {
        // Names are held for as long as their records, and many are made piece by piece.
        change.key.name.shrink_to_fit();
        let kind = rows.entry(change.kind.to_owned()).or_default();
        match change.action {
            Action::Put { format, body } => {
                let row = Row { version, format, body, decoded: OnceLock::new() };
                kind.changes.add(&change.key);
                kind.rows.insert(change.key, Arc::new(row));
            }
            Action::Delete => {
                kind.changes.add(&change.key);
                kind.rows.remove(&change.key);
            }
            Action::Check => {}
        }
    }
}
