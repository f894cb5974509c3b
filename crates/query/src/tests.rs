//! SQL over a real store, in memory and in files.

mod bounds;
mod config_items;
mod insights;
mod inventory;
mod lake;
mod log_events;
mod output;
mod statements;
mod tables;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base::{AccountId, Region, Scope, SimulatedClock, Timestamp};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use lang::needle::Needle;
use store::log_event::{GroupId, LogPut, NewEvent, StreamId};
use store::metric::{Datum, Metric, StatSample, Unit};
use store::trail_event::TrailEvent;
use store::{Store, StoreOptions};
use tempfile::TempDir;

use crate::{Engine, Mask, Messages, NamedGroup, Names, Reach, Sql, SqlError, SqlQuery, Tables};

/// Noon of a Saturday.
const NOW: Timestamp = Timestamp::from_secs(1_769_860_800);
const MINE: &str = "111122223333";
const THEIRS: &str = "444455556666";

/// A store with something in each table, and SQL over it.
struct World {
    store: Store,
    groups: Arc<Groups>,
    items: Arc<config_items::Items>,
    engine: Arc<Engine>,
    sql: Sql,
    folder: TempDir,
}

/// Hides digits.
#[derive(Debug)]
struct NoDigits;

impl Mask for NoDigits {
    fn message<'m>(&self, ingested: Timestamp, message: &'m str) -> Cow<'m, str> {
        assert_eq!(ingested, NOW);
        message.replace(|c: char| c.is_ascii_digit(), "*").into()
    }

    fn needle(&self, _: Needle) -> Needle {
        Needle::Anything
    }
}

/// Groups by name; what is in a group "masked" is shown without digits; streams are called `stream-ID`.
#[derive(Default)]
struct Groups(Mutex<BTreeMap<u64, (Scope, String)>>);

impl Names for Groups {
    fn groups(&self, account: Option<&AccountId>, region: Option<&Region>, _now: Timestamp) -> Vec<NamedGroup> {
        let groups = self.0.lock().unwrap();
        let wanted = groups.iter().filter(|(_, (scope, _))| {
            account.is_none_or(|account| *account == scope.account)
                && region.is_none_or(|region| *region == scope.region)
        });
        let named = |(id, (scope, name)): (&u64, &(Scope, String))| NamedGroup {
            scope: scope.clone(),
            name: name.as_str().into(),
            id: GroupId(*id),
            kept_from: NOW.plus_millis(-30 * base::time::DAY_MS),
            mask: (name == "masked").then(|| Arc::new(NoDigits) as Arc<dyn Mask>),
        };
        wanted.map(named).collect()
    }

    fn stream(&self, stream: StreamId) -> Option<Arc<str>> {
        (stream.0 < 1000).then(|| format!("stream-{}", stream.0).into())
    }
}

impl World {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(SimulatedClock::new(NOW));
        let store = Store::open(StoreOptions::new(folder.path().join("data"), clock)).await.unwrap();
        let groups = Arc::new(Groups::default());
        let items: Arc<config_items::Items> = Arc::default();
        let tables = Tables {
            log_events: store.log_events().clone(),
            names: groups.clone(),
            trail_events: store.trail_events().clone(),
            metrics: store.metrics().clone(),
            config_items: store.config_items().clone(),
            newest_items: items.clone(),
        };
        let engine = Arc::new(Engine::new(folder.path().join("spill")));
        let sql = Sql::new(engine.clone(), tables);
        Self { store, groups, items, engine, sql, folder }
    }

    /// Moves everything that is in memory to files.
    async fn flush(&self) {
        self.store.trail_events().flush(NOW).await.unwrap();
        self.store.metrics().flush(NOW).await.unwrap();
        self.store.log_events().flush(NOW).await.unwrap();
        self.store.config_items().flush(NOW).await.unwrap();
    }

    /// Asks for rows while they are in memory, and again once they are in files.
    async fn assert_answers(&self, questions: &[(&str, &[&str])]) {
        for (sql, expected) in questions {
            assert_eq!(self.rows(sql).await, *expected, "{sql}, in memory");
        }
        self.flush().await;
        for (sql, expected) in questions {
            assert_eq!(self.rows(sql).await, *expected, "{sql}, in files");
        }
    }

    /// Makes a group; its number is the count of groups.
    fn group(&self, account: &str, region: &str, name: &str) -> GroupId {
        let mut groups = self.groups.0.lock().unwrap();
        let id = groups.len() as u64 + 1;
        groups.insert(id, (scope(account, region), name.to_owned()));
        GroupId(id)
    }

    async fn log(&self, group: GroupId, stream: u64, ago_secs: i64, messages: &[&str]) {
        let time = NOW.plus_millis(-ago_secs * 1000);
        let events = messages.iter().map(|message| NewEvent { time, message: (*message).to_owned() }).collect();
        let put = LogPut { group, stream: StreamId(stream), ingested: NOW, retention_days: None, events };
        self.store.log_events().put(put).await.unwrap();
    }

    async fn call(&self, account: &str, name: &str, user: &str, ago_secs: i64) {
        let event = TrailEvent {
            account: account.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            global: false,
            time: NOW.plus_millis(-ago_secs * 1000),
            event_id: format!("id-{account}-{name}-{ago_secs}"),
            event_name: name.to_owned(),
            event_source: "monitoring.amazonaws.com".to_owned(),
            read_only: name.starts_with("Get"),
            username: (!user.is_empty()).then(|| user.to_owned()),
            access_key_id: None,
            resources: vec![(Some("AWS::Type".to_owned()), "thing".to_owned())],
            record: format!("{{\"eventName\":\"{name}\"}}"),
        };
        self.store.trail_events().append(event).await.unwrap();
    }

    async fn datum(&self, account: &str, name: &str, host: &str, ago_secs: i64, value: f64) {
        let data = vec![Self::metric(name, host, ago_secs, value)];
        self.store.metrics().put(&scope(account, "eu-west-1"), data).await.unwrap();
    }

    fn metric(name: &str, host: &str, ago_secs: i64, value: f64) -> Datum {
        let metric = Metric {
            namespace: "App".into(),
            name: name.into(),
            dimensions: [(Arc::from("Host"), Arc::from(host))].into(),
        };
        let sample = StatSample::single(value);
        Datum { metric, unit: Unit::NONE, time_secs: NOW.secs() - ago_secs, high_resolution: false, sample }
    }

    fn query(sql: &str) -> SqlQuery {
        SqlQuery {
            sql: sql.to_owned(),
            reach: Reach::Account(MINE.parse().unwrap()),
            messages: Messages::Masked,
            now: NOW,
            memory_bytes: SqlQuery::MEMORY_BYTES,
            timeout: SqlQuery::TIMEOUT,
        }
    }

    /// A statement's rows as text, cells with a blank between.
    async fn run(&self, query: SqlQuery) -> Result<Vec<String>, SqlError> {
        let mut rows = self.sql.run(query).await?;
        let mut lines = Vec::new();
        while let Some(batch) = rows.next().await? {
            let options = FormatOptions::new().with_null("null");
            let columns: Vec<_> =
                batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
            for row in 0..batch.num_rows() {
                let cells: Vec<_> = columns.iter().map(|column| column.value(row).to_string()).collect();
                lines.push(cells.join(" "));
            }
        }
        Ok(lines)
    }

    async fn rows(&self, sql: &str) -> Vec<String> {
        self.run(Self::query(sql)).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    /// The lines of a plan that tell of scans.
    async fn scans(&self, sql: &str) -> String {
        let plan = self.rows(&format!("EXPLAIN {sql}")).await.join("\n");
        plan.lines().filter(|line| line.contains("StoreScan")).map(str::trim).collect::<Vec<_>>().join("\n")
    }
}

fn scope(account: &str, region: &str) -> Scope {
    Scope { account: account.parse().unwrap(), region: region.parse().unwrap() }
}
