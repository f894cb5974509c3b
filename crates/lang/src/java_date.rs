//! Times by the patterns of Java (`yyyy-MM-dd'T'HH:mm:ss.SSSXXX`), which queries and transformers use: read and written.
//!
//! Names of months and days are English.

use jiff::tz::{Offset, TimeZone};

mod read;
#[cfg(test)]
mod tests;
mod write;

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Literal(Box<str>),
    /// A field, and how many of its letters there are.
    Field(Field, usize),
    /// What may lack when it is read; it is always written.
    Optional(Vec<Item>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Year,
    Month,
    Day,
    DayOfYear,
    Weekday,
    AmPm,
    /// From 0 to 23.
    Hour,
    /// From 1 to 24.
    Hour24,
    /// From 0 to 11.
    Hour11,
    /// From 1 to 12.
    Hour12,
    Minute,
    Second,
    Fraction,
    /// `+02:00`, with `Z` for none.
    OffsetOrZ,
    /// `+02:00`, with `+00:00` for none.
    Offset,
    Zone,
}

impl Pattern {
    /// The pattern of a text.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut levels: Vec<Vec<Item>> = vec![Vec::new()];
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let item;
            (item, rest) = match c {
                '[' => {
                    levels.push(Vec::new());
                    rest = &rest[1..];
                    continue;
                }
                ']' if levels.len() > 1 => {
                    let items = levels.pop().unwrap_or_default();
                    (Item::Optional(items), &rest[1..])
                }
                ']' | '{' | '}' | '#' => return Err(format!("{c:?} must be quoted in the date pattern {text:?}")),
                '\'' => quoted(rest).ok_or_else(|| format!("the date pattern {text:?} lacks a closing quote"))?,
                'a'..='z' | 'A'..='Z' => {
                    let after = rest.trim_start_matches(c);
                    let count = rest.len() - after.len();
                    let field = field(c, count)
                        .ok_or_else(|| format!("{} is not supported in date patterns", &rest[..count]))?;
                    (Item::Field(field, count), after)
                }
                _ => (Item::Literal(rest[..c.len_utf8()].into()), &rest[c.len_utf8()..]),
            };
            levels.last_mut().expect("the outermost level stays").push(item);
        }
        match (levels.pop(), levels.is_empty()) {
            (Some(items), true) => Ok(Self { items }),
            _ => Err(format!("the date pattern {text:?} lacks a closing bracket")),
        }
    }
}

/// A quoted text at the beginning, and what follows. Two quotes are one.
fn quoted(text: &str) -> Option<(Item, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    if let Some(after) = rest.strip_prefix('\'') {
        return Some((Item::Literal("'".into()), after));
    }
    let mut literal = String::new();
    loop {
        let end = rest.find('\'')?;
        literal.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                literal.push('\'');
                rest = after;
            }
            None => return Some((Item::Literal(literal.into()), rest)),
        }
    }
}

fn field(letter: char, count: usize) -> Option<Field> {
    let (field, count_max) = match letter {
        'y' | 'u' => (Field::Year, 4),
        'M' | 'L' => (Field::Month, 4),
        'd' => (Field::Day, 2),
        'D' => (Field::DayOfYear, 3),
        'E' => (Field::Weekday, 4),
        'a' => (Field::AmPm, 1),
        'H' => (Field::Hour, 2),
        'k' => (Field::Hour24, 2),
        'K' => (Field::Hour11, 2),
        'h' => (Field::Hour12, 2),
        'm' => (Field::Minute, 2),
        's' => (Field::Second, 2),
        'S' => (Field::Fraction, 9),
        'X' => (Field::OffsetOrZ, 3),
        'x' => (Field::Offset, 3),
        'Z' => (Field::Offset, 3),
        'z' => (Field::Zone, 3),
        'V' if count == 2 => (Field::Zone, 2),
        _ => return None,
    };
    (count <= count_max).then_some(field)
}

/// The time zone of a name or an offset: `Europe/Berlin`, `UTC`, `+02:00`, `GMT+2`.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    let after = ["UTC", "GMT", "UT"].into_iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    if matches!(after, "" | "Z") && !name.is_empty() {
        return Some(TimeZone::UTC);
    }
    match offset(after) {
        Some((offset, "")) => Some(TimeZone::fixed(offset)),
        _ => TimeZone::get(name).ok(),
    }
}

/// An offset like `+2`, `-0330` or `+02:00:00` at the beginning of a text, and what follows.
fn offset(text: &str) -> Option<(Offset, &str)> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let two = |text: &str| -> Option<i32> {
        let digits = text.get(..2)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let (hours, mut rest) = match two(rest) {
        Some(hours) => (hours, &rest[2..]),
        None => (rest.get(..1)?.parse::<u8>().ok()?.into(), &rest[1..]),
    };
    let mut seconds = hours * 3600;
    for unit in [60, 1] {
        let after = rest.strip_prefix(':').unwrap_or(rest);
        match two(after).filter(|part| *part < 60) {
            Some(part) => {
                seconds += part * unit;
                rest = &after[2..];
            }
            None => break,
        }
    }
    Some((Offset::from_seconds(sign * seconds).ok()?, rest))
}

/// English names, in full; the first three letters are the short ones.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// From Monday on.
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
