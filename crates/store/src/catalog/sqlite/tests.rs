//! Tests of the catalog on a real SQLite file.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

use super::*;
use crate::catalog::{Catalog, Held, Record, Transaction};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Thing {
    text: String,
}

impl Record for Thing {
    const KIND: &'static str = "test.thing";
    const FORMAT: u32 = 2;

    fn migrate(_format: u32, body: serde_json::Value) -> Result<serde_json::Value, String> {
        Ok(serde_json::json!({ "text": body["old"] }))
    }
}

fn key(name: &str) -> Key {
    Key::global(&"000000000000".parse().unwrap(), name)
}

fn thing(text: &str) -> Thing {
    Thing { text: text.to_owned() }
}

#[tokio::test]
async fn records_survive_a_reopen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let region = Some("eu-west-1".parse().unwrap());
    let regional = Key { region, ..key("b") };
    {
        let catalog = Catalog::open(Arc::new(SqliteBackend::open(&path).await.unwrap())).await.unwrap();
        let mut transaction = Transaction::default();
        transaction.create(key("a"), &thing("one")).create(regional.clone(), &thing("two"));
        transaction.create(key("gone"), &thing("x"));
        catalog.commit(transaction).await.unwrap();
        let mut transaction = Transaction::default();
        let version = |name| catalog.get::<Thing>(&key(name)).unwrap().version;
        transaction.update(key("a"), version("a"), &thing("changed")).delete::<Thing>(key("gone"), version("gone"));
        catalog.commit(transaction).await.unwrap();
    }
    let catalog = Catalog::open(Arc::new(SqliteBackend::open(&path).await.unwrap())).await.unwrap();
    let a = catalog.get::<Thing>(&key("a")).unwrap();
    assert_eq!(*a.value, thing("changed"));
    assert_eq!(*catalog.get::<Thing>(&regional).unwrap().value, thing("two"));
    assert!(catalog.get::<Thing>(&key("gone")).is_none());
}

#[tokio::test]
async fn of_many_changes_to_one_record_the_last_survives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let numbers = 0..2 * AT_ONCE[0] + 13;
    {
        let catalog = Catalog::open(Arc::new(SqliteBackend::open(&path).await.unwrap())).await.unwrap();
        let mut transaction = Transaction::default();
        for text in ["first", "last"] {
            for number in numbers.clone() {
                transaction.put(key(&number.to_string()), &thing(text));
            }
            transaction.put(key("twice"), &thing("not seen")).put(key("twice"), &thing(text));
        }
        catalog.commit(transaction).await.unwrap();
        let mut transaction = Transaction::default();
        let version = |name| catalog.get::<Thing>(&key(name)).unwrap().version;
        transaction.put(key("a"), &thing("a")).delete::<Thing>(key("7"), version("7"));
        transaction.create(key("7"), &thing("anew")).delete::<Thing>(key("8"), version("8"));
        catalog.commit(transaction).await.unwrap();
    }
    let catalog = Catalog::open(Arc::new(SqliteBackend::open(&path).await.unwrap())).await.unwrap();
    let text = |name: &str| catalog.get::<Thing>(&key(name)).map(|found| found.value.text.clone());
    for number in numbers.clone().filter(|number| !matches!(number, 7 | 8)) {
        assert_eq!(text(&number.to_string()).as_deref(), Some("last"), "{number}");
    }
    assert_eq!(text("twice").as_deref(), Some("last"));
    assert_eq!((text("7").as_deref(), text("8"), text("a").as_deref()), (Some("anew"), None, Some("a")));
}

#[tokio::test]
async fn many_records_of_several_places_go_together_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let (north, south) = ("eu-north-1".parse().unwrap(), "sa-east-1".parse().unwrap());
    let of = |region: Option<&base::Region>, number: usize| {
        let Key { account, .. } = key("");
        Key { account, region: region.cloned(), name: number.to_string() }
    };
    let all = || {
        [None, Some(&north), Some(&south)].into_iter().flat_map(|region| (0..80).map(move |number| (region, number)))
    };
    let stays = |(region, number): &(Option<&base::Region>, usize)| *region == Some(&south) || *number == 40;
    {
        let catalog = Catalog::open(Arc::new(SqliteBackend::open(&path).await.unwrap())).await.unwrap();
        let mut transaction = Transaction::default();
        for (region, number) in all() {
            transaction.put(of(region, number), &thing("there"));
        }
        catalog.commit(transaction).await.unwrap();
        let mut transaction = Transaction::default();
        for (region, number) in all().filter(|place| !stays(place)) {
            let version = catalog.get::<Thing>(&of(region, number)).unwrap().version;
            transaction.delete::<Thing>(of(region, number), version);
        }
        catalog.commit(transaction).await.unwrap();
    }
    let catalog = Catalog::open(Arc::new(SqliteBackend::open(&path).await.unwrap())).await.unwrap();
    for place in all() {
        let (region, number) = place;
        assert_eq!(catalog.get::<Thing>(&of(region, number)).is_some(), stays(&place), "{region:?} {number}");
    }
}

#[tokio::test]
async fn an_old_format_is_migrated_when_read() {
    let folder = tempfile::tempdir().unwrap();
    let backend = SqliteBackend::open(&folder.path().join("catalog.db")).await.unwrap();
    let action = Action::Put { format: 1, body: Arc::from(&br#"{"old":"text"}"#[..]) };
    let change = Change { kind: Thing::KIND, key: key("a"), expect: crate::catalog::Expect::Any, action };
    backend.apply(&[(change, 1)]).await.unwrap();
    let catalog = Catalog::open(Arc::new(backend)).await.unwrap();
    assert_eq!(*catalog.get::<Thing>(&key("a")).unwrap().value, thing("text"));
}

#[tokio::test]
async fn a_schema_from_the_future_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let backend = SqliteBackend::open(&path).await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 99").execute(&mut *backend.connection.lock().await).await.unwrap();
    drop(backend);
    let error = SqliteBackend::open(&path).await.map(|_| ()).unwrap_err();
    assert!(matches!(error, CatalogError::Failed(cause) if cause.to_string().contains("schema 99")));
}

#[tokio::test]
async fn a_full_disk_is_told_apart_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let backend = SqliteBackend::open(&folder.path().join("catalog.db")).await.unwrap();
    sqlx::raw_sql("PRAGMA max_page_count = 20").execute(&mut *backend.connection.lock().await).await.unwrap();
    let catalog = Catalog::open(Arc::new(backend)).await.unwrap();
    let mut transaction = Transaction::default();
    transaction.create(key("big"), &thing(&"x".repeat(1 << 20)));
    assert!(matches!(catalog.commit(transaction).await, Err(CatalogError::Full)));
    assert!(catalog.get::<Thing>(&key("big")).is_none());
    let mut transaction = Transaction::default();
    transaction.create(key("small"), &thing("x"));
    catalog.commit(transaction).await.unwrap();
}

#[tokio::test]
async fn a_disk_that_was_full_twice_is_written_to_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let backend = Arc::new(SqliteBackend::open(&path).await.unwrap());
    let limit = async |pages: &'static str| {
        sqlx::raw_sql(pages).execute(&mut *backend.connection.lock().await).await.unwrap();
    };
    limit("PRAGMA max_page_count = 20").await;
    let catalog = Catalog::open(backend.clone()).await.unwrap();
    for _ in 0..3 {
        let mut transaction = Transaction::default();
        transaction.create(key("small"), &thing("x")).create(key("big"), &thing(&"x".repeat(1 << 20)));
        assert!(matches!(catalog.commit(transaction).await, Err(CatalogError::Full)));
        let lists = FileChange { marks: vec![("m".repeat(1 << 20), 1)], ..Default::default() };
        assert!(matches!(backend.change_files(&lists).await, Err(CatalogError::Full)));
    }
    limit("PRAGMA max_page_count = 2000").await;
    let mut transaction = Transaction::default();
    transaction.create(key("small"), &thing("kept"));
    catalog.commit(transaction).await.unwrap();
    backend.change_files(&FileChange { marks: vec![("t".to_owned(), 7)], ..Default::default() }).await.unwrap();
    // Another connection sees what is committed, and that alone.
    let other = SqliteBackend::open(&path).await.unwrap();
    let mut records = 0;
    other.load(&mut |_| records += 1).await.unwrap();
    assert_eq!(records, 1);
    assert_eq!(other.load_files().await.unwrap().marks["t"], 7);
}

#[tokio::test]
async fn a_transaction_left_open_is_undone_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let backend = SqliteBackend::open(&path).await.unwrap();
    let left = "BEGIN IMMEDIATE; INSERT INTO mark VALUES ('left', 1)";
    sqlx::raw_sql(left).execute(&mut *backend.connection.lock().await).await.unwrap();
    backend.change_files(&FileChange { marks: vec![("t".to_owned(), 7)], ..Default::default() }).await.unwrap();
    let marks = SqliteBackend::open(&path).await.unwrap().load_files().await.unwrap().marks;
    assert_eq!(marks.into_iter().collect::<Vec<_>>(), [("t".to_owned(), 7)]);
}

#[tokio::test]
async fn a_damaged_catalog_is_written_to_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let backend = SqliteBackend::open(&folder.path().join("catalog.db")).await.unwrap();
    sqlx::raw_sql("PRAGMA query_only = ON").execute(&mut *backend.connection.lock().await).await.unwrap();
    let change = FileChange { marks: vec![("t".to_owned(), 7)], ..Default::default() };
    backend.change_files(&change).await.unwrap_err();
    assert!(backend.fatal().borrow().is_some());
    sqlx::raw_sql("PRAGMA query_only = OFF").execute(&mut *backend.connection.lock().await).await.unwrap();
    backend.change_files(&change).await.unwrap_err();
}

#[tokio::test]
async fn a_record_made_anew_is_not_taken_for_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let backend = SqliteBackend::open(&folder.path().join("catalog.db")).await.unwrap();
    let catalog = Catalog::open(Arc::new(backend)).await.unwrap();
    let commit = async |change: fn(&mut Transaction, u64), held: u64| {
        let mut transaction = Transaction::default();
        change(&mut transaction, held);
        catalog.commit(transaction).await
    };
    let create = |it: &mut Transaction, _| _ = it.create(key("a"), &thing("x"));
    commit(create, 0).await.unwrap();
    let held = catalog.get::<Thing>(&key("a")).unwrap().version;
    commit(|it, held| _ = it.delete::<Thing>(key("a"), held), held).await.unwrap();
    commit(create, 0).await.unwrap();
    let stale = commit(|it, held| _ = it.update(key("a"), held, &thing("stale")), held).await;
    assert!(matches!(stale, Err(CatalogError::Conflict { .. })));
}

struct Counting(SqliteBackend, AtomicUsize);

#[async_trait]
impl CatalogBackend for Counting {
    async fn load(&self, take: &mut (dyn FnMut(Stored) + Send)) -> Result<(), CatalogError> {
        self.0.load(take).await
    }

    async fn apply(&self, changes: &[(Change, u64)]) -> Result<(), CatalogError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.apply(changes).await
    }
}

#[tokio::test]
async fn writers_at_the_same_time_share_transactions_and_get_their_own_results() {
    let folder = tempfile::tempdir().unwrap();
    let backend = SqliteBackend::open(&folder.path().join("catalog.db")).await.unwrap();
    let backend = Arc::new(Counting(backend, AtomicUsize::new(0)));
    let catalog = Arc::new(Catalog::open(backend.clone()).await.unwrap());
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..32 {
        let catalog = catalog.clone();
        writers.spawn(async move {
            let mut transaction = Transaction::default();
            // Two writers each want the same name: exactly one gets it.
            transaction.create(key(&format!("{}", n / 2)), &thing("x")).put(key(&format!("own {n}")), &thing("y"));
            catalog.commit(transaction).await
        });
    }
    let results = writers.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 16);
    assert_eq!(catalog.list_all::<Thing>().len(), 32, "a refused transaction leaves nothing");
    assert!(backend.1.load(Ordering::SeqCst) < 16, "writers share transactions");
}

#[tokio::test]
async fn file_lists_change_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let backend = SqliteBackend::open(&path).await.unwrap();
    let file = |id| FileEntry {
        crc: 7,
        id,
        table: "trail_event".to_owned(),
        day: 20_000,
        name: format!("{id}.parquet"),
        level: 0,
        rows: 1,
        bytes: 2,
        time_min: -3,
        time_max: 4,
        created: 5,
    };
    let add = vec![file(1), file(2)];
    backend.change_files(&FileChange { add, marks: vec![("t".to_owned(), 7)], ..Default::default() }).await.unwrap();
    // The second file is there already, so nothing of this change may stay.
    let clash = FileChange { add: vec![file(3), file(2)], remove: vec![], marks: vec![("t".to_owned(), 9)] };
    backend.change_files(&clash).await.unwrap_err();
    let merge = FileChange { add: vec![file(4)], remove: vec![("trail_event".to_owned(), 1)], marks: vec![] };
    backend.change_files(&merge).await.unwrap();
    drop(backend);
    let lists = SqliteBackend::open(&path).await.unwrap().load_files().await.unwrap();
    assert_eq!(lists.files, [file(2), file(4)]);
    assert_eq!(lists.marks["t"], 7);
}

#[tokio::test]
async fn changes_of_a_kind_are_counted_and_refused_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let backend = SqliteBackend::open(&folder.path().join("catalog.db")).await.unwrap();
    let catalog = Catalog::open(Arc::new(backend)).await.unwrap();
    let before = catalog.changes::<Thing>();
    let mut transaction = Transaction::default();
    transaction.create(key("a"), &thing("x"));
    catalog.commit(transaction.clone()).await.unwrap();
    let made = catalog.changes::<Thing>();
    assert!(made > before);
    catalog.commit(transaction).await.unwrap_err();
    assert_eq!(catalog.changes::<Thing>(), made);
    let mut transaction = Transaction::default();
    transaction.delete::<Thing>(key("a"), catalog.get::<Thing>(&key("a")).unwrap().version);
    catalog.commit(transaction).await.unwrap();
    assert!(catalog.changes::<Thing>() > made);
}

#[tokio::test]
async fn lists_go_on_after_a_name_and_stay_within_their_account_region_and_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let backend = SqliteBackend::open(&folder.path().join("catalog.db")).await.unwrap();
    let catalog = Catalog::open(Arc::new(backend)).await.unwrap();
    let mut transaction = Transaction::default();
    for name in ["a", "b", "b1", "b2", "b3", "c"] {
        transaction.create(key(name), &thing(name));
        transaction.create(Key { region: Some("eu-west-1".parse().unwrap()), ..key(name) }, &thing(name));
    }
    catalog.commit(transaction).await.unwrap();
    let account = "000000000000".parse().unwrap();
    let region = "eu-west-1".parse().unwrap();
    for region in [None, Some(&region)] {
        for (prefix, after, limit, expected) in [
            ("", None, 2, &["a", "b"][..]),
            ("", Some("b"), 9, &["b1", "b2", "b3", "c"]),
            ("b", None, 9, &["b", "b1", "b2", "b3"]),
            ("b", Some("a"), 1, &["b"]),
            ("b", Some("b1"), 1, &["b2"]),
            ("b", Some("b11"), 9, &["b2", "b3"]),
            ("b", Some("b3"), 9, &[]),
            ("b", Some("c"), 9, &[]),
            ("b", None, 0, &[]),
        ] {
            let found = catalog.list_after::<Thing>(&account, region, prefix, after, limit);
            let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, expected, "{region:?} {prefix} {after:?} {limit}");
        }
    }
}

/// A record that is decoded at each read.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Many(String);

impl Record for Many {
    const KIND: &'static str = "test.many";
    const FORMAT: u32 = 1;
    const HELD: Held = Held::Encoded;
}

#[tokio::test]
async fn records_that_are_held_encoded_are_read_and_changed_like_others() {
    let folder = tempfile::tempdir().unwrap();
    let backend = SqliteBackend::open(&folder.path().join("catalog.db")).await.unwrap();
    let catalog = Catalog::open(Arc::new(backend)).await.unwrap();
    let mut transaction = Transaction::default();
    transaction.create(key("a"), &Many("one".to_owned())).create(key("b"), &Many("two".to_owned()));
    catalog.commit(transaction).await.unwrap();
    let read = catalog.get::<Many>(&key("a")).unwrap();
    assert_eq!(*read.value, Many("one".to_owned()));
    let mut transaction = Transaction::default();
    transaction.update(key("a"), read.version, &Many("changed".to_owned()));
    catalog.commit(transaction).await.unwrap();
    assert_eq!(*catalog.get::<Many>(&key("a")).unwrap().value, Many("changed".to_owned()));
    let page = catalog.page::<Many>(&key("b"), "", 9);
    let page: Vec<_> = page.iter().map(|(name, found)| (name.as_str(), found.read().value.0.clone())).collect();
    assert_eq!(page, [("b", "two".to_owned())]);
    let mut all = Vec::new();
    catalog.for_each(|key, Many(text)| all.push((key.name.clone(), text.clone())));
    assert_eq!(all, [("a".to_owned(), "changed".to_owned()), ("b".to_owned(), "two".to_owned())]);
}

#[tokio::test]
async fn a_catalog_of_more_records_than_are_loaded_at_once_opens_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let region = |number: i64| (number % 2 == 0).then(|| "eu-west-1".parse().unwrap());
    let account = |number: i64| AccountId::from_number(number as u64 % 3).unwrap();
    let count = LOADED_AT_ONCE * 2 + 1;
    {
        let catalog = Catalog::open(Arc::new(SqliteBackend::open(&path).await.unwrap())).await.unwrap();
        let mut transaction = Transaction::default();
        for number in 0..count {
            let key = Key { account: account(number), region: region(number), name: number.to_string() };
            transaction.create(key, &Many(number.to_string()));
        }
        transaction.create(key("of another kind"), &thing("kept"));
        catalog.commit(transaction).await.unwrap();
    }
    let catalog = Catalog::open(Arc::new(SqliteBackend::open(&path).await.unwrap())).await.unwrap();
    let mut found = 0;
    catalog.for_each(|key, Many(text)| {
        let number: i64 = text.parse().unwrap();
        assert_eq!((&key.account, &key.region, &key.name), (&account(number), &region(number), text));
        found += 1;
    });
    assert_eq!(found, count);
    assert_eq!(*catalog.get::<Thing>(&key("of another kind")).unwrap().value, thing("kept"));
}
