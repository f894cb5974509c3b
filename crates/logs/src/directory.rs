//! Groups and streams by their numbers, for whatever has only those: the work that drops events, and queries.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use base::{Scope, Timestamp};
use store::catalog::{Catalog, Changed, Key, Record};
use store::log_event::{GroupId, Keep, StreamId};

use crate::record::{LogGroupRecord, LogStreamRecord};

/// All groups and streams by number, as the catalog has them now.
pub struct Directory {
    catalog: Arc<Catalog>,
    groups: RwLock<Index<GroupId, Arc<LogGroupRecord>>>,
    streams: RwLock<Index<StreamId, GroupId>>,
}

/// A group as the directory knows it.
#[derive(Clone, Debug)]
pub struct KnownGroup {
    /// Whose it is.
    pub scope: Scope,
    /// Its name.
    pub name: Arc<str>,
    /// Its record.
    pub record: Arc<LogGroupRecord>,
}

/// Records of one kind by number, up to a count of changes.
struct Index<N, V> {
    by_number: HashMap<N, (Arc<Key>, V)>,
    by_key: HashMap<Arc<Key>, N>,
    // `None` until everything was read once.
    seen: Option<u64>,
}

impl<N, V> Default for Index<N, V> {
    fn default() -> Self {
        Self { by_number: HashMap::new(), by_key: HashMap::new(), seen: None }
    }
}

impl Directory {
    /// The directory of a catalog. Nothing is read before somebody asks.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog, groups: RwLock::default(), streams: RwLock::default() }
    }

    /// The group with this number.
    pub fn group(&self, group: GroupId) -> Option<KnownGroup> {
        let of = |_: &Key, record: &Arc<LogGroupRecord>| (record.id, record.clone());
        look_up::<LogGroupRecord, _, _, _>(&self.catalog, &self.groups, of, group, |key, record| {
            let scope = Scope { account: key.account.clone(), region: key.region.clone()? };
            Some(KnownGroup { scope, name: key.name.as_str().into(), record: record.clone() })
        })
        .flatten()
    }

    /// The name of the stream with this number, and its group.
    pub fn stream(&self, stream: StreamId) -> Option<(GroupId, Arc<str>)> {
        look_up::<LogStreamRecord, _, _, _>(&self.catalog, &self.streams, stream_of, stream, |key, group| {
            let (_, name) = key.name.split_once(':')?;
            Some((*group, name.into()))
        })
        .flatten()
    }
}

impl Keep for Directory {
    fn group(&self, group: GroupId, now: Timestamp) -> Option<Timestamp> {
        let of = |_: &Key, record: &Arc<LogGroupRecord>| (record.id, record.clone());
        look_up::<LogGroupRecord, _, _, _>(&self.catalog, &self.groups, of, group, |_, record| record.kept_from(now))
    }

    fn stream(&self, group: GroupId, stream: StreamId) -> bool {
        let in_group = |_: &Key, found: &GroupId| *found == group;
        look_up::<LogStreamRecord, _, _, _>(&self.catalog, &self.streams, stream_of, stream, in_group).unwrap_or(false)
    }
}

/// A stream's number and group, which its key starts with.
fn stream_of(key: &Key, record: &Arc<LogStreamRecord>) -> (StreamId, GroupId) {
    let group = key.name.split_once(':').and_then(|(group, _)| u64::from_str_radix(group, 16).ok());
    (record.id, GroupId(group.expect("a stream's key starts with its group's number")))
}

/// What `read` makes of the entry of a number, after the index has caught up with the catalog.
fn look_up<R: Record, N, V, T>(
    catalog: &Catalog,
    index: &RwLock<Index<N, V>>,
    of: impl Fn(&Key, &Arc<R>) -> (N, V),
    number: N,
    read: impl Fn(&Key, &V) -> T,
) -> Option<T>
where
    N: Copy + Eq + std::hash::Hash,
{
    let found = |index: &Index<N, V>| index.by_number.get(&number).map(|(key, value)| read(key, value));
    {
        let index = index.read().expect("no holder of this lock panics");
        if index.seen == Some(catalog.changes::<R>()) {
            return found(&index);
        }
    }
    let mut index = index.write().expect("no holder of this lock panics");
    index.catch_up(catalog, &of);
    found(&index)
}

impl<N: Copy + Eq + std::hash::Hash, V> Index<N, V> {
    fn catch_up<R: Record>(&mut self, catalog: &Catalog, of: &impl Fn(&Key, &Arc<R>) -> (N, V)) {
        let (changed, count) = match self.seen {
            Some(seen) => catalog.changed_since::<R>(seen),
            // What changes while everything is read is looked at again.
            None => (Changed::Many, catalog.changes::<R>()),
        };
        match changed {
            Changed::Keys(keys) => {
                for key in keys {
                    self.forget(&key);
                    if let Some(found) = catalog.get::<R>(&key) {
                        self.note(key, of, &found.value);
                    }
                }
            }
            Changed::Many => {
                (self.by_number, self.by_key) = Default::default();
                for (key, found) in catalog.list_all::<R>() {
                    self.note(key, of, &found.value);
                }
            }
        }
        self.seen = Some(count);
    }

    fn note<R>(&mut self, key: Key, of: &impl Fn(&Key, &Arc<R>) -> (N, V), record: &Arc<R>) {
        let (number, value) = of(&key, record);
        let key = Arc::new(key);
        self.by_number.insert(number, (key.clone(), value));
        self.by_key.insert(key, number);
    }

    fn forget(&mut self, key: &Key) {
        if let Some(number) = self.by_key.remove(key) {
            self.by_number.remove(&number);
        }
    }
}
