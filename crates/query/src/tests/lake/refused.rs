//! Statements that are refused before anything is read.

use super::World;

#[tokio::test]
async fn what_is_not_known_is_refused() {
    let world = World::new().await;
    let cases = [
        // Only SELECT, one statement, over stores.
        ("", "empty"),
        ("insert into %calls values (1)", "Only SELECT statements are allowed"),
        ("delete from %calls", "Only SELECT statements are allowed"),
        ("create table t as select * from %calls", "Only SELECT statements are allowed"),
        ("explain select * from %calls", "Only SELECT statements are allowed"),
        ("show tables", "Only SELECT statements are allowed"),
        ("select 1 from %calls; select 2 from %calls", "Only one statement"),
        ("select 1", "FROM must name an event data store"),
        ("select * from trail_events", "Table trail_events does not exist"),
        ("select * from information_schema.tables", "Table information_schema.tables does not exist"),
        ("select * from 22222222-2222-3333-4444-555555555555", "does not exist"),
        ("select * from %calls x, other y", "Table other y does not exist"),
        ("select '%calls'", "FROM must name"),
        ("values (1)", "VALUES"),
        ("select * from %calls where eventname = ?", "Parameters (?)"),
        ("selec * from %calls", "Expected"),
        ("select * from %calls where", "Expected"),
        ("select 'a from %calls", "Unterminated"),
        // Forms.
        ("with recursive r as (select 1 from %calls) select * from r", "WITH RECURSIVE"),
        ("select * from %calls tablesample bernoulli (10)", "not supported"),
        ("select * from %calls for update", "not supported"),
        ("select * from %calls limit 1 + 1", "not supported"),
        ("select top 1 * from %calls", "not supported"),
        ("select * except (eventname) from %calls", "Expected"),
        ("select eventname ilike 'a' from %calls", "not supported"),
        ("select eventname::varchar from %calls", "not supported"),
        ("select eventtime at time zone 'UTC' from %calls", "not supported"),
        ("select count(*) over w from %calls window w as (order by eventtime)", "not supported"),
        ("select * from %calls natural join %more", "NATURAL JOIN"),
        ("select eventname collate x from %calls", "not supported"),
        ("select eventname ~ 'a' from %calls", "not supported"),
        // Names.
        ("select nosuch from %calls", "nosuch"),
        ("select useridentity.nosuch from %calls", "nosuch"),
        ("select eventdata.uid from %calls", "eventdata"),
        ("select t.eventname from %calls", "t.eventname"),
        ("select eventid from %calls join %more on true", "eventid"),
        // Functions.
        ("select nosuch(eventname) from %calls", "Function 'nosuch' is not supported"),
        ("select to_char(eventtime, 'x') from %calls", "Function 'to_char' is not supported"),
        ("select trino_lower(eventname) from %calls", "Function 'trino_lower' is not supported"),
        ("select get_field(useridentity, 'arn') from %calls", "Function 'get_field' is not supported"),
        ("select lower(eventname, 'x') from %calls", "number of parameters"),
        ("select lower(eventtime) from %calls", "Unexpected parameters (timestamp(3)) for function lower"),
        ("select length(7) from %calls", "Unexpected parameters (bigint) for function length"),
        ("select date_trunc('fortnight', eventtime) from %calls", "fortnight"),
        ("select json_extract(eventjson, '$..a') from %calls", "Invalid JSON path"),
        ("select regexp_like(eventname, '(') from %calls", "pattern is invalid"),
        ("select element_at(eventname, 1) from %calls", "Unexpected parameters"),
        ("select element_at(requestparameters, 1) from %calls", "Unexpected parameters"),
        ("select sum(eventname) from %calls", "Function 'sum'"),
        ("select max_by(eventname) from %calls", "number of parameters"),
        ("select rank() from %calls", "not supported"),
        ("select any_match(resources, 1) from %calls", "without a function"),
        // Types.
        ("select * from %calls where recipientaccountid = 111122223333", "Cannot apply operator: varchar = bigint"),
        ("select * from %calls where eventtime = 5", "Cannot apply operator"),
        ("select * from %calls where eventtime > eventname", "Cannot apply operator"),
        ("select * from %calls where eventtime > 'yesterday'", "Value cannot be cast to timestamp: yesterday"),
        ("select * from %calls where readonly = 'maybe'", "Cannot cast 'maybe' to boolean"),
        ("select * from %calls where eventname in (1, 2)", "Cannot apply operator"),
        ("select * from %calls where eventtime like '2026%'", "must evaluate to a varchar"),
        ("select eventname + 1 from %calls", "Cannot apply operator: varchar + bigint"),
        ("select eventname || 1 from %calls", "Unexpected parameters (varchar, bigint) for function concat"),
        ("select if(readonly, 'a', 1) from %calls", "must be the same type"),
        ("select cast(eventname as decimal(10, 2)) from %calls", "not supported"),
        ("select cast(1.5e0 as varchar) from %calls", "Unexpected parameters (double)"),
        ("select timestamp '2026-13-01 00:00:00' from %calls", "not a valid timestamp literal"),
        ("select 99999999999999999999 from %calls", "Invalid numeric literal"),
    ];
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        match world.lake.check(World::query(text)).await {
            Err(crate::LakeError::Statement(reason)) if reason.contains(expected) => {}
            other => wrong.push(format!("{text}: {other:?}, not {expected}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_statement_has_an_end() {
    let world = World::new().await;
    let long = format!("select '{}' from %calls", "x".repeat(10_000));
    assert!(world.refusal(&long).await.contains("longer than 10000 characters"));
    let deep = format!("select {}1 from %calls", "1 + ".repeat(400));
    assert!(world.refusal(&deep).await.contains("operators in a row"));
    let nested = format!("select {}1{} from %calls", "(".repeat(2000), ")".repeat(2000));
    assert!(!world.refusal(&nested).await.is_empty());
}
