use super::super::pattern::Variables;
use super::*;

fn holds(operator: &str, key: &str, values: &[&str], context: &[(&str, &str)]) -> bool {
    let values = values.iter().map(|value| Template::parse(value, Variables::Expanded)).collect();
    let condition = Condition::new(operator.parse().unwrap(), key, values);
    condition.holds(&context.iter().copied().collect())
}

/// operator, key, policy values, request, expected
type Example<'a> = (&'a str, &'a str, &'a [&'a str], &'a [(&'a str, &'a str)], bool);

const K: &[(&str, &str)] = &[("k", "Blue")];
const TWO: &[(&str, &str)] = &[("k", "a"), ("k", "b")];
const NONE: &[(&str, &str)] = &[];

#[test]
fn text_operators() {
    let examples: &[Example] = &[
        ("StringEquals", "k", &["Blue"], K, true),
        ("StringEquals", "K", &["Blue"], K, true),
        ("StringEquals", "k", &["blue"], K, false),
        ("StringEquals", "k", &["red", "Blue"], K, true),
        ("StringEquals", "k", &["B*"], K, false),
        ("StringEquals", "k", &["Blue"], NONE, false),
        ("StringNotEquals", "k", &["red", "green"], K, true),
        ("StringNotEquals", "k", &["red", "Blue"], K, false),
        ("StringNotEquals", "k", &["Blue"], NONE, true),
        ("StringEqualsIgnoreCase", "k", &["bLUE"], K, true),
        ("StringNotEqualsIgnoreCase", "k", &["bLUE"], K, false),
        ("StringLike", "k", &["B*e"], K, true),
        ("StringLike", "k", &["B?ue"], K, true),
        ("StringLike", "k", &["b*"], K, false),
        ("StringNotLike", "k", &["B*"], K, false),
        ("StringNotLike", "k", &["R*"], K, true),
        ("StringEquals", "k", &["${other}"], &[("k", "x"), ("other", "x")], true),
        ("StringLike", "k", &["${other}*"], &[("k", "xy"), ("other", "x")], true),
        ("StringEquals", "k", &["${missing}"], K, false),
    ];
    for (operator, key, values, context, expected) in examples {
        assert_eq!(holds(operator, key, values, context), *expected, "{operator} {values:?} on {context:?}");
    }
}

#[test]
fn numbers_dates_and_truth_values() {
    let at: &[(&str, &str)] = &[("t", "2026-03-01T12:00:00Z")];
    let examples: &[Example] = &[
        ("NumericEquals", "n", &["10"], &[("n", "10.0")], true),
        ("NumericNotEquals", "n", &["10"], &[("n", "10")], false),
        ("NumericLessThan", "n", &["10"], &[("n", "9")], true),
        ("NumericLessThan", "n", &["10"], &[("n", "10")], false),
        ("NumericLessThanEquals", "n", &["10"], &[("n", "10")], true),
        ("NumericGreaterThan", "n", &["10"], &[("n", "11")], true),
        ("NumericGreaterThanEquals", "n", &["10"], &[("n", "9")], false),
        ("NumericEquals", "n", &["ten"], &[("n", "10")], false),
        ("DateEquals", "t", &["2026-03-01T13:00:00+01:00"], at, true),
        ("DateNotEquals", "t", &["2026-03-01T12:00:00Z"], at, false),
        ("DateLessThan", "t", &["2026-03-01T12:00:01Z"], at, true),
        ("DateLessThanEquals", "t", &["2026-03-01T12:00:00Z"], at, true),
        ("DateGreaterThan", "t", &["2026-03-01"], at, true),
        ("DateGreaterThanEquals", "t", &["2026-03-02"], at, false),
        ("DateGreaterThan", "t", &["1700000000"], at, true),
        ("Bool", "b", &["true"], &[("b", "true")], true),
        ("Bool", "b", &["False"], &[("b", "false")], true),
        ("Bool", "b", &["true"], &[("b", "false")], false),
        ("Bool", "b", &["false"], NONE, false),
        ("BoolIfExists", "b", &["false"], NONE, true),
        ("BinaryEquals", "x", &["AQI="], &[("x", "AQI=")], true),
        ("BinaryEquals", "x", &["AQM="], &[("x", "AQI=")], false),
    ];
    for (operator, key, values, context, expected) in examples {
        assert_eq!(holds(operator, key, values, context), *expected, "{operator} {values:?} on {context:?}");
    }
}

#[test]
fn addresses_and_arns() {
    let v4: &[(&str, &str)] = &[("aws:SourceIp", "203.0.113.7")];
    let v6: &[(&str, &str)] = &[("aws:SourceIp", "2001:db8::7")];
    let arn: &[(&str, &str)] = &[("a", "arn:aws:iam::111122223333:role/x/Admin")];
    let examples: &[Example] = &[
        ("IpAddress", "aws:SourceIp", &["203.0.113.0/24"], v4, true),
        ("IpAddress", "aws:SourceIp", &["203.0.113.7"], v4, true),
        ("IpAddress", "aws:SourceIp", &["203.0.113.8/32"], v4, false),
        ("IpAddress", "aws:SourceIp", &["0.0.0.0/0"], v4, true),
        ("IpAddress", "aws:SourceIp", &["::/0"], v4, false),
        ("IpAddress", "aws:SourceIp", &["203.0.113.0/33"], v4, false),
        ("IpAddress", "aws:SourceIp", &["2001:db8::/32"], v6, true),
        ("IpAddress", "aws:SourceIp", &["2001:db9::/32"], v6, false),
        ("IpAddress", "aws:SourceIp", &["203.0.113.0/24"], &[("aws:SourceIp", "::ffff:203.0.113.7")], true),
        ("NotIpAddress", "aws:SourceIp", &["203.0.113.0/24"], v4, false),
        ("NotIpAddress", "aws:SourceIp", &["198.51.100.0/24"], v4, true),
        ("NotIpAddress", "aws:SourceIp", &["198.51.100.0/24"], NONE, true),
        ("ArnLike", "a", &["arn:aws:iam::*:role/x/*"], arn, true),
        ("ArnEquals", "a", &["arn:aws:iam::*:role/*/Admin"], arn, true),
        ("ArnLike", "a", &["arn:aws:iam:*:role/x/Admin"], arn, false),
        ("ArnNotLike", "a", &["arn:aws:iam::*:role/*"], arn, false),
        ("ArnNotEquals", "a", &["arn:aws:iam::*:user/*"], arn, true),
    ];
    for (operator, key, values, context, expected) in examples {
        assert_eq!(holds(operator, key, values, context), *expected, "{operator} {values:?} on {context:?}");
    }
}

#[test]
fn absent_keys_and_keys_of_many_values() {
    let examples: &[Example] = &[
        ("Null", "k", &["true"], NONE, true),
        ("Null", "k", &["false"], NONE, false),
        ("Null", "k", &["true"], K, false),
        ("Null", "k", &["false"], K, true),
        ("StringEqualsIfExists", "k", &["x"], NONE, true),
        ("StringEqualsIfExists", "k", &["x"], K, false),
        ("ForAllValues:StringEquals", "k", &["a", "b", "c"], TWO, true),
        ("ForAllValues:StringEquals", "k", &["a"], TWO, false),
        ("ForAllValues:StringEquals", "k", &["a"], NONE, true),
        ("ForAnyValue:StringEquals", "k", &["a"], TWO, true),
        ("ForAnyValue:StringEquals", "k", &["z"], TWO, false),
        ("ForAnyValue:StringEquals", "k", &["a"], NONE, false),
        ("ForAllValues:StringNotEquals", "k", &["z"], TWO, true),
        ("ForAllValues:StringNotEquals", "k", &["a"], TWO, false),
        ("ForAnyValue:StringNotEquals", "k", &["a"], TWO, true),
        ("ForAnyValue:StringNotEquals", "k", &["a", "b"], TWO, false),
        ("ForAnyValue:StringNotEquals", "k", &["a"], NONE, false),
        ("ForAllValues:StringLikeIfExists", "k", &["z"], NONE, true),
    ];
    for (operator, key, values, context, expected) in examples {
        assert_eq!(holds(operator, key, values, context), *expected, "{operator} {values:?} on {context:?}");
    }
}

#[test]
fn unknown_operators_are_refused() {
    for text in
        ["StringEqual", "stringequals", "ForSomeValues:StringEquals", "", "NullIfExists", "StringEqualsIfExistsX"]
    {
        assert_eq!(text.parse::<Operator>(), Err(UnknownOperator), "{text}");
    }
}
