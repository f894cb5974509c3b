//! Criteria by examples: which groups they are for, which of them overlap, and where they are wrong.

use super::*;

fn parsed(text: &str) -> GroupSelection {
    GroupSelection::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn criteria_hold_for_groups() {
    for (text, group, wanted) in [
        (r#"LogGroupName NOT IN ["a", "b"]"#, "a", false),
        (r#"LogGroupName NOT IN ["a", "b"]"#, "ab", true),
        (r#"loggroupname in ['/x']"#, "/x", true),
        (r#"LogGroupNamePrefix= "test-""#, "test-1", true),
        (r#"LogGroupNamePrefix = "test-""#, "a-test-", false),
        (r#"LogGroupNamePrefix IN ["/aws/lambda","/x"]"#, "/x/y", true),
        (r#"LogGroupNamePrefix NOT IN ["/aws"]"#, "/aws/lambda/f", false),
        (r#"LogGroupNamePrefix NOT IN ["/aws"]"#, "/app", true),
        (r#"DataSourceName = "a" AND DataSourceType = "b""#, "a", false),
    ] {
        assert_eq!(parsed(text).holds(group), wanted, "{text} {group}");
    }
}

/// logs.md AP-3, with the examples of the API's reference.
#[test]
fn what_two_criteria_share_is_an_overlap() {
    for (a, b, overlap) in [
        (r#"LogGroupNamePrefix IN ["my-log"]"#, r#"LogGroupNamePrefix IN ["my-log-prod"]"#, true),
        (r#"LogGroupNamePrefix IN ["my-log"]"#, r#"LogGroupNamePrefix IN ["x", "my-logging"]"#, true),
        (r#"LogGroupNamePrefix IN ["/aws/lambda"]"#, r#"LogGroupNamePrefix IN ["/aws/waf"]"#, false),
        (r#"LogGroupNamePrefix IN ["my-log"]"#, r#"LogGroupName IN ["my-log"]"#, true),
        (r#"LogGroupNamePrefix IN ["my-log"]"#, r#"LogGroupName IN ["my"]"#, false),
        (r#"LogGroupName IN ["a"]"#, r#"LogGroupName IN ["ab"]"#, false),
        (r#"LogGroupName IN ["a"]"#, r#"LogGroupName = "a""#, true),
        (r#"LogGroupNamePrefix NOT IN ["/aws/lambda"]"#, r#"LogGroupName IN ["/aws/lambda/function1"]"#, false),
        (r#"LogGroupNamePrefix NOT IN ["/aws/lambda"]"#, r#"LogGroupNamePrefix IN ["/aws"]"#, true),
        (r#"LogGroupName NOT IN ["a"]"#, r#"LogGroupNamePrefix IN ["a"]"#, true),
        (r#"LogGroupName NOT IN ["a"]"#, r#"LogGroupNamePrefix NOT IN ["b"]"#, true),
        (r#"DataSourceName="a" AND DataSourceType="b""#, r#"DataSourceName="a" AND DataSourceType="b""#, true),
        (r#"DataSourceName="a" AND DataSourceType="b""#, r#"DataSourceName="a" AND DataSourceType="c""#, false),
        (r#"DataSourceName="a" AND DataSourceType="b""#, r#"LogGroupNamePrefix="a""#, false),
    ] {
        assert_eq!(parsed(a).overlaps(&parsed(b)), overlap, "{a} / {b}");
        assert_eq!(parsed(b).overlaps(&parsed(a)), overlap, "{b} / {a}");
    }
}

#[test]
fn mistakes_are_told_in_their_place() {
    for (text, at) in [
        ("", 0),
        ("LogGroup IN [\"a\"]", 0),
        ("LogGroupName", 12),
        ("LogGroupName != \"a\"", 13),
        ("LogGroupName NOT \"a\"", 17),
        ("LogGroupName IN []", 17),
        ("LogGroupName IN [\"a\"", 20),
        ("LogGroupName IN [\"a\"] OR x", 22),
        ("LogGroupNamePrefix = \"a", 21),
        ("DataSourceName = \"a\"", 20),
        ("DataSourceName = \"a\" AND DataSourceName = \"b\"", 25),
    ] {
        assert_eq!(GroupSelection::parse(text).expect_err(text).at, at, "{text}");
    }
}

proptest::proptest! {
    /// Whatever two criteria are: a group of both is an overlap.
    #[test]
    fn a_group_of_both_is_an_overlap(a in criterion(), b in criterion(), group in "[ab]{0,4}") {
        proptest::prop_assume!(a.holds(&group) && b.holds(&group));
        proptest::prop_assert!(a.overlaps(&b));
    }
}

fn criterion() -> impl proptest::strategy::Strategy<Value = GroupSelection> {
    use proptest::prelude::*;
    let side = prop_oneof![Just(Side::These), Just(Side::Others)];
    (prop::collection::vec("[ab]{1,3}", 1..3), side, any::<bool>()).prop_map(|(values, side, names)| {
        let among = Among { values, side };
        if names { GroupSelection::Names(among) } else { GroupSelection::Prefixes(among) }
    })
}
