//! Queries of the logs' own language.

use std::borrow::Cow;

use lang::insights::{Class, Environment, NoLookupTables, Plan, PointerText, Query, Row, Value};
use lang::needle::Needle;
use tokio::sync::watch;

use super::*;
use crate::{
    AsStored, Insights, InsightsError, InsightsGroup, InsightsOutcome, InsightsQuery, InsightsStatistics, Shown,
};

/// Runs a query over all groups of an account.
struct Asked {
    insights: Insights,
    query: InsightsQuery,
    seen: watch::Receiver<InsightsStatistics>,
    cancel: watch::Sender<bool>,
}

impl Asked {
    fn new(world: &World, text: &str) -> Self {
        let environment = Environment {
            start: NOW.plus_millis(-3_600_000),
            end: NOW,
            now: NOW,
            limit: None,
            class: Class::Standard,
            lookup_tables: Arc::new(NoLookupTables),
            pointer: PointerText::new(|pointer| format!("{}:{}", pointer.group, pointer.position)),
            may_unmask: false,
        };
        let plan = Plan::compile(&Query::parse(text).unwrap(), &environment).unwrap();
        let groups = world.groups.groups(Some(&MINE.parse().unwrap()), None, NOW);
        let groups = groups.into_iter().map(|group| InsightsGroup {
            id: group.id,
            log: format!("{}:{}", group.scope.account, group.name).into(),
            scope: group.scope,
            kept_from: group.kept_from,
            shown: Arc::new(AsStored),
        });
        let (progress, seen) = watch::channel(InsightsStatistics::default());
        let (cancel, cancelled) = watch::channel(false);
        let names = world.groups.clone();
        let query = InsightsQuery {
            plan,
            groups: groups.collect(),
            from: environment.start,
            to: NOW.plus_millis(1),
            stream_names: Arc::new(move |stream| names.stream(stream)),
            memory_bytes: 64 << 20,
            progress,
            cancelled,
        };
        let insights = Insights::new(world.engine.clone(), world.store.log_events().clone());
        Self { insights, query, seen, cancel }
    }

    async fn run(self) -> Result<InsightsOutcome, InsightsError> {
        self.insights.run(self.query).await
    }
}

async fn filled() -> World {
    let world = World::new().await;
    let web = world.group(MINE, "eu-west-1", "web");
    let db = world.group(MINE, "us-east-1", "db");
    let theirs = world.group(THEIRS, "eu-west-1", "web");
    for minute in 0..90 {
        let took = format!(r#"{{"path":"/{}","took":{minute}}}"#, minute % 3);
        world.log(web, minute % 2, minute as i64 * 60, &[&took, "plain text"]).await;
        world.log(db, 3, minute as i64 * 60, &["checkpoint complete"]).await;
        world.log(theirs, 4, minute as i64 * 60, &[r#"{"took":1000}"#]).await;
        world.log(web, 1000, minute as i64 * 60, &[r#"{"took":2000}"#]).await;
    }
    world
}

fn lines(outcome: &InsightsOutcome) -> Vec<String> {
    let cell = |(name, value): &(Arc<str>, Value)| format!("{name}={}", value.text().unwrap_or_default());
    // Pointers are opaque.
    let shown = |row: &Row| row.iter().filter(|(name, _)| &**name != "@ptr").map(cell).collect::<Vec<_>>().join(" ");
    outcome.rows.iter().map(shown).collect()
}

#[tokio::test]
async fn a_query_sees_its_groups_and_window_in_memory_and_in_files() {
    let world = filled().await;
    for place in ["memory", "files"] {
        for (text, expected) in [
            ("stats count(*) as n", vec!["n=183"]),
            (
                "stats count(*) as n, max(took) as most by @log, @logStream | sort @log, @logStream",
                vec![
                    "@log=111122223333:db @logStream=stream-3 n=61",
                    "@log=111122223333:web @logStream=stream-0 n=62 most=60",
                    "@log=111122223333:web @logStream=stream-1 n=60 most=59",
                ],
            ),
            ("filter path = '/1' | stats sum(took) as total by path", vec!["path=/1 total=590"]),
            (
                "fields @timestamp, took | filter ispresent(took) | sort took desc | limit 2",
                vec!["@timestamp=2026-01-31 11:00:00.000 took=60", "@timestamp=2026-01-31 11:01:00.000 took=59"],
            ),
        ] {
            let outcome = Asked::new(&world, text).run().await.unwrap();
            assert_eq!(lines(&outcome), expected, "{text}, in {place}");
        }
        world.flush().await;
    }
}

/// Hides digits, and finds the field `n` in messages that say `hidden`.
#[derive(Debug)]
struct Hidden;

impl Shown for Hidden {
    fn message<'m>(&self, _ingested: Timestamp, message: &'m str) -> Cow<'m, str> {
        message.replace(|c: char| c.is_ascii_digit(), "*").into()
    }

    fn transformed(&self, _ingested: Timestamp, stream: &str, message: &str) -> Option<String> {
        message.contains("hidden").then(|| format!(r#"{{"n":{},"s":"{stream}"}}"#, message.len()))
    }

    fn needle(&self, _plan: &Plan) -> Needle {
        Needle::Anything
    }
}

#[tokio::test]
async fn a_query_sees_messages_as_their_group_shows_them() {
    let world = World::new().await;
    let (masked, plain) = (world.group(MINE, "eu-west-1", "masked"), world.group(MINE, "eu-west-1", "plain"));
    world.log(masked, 1, 60, &["hidden 123", r#"{"n":7}"#]).await;
    world.log(plain, 2, 60, &["hidden 123", r#"{"n":7}"#]).await;
    let mut asked = Asked::new(&world, "fields @message, n, s | sort @log, n desc");
    asked.query.groups[0].shown = Arc::new(Hidden);
    let found = lines(&asked.run().await.unwrap());
    let expected = [
        r#"@message={"n":*}"#,
        "@message=hidden *** n=10 s=stream-1",
        r#"@message={"n":7} n=7"#,
        "@message=hidden 123",
    ];
    assert_eq!(
        {
            let mut sorted = found;
            sorted.sort();
            sorted
        },
        {
            let mut sorted = expected;
            sorted.sort();
            sorted
        }
    );
}

/// Shows events from a time of ingestion on.
#[derive(Debug)]
struct Since(Timestamp);

impl Shown for Since {
    fn takes(&self, ingested: Timestamp) -> bool {
        ingested >= self.0
    }

    fn message<'m>(&self, ingested: Timestamp, message: &'m str) -> Cow<'m, str> {
        AsStored.message(ingested, message)
    }

    fn transformed(&self, _ingested: Timestamp, _stream: &str, _message: &str) -> Option<String> {
        None
    }

    fn needle(&self, plan: &Plan) -> Needle {
        plan.needle()
    }
}

#[tokio::test]
async fn a_query_passes_over_events_that_its_group_does_not_show() {
    let world = World::new().await;
    let web = world.group(MINE, "eu-west-1", "web");
    let taken = [(-2, &["early"][..]), (-1, &["late", "later"])];
    for (minutes, messages) in taken {
        let time = NOW.plus_millis(-1);
        let events = messages.iter().map(|message| NewEvent { time, message: (*message).to_owned() }).collect();
        let ingested = NOW.plus_millis(minutes * 60_000);
        let put = LogPut { group: web, stream: StreamId(1), ingested, retention_days: None, events };
        world.store.log_events().put(put).await.unwrap();
    }
    for place in ["memory", "files"] {
        let mut asked = Asked::new(&world, "fields @message | sort @message");
        asked.query.groups[0].shown = Arc::new(Since(NOW.plus_millis(-60_000)));
        let outcome = asked.run().await.unwrap();
        assert_eq!(lines(&outcome), ["@message=late", "@message=later"], "in {place}");
        let taken = outcome.statistics;
        assert_eq!((taken.records_matched, taken.records_scanned, taken.records_skipped), (2, 2, 1), "in {place}");
        assert_eq!((taken.bytes_scanned, taken.bytes_skipped), (9, 5), "in {place}");
        world.flush().await;
    }
}

#[tokio::test]
async fn a_query_over_no_groups_finds_nothing() {
    let world = filled().await;
    for (text, expected) in [("fields @message", &[][..]), ("stats count(*) as n", &["n=0"])] {
        let mut asked = Asked::new(&world, text);
        asked.query.groups.clear();
        let outcome = asked.run().await.unwrap();
        assert_eq!(lines(&outcome), expected, "{text}");
        assert_eq!(outcome.statistics, InsightsStatistics::default(), "{text}");
    }
}

#[tokio::test]
async fn statistics_tell_what_a_query_took() {
    let world = filled().await;
    world.flush().await;
    let asked = Asked::new(&world, "filter @message like 'checkpoint' | stats count(*)");
    let seen = asked.seen.clone();
    let statistics = asked.run().await.unwrap().statistics;
    assert_eq!(*seen.borrow(), statistics);
    assert_eq!((statistics.records_matched, statistics.groups_scanned), (61, 2));
    assert!(statistics.records_scanned >= 61);
    assert!(statistics.bytes_scanned >= 61 * "checkpoint complete".len() as u64);
    let all = Asked::new(&world, "stats count(*)").run().await.unwrap().statistics;
    assert_eq!((all.records_matched, all.records_scanned, all.bytes_scanned), (183, 183, 0));
}

#[tokio::test]
async fn a_cancelled_query_stops() {
    let world = filled().await;
    let asked = Asked::new(&world, "stats count(*)");
    asked.cancel.send(true).unwrap();
    assert!(matches!(asked.run().await, Err(InsightsError::Cancelled)));
}

#[tokio::test]
async fn a_query_that_would_take_too_much_memory_says_so() {
    let world = World::new().await;
    let web = world.group(MINE, "eu-west-1", "web");
    let messages: Vec<_> = (0..9000).map(|at| format!("message number {at} {}", "x".repeat(100))).collect();
    let messages: Vec<_> = messages.iter().map(String::as_str).collect();
    world.log(web, 1, 60, &messages).await;
    let mut asked = Asked::new(&world, "stats count(*) by @message");
    asked.query.memory_bytes = 256 << 10;
    let error = asked.run().await.unwrap_err();
    assert!(matches!(error, InsightsError::Memory { .. }), "{error:?}");
    assert!(error.to_string().starts_with("the query needs more than the 1 MiB of memory"), "{error}");
}
