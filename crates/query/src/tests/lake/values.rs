//! What functions and operators make of values.

use super::World;

/// An expression over the event `e2`, and what it is.
const CASES: &[(&str, &str)] = &[
    // Columns and members.
    ("eventName", "PutBucketAcl"),
    ("eventTime", "2026-03-02 09:00:00.000"),
    ("readOnly", "false"),
    ("userIdentity.arn", "arn:aws:sts::444455556666:assumed-role/ops/bob@example.com"),
    ("useridentity.SESSIONCONTEXT.sessionissuer.userName", "ops"),
    ("userIdentity.sessionContext.attributes.creationDate", "2026-03-01 07:00:00.000"),
    ("userIdentity.userName", "-"),
    ("\"EVENTNAME\"", "PutBucketAcl"),
    ("sessionCredentialFromConsole", "true"),
    ("tlsDetails.tlsVersion", "-"),
    ("errorMessage", "it's \"denied\""),
    // Maps: what is nested is JSON.
    (
        "requestParameters",
        "{bucketName=films, grants={\"items\":[{\"who\":\"all\",\"n\":2}]}, force=true, count=3, nothing=null}",
    ),
    ("responseElements", "-"),
    ("element_at(requestParameters, 'bucketName')", "films"),
    ("element_at(requestParameters, 'BUCKETNAME')", "-"),
    ("requestParameters['force']", "true"),
    ("cardinality(requestParameters)", "5"),
    ("map_keys(requestParameters)", "[bucketName, grants, force, count, nothing]"),
    ("element_at(map_values(requestParameters), -1)", "-"),
    // JSON.
    ("json_extract(element_at(requestParameters, 'grants'), '$.items[0]')", "{\"who\":\"all\",\"n\":2}"),
    ("json_extract_scalar(element_at(requestParameters, 'grants'), '$.items[0].who')", "all"),
    ("json_extract(element_at(requestParameters, 'grants'), '$.items[0].who')", "\"all\""),
    ("cast(json_extract(element_at(requestParameters, 'grants'), '$.items[0].who') as varchar)", "all"),
    ("cast(json_extract(element_at(requestParameters, 'grants'), '$.items[0].n') as bigint) + 1", "3"),
    ("json_array_length(json_extract(element_at(requestParameters, 'grants'), '$.items'))", "1"),
    ("json_array_get('[1, \"a\"]', -1)", "\"a\""),
    ("json_extract_scalar(eventJson, '$.eventID')", "e2"),
    ("json_extract(json_parse(eventJson), '$.userIdentity.sessionContext.attributes.mfaAuthenticated')", "\"false\""),
    ("cardinality(cast(json_extract(element_at(requestParameters, 'grants'), '$.items') as array(json)))", "1"),
    ("element_at(cast(json_parse('{\"a\": \"b\"}') as map(varchar, varchar)), 'a')", "b"),
    // Texts.
    ("lower(eventName)", "putbucketacl"),
    ("length('äöü')", "3"),
    ("substr(eventName, 4, 6)", "Bucket"),
    ("substr(eventName, -3)", "Acl"),
    ("substring(eventName from 1 for 3)", "Put"),
    ("replace(eventSource, '.amazonaws.com')", "s3"),
    ("split_part(eventSource, '.', 1)", "s3"),
    ("split_part(eventSource, '.', 9)", "-"),
    ("split(eventSource, '.')", "[s3, amazonaws, com]"),
    ("strpos(eventName, 'Bucket')", "4"),
    ("position('Bucket' in eventName)", "4"),
    ("concat(eventName, '/', awsRegion)", "PutBucketAcl/eu-west-1"),
    ("concat(eventName, userIdentity.userName)", "-"),
    ("eventName || '!'", "PutBucketAcl!"),
    ("trim('  a ')", "a"),
    ("lpad('7', 3, '0')", "007"),
    ("reverse('abc')", "cba"),
    ("regexp_like(eventName, '^Put.*l$')", "true"),
    ("regexp_like(eventName, 'bucket')", "false"),
    ("regexp_extract(eventSource, '(\\w+)\\.(\\w+)', 2)", "amazonaws"),
    ("regexp_replace(eventName, '([A-Z])', '_$1')", "_Put_Bucket_Acl"),
    ("eventName like 'Put%'", "true"),
    ("eventName like 'put%'", "false"),
    ("'100%' like '100\\%'", "false"),
    ("'100%' like '100#%' escape '#'", "true"),
    ("'a\\b' like 'a\\b'", "true"),
    // Moments.
    ("date_trunc('day', eventTime)", "2026-03-02 00:00:00.000"),
    ("date_trunc('week', eventTime)", "2026-03-02 00:00:00.000"),
    ("date_trunc('month', date_add('month', -1, eventTime))", "2026-02-01 00:00:00.000"),
    ("date(eventTime)", "2026-03-02"),
    ("cast(eventTime as date)", "2026-03-02"),
    ("cast(eventTime as varchar)", "2026-03-02 09:00:00.000"),
    ("date_add('day', -1, now())", "2026-03-01 12:00:00.000 UTC"),
    ("current_timestamp", "2026-03-02 12:00:00.000 UTC"),
    ("current_date", "2026-03-02"),
    ("now() - interval '2' hour", "2026-03-02 10:00:00.000 UTC"),
    ("eventTime - interval '1' day", "2026-03-01 09:00:00.000"),
    ("date_diff('minute', eventTime, timestamp '2026-03-02 10:30:00')", "90"),
    ("day_of_week(eventTime)", "1"),
    ("hour(eventTime)", "9"),
    ("extract(year from eventTime)", "2026"),
    ("date_format(eventTime, '%Y/%m/%d %H:%i')", "2026/03/02 09:00"),
    ("date_parse('2026-03-02', '%Y-%m-%d')", "2026-03-02 00:00:00.000"),
    ("from_iso8601_timestamp('2026-03-02T09:00:00Z')", "2026-03-02 09:00:00.000 UTC"),
    ("to_unixtime(eventTime)", "1.772442E9"),
    ("eventTime > '2026-03-02 08:59:59'", "true"),
    ("eventTime between '2026-03-02' and '2026-03-03'", "true"),
    ("eventTime = timestamp '2026-03-02 09:00:00'", "true"),
    ("eventTime < now()", "true"),
    ("date(eventTime) = date '2026-03-02'", "true"),
    // Truth.
    ("readOnly = false", "true"),
    ("sessionCredentialFromConsole = 'true'", "true"),
    ("if(readOnly, 'read', 'write')", "write"),
    ("if(readOnly, 'read')", "-"),
    ("case when errorCode is null then 'ok' else errorCode end", "AccessDenied"),
    ("coalesce(userIdentity.userName, userIdentity.principalId)", "AROAEXAMPLE:bob@example.com"),
    ("nullif(awsRegion, 'eu-west-1')", "-"),
    ("greatest(1, 3, 2)", "3"),
    ("greatest(1, cast(null as bigint))", "-"),
    ("userIdentity.userName is distinct from 'ada'", "true"),
    ("errorCode in ('AccessDenied', 'X')", "true"),
    ("errorCode not in ('X')", "true"),
    // Numbers.
    ("7 / 2", "3"),
    ("7 % 4", "3"),
    ("7 / 2e0", "3.5"),
    ("round(2.5e0)", "3.0"),
    ("round(17)", "17"),
    ("abs(-3)", "3"),
    ("cast('12' as bigint)", "12"),
    ("try_cast('x' as bigint)", "-"),
    ("cast(2.5e0 as bigint)", "3"),
    ("cast(1 as varchar) || '%'", "1%"),
    // Lists.
    ("resources", "[]"),
    ("cardinality(resources)", "0"),
    ("element_at(resources, 1)", "-"),
    ("contains(split(eventSource, '.'), 's3')", "true"),
    ("array_join(split(eventSource, '.'), '-')", "s3-amazonaws-com"),
    ("any_match(resources, r -> r.arn like '%films%')", "false"),
    ("transform(split('a.b', '.'), x -> upper(x))", "[A, B]"),
    ("filter(split('a.b', '.'), x -> x <> 'a')", "[b]"),
    ("none_match(split('a.b', '.'), x -> x = 'c')", "true"),
    ("all_match(split('a.b', '.'), x -> length(x) = 1)", "true"),
];

#[tokio::test]
async fn expressions_are_what_trino_makes_of_them() {
    let world = World::new().await;
    let mut wrong = Vec::new();
    for (expression, expected) in CASES {
        let found = world.run(&format!("select {expression} from %calls where eventid = 'e2'")).await;
        let told = match &found {
            Ok((_, rows)) => {
                format!("{:?}", rows.iter().map(|row| row[0].as_deref().unwrap_or("-")).collect::<Vec<_>>())
            }
            Err(error) => format!("{error:?}"),
        };
        if told != format!("{:?}", [expected]) {
            wrong.push(format!("{expression}: {told}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn rows_of_lists_print_with_the_names_of_their_members() {
    let world = World::new().await;
    let found = world.rows("select resources from %calls where eventid = 'e1'").await;
    let object = "{accountid=null, type=AWS::S3::Object, arn=arn:aws:s3:::films/a.txt, arnprefix=null}";
    let bucket = "{accountid=111122223333, type=AWS::S3::Bucket, arn=arn:aws:s3:::films, arnprefix=null}";
    assert_eq!(found, [format!("[{object}, {bucket}]")]);
}

#[tokio::test]
async fn an_identity_is_the_same_whether_it_is_read_in_part_or_as_a_whole() {
    let world = World::new().await;
    let part = "select userIdentity.type, userIdentity.arn, userIdentity.userName from %calls order by eventid";
    let whole = "with w as (select userIdentity as u, eventid from %calls) select u.type, u.arn, u.userName from w order by eventid";
    assert_eq!(world.rows(part).await, world.rows(whole).await);
}

#[tokio::test]
async fn what_fails_for_a_value_fails_the_query() {
    let world = World::new().await;
    let cases = [
        ("requestParameters['absent']", "Key not present in map: absent"),
        ("resources[1]", "Array subscript must be less than or equal to array length: 1 > 0"),
        ("cast(eventName as bigint)", "Cannot cast 'PutBucketAcl' to bigint"),
        ("json_parse(eventName)", "Cannot convert value to JSON: 'PutBucketAcl'"),
        // Lengths multiply.
        (
            "replace(lpad('', 100000, 'x'), 'x', lpad('', 100000, 'y'))",
            "The result would be longer than 16777216 bytes",
        ),
        (
            "regexp_replace(lpad('', 100000, 'x'), 'x', lpad('', 100000, 'y'))",
            "The result would be longer than 16777216 bytes",
        ),
    ];
    for (expression, expected) in cases {
        let error = world.run(&format!("select {expression} from %calls where eventid = 'e2'")).await.unwrap_err();
        assert_eq!(error.to_string(), expected, "{expression}");
    }
}
