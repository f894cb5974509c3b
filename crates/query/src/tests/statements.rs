//! Which statements run.

use super::*;

#[tokio::test]
async fn statements_that_read_are_run() {
    let world = World::new().await;
    world.call(MINE, "PutMetricData", "alice", 60).await;
    for (sql, expected) in [
        ("SELECT 1 + 1 AS two", "2"),
        ("WITH names AS (SELECT event_name FROM trail_events) SELECT * FROM names", "PutMetricData"),
        ("VALUES (1), (2)", "1"),
        ("SELECT count(*) FROM log_events", "0"),
        ("SHOW TABLES", "trailwatch public log_events BASE TABLE"),
        ("DESCRIBE metrics", "account Utf8 NO"),
    ] {
        let rows = world.rows(sql).await;
        assert!(rows.contains(&expected.to_owned()), "{sql}: {rows:?}");
    }
    assert!(world.rows("EXPLAIN SELECT * FROM metrics").await.iter().any(|line| line.contains("StoreScan: metrics")));
    assert!(!world.rows("SHOW COLUMNS FROM trail_events").await.is_empty());
    let analyzed = world.rows("EXPLAIN ANALYZE SELECT * FROM trail_events").await.join("\n");
    assert!(analyzed.contains("output_rows=1"), "{analyzed}");
}

#[tokio::test]
async fn statements_that_change_or_reach_out_are_refused() {
    let world = World::new().await;
    let file = world.folder.path().join("x.csv");
    std::fs::write(&file, "a\n1\n").unwrap();
    let file = file.display();
    for sql in [
        "CREATE TABLE t AS SELECT 1".to_owned(),
        "CREATE VIEW v AS SELECT 1".to_owned(),
        format!("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{file}'"),
        "DROP TABLE trail_events".to_owned(),
        "INSERT INTO metrics SELECT * FROM metrics".to_owned(),
        "DELETE FROM trail_events".to_owned(),
        "UPDATE metrics SET sum = 0".to_owned(),
        format!("COPY (SELECT 1) TO '{file}'"),
        format!("EXPLAIN COPY (SELECT 1) TO '{file}'"),
        "EXPLAIN INSERT INTO metrics SELECT * FROM metrics".to_owned(),
        "EXPLAIN ANALYZE INSERT INTO metrics SELECT * FROM metrics".to_owned(),
        "SET datafusion.execution.target_partitions = 1".to_owned(),
        "RESET datafusion.execution.target_partitions".to_owned(),
        "PREPARE p AS SELECT 1".to_owned(),
        "BEGIN".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        format!("SELECT * FROM '{file}'"),
        format!("SELECT * FROM read_csv('{file}')"),
        "SELECT repeat('x', 1000000000)".to_owned(),
        "SELECT".to_owned(),
        String::new(),
    ] {
        let refused = world.run(World::query(&sql)).await;
        assert!(matches!(refused, Err(SqlError::Statement(_))), "{sql}: {refused:?}");
    }
    let refused = world.run(World::query("DROP TABLE trail_events")).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "DROP TABLE is refused: statements may only read (SELECT, WITH, EXPLAIN, SHOW, DESCRIBE)"
    );
    assert_eq!(std::fs::read_to_string(world.folder.path().join("x.csv")).unwrap(), "a\n1\n");
}

#[tokio::test]
async fn now_is_the_servers() {
    let world = World::new().await;
    assert_eq!(world.rows("SELECT now(), current_date").await, ["2026-01-31T12:00:00Z 2026-01-31"]);
}

#[tokio::test]
async fn a_mistake_is_told_with_what_was_meant() {
    let world = World::new().await;
    let error = world.run(World::query("SELECT evnt_name FROM trail_events")).await.unwrap_err().to_string();
    assert!(error.contains("evnt_name") && error.contains("trail_events.event_name"), "{error}");
}
