//! Metadata as typed, versioned records: users, policies, trails, alarms …
//!
//! All records live in memory and are read without waiting; a [`Transaction`] is on
//! disk before [`Catalog::commit`] returns. Records are never the wire shapes: each kind
//! has a stored form with a format number, migrated one step at a time when it is read.

mod changes;
mod commit;
mod decide;
pub mod files;
pub mod sqlite;

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::Bound;
use std::sync::{Arc, OnceLock, RwLock};

use async_trait::async_trait;
use base::{AccountId, Region};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use changes::Changed;
pub use decide::ChangeError;

/// A kind of record.
pub trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind's name, such as `iam.user`.
    const KIND: &'static str;
    /// The number of the stored form that this type reads and writes, from 1.
    const FORMAT: u32;
    /// How records of this kind are held in memory.
    const HELD: Held = Held::Decoded;

    /// Turns a body of `format` into one of `format + 1`.
    fn migrate(format: u32, _body: serde_json::Value) -> Result<serde_json::Value, String> {
        Err(format!("no step from format {format} of {}", Self::KIND))
    }
}

/// How records are held in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// As they are stored and, once they were read, decoded: every later read costs nothing.
    Decoded,
    /// As they are stored alone, and decoded at each read: for kinds of which there may be millions.
    Encoded,
}

/// Names one record of a kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The account that owns the record.
    pub account: AccountId,
    /// The region; `None` for global records such as IAM's.
    pub region: Option<Region>,
    /// The name, unique within kind, account and region.
    pub name: String,
}

impl Key {
    /// The key of a record that belongs to no region.
    pub fn global(account: &AccountId, name: impl Into<String>) -> Self {
        Self { account: account.clone(), region: None, name: name.into() }
    }

    /// The key of a record in a region.
    pub fn regional(account: &AccountId, region: &Region, name: impl Into<String>) -> Self {
        Self { account: account.clone(), region: Some(region.clone()), name: name.into() }
    }
}

/// A record as read, with the version that an update must name.
#[derive(Debug)]
pub struct Versioned<R> {
    /// The record.
    pub value: Arc<R>,
    /// Rises with every change of this key, and is never another record's of the same key.
    pub version: u64,
}

impl<R> Clone for Versioned<R> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), version: self.version }
    }
}

/// A record that was found; it is decoded when it is asked for.
pub struct Unread<R> {
    row: Arc<Row>,
    kind: PhantomData<fn() -> R>,
}

impl<R: Record> Unread<R> {
    /// The record.
    pub fn read(&self) -> Versioned<R> {
        self.row.decode()
    }

    /// The record's version.
    pub fn version(&self) -> u64 {
        self.row.version
    }

    /// The record as it is stored, JSON text in the present form: for readers that look at a part of it alone.
    pub fn text(&self) -> Cow<'_, [u8]> {
        match self.row.format == R::FORMAT {
            true => Cow::Borrowed(&self.row.body),
            false => Cow::Owned(serde_json::to_vec(&*self.read().value).expect("a record serializes to JSON")),
        }
    }
}

/// Why a commit did nothing.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A record was not in the expected state; read again and decide anew.
    #[error("{kind} '{name}' has changed")]
    Conflict {
        /// The record's kind.
        kind: &'static str,
        /// The record's name.
        name: String,
    },
    /// The disk is full.
    #[error("no space is left for the catalog")]
    Full,
    /// The backend failed; the cause is for the log.
    #[error("the catalog failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The state a record must be in for a change to apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Any state.
    Any,
    /// No such record.
    Absent,
    /// The record at this version.
    Version(u64),
}

/// One change of a transaction.
#[derive(Clone, Debug)]
pub struct Change {
    /// The record's kind.
    pub kind: &'static str,
    /// The record's key.
    pub key: Key,
    /// What must hold before.
    pub expect: Expect,
    /// The new body with its format; `None` deletes; a bare check keeps the record.
    pub action: Action,
}

/// What a change does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Writes a body (JSON) in a format.
    Put {
        /// The body's format number.
        format: u32,
        /// The body.
        body: Arc<[u8]>,
    },
    /// Removes the record.
    Delete,
    /// Changes nothing: the expectation alone counts.
    Check,
}

/// Changes that are made together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    changes: Vec<Change>,
}

impl Transaction {
    /// Writes a record that must not exist yet.
    pub fn create<R: Record>(&mut self, key: Key, record: &R) -> &mut Self {
        self.put_expecting(key, Expect::Absent, record)
    }

    /// Replaces a record that must still be at `version`.
    pub fn update<R: Record>(&mut self, key: Key, version: u64, record: &R) -> &mut Self {
        self.put_expecting(key, Expect::Version(version), record)
    }

    /// Writes a record whatever was there.
    pub fn put<R: Record>(&mut self, key: Key, record: &R) -> &mut Self {
        self.put_expecting(key, Expect::Any, record)
    }

    /// Removes a record that must still be at `version`.
    pub fn delete<R: Record>(&mut self, key: Key, version: u64) -> &mut Self {
        self.push::<R>(key, Expect::Version(version), Action::Delete)
    }

    /// Lets the transaction fail unless the record is in the expected state.
    pub fn check<R: Record>(&mut self, key: Key, expect: Expect) -> &mut Self {
        self.push::<R>(key, expect, Action::Check)
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes, for the backend.
    pub fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    fn put_expecting<R: Record>(&mut self, key: Key, expect: Expect, record: &R) -> &mut Self {
        let body = serde_json::to_vec(record).expect("a record serializes to JSON");
        self.push::<R>(key, expect, Action::Put { format: R::FORMAT, body: body.into() })
    }

    fn push<R: Record>(&mut self, key: Key, expect: Expect, action: Action) -> &mut Self {
        self.changes.push(Change { kind: R::KIND, key, expect, action });
        self
    }
}

/// A record as the backend keeps it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The record's kind.
    pub kind: String,
    /// The record's key.
    pub key: Key,
    /// The record's version.
    pub version: u64,
    /// The body's format number.
    pub format: u32,
    /// The body.
    pub body: Arc<[u8]>,
}

/// Where records are made durable.
#[async_trait]
pub trait CatalogBackend: Send + Sync + 'static {
    /// Hands over all records, one after the other.
    async fn load(&self, take: &mut (dyn FnMut(Stored) + Send)) -> Result<(), CatalogError>;

    /// Applies the changes in one transaction that is on disk when this returns. Each
    /// change comes with the version it writes.
    async fn apply(&self, changes: &[(Change, u64)]) -> Result<(), CatalogError>;
}

/// All records, in memory and in the backend.
pub struct Catalog {
    rows: Arc<RwLock<Rows>>,
    writer: commit::Writer,
}

type Rows = BTreeMap<String, Kind>;

/// The records of one kind.
#[derive(Default)]
struct Kind {
    rows: BTreeMap<Key, Arc<Row>>,
    // Those made since the catalog was opened.
    changes: changes::Changes,
}

struct Row {
    version: u64,
    format: u32,
    body: Arc<[u8]>,
    // Invariant: empty for kinds that are held encoded.
    decoded: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Catalog {
    /// Loads every record from the backend, and starts the task that commits.
    pub async fn open(backend: Arc<dyn CatalogBackend>) -> Result<Self, CatalogError> {
        let mut loaded: BTreeMap<String, Vec<(Key, Arc<Row>)>> = BTreeMap::new();
        let mut highest = 0;
        let mut take = |Stored { kind, key, version, format, body }| {
            highest = version.max(highest);
            let row = Arc::new(Row { version, format, body, decoded: OnceLock::new() });
            loaded.entry(kind).or_default().push((key, row));
        };
        backend.load(&mut take).await?;
        // Made of all rows at once, a tree has no gaps.
        let kind =
            |(name, rows): (String, Vec<_>)| (name, Kind { rows: rows.into_iter().collect(), ..Kind::default() });
        let rows: Arc<RwLock<Rows>> = Arc::new(RwLock::new(loaded.into_iter().map(kind).collect()));
        Ok(Self { writer: commit::Writer::start(backend, rows.clone(), highest), rows })
    }

    /// The record with this key.
    pub fn get<R: Record>(&self, key: &Key) -> Option<Versioned<R>> {
        let row = self.rows.read().expect("no writer panics").get(R::KIND)?.rows.get(key)?.clone();
        Some(row.decode())
    }

    /// The version of the record with this key; it is not read.
    pub fn version<R: Record>(&self, key: &Key) -> Option<u64> {
        Some(self.rows.read().expect("no writer panics").get(R::KIND)?.rows.get(key)?.version)
    }

    /// All records of a kind in an account and region, by name.
    pub fn list<R: Record>(&self, account: &AccountId, region: Option<&Region>) -> Vec<(String, Versioned<R>)> {
        self.list_prefix(account, region, "")
    }

    /// The records of a kind whose name starts with `prefix`, by name.
    pub fn list_prefix<R: Record>(
        &self,
        account: &AccountId,
        region: Option<&Region>,
        prefix: &str,
    ) -> Vec<(String, Versioned<R>)> {
        self.list_after(account, region, prefix, None, usize::MAX)
    }

    /// At most `limit` of the records of a kind whose name starts with `prefix`, by name: those after the name `after`.
    pub fn list_after<R: Record>(
        &self,
        account: &AccountId,
        region: Option<&Region>,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Vec<(String, Versioned<R>)> {
        let key = |name: &str| Key { account: account.clone(), region: region.cloned(), name: name.to_owned() };
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(key(after)),
            _ => Bound::Included(key(prefix)),
        };
        let rows = self.rows.read().expect("no writer panics");
        let Some(kind) = rows.get(R::KIND) else { return Vec::new() };
        kind.rows
            .range((from, Bound::Unbounded))
            .take_while(|(key, _)| {
                key.account == *account && key.region.as_ref() == region && key.name.starts_with(prefix)
            })
            .take(limit)
            .map(|(key, row)| (key.name.clone(), row.decode()))
            .collect()
    }

    /// The first `count` records of a kind from the name `from` on whose names start with `prefix`, by name: pages
    /// of what is too much to list at once, or to decode.
    pub fn page<R: Record>(&self, from: &Key, prefix: &str, count: usize) -> Vec<(String, Unread<R>)> {
        let from =
            if from.name.as_str() < prefix { Key { name: prefix.to_owned(), ..from.clone() } } else { from.clone() };
        let rows = self.rows.read().expect("no writer panics");
        let Some(kind) = rows.get(R::KIND) else { return Vec::new() };
        kind.rows
            .range(from.clone()..)
            .take_while(|(key, _)| {
                key.account == from.account && key.region == from.region && key.name.starts_with(prefix)
            })
            .take(count)
            .map(|(key, row)| (key.name.clone(), Unread { row: row.clone(), kind: PhantomData }))
            .collect()
    }

    /// All records of a kind, over all accounts and regions.
    pub fn list_all<R: Record>(&self) -> Vec<(Key, Versioned<R>)> {
        let rows = self.rows.read().expect("no writer panics");
        let Some(kind) = rows.get(R::KIND) else { return Vec::new() };
        kind.rows.iter().map(|(key, row)| (key.clone(), row.decode())).collect()
    }

    /// Hands over all records of a kind, over all accounts and regions, one after the other: of kinds with too many to
    /// list. Writers wait meanwhile.
    pub fn for_each<R: Record>(&self, mut each: impl FnMut(&Key, &R)) {
        let rows = self.rows.read().expect("no writer panics");
        let Some(kind) = rows.get(R::KIND) else { return };
        kind.rows.iter().for_each(|(key, row)| each(key, &row.decode::<R>().value));
    }

    /// The accounts and regions that have records of a kind, in order; the other records are not looked at.
    pub fn places<R: Record>(&self) -> Vec<(AccountId, Option<Region>)> {
        let rows = self.rows.read().expect("no writer panics");
        let Some(kind) = rows.get(R::KIND) else { return Vec::new() };
        let mut places: Vec<(AccountId, Option<Region>)> = Vec::new();
        let mut next = kind.rows.first_key_value();
        while let Some((key, _)) = next {
            let place = (key.account.clone(), key.region.clone());
            // Few names start with the last of all characters.
            let last = Key { name: key.name.clone().max(char::MAX.to_string()), ..key.clone() };
            if places.last() != Some(&place) {
                places.push(place);
            }
            next = kind.rows.range((Bound::Excluded(last), Bound::Unbounded)).next();
        }
        places
    }

    /// A number that rises with every change of a record of this kind: while it stays the same,
    /// what was read of them still holds. It says nothing across restarts.
    pub fn changes<R: Record>(&self) -> u64 {
        self.rows.read().expect("no writer panics").get(R::KIND).map_or(0, |kind| kind.changes.count())
    }

    /// Which records of a kind changed after the number `since` of [`Self::changes`], those that
    /// were made or removed among them; with the number now.
    pub fn changed_since<R: Record>(&self, since: u64) -> (Changed, u64) {
        let rows = self.rows.read().expect("no writer panics");
        let Some(kind) = rows.get(R::KIND) else { return (Changed::Keys(Vec::new()), 0) };
        (kind.changes.since(since), kind.changes.count())
    }

    /// Keys and versions of all records of a kind, over all accounts and regions, without
    /// reading the records.
    pub fn versions<R: Record>(&self) -> Vec<(Key, u64)> {
        let rows = self.rows.read().expect("no writer panics");
        let Some(kind) = rows.get(R::KIND) else { return Vec::new() };
        kind.rows.iter().map(|(key, row)| (key.clone(), row.version)).collect()
    }

    /// Makes the changes durable, then visible; or does nothing and says why.
    ///
    /// Transactions that arrive while another is being written are written together.
    /// Dropping the future does not undo the commit.
    pub async fn commit(&self, transaction: Transaction) -> Result<(), CatalogError> {
        self.writer.commit(transaction).await
    }
}

impl Row {
    fn decode<R: Record>(&self) -> Versioned<R> {
        let decode = || Arc::new(decode_body::<R>(self.format, &self.body));
        let value = match R::HELD {
            Held::Encoded => decode(),
            Held::Decoded => {
                let value = self.decoded.get_or_init(|| decode() as Arc<dyn Any + Send + Sync>);
                value.clone().downcast::<R>().expect("one kind of record has one type")
            }
        };
        Versioned { value, version: self.version }
    }
}

fn decode_body<R: Record>(format: u32, body: &[u8]) -> R {
    if format == R::FORMAT {
        return serde_json::from_slice(body).expect("a stored record has the form of its format");
    }
    let mut body: serde_json::Value = serde_json::from_slice(body).expect("a stored record is JSON");
    for step in format..R::FORMAT {
        body = R::migrate(step, body).expect("every format has a step to the next");
    }
    serde_json::from_value(body).expect("a migrated record has the form of its format")
}
