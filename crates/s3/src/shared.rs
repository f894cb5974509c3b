//! What all requests share.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use base::{Clock, Entropy};
use s3s::{S3ErrorCode, S3Result};
use store::catalog::{Catalog, CatalogError, Expect, Transaction, Versioned};
use tokio::sync::{Mutex, MutexGuard, RwLock};

use crate::errors;
use crate::files::Files;
use crate::names::record_key;
use crate::ports::{CallLog, Credentials, Policies};
use crate::record::BucketRecord;

/// How often a change is decided anew before the client is told.
const ATTEMPTS: usize = 64;
/// Keys that hash alike wait for each other.
const TURNS: usize = 1024;

/// The parts of a running S3.
pub(crate) struct Shared {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) files: Arc<Files>,
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) policies: Arc<dyn Policies>,
    pub(crate) log: Arc<dyn CallLog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Held for reading while a bucket's contents change, and for writing while a bucket goes: it must be empty until
    /// it is gone.
    pub(crate) gate: RwLock<()>,
    turns: Turns,
    // Apart from the others: who holds the turn of an upload may wait for that of its object.
    upload_turns: Turns,
}

/// Lets the changes of one key follow each other, so that they do not have to be decided anew. Nobody holds two turns of
/// one kind: names that hash alike share a turn.
struct Turns(Vec<Mutex<()>>);

impl Turns {
    fn new() -> Self {
        Self((0..TURNS).map(|_| Mutex::new(())).collect())
    }

    async fn take(&self, name: &str) -> MutexGuard<'_, ()> {
        let hash = foldhash::fast::FixedState::default().hash_one(name);
        self.0[usize::try_from(hash % TURNS as u64).expect("it is small")].lock().await
    }
}

/// A bucket as read.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) record: Arc<BucketRecord>,
    /// The version of its record.
    pub(crate) version: u64,
}

impl Bucket {
    /// Its ARN.
    pub(crate) fn arn(&self, partition: base::Partition) -> String {
        format!("arn:{}:s3:::{}", partition.as_str(), self.name)
    }
}

/// What is needed to make a [`Shared`].
pub(crate) struct SharedParts {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) files: Arc<Files>,
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) policies: Arc<dyn Policies>,
    pub(crate) log: Arc<dyn CallLog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Shared {
    pub(crate) fn new(parts: SharedParts) -> Self {
        let SharedParts { catalog, files, credentials, policies, log, clock, entropy } = parts;
        let (gate, turns, upload_turns) = (RwLock::new(()), Turns::new(), Turns::new());
        Self { catalog, files, credentials, policies, log, clock, entropy, gate, turns, upload_turns }
    }

    /// The bucket of this name.
    ///
    /// # Errors
    /// `NoSuchBucket`
    pub(crate) fn bucket(&self, name: &str) -> S3Result<Bucket> {
        self.find_bucket(name).ok_or_else(|| errors::error(S3ErrorCode::NoSuchBucket))
    }

    /// The bucket of this name, if there is one.
    pub(crate) fn find_bucket(&self, name: &str) -> Option<Bucket> {
        let Versioned { value, version } = self.catalog.get::<BucketRecord>(&record_key(name))?;
        Some(Bucket { name: name.to_owned(), record: value, version })
    }

    /// Waits for the turn to change a key of a bucket.
    pub(crate) async fn turn(&self, bucket: &str, key: &str) -> MutexGuard<'_, ()> {
        self.turns.take(&format!("{bucket}/{key}")).await
    }

    /// Waits for the turn to change an upload, of which no part is put while it ends. It comes before the turn of the
    /// key, and after the gate.
    pub(crate) async fn upload_turn(&self, id: &str) -> MutexGuard<'_, ()> {
        self.upload_turns.take(id).await
    }

    /// Commits what `decide` says. When a record has changed meanwhile, `decide` is asked again.
    ///
    /// # Errors
    /// Those of `decide`; `OperationAborted` when others are always faster; the catalog's own.
    pub(crate) async fn change<T>(
        &self,
        mut decide: impl FnMut() -> S3Result<(Transaction, T)> + Send,
    ) -> S3Result<T> {
        for _ in 0..ATTEMPTS {
            let (transaction, result) = decide()?;
            if transaction.is_empty() {
                return Ok(result);
            }
            match self.catalog.commit(transaction).await {
                Ok(()) => return Ok(result),
                Err(CatalogError::Conflict { .. }) => {}
                Err(other) => return Err(errors::catalog(&other)),
            }
        }
        Err(errors::error(S3ErrorCode::OperationAborted))
    }

    /// Changes a bucket's record.
    ///
    /// # Errors
    /// `NoSuchBucket`, those of `change`, and those of [`Shared::change`].
    pub(crate) async fn change_bucket(
        &self,
        name: &str,
        mut change: impl FnMut(&mut BucketRecord) -> S3Result<()> + Send,
    ) -> S3Result<()> {
        self.change(|| {
            let bucket = self.bucket(name)?;
            let mut record = bucket.record.as_ref().clone();
            change(&mut record)?;
            let mut transaction = Transaction::default();
            if record != *bucket.record {
                transaction.update(record_key(name), bucket.version, &record);
            }
            Ok((transaction, ()))
        })
        .await
    }

    /// Lets a transaction fail unless the bucket is as it was read.
    pub(crate) fn check_bucket(transaction: &mut Transaction, bucket: &Bucket) {
        transaction.check::<BucketRecord>(record_key(bucket.name.as_str()), Expect::Version(bucket.version));
    }
}
