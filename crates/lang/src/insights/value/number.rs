//! Numbers without loss: ids of twenty digits must not become their neighbours'.

use std::cmp::Ordering;
use std::fmt;

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::insights) enum Number {
    /// A whole one.
    Int(i128),
    /// Any other; finite.
    Float(f64),
}

impl Number {
    /// The number that a text is entirely: no blanks around it, no `inf`, no `nan`, no hexadecimal.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        // Most texts are none: the first byte tells.
        if !matches!(bytes.first()?, b'0'..=b'9' | b'-' | b'+' | b'.') {
            return None;
        }
        let digits = bytes.strip_prefix(b"-").or(bytes.strip_prefix(b"+")).unwrap_or(bytes);
        if digits.len() <= 38 && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
            return text.parse().ok().map(Self::Int);
        }
        if !bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
            return None;
        }
        text.parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Float)
    }

    /// The nearest number of 64 bits.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    /// How two numbers compare; exact, so that it is an order.
    pub fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(&b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b).expect("no number is NaN"),
            (Self::Int(a), Self::Float(b)) => int_to_float(a, b),
            (Self::Float(a), Self::Int(b)) => int_to_float(b, a).reverse(),
        }
    }
}

fn int_to_float(int: i128, float: f64) -> Ordering {
    let whole = float.trunc();
    // Beyond the bounds the conversion saturates, at a value that texts of 38 digits do not reach.
    int.cmp(&(whole as i128)).then_with(|| 0.0f64.partial_cmp(&(float - whole)).expect("no number is NaN"))
}

/// Writes a number: whole ones without a point, others with up to four digits after it (logs.md QR-4).
pub(super) fn print(number: f64, f: &mut impl fmt::Write) -> fmt::Result {
    if number.abs() >= 1e21 {
        return write!(f, "{number:e}");
    }
    let text = format!("{number:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    f.write_str(if text == "-0" { "0" } else { text })
}
