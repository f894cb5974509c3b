//! When a policy lets the public in, as S3 means the word: anyone, unless a condition limits access to fixed values.

use std::net::IpAddr;

use super::{Condition, Effect, Statement};

/// Keys whose fixed values tell who asks, or from where (S3's user guide, "The meaning of public").
const TELLING_KEYS: &[&str] = &[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

/// Operators that hold for the values that are given and no others.
const EQUAL_OPERATORS: &[&str] = &["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"];

/// Fewest fixed bits of an address range that is not the public: broader ones are, says the same page.
const FIXED_BITS_MIN_V4: u8 = 8;
const FIXED_BITS_MIN_V6: u8 = 32;

/// Whether a statement lets the public in. Statements that deny take nothing from another that lets in: S3 judges each
/// statement that allows by itself.
pub(crate) fn lets_public_in(statement: &Statement) -> bool {
    statement.effect == Effect::Allow && statement.principal.is_anyone() && !is_limited(statement)
}

/// Whether a condition limits a statement to fixed values.
pub(crate) fn is_limited(statement: &Statement) -> bool {
    statement.conditions.iter().any(limits)
}

fn limits(condition: &Condition) -> bool {
    // What holds for a request that lacks the key limits nothing: `…IfExists`, `ForAllValues:…` and all that negate.
    let operator = condition.operator.strip_prefix("foranyvalue:").unwrap_or(&condition.operator);
    let all = |is_fixed: fn(&str) -> bool| {
        !condition.values.is_empty() && condition.values.iter().all(|value| is_fixed(value))
    };
    match condition.key.as_str() {
        "aws:sourceip" => operator == "ipaddress" && all(is_narrow_range),
        _ if !EQUAL_OPERATORS.contains(&operator) => false,
        "s3:dataaccesspointarn" => all(is_of_one_account),
        key => TELLING_KEYS.contains(&key) && all(is_fixed),
    }
}

/// Neither a pattern nor a variable.
fn is_fixed(value: &str) -> bool {
    !value.is_empty() && !value.contains(['*', '?']) && !value.contains("${")
}

/// An access point's name may be a pattern, its account may not.
fn is_of_one_account(arn: &str) -> bool {
    arn.split(':').nth(4).is_some_and(is_fixed)
}

fn is_narrow_range(range: &str) -> bool {
    let (address, bits) = range.split_once('/').map_or((range, None), |(address, bits)| (address, Some(bits)));
    let (whole, least) = match address.parse() {
        Ok(IpAddr::V4(_)) => (32, FIXED_BITS_MIN_V4),
        Ok(IpAddr::V6(_)) => (128, FIXED_BITS_MIN_V6),
        Err(_) => return false,
    };
    bits.map_or(Ok(whole), str::parse::<u8>).is_ok_and(|bits| (least..=whole).contains(&bits))
}

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::*;

    #[test]
    fn a_condition_limits_when_its_values_are_fixed() {
        for (condition, is_public) in [
            (r"{}", true),
            (r#"{"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#, false),
            (r#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#, true),
            (r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#, false),
            (r#"{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#, true),
            (r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#, true),
            (r#"{"ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-a/r-b/"}}"#, true),
            (r#"{"ForAnyValue:StringEquals":{"aws:PrincipalOrgPaths":"o-a/r-b/"}}"#, false),
            (r#"{"StringEquals":{"aws:userid":"${aws:username}"}}"#, true),
            (r#"{"StringLike":{"aws:userid":"AROAEXAMPLEID:*"}}"#, true),
            (r#"{"StringEquals":{"AWS:SourceAccount":["111122223333","444455556666"]}}"#, false),
            (r#"{"StringEquals":{"aws:SourceAccount":["111122223333","*"]}}"#, true),
            (r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::source"}}"#, false),
            (r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}}"#, true),
            (r#"{"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:eu-west-1:123456789012:accesspoint/*"}}"#, false),
            (r#"{"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:eu-west-1:*:accesspoint/a"}}"#, true),
            (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, false),
            (r#"{"IpAddress":{"aws:SourceIp":["203.0.113.7","2001:db8::/32"]}}"#, false),
            (r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, true),
            (r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#, true),
            (r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","::/0"]}}"#, true),
            (r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, true),
            (r#"{"Bool":{"aws:SecureTransport":"true"}}"#, true),
            (r#"{"StringLike":{"aws:Referer":"https://example.com/"}}"#, true),
            (r#"{"StringEquals":{"s3:prefix":"a"},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#, false),
        ] {
            let text = format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{condition}}}}}"#
            );
            let policy = Policy::parse(&text).expect(&text);
            assert_eq!(lets_public_in(&policy.statements[0]), is_public, "{condition}");
        }
    }
}
