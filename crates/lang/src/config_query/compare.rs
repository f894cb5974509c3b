//! How a value of a document stands to a literal.

use std::cmp::Ordering;
use std::net::IpAddr;

use base::Timestamp;
use serde_json::Value;

use super::Literal;

/// A literal with all that it can stand for.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    kind: Kind,
    text: String,
    number: Option<f64>,
    flag: Option<bool>,
    time: Option<Timestamp>,
    addresses: Option<Addresses>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Flag,
}

/// How a value stands to an operand. Addresses can lie on both sides of others and hold them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) is_below: bool,
    pub(super) is_equal: bool,
    pub(super) is_above: bool,
}

impl From<Ordering> for Standing {
    fn from(order: Ordering) -> Self {
        Self { is_below: order.is_lt(), is_equal: order.is_eq(), is_above: order.is_gt() }
    }
}

impl From<&Literal> for Operand {
    fn from(literal: &Literal) -> Self {
        let (kind, text) = match literal {
            Literal::Text(text) => (Kind::Text, text.clone()),
            Literal::Number(number) => (Kind::Number, number.clone()),
            Literal::Flag(flag) => (Kind::Flag, flag.to_string()),
        };
        let of_text = kind == Kind::Text;
        Self {
            number: number(&text).filter(|_| kind != Kind::Flag),
            flag: flag(&text).filter(|_| kind != Kind::Number),
            time: time(&text).filter(|_| of_text),
            addresses: Addresses::parse(&text).filter(|_| of_text),
            kind,
            text,
        }
    }
}

impl Operand {
    /// How a value stands to it; in no way when they cannot be compared.
    pub(super) fn standing(&self, value: &Value) -> Standing {
        match value {
            Value::Bool(value) => Standing { is_equal: self.flag == Some(*value), ..Standing::default() },
            Value::Number(value) => {
                let (Some(own), Some(value)) = (self.number, value.as_f64().map(|value| value + 0.0)) else {
                    return Standing::default();
                };
                value.total_cmp(&own).into()
            }
            Value::String(text) => self.standing_of_text(text),
            Value::Null | Value::Array(_) | Value::Object(_) => Standing::default(),
        }
    }

    fn standing_of_text(&self, text: &str) -> Standing {
        if self.kind == Kind::Flag {
            let is_equal = text.eq_ignore_ascii_case(&self.text);
            return Standing { is_equal, ..Standing::default() };
        }
        if let Some(own) = self.addresses
            && let Some(addresses) = Addresses::parse(text)
        {
            return addresses.standing(own);
        }
        if let Some(own) = self.time
            && let Some(time) = time(text)
        {
            return time.cmp(&own).into();
        }
        if self.kind == Kind::Number
            && let (Some(own), Some(value)) = (self.number, number(text))
        {
            return value.total_cmp(&own).into();
        }
        text.cmp(&*self.text).into()
    }

    /// The text, if a value that equals it holds it as it is.
    pub(super) fn exact_text(&self) -> Option<&str> {
        let is_text_alone = self.kind == Kind::Text
            && self.number.is_none()
            && self.flag.is_none()
            && self.time.is_none()
            && self.addresses.is_none();
        is_text_alone.then_some(self.text.as_str())
    }
}

fn number(text: &str) -> Option<f64> {
    let looks_so = text.bytes().next().is_some_and(|first| first.is_ascii_digit() || first == b'-');
    // Nothing equals a number that is none, and a negative zero is zero.
    looks_so.then(|| text.parse().ok()).flatten().filter(|number: &f64| number.is_finite()).map(|number| number + 0.0)
}

fn flag(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The time that a text is: a date at least, in its long form.
fn time(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let looks_so = (10..=35).contains(&bytes.len()) && bytes[4] == b'-' && bytes[7] == b'-';
    looks_so.then(|| Timestamp::parse_iso(text)).flatten()
}

/// Addresses from one to another, both among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Addresses {
    is_v6: bool,
    first: u128,
    last: u128,
}

impl Addresses {
    /// An address, or a block in the form of CIDR.
    fn parse(text: &str) -> Option<Self> {
        let looks_so = text.len() <= 45 && text.bytes().any(|byte| matches!(byte, b'.' | b':'));
        if !looks_so || !text.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':' | b'/')) {
            return None;
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let (is_v6, number, width) = match address.parse().ok()? {
            IpAddr::V4(address) => (false, u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (true, u128::from(address), 128),
        };
        let free = width - bits.filter(|bits| *bits <= width).or(bits.is_none().then_some(width))?;
        let mask = 1_u128.checked_shl(free).map_or(u128::MAX, |bit| bit - 1);
        Some(Self { is_v6, first: number & !mask, last: number | mask })
    }

    /// Equal is what holds all of the others.
    fn standing(self, others: Self) -> Standing {
        if self.is_v6 != others.is_v6 {
            return Standing::default();
        }
        Standing {
            is_below: self.first < others.first,
            is_equal: self.first <= others.first && others.last <= self.last,
            is_above: self.last > others.last,
        }
    }
}
