//! The child `journalctl`: started, read, and started again when it ended.

use std::process::Stdio;
use std::sync::Arc;

use base::{Clock, Entropy};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::command::{Run, arguments};
use super::event;
use super::export::{Entries, Entry};
use super::settings::{JournalSource, StartAt};
use super::tail::{Place, Read};
use crate::delivery::wait_after;
use crate::run::pause;

/// Bytes read at a time; what comes of them goes through the channel together.
const CHUNK_BYTES: usize = 64 << 10;
/// Such pieces that wait, before the child does.
const CHUNKS_MAX: usize = 16;
/// Bytes of what the child complains about that are kept.
const COMPLAINT_BYTES_MAX: usize = 4 << 10;
/// Secrets of the agent's environment, which the child has no use for.
const SECRETS: [&str; 2] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// Reads a journal as it grows.
#[derive(Debug)]
pub struct Follower {
    source: JournalSource,
    /// Up to where it was read; `None` until it was found out where to begin.
    place: Option<Place>,
    outgoing: Sender<Vec<Read>>,
    /// Told when the channel is full.
    is_full: Arc<Notify>,
    /// Whether anything was read since the last failure.
    has_read: bool,
}

/// Why a journal is not read on.
enum End {
    /// Nobody listens any more.
    Unheard,
    /// The child could not be started, failed, or stopped.
    Failed(String),
}

impl Follower {
    /// Reads a journal on from a place, and where its entries arrive.
    pub fn new(source: JournalSource, place: Option<Place>, is_full: Arc<Notify>) -> (Self, Receiver<Vec<Read>>) {
        let (outgoing, incoming) = channel(CHUNKS_MAX);
        (Self { source, place, outgoing, is_full, has_read: false }, incoming)
    }

    /// Reads until nobody listens.
    pub async fn run(mut self, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) {
        let mut failures = 0;
        loop {
            let Err(End::Failed(reason)) = self.follow().await else { return };
            if std::mem::take(&mut self.has_read) {
                failures = 0;
            }
            let wait = wait_after(failures, &*entropy);
            failures = failures.saturating_add(1);
            let (group, wait_s) = (&self.source.group, wait.as_secs_f64());
            tracing::warn!(group, %reason, wait_s, "the journal cannot be read: it is tried again");
            let now = clock.now();
            tokio::select! {
                () = self.outgoing.closed() => return,
                () = pause(now, now.plus(wait)) => {}
            }
        }
    }

    /// Reads what there is, then what comes.
    async fn follow(&mut self) -> Result<(), End> {
        if self.place.is_none() {
            let place = self.begin().await?;
            // Where to begin is found out once in the life of a position.
            self.hand_on(vec![Read { at_ms: 0, message: String::new(), place: place.clone() }]).await?;
            self.place = Some(place);
        }
        self.read(Run::CatchUp).await?;
        if self.place == Some(Place::Beginning) {
            let group = &self.source.group;
            tracing::info!(
                group,
                "the journal has nothing of this so far; if it should, journald does not run, or the agent is neither root \
                 nor in the group systemd-journal"
            );
        }
        self.read(Run::Follow).await?;
        Err(End::Failed(format!("{} ended", self.source.journalctl.display())))
    }

    async fn begin(&self) -> Result<Place, End> {
        if self.source.start_at == StartAt::Beginning {
            return Ok(Place::Beginning);
        }
        let mut running = Running::start(&self.source, Run::Newest, None)?;
        let newest = running.next().await?;
        while running.next().await?.is_some() {}
        running.finish().await?;
        // A journal that is empty so far is new from its first entry on.
        Ok(newest.map_or(Place::Beginning, |entry| Place::Entry(entry.cursor)))
    }

    /// Reads all that one run prints.
    async fn read(&mut self, run: Run) -> Result<(), End> {
        let from = self.place.as_ref().and_then(Place::cursor).map(str::to_owned);
        let mut running = Running::start(&self.source, run, from.as_deref())?;
        while let Some(first) = running.next().await? {
            let mut entries = vec![first];
            while let Some(entry) = running.next_here()? {
                entries.push(entry);
            }
            // The one it begins with was read before.
            entries.retain(|entry| Some(&entry.cursor) != from.as_ref());
            let Some(last) = entries.last() else { continue };
            let place = Place::Entry(last.cursor.clone());
            let reads = entries.into_iter().map(|entry| event::read(entry, &self.source)).collect();
            self.hand_on(joined(reads)).await?;
            self.place = Some(place);
            self.has_read = true;
        }
        running.finish().await
    }

    async fn hand_on(&self, reads: Vec<Read>) -> Result<(), End> {
        let reads = match self.outgoing.try_send(reads) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Full(reads) | TrySendError::Closed(reads)) => reads,
        };
        self.is_full.notify_one();
        self.outgoing.send(reads).await.map_err(|_| End::Unheard)
    }
}

/// Of entries one after the other that are not sent only the last: it moves the position.
fn joined(reads: Vec<Read>) -> Vec<Read> {
    let mut kept: Vec<Read> = Vec::new();
    for read in reads {
        if kept.last().is_some_and(|last| last.message.is_empty()) {
            kept.pop();
        }
        kept.push(read);
    }
    kept
}

/// A child that runs; it is killed when this is dropped.
struct Running {
    child: Child,
    program: String,
    entries: Entries,
    chunk: Vec<u8>,
    complaints: tokio::task::JoinHandle<String>,
}

impl Running {
    fn start(source: &JournalSource, run: Run, cursor: Option<&str>) -> Result<Self, End> {
        let program = source.journalctl.display().to_string();
        let mut command = Command::new(&source.journalctl);
        command.args(arguments(source, run, cursor)).env("LC_ALL", "C").env("SYSTEMD_COLORS", "0");
        for secret in SECRETS {
            command.env_remove(secret);
        }
        // Ctrl-C in a terminal is the agent's, which ends the child itself.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| {
            End::Failed(match error.kind() {
                std::io::ErrorKind::NotFound => {
                    format!("there is no {program} here: is systemd installed? (journalctl_path)")
                }
                _ => format!("{program} cannot be started: {error}"),
            })
        })?;
        let complaints = tokio::spawn(complaints(child.stderr.take(), source.group.clone()));
        Ok(Self { child, program, entries: Entries::default(), chunk: vec![0; CHUNK_BYTES], complaints })
    }

    /// The next entry; waits for it. `None` is the end of what is printed.
    async fn next(&mut self) -> Result<Option<Entry>, End> {
        loop {
            if let Some(entry) = self.next_here()? {
                return Ok(Some(entry));
            }
            let Some(stdout) = &mut self.child.stdout else { return Ok(None) };
            let bytes = stdout.read(&mut self.chunk).await;
            let bytes = bytes.map_err(|error| End::Failed(format!("{} cannot be read: {error}", self.program)))?;
            if bytes == 0 {
                return Ok(None);
            }
            self.entries.push(&self.chunk[..bytes]);
        }
    }

    /// The next entry, if it was read already.
    fn next_here(&mut self) -> Result<Option<Entry>, End> {
        self.entries.next_entry().map_err(|error| End::Failed(error.to_string()))
    }

    /// Waits for its end.
    async fn finish(mut self) -> Result<(), End> {
        let status = self.child.wait().await;
        let said = self.complaints.await.unwrap_or_default();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(End::Failed(format!("{} ended with {status}: {said}", self.program))),
            Err(error) => Err(End::Failed(format!("{} ended: {error}", self.program))),
        }
    }
}

/// Logs what a child complains about as it comes, for it may go on all the same; gives the last line.
async fn complaints(stderr: Option<impl AsyncRead + Unpin>, group: String) -> String {
    let Some(mut stderr) = stderr else { return String::new() };
    let (mut open, mut last, mut chunk) = (Vec::new(), String::new(), [0; 1024]);
    while let Ok(bytes @ 1..) = stderr.read(&mut chunk).await {
        open.extend_from_slice(&chunk[..bytes]);
        while let Some(end) =
            memchr::memchr(b'\n', &open).or((open.len() > COMPLAINT_BYTES_MAX).then_some(COMPLAINT_BYTES_MAX))
        {
            let line: Vec<u8> = open.drain(..=end).collect();
            last = String::from_utf8_lossy(&line).trim().to_owned();
            tracing::warn!(group, said = last, "journalctl complains");
        }
    }
    last
}
