//! What is known in memory of each file: which groups are in it, and how far in the order of arrival it goes.
//!
//! Most files have nothing of the group that a read asks for, and are passed over without being opened.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::files::{FileSet, LiveFile};
use super::{GroupId, Position};
use crate::error::StoreError;

/// The groups of a file that has more are not held in memory.
const GROUPS_MAX: usize = if cfg!(test) { 2 } else { 4096 };

/// What is known of the files.
#[derive(Default)]
pub(super) struct Contents {
    files: Mutex<HashMap<u64, Content>>,
}

struct Content {
    position_max: Position,
    // Ascending; `None` when there are too many.
    groups: Option<Box<[GroupId]>>,
}

impl Content {
    fn may_hold(&self, group: GroupId) -> bool {
        self.groups.as_ref().is_none_or(|groups| groups.binary_search(&group).is_ok())
    }
}

impl Contents {
    /// Takes in what a file says of itself. Reads it; blocks.
    pub fn learn(&self, file: &LiveFile) -> Result<(), StoreError> {
        let open = file.open()?;
        let streams = open.summary()?.streams();
        let position_max = streams.iter().map(|rows| rows.position_max).max().unwrap_or(Position(0));
        let mut groups: Vec<GroupId> = streams.iter().map(|rows| rows.group).collect();
        groups.dedup();
        let groups = Some(groups.into_boxed_slice()).filter(|groups| groups.len() <= GROUPS_MAX);
        self.files().insert(file.entry.id, Content { position_max, groups });
        Ok(())
    }

    /// Forgets files that are gone.
    pub fn forget(&self, gone: impl Iterator<Item = u64>) {
        let mut files = self.files();
        for file in gone {
            files.remove(&file);
        }
    }

    /// The files that may have events of one of some groups, with times from `first` to `last` (milliseconds, both
    /// included), and positions after `after`.
    pub fn files_with(
        &self,
        set: &FileSet,
        groups: &[GroupId],
        (first, last): (i64, i64),
        after: Position,
    ) -> Vec<Arc<LiveFile>> {
        let known = self.files();
        let may_hold = |file: &LiveFile| {
            // What is not known of a file does not keep it out.
            known.get(&file.entry.id).is_none_or(|content| {
                content.position_max > after && groups.iter().any(|group| content.may_hold(*group))
            })
        };
        let in_time = |file: &LiveFile| file.entry.time_max >= first && file.entry.time_min <= last;
        set.iter().filter(|file| in_time(file) && may_hold(file)).cloned().collect()
    }

    fn files(&self) -> MutexGuard<'_, HashMap<u64, Content>> {
        self.files.lock().expect("no holder of this lock can panic")
    }
}
