//! All files of all sources and all journals: which there are, which is read next, and how far each is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::Timestamp;
use bytes::Bytes;
use tokio::sync::Notify;

use super::batch::{self, Event};
use super::journal::follow::Follower;
use super::journal::settings::JournalSource;
use super::journal::tail::JournalTail;
use super::positions::{self, Identity, Position, Positions};
use super::settings::{LogSettings, Source};
use super::tail::{Tail, identity_of};

/// Endings of files that are archives of others, not logs.
const ARCHIVES: [&str; 9] = ["gz", "bz2", "xz", "zst", "lz4", "zip", "tar", "tgz", "Z"];
/// Files that are read at once at most: each is held open.
const FILES_MAX: usize = 1_000;

/// Bytes of events that wait in memory before no more is read.
const HELD_BYTES_MAX: usize = 64 << 20;

/// A request, and what it is of.
#[derive(Clone, Debug)]
pub struct Request {
    /// The group.
    pub group: String,
    /// The stream.
    pub stream: String,
    /// The group's retention.
    pub retention_days: Option<u32>,
    /// Its events.
    pub count: usize,
    /// The body of PutLogEvents.
    pub body: Bytes,
    of: Origin,
}

/// What events are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// A file of a source.
    File(usize, Identity),
    /// A journal.
    Journal(usize),
}

/// Whether what has not waited long enough is sent too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// It waits for more.
    Gather,
    /// It is sent: the agent stops.
    SendAll,
}

/// The files and journals.
#[derive(Debug)]
pub struct Reader {
    settings: LogSettings,
    folder: PathBuf,
    tails: BTreeMap<(usize, Identity), Tail>,
    /// Files that an earlier life of the agent read, and this one has not opened yet.
    known: Vec<Position>,
    journals: Vec<JournalTail>,
    /// What reads the journals; they wait to be run.
    followers: Vec<Follower>,
    /// Told when more of a journal was read than is held here.
    has_more: Arc<Notify>,
    saved: Positions,
    /// What the last request was of.
    last: Option<Origin>,
}

impl Reader {
    /// Reads where files were left, from this folder.
    ///
    /// # Errors
    /// The folder cannot be used, or holds something else.
    pub fn open(settings: LogSettings, folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let saved = positions::load(folder)?;
        let has_more = Arc::new(Notify::new());
        let (mut followers, mut journals) = (Vec::new(), Vec::new());
        for source in &settings.journals {
            let known = saved.journals.iter().find(|known| known.is_of(source));
            let place = known.map(|known| known.place.clone());
            let (follower, incoming) = Follower::new(source.clone(), place.clone(), has_more.clone());
            followers.push(follower);
            journals.push(JournalTail::new(place, incoming));
        }
        Ok(Self {
            settings,
            folder: folder.to_owned(),
            tails: BTreeMap::new(),
            known: saved.files.clone(),
            journals,
            followers,
            has_more,
            saved,
            last: None,
        })
    }

    /// What is to be run so that journals are read, and what tells that there is more of one.
    pub fn take_followers(&mut self) -> (Vec<Follower>, Arc<Notify>) {
        (std::mem::take(&mut self.followers), self.has_more.clone())
    }

    /// Looks for files that came, went or were rotated, and reads on in all of them.
    pub fn look(&mut self, now: Timestamp) {
        let mut found = BTreeMap::new();
        for (index, source) in self.settings.sources.iter().enumerate() {
            for path in paths(&source.pattern) {
                if let Some(identity) = identity_at(&path) {
                    found.insert((index, identity), path);
                }
            }
        }
        // Files that were rotated while nobody looked are beside where they were.
        for position in self.known.clone() {
            let Some(index) = self.source_of(&position) else { continue };
            if !found.contains_key(&(index, position.identity))
                && let Some(path) = beside(&position.path, position.identity)
            {
                self.take_up(index, &path, now, true);
            }
        }
        for (key, tail) in &mut self.tails {
            match found.get(key) {
                Some(path) => {
                    tail.path.clone_from(path);
                    tail.is_leaving = false;
                }
                None => tail.is_leaving = true,
            }
        }
        for ((index, identity), path) in &found {
            if !self.tails.contains_key(&(*index, *identity)) {
                self.take_up(*index, path, now, false);
            }
        }
        // What could not be opened is tried again; what is gone for good is forgotten.
        let taken_up: Vec<Position> = self.known.iter().filter(|known| self.is_open(known)).cloned().collect();
        self.known.retain(|known| !taken_up.contains(known) && identity_at(&known.path) == Some(known.identity));
        let flush = self.settings.flush;
        // A journal holds no more than a request, and what its channel does.
        self.journals.iter_mut().for_each(|journal| journal.fill(now));
        let mut held: usize = self.tails.values().map(Tail::held_bytes).sum();
        for tail in self.tails.values_mut() {
            let Some(source) = self.settings.sources.get(tail.source) else { continue };
            // The files hold the rest.
            if held >= HELD_BYTES_MAX {
                break;
            }
            held -= tail.held_bytes();
            if let Err(error) = tail.fill(source, flush, now) {
                tracing::warn!(path = %tail.path.display(), %error, "a log file cannot be read on");
            }
            held += tail.held_bytes();
        }
    }

    /// The next request to be sent, when there is one.
    pub fn next(&self, haste: Haste, now: Timestamp) -> Option<Request> {
        let flush = self.settings.flush;
        let send_all = haste == Haste::SendAll;
        let is_due = |is_empty: bool, is_ready: bool| !is_empty && (send_all || is_ready);
        let files = self.tails.iter().filter(|(_, tail)| is_due(tail.is_empty(), tail.is_ready(flush, now)));
        let journals = self.journals.iter().enumerate();
        let journals = journals.filter(|(_, journal)| is_due(journal.is_empty(), journal.is_ready(flush, now)));
        let files = files.map(|((index, identity), _)| Origin::File(*index, *identity));
        let due: BTreeSet<Origin> = files.chain(journals.map(|(index, _)| Origin::Journal(index))).collect();
        // One after the other, so that a file that grows fast holds up no other.
        let following = due.iter().find(|origin| self.last.is_none_or(|last| **origin > last));
        self.request(*following.or(due.first())?)
    }

    fn request(&self, of: Origin) -> Option<Request> {
        let made = |group: &String, stream: &String, retention_days: Option<u32>, events: Vec<&Event>| Request {
            group: group.clone(),
            stream: stream.clone(),
            retention_days,
            count: events.len(),
            body: batch::request(group, stream, events.into_iter()),
            of,
        };
        match of {
            Origin::File(index, identity) => {
                let Source { group, stream, retention_days, .. } = self.settings.sources.get(index)?;
                let tail = self.tails.get(&(index, identity))?;
                Some(made(group, stream, *retention_days, tail.next_events().collect()))
            }
            Origin::Journal(index) => {
                let JournalSource { group, stream, retention_days, .. } = self.settings.journals.get(index)?;
                let journal = self.journals.get(index)?;
                Some(made(group, stream, *retention_days, journal.next_events().collect()))
            }
        }
    }

    /// The request needs no more sending. What it is of is read on.
    pub fn done(&mut self, request: &Request, now: Timestamp) {
        self.last = Some(request.of);
        match request.of {
            Origin::File(index, identity) => {
                let Some(tail) = self.tails.get_mut(&(index, identity)) else { return };
                tail.acknowledged(request.count, now);
                if let Some(source) = self.settings.sources.get(tail.source)
                    && let Err(error) = tail.fill(source, self.settings.flush, now)
                {
                    tracing::warn!(path = %tail.path.display(), %error, "a log file cannot be read on");
                }
            }
            Origin::Journal(index) => {
                let Some(journal) = self.journals.get_mut(index) else { return };
                journal.acknowledged(request.count, now);
                journal.fill(now);
            }
        }
    }

    /// Writes down how far all files and journals are, when that has changed, and forgets those that are done.
    ///
    /// # Errors
    /// The disk's: after a crash more is sent again.
    pub fn save(&mut self) -> io::Result<()> {
        self.tails.retain(|_, tail| !tail.is_done());
        let sources = &self.settings.sources;
        let open = self.tails.values().filter_map(|tail| Some(tail.position(sources.get(tail.source)?)));
        let files = open.chain(self.known.iter().cloned()).collect();
        let journals = self.journals.iter().zip(&self.settings.journals);
        let journals = journals.filter_map(|(journal, source)| journal.position(source)).collect();
        let positions = Positions { files, journals };
        if positions != self.saved {
            positions::save(&self.folder, &positions)?;
            self.saved = positions;
        }
        Ok(())
    }

    fn is_open(&self, position: &Position) -> bool {
        self.source_of(position).is_none_or(|index| self.tails.contains_key(&(index, position.identity)))
    }

    fn source_of(&self, position: &Position) -> Option<usize> {
        let is_it = |source: &Source| (&source.group, &source.stream) == (&position.to.0, &position.to.1);
        self.settings.sources.iter().position(is_it)
    }

    fn take_up(&mut self, index: usize, path: &Path, now: Timestamp, is_leaving: bool) {
        if self.tails.len() >= FILES_MAX {
            tracing::error!(path = %path.display(), "more than {FILES_MAX} log files: this one is not read");
            return;
        }
        let opened = File::open(path).and_then(|file| {
            // It may have been rotated since it was found.
            let identity = identity_of(&file)?;
            let source = &self.settings.sources[index];
            let to = (&source.group, &source.stream);
            let known = self.known.iter().find(|known| known.identity == identity && (&known.to.0, &known.to.1) == to);
            Tail::open(path, file, (index, source), known, now)
        });
        match opened {
            Ok(mut tail) => {
                tail.is_leaving = is_leaving;
                self.tails.entry((index, tail.identity)).or_insert(tail);
            }
            Err(error) => tracing::warn!(path = %path.display(), %error, "a log file cannot be opened"),
        }
    }
}

/// The files of a pattern.
fn paths(pattern: &str) -> Vec<PathBuf> {
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    let Ok(found) = glob::glob_with(pattern, options) else { return Vec::new() };
    let is_archive = |path: &PathBuf| path.extension().is_some_and(|ending| ARCHIVES.iter().any(|at| ending == *at));
    found.filter_map(Result::ok).filter(|path| !is_archive(path) && path.is_file()).collect()
}

fn identity_at(path: &Path) -> Option<Identity> {
    let metadata = fs::metadata(path).ok()?;
    Some(Identity { device: metadata.dev(), inode: metadata.ino() })
}

/// The file of this identity in the folder where it was.
fn beside(path: &Path, identity: Identity) -> Option<PathBuf> {
    let files = fs::read_dir(path.parent()?).ok()?;
    files.filter_map(Result::ok).map(|file| file.path()).find(|path| identity_at(path) == Some(identity))
}

#[cfg(test)]
mod tests;
