//! `trail_events` and `metrics`.

use super::*;

async fn filled() -> World {
    let world = World::new().await;
    for minute in 0..300 {
        let name = ["PutMetricData", "GetMetricData", "PutMetricAlarm"][minute as usize % 3];
        world.call(MINE, name, ["alice", "bob", ""][minute as usize / 100], minute * 60).await;
        world.datum(MINE, "Requests", ["a", "b"][minute as usize % 2], minute * 60, 1.0).await;
    }
    world.call(THEIRS, "DeleteTrail", "mallory", 60).await;
    world.datum(THEIRS, "Secrets", "a", 60, 7.0).await;
    world
}

const QUESTIONS: [(&str, &[&str]); 13] = [
    ("SELECT count(*) FROM trail_events", &["300"]),
    (
        "SELECT event_name, count(*) FROM trail_events GROUP BY event_name ORDER BY event_name",
        &["GetMetricData 100", "PutMetricAlarm 100", "PutMetricData 100"],
    ),
    ("SELECT count(*) FROM trail_events WHERE username = 'alice' AND read_only", &["33"]),
    ("SELECT count(*) FROM trail_events WHERE username IS NULL", &["100"]),
    ("SELECT count(*) FROM trail_events WHERE event_time > now() - INTERVAL '10 minutes'", &["10"]),
    (
        "SELECT count(*) FROM trail_events WHERE event_time >= '2026-01-31T11:50:00Z' AND event_time < '2026-01-31 11:55:00'",
        &["5"],
    ),
    ("SELECT DISTINCT resources[1]['name'] FROM trail_events", &["thing"]),
    (
        "SELECT record FROM trail_events WHERE event_id = 'id-111122223333-PutMetricData-0'",
        &["{\"eventName\":\"PutMetricData\"}"],
    ),
    ("SELECT sum(sum), sum(count), min(period) FROM metrics", &["300.0 300.0 60"]),
    ("SELECT count(*) FROM metrics WHERE dimensions['Host'] = 'a'", &["150"]),
    (
        "SELECT count(*) FROM metrics WHERE namespace = 'App' AND name = 'Requests' AND timestamp >= now() - INTERVAL '1 hour'",
        &["61"],
    ),
    ("SELECT unit, max, timestamp FROM metrics ORDER BY timestamp DESC LIMIT 1", &["None 1.0 2026-01-31T12:00:00Z"]),
    (
        "SELECT count(*) FROM metrics m JOIN trail_events e ON m.timestamp = e.event_time WHERE e.event_name = 'GetMetricData'",
        &["100"],
    ),
];

#[tokio::test]
async fn rows_in_memory_and_in_files_answer_alike() {
    filled().await.assert_answers(&QUESTIONS).await;
}

#[tokio::test]
async fn an_account_sees_its_own_rows_alone() {
    let world = filled().await;
    for sql in [
        "SELECT count(*) FROM trail_events WHERE account = '444455556666'",
        "SELECT count(*) FROM trail_events WHERE account = '444455556666' OR true AND username = 'mallory'",
        "SELECT count(*) FROM metrics WHERE name = 'Secrets'",
    ] {
        assert_eq!(world.rows(sql).await, ["0"], "{sql}");
    }
    let sql = "SELECT account, count(*) FROM trail_events GROUP BY account ORDER BY account";
    assert_eq!(world.rows(sql).await, ["111122223333 300"]);
    let all = SqlQuery { reach: Reach::Everyone, ..World::query(sql) };
    assert_eq!(world.run(all).await.unwrap(), ["111122223333 300", "444455556666 1"]);
}

#[tokio::test]
async fn the_store_is_told_times_places_and_attributes() {
    let world = filled().await;
    for (sql, told) in [
        (
            "SELECT event_id FROM trail_events WHERE event_time >= '2026-01-31T11:00:00Z' AND username = 'alice' AND read_only = false",
            "StoreScan: trail_events, columns=[event_id, read_only, username], only=[from 2026-01-31T11:00:00Z; \
             account in ('111122223333'); username in ('alice'); read_only is false], partitions=1",
        ),
        (
            "SELECT sum FROM metrics WHERE timestamp BETWEEN '2026-01-31' AND '2026-01-31T01:00:00' AND name IN ('a', 'b')",
            "StoreScan: metrics, columns=[name, sum], only=[from 2026-01-31T00:00:00Z to 2026-01-31T01:00:00.001Z; \
             account in ('111122223333'); name in ('a', 'b')], partitions=1",
        ),
        (
            "SELECT count(*) FROM trail_events WHERE account = '444455556666'",
            "StoreScan: trail_events, columns=[account], only=[account in ()], partitions=1",
        ),
    ] {
        assert_eq!(world.scans(sql).await, told, "{sql}");
    }
}

#[tokio::test]
async fn a_recursive_query_scans_again_in_each_round() {
    let world = filled().await;
    let sql = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r, (SELECT count(*) AS c FROM trail_events) t \
               WHERE n < 4 AND t.c = 300) SELECT max(n) FROM r";
    assert_eq!(world.rows(sql).await, ["4"]);
}
