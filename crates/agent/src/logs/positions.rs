//! Up to where each file and journal was acknowledged, on disk.
//!
//! One file, `positions.json`. What a crash loses between an acknowledgement and this is sent again.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::journal::tail::JournalPosition;
use crate::saved;

const NAME: &str = "positions.json";

/// Which file it is, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The device.
    pub device: u64,
    /// The inode there.
    pub inode: u64,
}

/// The first bytes of a file: an inode that is used again, or a file that was written anew, has
/// others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// How many.
    pub bytes: u64,
    /// Their checksum.
    pub crc32c: u32,
}

/// How far a file was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Where its events go: group and stream.
    pub to: (String, String),
    /// What it was called last.
    pub path: PathBuf,
    /// Which file it is.
    pub identity: Identity,
    /// How it begins.
    pub head: Head,
    /// Up to where it was acknowledged.
    pub offset: u64,
}

/// What is known of a file that is found at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is read from here on.
    From(u64),
    /// It is another file, or was written anew: it is read from its start.
    Anew,
}

/// Where to go on in a file of this length and beginning.
pub fn resume(position: &Position, length: u64, head: Head) -> Found {
    match length >= position.offset && head == position.head {
        true => Found::From(position.offset),
        false => Found::Anew,
    }
}

/// All positions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Positions {
    /// Those of files.
    #[serde(rename = "positions")]
    pub files: Vec<Position>,
    /// Those of journals.
    #[serde(default)]
    pub journals: Vec<JournalPosition>,
}

/// Reads the positions of a folder; none when there is no such file yet.
///
/// # Errors
/// It cannot be read, or is not one that was written here.
pub fn load(folder: &Path) -> io::Result<Positions> {
    saved::load(folder, NAME)
}

/// Writes the positions of a folder, on disk when this returns.
///
/// # Errors
/// The disk's: the file is as it was before.
pub fn save(folder: &Path, positions: &Positions) -> io::Result<()> {
    saved::save(folder, NAME, positions)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::logs::journal::tail::Place;

    fn position(offset: u64) -> Position {
        Position {
            to: ("g".to_owned(), "s".to_owned()),
            path: "/var/log/a".into(),
            identity: Identity { device: 1, inode: 2 },
            head: Head { bytes: 4, crc32c: 7 },
            offset,
        }
    }

    #[test]
    fn a_file_goes_on_where_it_was_acknowledged_unless_it_is_another() {
        let head = Head { bytes: 4, crc32c: 7 };
        let other = Head { crc32c: 8, ..head };
        for (length, head, expected, why) in [
            (10, head, Found::From(10), "nothing new"),
            (99, head, Found::From(10), "it has grown"),
            (9, head, Found::Anew, "it was truncated"),
            (99, other, Found::Anew, "it was truncated and has grown again, or the inode is another file's"),
        ] {
            assert_eq!(resume(&position(10), length, head), expected, "{why}");
        }
    }

    fn positions(offsets: &[u64]) -> Positions {
        let journal = JournalPosition {
            to: ("g".to_owned(), "s".to_owned()),
            directory: Some("/j".into()),
            namespace: None,
            place: Place::Entry("s=1;i=2".to_owned()),
        };
        let files = offsets.iter().map(|offset| position(*offset)).collect();
        Positions { files, journals: vec![JournalPosition { place: Place::Beginning, ..journal.clone() }, journal] }
    }

    #[test]
    fn positions_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()).unwrap(), Positions::default());
        save(folder.path(), &positions(&[1])).unwrap();
        save(folder.path(), &positions(&[2, 3])).unwrap();
        assert_eq!(load(folder.path()).unwrap(), positions(&[2, 3]));
        fs::write(folder.path().join(NAME), "{\"format\":1,").unwrap();
        assert!(load(folder.path()).is_err(), "damage is not taken for a first start");
    }

    #[test]
    fn positions_of_an_agent_that_knew_no_journals_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), "{\"format\":1,\"positions\":[]}").unwrap();
        assert_eq!(load(folder.path()).unwrap(), Positions::default());
    }
}
