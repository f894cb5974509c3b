//! The catalog in one SQLite file: records, file lists and marks.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use async_trait::async_trait;
use base::place::InvalidPlace;
use base::{AccountId, Region};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, Row as _, SqliteConnection};
use tokio::sync::{Mutex, watch};

use super::files::{FileCatalog, FileChange, FileEntry, FileLists};
use super::{Action, CatalogBackend, CatalogError, Change, Key, Stored};

/// Steps from each version of the schema to the next; the version is the number of steps
/// taken, kept in SQLite's `user_version`. A step that was released never changes.
const STEPS: [(&str, &str); 1] = [(
    "CREATE TABLE record (
        kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        version INTEGER NOT NULL, format INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (kind, account, region, name)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE file (
        \"table\" TEXT NOT NULL, id INTEGER NOT NULL, day INTEGER NOT NULL, name TEXT NOT NULL,
        level INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, crc INTEGER NOT NULL,
        time_min INTEGER NOT NULL, time_max INTEGER NOT NULL, created INTEGER NOT NULL,
        PRIMARY KEY (\"table\", id)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE mark (name TEXT NOT NULL PRIMARY KEY, lsn INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
    "PRAGMA user_version = 1",
)];

// The primary result codes of SQLite that mean something to us.
const SQLITE_ERROR: i32 = 1;
const SQLITE_BUSY: i32 = 5;
const SQLITE_FULL: i32 = 13;
const SQLITE_CONSTRAINT: i32 = 19;

/// The catalog in a SQLite file with one connection. Every commit is synced.
pub struct SqliteBackend {
    connection: Mutex<SqliteConnection>,
    fatal: watch::Sender<Option<String>>,
}

impl SqliteBackend {
    /// Opens the file, makes it if it is missing, and migrates it to the present schema.
    pub async fn open(path: &Path) -> Result<Self, CatalogError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .disable_statement_logging();
        let mut connection = options.connect().await.map_err(failed)?;
        migrate(&mut connection).await?;
        Ok(Self { connection: Mutex::new(connection), fatal: watch::Sender::new(None) })
    }

    /// Tells why the catalog must not be written to any more, once a write or sync failed.
    pub fn fatal(&self) -> watch::Receiver<Option<String>> {
        self.fatal.subscribe()
    }

    /// Writes the journal back into the file and closes it; later calls fail.
    pub async fn checkpoint(&self) -> Result<(), CatalogError> {
        let mut connection = self.connection.lock().await;
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *connection).await.map_err(failed)?;
        Ok(())
    }

    /// What a transaction came to. A full disk, a broken constraint and a lock that another
    /// program holds leave all as it was; any other error leaves unknown what is on disk,
    /// so nothing is written after it.
    fn judge<T>(&self, result: Result<T, sqlx::Error>) -> Result<T, CatalogError> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        match primary_code(&error) {
            Some(SQLITE_FULL) => Err(CatalogError::Full),
            Some(SQLITE_CONSTRAINT | SQLITE_BUSY) => Err(failed(error)),
            _ => {
                self.fatal.send_replace(Some(format!("writing the catalog: {error}")));
                Err(failed(error))
            }
        }
    }

    fn check_alive(&self) -> Result<(), CatalogError> {
        match &*self.fatal.borrow() {
            Some(reason) => Err(CatalogError::Failed(reason.clone().into())),
            None => Ok(()),
        }
    }
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

fn failed(error: sqlx::Error) -> CatalogError {
    CatalogError::Failed(Box::new(error))
}

async fn migrate(connection: &mut SqliteConnection) -> Result<(), CatalogError> {
    let row = sqlx::query("PRAGMA user_version").fetch_one(&mut *connection).await.map_err(failed)?;
    let version: i64 = row.try_get(0).map_err(failed)?;
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    if done > STEPS.len() {
        let detail = format!("the catalog has schema {done}; this program knows {} at most", STEPS.len());
        return Err(CatalogError::Failed(detail.into()));
    }
    for (step, mark) in &STEPS[done..] {
        begin(connection).await.map_err(failed)?;
        let taken = take_step(connection, step, mark).await;
        end(connection, taken).await.map_err(failed)?;
    }
    Ok(())
}

async fn take_step(connection: &mut SqliteConnection, step: &str, mark: &str) -> Result<(), sqlx::Error> {
    for sql in [step, mark] {
        // Invariant: the text is one of STEPS.
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Begins a transaction. sqlx's own are not used: SQLite ends a transaction by itself when
/// the disk is full, and sqlx would go on to count it as open and never commit again.
async fn begin(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    match sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await {
        // A caller that went away half-way left its transaction open.
        Err(error) if primary_code(&error) == Some(SQLITE_ERROR) => {
            sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await?;
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        }
        begun => {
            begun?;
        }
    }
    Ok(())
}

/// Commits if all was written, else undoes what was.
async fn end(connection: &mut SqliteConnection, written: Result<(), sqlx::Error>) -> Result<(), sqlx::Error> {
    let ended = match written {
        Ok(()) => sqlx::raw_sql("COMMIT").execute(&mut *connection).await.map(|_| ()),
        Err(error) => Err(error),
    };
    if ended.is_err() {
        // This fails when SQLite has rolled back by itself.
        drop(sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await);
    }
    ended
}

#[async_trait]
impl CatalogBackend for SqliteBackend {
    async fn load(&self, take: &mut (dyn FnMut(Stored) + Send)) -> Result<(), CatalogError> {
        let mut connection = self.connection.lock().await;
        let mut places = Places::default();
        let mut after = [const { String::new() }; 4];
        loop {
            // Page by page: a row as the library reads it is many times as large as the record.
            let rows = load_page(&mut connection, &after).await.map_err(failed)?;
            let Some(last) = rows.last() else { return Ok(()) };
            for (at, column) in after.iter_mut().enumerate() {
                *column = last.try_get(at).map_err(failed)?;
            }
            for row in &rows {
                take(stored(row, &mut places)?);
            }
        }
    }

    async fn apply(&self, changes: &[(Change, u64)]) -> Result<(), CatalogError> {
        let mut connection = self.connection.lock().await;
        // Looked at under the lock: the holder before may have been the one that failed.
        self.check_alive()?;
        self.judge(apply(&mut connection, changes).await)
    }
}

/// Records that are loaded by one statement.
const LOADED_AT_ONCE: i64 = 4096;

/// The records after the one of this kind, account, region and name.
async fn load_page(connection: &mut SqliteConnection, after: &[String; 4]) -> Result<Vec<SqliteRow>, sqlx::Error> {
    let mut query = sqlx::query(
        "SELECT kind, account, region, name, version, format, body FROM record
         WHERE (kind, account, region, name) > (?1, ?2, ?3, ?4) ORDER BY kind, account, region, name LIMIT ?5",
    );
    for column in after {
        query = query.bind(column);
    }
    query.bind(LOADED_AT_ONCE).fetch_all(connection).await
}

/// The account and the region of the row before, which most rows share: its text is in memory once.
#[derive(Default)]
struct Places {
    account: Option<AccountId>,
    region: Option<Region>,
}

impl Places {
    fn account(&mut self, text: &str) -> Result<AccountId, InvalidPlace> {
        match &self.account {
            Some(account) if account.as_str() == text => Ok(account.clone()),
            _ => Ok(self.account.insert(text.parse()?).clone()),
        }
    }

    /// No region is an empty text.
    fn region(&mut self, text: &str) -> Result<Option<Region>, InvalidPlace> {
        match &self.region {
            _ if text.is_empty() => Ok(None),
            Some(region) if region.as_str() == text => Ok(Some(region.clone())),
            _ => Ok(Some(self.region.insert(text.parse()?).clone())),
        }
    }
}

fn stored(row: &SqliteRow, places: &mut Places) -> Result<Stored, CatalogError> {
    let mut read = || -> Result<Stored, Box<dyn std::error::Error + Send + Sync>> {
        let account = places.account(row.try_get("account")?)?;
        let region = places.region(row.try_get("region")?)?;
        let body: &[u8] = row.try_get("body")?;
        Ok(Stored {
            kind: row.try_get("kind")?,
            key: Key { account, region, name: row.try_get("name")? },
            version: row.try_get::<i64, _>("version")?.try_into()?,
            format: row.try_get("format")?,
            body: body.into(),
        })
    };
    read().map_err(CatalogError::Failed)
}

/// The region as it is stored.
fn region_column(key: &Key) -> &str {
    key.region.as_ref().map_or("", Region::as_str)
}

async fn apply(connection: &mut SqliteConnection, changes: &[(Change, u64)]) -> Result<(), sqlx::Error> {
    begin(connection).await?;
    let written = write_records(connection, changes).await;
    end(connection, written).await
}

/// Records that one statement puts or deletes, where there are as many: each statement costs a change of threads. Few
/// sizes, since a statement is prepared for each.
const AT_ONCE: [usize; 3] = [64, 8, 1];

/// Of several changes to one record the last is what stays. The others are not written, so that no order is to be kept
/// and statements can be about many records.
async fn write_records(connection: &mut SqliteConnection, changes: &[(Change, u64)]) -> Result<(), sqlx::Error> {
    let mut last = HashMap::with_capacity(changes.len());
    for (at, (change, _)) in changes.iter().enumerate() {
        if !matches!(change.action, Action::Check) {
            last.insert((change.kind, &change.key), at);
        }
    }
    let mut puts: Vec<Put<'_>> = Vec::new();
    let mut deletes: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
    for (at, (change, version)) in changes.iter().enumerate() {
        if last.get(&(change.kind, &change.key)) != Some(&at) {
            continue;
        }
        let Key { account, name, .. } = &change.key;
        match &change.action {
            Action::Put { format, body } => puts.push(Put { change, version: *version, format: *format, body }),
            Action::Delete => {
                deletes.entry((change.kind, account.as_str(), region_column(&change.key))).or_default().push(name);
            }
            Action::Check => {}
        }
    }
    for (place, names) in &deletes {
        delete(connection, *place, names).await?;
    }
    put(connection, &puts).await
}

/// Cuts a list into pieces of the sizes that there are statements for, the largest first.
fn pieces<T>(mut list: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = AT_ONCE.into_iter().find(|size| *size <= list.len())?;
        let (piece, rest) = list.split_at(size);
        list = rest;
        Some(piece)
    })
}

/// A change that writes a body.
struct Put<'a> {
    change: &'a Change,
    version: u64,
    format: u32,
    body: &'a [u8],
}

async fn put(connection: &mut SqliteConnection, puts: &[Put<'_>]) -> Result<(), sqlx::Error> {
    for puts in pieces(puts) {
        let rows = vec!["(?, ?, ?, ?, ?, ?, ?)"; puts.len()].join(", ");
        // Only the number of rows is from outside.
        let sql = sqlx::AssertSqlSafe(format!(
            "INSERT INTO record (kind, account, region, name, version, format, body) VALUES {rows}
             ON CONFLICT DO UPDATE SET version = excluded.version, format = excluded.format, body = excluded.body"
        ));
        let mut query = sqlx::query(sql);
        for Put { change, version, format, body } in puts {
            let Key { account, name, .. } = &change.key;
            query = query.bind(change.kind).bind(account.as_str()).bind(region_column(&change.key)).bind(name);
            query = query.bind(version.cast_signed()).bind(format).bind(*body);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Deletes records of a kind in an account and region by their names.
async fn delete(
    connection: &mut SqliteConnection,
    (kind, account, region): (&str, &str, &str),
    names: &[&str],
) -> Result<(), sqlx::Error> {
    for names in pieces(names) {
        let places = vec!["?"; names.len()].join(", ");
        // Only the number of names is from outside.
        let sql = sqlx::AssertSqlSafe(format!(
            "DELETE FROM record WHERE kind = ? AND account = ? AND region = ? AND name IN ({places})"
        ));
        let mut query = sqlx::query(sql).bind(kind).bind(account).bind(region);
        for name in names {
            query = query.bind(*name);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

#[async_trait]
impl FileCatalog for SqliteBackend {
    async fn load_files(&self) -> Result<FileLists, CatalogError> {
        let mut connection = self.connection.lock().await;
        let files = sqlx::query("SELECT * FROM file ORDER BY id").fetch_all(&mut *connection).await.map_err(failed)?;
        let marks = sqlx::query("SELECT name, lsn FROM mark").fetch_all(&mut *connection).await.map_err(failed)?;
        let mut lists = FileLists::default();
        for row in &files {
            lists.files.push(file(row).map_err(failed)?);
        }
        for row in &marks {
            let lsn: i64 = row.try_get("lsn").map_err(failed)?;
            lists.marks.insert(row.try_get("name").map_err(failed)?, lsn.cast_unsigned());
        }
        Ok(lists)
    }

    async fn change_files(&self, change: &FileChange) -> Result<(), CatalogError> {
        let mut connection = self.connection.lock().await;
        // Looked at under the lock: the holder before may have been the one that failed.
        self.check_alive()?;
        self.judge(change_files(&mut connection, change).await)
    }
}

fn file(row: &SqliteRow) -> Result<FileEntry, sqlx::Error> {
    let number = |name: &str| row.try_get::<i64, _>(name).map(i64::cast_unsigned);
    Ok(FileEntry {
        id: number("id")?,
        table: row.try_get("table")?,
        day: row.try_get("day")?,
        name: row.try_get("name")?,
        level: row.try_get("level")?,
        rows: number("rows")?,
        bytes: number("bytes")?,
        crc: row.try_get("crc")?,
        time_min: row.try_get("time_min")?,
        time_max: row.try_get("time_max")?,
        created: row.try_get("created")?,
    })
}

async fn change_files(connection: &mut SqliteConnection, change: &FileChange) -> Result<(), sqlx::Error> {
    begin(connection).await?;
    let written = write_files(connection, change).await;
    end(connection, written).await
}

async fn write_files(connection: &mut SqliteConnection, change: &FileChange) -> Result<(), sqlx::Error> {
    for file in &change.add {
        sqlx::query(
            "INSERT INTO file (\"table\", id, day, name, level, rows, bytes, time_min, time_max, created, crc)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )
        .bind(&file.table)
        .bind(file.id.cast_signed())
        .bind(file.day)
        .bind(&file.name)
        .bind(file.level)
        .bind(file.rows.cast_signed())
        .bind(file.bytes.cast_signed())
        .bind(file.time_min)
        .bind(file.time_max)
        .bind(file.created)
        .bind(file.crc)
        .execute(&mut *connection)
        .await?;
    }
    for (table, id) in &change.remove {
        let query = sqlx::query("DELETE FROM file WHERE \"table\" = ?1 AND id = ?2");
        query.bind(table).bind(id.cast_signed()).execute(&mut *connection).await?;
    }
    for (name, lsn) in &change.marks {
        let query = sqlx::query("INSERT INTO mark (name, lsn) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET lsn = ?2");
        query.bind(name).bind(lsn.cast_signed()).execute(&mut *connection).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
