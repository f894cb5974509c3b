//! Statements of the shapes that people write, AWS's own samples among them.

use super::{CALLS, MORE, World};
use crate::LakeStatistics;

/// Statements and their rows.
const CASES: &[(&str, &[&str])] = &[
    // Counting and sorting.
    ("select count(*) from %calls", &["4"]),
    (
        "SELECT eventSource, eventName, COUNT(*) AS apiCount FROM %calls \
         WHERE eventTime > '2026-01-01 00:00:00' AND eventTime < '2026-04-01 00:00:00' \
         GROUP BY eventSource, eventName ORDER BY apiCount DESC, eventName",
        &["s3.amazonaws.com|GetObject|2", "iam.amazonaws.com|CreateAccessKey|1", "s3.amazonaws.com|PutBucketAcl|1"],
    ),
    (
        "select awsRegion, recipientAccountId, eventSource, count(*) as total from %calls where \
         (eventSource like 'iam%' or eventSource like 's3%') and readOnly=False and managementEvent=True \
         group by recipientAccountId, awsRegion, eventSource order by recipientAccountId desc, total desc, awsRegion",
        &["eu-west-1|111122223333|s3.amazonaws.com|1", "us-east-1|111122223333|iam.amazonaws.com|1"],
    ),
    (
        "select count(*) as n, date(eventTime) as datestamp from %calls group by date(eventTime) order by date(eventTime) desc, n desc",
        &["2|2026-03-02", "1|2026-03-01", "1|2026-02-20"],
    ),
    (
        "select day_of_week(eventTime) as weekday, count(*) as n from %calls group by day_of_week(eventTime)ORDER BY day_of_week(eventTime)",
        &["1|2", "5|1", "7|1"],
    ),
    (
        "select distinct element_at(requestParameters, 'bucketName') AS Bucket, awsRegion AS Region from %calls \
      where element_at(additionalEventData, 'MFAUsed') is null order by Region, Bucket",
        &["films|eu-west-1", "-|eu-west-1"],
    ),
    // What is null comes last, either way.
    ("select errorCode from %calls order by errorCode", &["AccessDenied", "-", "-", "-"]),
    ("select errorCode from %calls order by errorCode desc", &["AccessDenied", "-", "-", "-"]),
    ("select errorCode from %calls order by errorCode nulls first limit 1", &["-"]),
    ("select eventid from %calls order by eventtime desc limit 2", &["e2", "e1"]),
    ("select eventid from %calls order by eventtime desc offset 1 limit 1", &["e1"]),
    ("select eventid from %calls order by 1 desc fetch first 1 rows only", &["e4"]),
    // Members, maps and lists.
    (
        "SELECT eventid, eventtime, userIdentity.sessioncontext.sessionissuer.arn as RoleARN from %calls \
         where userIdentity.type = 'AssumedRole' and errorcode = 'AccessDenied'",
        &["e2|2026-03-02 09:00:00.000|arn:aws:iam::444455556666:role/ops"],
    ),
    (
        "select element_at(resources, 1).arn as a, element_at(resources, 2).accountId from %calls where eventid = 'e1'",
        &["arn:aws:s3:::films/a.txt|111122223333"],
    ),
    (
        "select eventid from %calls where element_at(resources,1).arn = 'arn:aws:s3:::films/a.txt' order by 1",
        &["e1", "e4"],
    ),
    (
        "select eventid from %calls where any_match(resources, r -> r.type = 'AWS::S3::Bucket') order by eventid",
        &["e1", "e4"],
    ),
    ("select eventid from %calls where resources is not null order by eventid", &["e1", "e2", "e4"]),
    (
        "select userIdentity.accountId, recipientAccountId from %calls where userIdentity.accountId != recipientAccountId",
        &["444455556666|111122223333"],
    ),
    (
        "select eventName, userIdentity.arn as user, json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId') as k \
         from %calls where element_at(requestParameters, 'userName') = 'eve' and eventTime >= '2026-02-01 00:00:00'",
        &["CreateAccessKey|arn:aws:iam::111122223333:user/ada|AKIANEW"],
    ),
    (
        "select userIdentity.principalId, errorMessage, element_at(requestParameters, 'bucketName') as bucket, count(*) as attempts \
         from %calls where errorCode is not null group by userIdentity.principalId, errorMessage, requestParameters order by attempts desc",
        &["AROAEXAMPLE:bob@example.com|it's \"denied\"|films|1"],
    ),
    (
        "select eventid from %calls where userIdentity.sessioncontext.sessionissuer.username NOT LIKE 'AWSServiceRole%' \
         and userIdentity.sessioncontext.sessionissuer.username NOT IN ('') and sourceIpAddress != 'cloudformation.amazonaws.com'",
        &["e2"],
    ),
    (
        "select readOnly, sessionCredentialFromConsole from %calls where sessionCredentialFromConsole = true AND readOnly = false",
        &["false|true"],
    ),
    // Items of lists.
    (
        "select eventid, r.arn from %calls cross join unnest(resources) as r(accountid, type, arn, arnprefix) where r.type = 'AWS::S3::Bucket' order by 1",
        &["e1|arn:aws:s3:::films", "e4|arn:aws:s3:::films"],
    ),
    (
        "select c.eventid, r.arn from %calls c, unnest(c.resources) as t(r) where c.eventid = 'e1' order by 2 desc",
        &["e1|arn:aws:s3:::films/a.txt", "e1|arn:aws:s3:::films"],
    ),
    (
        "select eventid, k, v from %calls cross join unnest(requestparameters) as t(k, v) where eventid = 'e1' order by k",
        &["e1|bucketName|films", "e1|key|a.txt"],
    ),
    ("select count(*) from %calls left join unnest(resources) as t(a, b, c, d) on true", &["6"]),
    (
        "select json_extract_scalar(g, '$.who') from %calls cross join \
         unnest(cast(json_extract(element_at(requestparameters, 'grants'), '$.items') as array(json))) as t(g)",
        &["all"],
    ),
    // Several stores.
    ("select a.eventid, b.eventname from %calls a join %more b on a.eventid = b.eventid", &["e1|ListBuckets"]),
    (
        "select a.eventid, b.eventname from %calls as a left join %more as b on a.eventid = b.eventid order by a.eventid",
        &["e1|ListBuckets", "e2|-", "e3|-", "e4|-"],
    ),
    (
        "select a.eventid from %calls a, %more b where a.eventid = b.eventid and b.useridentity.username = 'ada'",
        &["e1"],
    ),
    ("select eventid from %calls join %more using (eventid)", &["e1"]),
    (
        "select eventId, eventName from %calls where eventid = 'e1' union all select eventId, eventName from %more order by eventname, eventid",
        &["e1|GetObject", "f1|GetObject", "e1|ListBuckets"],
    ),
    ("select eventid from %calls union select eventid from %more order by eventid", &["e1", "e2", "e3", "e4", "f1"]),
    ("select eventid from %calls intersect select eventid from %more", &["e1"]),
    ("select eventid from %calls except select eventid from %more order by 1", &["e2", "e3", "e4"]),
    ("select eventid from %calls where eventid in (select eventid from %more)", &["e1"]),
    (
        "select eventid from %calls c where not exists (select 1 from %more m where m.eventid = c.eventid) order by 1",
        &["e2", "e3", "e4"],
    ),
    (
        "select (select max(eventtime) from %more), min(eventtime) from %calls",
        &["2026-03-02 11:00:00.000|2026-02-20 23:30:00.000"],
    ),
    // Queries within queries.
    (
        "with late as (select eventid, eventname as n from %calls where eventtime > '2026-03-02') select n, count(*) from late group by n order by n",
        &["GetObject|1", "PutBucketAcl|1"],
    ),
    (
        "select arn, count(*) c from (select userIdentity.arn from %calls) group by arn having count(*) > 1",
        &["arn:aws:iam::111122223333:user/ada|3"],
    ),
    (
        "select * from (select eventname, rank() over (partition by eventsource order by eventtime desc) as place from %calls) \
      where place = 1 order by 1",
        &["CreateAccessKey|1", "PutBucketAcl|1"],
    ),
    // Aggregates of Trino's own.
    (
        "select userIdentity.userName, max_by(eventName, eventTime), min_by(eventname, eventtime) from %calls group by userIdentity.userName order by 1",
        &["ada|GetObject|CreateAccessKey", "-|PutBucketAcl|PutBucketAcl"],
    ),
    (
        "select count_if(readOnly), arbitrary(recipientAccountId), bool_or(readonly), bool_and(readonly) from %calls",
        &["2|111122223333|true|false"],
    ),
    (
        "select count(*) filter (where errorcode is not null), count(errorcode), count(distinct eventname) from %calls",
        &["1|1|3"],
    ),
    ("select array_agg(eventid order by eventid desc) from %calls", &["[e4, e3, e2, e1]"]),
    ("select avg(cast(element_at(requestparameters, 'count') as bigint)) from %calls", &["3.0"]),
    ("select approx_distinct(eventname) from %calls", &["3"]),
    // Times.
    ("select eventid from %calls where eventtime > date_add('day', -1, now()) order by eventid", &["e1", "e2"]),
    ("select eventid from %calls where eventtime >= current_date order by eventid", &["e1", "e2"]),
    (
        "select eventid from %calls where eventtime between timestamp '2026-03-01 00:00:00' and timestamp '2026-03-01 23:59:59'",
        &["e4"],
    ),
    (
        "select date_trunc('day', eventtime) as d, count(*) from %calls group by 1 order by 1",
        &["2026-02-20 00:00:00.000|1", "2026-03-01 00:00:00.000|1", "2026-03-02 00:00:00.000|2"],
    ),
    // Comments and ends.
    ("-- all of %more\nselect eventid /* %more */ from %calls where eventid = 'e1'; ", &["e1"]),
    // Audit events.
    (
        "select eventData.eventName, eventData.userIdentity.principalId, element_at(eventData.userIdentity.details, 'floor'), metadata.channelArn, eventtime from %audit",
        &["Door|17|3|arn:aws:cloudtrail:::channel/c|2026-03-02 08:14:09.000"],
    ),
    ("select element_at(eventdata.additionaleventdata, 'door') from %audit where eventdata.uid = 'u-1'", &["north"]),
    (
        "select c.eventname, a.eventdata.eventname from %calls c join %audit a on c.eventtime = a.eventtime",
        &["GetObject|Door"],
    ),
    // Insights events.
    (
        "select insightstate, insighteventname, insighttype, insightcontext.insightaverage, insightcontext.baselineduration from %insights",
        &["Start|RunInstances|ApiCallRateInsight|12.0|10080"],
    ),
    ("select element_at(insightcontext.attributions, 1).attribute from %insights", &["userAgent"]),
];

#[tokio::test]
async fn statements_give_the_same_rows_from_memory_and_from_files() {
    let world = World::new().await;
    let mut wrong = Vec::new();
    for place in ["memory", "files"] {
        for (text, expected) in CASES {
            let found = match world.run(text).await {
                Ok(_) => world.rows(text).await,
                Err(error) => vec![format!("{error:?}")],
            };
            if found != *expected {
                wrong.push(format!("from {place}: {text}:\n  {found:?}\n  {expected:?}"));
            }
        }
        world.store.lake_events().flush(super::NOW).await.unwrap();
        assert_eq!(world.store.lake_events().memory_events(), 0);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn columns_are_called_what_the_statement_calls_them() {
    let world = World::new().await;
    let cases: &[(&str, &[&str])] = &[
        ("select eventName, userIdentity.ARN, count(*) as N from %calls group by 1, 2", &["eventName", "ARN", "N"]),
        ("select lower(eventname), eventid as \"Event ID\", 1 + 1 from %calls", &["_col0", "Event ID", "_col2"]),
        ("select userIdentity.arn, userIdentity.sessionContext.sessionIssuer.arn from %calls", &["arn", "arn"]),
        ("select eventid, t.eventid from %calls t", &["eventid", "eventid"]),
        ("select element_at(resources, 1).type from %calls", &["type"]),
        ("select eventName from %calls union all select eventId from %more", &["eventName"]),
        ("select x.*, 1 as ONE from (select eventName, eventID as Id from %calls) x", &["eventname", "id", "ONE"]),
    ];
    for (text, expected) in cases {
        assert_eq!(world.columns(text).await, *expected, "{text}");
    }
    let all = world.columns("select * from %calls").await;
    assert_eq!((all.len(), all[0].as_str(), all[1].as_str()), (34, "eventversion", "useridentity"));
}

#[tokio::test]
async fn statistics_tell_what_was_read_and_what_of_it_passed() {
    let world = World::new().await;
    let statistics = |text: &'static str| {
        let world = &world;
        async move { world.run(text).await.unwrap().0.statistics }
    };
    let found = statistics("select eventname from %calls where eventname like 'Get%'").await;
    assert_eq!((found.events_scanned, found.events_matched), (4, 2));
    assert!(found.bytes_scanned > 0);
    let found = statistics("select count(*) from %calls where eventtime > '2026-03-02' having count(*) > 5").await;
    assert_eq!((found.events_scanned, found.events_matched), (2, 2));
    let found = statistics("select 1 from %calls where eventtime > '2027-01-01'").await;
    assert_eq!((found.events_scanned, found.events_matched), (0, 0));
}

#[tokio::test]
async fn a_cancelled_query_stops() {
    use tokio::sync::{mpsc, watch};

    let world = World::new().await;
    let (rows, _taken) = mpsc::channel(1);
    let (progress, _) = watch::channel(LakeStatistics::default());
    let (cancel, cancelled) = watch::channel(false);
    // Nobody takes the rows, of which there are far more than wait.
    let text = "select a.eventid from %calls a, %calls b, %calls c, %calls d, %calls e, %calls f, %calls g, %calls h";
    let run = world.lake.run(World::query(text), crate::LakeRun { rows, progress, cancelled });
    let stop = async { cancel.send(true).unwrap() };
    let (ended, ()) = tokio::join!(run, stop);
    assert!(matches!(ended, Err(crate::LakeError::Cancelled)), "{ended:?}");
}

#[tokio::test]
async fn only_stores_that_are_given_are_read() {
    let world = World::new().await;
    let mut query = World::query("select 1 from %calls join %more on true");
    query.stores.retain(|store| store.id != MORE);
    let error = world.lake.check(query).await.unwrap_err();
    assert_eq!(error.to_string(), format!("Event data store {MORE} does not exist."));
    assert_eq!(crate::Lake::named(&super::statement("select '%more' from %calls")), [CALLS]);
}

/// The statements of a page, between the lines that begin and end them.
fn statements(page: &str) -> Vec<&str> {
    page.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[tokio::test]
async fn the_statements_of_the_page_run() {
    let world = World::new().await;
    let page = include_str!("../../../../../docs/lake-queries.md");
    let found = statements(page);
    assert_eq!(found.len(), 4);
    for text in found {
        assert!(!world.rows(text).await.is_empty(), "{text}");
    }
}

#[tokio::test]
async fn the_samples_run() {
    #[derive(serde::Deserialize)]
    struct Sample {
        name: String,
        sql: String,
    }
    let samples = include_str!("statements.json");
    let samples: Vec<Sample> = serde_json::from_str(samples).unwrap();
    let world = World::new().await;
    for Sample { name, sql } in samples {
        let text = sql.replace("<event-data-store-id>", CALLS);
        if let Err(error) = world.run(&text).await {
            panic!("{name}: {error:?}");
        }
    }
}
