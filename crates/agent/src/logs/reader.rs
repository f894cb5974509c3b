//! All files of all sources: which there are, which is read next, and how far each is.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::ops::Bound;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use base::Timestamp;
use bytes::Bytes;

use super::batch;
use super::positions::{self, Identity, Position};
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
    of: (usize, Identity),
}

/// Whether what has not waited long enough is sent too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// It waits for more.
    Gather,
    /// It is sent: the agent stops.
    SendAll,
}

/// The files.
#[derive(Debug)]
pub struct Reader {
    settings: LogSettings,
    folder: PathBuf,
    tails: BTreeMap<(usize, Identity), Tail>,
    /// Files that an earlier life of the agent read, and this one has not opened yet.
    known: Vec<Position>,
    saved: Vec<Position>,
    /// Of which file the last request was.
    last: Option<(usize, Identity)>,
}

impl Reader {
    /// Reads where files were left, from this folder.
    ///
    /// # Errors
    /// The folder cannot be used, or holds something else.
    pub fn open(settings: LogSettings, folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let known = positions::load(folder)?;
        Ok(Self {
            settings,
            folder: folder.to_owned(),
            tails: BTreeMap::new(),
            saved: known.clone(),
            known,
            last: None,
        })
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
        let is_due =
            |tail: &&Tail| !tail.is_empty() && (haste == Haste::SendAll || tail.is_ready(self.settings.flush, now));
        // One after the other, so that a file that grows fast holds up no other.
        let after = self.last.map(|last| (Bound::Excluded(last), Bound::Unbounded));
        let following = after.into_iter().flat_map(|after| self.tails.range(after));
        let tail = following.chain(&self.tails).map(|(_, tail)| tail).find(is_due)?;
        let Source { group, stream, retention_days, .. } = self.settings.sources.get(tail.source)?;
        Some(Request {
            group: group.clone(),
            stream: stream.clone(),
            retention_days: *retention_days,
            count: tail.next_events().count(),
            body: batch::request(group, stream, tail.next_events()),
            of: (tail.source, tail.identity),
        })
    }

    /// The request needs no more sending. Its file is read on.
    pub fn done(&mut self, request: &Request, now: Timestamp) {
        self.last = Some(request.of);
        let Some(tail) = self.tails.get_mut(&request.of) else { return };
        tail.acknowledged(request.count, now);
        if let Some(source) = self.settings.sources.get(tail.source)
            && let Err(error) = tail.fill(source, self.settings.flush, now)
        {
            tracing::warn!(path = %tail.path.display(), %error, "a log file cannot be read on");
        }
    }

    /// Writes down how far all files are, when that has changed, and forgets those that are done.
    ///
    /// # Errors
    /// The disk's: after a crash more is sent again.
    pub fn save(&mut self) -> io::Result<()> {
        self.tails.retain(|_, tail| !tail.is_done());
        let sources = &self.settings.sources;
        let open = self.tails.values().filter_map(|tail| Some(tail.position(sources.get(tail.source)?)));
        let positions: Vec<Position> = open.chain(self.known.iter().cloned()).collect();
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
