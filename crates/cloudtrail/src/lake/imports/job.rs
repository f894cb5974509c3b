//! The job that takes files.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use store::catalog::{CatalogError, Key, Transaction};
use store::job::{Job, JobError};
use store::lake_event::IMPORT_FIRST;
use tokio::sync::Notify;

use super::file::{BYTES_MAX, Wanted, events};
use super::source::{Location, day, folder, parse};
use super::{FailureStatus, ImportFailureRecord, ImportRecord, Status, Taking};
use crate::lake::stores::{self, EventDataStore};
use crate::ports::{KeyRange, PortError};
use crate::service::Parts;

/// Keys that are listed at a time.
const PAGE_KEYS: usize = if cfg!(test) { 2 } else { 1000 };
/// How often a change of a record is decided anew when it has changed meanwhile.
const ATTEMPTS: usize = 16;

/// Takes the files of imports.
pub struct RunImports {
    parts: Parts,
}

impl RunImports {
    /// The job over all imports.
    pub fn new(parts: Parts) -> Self {
        // What was under way when the server stopped goes on.
        parts.signals.imports.notify_one();
        Self { parts }
    }
}

#[async_trait]
impl Job for RunImports {
    fn name(&self) -> &str {
        "cloudtrail.import"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let mut all = self.parts.catalog.list_all::<ImportRecord>().into_iter();
        all.any(|(_, found)| found.value.status.is_ongoing()).then(|| last_run.plus(self.period()))
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.imports
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let mut first = Ok(());
        for (key, found) in self.parts.catalog.list_all::<ImportRecord>() {
            if found.value.status.is_ongoing() {
                first = first.and(run(&self.parts, &key, now).await);
            }
        }
        first
    }
}

/// An import that is worked on.
struct Work<'a> {
    parts: &'a Parts,
    key: &'a Key,
    scope: Scope,
    location: Location,
    now: Timestamp,
}

/// Why an import does not go on.
enum Ended {
    /// It was stopped, or is gone.
    Left,
    /// Its files cannot be listed.
    Failed(PortError),
}

async fn run(parts: &Parts, key: &Key, now: Timestamp) -> Result<(), JobError> {
    let Some(import) = parts.catalog.get::<ImportRecord>(key) else { return Ok(()) };
    let Some(region) = key.region.clone() else { return Ok(()) };
    let scope = Scope { account: key.account.clone(), region };
    let Some(location) = parse(&import.value.source.uri) else { return Ok(()) };
    let work = Work { parts, key, scope, location, now };
    match work.whole().await? {
        Ok(()) => {
            let end = |import: &mut ImportRecord| {
                import.listed = true;
                import.status = match import.statistics.failed_entries {
                    0 => Status::Completed,
                    _ => Status::Failed,
                };
            };
            work.change(end).await.map(drop)
        }
        Err(Ended::Left) => Ok(()),
        Err(Ended::Failed(error)) => {
            tracing::warn!(import = key.name, %error, "the files of an import cannot be listed");
            work.note_failure("", &error).await?;
            work.change(|import| import.status = Status::Failed).await.map(drop)
        }
    }
}

impl Work<'_> {
    async fn whole(&self) -> Result<Result<(), Ended>, JobError> {
        if let Err(left) = self.finish_taking().await? {
            return Ok(Err(left));
        }
        // The last key in each folder says when that is done.
        let mut folders: BTreeMap<String, String> = BTreeMap::new();
        let mut after = String::new();
        loop {
            let Some(import) = self.ongoing() else { return Ok(Err(Ended::Left)) };
            let page = match self.page(&import, &after).await {
                Ok(page) => page,
                Err(error) => return Ok(Err(Ended::Failed(error))),
            };
            let Some(last) = page.last().cloned() else { break };
            for key in page.into_iter().filter(|key| self.location.has(key)) {
                folders.insert(folder(&key).to_owned(), key);
            }
            after = last;
        }
        let found = folders.len() as u64;
        let begin = |import: &mut ImportRecord| {
            import.status = Status::InProgress;
            import.statistics.prefixes_found = import.statistics.prefixes_found.max(found);
        };
        if !self.change(begin).await? {
            return Ok(Err(Ended::Left));
        }
        if let Err(left) = self.retry().await? {
            return Ok(Err(left));
        }
        let mut after = String::new();
        loop {
            let Some(import) = self.ongoing() else { return Ok(Err(Ended::Left)) };
            if import.listed {
                return Ok(Ok(()));
            }
            // Only files are noted in the record: a page may have none.
            after = after.max(import.after.clone());
            let page = match self.page(&import, &after).await {
                Ok(page) => page,
                Err(error) => return Ok(Err(Ended::Failed(error))),
            };
            let Some(last) = page.last() else { return Ok(Ok(())) };
            after.clone_from(last);
            for key in page {
                if self.location.has(&key)
                    && let Err(left) = self.take(&key, &folders).await?
                {
                    return Ok(Err(left));
                }
            }
        }
    }

    fn ongoing(&self) -> Option<ImportRecord> {
        let import = self.parts.catalog.get::<ImportRecord>(self.key)?;
        import.value.status.is_ongoing().then(|| (*import.value).clone())
    }

    async fn page(&self, import: &ImportRecord, after: &str) -> Result<Vec<String>, PortError> {
        let Location { bucket, prefix } = &self.location;
        let range = KeyRange { bucket, prefix, after, count: PAGE_KEYS };
        self.parts.buckets.list_as(&import.reader(&self.scope), range, self.now).await
    }

    /// Takes the files that failed before and are to be tried again.
    async fn retry(&self) -> Result<Result<(), Ended>, JobError> {
        let below = format!("{}/", self.key.name);
        let (account, region) = (&self.key.account, self.key.region.as_ref());
        for (name, failure) in self.parts.catalog.list_prefix::<ImportFailureRecord>(account, region, &below) {
            let key = name.get(below.len()..).unwrap_or_default();
            if failure.value.status != FailureStatus::Retry {
                continue;
            }
            if key.is_empty() {
                // What could not be listed now was.
                self.count_success(key).await?;
            } else if let Err(left) = self.take(key, &BTreeMap::new()).await? {
                return Ok(Err(left));
            }
        }
        Ok(Ok(()))
    }

    /// Takes a file, whole or not at all.
    async fn take(&self, file: &str, folders: &BTreeMap<String, String>) -> Result<Result<(), Ended>, JobError> {
        let Some(import) = self.ongoing() else { return Ok(Err(Ended::Left)) };
        let Some(store) = self.store(&import) else { return Ok(Err(Ended::Left)) };
        let ends_folder = folders.get(folder(file)).is_some_and(|last| last == file);
        let is_too_old = |from: Timestamp| day(file).is_some_and(|day| *day < *from.date().replace('-', "/"));
        if import.from.is_some_and(is_too_old) {
            return self.settle(file, None, ends_folder).await;
        }
        let number = self.parts.lake_events.last_import(store.record.number).max(IMPORT_FIRST) + 1;
        let retention = base::time::DAY_MS * i64::from(store.record.retention_days);
        let oldest = self.now.plus_millis(-retention);
        let wanted = Wanted {
            from: import.from.map_or(oldest, |from| from.max(oldest)),
            to: import.to.unwrap_or(Timestamp::MAX),
            selectors: store.record.selectors.clone(),
            number,
        };
        let reader = import.reader(&self.scope);
        let read = self.parts.buckets.get_as(&reader, &self.location.bucket, file, BYTES_MAX, self.now).await;
        let events = match read {
            Err(error) => Err(error),
            Ok(bytes) => {
                let read = tokio::task::spawn_blocking(move || events(&bytes, &wanted)).await?;
                read.map_err(|message| PortError { code: "InvalidFile".to_owned(), message })
            }
        };
        let events = match events {
            Ok(events) => events,
            Err(error) => {
                self.note_failure(file, &error).await?;
                return self.pass_over(file, ends_folder).await;
            }
        };
        let taking = Taking { key: file.to_owned(), number, events: events.len() as u64, ends_folder };
        if !self.change(|import| import.taking = Some(taking.clone())).await? {
            return Ok(Err(Ended::Left));
        }
        self.parts.lake_events.append(store.record.number, events).await?;
        self.settle(file, Some(taking.events), ends_folder).await
    }

    fn store(&self, import: &ImportRecord) -> Option<EventDataStore> {
        stores::at(&self.parts.catalog, &self.scope, &import.store).filter(|store| store.record.deleted.is_none())
    }

    /// What was being taken when the server stopped was taken, or was not: its number tells.
    async fn finish_taking(&self) -> Result<Result<(), Ended>, JobError> {
        let Some(import) = self.ongoing() else { return Ok(Err(Ended::Left)) };
        let Some(taking) = &import.taking else { return Ok(Ok(())) };
        let Some(store) = self.store(&import) else { return Ok(Err(Ended::Left)) };
        // Its rows may still be on their way.
        self.parts.lake_events.settle().await;
        let is_taken = taking.events > 0 && self.parts.lake_events.last_import(store.record.number) >= taking.number;
        match is_taken {
            true => self.settle(&taking.key, Some(taking.events), taking.ends_folder).await,
            false => Ok(self.change(|import| import.taking = None).await?.then_some(()).ok_or(Ended::Left)),
        }
    }

    /// Writes down that a file was taken, with so many events, or that there was nothing to take.
    async fn settle(&self, file: &str, events: Option<u64>, ends_folder: bool) -> Result<Result<(), Ended>, JobError> {
        let mut transaction = Transaction::default();
        let was_failed = self.settle_failure(file, &mut transaction);
        let settled = |import: &mut ImportRecord| {
            if let Some(events) = events {
                import.statistics.files_completed += 1;
                import.statistics.events_completed += events;
            }
            import.statistics.failed_entries -= u64::from(was_failed);
            move_past(import, file, ends_folder);
        };
        // What is in the table is counted, also when the import was stopped meanwhile.
        match self.change_with(settled, transaction, Stopped::Changed).await? {
            true if self.ongoing().is_some() => Ok(Ok(())),
            _ => Ok(Err(Ended::Left)),
        }
    }

    async fn pass_over(&self, file: &str, ends_folder: bool) -> Result<Result<(), Ended>, JobError> {
        Ok(self.change(|import| move_past(import, file, ends_folder)).await?.then_some(()).ok_or(Ended::Left))
    }

    fn failure_key(&self, file: &str) -> Key {
        Key { name: format!("{}/{file}", self.key.name), ..self.key.clone() }
    }

    /// Says that a file that failed before did not now; whether there was one.
    fn settle_failure(&self, file: &str, transaction: &mut Transaction) -> bool {
        let key = self.failure_key(file);
        let Some(found) = self.parts.catalog.get::<ImportFailureRecord>(&key) else { return false };
        let status = FailureStatus::Succeeded;
        transaction.update(
            key,
            found.version,
            &ImportFailureRecord { status, updated: self.now, ..(*found.value).clone() },
        );
        found.value.status != FailureStatus::Succeeded
    }

    /// The same for what has no file of its own.
    async fn count_success(&self, file: &str) -> Result<(), JobError> {
        let mut transaction = Transaction::default();
        let was_failed = self.settle_failure(file, &mut transaction);
        let count = |import: &mut ImportRecord| import.statistics.failed_entries -= u64::from(was_failed);
        self.change_with(count, transaction, Stopped::Changed).await.map(drop)
    }

    /// Writes down why a file could not be taken.
    async fn note_failure(&self, file: &str, error: &PortError) -> Result<(), JobError> {
        let key = self.failure_key(file);
        let found = self.parts.catalog.get::<ImportFailureRecord>(&key);
        let is_new = found.as_ref().is_none_or(|found| found.value.status == FailureStatus::Succeeded);
        let failure = ImportFailureRecord {
            status: FailureStatus::Failed,
            error: error.code.clone(),
            message: error.message.clone(),
            updated: self.now,
        };
        let mut transaction = Transaction::default();
        transaction.put(key, &failure);
        let count = |import: &mut ImportRecord| import.statistics.failed_entries += u64::from(is_new);
        self.change_with(count, transaction, Stopped::Changed).await.map(drop)
    }

    /// Changes the import's record, unless it was stopped; whether it was changed.
    async fn change(&self, change: impl Fn(&mut ImportRecord)) -> Result<bool, JobError> {
        self.change_with(change, Transaction::default(), Stopped::Left).await
    }

    async fn change_with(
        &self,
        change: impl Fn(&mut ImportRecord),
        with: Transaction,
        stopped: Stopped,
    ) -> Result<bool, JobError> {
        for _ in 0..ATTEMPTS {
            let Some(found) = self.parts.catalog.get::<ImportRecord>(self.key) else { return Ok(false) };
            if !found.value.status.is_ongoing() && stopped == Stopped::Left {
                return Ok(false);
            }
            let mut import = (*found.value).clone();
            change(&mut import);
            import.updated = self.now;
            let mut transaction = with.clone();
            transaction.update(self.key.clone(), found.version, &import);
            match self.parts.catalog.commit(transaction).await {
                Ok(()) => return Ok(true),
                Err(CatalogError::Conflict { .. }) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err("the record of an import is changing all the time".into())
    }
}

/// What is done with the record of an import that was stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stopped {
    Left,
    Changed,
}

/// The next file is one after this, unless this was one that had failed before.
fn move_past(import: &mut ImportRecord, file: &str, ends_folder: bool) {
    import.taking = None;
    if *file > *import.after && !import.listed {
        file.clone_into(&mut import.after);
        import.statistics.prefixes_completed += u64::from(ends_folder);
    }
}
