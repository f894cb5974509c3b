//! Results as text.

use super::*;
use crate::output::{Format, Output};

async fn written(world: &World, sql: &str, format: Format) -> String {
    let mut rows = world.sql.run(World::query(sql)).await.unwrap();
    let mut output = Output::new(format, rows.schema().clone());
    let mut out = Vec::new();
    while let Some(batch) = rows.next().await.unwrap() {
        output.rows(&batch, &mut out).unwrap();
    }
    output.finish(&mut out);
    String::from_utf8(out).unwrap()
}

const SQL: &str = "SELECT name, dimensions, timestamp, sum, CASE WHEN sum > 1 THEN 'a \"b\", c' END AS remark \
                   FROM metrics ORDER BY sum";

async fn filled() -> World {
    let world = World::new().await;
    world.datum(MINE, "Requests", "h1", 60, 1.0).await;
    world.datum(MINE, "Requests", "h2", 60, 2.5).await;
    world
}

#[tokio::test]
async fn tables_are_for_people() {
    let expected = "
 name     | dimensions    | timestamp            | sum | remark
----------+---------------+----------------------+-----+----------
 Requests | {\"Host\":\"h1\"} | 2026-01-31T11:59:00Z | 1.0 |
 Requests | {\"Host\":\"h2\"} | 2026-01-31T11:59:00Z | 2.5 | a \"b\", c
(2 rows)
";
    let world = filled().await;
    assert_eq!(format!("\n{}", written(&world, SQL, Format::Table).await), expected);
    let lines = "SELECT 1 AS a, 'x' || chr(10) || 'y' || chr(27) AS b";
    assert_eq!(written(&world, lines, Format::Table).await, " a | b\n---+----\n 1 | x\n   | y\u{fffd}\n(1 row)\n");
    let none = "SELECT name FROM metrics WHERE sum > 9";
    assert_eq!(written(&world, none, Format::Table).await, " name\n------\n(0 rows)\n");
}

#[tokio::test]
async fn csv_quotes_what_needs_it() {
    let expected = "name,dimensions,timestamp,sum,remark\r\n\
                    Requests,\"{\"\"Host\"\":\"\"h1\"\"}\",2026-01-31T11:59:00Z,1.0,\r\n\
                    Requests,\"{\"\"Host\"\":\"\"h2\"\"}\",2026-01-31T11:59:00Z,2.5,\"a \"\"b\"\", c\"\r\n";
    let world = filled().await;
    assert_eq!(written(&world, SQL, Format::Csv).await, expected);
    assert_eq!(written(&world, "SELECT name FROM metrics WHERE sum > 9", Format::Csv).await, "name\r\n");
    assert_eq!(written(&world, "SELECT NULL AS a UNION ALL SELECT NULL", Format::Csv).await, "a\r\n\"\"\r\n\"\"\r\n");
}

#[tokio::test]
async fn json_is_an_object_a_line() {
    let expected = concat!(
        r#"{"name":"Requests","dimensions":{"Host":"h1"},"timestamp":"2026-01-31T11:59:00Z","sum":1.0,"remark":null}"#,
        "\n",
        r#"{"name":"Requests","dimensions":{"Host":"h2"},"timestamp":"2026-01-31T11:59:00Z","sum":2.5,"remark":"a \"b\", c"}"#,
        "\n",
    );
    let world = filled().await;
    assert_eq!(written(&world, SQL, Format::Json).await, expected);
    assert_eq!(written(&world, "SELECT name FROM metrics WHERE sum > 9", Format::Json).await, "");
}
