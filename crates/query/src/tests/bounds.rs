//! Memory, time, and being dropped.

use std::time::Duration;

use super::*;

async fn filled(rows: i64) -> World {
    let world = World::new().await;
    let data = (0..rows).map(|at| World::metric(&format!("requests-{at}"), "host", 60, 1.0));
    world.store.metrics().put(&scope(MINE, "eu-west-1"), data.collect()).await.unwrap();
    world
}

#[tokio::test]
async fn a_query_that_needs_too_much_memory_is_stopped_and_says_so() {
    let world = filled(200).await;
    // 200 to the power of four rows that are all kept.
    let sql = "SELECT array_agg(a.dimensions) FROM metrics a, metrics b, metrics c, metrics d";
    let query = SqlQuery { memory_bytes: 8 << 20, ..World::query(sql) };
    let error = world.run(query).await.unwrap_err();
    assert!(matches!(error, SqlError::Memory { .. }), "{error:?}");
    assert!(error.to_string().starts_with("the query needs more than the 8 MiB of memory that it may have"), "{error}");
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_stopped_and_says_so() {
    let world = filled(200).await;
    let sql = "SELECT count(*) FROM metrics a, metrics b, metrics c, metrics d WHERE a.sum + b.sum + c.sum + d.sum < 0";
    let query = SqlQuery { timeout: Duration::from_millis(300), ..World::query(sql) };
    let error = world.run(query).await.unwrap_err();
    assert!(matches!(error, SqlError::Timeout { .. }), "{error:?}");
    assert_eq!(error.to_string(), "the query did not end within 0.3 seconds and was stopped");
}

#[tokio::test]
async fn a_sort_that_does_not_fit_into_memory_goes_to_files_which_go_with_it() {
    let world = World::new().await;
    let group = world.group(MINE, "eu-west-1", "web");
    for put in 0..20_u64 {
        // Spread over all of the order, as what is sorted seldom comes in runs.
        let scattered = |at: u64| (put * 9000 + at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let messages: Vec<_> = (0..9000).map(|at| format!("{:020} {}", scattered(at), "x".repeat(150))).collect();
        let messages: Vec<_> = messages.iter().map(String::as_str).collect();
        world.log(group, 1, 60, &messages).await;
    }
    world.flush().await;
    let sql = "SELECT message FROM log_events ORDER BY message";
    let query = SqlQuery { memory_bytes: 32 << 20, ..World::query(sql) };
    let analyzed = SqlQuery { sql: format!("EXPLAIN ANALYZE {sql}"), ..query.clone() };
    let analyzed = world.run(analyzed).await.unwrap().join("\n");
    assert!(analyzed.contains("spill_count=") && !analyzed.contains("spill_count=0"), "{analyzed}");
    let rows = world.run(query).await.unwrap();
    assert_eq!(rows.len(), 180_000);
    assert!(rows.is_sorted());
    let left = std::fs::read_dir(world.folder.path().join("spill")).unwrap().count();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_dropped_query_stops_and_lets_the_next_in() {
    let world = filled(200).await;
    let endless = "SELECT a.sum FROM metrics a, metrics b, metrics c, metrics d WHERE a.sum < b.sum";
    for _ in 0..10 {
        drop(world.sql.run(World::query(endless)).await.unwrap());
    }
    assert_eq!(world.rows("SELECT count(*) FROM metrics").await, ["200"]);
}

#[tokio::test]
async fn deep_expressions_are_planned_or_refused() {
    let world = World::new().await;
    let sum = |terms| format!("SELECT {}", vec!["1"; terms].join("+"));
    assert_eq!(world.rows(&sum(257)).await, ["257"]);
    for refused in [
        sum(258),
        format!("EXPLAIN {}", sum(8000)),
        format!("SELECT * FROM metrics WHERE {}", vec!["sum = 1"; 1000].join(" OR ")),
        format!("SELECT {}1{}", "(".repeat(2000), ")".repeat(2000)),
        format!("SELECT '{}'", "x".repeat(20_000)),
    ] {
        let error = world.run(World::query(&refused)).await.unwrap_err();
        assert!(matches!(error, SqlError::Statement(_)), "{error:?}");
    }
}
