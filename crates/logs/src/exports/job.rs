//! The job that exports.
//!
//! It starts an export anew after a crash: the objects have the same names and contents, so nothing is there twice.

use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use flate2::Compression;
use flate2::write::GzEncoder;
use lang::needle::Needle;
use store::catalog::{CatalogError, Key, Transaction, Versioned};
use store::job::{Job, JobError};
use store::log_event::{Direction, LogEvent, LogRead};
use tokio::sync::Notify;

use super::{ExportRecord, ExportState};
use crate::Logs;
use crate::data_protection;
use crate::groups::{self, Group};
use crate::streams::{self, Stream};

/// Bytes of text in an object, before it is packed.
const OBJECT_BYTES: usize = 64 << 20;
/// Events and bytes that are read at a time.
const READ_EVENTS: usize = 10_000;
const READ_BYTES: usize = 4 << 20;
/// How long an export may take (logs.md EX-9).
const TIME_MAX_MS: i64 = base::time::DAY_MS;

/// Works off the exports that were asked for, oldest first.
pub struct ExportEvents {
    logs: Arc<Logs>,
}

/// Why an export ended before its end.
enum Stopped {
    /// It was cancelled.
    Cancelled,
    /// It cannot go on.
    Failed(String),
    /// The bucket cannot be reached for the moment: it is begun anew later.
    Waits(String),
}

impl ExportEvents {
    /// The job over the service's exports.
    pub fn new(logs: Arc<Logs>) -> Self {
        // What a stop of the server cut off is begun anew at once.
        logs.parts.signals.exports.notify_one();
        Self { logs }
    }

    /// The oldest export that is not over, those apart that wait.
    fn next(&self, waiting: &HashSet<Key>) -> Option<(Key, Versioned<ExportRecord>)> {
        let all = self.logs.parts.catalog.list_all::<ExportRecord>().into_iter();
        all.filter(|(key, found)| !found.value.state.is_over() && !waiting.contains(key))
            .min_by_key(|(_, found)| found.value.created)
    }

    async fn export(&self, key: &Key, record: &ExportRecord) -> Result<(), Stopped> {
        let scope = Scope {
            account: key.account.clone(),
            region: key.region.clone().ok_or_else(|| Stopped::Failed("it belongs to no region".to_owned()))?,
        };
        let catalog = &self.logs.parts.catalog;
        let gone = || Stopped::Failed("The log group was deleted.".to_owned());
        let group = groups::get(catalog, &scope, &record.group).filter(|group| group.id() == record.group_id);
        let group = group.ok_or_else(gone)?;
        let prefix = record.stream_prefix.as_deref().unwrap_or_default();
        for stream in streams::list(catalog, &group, prefix) {
            self.export_stream(&scope, key, record, &group, &stream).await?;
        }
        Ok(())
    }

    /// Writes the objects of one stream; none when it has no event in the window.
    async fn export_stream(
        &self,
        scope: &Scope,
        key: &Key,
        record: &ExportRecord,
        group: &Group,
        stream: &Stream,
    ) -> Result<(), Stopped> {
        let masking = data_protection::masked(&self.logs, &group.scope, &group.record);
        let (mut after, mut object) = (None, Object::new(0));
        loop {
            self.check(key)?;
            let read = LogRead {
                group: group.id(),
                streams: Some([stream.id()].into()),
                from: record.from.max(group.kept_from(self.logs.parts.clock.now())),
                to: record.to,
                direction: Direction::Forward,
                after,
                needle: Needle::Anything,
                limit: READ_EVENTS,
                bytes_max: READ_BYTES,
            };
            let page = self
                .logs
                .parts
                .events
                .read(read, |_| true)
                .await
                .map_err(|error| Stopped::Failed(error.to_string()))?;
            for mut event in page.events {
                event.message = masking.shared(event.ingested, event.message);
                object.add(&event);
            }
            let is_last = page.next.is_none();
            if object.bytes >= OBJECT_BYTES || (is_last && object.bytes > 0) {
                let number = object.number;
                let full = std::mem::replace(&mut object, Object::new(number + 1));
                let path = object_key(record, &key.name, &stream.name, number);
                self.write(scope, &record.bucket, &path, full).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn write(&self, scope: &Scope, bucket: &str, path: &str, object: Object) -> Result<(), Stopped> {
        let packed = tokio::task::spawn_blocking(move || object.finish()).await;
        let packed = packed.map_err(|error| Stopped::Failed(error.to_string()))?;
        let packed = packed.map_err(|error| Stopped::Failed(error.to_string()))?;
        let put = self.logs.parts.buckets.put(scope, bucket, path, packed).await;
        put.map_err(|error| {
            let reason = format!("PutObject call on the given bucket failed. {error}");
            if error.passing { Stopped::Waits(reason) } else { Stopped::Failed(reason) }
        })
    }

    /// Whether the export goes on.
    fn check(&self, key: &Key) -> Result<(), Stopped> {
        match self.logs.parts.catalog.get::<ExportRecord>(key) {
            Some(found) if found.value.state == ExportState::PendingCancel => Err(Stopped::Cancelled),
            Some(found) if self.logs.parts.clock.now().millis() - found.value.created.millis() > TIME_MAX_MS => {
                Err(Stopped::Failed("The export task took more than 24 hours.".to_owned()))
            }
            Some(_) => Ok(()),
            None => Err(Stopped::Cancelled),
        }
    }

    async fn note(
        &self,
        key: &Key,
        state: ExportState,
        message: Option<String>,
        ended: Option<Timestamp>,
    ) -> Result<(), CatalogError> {
        let catalog = &self.logs.parts.catalog;
        loop {
            let Some(found) = catalog.get::<ExportRecord>(key) else { return Ok(()) };
            if found.value.state == ExportState::PendingCancel && state == ExportState::Running {
                return Ok(());
            }
            let mut record = ExportRecord::clone(&found.value);
            (record.state, record.message, record.completed) = (state, message.clone(), ended);
            let mut transaction = Transaction::default();
            transaction.update(key.clone(), found.version, &record);
            match catalog.commit(transaction).await {
                Err(CatalogError::Conflict { .. }) => {}
                other => return other,
            }
        }
    }
}

#[async_trait]
impl Job for ExportEvents {
    fn name(&self) -> &str {
        "logs.export_events"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wake(&self) -> &Notify {
        &self.logs.parts.signals.exports
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let (mut waiting, mut last) = (HashSet::new(), None);
        while let Some((key, found)) = self.next(&waiting) {
            self.note(&key, ExportState::Running, Some("Started Successfully".to_owned()), None).await?;
            let (state, message) = match self.export(&key, &found.value).await {
                Ok(()) => (ExportState::Completed, "Completed successfully".to_owned()),
                Err(Stopped::Cancelled) => (ExportState::Cancelled, "Cancelled by the user".to_owned()),
                Err(Stopped::Failed(reason)) => (ExportState::Failed, reason),
                Err(Stopped::Waits(reason)) => {
                    waiting.insert(key);
                    last = Some(reason);
                    continue;
                }
            };
            self.note(&key, state, Some(message), Some(now)).await?;
        }
        // The job is run again after a pause.
        last.map_or(Ok(()), |reason| Err(reason.into()))
    }
}

/// `<prefix>/<task>/<stream>/000000.gz` (logs.md EX-6).
fn object_key(record: &ExportRecord, task: &str, stream: &str, number: usize) -> String {
    format!("{}/{task}/{}/{number:06}.gz", record.prefix, stream.replace('/', "-"))
}

/// An object in the making: a line an event.
struct Object {
    number: usize,
    packed: GzEncoder<Vec<u8>>,
    bytes: usize,
}

impl Object {
    fn new(number: usize) -> Self {
        Self { number, packed: GzEncoder::new(Vec::new(), Compression::default()), bytes: 0 }
    }

    fn add(&mut self, event: &LogEvent) {
        let line = format!("{} {}\n", event.time.iso_millis(), event.message);
        self.bytes += line.len();
        self.packed.write_all(line.as_bytes()).expect("writing to memory does not fail");
    }

    fn finish(self) -> std::io::Result<Vec<u8>> {
        self.packed.finish()
    }
}

#[cfg(test)]
mod tests {
    use store::log_event::{GroupId, Position, StreamId};

    use super::*;

    #[test]
    fn objects_are_named_by_task_and_stream() {
        let record = ExportRecord {
            name: None,
            group: "g".to_owned(),
            group_id: GroupId(1),
            stream_prefix: None,
            from: Timestamp::from_millis(0),
            to: Timestamp::from_millis(1),
            bucket: "b".to_owned(),
            prefix: "exportedlogs".to_owned(),
            state: ExportState::Pending,
            message: None,
            created: Timestamp::from_millis(0),
            completed: None,
        };
        assert_eq!(object_key(&record, "id", "a/b", 1), "exportedlogs/id/a-b/000001.gz");
    }

    #[test]
    fn each_event_is_a_line_with_its_time() {
        let mut object = Object::new(0);
        object.add(&LogEvent {
            stream: StreamId(1),
            time: Timestamp::from_millis(1_790_000_000_007),
            ingested: Timestamp::from_millis(0),
            position: Position(1),
            message: "hello".into(),
        });
        let packed = object.finish().unwrap();
        let text = std::io::read_to_string(flate2::read::GzDecoder::new(packed.as_slice())).unwrap();
        assert_eq!(text, "2026-09-21T14:13:20.007Z hello\n");
    }
}
