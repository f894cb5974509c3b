//! Condition operators.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::str::FromStr;

use base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::context::Context;
use super::pattern::{Fields, Template};

#[cfg(test)]
mod tests;

/// One line of a `Condition` block: an operator, a key, and the values it is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    operator: Operator,
    name: String,
    key: String,
    values: Vec<Template>,
}

/// An operator with its prefix and suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    comparison: Comparison,
    negated: bool,
    quantifier: Quantifier,
    if_exists: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    /// No prefix.
    Plain,
    /// `ForAllValues:`
    All,
    /// `ForAnyValue:`
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Text,
    TextIgnoringCase,
    TextLike,
    Number(Relation),
    Date(Relation),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The text names no condition operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownOperator;

impl FromStr for Operator {
    type Err = UnknownOperator;

    fn from_str(text: &str) -> Result<Self, UnknownOperator> {
        let (quantifier, rest) = if let Some(rest) = text.strip_prefix("ForAllValues:") {
            (Quantifier::All, rest)
        } else if let Some(rest) = text.strip_prefix("ForAnyValue:") {
            (Quantifier::Any, rest)
        } else {
            (Quantifier::Plain, text)
        };
        let (rest, if_exists) = match rest.strip_suffix("IfExists") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (comparison, negated) = comparison(rest).ok_or(UnknownOperator)?;
        if comparison == Comparison::Null && if_exists {
            return Err(UnknownOperator);
        }
        Ok(Self { comparison, negated, quantifier, if_exists })
    }
}

fn comparison(name: &str) -> Option<(Comparison, bool)> {
    use Comparison::*;
    use Relation::*;
    Some(match name {
        "StringEquals" => (Text, false),
        "StringNotEquals" => (Text, true),
        "StringEqualsIgnoreCase" => (TextIgnoringCase, false),
        "StringNotEqualsIgnoreCase" => (TextIgnoringCase, true),
        "StringLike" => (TextLike, false),
        "StringNotLike" => (TextLike, true),
        "NumericEquals" => (Number(Equal), false),
        "NumericNotEquals" => (Number(Equal), true),
        "NumericLessThan" => (Number(Less), false),
        "NumericLessThanEquals" => (Number(LessOrEqual), false),
        "NumericGreaterThan" => (Number(Greater), false),
        "NumericGreaterThanEquals" => (Number(GreaterOrEqual), false),
        "DateEquals" => (Date(Equal), false),
        "DateNotEquals" => (Date(Equal), true),
        "DateLessThan" => (Date(Less), false),
        "DateLessThanEquals" => (Date(LessOrEqual), false),
        "DateGreaterThan" => (Date(Greater), false),
        "DateGreaterThanEquals" => (Date(GreaterOrEqual), false),
        "Bool" => (Bool, false),
        "BinaryEquals" => (Binary, false),
        "IpAddress" => (Ip, false),
        "NotIpAddress" => (Ip, true),
        // ArnEquals and ArnLike behave alike (documented).
        "ArnEquals" | "ArnLike" => (Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Arn, true),
        "Null" => (Null, false),
        _ => return None,
    })
}

impl Condition {
    /// A condition from its parts.
    pub fn new(operator: Operator, key: &str, values: Vec<Template>) -> Self {
        Self { operator, name: key.to_owned(), key: key.to_lowercase(), values }
    }

    /// The key, as written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the request meets the condition.
    pub fn holds(&self, context: &Context) -> bool {
        let Operator { comparison, negated, quantifier, if_exists } = self.operator;
        let found = context.get(&self.key).filter(|found| !found.is_empty());
        if comparison == Comparison::Null {
            let wanted = if found.is_none() { "true" } else { "false" };
            return self.values.iter().any(|value| value.source().eq_ignore_ascii_case(wanted));
        }
        let Some(found) = found else {
            return if_exists || quantifier == Quantifier::All || (negated && quantifier == Quantifier::Plain);
        };
        let holds_for = |found: &String| self.values.iter().any(|value| self.meets(value, found, context)) != negated;
        match quantifier {
            Quantifier::Any => found.iter().any(holds_for),
            Quantifier::All => found.iter().all(holds_for),
            Quantifier::Plain if negated => found.iter().all(holds_for),
            Quantifier::Plain => found.iter().any(holds_for),
        }
    }

    /// The comparison itself; what cannot be compared is not equal.
    fn meets(&self, wanted: &Template, found: &str, context: &Context) -> bool {
        let meets = match self.operator.comparison {
            Comparison::Text => wanted.text(context).map(|wanted| wanted == found),
            Comparison::TextIgnoringCase => {
                wanted.text(context).map(|wanted| wanted.to_lowercase() == found.to_lowercase())
            }
            Comparison::TextLike => wanted.matches(found, Fields::Free, context),
            Comparison::Arn => wanted.matches_arn(found, context),
            Comparison::Number(relation) => number(wanted.source())
                .zip(number(found))
                .and_then(|(wanted, found)| found.partial_cmp(&wanted))
                .map(|order| relation.allows(order)),
            Comparison::Date(relation) => {
                date(wanted.source()).zip(date(found)).map(|(wanted, found)| relation.allows(found.cmp(&wanted)))
            }
            Comparison::Bool => Some(wanted.source().eq_ignore_ascii_case(found)),
            Comparison::Binary => binary(wanted.source()).zip(binary(found)).map(|(wanted, found)| wanted == found),
            Comparison::Ip => Network::parse(wanted.source())
                .zip(found.parse::<IpAddr>().ok())
                .map(|(network, found)| network.contains(found)),
            Comparison::Null => None,
        };
        meets.unwrap_or(false)
    }
}

impl Relation {
    fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// ISO 8601, or seconds since the epoch.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    match text.trim().parse::<i64>() {
        // A bare year is no ISO date here: IAM reads whole numbers as epoch seconds.
        Ok(secs) => Some(Timestamp::from_secs(secs)),
        Err(_) => Timestamp::parse_iso(text),
    }
}

fn binary(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// An address range in CIDR form; an address alone is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(width);
        (prefix <= width).then_some(Self { address, prefix })
    }

    fn contains(self, found: IpAddr) -> bool {
        match (self.address, found.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(found)) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0);
                (own.to_bits() & mask) == (found.to_bits() & mask)
            }
            (IpAddr::V6(own), IpAddr::V6(found)) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
                (own.to_bits() & mask) == (found.to_bits() & mask)
            }
            _ => false,
        }
    }
}
