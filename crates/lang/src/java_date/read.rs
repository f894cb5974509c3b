//! Reading times.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::{Field, Item, MONTHS, Pattern, WEEKDAYS, offset, zone};

impl Pattern {
    /// The milliseconds since the epoch of a text that the pattern matches entirely. Where the text has no
    /// zone it is in the one given; a day and a time of day that lack are the first.
    pub fn read(&self, text: &str, default_zone: &TimeZone) -> Option<i64> {
        let mut parts = Parts::default();
        let rest = read(&self.items, text, &mut parts)?;
        if !rest.is_empty() {
            return None;
        }
        let zone = parts.zone.as_ref().unwrap_or(default_zone);
        let time = parts.date()?.to_datetime(parts.time()?);
        Some(zone.to_timestamp(time).ok()?.as_millisecond())
    }

    /// Whether the pattern has a year, without which no time can be read.
    pub fn has_year(&self) -> bool {
        fn any(items: &[Item]) -> bool {
            items.iter().any(|item| match item {
                Item::Field(field, _) => *field == Field::Year,
                Item::Optional(items) => any(items),
                Item::Literal(_) => false,
            })
        }
        any(&self.items)
    }
}

/// What was read.
#[derive(Clone, Default)]
struct Parts {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: Option<i64>,
    /// From 0 to 11.
    half_hour: Option<i64>,
    afternoon: bool,
    minute: i64,
    second: i64,
    nanos: i64,
    zone: Option<TimeZone>,
}

impl Parts {
    fn date(&self) -> Option<Date> {
        let year = i16::try_from(self.year?).ok()?;
        if let Some(day) = self.day_of_year {
            let first = Date::new(year, 1, 1).ok()?;
            return first.with().day_of_year(i16::try_from(day).ok()?).build().ok();
        }
        let small = |number: Option<i64>| i8::try_from(number.unwrap_or(1)).ok();
        Date::new(year, small(self.month)?, small(self.day)?).ok()
    }

    fn time(&self) -> Option<Time> {
        let hour = match (self.hour, self.half_hour) {
            (Some(hour), _) => hour,
            (None, Some(hour)) => hour + if self.afternoon { 12 } else { 0 },
            (None, None) => 0,
        };
        let small = |number: i64| i8::try_from(number).ok();
        Time::new(small(hour)?, small(self.minute)?, small(self.second)?, i32::try_from(self.nanos).ok()?).ok()
    }
}

/// Reads items one after the other; what is left of the text.
fn read<'t>(items: &[Item], text: &'t str, parts: &mut Parts) -> Option<&'t str> {
    let mut rest = text;
    for (index, item) in items.iter().enumerate() {
        rest = match item {
            Item::Literal(literal) => rest.strip_prefix(literal.as_ref())?,
            Item::Optional(items) => {
                let before = parts.clone();
                match read(items, rest, parts) {
                    Some(rest) => rest,
                    None => {
                        *parts = before;
                        rest
                    }
                }
            }
            Item::Field(field, count) => {
                // Digits that touch are told apart by how many there must be.
                let touches =
                    matches!(items.get(index + 1), Some(Item::Field(next, count)) if is_number(*next, *count));
                parts.read(*field, *count, touches, rest)?
            }
        };
    }
    Some(rest)
}

fn is_number(field: Field, count: usize) -> bool {
    match field {
        Field::Month => count <= 2,
        Field::Weekday | Field::AmPm | Field::OffsetOrZ | Field::Offset | Field::Zone => false,
        _ => true,
    }
}

impl Parts {
    fn read<'t>(&mut self, field: Field, count: usize, touches: bool, text: &'t str) -> Option<&'t str> {
        if is_number(field, count) {
            let digits_max = match (field, count) {
                (Field::Year, 1 | 3 | 4) if !touches => 9,
                (Field::Fraction, _) | (_, 2..) => count,
                _ if touches => 1,
                _ => 9,
            };
            let digits = text.bytes().take(digits_max).take_while(u8::is_ascii_digit).count();
            if digits < count {
                return None;
            }
            let (number, rest) = text.split_at(digits);
            self.set(field, count, number.parse().ok()?)?;
            return Some(rest);
        }
        match field {
            Field::Month => {
                let (index, rest) = name(&MONTHS, count, text)?;
                self.month = Some(index as i64 + 1);
                Some(rest)
            }
            Field::Weekday => name(&WEEKDAYS, count, text).map(|(_, rest)| rest),
            Field::AmPm => {
                let half = text.get(..2)?;
                self.afternoon = half.eq_ignore_ascii_case("pm");
                (self.afternoon || half.eq_ignore_ascii_case("am")).then(|| &text[2..])
            }
            Field::OffsetOrZ if text.starts_with('Z') => {
                self.zone = Some(TimeZone::UTC);
                Some(&text[1..])
            }
            Field::Zone => {
                let end =
                    text.find(|c: char| !(c.is_ascii_alphanumeric() || "/_+-:".contains(c))).unwrap_or(text.len());
                self.zone = Some(zone(&text[..end])?);
                Some(&text[end..])
            }
            _ => {
                let (offset, rest) = offset(text)?;
                self.zone = Some(TimeZone::fixed(offset));
                Some(rest)
            }
        }
    }

    fn set(&mut self, field: Field, count: usize, number: i64) -> Option<()> {
        match field {
            // Two digits are of this century, as in Java.
            Field::Year => self.year = Some(if count == 2 { 2000 + number } else { number }),
            Field::Month => self.month = Some(number),
            Field::Day => self.day = Some(number),
            Field::DayOfYear => self.day_of_year = Some(number),
            Field::Hour => self.hour = Some(number),
            Field::Hour24 => self.hour = Some((1..=24).contains(&number).then_some(number % 24)?),
            Field::Hour11 => self.half_hour = Some((0..12).contains(&number).then_some(number)?),
            Field::Hour12 => self.half_hour = Some((1..=12).contains(&number).then_some(number % 12)?),
            Field::Minute => self.minute = number,
            Field::Second => self.second = number,
            Field::Fraction => self.nanos = number * 10i64.pow(9 - u32::try_from(count).ok()?),
            Field::Weekday | Field::AmPm | Field::OffsetOrZ | Field::Offset | Field::Zone => return None,
        }
        Some(())
    }
}

/// One of some names at the beginning of a text, in full where the pattern says so.
fn name<'t>(names: &[&str], count: usize, text: &'t str) -> Option<(usize, &'t str)> {
    names.iter().enumerate().find_map(|(index, name)| {
        let name = if count == 4 { name } else { &name[..3] };
        let start = text.get(..name.len())?;
        start.eq_ignore_ascii_case(name).then(|| (index, &text[name.len()..]))
    })
}
