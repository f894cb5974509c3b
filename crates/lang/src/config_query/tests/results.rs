//! What results are like: nesting, numbers, groups, orders and pages.

use super::*;

#[test]
fn selected_properties_are_nested_as_they_are_there() {
    for (text, expected) in [
        (
            "SELECT resourceId, configuration.instanceType, configuration.placement.tenancy WHERE resourceId = 'i-1'",
            json!([{"resourceId": "i-1", "configuration": {"instanceType": "t3.small", "placement": {"tenancy": "default"}}}]),
        ),
        (
            "SELECT resourceId, configuration.state.value WHERE resourceType = 'AWS::EC2::Volume' AND configuration.encrypted = false",
            json!([{"resourceId": "vol-2", "configuration": {"state": {"value": "in-use"}}}]),
        ),
        (
            "SELECT configuration.size, configuration.state.value WHERE resourceId = 'i-1'",
            json!([{"configuration": {"state": {"value": "running"}}}]),
        ),
        ("SELECT configuration.size WHERE resourceId = 'vol-1'", json!([{"configuration": {"size": 100.0}}])),
        (
            "SELECT configuration WHERE resourceId = 'vol-1'",
            json!([{"configuration": {"size": 100.0, "encrypted": true, "state": "in-use"}}]),
        ),
        (
            "SELECT configuration.placement WHERE resourceId = 'i-1'",
            json!([{"configuration": {"placement": {"tenancy": "default"}}}]),
        ),
        (
            "SELECT configuration.networkInterfaces.networkInterfaceId, configuration.networkInterfaces.groups.groupId WHERE resourceId = 'i-1'",
            json!([{"configuration": {"networkInterfaces": [
                {"networkInterfaceId": "eni-1", "groups": [{"groupId": "sg-1"}]}, {"networkInterfaceId": "eni-2"},
            ]}}]),
        ),
        (
            "SELECT tags WHERE resourceId = 'i-2'",
            json!([{"tags": [{"tag": "env=test", "key": "env", "value": "test"}]}]),
        ),
        ("SELECT tags.key WHERE resourceId = 'i-1'", json!([{"tags": [{"key": "env"}, {"key": "Name"}]}])),
        (
            "SELECT relationships.resourceId WHERE resourceId = 'i-1'",
            json!([{"relationships": [{"resourceId": "sg-1"}, {"resourceId": "vpc-1"}]}]),
        ),
        (
            "SELECT supplementaryConfiguration.instanceStatus WHERE resourceId = 'acme-logs'",
            json!([{"supplementaryConfiguration": {"instanceStatus": "Unmanaged"}}]),
        ),
        (
            "SELECT configuration.\"AWS:Application\".Content.Version WHERE resourceId = 'mi-1'",
            json!([{"configuration": {"AWS:Application": {"Content": [{"Version": "3.0"}]}}}]),
        ),
        ("SELECT resourceName WHERE resourceId = 'i-1'", json!([{}])),
        (
            "SELECT * WHERE resourceId = 'acme-logs'",
            json!([{"accountId": "210987654321", "awsRegion": "eu-west-1", "configurationItemCaptureTime": "2026-07-04T09:30:00.000Z",
                "resourceId": "acme-logs", "resourceName": "acme-logs", "resourceType": "AWS::S3::Bucket", "version": "1.3"}]),
        ),
    ] {
        assert_eq!(Value::from(results(text)), expected, "{text}");
    }
}

#[test]
fn groups_have_these_results() {
    for (text, expected) in [
        (
            "SELECT resourceType, COUNT(*) GROUP BY resourceType ORDER BY COUNT(*) DESC",
            json!([
                {"resourceType": "AWS::EC2::Instance", "COUNT(*)": 2}, {"resourceType": "AWS::EC2::SecurityGroup", "COUNT(*)": 2},
                {"resourceType": "AWS::EC2::Volume", "COUNT(*)": 2}, {"resourceType": "AWS::S3::Bucket", "COUNT(*)": 1},
                {"resourceType": "AWS::SSM::ManagedInstanceInventory", "COUNT(*)": 1},
            ]),
        ),
        ("SELECT COUNT(*)", json!([{"COUNT(*)": 8}])),
        ("SELECT count( * ) WHERE resourceId = 'x'", json!([{"count(*)": 0}])),
        (
            "SELECT resourceType WHERE resourceId LIKE 'vol%' GROUP BY resourceType",
            json!([{"resourceType": "AWS::EC2::Volume"}]),
        ),
        (
            "SELECT SUM(configuration.size), AVG(configuration.size), MIN(configuration.size), MAX(configuration.size), \
             COUNT(configuration.size), MAX(resourceId)",
            json!([{"SUM(configuration.size)": 108.0, "AVG(configuration.size)": 54.0, "MIN(configuration.size)": 8.0,
                "MAX(configuration.size)": 100.0, "COUNT(configuration.size)": 2, "MAX(resourceId)": "vol-2"}]),
        ),
        ("SELECT SUM(configuration.nothing), MAX(configuration.nothing)", json!([{}])),
        (
            "SELECT configuration.encrypted, COUNT(*) WHERE resourceType = 'AWS::EC2::Volume' GROUP BY configuration.encrypted",
            json!([{"configuration": {"encrypted": false}, "COUNT(*)": 1}, {"configuration": {"encrypted": true}, "COUNT(*)": 1}]),
        ),
        // Each value of a list is a group, and what has none is one, the last.
        (
            "SELECT relationships.resourceId, COUNT(*) WHERE resourceType = 'AWS::EC2::Instance' GROUP BY relationships.resourceId \
             ORDER BY relationships.resourceId",
            json!([{"relationships": {"resourceId": "sg-1"}, "COUNT(*)": 1}, {"relationships": {"resourceId": "vpc-1"}, "COUNT(*)": 1}, {"COUNT(*)": 1}]),
        ),
        (
            "SELECT resourceType, configuration.size, COUNT(*) WHERE resourceType IN ('AWS::EC2::Volume', 'AWS::S3::Bucket') \
             GROUP BY resourceType, configuration.size ORDER BY configuration.size DESC",
            json!([
                {"resourceType": "AWS::EC2::Volume", "configuration": {"size": 100.0}, "COUNT(*)": 1},
                {"resourceType": "AWS::EC2::Volume", "configuration": {"size": 8.0}, "COUNT(*)": 1},
                {"resourceType": "AWS::S3::Bucket", "COUNT(*)": 1},
            ]),
        ),
    ] {
        assert_eq!(Value::from(results(text)), expected, "{text}");
    }
}

#[test]
fn results_are_ordered_and_what_is_missing_is_last() {
    let ids = |order: &str| {
        let results = results(&format!("SELECT resourceId WHERE resourceType LIKE 'AWS::EC2::%' ORDER BY {order}"));
        results.iter().map(|result| result["resourceId"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    for (order, expected) in [
        ("resourceId DESC", "vol-2 vol-1 sg-2 sg-1 i-2 i-1"),
        ("configuration.size", "vol-2 vol-1 i-1 i-2 sg-1 sg-2"),
        ("configuration.size DESC", "vol-1 vol-2 i-1 i-2 sg-1 sg-2"),
        ("resourceType DESC, resourceId DESC", "vol-2 vol-1 sg-2 sg-1 i-2 i-1"),
        ("tags.value", "i-1 i-2 sg-1 sg-2 vol-1 vol-2"),
    ] {
        assert_eq!(ids(order), expected, "{order}");
    }
}

#[test]
fn pages_hold_every_result_once_and_in_order() {
    for text in [
        "SELECT resourceId",
        "SELECT resourceId ORDER BY configuration.size DESC",
        "SELECT resourceId ORDER BY resourceType DESC, configuration.size",
        "SELECT resourceType, COUNT(*) GROUP BY resourceType",
        "SELECT resourceType, tags.key, COUNT(*) GROUP BY resourceType, tags.key ORDER BY tags.key DESC",
    ] {
        let plan = plan(text);
        assert!(plan.has_pages());
        let whole = page(&plan, 100, None);
        assert_eq!(whole.next, None);
        for limit in 1..=whole.results.len() {
            let (mut all, mut after) = (Vec::new(), None);
            loop {
                let outcome = page(&plan, limit, after);
                assert!(outcome.results.len() <= limit);
                all.extend(outcome.results);
                // Tokens hold places as text.
                let text = serde_json::to_string(&outcome.next).unwrap();
                after = serde_json::from_str(&text).unwrap();
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(all, whole.results, "{text} by {limit}");
        }
    }
}

#[test]
fn the_order_of_an_aggregate_has_one_page() {
    let plan = plan("SELECT resourceType GROUP BY resourceType ORDER BY COUNT(*), MAX(resourceId) DESC");
    assert!(!plan.has_pages());
    let outcome = page(&plan, 2, None);
    let types: Vec<_> = outcome.results.iter().map(String::as_str).collect();
    assert_eq!(
        types,
        [r#"{"resourceType":"AWS::SSM::ManagedInstanceInventory"}"#, r#"{"resourceType":"AWS::S3::Bucket"}"#]
    );
    assert_eq!(outcome.next, None);
}

#[test]
fn fields_are_named_as_they_are_written() {
    for (text, expected) in [
        ("SELECT resourceId,configuration . size", &["resourceId", "configuration.size"][..]),
        ("SELECT resourceType, count(*) GROUP BY resourceType", &["resourceType", "count(*)"]),
        (
            "SELECT *, configuration.size",
            &[
                "accountId",
                "awsRegion",
                "arn",
                "availabilityZone",
                "configurationItemCaptureTime",
                "resourceCreationTime",
                "resourceId",
                "resourceName",
                "resourceType",
                "version",
                "configuration.size",
            ],
        ),
    ] {
        assert_eq!(plan(text).fields(), expected, "{text}");
    }
}
