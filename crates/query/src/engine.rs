//! Where queries run: threads of their own, memory that is counted, and a folder for what does
//! not fit into it.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::disk_manager::{DiskManager, DiskManagerMode};
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use futures_util::StreamExt;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::error::SqlError;
use crate::memory::QueryMemory;

/// Statements that run at once; others wait for their turn.
const RUNNING_MAX: usize = 4;
/// Batches that wait for whoever reads a result.
const AHEAD: usize = 2;
/// What a query may write to the folder.
const SPILL_BYTES_MAX: u64 = 16 << 30;
/// Planning walks down expressions, which can be deep. The memory is taken only when it is used.
const STACK_BYTES: usize = 64 << 20;

/// Where queries run.
pub struct Engine {
    spill: PathBuf,
    turns: Arc<Semaphore>,
    runtime: OnceLock<Threads>,
}

/// Threads that end by themselves: those who wait for none may drop this.
struct Threads(Option<Runtime>);

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Engine {
    /// Sorts and the like that do not fit into memory go to files in `spill`, which is this
    /// engine's alone: it is made when it is needed, and what an earlier engine left in it goes.
    pub fn new(spill: PathBuf) -> Self {
        match std::fs::remove_dir_all(&spill) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(folder = %spill.display(), %error, "left-over files of queries could not be removed");
            }
            _ => {}
        }
        Self { spill, turns: Arc::new(Semaphore::new(RUNNING_MAX)), runtime: OnceLock::new() }
    }

    /// The queries' threads; started by the first.
    pub(crate) fn runtime(&self) -> io::Result<&Runtime> {
        if self.runtime.get().is_none() {
            let runtime = Builder::new_multi_thread()
                .thread_name("query")
                .thread_stack_size(STACK_BYTES)
                .enable_time()
                .build()?;
            // Another may have been faster.
            let _ = self.runtime.set(Threads(Some(runtime)));
        }
        let threads = self.runtime.get().and_then(|threads| threads.0.as_ref());
        Ok(threads.expect("threads are there until the engine is dropped"))
    }

    /// The memory and the folder of one query.
    pub(crate) fn environment(&self, memory_bytes: usize) -> Result<Arc<RuntimeEnv>> {
        let pool: Arc<dyn MemoryPool> = Arc::new(QueryMemory::new(memory_bytes));
        let disk = DiskManager::builder()
            .with_mode(DiskManagerMode::Directories(vec![self.spill.clone()]))
            .with_max_temp_directory_size(SPILL_BYTES_MAX);
        RuntimeEnvBuilder::new().with_memory_pool(pool).with_disk_manager_builder(disk).build_arc()
    }

    /// Runs a plan to be, for at most `timeout` until its last row is taken.
    pub(crate) async fn run<P>(&self, memory_bytes: usize, timeout: Duration, plan: P) -> Result<Rows, SqlError>
    where
        P: Future<Output = Result<SendableRecordBatchStream, SqlError>> + Send + 'static,
    {
        let deadline = Instant::now() + timeout;
        let timed_out = || SqlError::Timeout { timeout };
        let runtime = self.runtime().map_err(|error| SqlError::Failed(error.into()))?;
        let turns = self.turns.clone();
        let (told_schema, schema) = oneshot::channel();
        let (told, batches) = mpsc::channel(AHEAD);
        let running = runtime.spawn(async move {
            let work = async {
                let turn = turns.acquire_owned().await;
                let mut stream = match plan.await {
                    Ok(stream) => stream,
                    Err(error) => return drop(told_schema.send(Err(error))),
                };
                if told_schema.send(Ok(stream.schema())).is_err() {
                    return;
                }
                while let Some(batch) = stream.next().await {
                    let batch = batch.map_err(|error| SqlError::of(error, memory_bytes));
                    let last = batch.is_err();
                    if told.send(batch).await.is_err() || last {
                        break;
                    }
                }
                drop(turn);
            };
            // Whoever reads has the same deadline and tells of it.
            let _ = timeout_at(deadline, work).await;
        });
        let running = Running(running);
        match timeout_at(deadline, schema).await {
            Ok(Ok(schema)) => Ok(Rows { schema: schema?, batches, running, deadline, timeout, ended: false }),
            Ok(Err(_)) if Instant::now() >= deadline => Err(timed_out()),
            Ok(Err(_)) => Err(running.failure().await),
            Err(_) => Err(timed_out()),
        }
    }
}

/// A query's task; dropped, it stops.
struct Running(JoinHandle<()>);

impl Running {
    /// Why the task ended without a word.
    async fn failure(mut self) -> SqlError {
        match (&mut self.0).await {
            Err(error) => SqlError::Failed(error.into()),
            Ok(()) => SqlError::Failed("the query's task ended early".into()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The rows of a statement, as they come. Dropped, the statement stops.
pub struct Rows {
    schema: SchemaRef,
    batches: mpsc::Receiver<Result<RecordBatch, SqlError>>,
    running: Running,
    deadline: Instant,
    timeout: Duration,
    ended: bool,
}

impl Rows {
    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next rows; `None` at the end, and after an error.
    ///
    /// # Errors
    /// The statement cannot go on.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>, SqlError> {
        if self.ended {
            return Ok(None);
        }
        let next = match timeout_at(self.deadline, self.batches.recv()).await {
            Ok(Some(batch)) => batch.map(Some),
            // The task is over: in time, at its deadline, or by a panic.
            Ok(None) => match (&mut self.running.0).await {
                Ok(()) if Instant::now() < self.deadline => Ok(None),
                Ok(()) => Err(SqlError::Timeout { timeout: self.timeout }),
                Err(error) => Err(SqlError::Failed(error.into())),
            },
            Err(_) => Err(SqlError::Timeout { timeout: self.timeout }),
        };
        self.ended = !matches!(next, Ok(Some(_)));
        if self.ended {
            self.running.0.abort();
        }
        next
    }
}
