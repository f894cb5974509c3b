//! `log_events`.

use super::*;

async fn filled() -> World {
    let world = World::new().await;
    let web = world.group(MINE, "eu-west-1", "web");
    let db = world.group(MINE, "us-east-1", "db");
    let theirs = world.group(THEIRS, "eu-west-1", "web");
    for minute in 0..50 {
        let numbered = format!("GET /{minute} 200");
        world.log(web, 1, minute * 60, &[numbered.as_str(), "ERROR disk full, code=42", "warn 100%_sure"]).await;
        world.log(web, 2, minute * 60, &["Error timeouts"]).await;
        world.log(db, 3, minute * 60, &["checkpoint complete"]).await;
        world.log(theirs, 4, minute * 60, &["a secret"]).await;
    }
    // A stream that is not there any more, and what the group's retention has let go.
    world.log(web, 1000, 60, &["gone"]).await;
    world.log(web, 1, 31 * 86_400, &["old"]).await;
    world
}

const QUESTIONS: [(&str, &[&str]); 16] = [
    ("SELECT count(*) FROM log_events", &["250"]),
    (
        "SELECT log_group, log_stream, region, count(*) FROM log_events GROUP BY ALL ORDER BY 1, 2",
        &["db stream-3 us-east-1 50", "web stream-1 eu-west-1 150", "web stream-2 eu-west-1 50"],
    ),
    ("SELECT count(*) FROM log_events WHERE log_group = 'db'", &["50"]),
    ("SELECT count(*) FROM log_events WHERE log_group IN ('db', 'none') OR log_group = 'web'", &["250"]),
    ("SELECT count(*) FROM log_events WHERE log_stream = 'stream-2'", &["50"]),
    ("SELECT count(*) FROM log_events WHERE timestamp > now() - INTERVAL '10 minutes'", &["50"]),
    ("SELECT count(*) FROM log_events WHERE ingestion_time = now()", &["250"]),
    ("SELECT timestamp, message FROM log_events WHERE message LIKE '%/7 %'", &["2026-01-31T11:53:00Z GET /7 200"]),
    ("SELECT count(*) FROM log_events WHERE message LIKE '%100\\%\\_sure'", &["50"]),
    ("SELECT count(*) FROM log_events WHERE message ILIKE '%error%'", &["100"]),
    ("SELECT count(*) FROM log_events WHERE strpos(message, 'code=') > 0", &["50"]),
    ("SELECT count(*) FROM log_events WHERE contains(message, 'disk') OR message = 'checkpoint complete'", &["100"]),
    ("SELECT count(*) FROM log_events WHERE message ~ 'code=\\d+$'", &["50"]),
    ("SELECT count(*) FROM log_events WHERE message ~* '^error (disk|time)'", &["100"]),
    ("SELECT count(*) FROM log_events WHERE regexp_like(message, 'TIMEOUTS?', 'i')", &["50"]),
    ("SELECT count(*) FROM log_events WHERE NOT message LIKE '%e%'", &["50"]),
];

#[tokio::test]
async fn rows_in_memory_and_in_files_answer_alike() {
    filled().await.assert_answers(&QUESTIONS).await;
}

#[tokio::test]
async fn the_store_is_told_times_groups_and_what_messages_hold() {
    let world = filled().await;
    let told = async |condition: &str| {
        let scans = world.scans(&format!("SELECT timestamp FROM log_events WHERE {condition}")).await;
        let told = scans.split_once("only=[").unwrap().1.to_owned();
        let told = told.rsplit_once("], partitions").unwrap().0.to_owned();
        told.replace("account in ('111122223333')", "mine")
    };
    for (condition, expected) in [
        ("log_group = 'web'", "mine; log_group in ('web'); 1 group"),
        ("region = 'us-east-1' AND log_group = 'web'", "mine; log_group in ('web'); region in ('us-east-1'); 0 groups"),
        ("timestamp < '2026-01-31T11:00:00Z'", "before 2026-01-31T11:00:00Z; mine; 2 groups"),
        ("message LIKE '%disk full%code=4_%'", "mine; message holds ('disk full' and 'code=4'); 2 groups"),
        ("message ILIKE '%Error disk%'", "mine; message holds ('Error di' in any case); 2 groups"),
        ("strpos(message, 'x') > 0", "mine; message holds 'x'; 2 groups"),
        ("contains(message, 'x')", "mine; message holds 'x'; 2 groups"),
        ("message ~ 'a+(foo|bar)'", "mine; message holds ('a' and ('foo' or 'bar')); 2 groups"),
        ("message LIKE '%a%' OR log_stream = 'b'", "mine; 2 groups"),
        ("NOT message LIKE '%a%'", "mine; 2 groups"),
    ] {
        let expected = expected.replace("('Error di' in any case)", "'Error di' in any case");
        assert_eq!(told(condition).await, expected, "{condition}");
    }
}

#[tokio::test]
async fn messages_are_read_only_when_they_are_needed() {
    let world = filled().await;
    let scan = world.scans("SELECT count(*) FROM log_events WHERE log_group = 'web'").await;
    assert!(scan.contains("columns=[]"), "{scan}");
}

#[tokio::test]
async fn masked_messages_are_masked_for_conditions_and_columns_and_clear_for_who_may() {
    let world = World::new().await;
    let masked = world.group(MINE, "eu-west-1", "masked");
    world.log(masked, 1, 0, &["card 4111"]).await;
    for flushed in [false, true] {
        if flushed {
            world.flush().await;
        }
        let sql = |condition: &str| format!("SELECT message FROM log_events WHERE {condition}");
        for (condition, found) in [
            ("log_group = 'masked'", &["card ****"][..]),
            ("message LIKE '%4111%'", &[]),
            ("message LIKE '%card ****'", &["card ****"]),
        ] {
            assert_eq!(world.run(World::query(&sql(condition))).await.unwrap(), found, "{condition}");
        }
        let counted = World::query("SELECT count(*) FROM log_events WHERE message LIKE '%4111%'");
        assert_eq!(world.run(counted).await.unwrap(), ["0"]);
        let clear = SqlQuery { messages: Messages::Clear, ..World::query(&sql("message LIKE '%4111%'")) };
        assert_eq!(world.run(clear).await.unwrap(), ["card 4111"]);
    }
}
