//! Criteria by examples: what they hold for, and where they are wrong.

use super::*;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

#[test]
fn criteria_hold_for_accounts_and_regions() {
    for (text, wanted) in [
        ("@aws.account = \"111122223333\"", true),
        ("@aws.account=111122223333", true),
        ("@aws.account = '222233334444'", false),
        ("@aws.region != \"eu-west-1\"", false),
        ("@aws.region IN [\"us-east-1\", \"eu-west-1\"]", true),
        ("@aws.region NOT IN [\"us-east-1\"]", true),
        ("@aws.region not in ['eu-west-1'] or @aws.account in [111122223333]", true),
        ("@aws.region = eu-west-1 AND @aws.account = 1", false),
        ("@aws.region = eu-west-1 OR @aws.region = x AND @aws.account = 1", true),
        ("(@aws.region = eu-west-1 OR @aws.region = x) AND @aws.account = 1", false),
    ] {
        let parsed = FieldSelection::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(parsed.matches(ACCOUNT, REGION), wanted, "{text}");
    }
}

#[test]
fn mistakes_are_told_in_their_place() {
    for (text, at) in [
        ("", 0),
        ("@aws.acount = 1", 0),
        ("@aws.account", 12),
        ("@aws.account == 1", 14),
        ("@aws.account = ", 15),
        ("@aws.account = \"1", 15),
        ("@aws.account = \"\"", 15),
        ("@aws.account NOT 1", 17),
        ("@aws.account IN 1", 16),
        ("@aws.account IN [1", 18),
        ("@aws.account IN []", 17),
        ("@aws.account = 1 @aws.region = 1", 17),
        ("(@aws.account = 1", 17),
        ("@aws.account = 1 AND", 20),
    ] {
        assert_eq!(FieldSelection::parse(text).expect_err(text).at, at, "{text}");
    }
    assert!(FieldSelection::parse(&"(".repeat(2000)).is_err());
}
